"""Wordings of the size people write, made from the example's by giving every metric a name of its own."""

import re
from functools import cache
from typing import Any, NamedTuple

from registry import terms, text, wording
from registry.models import Use
from registry.seeding.content import Content

AREAS = (("東日本", "East"), ("西日本", "West"), ("首都圏", "Capital"), ("九州", "Kyushu"), ("海外", "Abroad"))
RARE = "解約予兆"
RARE_METRICS = 3
"""So many metrics carry the rare word, whatever the size of the registry."""
PUBLISHED = ("v1", "v2", "v3")
SET = 15
"""So many metrics refer to each other: one made from each of the example's."""


class Source(NamedTuple):
    """What all metrics made from one version of the example share: everything but their names."""

    key: str
    wording: dict[str, Any]
    folded: str
    terms: list[dict[str, str]]


class Named(NamedTuple):
    key: str
    name_ja: str
    name_en: str
    look_ja: str
    look_en: str


@cache
def content() -> Content:
    return Content()


@cache
def example_keys() -> list[str]:
    return sorted(content().wordings)


def named(number: int) -> Named:
    """The metric `number`, from 0: fifteen to a set, each set with a place and a number of its own."""
    base, group = _base_key(number), number // len(example_keys())
    first = source(number, 1).wording
    ja, en = AREAS[group % len(AREAS)]
    rare = RARE if number < RARE_METRICS else ""
    name_ja, name_en = f"{first['name_ja']}（{ja}{group}）{rare}", f"{first['name_en']} ({en} {group})"
    looks = text.skeleton(name_ja), text.skeleton(name_en)
    return Named(f"{base}_{group}", name_ja, name_en, *looks)


def worded(number: int, version: int, name: Named) -> tuple[dict[str, Any], str]:
    """The wording of one version, and the text a search looks through."""
    found = source(number, version)
    group = number // len(example_keys())
    own = {
        "name_ja": name.name_ja,
        "name_en": name.name_en,
        "condition": _in_group(found.wording["condition"], group),
        "formula": _in_group(found.wording["formula"], group),
    }
    searched = f"{name.key} {text.fold(name.name_ja)} {text.fold(name.name_en)} {found.folded}"
    return found.wording | own, searched


def linked(number: int, version: int) -> list[dict[str, str]]:
    """The terms of one version, pointing into its own set."""
    group = number // len(example_keys())
    return [term | {"key": f"{term['key']}_{group}"} for term in source(number, version).terms]


def uses(words: dict[str, Any], named_in_text: list[dict[str, str]]) -> set[tuple[str, str]]:
    """What the version is built from and names: (key, how)."""
    found = {(key, Use.CONDITION) for key in re.findall(r"\bis_([a-z0-9_]+)", words["condition"])}
    found |= {(key, Use.FORMULA) for key in re.findall(r"[a-z][a-z0-9_]*", words["formula"])}
    return found | {(term["key"], Use.TEXT) for term in named_in_text}


def source(number: int, version: int) -> Source:
    return _source(_base_key(number), version)


def _base_key(number: int) -> str:
    return example_keys()[number % len(example_keys())]


@cache
def _source(key: str, version: int) -> Source:
    labels = [label for label in PUBLISHED if label in content().wordings[key]]
    words = wording.tidy(content().wording(key, labels[min(version, len(labels)) - 1]))
    words["text_ja"] += f"\n\n第{version}版で、数え方を両部門で見直した。"
    words["text_en"] += f"\n\nBoth teams went through the counting again for version {version}."
    nameless = words | {"name_ja": "", "name_en": ""}
    return Source(key, words, wording.searchable(nameless, ""), terms.found_in(words, key, _known()))


@cache
def _known() -> terms.Known:
    found = terms.Known({}, {})
    for key in example_keys():
        words = wording.tidy(content().wording(key, "v1"))
        found.meanings[key] = {"ja": words["summary_ja"], "en": words["summary_en"]}
        found.names[text.fold(words["name_ja"])] = found.names[text.fold(words["name_en"])] = key
    return found


def _in_group(expression: str, group: int) -> str:
    keys = "|".join(example_keys())
    return re.sub(rf"\b(is_)?({keys})\b", rf"\g<1>\g<2>_{group}", expression)
