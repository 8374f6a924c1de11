"""The declared words: entities, their fields, the parents above and the relations below.

The vocabulary is data (YAML or a mapping of the same shape, see docs/conditions.md). Everything a condition
may name is here, and every proof holds for the records that keep its promises: types, blanks, bounds, values.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from registry.conditions.declared import declared
from registry.conditions.problems import ConditionError, Problem, problem
from registry.conditions.promises import Promise, containments
from registry.conditions.tokens import WORDS
from registry.conditions.tree import Scalar, Type

KINDS = ("int", "decimal", "text", "enum", "bool", "date", "timestamp")
NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
FIRST_DAY, LAST_DAY = date(1902, 1, 1), date(2098, 12, 31)
LARGEST = 10**12
_DAYS = tuple(day.toordinal() for day in (FIRST_DAY, date(1970, 1, 1), date(2049, 12, 31), LAST_DAY))
_AMOUNTS = tuple(map(Decimal, (-LARGEST, -(10**9), 10**9, LARGEST)))
# The lowest bound that can be, the one where none is declared, and likewise upwards.
WIDEST = {"int": _AMOUNTS, "decimal": _AMOUNTS, "date": _DAYS, "timestamp": _DAYS}

Labels = Mapping[str, str]


class VocabularyError(ConditionError):
    """The vocabulary contradicts itself or is incomplete; every reason is listed."""


@dataclass(frozen=True)
class FieldWord:
    name: str
    label: Labels
    type: Type
    typical: Scalar = None
    examples: tuple[Scalar, ...] = ()
    value_labels: Mapping[str, Labels] = field(default_factory=dict)
    unit: Labels | None = None
    synonyms: tuple[str, ...] = ()


@dataclass(frozen=True)
class ParentWord:
    """One step up: `link` is the field of this entity that holds the key of `entity`."""

    name: str
    entity: str
    link: str
    label: Labels


@dataclass(frozen=True)
class RelationWord:
    """Rows below: `link` is the field of `entity` that holds the key of this one."""

    name: str
    entity: str
    link: str
    label: Labels


@dataclass(frozen=True)
class Entity:
    name: str
    label: Labels
    key: str
    fields: Mapping[str, FieldWord]
    parents: Mapping[str, ParentWord]
    relations: Mapping[str, RelationWord]


@dataclass(frozen=True)
class Vocabulary:
    entities: Mapping[str, Entity]
    time_zone: str
    containments: tuple[Promise, ...] = field(default=(), compare=False)
    source: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def from_yaml(cls, text: str) -> "Vocabulary":
        """The vocabulary a YAML text declares; raises VocabularyError with every promise it breaks."""
        return _from_yaml(text)

    @classmethod
    def from_mapping(cls, data: Any) -> "Vocabulary":
        """The vocabulary a mapping declares; raises VocabularyError with every promise it breaks."""
        return _Reader().read(data)

    def to_mapping(self) -> Mapping[str, Any]:
        """What from_mapping was given, for export."""
        return self.source

    def entity(self, name: str) -> Entity:
        """The entity called `name`; raises ConditionError with those there are."""
        if name not in self.entities:
            raise ConditionError([problem("unknown_entity", name=name, known=", ".join(self.entities))])
        return self.entities[name]

    def up(self, entity: str, path: tuple[str, ...]) -> Entity:
        """The entity reached by going up along `path`."""
        found = self.entities[entity]
        for step in path:
            found = self.entities[found.parents[step].entity]
        return found

    @cached_property
    def paths(self) -> Mapping[str, tuple[tuple[str, ...], ...]]:
        """For each entity, every way up from it (the empty one first), shortest first."""
        return {name: tuple(self._ways_up(name)) for name in self.entities}

    def _ways_up(self, name: str) -> list[tuple[str, ...]]:
        ways: list[tuple[str, ...]] = [()]
        for way in ways:
            if len(way) < len(self.entities):
                ways += [(*way, step) for step in self.up(name, way).parents]
        return ways

    def is_mirror(self, entity: str, path: tuple[str, ...], relation: str) -> bool:
        """Whether the record itself is one of its parent's rows: `lead.meetings` seen from a meeting."""
        if len(path) != 1:
            return False
        parent = self.entities[entity].parents[path[0]]
        below = self.entities[parent.entity].relations[relation]
        return below.entity == entity and below.link == parent.link


