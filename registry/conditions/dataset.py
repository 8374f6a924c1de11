"""Reading foreign tables through a mapping, so that their columns and values are the vocabulary's.

They stay in their files: a query reads the columns it asks for, so that a million records fit into a worker.

A mapping is plain data, as it is stored and sent:

    {"lead": {"table": "leads", "fields": {
        "lead_id": {"column": "Prospect ID"},
        "source": {"column": "Lead Source", "values": {"Google": "advertisement", "Select": ""}},
        "created_on": {"column": "Created", "format": "%Y/%m/%d"},
        "relation": {"fixed": "prospect"}}}}

`values` turns a cell into a value ("" is blank), `format` says how days or moments are written, `fixed` gives
every row the same value. An entity or field without an entry is absent; what reads it is refused. A cell that
cannot be read as its type is blank for counting, and the conformance report names it. A day or moment with an
offset (`Z`, `+09:00`) is what the clocks of the vocabulary's time zone said then.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from registry.conditions.confirm import column_type
from registry.conditions.counting import Counting
from registry.conditions.problems import ConditionError, refuse
from registry.conditions.records import shape
from registry.conditions.vocabulary import Entity, FieldWord, Vocabulary, conform

MEMORY = "256MB"  # of the worker's 512; what the database gives back stays with the process for a while
MAX_VALUES = 500
FORMATS = {
    "date": ("%Y/%m/%d", "%Y年%m月%d日", "%Y.%m.%d", "%Y%m%d", "%m/%d/%Y", "%d/%m/%Y", "%d.%m.%Y", "%Y/%m/%d %H:%M",
             "%Y/%m/%d %H:%M:%S"),
    "timestamp": ("%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y年%m月%d日 %H:%M", "%m/%d/%Y %H:%M", "%d/%m/%Y %H:%M",
                  "%Y/%m/%d"),
}  # fmt: skip
# How a value that is the same in every row is written: in the one way in which the database reads it, too.
PLAIN = {
    "int": r"-?\d{1,19}",
    "decimal": r"-?\d+(\.\d+)?",
    "date": r"\d{4}-\d{2}-\d{2}",
    "timestamp": r"\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})?)?",
}
WIDE_DIGITS = "０１２３４５６７８９．－"
DIGITS = "0123456789.-"
SIGNS = "[,，\\s¥￥$円名人件]"

type Mapped = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Source:
    """A folder that `intake.take_in` filled, read through a mapping. Goes to capped workers as it is."""

    folder: str
    mapping: Mapped


def checked(mapping: Any, vocabulary: Vocabulary, columns: Mapping[str, Iterable[str]]) -> Mapped:
    """The mapping, when it fits the vocabulary and the tables' columns; raises ConditionError where not."""
    if not isinstance(mapping, Mapping):
        raise refuse("mapping_shape")
    for name, body in mapping.items():
        entity = vocabulary.entities.get(name)
        if entity is None or not isinstance(body, Mapping) or not isinstance(body.get("fields"), Mapping):
            raise refuse("mapping_shape")
        if body.get("table") not in columns:
            raise refuse("mapping_table", entity=name, table=body.get("table"))
        if entity.key not in body["fields"]:
            raise refuse("mapping_key", entity=name, field=entity.key)
        for field, given in body["fields"].items():
            check_field(entity, field, given, set(columns[body["table"]]))
    return mapping


def still_fitting(mapping: Mapped, vocabulary: Vocabulary) -> dict[str, Mapping[str, Any]]:
    """What is left of a mapping that once fitted, in a vocabulary that has changed since.

    Entities, fields and fixed values that it no longer has are gone, and so is an entity without its key.
    """
    found: dict[str, Mapping[str, Any]] = {}
    for name, body in mapping.items():
        entity = vocabulary.entities.get(name)
        fields = {field: given for field, given in body["fields"].items() if entity and _fits(entity, field, given)}
        if entity and entity.key in fields:
            found[name] = {**body, "fields": fields}
    return found


def _fits(entity: Entity, name: str, given: Mapping[str, Any]) -> bool:
    try:
        check_field(entity, name, given, {given.get("column", "")})
    except ConditionError:
        return False
    return True


