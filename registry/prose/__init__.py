"""Advice about the words of a definition, in Japanese and English: what readers would take in two ways.

It is advice and never a gate. Each finding says where, why and what to write instead, and carries a digest of its
passage, so that what was left as it is on purpose is asked about again once the text changes. Nothing here knows
Django.

    >>> lint(wording, base=version, condition=tree, vocabulary=declared, known=names)
    [Finding(field='text_ja', code='number_differs', found='100名以上', …)]
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from registry.conditions import Vocabulary
from registry.conditions.tree import Condition
from registry.prose.agreement import against_condition, one_language
from registry.prose.basis import bare_numbers, unclear_time, undated
from registry.prose.finding import Finding
from registry.prose.limits import limits
from registry.prose.undefined import UNDEFINED, undefined
from registry.prose.vague import vague

STEMS = ("summary", "text", "excludes", "counting")
PAIRED = ("name", *STEMS, "unit")
LANGUAGES = ("ja", "en")


def lint(
    wording: Mapping[str, Any],
    *,
    base: Mapping[str, Any] | None = None,
    condition: Condition | None = None,
    vocabulary: Vocabulary | None = None,
    known: Iterable[str] = (),
) -> list[Finding]:
    """Every finding, by field and place. `known`: names that need no explanation besides the vocabulary's words."""
    names = {*known, *_own(wording), *(vocabulary_words(vocabulary) if vocabulary else ())}
    found: list[Finding] = []
    for stem in STEMS:
        for language in LANGUAGES:
            field = f"{stem}_{language}"
            found += _about(field, wording, language, names)
            if condition is not None and vocabulary is not None:
                bounds = limits(condition, vocabulary)
                found += against_condition(field, wording[field], language, bounds, vocabulary, wording["counts"])
    for stem in PAIRED:
        found += one_language(stem, base, wording) if base else ()
    order = {f"{stem}_{language}": place for place, stem in enumerate(PAIRED) for language in LANGUAGES}
    return sorted(found, key=lambda each: (order[each.field], each.field, each.start, each.end, each.code))


def _about(field: str, wording: Mapping[str, Any], language: str, names: Iterable[str]) -> Iterator[Finding]:
    text = wording[field]
    yield from vague(field, text, language)
    yield from bare_numbers(field, text, language)
    yield from undefined(field, text, language, names)
    if not field.startswith("summary"):
        yield from unclear_time(field, text, language)
    if field.startswith("counting") and wording["kind"] != "calculated":
        yield from undated(field, text, language)


def _own(wording: Mapping[str, Any]) -> Iterator[str]:
    for language in LANGUAGES:
        yield wording[f"name_{language}"]
        yield from wording[f"synonyms_{language}"]


def vocabulary_words(vocabulary: Vocabulary) -> Iterator[str]:
    """Every label the vocabulary declares, of entities, links, fields and values."""
    for entity in vocabulary.entities.values():
        yield from entity.label.values()
        for parent in entity.parents.values():
            yield from parent.label.values()
        for relation in entity.relations.values():
            yield from relation.label.values()
        for word in entity.fields.values():
            yield from word.label.values()
            for labels in word.value_labels.values():
                yield from labels.values()


__all__ = ["LANGUAGES", "PAIRED", "UNDEFINED", "Finding", "lint"]
