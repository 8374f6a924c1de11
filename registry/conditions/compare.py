"""What a change of words does: the same (proved), wider, narrower, both or undecided, with examples."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from registry.conditions.confirm import confirmed
from registry.conditions.encode import Encoder
from registry.conditions.logic import both, no
from registry.conditions.meaning import Moments
from registry.conditions.records import Place, Record, Records, shape, typical
from registry.conditions.search import Found, Search
from registry.conditions.shared import differing_parts
from registry.conditions.tree import Condition, Node
from registry.conditions.vocabulary import Vocabulary


@dataclass(frozen=True)
class Example:
    """A record the two conditions judge differently. `telling`: the fields that say why."""

    record: Record
    telling: dict[str, Any]
    old: bool | None
    new: bool | None

    def as_json(self) -> dict[str, Any]:
        return {
            "record": plain(self.record),
            "telling": plain(self.telling),
            "old": self.old,
            "new": self.new,
        }


@dataclass(frozen=True)
class Comparison:
    """`verdict`: same, wider, narrower, both or undecided. `gained` newly counts, `lost` no longer does."""

    verdict: str
    gained: Example | None = None
    lost: Example | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "verdict": self.verdict,
            "gained": self.gained.as_json() if self.gained else None,
            "lost": self.lost.as_json() if self.lost else None,
        }


@dataclass(frozen=True)
class Containment:
    """`verdict`: proved, broken (with the example that is in the inner but not in the outer) or undecided."""

    verdict: str
    example: Example | None = None

    def as_json(self) -> dict[str, Any]:
        return {"verdict": self.verdict, "example": self.example.as_json() if self.example else None}


def compare_trees(
    old: Condition, new: Condition, vocabulary: Vocabulary, entity: str, moments: Moments | None = None
) -> Comparison:
    """Both ways: what newly counts and what no longer counts, under the declared vocabulary."""
    if old == new:
        return Comparison("same")
    pair = _Pair(old, new, vocabulary, entity, moments or Moments())
    gained, lost = pair.only(new, old), pair.only(old, new)
    examples = (pair.example(gained), pair.example(lost))
    if "unknown" in (gained.outcome, lost.outcome) or None in (
        examples[0] or gained.outcome != "found" or None,
        examples[1] or lost.outcome != "found" or None,
    ):
        return Comparison("undecided", *examples)
    verdicts = {
        (False, False): "same",
        (True, False): "wider",
        (False, True): "narrower",
        (True, True): "both",
    }
    return Comparison(verdicts[gained.outcome == "found", lost.outcome == "found"], *examples)


def contains_trees(
    inner: Condition, outer: Condition, vocabulary: Vocabulary, entity: str, moments: Moments | None = None
) -> Containment:
    """Whether everything `inner` counts, `outer` counts too."""
    if inner == outer:
        return Containment("proved")
    pair = _Pair(outer, inner, vocabulary, entity, moments or Moments())
    found = pair.only(inner, outer)
    example = pair.example(found)
    if found.outcome == "none":
        return Containment("proved")
    return Containment("broken", example) if example else Containment("undecided")


class _Pair:
    def __init__(self, old: Condition, new: Condition, vocabulary: Vocabulary, entity: str, moments: Moments) -> None:
        self.old, self.new, self.moments = old, new, moments
        self.search = Search(vocabulary, entity, [old, new], moments)
        self.differing = differing_parts(old, new)

    def only(self, one: Condition, other: Condition) -> Found:
        """A record that counts by `one` and not by `other`."""

        def wanted(record: Record) -> bool:
            truth = self.search.truth
            return truth(one, record) is True and truth(other, record) is not True

        def formula(encoder: Encoder) -> Any:
            return both(encoder.truth(one).true, no(encoder.truth(other).true))

        return self.search.find(wanted, formula)

    def example(self, found: Found) -> Example | None:
        """The example, once DuckDB has said the same of it."""
        if found.record is None:
            return None
        old, new = (self.search.truth(tree, found.record) for tree in (self.old, self.new))
        if confirmed([self.old, self.new], found.record, self.search.records, self.moments) != [old, new]:
            return None
        told = telling(found.record, self.search.records, self.differing)
        return Example(found.record, told, old, new)


def telling(record: Record, records: Records, differing: Iterable[Node] = ()) -> dict[str, Any]:
    """What to tell of a record: the fields in which conditions differ, then those that are not as usual.

    `differing`: the parts of conditions that others do not share. All that is looked at, where nothing else is told.
    """
    rules, places = set(shape(differing).fields), list(records.places(record))
    first = [place for place in places if not place.relation and (place.path, place.name) in rules]
    rest = [place for place in places if place.relation or not _is_usual(record, records, place)]
    found = {_name(place): records.get(record, place) for place in (*first, *rest)}
    for path, relation in records.shape.relations:
        holder = records.holder(record, path)
        if holder is not None and not holder.get(relation):
            found[".".join((*path, relation))] = []
    for path, _ in records.shape.fields:
        if path and records.holder(record, path) is None:
            found[".".join(path)] = None
    return found or {_name(place): records.get(record, place) for place in places}


def _name(place: Place) -> str:
    row = f"{place.relation}[{place.index + 1}]" if place.relation else ""
    return ".".join(part for part in (*place.path, row, place.name) if part)


def _is_usual(record: Record, records: Records, place: Place) -> bool:
    return bool(records.get(record, place) == typical(records.word(place)))


def plain(value: Any) -> Any:
    """The value as JSON can hold it."""
    match value:
        case dict():
            return {key: plain(each) for key, each in value.items()}
        case list():
            return [plain(each) for each in value]
        case date() | datetime():
            return value.isoformat()
        case Decimal():
            return str(value)
    return value
