"""The same records in DuckDB and in PostgreSQL, asked the same condition."""

import os
from collections.abc import Sequence
from typing import Any

import duckdb
import psycopg
import pytest

from registry.conditions import Moments, Vocabulary
from registry.conditions.confirm import column_type
from registry.conditions.dialects import DIALECTS
from registry.conditions.records import Records, Shape
from registry.conditions.sql import Writer
from registry.conditions.tree import Condition

POSTGRES = os.environ.get("DATABASE_URL", "")
needs_postgres = pytest.mark.skipif(
    not POSTGRES.startswith("postgres"), reason="Set DATABASE_URL to a PostgreSQL address to compare with it."
)


class Engine:
    """Tables of a vocabulary filled with records; `ask` gives each record's answer by key."""

    def __init__(self, dialect: str, vocabulary: Vocabulary, entity: str, records: Sequence[dict[str, Any]]) -> None:
        self.dialect, self.vocabulary, self.entity = DIALECTS[dialect], vocabulary, entity
        self.connection: Any = duckdb.connect(":memory:", config={"threads": 1})
        if dialect == "postgres":
            self.connection = psycopg.connect(POSTGRES, autocommit=True)
        shape = Shape((), {((), "orders"): ()}, ())
        tables = Records(vocabulary, entity, shape)
        rows: dict[str, dict[Any, dict[str, Any]]] = {name: {} for name in vocabulary.entities}
        for record in records:
            for name, found in tables.tables(record).items():
                rows[name] |= {row[vocabulary.entity(name).key]: row for row in found}
        for name, found in rows.items():
            self._fill(name, list(found.values()))

    def _fill(self, name: str, rows: list[dict[str, Any]]) -> None:
        words = self.vocabulary.entity(name).fields
        columns = ", ".join(f'"{key}" {column_type(word.type)}' for key, word in words.items())
        cursor = self.connection.cursor() if self.dialect.name == "postgres" else self.connection
        cursor.execute(f'CREATE TEMP TABLE "{name}" ({columns})')
        sign = "%s" if self.dialect.name == "postgres" else "?"
        marks = ", ".join([sign] * len(words))
        if rows:
            cursor.executemany(f'INSERT INTO "{name}" VALUES ({marks})', [[row[key] for key in words] for row in rows])

    def ask(self, tree: Condition, moments: Moments) -> dict[Any, bool | None]:
        writer = Writer(self.dialect, self.vocabulary, self.entity, moments)
        condition = writer.write(tree)
        key = self.vocabulary.entity(self.entity).key
        query = f'SELECT r."{key}", {condition} {writer.source()}'
        return dict(self.connection.execute(query).fetchall())

    def close(self) -> None:
        self.connection.close()
