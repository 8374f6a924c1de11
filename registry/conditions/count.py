"""Old against new on real data, in one pass over the records.

Every record is judged by both conditions at once and grouped by the month it counts in by the old, by the
new, and the month in which the new could not tell because something is blank; gained and lost follow by
subtraction. Records that count in neither are not even grouped.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from registry.conditions.confirm import column_type
from registry.conditions.counting import Counting
from registry.conditions.dataset import Source, opened
from registry.conditions.dialects import Dialect, dialect_named
from registry.conditions.meaning import Moments
from registry.conditions.problems import refuse
from registry.conditions.shared import never_unknown, shared_parts
from registry.conditions.sql import Writer
from registry.conditions.vocabulary import Entity, Vocabulary

SAMPLES = 5


@dataclass(frozen=True)
class MonthCount:
    """One month: what the old and the new count, what is gained, lost, and unknown because blank."""

    month: date
    old: int = 0
    new: int = 0
    gained: int = 0
    lost: int = 0
    unknown: int = 0


@dataclass(frozen=True)
class Count:
    """Counts per month, their sums, sample rows by kind (gained, lost, unknown), and the SQL."""

    months: tuple[MonthCount, ...]
    samples: dict[str, list[dict[str, Any]]]
    sql: str

    @property
    def total(self) -> dict[str, int]:
        names = ("old", "new", "gained", "lost", "unknown")
        return {name: sum(getattr(month, name) for month in self.months) for name in names}


def open_dataset(data: str | Path | Source, vocabulary: Vocabulary, memory: str = "384MB") -> duckdb.DuckDBPyConnection:
    """DuckDB over a folder of <entity>.parquet or <entity>.csv files, then locked: no file, no setting else.

    A `Source` is read through its mapping instead. Raises ConditionError when a file is missing or, in a plain
    folder, a value does not fit its declared type.
    """
    if isinstance(data, Source):
        return opened(data, vocabulary, memory)
    connection = duckdb.connect(":memory:", config={"threads": 2, "memory_limit": memory})
    try:
        for entity in vocabulary.entities.values():
            connection.execute(_load(Path(data), entity))
    except duckdb.Error as error:
        raise refuse("data_unreadable", reason=str(error).splitlines()[0]) from error
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection


def _load(folder: Path, entity: Entity) -> str:
    columns = ", ".join(
        f'CAST("{word.name}" AS {column_type(word.type)}) AS "{word.name}"' for word in entity.fields.values()
    )
    parquet, csv = folder / f"{entity.name}.parquet", folder / f"{entity.name}.csv"
    if parquet.exists():
        source = f"read_parquet('{_quoted(parquet)}')"
    elif csv.exists():
        source = f"read_csv('{_quoted(csv)}', header = true, all_varchar = true, nullstr = '')"
    else:
        raise refuse("data_missing", entity=entity.name)
    return f'CREATE TABLE "{entity.name}" AS SELECT {columns} FROM {source}'


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


def count_months(
    connection: Any, old: Counting, new: Counting, moments: Moments, dialect_name: str = "duckdb"
) -> Count:
    """Both counted per month over `connection` (DuckDB or a PostgreSQL one with execute().fetchall()).

    Both must count the same entity. The period limits months when `moments` gives one.
    """
    sql = months_sql(old, new, moments, dialect_name)
    months = _folded(connection.execute(sql).fetchall())
    samples = {
        kind: _sample(connection, old, new, moments, dialect_name, kind) for kind in ("gained", "lost", "unknown")
    }
    return Count(tuple(months), samples, sql)


def months_sql(old: Counting, new: Counting, moments: Moments, dialect_name: str = "duckdb") -> str:
    """The one-pass query: old_month, new_month, unknown_month, number."""
    dialect = dialect_named(dialect_name)
    judged = _judged(old, new, moments, dialect)
    month = {name: dialect.truncate(name, "MONTH") for name in ("old_on", "new_on")}
    columns = (
        f"CASE WHEN is_old THEN {month['old_on']} END AS old_month",
        f"CASE WHEN is_new THEN {month['new_on']} END AS new_month",
        f"CASE WHEN is_new IS NULL THEN {month['new_on']} END AS unknown_month",
    )
    number = "COUNT(*)" if old.by_record and new.by_record else "COUNT(DISTINCT things)"
    return (
        f"SELECT {', '.join(columns)}, {number} AS number\nFROM (\n{judged}\n) AS judged\n"
        "WHERE COALESCE(is_old, TRUE) OR COALESCE(is_new, TRUE)\nGROUP BY 1, 2, 3"
    )


def _judged(old: Counting, new: Counting, moments: Moments, dialect: Dialect) -> str:
    """Each record with its truth and date by both wordings; a date outside the period is no date.

    What both wordings ask alike is asked once, in WHERE, where engines filter early and join by halves; a
    record for which such a part is false counts in neither.
    """
    writer = Writer(dialect, new.vocabulary, new.entity, moments)
    key = new.vocabulary.entity(new.entity).key
    things = writer.write(new.key[0]) if new.by_record else _joined_keys(new, writer)
    columns = [f"r.{dialect.name_of(key)} AS record_key", f"{things} AS things"]
    common, rests = shared_parts(old.condition, new.condition)
    one_date = old.dated_by == new.dated_by and not (old.first_per or new.first_per)
    for name, found, rest in (("old", old, rests[0]), ("new", new, rests[1])):
        day = writer.write(found.dated_by)
        condition = writer.write(rest)
        truth = condition if one_date else _truth(found, condition, day, writer, moments)
        columns += [f"{truth} AS is_{name}", f"{day} AS {name}_on"]
    filters = [
        writer.write(part) if never_unknown(part) else f"COALESCE({writer.write(part)}, TRUE)" for part in common
    ]
    if one_date:
        filters.append(_in_period(writer.write(new.dated_by), moments, dialect))
    where = "\nWHERE " + " AND ".join(filters) if filters else ""
    return f"SELECT {', '.join(columns)}\n{writer.source()}{where}"


def _truth(found: Counting, condition: str, day: str, writer: Writer, moments: Moments) -> str:
    dialect = writer.dialect
    within = _in_period(day, moments, dialect)
    if not found.first_per:
        return f"CASE WHEN {within} THEN {condition} ELSE FALSE END"
    key = dialect.name_of(found.vocabulary.entity(found.entity).key)
    dated = f"({condition} AND {day} IS NOT NULL)"
    partition = f"PARTITION BY {writer.write(found.first_per)}, {dated} ORDER BY {day}, r.{key}"
    first = f"{within} AND ROW_NUMBER() OVER ({partition}) = 1"
    return f"CASE WHEN {dated} THEN {first} WHEN {within} THEN {condition} ELSE FALSE END"


def _in_period(day: str, moments: Moments, dialect: Dialect) -> str:
    parts = [f"{day} IS NOT NULL"]
    for name, op in (("period_start", ">="), ("period_end", "<")):
        limit = moments.get(name)
        if limit is not None:
            parts.append(f"{day} {op} DATE '{limit.isoformat()}'")
    return f"({' AND '.join(parts)})"


def _joined_keys(found: Counting, writer: Writer) -> str:
    parts = [f"COALESCE(CAST({writer.write(value)} AS VARCHAR), '')" for value in found.key]
    return " || '|' || ".join(parts)


def _folded(rows: list[tuple[date | None, date | None, date | None, int]]) -> list[MonthCount]:
    """Groups of (old month, new month, unknown month) to one line per month."""
    totals: dict[date, dict[str, int]] = {}

    def add(month: date | None, name: str, number: int) -> None:
        if month is not None:
            line = totals.setdefault(month, dict.fromkeys(("old", "new", "gained", "lost", "unknown"), 0))
            line[name] += number

    for old, new, unknown, number in rows:
        add(old, "old", number)
        add(new, "new", number)
        add(unknown, "unknown", number)
        if old != new:
            add(new, "gained", number)
            add(old, "lost", number)
    return [MonthCount(month, **line) for month, line in sorted(totals.items())]


def _sample(
    connection: Any, old: Counting, new: Counting, moments: Moments, dialect_name: str, kind: str
) -> list[dict[str, Any]]:
    """A few records behind a number, with every field of the record."""
    wanted = {
        "gained": "is_new AND NOT COALESCE(is_old, FALSE)",
        "lost": "is_old AND NOT COALESCE(is_new, FALSE)",
        "unknown": "is_new IS NULL",
    }[kind]
    dialect = dialect_named(dialect_name)
    entity = new.vocabulary.entity(new.entity)
    names = ", ".join(f"s.{dialect.name_of(name)}" for name in entity.fields)
    key = dialect.name_of(entity.key)
    rows = connection.execute(
        f"SELECT {names} FROM {dialect.name_of(entity.name)} AS s WHERE s.{key} IN "
        f"(SELECT record_key FROM ({_judged(old, new, moments, dialect)}) AS judged WHERE {wanted}) "
        f"ORDER BY s.{key} LIMIT {SAMPLES}"
    ).fetchall()
    return [dict(zip(entity.fields, row, strict=True)) for row in rows]
