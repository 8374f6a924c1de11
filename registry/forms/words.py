"""What the builder and the editor offer of the vocabulary."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from registry.conditions import ConditionError
from registry.conditions.raw import RawName
from registry.conditions.scope import Scope
from registry.conditions.tokens import WORDS
from registry.conditions.tree import Field
from registry.conditions.vocabulary import FieldWord, Vocabulary

type Labels = Mapping[str, str]


@dataclass(frozen=True)
class Metric:
    """A metric that a condition may refer to, by what it counts."""

    key: str
    counts: str
    name: Labels


@dataclass(frozen=True)
class Reach:
    """What can be named from an entity, as it is written: fields by whose they are, and relations."""

    fields: list[tuple[Labels, dict[str, FieldWord]]]
    relations: dict[str, Labels]


def reach(vocabulary: Vocabulary, entity: str) -> Reach:
    fields: list[tuple[Labels, dict[str, FieldWord]]] = []
    relations: dict[str, Labels] = {}
    for way in vocabulary.paths[entity]:
        here = vocabulary.up(entity, way)
        owner = _owner(vocabulary, entity, way)
        fields.append((owner, {".".join((*way, name)): word for name, word in here.fields.items()}))
        for name, word in here.relations.items():
            label = {lang: of(owner[lang], word.label[lang], lang) if way else word.label[lang] for lang in word.label}
            relations[".".join((*(way or (entity,)), name))] = label
    return Reach(fields, relations)


def _owner(vocabulary: Vocabulary, entity: str, way: tuple[str, ...]) -> Labels:
    label = dict(vocabulary.entity(entity).label)
    for end in range(1, len(way) + 1):
        step = vocabulary.up(entity, way[: end - 1]).parents[way[end - 1]].label
        label = {lang: of(label[lang], step[lang], lang) if end > 1 else step[lang] for lang in step}
    return label


def of(owner: str, label: str, language: str) -> str:
    return f"{owner}の{label}" if language == "ja" else f"{owner} · {label}"


def metrics_within(vocabulary: Vocabulary, entity: str, metrics: list[Metric], but: str) -> list[Metric]:
    """The metrics that a condition about `entity` may refer to: those of what it is or belongs to."""
    above = _above(vocabulary, entity)
    return [each for each in metrics if each.counts in above and each.key != but]


def _above(vocabulary: Vocabulary, entity: str) -> set[str]:
    return {vocabulary.up(entity, way).name for way in vocabulary.paths[entity]}


def row_scope(scope: Scope, relation: str, alias: str) -> Scope:
    """The scope inside a box of relation rows; the same one where there is no such relation."""
    try:
        return scope.inside(alias, scope.relation(RawName(tuple(relation.split(".")))).entity)
    except ConditionError:
        return scope


def kind_of(name: str, scope: Scope) -> str:
    """The type of what a name stands for, "metric", or "" for nothing."""
    if name.rsplit(".", 1)[-1].startswith("is_"):
        return "metric"
    try:
        found = scope.value(RawName(tuple(name.split("."))))
    except ConditionError:
        return ""
    return found.type.kind if isinstance(found, Field) else ""


def dictionary(vocabulary: Vocabulary | None, metrics: list[Metric]) -> dict[str, Any]:
    """All that the editor completes, by the entity counted and in both languages, and what it says itself."""
    entities = vocabulary.entities if vocabulary else {}
    return {
        "keywords": sorted(WORDS),
        "entities": {name: list(_completions(vocabulary, name)) for name in entities if vocabulary},
        "above": {name: sorted(_above(vocabulary, name)) for name in entities if vocabulary},
        "metrics": [{"text": f"is_{each.key}", "counts": each.counts, **_both(each.name)} for each in metrics],
        "rows": {name: list(_fields(entity.fields)) for name, entity in entities.items()},
        "relations": {name: _relations(vocabulary, name) for name in entities if vocabulary},
        "phrases": {
            "Completions": _("Suggestions"),
            "Diagnostics": _("Mistakes"),
            "No diagnostics": _("No mistakes"),
            "close": _("Close"),
        },
    }


def _completions(vocabulary: Vocabulary, entity: str) -> Iterator[dict[str, Any]]:
    within = reach(vocabulary, entity)
    for _whose, fields in within.fields:
        yield from _fields(fields)
    for name, label in within.relations.items():
        yield {"text": name, "kind": "relation", **_both(label)}


def _fields(fields: Mapping[str, FieldWord]) -> Iterator[dict[str, Any]]:
    for written, word in fields.items():
        values = [{"text": value, **_both(label)} for value, label in word.value_labels.items()]
        yield {"text": written, "kind": word.type.kind, "values": values, **_both(word.label)}


def _relations(vocabulary: Vocabulary, entity: str) -> dict[str, str]:
    """The entity of the rows of each relation, so that the editor knows whose fields `m.` has."""
    scope = Scope(vocabulary, entity, entity)
    names = reach(vocabulary, entity).relations
    return {name: scope.relation(RawName(tuple(name.split(".")))).entity for name in names}


def _both(label: Labels) -> dict[str, str]:
    return {"ja": label["ja"], "en": label["en"]}
