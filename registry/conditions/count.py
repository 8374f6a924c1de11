"""Old against new on real data: the counts per month, and the records behind a number."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from registry.conditions.confirm import column_type
from registry.conditions.counting import Counting
from registry.conditions.dataset import Source, connect, has_offset, lock, on_the_clocks_of, opened
from registry.conditions.dialects import dialect_named
from registry.conditions.meaning import Moments
from registry.conditions.months import NUMBERS, MonthCount, by_month, months_sql, rows_sql
from registry.conditions.problems import refuse
from registry.conditions.records import shape
from registry.conditions.resolve import resolve_value
from registry.conditions.tree import Node
from registry.conditions.vocabulary import Entity, FieldWord, Vocabulary

SAMPLES = 5


@dataclass(frozen=True)
class Count:
    """Counts per month, their sums, sample rows by kind (gained, lost, unknown), and the SQL."""

    months: tuple[MonthCount, ...]
    samples: dict[str, list[dict[str, Any]]]
    sql: str

    @property
    def total(self) -> dict[str, Any]:
        return {name: sum(getattr(month, name) for month in self.months) for name in NUMBERS}


def open_dataset(data: str | Path | Source, vocabulary: Vocabulary) -> duckdb.DuckDBPyConnection:
    """DuckDB over a folder of <entity>.parquet or <entity>.csv files, then locked: no file, no setting else.

    A `Source` is read through its mapping instead. Raises ConditionError when a file is missing or, in a plain
    folder, a value does not fit its declared type.
    """
    if isinstance(data, Source):
        return opened(data, vocabulary)
    connection = connect()
    try:
        for entity in vocabulary.entities.values():
            connection.execute(_load(Path(data), entity, vocabulary.time_zone))
    except duckdb.Error as error:
        raise refuse("data_unreadable", reason=str(error).splitlines()[0]) from error
    lock(connection)
    return connection


def _load(folder: Path, entity: Entity, zone: str) -> str:
    columns = ", ".join(f'{_cast(word, zone)} AS "{word.name}"' for word in entity.fields.values())
    parquet, csv = folder / f"{entity.name}.parquet", folder / f"{entity.name}.csv"
    if parquet.exists():
        source = f"read_parquet('{_quoted(parquet)}')"
    elif csv.exists():
        source = f"read_csv('{_quoted(csv)}', header = true, all_varchar = true, nullstr = '')"
    else:
        raise refuse("data_missing", entity=entity.name)
    return f'CREATE TABLE "{entity.name}" AS SELECT {columns} FROM {source}'


def _cast(word: FieldWord, zone: str) -> str:
    """The column as its type; a day or moment with an offset as the clocks of the zone said."""
    kind = column_type(word.type)
    plain = f'CAST("{word.name}" AS {kind})'
    if word.type.kind not in ("date", "timestamp"):
        return plain
    text = f'CAST("{word.name}" AS VARCHAR)'
    return f"CASE WHEN {has_offset(text)} THEN {on_the_clocks_of(zone, text, kind)} ELSE {plain} END"


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


def count_months(
    connection: Any,
    old: Counting,
    new: Counting,
    moments: Moments,
    dialect_name: str = "duckdb",
    *,
    samples: int = SAMPLES,
) -> Count:
    """Both counted per month over `connection` (DuckDB or a PostgreSQL one with execute().fetchall()).

    Both must count the same entity. The period limits months when `moments` gives one.
    """
    sql = months_sql(old, new, moments, dialect_name, repeated=repeats_a_key(connection, new.vocabulary, dialect_name))
    months = by_month(connection.execute(sql).fetchall())
    kinds = ("gained", "lost", "unknown") if samples else ()
    found = {
        kind: count_rows(connection, old, new, moments, kind, samples, dialect_name=dialect_name) for kind in kinds
    }
    return Count(tuple(months), found, sql)


def repeats_a_key(connection: Any, vocabulary: Vocabulary, dialect_name: str) -> bool:
    """Whether a table that is there holds a key twice, so that rows are not things and parents multiply rows."""
    dialect = dialect_named(dialect_name)
    tables = connection.execute("SELECT table_name FROM information_schema.tables").fetchall()
    present = {name for (name,) in tables}
    for entity in vocabulary.entities.values():
        if entity.name in present:
            key, table = dialect.name_of(entity.key), dialect.name_of(entity.name)
            asked = f"SELECT COUNT({key}) <> COUNT(DISTINCT {key}) FROM {table}"
            if connection.execute(asked).fetchone()[0]:
                return True
    return False


def count_rows(
    connection: Any,
    old: Counting,
    new: Counting,
    moments: Moments,
    outcome: str,
    limit: int,
    *,
    month: date | None = None,
    dialect_name: str = "duckdb",
) -> list[dict[str, Any]]:
    """The first records behind a number, with their key and the fields the conditions look at."""
    shown = looked_at(old, new)
    values = [resolve_value(name, new.vocabulary, new.entity) for name in shown]
    repeated = repeats_a_key(connection, new.vocabulary, dialect_name)
    sql = rows_sql(old, new, moments, dialect_name, outcome, values, month, repeated=repeated)
    rows = connection.execute(f"{sql}\nLIMIT {int(limit)}").fetchall()
    return [dict(zip(shown, row, strict=True)) for row in rows]


def looked_at(old: Counting, new: Counting) -> list[str]:
    """What is counted, the record's own key, then every field of it and its parents that either condition looks at."""
    own = new.vocabulary.entity(new.entity).key
    trees = [each for found in (new, old) for each in (found.condition, found.dated_by)]
    return list(dict.fromkeys([*_names([*new.key, *old.key]), own, *_names(trees)]))


def _names(trees: Iterable[Node]) -> list[str]:
    return [".".join((*path, name)) for path, name in shape(trees).fields]
