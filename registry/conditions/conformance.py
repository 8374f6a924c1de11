"""Whether data keeps the vocabulary's promises: without that, a proof says nothing about the data.

Tables of text are read (an export as it is). A promise is broken by a value that cannot be read as its type,
a blank where none is allowed, an enum value that was not declared, a value out of bounds, a key twice, or a
link to a parent that is not there.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from registry.conditions.confirm import column_type
from registry.conditions.dialects import DIALECTS
from registry.conditions.problems import NOWHERE
from registry.conditions.vocabulary import Entity, FieldWord, Vocabulary

ROWS_SHOWN = 5


@dataclass(frozen=True)
class Broken:
    """One promise broken in `number` rows; `keys` are the keys of the first few.

    `code`: unreadable, blank, unknown_value, out_of_bounds, repeated_key or missing_parent.
    """

    entity: str
    field: str
    code: str
    number: int
    keys: tuple[Any, ...]


def conformance(connection: Any, vocabulary: Vocabulary) -> list[Broken]:
    """Every promise the tables of a DuckDB connection break, entity by entity; none means proofs hold."""
    found: list[Broken] = []
    for entity in vocabulary.entities.values():
        for name, code, where in _promises(entity, vocabulary):
            broken = _rows(connection, entity, where)
            if broken[0]:
                found.append(Broken(entity.name, name, code, *broken))
    return found


def _rows(connection: Any, entity: Entity, where: str) -> tuple[int, tuple[Any, ...]]:
    source = f'FROM "{entity.name}" AS t WHERE {where}'
    (number,) = connection.execute(f"SELECT COUNT(*) {source}").fetchone()
    if not number:
        return 0, ()
    keys = connection.execute(f'SELECT "{entity.key}" {source} ORDER BY 1 LIMIT {ROWS_SHOWN}').fetchall()
    return number, tuple(key for (key,) in keys)


def _promises(entity: Entity, vocabulary: Vocabulary) -> Iterator[tuple[str, str, str]]:
    """Field, code, and the SQL of the rows that break it."""
    for word in entity.fields.values():
        yield from _promises_of(word)
    key = f'"{entity.key}"'
    repeated = f'SELECT {key} FROM "{entity.name}" GROUP BY {key} HAVING COUNT(*) > 1'
    yield entity.key, "repeated_key", f"t.{key} IN ({repeated})"
    for parent in entity.parents.values():
        above = vocabulary.entity(parent.entity)
        present = f'SELECT 1 FROM "{above.name}" AS p WHERE p."{above.key}" = t."{parent.link}"'
        yield parent.link, "missing_parent", f't."{parent.link}" IS NOT NULL AND NOT EXISTS ({present})'


def _promises_of(word: FieldWord) -> Iterator[tuple[str, str, str]]:
    column = f't."{word.name}"'
    typed = f"TRY_CAST({column} AS {column_type(word.type)})"
    if not word.type.nullable:
        yield word.name, "blank", f"{column} IS NULL"
    yield word.name, "unreadable", f"{column} IS NOT NULL AND {typed} IS NULL"
    if word.type.kind == "enum":
        values = ", ".join(DIALECTS["duckdb"].text(value, NOWHERE) for value in word.type.values)
        yield word.name, "unknown_value", f"{column} NOT IN ({values})"
    low, high = _bounds(word)
    if low:
        yield word.name, "out_of_bounds", f"CAST({typed} AS {_wide(word)}) NOT BETWEEN {low} AND {high}"


def _wide(word: FieldWord) -> str:
    return "DATE" if word.type.kind in ("date", "timestamp") else column_type(word.type)


def _bounds(word: FieldWord) -> tuple[str, str]:
    low, high = word.type.low, word.type.high
    if low is None or high is None:
        return "", ""
    if word.type.kind in ("date", "timestamp"):
        return tuple(f"DATE '{date.fromordinal(int(end))}'" for end in (low, high))  # type: ignore[return-value]
    return str(low), str(high)
