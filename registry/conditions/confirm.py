"""DuckDB's own answer about one record: no example is shown that a database does not confirm."""

from collections.abc import Sequence

import duckdb

from registry.conditions.dialects import DIALECTS
from registry.conditions.meaning import Moments
from registry.conditions.problems import NOWHERE
from registry.conditions.records import Record, Records
from registry.conditions.scope import MOMENTS
from registry.conditions.sql import Writer
from registry.conditions.tree import Condition, Type
from registry.conditions.vocabulary import Entity, FieldWord

DUCKDB = DIALECTS["duckdb"]
_connections: list[duckdb.DuckDBPyConnection] = []


def column_type(kind: Type) -> str:
    """DuckDB's type for a declared one: whole numbers in 64 bits, decimals wide, timestamps without zone."""
    match kind.kind:
        case "int":
            return "BIGINT"
        case "decimal":
            return f"DECIMAL(18, {kind.scale})"
        case "bool" | "date" | "timestamp":
            return {"bool": "BOOLEAN", "date": "DATE", "timestamp": "TIMESTAMP"}[kind.kind]
    return "VARCHAR"


def confirmed(trees: Sequence[Condition], record: Record, records: Records, moments: Moments) -> list[bool | None]:
    """What DuckDB says of the record for each tree: True, False or None."""
    fixed = Moments(*(moments.get(name) or record.get(name) for name in MOMENTS))
    writer = Writer(DUCKDB, records.vocabulary, records.entity, fixed)
    asked = ", ".join(writer.write(tree) for tree in trees)
    source = writer.source()
    tables = records.tables(record)
    key = records.vocabulary.entity(records.entity).key
    query = f'SELECT {asked} {source} WHERE r."{key}" = {DUCKDB.literal(record[key], NOWHERE)}'
    used = [entity for entity in records.vocabulary.entities.values() if f'"{entity.name}" AS ' in query]
    parts = [_table(entity, tables[entity.name], query) for entity in used]
    found = _connection().execute(f"WITH {', '.join(parts)} {query}").fetchone()
    return list(found) if found else []


def _table(entity: Entity, rows: list[Record], query: str) -> str:
    """The rows as a table with the columns the query names."""
    words = [word for name, word in entity.fields.items() if f'."{name}"' in query]
    names = ", ".join(DUCKDB.name_of(word.name) for word in words)
    casts = ", ".join(
        f"CAST({DUCKDB.name_of(word.name)} AS {column_type(word.type)}) AS {DUCKDB.name_of(word.name)}"
        for word in words
    )
    values = ", ".join(f"({', '.join(_cells(words, row))})" for row in rows or [{}])
    nothing = "" if rows else " WHERE FALSE"
    return f"{DUCKDB.name_of(entity.name)} AS (SELECT {casts} FROM (VALUES {values}) AS v({names}){nothing})"


def _cells(words: list[FieldWord], row: Record) -> list[str]:
    values = (row.get(word.name) for word in words)
    return ["NULL" if value is None else DUCKDB.literal(value, NOWHERE) for value in values]


def _connection() -> duckdb.DuckDBPyConnection:
    if not _connections:
        connection = duckdb.connect(":memory:", config={"threads": 1, "memory_limit": "128MB"})
        connection.execute("PRAGMA disable_optimizer")  # one row: planning costs more than running
        connection.execute("SET enable_external_access = false; SET lock_configuration = true")
        _connections.append(connection)
    return _connections[0]
