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
from registry.conditions.vocabulary import Entity

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


def confirmed(
    trees: Sequence[Condition], record: Record, records: Records, moments: Moments
) -> list[bool | None]:
    """What DuckDB says of the record for each tree: True, False or None."""
    fixed = Moments(*(moments.get(name) or record.get(name) for name in MOMENTS))
    writer = Writer(DUCKDB, records.vocabulary, records.entity, fixed)
    asked = ", ".join(writer.write(tree) for tree in trees)
    source = writer.source()
    tables = records.tables(record)
    used = [entity for entity in records.vocabulary.entities.values() if f'"{entity.name}" AS ' in f"{source} {asked}"]
    parts = [_table(entity, tables[entity.name]) for entity in used]
    key = records.vocabulary.entity(records.entity).key
    where = f'r."{key}" = {DUCKDB.literal(record[key], NOWHERE)}'
    query = f"WITH {', '.join(parts)} SELECT {asked} {source} WHERE {where}"
    found = _connection().execute(query).fetchone()
    return list(found) if found else []


def _table(entity: Entity, rows: list[Record]) -> str:
    names = ", ".join(DUCKDB.name_of(name) for name in entity.fields)
    kinds = [word.type for word in entity.fields.values()]
    blank = ", ".join(f"CAST(NULL AS {column_type(kind)})" for kind in kinds)
    lines = [f"SELECT {blank} WHERE FALSE"]
    if rows:
        values = ", ".join(f"({', '.join(_cells(entity, row))})" for row in rows)
        lines.append(f"SELECT * FROM (VALUES {values})")
    return f"{DUCKDB.name_of(entity.name)}({names}) AS ({' UNION ALL '.join(lines)})"


def _cells(entity: Entity, row: Record) -> list[str]:
    values = (row.get(name) for name in entity.fields)
    return ["NULL" if value is None else DUCKDB.literal(value, NOWHERE) for value in values]


def _connection() -> duckdb.DuckDBPyConnection:
    if not _connections:
        connection = duckdb.connect(":memory:", config={"threads": 1, "memory_limit": "128MB"})
        connection.execute("SET enable_external_access = false; SET lock_configuration = true")
        _connections.append(connection)
    return _connections[0]