def check_field(entity: Entity, name: str, given: Any, columns: set[str]) -> None:
    """Raise ConditionError where one field's entry does not fit."""
    place = f"{entity.name}.{name}"
    if name not in entity.fields or not isinstance(given, Mapping) or ("column" in given) == ("fixed" in given):
        raise refuse("mapping_field", place=place)
    if "column" in given and given["column"] not in columns:
        raise refuse("mapping_column", place=place, column=given["column"])
    word = entity.fields[name]
    kind = word.type.kind
    if "fixed" in given and not _stands(word, given["fixed"]):
        raise refuse("mapping_fixed", place=place, value=given["fixed"])
    if given.get("format") and given["format"] not in FORMATS.get(kind, ()):
        raise refuse("mapping_format", place=place, format=given["format"])
    values = given.get("values") or {}
    if not isinstance(values, Mapping) or len(values) > MAX_VALUES:
        raise refuse("mapping_values", place=place, limit=MAX_VALUES)
    if not all(isinstance(each, str) for pair in values.items() for each in pair):
        raise refuse("mapping_field", place=place)


def _stands(word: FieldWord, fixed: Any) -> bool:
    """Whether a fixed value, written as text, is one of the field's type."""
    if not isinstance(fixed, str):
        return False
    kind = word.type.kind
    if kind in PLAIN and not re.fullmatch(PLAIN[kind], fixed, re.ASCII):
        return False
    if kind == "bool":
        return fixed in ("true", "false")
    return conform(word.type, int(fixed) if kind == "int" else fixed) is not None


def connect(threads: int = 2) -> duckdb.DuckDBPyConnection:
    """A database in memory that spills nothing to disk and draws nothing on the terminal."""
    connection = duckdb.connect(":memory:", config={"threads": threads, "memory_limit": MEMORY, "temp_directory": ""})
    connection.execute("SET enable_progress_bar = false")
    return connection