@lru_cache(maxsize=16)
def _from_yaml(text: str) -> Vocabulary:
    try:
        data = declared(text)
    except ConditionError as error:
        raise VocabularyError(error.problems) from error
    return Vocabulary.from_mapping(data)


class _Reader:
    """Reads a mapping, collecting every problem before refusing."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def refuse(self, code: str, place: str, **words: Any) -> None:
        self.problems.append(problem(code, place=place, **words))

    def read(self, data: Any) -> Vocabulary:
        if not isinstance(data, Mapping) or not isinstance(data.get("entities"), Mapping):
            raise VocabularyError([problem("vocabulary_shape")])
        entities = {str(name): self._entity(str(name), body) for name, body in data["entities"].items()}
        if self.problems:
            raise VocabularyError(self.problems)
        self._check_links(entities)
        if self.problems:
            raise VocabularyError(self.problems)
        zone = str(data.get("time_zone", "UTC"))
        if not _is_zone(zone):
            raise VocabularyError([problem("vocabulary_time_zone", zone=zone)])
        promises, unclear = containments(data.get("containments"))
        if unclear:
            raise VocabularyError(unclear)
        return Vocabulary(entities, zone, promises, data)

    def _entity(self, name: str, body: Any) -> Entity:
        self._name(name, name)
        body = body if isinstance(body, Mapping) else {}
        fields = {
            str(key): self._field(f"{name}.{key}", str(key), value) for key, value in _mapping(body, "fields").items()
        }
        parents = {each[0]: ParentWord(*each) for each in self._links(name, body, "parents")}
        relations = {each[0]: RelationWord(*each) for each in self._links(name, body, "relations")}
        for word in (*parents, *relations):
            self._name(word, f"{name}.{word}")
        return Entity(name, _label(body, name), str(body.get("key")), fields, parents, relations)

    def _links(self, name: str, body: Mapping[str, Any], kind: str) -> Iterator[tuple[str, str, str, Labels]]:
        for key, value in _mapping(body, kind).items():
            if isinstance(value, Mapping):
                yield str(key), str(value.get("entity")), str(value.get("link")), _label(value, str(key))
            else:
                self.refuse(f"vocabulary_{kind.removesuffix('s')}", f"{name}.{key}")

    def _name(self, name: str, place: str) -> None:
        if not NAME.fullmatch(name) or name.upper() in WORDS or name.startswith("is_"):
            self.problems.append(problem("vocabulary_name", place=place))

    def _field(self, place: str, name: str, body: Any) -> FieldWord:
        self._name(name, place)
        body = body if isinstance(body, Mapping) else {}
        kind = str(body.get("type"))
        if kind not in KINDS:
            self.problems.append(problem("vocabulary_type", place=place, kind=kind, kinds=", ".join(KINDS)))
            return FieldWord(name, {}, Type("int"))
        labels = {str(key): _label(value, str(key)) for key, value in _mapping(body, "values").items()}
        if kind == "enum" and not labels:
            self.problems.append(problem("vocabulary_values", place=place))
        kind_of = self._type(place, kind, body, tuple(labels))
        typical = self._sample(place, kind_of, body.get("typical"))
        examples = tuple(self._sample(place, kind_of, each) for each in self._list(place, body, "examples"))
        unit = _label(body["unit"], "") if body.get("unit") else None
        synonyms = tuple(str(each) for each in self._list(place, body, "synonyms"))
        return FieldWord(name, _label(body, name), kind_of, typical, examples, labels, unit, synonyms)

    def _list(self, place: str, body: Mapping[str, Any], name: str) -> list[Any]:
        found = body.get(name) or []
        if isinstance(found, list):
            return found
        self.refuse("vocabulary_list", place, name=name)
        return []

    def _type(self, place: str, kind: str, body: Mapping[str, Any], values: tuple[str, ...]) -> Type:
        scale = body.get("scale", 2) if kind == "decimal" else 0
        low, high = self._bounds(place, kind, body)
        if type(scale) is not int or not 0 <= scale <= 6:
            self.refuse("vocabulary_scale", place, value=scale)
            scale = 0
        return Type(kind, bool(body.get("nullable", False)), scale, low, high, values)

    def _bounds(self, place: str, kind: str, body: Mapping[str, Any]) -> tuple[Any, Any]:
        if kind not in WIDEST:
            if {"low", "high"} & body.keys() and (body.get("low"), body.get("high")) != (None, None):
                self.refuse("vocabulary_bounds", place)
            return None, None
        least, lowest, highest, most = WIDEST[kind]
        low, high = _bound(kind, body.get("low"), lowest), _bound(kind, body.get("high"), highest)
        if low is None or high is None or not least <= low <= high <= most:
            self.refuse("vocabulary_bounds", place)
            return None, None
        return low, high

    def _sample(self, place: str, kind: Type, value: Any) -> Scalar:
        if value is None:
            return None
        found = conform(kind, value)
        if found is None:
            self.problems.append(problem("vocabulary_sample", place=place, value=value))
        return found

    def _check_links(self, entities: Mapping[str, Entity]) -> None:
        for entity in entities.values():
            if entity.key not in entity.fields or entity.fields[entity.key].type.nullable:
                self.problems.append(problem("vocabulary_key", place=entity.name))
            for up in entity.parents.values():
                place = f"{entity.name}.{up.name}"
                known = up.entity in entities and up.link in entity.fields
                if not known or up.name == entity.name or up.name in entity.fields:
                    self.problems.append(problem("vocabulary_parent", place=place))
            for down in entity.relations.values():
                place = f"{entity.name}.{down.name}"
                if down.entity not in entities or down.link not in entities[down.entity].fields:
                    self.problems.append(problem("vocabulary_relation", place=place))


def conform(kind: Type, value: Any) -> Scalar:
    """`value` (as YAML or JSON gives it) as a value of the type, or None when it cannot be one."""
    match kind.kind:
        case "int" if isinstance(value, int) and not isinstance(value, bool):
            return value if _within(kind, value) else None
        case "decimal" if isinstance(value, (int, float, str, Decimal)) and not isinstance(value, bool):
            return _decimal(kind, value)
        case "text" if isinstance(value, str):
            return value
        case "enum" if value in kind.values:
            return value
        case "bool" if isinstance(value, bool):
            return value
        case "date":
            return _day(value)
        case "timestamp" if isinstance(value, datetime):
            return value.replace(tzinfo=None)
        case "timestamp" if isinstance(value, str):
            return _moment(value)
    return None


def _bound(kind: str, value: Any, default: Any) -> Any:
    """A bound as `Type` holds it, or None where it is no value of the type."""
    if value is None:
        return default
    if kind in ("date", "timestamp"):
        day = _day(value)
        return day and day.toordinal()
    return _amount(value)


def _decimal(kind: Type, value: Any) -> Decimal | None:
    found = _amount(value)
    if found is None or not _within(kind, found):
        return None
    rounded = round(found, kind.scale)
    return rounded if rounded == found else None


def _amount(value: Any) -> Decimal | None:
    try:
        found = Decimal(str(value))
    except ArithmeticError:
        return None
    return found if found.is_finite() else None


def _within(kind: Type, value: int | Decimal) -> bool:
    return (kind.low is None or kind.low <= value) and (kind.high is None or value <= kind.high)


def _day(value: Any) -> date | None:
    if isinstance(value, datetime):
        return None
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _moment(value: str) -> datetime | None:
    try:
        return datetime.fromisoformat(value).replace(tzinfo=None)
    except ValueError:
        return None


def _is_zone(name: str) -> bool:
    try:
        return bool(ZoneInfo(name))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False


def _mapping(body: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = body.get(key)
    return found if isinstance(found, Mapping) else {}


def _label(body: Any, default: str) -> Labels:
    label = body.get("label", body) if isinstance(body, Mapping) else body
    if isinstance(label, str):
        return {"ja": label, "en": label}
    label = label if isinstance(label, Mapping) else {}
    return {lang: str(label.get(lang, default)) for lang in ("ja", "en")}
