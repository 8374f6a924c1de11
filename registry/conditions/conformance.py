"""Whether data keeps the vocabulary's promises: without that, a proof says nothing about the data.

Tables of text are read (an export as it is). A promise is broken by a value that cannot be read as its type,
a blank where none is allowed, an enum value that was not declared, a value out of bounds, a key twice, or a
link to a parent that is not there. Of foreign data read through a mapping, entities without a table make no
promise, and a field nothing is mapped to breaks one only where blanks are not allowed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from registry.conditions.confirm import column_type
from registry.conditions.dataset import Mapped, Source, opened_as_text, read_as, unreadable
from registry.conditions.dialects import DIALECTS
from registry.conditions.problems import NOWHERE
from registry.conditions.vocabulary import Entity, FieldWord, Vocabulary

ROWS_SHOWN = 5


@dataclass(frozen=True)
class Broken:
    """One promise broken in `number` rows; `keys` are the keys of the first few.

    `code`: unreadable, blank, unknown_value, out_of_bounds, repeated_key, missing_parent, or absent when nothing
    is mapped to a field that must not be blank. `values`: what stands in those rows.
    """

    entity: str
    field: str
    code: str
    number: int
    keys: tuple[Any, ...]
    values: tuple[Any, ...] = ()


def conformance_of(source: Source, vocabulary: Vocabulary, shown: int = ROWS_SHOWN) -> list[Broken]:
    """Every promise foreign data breaks as it is mapped, with the first `shown` rows of each."""
    with opened_as_text(source, vocabulary) as connection:
        return conformance(connection, vocabulary, source.mapping, shown)


def conformance(
    connection: Any, vocabulary: Vocabulary, mapping: Mapped | None = None, shown: int = ROWS_SHOWN
) -> list[Broken]:
    """Every promise the tables of a DuckDB connection break, entity by entity; none means proofs hold."""
    found: list[Broken] = []
    for entity in vocabulary.entities.values():
        if mapping is None or entity.name in mapping:
            found += _broken(connection, entity, vocabulary, mapping, shown)
    return found


def _broken(
    connection: Any, entity: Entity, vocabulary: Vocabulary, mapping: Mapped | None, shown: int
) -> Iterator[Broken]:
    mapped = set(entity.fields if mapping is None else mapping[entity.name]["fields"])
    for name, word in entity.fields.items():
        if name not in mapped and not word.type.nullable:
            (number,) = connection.execute(f'SELECT COUNT(*) FROM "{entity.name}"').fetchone()
            yield Broken(entity.name, name, "absent", number, ())
    for name, code, where in _promises(entity, vocabulary, mapping):
        if name in mapped:
            number, keys, values = _rows(connection, entity, name, where, shown)
            if number:
                yield Broken(entity.name, name, code, number, keys, values)


def _rows(connection: Any, entity: Entity, field: str, where: str, shown: int) -> tuple[int, Any, Any]:
    source = f'FROM "{entity.name}" AS t WHERE {where}'
    (number,) = connection.execute(f"SELECT COUNT(*) {source}").fetchone()
    if not number:
        return 0, (), ()
    rows = connection.execute(f'SELECT "{entity.key}", "{field}" {source} ORDER BY 1, 2 LIMIT {shown}').fetchall()
    return number, tuple(key for key, _ in rows), tuple(value for _, value in rows)


def _promises(entity: Entity, vocabulary: Vocabulary, mapping: Mapped | None) -> Iterator[tuple[str, str, str]]:
    """Field, code, and the SQL of the rows that break it."""
    present = set(mapping or vocabulary.entities)
    for word in entity.fields.values():
        column = f't."{word.name}"'
        typed = read_as(column, word, vocabulary.time_zone)
        lost = f"{column} IS NOT NULL AND {typed} IS NULL" if mapping is None else f't."{unreadable(word.name)}"'
        yield from _promises_of(word, column, typed, lost)
    key = f'"{entity.key}"'
    repeated = f'SELECT {key} FROM "{entity.name}" GROUP BY {key} HAVING COUNT(*) > 1'
    yield entity.key, "repeated_key", f"t.{key} IN ({repeated})"
    for parent in (each for each in entity.parents.values() if each.entity in present):
        above = vocabulary.entity(parent.entity)
        there = f'SELECT 1 FROM "{above.name}" AS p WHERE p."{above.key}" = t."{parent.link}"'
        yield parent.link, "missing_parent", f't."{parent.link}" IS NOT NULL AND NOT EXISTS ({there})'


def _promises_of(word: FieldWord, column: str, typed: str, lost: str) -> Iterator[tuple[str, str, str]]:
    """`typed` is the column as its type; `lost` says that it cannot be read as it stands in the data."""
    if not word.type.nullable:
        yield word.name, "blank", f"{column} IS NULL"
    yield word.name, "unreadable", lost
    if word.type.kind == "enum":
        values = ", ".join(DIALECTS["duckdb"].text(value, NOWHERE) for value in word.type.values)
        yield word.name, "unknown_value", f"{column} NOT IN ({values})"
    low, high = _bounds(word)
    if low:
        yield (
            word.name,
            "out_of_bounds",
            f"NOT ({lost}) AND CAST({typed} AS {_wide(word)}) NOT BETWEEN {low} AND {high}",
        )


def _wide(word: FieldWord) -> str:
    return "DATE" if word.type.kind in ("date", "timestamp") else column_type(word.type)


def _bounds(word: FieldWord) -> tuple[str, str]:
    low, high = word.type.low, word.type.high
    if low is None or high is None:
        return "", ""
    if word.type.kind in ("date", "timestamp"):
        return tuple(f"DATE '{date.fromordinal(int(end))}'" for end in (low, high))  # type: ignore[return-value]
    return str(low), str(high)