def lock(connection: duckdb.DuckDBPyConnection, files: Iterable[Path] = ()) -> None:
    """From now on the connection reads these files and nothing else, and no setting can be changed."""
    connection.execute(f"SET allowed_paths = [{', '.join(_text(str(file)) for file in files)}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


@contextmanager
def readable() -> Iterator[None]:
    """What the database says of data that it cannot read is raised as a ConditionError."""
    try:
        yield
    except duckdb.OutOfMemoryException as error:
        raise refuse("data_too_large") from error
    except duckdb.IOException as error:
        raise refuse("data_gone") from error
    except duckdb.Error as error:
        raise refuse("data_unreadable", reason=str(error).splitlines()[0]) from error


def opened(source: Source, vocabulary: Vocabulary) -> duckdb.DuckDBPyConnection:
    """DuckDB with a view of every mapped entity, its values of the declared types; then locked."""
    return _viewed(source, vocabulary, as_text=False)


def opened_as_text(source: Source, vocabulary: Vocabulary) -> duckdb.DuckDBPyConnection:
    """Likewise, but as text: what reads as its type in the one plain form, and the rest as it was written.

    Beside each field stand, as `typed(field)`, what was read and, as `unreadable(field)`, whether its cell says
    something that cannot be.
    """
    return _viewed(source, vocabulary, as_text=True)


def _viewed(source: Source, vocabulary: Vocabulary, as_text: bool) -> duckdb.DuckDBPyConnection:
    entities = [entity for entity in vocabulary.entities.values() if entity.name in source.mapping]
    connection = connect()
    with readable():
        for entity in entities:
            connection.execute(_view(source, entity, vocabulary.time_zone, as_text))
    lock(connection, {_file(source, entity) for entity in entities})
    return connection


def _file(source: Source, entity: Entity) -> Path:
    return Path(source.folder) / f"{source.mapping[entity.name]['table']}.parquet"


def _view(source: Source, entity: Entity, zone: str, as_text: bool) -> str:
    body = source.mapping[entity.name]
    cells = []
    for word in entity.fields.values():
        text = cell(body["fields"].get(word.name), word)
        value = read_as(text, word, zone, (body["fields"].get(word.name) or {}).get("format", ""))
        found = f"COALESCE(CAST({value} AS VARCHAR), {text})" if as_text else value
        cells.append(f'{found} AS "{word.name}"')
        if as_text:
            cells.append(f'{value} AS "{typed(word.name)}"')
            cells.append(f'({text}) IS NOT NULL AND ({value}) IS NULL AS "{unreadable(word.name)}"')
    file = _text(str(_file(source, entity)))
    return f'CREATE VIEW "{entity.name}" AS SELECT {", ".join(cells)} FROM read_parquet({file})'


def typed(field: str) -> str:
    return f"{field} as its type"


def unreadable(field: str) -> str:
    return f"{field} cannot be read"


def cell(given: Mapping[str, Any] | None, word: FieldWord) -> str:
    """The SQL of a field's text: trimmed, its value translated, NULL for a blank or an absent one."""
    if given is None:
        return "CAST(NULL AS VARCHAR)"
    if "fixed" in given:
        return f"NULLIF({_text(str(given['fixed']))}, '')"
    trimmed = filled(str(given["column"]))
    values = given.get("values") or {}
    if not values:
        return trimmed
    cases = " ".join(f"WHEN {_text(old)} THEN NULLIF({_text(new)}, '')" for old, new in values.items())
    return f"CASE {trimmed} {cases} ELSE {trimmed} END"


def filled(column: str) -> str:
    """The SQL of what a column's cell says, without the space around it; NULL for a blank one."""
    name = '"' + column.replace('"', '""') + '"'
    return f"NULLIF(TRIM({name}, ' \u3000' || CHR(9) || CHR(10) || CHR(13) || CHR(160)), '')"


def read_as(text: str, word: FieldWord, zone: str, written: str = "") -> str:
    """The SQL of the text as the field's type; NULL where it cannot be read."""
    kind = column_type(word.type)
    match word.type.kind:
        case "int" | "decimal":
            plain = f"regexp_replace(translate({text}, '{WIDE_DIGITS}', '{DIGITS}'), '{SIGNS}', '', 'g')"
            number = f"TRY_CAST({plain} AS DECIMAL(38, 6))"
            # A whole number with a fraction is not rounded: it cannot be read.
            return f"CASE WHEN {number} = TRY_CAST({number} AS {kind}) THEN TRY_CAST({number} AS {kind}) END"
        case "date" | "timestamp" if written:
            return f"TRY_CAST(TRY_STRPTIME({text}, {_text(written)}) AS {kind})"
        case "date" | "timestamp":
            plain = f"COALESCE(TRY_CAST({text} AS {kind}), CAST(TRY_CAST({text} AS TIMESTAMP) AS {kind}))"
            return f"CASE WHEN {has_offset(text)} THEN {on_the_clocks_of(zone, text, kind)} ELSE {plain} END"
    return f"TRY_CAST({text} AS {kind})"


def has_offset(text: str) -> str:
    """The SQL of whether a text says, behind a time of day, where its clock hangs."""
    return f"regexp_matches({text}, ':[0-9]{{2}}.*[A-Za-z+-]')"


def on_the_clocks_of(zone: str, text: str, kind: str) -> str:
    """The SQL of the day or moment (`kind`) that the zone's clocks showed then; NULL where it cannot be read."""
    return f"CAST(TRY_CAST({text} AS TIMESTAMPTZ) AT TIME ZONE {_text(zone)} AS {kind})"


def require_readable(data: Any, countings: Iterable[Counting]) -> None:
    """Raise ConditionError when a count reads an entity or field that the dataset does not have."""
    if not isinstance(data, Source):
        return
    reads = [pair for found in countings for pair in read_by(found)]
    for entity, _ in reads:
        if entity not in data.mapping:
            raise refuse("data_entity_absent", entity=entity)
    for entity, field in reads:
        if field not in data.mapping[entity]["fields"]:
            raise refuse("data_field_absent", place=f"{entity}.{field}")


def read_by(found: Counting) -> list[tuple[str, str]]:
    """The entities and fields a count reads, links between them included, each once."""
    vocabulary, home = found.vocabulary, found.entity
    reads: dict[tuple[str, str], None] = {(home, vocabulary.entity(home).key): None}

    def up(path: tuple[str, ...]) -> str:
        here = home
        for step in path:
            parent = vocabulary.entity(here).parents[step]
            reads[here, parent.link] = reads[parent.entity, vocabulary.entity(parent.entity).key] = None
            here = parent.entity
        return here

    trees = [found.condition, found.dated_by, *found.key, *filter(None, (found.first_per, found.sums))]
    seen = shape(trees)
    for path, name in seen.fields:
        reads[up(path), name] = None
    for (path, relation), names in seen.relations.items():
        below = vocabulary.entity(up(path)).relations[relation]
        key = vocabulary.entity(below.entity).key  # rows that are there twice are counted twice
        reads |= {(below.entity, name): None for name in (key, below.link, *names)}
    return list(reads)


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
