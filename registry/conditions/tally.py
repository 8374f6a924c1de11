"""Several metrics counted on one dataset, opened once: what a whole proposal does to the numbers."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import duckdb

from registry.conditions.conformance import Broken, conformance_of
from registry.conditions.count import Count, count_months, count_rows, open_dataset
from registry.conditions.counting import Counting, Definition, counting
from registry.conditions.dataset import Source, read_by
from registry.conditions.meaning import Moments
from registry.conditions.problems import ConditionError, Problem, refuse
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
    broken = _broken(data, world.vocabulary)
    return [replace(each, broken=_read(one, world, broken)) for one, each in zip(asked, found, strict=True)]


def _counted(asked: Asked, world: World, connection: Any) -> Counted:
    try:
        old, new = both(asked, world)
        return Counted(asked.key, count_months(connection, old, new, world.moments, samples=0))
    except ConditionError as error:
        return Counted(asked.key, problems=tuple(error.problems))
    except duckdb.OutOfMemoryException:
        return Counted(asked.key, problems=tuple(refuse("data_too_large").problems))
    except duckdb.Error as error:
        return Counted(asked.key, problems=tuple(refuse("data_unreadable", reason=_first_line(error)).problems))


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]


def _broken(data: Any, vocabulary: Vocabulary) -> list[Broken]:
    """The promises foreign data breaks; a plain folder is only opened when it keeps its types."""
    return conformance_of(data, vocabulary, shown=0) if isinstance(data, Source) else []


def _read(asked: Asked, world: World, broken: Sequence[Broken]) -> tuple[Broken, ...]:
    """Those about an entity or field that either side of a question looks at."""
    try:
        reads = {pair for side in both(asked, world) for pair in read_by(side)}
    except ConditionError:
        return ()
    return tuple(each for each in broken if (each.entity, each.field) in reads)


def rows_behind(
    asked: Asked, world: World, data: Any, outcome: str, limit: int, month: date | None = None
) -> list[dict[str, Any]]:
    """The first records behind one number of one metric. Raises ConditionError."""
    connection = open_dataset(data, world.vocabulary)
    try:
        return count_rows(connection, *both(asked, world), world.moments, outcome, limit, month=month)
    finally:
        connection.close()
