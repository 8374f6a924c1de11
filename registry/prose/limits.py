"""The numbers a condition compares with, as bounds that a text's numbers can be held against."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from registry.conditions import Vocabulary
from registry.conditions.tree import Between, Compare, Condition, Days, Field, Literal, Shift, Value, walk
from registry.prose.quantities import UNITS, Unit, cut

_FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "<>": "<>"}


@dataclass(frozen=True)
class Limit:
    """One bound of a condition."""

    dimension: str
    relation: str
    value: Decimal

    @property
    def cuts(self) -> set[Decimal]:
        if self.relation in ("=", "<>"):
            return {self.value, self.value + 1}
        return {cut(self.relation, self.value)}

    def say(self, language: str) -> str:
        """「50以上」, “at least 50”."""
        japanese = {">=": "{}以上", "<=": "{}以下", ">": "{}超", "<": "{}未満", "=": "{}", "<>": "{}以外"}
        english = {">=": "at least {}", "<=": "at most {}", ">": "more than {}", "<": "less than {}", "=": "{}"}
        words = japanese if language == "ja" else english | {"<>": "other than {}"}
        return words[self.relation].format(f"{self.value.normalize():,f}")


def units_of(vocabulary: Vocabulary) -> dict[str, Unit]:
    """Every word by which a text may name a unit: the usual ones, and those the vocabulary declares."""
    found = dict(UNITS)
    for entity in vocabulary.entities.values():
        for word in entity.fields.values():
            if word.unit:
                unit = _unit(word.unit["ja"], word.unit["en"])
                names = (word.unit["ja"], word.unit["en"], word.label["en"])
                found = {name.lower(): unit for name in names} | found
    return found


def _unit(ja: str, en: str) -> Unit:
    return UNITS.get(ja) or UNITS.get(en.lower()) or (f"unit:{en.lower()}", 1)


def reachable(vocabulary: Vocabulary, entity: str) -> set[str]:
    """The dimensions of the fields that a condition on `entity` could compare: its own and its parents'."""
    entities = [vocabulary.up(entity, path) for path in vocabulary.paths[entity]]
    units = [word.unit for each in entities for word in each.fields.values() if word.unit]
    return {_unit(unit["ja"], unit["en"])[0] for unit in units}


def limits(tree: Condition, vocabulary: Vocabulary) -> list[Limit]:
    """Every bound of a condition and of the agreed conditions it refers to."""
    found: list[Limit] = []
    for node in walk(tree):
        match node:
            case Compare(op, left, right):
                found += _bound(op, left, right, vocabulary)
            case Between(value, low, high):
                found += [*_bound(">=", value, low, vocabulary), *_bound("<=", value, high, vocabulary)]
    return list(dict.fromkeys(found))


def _bound(op: str, left: Value, right: Value, vocabulary: Vocabulary) -> Iterator[Limit]:
    if isinstance(left, Literal | Shift) and not isinstance(right, Literal | Shift):
        op, left, right = _FLIPPED[op], right, left
    if isinstance(right, Shift):
        dimension = {"DAY": "day", "MONTH": "month"}[right.unit]
        yield Limit(dimension, op if right.count >= 0 else _FLIPPED[op], Decimal(abs(right.count)))
    elif isinstance(right, Literal) and type(right.value) in (int, Decimal) and (of := _dimension(left, vocabulary)):
        yield Limit(of, op, Decimal(right.value))  # type: ignore[arg-type]


def _dimension(value: Value, vocabulary: Vocabulary) -> str | None:
    match value:
        case Days():
            return "day"
        case Field(entity=entity, name=name):
            unit = vocabulary.entities[entity].fields[name].unit
            return _unit(unit["ja"], unit["en"])[0] if unit else None
    return None
