"""What is in the tables that were taken in: enough to suggest and to correct a mapping, never all of it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from registry.conditions.dataset import connect, filled, readable

ROWS_LOOKED_AT = 200_000
VALUES_SHOWN = 60
# A cell is shown as it is read, or what is said of it would not be applied; one longer than this is prose, no value.
LONGEST = 1_000


@dataclass(frozen=True)
class Look:
    """A column: its most frequent cells with how often, how many different ones there are, how many are blank."""

    values: tuple[tuple[str, int], ...]
    distinct: int
    blank: int
    rows: int

    @property
    def cells(self) -> tuple[str, ...]:
        return tuple(value for value, _ in self.values)


type Looks = Mapping[str, Mapping[str, Look]]


def look(folder: str, tables: Mapping[str, Iterable[str]]) -> Looks:
    """A look at every column of these tables (their columns by name) in a folder that `take_in` filled."""
    with connect() as connection, readable():
        return {
            table: {column: _look(connection, Path(folder) / f"{table}.parquet", column) for column in columns}
            for table, columns in tables.items()
        }


def _look(connection: duckdb.DuckDBPyConnection, file: Path, column: str) -> Look:
    path = str(file).replace("'", "''")
    rows_looked_at = f"SELECT * FROM read_parquet('{path}') LIMIT {ROWS_LOOKED_AT}"
    cells = f"SELECT LEFT({filled(column)}, {LONGEST}) AS cell FROM ({rows_looked_at})"
    rows = connection.execute(
        f"SELECT cell, COUNT(*) AS number, SUM(COUNT(*)) OVER (), COUNT(cell) OVER () FROM ({cells}) "
        f"GROUP BY cell ORDER BY number DESC, cell LIMIT {VALUES_SHOWN + 1}"
    ).fetchall()
    values = tuple((cell, number) for cell, number, *_ in rows if cell is not None)[:VALUES_SHOWN]
    total, distinct = (int(rows[0][2]), rows[0][3]) if rows else (0, 0)
    (blank,) = connection.execute(f"SELECT COUNT(*) - COUNT(cell) FROM ({cells})").fetchone() or (0,)
    return Look(values, distinct, blank, total)
