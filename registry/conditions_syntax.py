"""What can be told of a condition or formula without reading it in a vocabulary.

Whether it is plausible (balanced, bounded, no whole statement), and which metrics it names. The language itself, with
types and proofs, is `registry.conditions`.
"""

import re
from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from registry.wording import CALCULATED

MAX_DEPTH = 40
# The fields of a wording in which `is_<metric>` may stand.
COUNTED_BY = ("dated_by", "counting_key", "first_per", "sums")
REFERRING = ("condition", *COUNTED_BY)
_QUOTED = re.compile(r"'(?:[^']|'')*'")
_STATEMENT = re.compile(r";|--|/\*|\b(?:insert|update|delete|drop|alter|create|grant|copy)\b", re.IGNORECASE)
_COMPARES = re.compile(r"[<>=]|\b(?:in|is|between|like|ilike|exists|not|and|or)\b|^\s*\w+\s*$", re.IGNORECASE)
_FORMULA = re.compile(r"[a-z][a-z0-9_]*|\d+(?:\.\d+)?|[()+×÷*/−-]|\s+")
_METRIC = re.compile(r"[a-z][a-z0-9_]*")


def condition(expression: str) -> str | Promise | None:
    """A sentence saying what is wrong with an extraction condition, or `None`."""
    bare = _QUOTED.sub("''", expression)
    if bare.count("'") % 2:
        return _("A quotation mark is opened and not closed. Close it, or double it inside a text.")
    if sentence := _unbalanced(bare):
        return sentence
    if _STATEMENT.search(bare):
        return _("Write only the condition: no statements, semicolons or comments.")
    if not _COMPARES.search(bare):
        return _("This compares nothing. Write a condition such as company.employees >= 100.")
    return None


def formula(expression: str) -> str | Promise | None:
    """A sentence saying what is wrong with the formula of a calculated metric, or `None`."""
    if sentence := _unbalanced(expression):
        return sentence
    if rest := _FORMULA.sub("", expression).strip():
        return _("“%(part)s” does not belong in a formula. Use metric keys, numbers, + − × ÷ and parentheses.") % {
            "part": rest[:20]
        }
    if not factors(expression):
        return _("Name at least one metric by its key, such as meeting ÷ follow_lead.")
    return None


def factors(expression: str) -> list[str]:
    """The metric keys a formula names, each once, in order."""
    return list(dict.fromkeys(_METRIC.findall(expression)))


def references(expression: str) -> list[str]:
    """The metric keys that a condition refers to as `is_<metric>`, each once, in order."""
    return list(dict.fromkeys(re.findall(r"\bis_([a-z][a-z0-9_]*)\b", _QUOTED.sub("''", expression))))


def referred_to(words: Mapping[str, Any]) -> list[str]:
    """The metric keys that a wording refers to where it says what counts and how, each once; none if calculated."""
    if words["kind"] == CALCULATED:
        return []
    return list(dict.fromkeys(key for name in REFERRING for key in references(words[name])))


def made_of(words: Mapping[str, Any]) -> list[str]:
    """The metric keys that a calculated wording is made of, each once, in order; none if counted."""
    return factors(words["formula"]) if words["kind"] == CALCULATED else []


def _unbalanced(expression: str) -> str | Promise | None:
    depth = 0
    for character in expression:
        depth += (character == "(") - (character == ")")
        if depth < 0:
            return _("A parenthesis is closed that was never opened. Remove it, or open one before it.")
        if depth > MAX_DEPTH:
            return _("Parentheses are nested more than %(limit)d deep. Split the condition.") % {"limit": MAX_DEPTH}
    if depth:
        return _("A parenthesis is opened and not closed. Close it.")
    return None
