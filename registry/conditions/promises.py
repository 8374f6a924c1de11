"""Declared containments: that everything one metric counts, another counts too."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from registry.conditions.problems import Problem, problem

_KEY = re.compile(r"[a-z][a-z0-9_]{1,59}")


@dataclass(frozen=True)
class Promise:
    """That everything the metric `inner` counts, or its parent where that is counted, `outer` counts too."""

    inner: str
    outer: str


def containments(body: Any) -> tuple[tuple[Promise, ...], list[Problem]]:
    """`[{inner: qualified_meeting, outer: meeting}, …]` as promises, each pair once; and the entries that are none."""
    if body is None:
        return (), []
    found: list[Promise] = []
    problems: list[Problem] = []
    for place, each in enumerate(body if isinstance(body, list) else [None], start=1):
        named = each if isinstance(each, Mapping) else {}
        promise = Promise(str(named.get("inner")), str(named.get("outer")))
        readable = set(named) == {"inner", "outer"} and all(map(_KEY.fullmatch, (promise.inner, promise.outer)))
        if not readable or promise.inner == promise.outer or promise in found:
            problems.append(problem("vocabulary_containment", place=str(place)))
        found.append(promise)
    return tuple(found), problems
