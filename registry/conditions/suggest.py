"""A first mapping for foreign tables, from names, labels, synonyms and from what is in the columns.

Only a suggestion: a steward corrects it, and the conformance report says what is left. Everything here is
decided by the same rules each time, so that the same export is read the same way.
"""

import difflib
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from registry.conditions.dataset import FORMATS
from registry.conditions.look import Look, Looks
from registry.conditions.vocabulary import Entity, FieldWord, Vocabulary

NOTHING = {
    *("", "select", "na", "n/a", "none", "null", "nil", "-", "--", "―"),
    *("未設定", "未入力", "未選択", "選択してください", "なし"),
}
YES = {
    *("yes", "y", "true", "t", "1", "on"),
    *("はい", "有", "有り", "あり", "可", "○", "〇", "✓", "同意", "同意する", "有効", "済"),
}
NO = {
    *("no", "n", "false", "f", "0", "off"),
    *("いいえ", "無", "無し", "なし", "不可", "×", "✗", "同意しない", "無効", "未"),
}
NEGATIVE = re.compile(r"^(do ?not|don'?t|no|not|opt(ed)?[ -]?out)\b|拒否|停止|不可", re.IGNORECASE)
NUMBER = re.compile(r"[-−]?[\d,]+(\.\d+)?\s*(名|人|円|件)?")
ENOUGH, ALIKE, PART = 0.5, 0.86, 0.8


def suggest(tables: Looks, vocabulary: Vocabulary) -> dict[str, Any]:
    """The mapping that fits best; entities and fields nothing fits are left out."""
    fitting = [
        (_named(table, entity) + sum(score for score, _ in fields.values()) / len(entity.fields), entity, table, fields)
        for entity in vocabulary.entities.values()
        for table, columns in tables.items()
        if entity.key in (fields := _fields(entity, columns))
    ]
    found: dict[str, Any] = {}
    used: set[str] = set()
    for score, entity, table, fields in sorted(fitting, key=lambda each: -each[0]):
        if score >= ENOUGH and entity.name not in found and table not in used:
            used.add(table)
            found[entity.name] = {"table": table, "fields": _entries(entity, tables[table], fields)}
    return {name: found[name] for name in vocabulary.entities if name in found}


def suggest_fields(entity: Entity, columns: Mapping[str, Look]) -> dict[str, Any]:
    """Likewise for one table that is known to hold the entity: its fields' entries."""
    return _entries(entity, columns, _fields(entity, columns))


def _entries(
    entity: Entity, columns: Mapping[str, Look], fields: Mapping[str, tuple[float, str]]
) -> dict[str, dict[str, Any]]:
    return {name: suggest_field(entity.fields[name], column, columns[column]) for name, (_, column) in fields.items()}


def suggest_field(word: FieldWord, column: str, seen: Look) -> dict[str, Any]:
    """How the column becomes the field: with the values to translate and the form of its days."""
    given: dict[str, Any] = {"column": column}
    values = {cell: value for cell in seen.cells if (value := _value(word, column, cell)) is not None and value != cell}
    if values:
        given["values"] = values
    if word.type.kind in FORMATS and (written := _written(word, seen)):
        given["format"] = written
    return given


# --- which table, which column ---


def _named(table: str, entity: Entity) -> float:
    return max(_alike(table, name) for name in (entity.name, *entity.label.values()))


def _fields(entity: Entity, columns: Mapping[str, Look]) -> dict[str, tuple[float, str]]:
    """The best column for each field, no column twice; the key may be whatever tells rows apart."""
    scores = sorted(
        ((-_score(word, column, seen), place, word.name, column)
         for place, word in enumerate(entity.fields.values())
         for column, seen in columns.items()),
    )  # fmt: skip
    found: dict[str, tuple[float, str]] = {}
    for score, _, name, column in scores:
        if -score >= ENOUGH and name not in found and column not in {taken for _, taken in found.values()}:
            found[name] = (-score, column)
    if entity.key not in found:
        telling = (column for column, seen in columns.items() if seen.rows and seen.distinct == seen.rows)
        spare = next((each for each in telling if each not in {taken for _, taken in found.values()}), None)
        if spare is not None:
            found[entity.key] = (ENOUGH, spare)
    return {name: found[name] for name in entity.fields if name in found}


