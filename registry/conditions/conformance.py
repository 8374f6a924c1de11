"""Whether data keeps the vocabulary's promises: without that, a proof says nothing about the data.

Tables of text are read (an export as it is). A promise is broken by a value that cannot be read as its type,
a blank where none is allowed, an enum value that was not declared, a value out of bounds, a key twice, or a
link to a parent that is not there. Of foreign data read through a mapping, entities without a table make no
promise, and a field nothing is mapped to breaks one only where blanks are not allowed.
"""

from collections.abc import Container, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from registry.conditions.confirm import column_type
from registry.conditions.dataset import Mapped, Source, opened_as_text, read_as, readable, typed, unreadable
from registry.conditions.dialects import DIALECTS
from registry.conditions.problems import NOWHERE
from registry.conditions.vocabulary import Entity, FieldWord, Vocabulary

ROWS_SHOWN = 5
OF_RECORDS = ("repeated_key", "missing_parent")  # these hold all keys in memory, and so are asked one by one

type Promise = tuple[str, str, str]  # field, code, and the SQL of the rows that break it


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


def conformance_of(
    source: Source, vocabulary: Vocabulary, shown: int = ROWS_SHOWN, read: Container[tuple[str, str]] | None = None
) -> list[Broken]:
    """Every promise foreign data breaks as it is mapped, with the first `shown` rows of each.

    With `read`, only those about these entities and fields.
    """
    with opened_as_text(source, vocabulary) as connection, readable():
        return conformance(connection, vocabulary, source.mapping, shown, read)


def conformance(
    connection: Any,
    vocabulary: Vocabulary,
    mapping: Mapped | None = None,
    shown: int = ROWS_SHOWN,
    read: Container[tuple[str, str]] | None = None,
) -> list[Broken]:
    """Every promise the tables of a DuckDB connection break, entity by entity; none means proofs hold."""
    found: list[Broken] = []
    for entity in vocabulary.entities.values():
        asked = {name for name in entity.fields if read is None or (entity.name, name) in read}
        if asked and (mapping is None or entity.name in mapping):
            found += _broken(connection, entity, vocabulary, mapping, shown, asked)
    return found


def _broken(
    connection: Any, entity: Entity, vocabulary: Vocabulary, mapping: Mapped | None, shown: int, asked: set[str]
) -> Iterator[Broken]:
    mapped = set(entity.fields if mapping is None else mapping[entity.name]["fields"])
    for name in (each for each in entity.fields if each in asked - mapped):
        if not entity.fields[name].type.nullable:
            (number,) = connection.execute(f'SELECT COUNT(*) FROM "{entity.name}"').fetchone()
            yield Broken(entity.name, name, "absent", number, ())
    promises = [each for each in _promises(entity, vocabulary, mapping) if each[0] in asked & mapped]
    for (name, code, where), number in _counted(connection, entity, promises):
        if number:
            rows = _rows(connection, entity, name, where, shown)
            keys, values = (tuple(row[place] for row in rows) for place in (0, 1))
            yield Broken(entity.name, name, code, number, keys, values)


def _counted(connection: Any, entity: Entity, promises: list[Promise]) -> Iterator[tuple[Promise, int]]:
    """Each promise and in how many rows it is broken: those of cells all in one pass over the table."""
    of_cells = [each for each in promises if each[1] not in OF_RECORDS]
    for asked in (of_cells, *([each] for each in promises if each[1] in OF_RECORDS)):
        if asked:
            counts = ", ".join(f"COUNT(*) FILTER (WHERE {where})" for _, _, where in asked)
            numbers = connection.execute(f'SELECT {counts} FROM "{entity.name}" AS t').fetchone()
            yield from zip(asked, numbers, strict=True)


def _rows(connection: Any, entity: Entity, field: str, where: str, shown: int) -> list[tuple[Any, Any]]:
    """The keys and cells of the first rows that break a promise."""
    if not shown:
        return []
    asked = f'SELECT "{entity.key}", "{field}" FROM "{entity.name}" AS t WHERE {where} ORDER BY 1, 2 LIMIT {shown}'
    rows: list[tuple[Any, Any]] = connection.execute(asked).fetchall()
    return rows


def _promises(entity: Entity, vocabulary: Vocabulary, mapping: Mapped | None) -> Iterator[Promise]:
    present = set(mapping or vocabulary.entities)
    for word in entity.fields.values():
        column = f't."{word.name}"'
        if mapping is None:
            value = read_as(column, word, vocabulary.time_zone)
            lost = f"{column} IS NOT NULL AND {value} IS NULL"
        else:
            value, lost = f't."{typed(word.name)}"', f't."{unreadable(word.name)}"'
        yield from _promises_of(word, column, value, lost)
    key = f'"{entity.key}"'
    repeated = f'SELECT {key} FROM "{entity.name}" GROUP BY {key} HAVING COUNT(*) > 1'
    yield entity.key, "repeated_key", f"t.{key} IN ({repeated})"
    for parent in (each for each in entity.parents.values() if each.entity in present):
        above = vocabulary.entity(parent.entity)
        # NOT EXISTS would keep the side that has more rows in memory.
        there = f'SELECT "{above.key}" FROM "{above.name}" WHERE "{above.key}" IS NOT NULL'
        yield parent.link, "missing_parent", f't."{parent.link}" NOT IN ({there})'


def _promises_of(word: FieldWord, column: str, value: str, lost: str) -> Iterator[Promise]:
    """`value` is the column as its type; `lost` says that it cannot be read as it stands in the data."""
    if not word.type.nullable:
        yield word.name, "blank", f"{column} IS NULL"
    yield word.name, "unreadable", lost
    if word.type.kind == "enum":
        values = ", ".join(DIALECTS["duckdb"].text(each, NOWHERE) for each in word.type.values)
        yield word.name, "unknown_value", f"{column} NOT IN ({values})"
    low, high = _bounds(word)
    if low:
        yield (
            word.name,
            "out_of_bounds",
            f"NOT ({lost}) AND CAST({value} AS {_wide(word)}) NOT BETWEEN {low} AND {high}",
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
