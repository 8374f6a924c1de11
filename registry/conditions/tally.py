"""Several metrics counted on one dataset, opened once: what a whole proposal does to the numbers."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from registry.conditions.conformance import Broken, conformance_of
from registry.conditions.count import Count, count_months, count_rows, open_dataset
from registry.conditions.counting import Counting, Definition, counting
from registry.conditions.dataset import Source, read_by, readable
from registry.conditions.meaning import Moments
from registry.conditions.problems import ConditionError, Problem
from registry.conditions.resolve import Metrics
from registry.conditions.vocabulary import Vocabulary

NOTHING = "1 = 2"


@dataclass(frozen=True)
class Asked:
    """One metric before and after; `None` where it did not exist yet, or is retired."""

    key: str
    old: Definition | None
    new: Definition | None


@dataclass(frozen=True)
class World:
    """What the texts of a question mean: the words, and what `is_<metric>` stood for and will stand for."""

    vocabulary: Vocabulary
    moments: Moments
    metrics: Metrics = field(default_factory=dict)
    new_metrics: Metrics = field(default_factory=dict)


@dataclass(frozen=True)
class Counted:
    """The counts of one metric, or why there are none; and the promises broken by what it reads."""

    key: str
    count: Count | None = None
    problems: tuple[Problem, ...] = ()
    broken: tuple[Broken, ...] = ()


def both(asked: Asked, world: World) -> tuple[Counting, Counting]:
    """Both sides resolved; a side that is not there counts nothing. Raises ConditionError."""
    one = asked.new or asked.old
    assert one is not None, "a metric has at least one side"
    nothing = replace(one, condition=NOTHING)
    return (
        counting(asked.old or nothing, world.vocabulary, world.metrics),
        counting(asked.new or nothing, world.vocabulary, world.new_metrics),
    )


def tally(asked: Sequence[Asked], world: World, data: Any) -> list[Counted]:
    """Each metric counted per month, in the order asked. What cannot be counted says why and stops no other."""
    connection = open_dataset(data, world.vocabulary)
    try:
        found = [_counted(each, world, connection) for each in asked]
    finally:
        connection.close()
    reads = [_reads(each, world) for each in asked]
    broken = _broken(data, world.vocabulary, {pair for each in reads for pair in each})
    return [
        replace(each, broken=tuple(one for one in broken if (one.entity, one.field) in read))
        for each, read in zip(found, reads, strict=True)
    ]


def _counted(asked: Asked, world: World, connection: Any) -> Counted:
    try:
        old, new = both(asked, world)
        with readable():
            return Counted(asked.key, count_months(connection, old, new, world.moments, samples=0))
    except ConditionError as error:
        return Counted(asked.key, problems=tuple(error.problems))


def _reads(asked: Asked, world: World) -> set[tuple[str, str]]:
    """The entities and fields that either side of a question looks at."""
    try:
        return {pair for side in both(asked, world) for pair in read_by(side)}
    except ConditionError:
        return set()


def _broken(data: Any, vocabulary: Vocabulary, read: set[tuple[str, str]]) -> list[Broken]:
    """The promises foreign data breaks there; a plain folder is only opened when it keeps its types."""
    return conformance_of(data, vocabulary, shown=0, read=read) if isinstance(data, Source) else []


def rows_behind(
    asked: Asked, world: World, data: Any, outcome: str, limit: int, month: date | None = None
) -> list[dict[str, Any]]:
    """The first records behind one number of one metric. Raises ConditionError."""
    connection = open_dataset(data, world.vocabulary)
    try:
        with readable():
            return count_rows(connection, *both(asked, world), world.moments, outcome, limit, month=month)
    finally:
        connection.close()