def _score(word: FieldWord, column: str, seen: Look) -> float:
    """How well a column fits, 0 to 1.1: by its name, as far as its cells can be read, and by known values."""
    alike = max(_alike(column, name) for name in (word.name, *word.label.values(), *word.synonyms))
    if word.type.kind == "text" or (word.type.kind != "enum" and alike < ENOUGH):
        return alike
    readable = _share(seen, lambda cell: _reads(word, column, cell))
    if word.type.kind == "enum":
        known = readable if len(seen.values) > 1 else 0
        return max(alike + known / 10, known * 0.6 if known >= PART else 0) if alike >= ENOUGH or known else 0
    return alike * (1 if readable >= ENOUGH or not seen.values else 0)


def _share(seen: Look, reads: Callable[[str], bool]) -> float:
    """The share of rows, of those looked at that are not blank, whose cell can be read."""
    telling = [(cell, number) for cell, number in seen.values if plain(cell) not in NOTHING]
    total = sum(number for _, number in telling)
    return sum(number for cell, number in telling if reads(cell)) / total if total else 0


def _reads(word: FieldWord, column: str, cell: str) -> bool:
    match word.type.kind:
        case "int" | "decimal":
            return NUMBER.fullmatch(unicodedata.normalize("NFKC", cell)) is not None
        case "date" | "timestamp":
            return any(_fits(cell, written) for written in ("", *FORMATS[word.type.kind]))
        case "enum" | "bool":
            return _value(word, column, cell) is not None
    return True


def _alike(one: str, other: str) -> float:
    """How alike two names are, 0 to 1: the same, one inside the other, or nearly the same letters."""
    one, other = _letters(one), _letters(other)
    if not one or not other:
        return 0
    if one == other:
        return 1
    short, long = sorted((one, other), key=len)
    if short in long and len(short) >= (4 if short.isascii() else 2):
        return PART if len(short) * 3 >= len(long) else ENOUGH
    ratio = difflib.SequenceMatcher(None, one, other).ratio()
    return ratio * PART if ratio >= ALIKE else 0


# --- which value ---


def _value(word: FieldWord, column: str, cell: str) -> str | None:
    """What the cell stands for: a value, "" for a blank, or None when nobody but a person can tell."""
    if word.type.kind == "bool":
        said = plain(cell)
        if said in YES | NO:
            return "true" if (said in YES) is not bool(NEGATIVE.search(column)) else "false"
    if word.type.kind == "enum":
        exact = [value for value, names in _names(word) if _letters(cell) in names]
        parts = [value for value, names in _names(word) if _within(_letters(cell), names)]
        for found in (exact, parts):
            if len(set(found)) == 1:
                return found[0]
    return "" if plain(cell) in NOTHING and word.type.nullable else None


def _names(word: FieldWord) -> Iterable[tuple[str, set[str]]]:
    for value in word.type.values:
        yield value, {_letters(name) for name in (value, *word.value_labels[value].values())} - {""}


def _within(cell: str, names: set[str]) -> bool:
    """A cell that begins with a value's name, or the other way about: 製造業 for 製造, 部長代理 for 部長."""
    least = 2 if not cell.isascii() else 4
    return any(
        len(short) >= least and long.startswith(short)
        for name in names
        for short, long in [sorted((cell, name), key=len)]
    )


# --- how days are written ---


def _written(word: FieldWord, seen: Look) -> str:
    """The form in which most cells can be read; "" where that is the plain one."""
    forms = ("", *FORMATS[word.type.kind])
    return max(forms, key=lambda written: (_share(seen, lambda cell: _fits(cell, written)), -forms.index(written)))


@lru_cache(maxsize=20_000)
def _fits(cell: str, written: str) -> bool:
    try:
        if written:
            datetime.strptime(cell, written)  # noqa: DTZ007 -- only whether it can be read
        elif len(cell) > 10:
            datetime.fromisoformat(cell)
        else:
            date.fromisoformat(cell)
    except ValueError:
        return False
    return written != "" or "-" in cell


@lru_cache(maxsize=20_000)
def plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().casefold()


@lru_cache(maxsize=20_000)
def _letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", plain(text))
