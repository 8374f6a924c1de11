"""What a change of words does: the same (proved), wider, narrower, both or undecided, with examples."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from registry.conditions.confirm import confirmed
from registry.conditions.encode import Encoder
from registry.conditions.logic import both, no
from registry.conditions.meaning import Moments
from registry.conditions.records import Record, Records, typical
from registry.conditions.search import Found, Search
from registry.conditions.tree import Condition
from registry.conditions.vocabulary import Vocabulary


@dataclass(frozen=True)
class Example:
    """A record the two conditions judge differently. `telling`: only the fields that are not as usual."""

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
        return Example(found.record, telling(found.record, self.search.records), old, new)


def telling(record: Record, records: Records) -> dict[str, Any]:
    """The fields conditions look at that differ from a typical record; all of them when none does."""
    found: dict[str, Any] = {}
    for place in records.places(record):
        value = records.get(record, place)
        row = f"{place.relation}[{place.index + 1}]" if place.relation else ""
        name = ".".join(part for part in (*place.path, row, place.name) if part)
        if place.relation or value != typical(records.word(place)):
            found[name] = value
    for path, relation in records.shape.relations:
        holder = records.holder(record, path)
        if holder is not None and not holder.get(relation):
            found[".".join((*path, relation))] = []
    for path, _ in records.shape.fields:
        if path and records.holder(record, path) is None:
            found[".".join(path)] = None
    return found or {name: record.get(name) for path, name in records.shape.fields if not path}


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
