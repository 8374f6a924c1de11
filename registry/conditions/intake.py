"""Taking foreign files in: bounded, told apart by what is in them, and kept as one plain form.

Every file becomes `<name>.parquet` in the target folder, all of it text exactly as it was written. What the
text means is the mapping's business (`dataset`). Limits hold before anything is unpacked: a file that says it
is small and is not runs into the limit of rows, cells or memory and is refused, not followed.
"""

import codecs
import csv
import hashlib
import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import duckdb

from registry.conditions.dataset import connect
from registry.conditions.problems import refuse

MAX_FILES = 50
MAX_BYTES = 200 * 2**20
MAX_UNPACKED = 600 * 2**20
MAX_ROWS = 3_000_000
MAX_COLUMNS = 400
MAX_CELL = 20_000
BLOCK = 2**20
NAME = re.compile(r"[^\w\-]+")
ENCODINGS = ("utf-8-sig", "cp932")
MARKS = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


@dataclass(frozen=True)
class Taken:
    """One table as it was taken in: `rows` rows of text in `columns`, from a file in `encoding`."""

    name: str
    rows: int
    columns: tuple[str, ...]
    encoding: str


@dataclass(frozen=True)
class Intake:
    """What was taken in, and the SHA-256 over names and bytes of the files it came from."""

    fingerprint: str
    tables: tuple[Taken, ...]


def take_in(files: Sequence[tuple[str, str]], target: str, most: int = MAX_BYTES) -> Intake:
    """Read the files (name to show, path) into the folder `target`, which must exist and be empty.

    `most`: bytes all files may have together. Raises ConditionError with a sentence that names the file.
    """
    if not files:
        raise refuse("intake_nothing")
    if len(files) > MAX_FILES:
        raise refuse("intake_files", limit=MAX_FILES)
    total = sum(Path(path).stat().st_size for _, path in files)
    if total > most:
        raise refuse("intake_bytes", limit=most // 2**20)
    folder, seal = Path(target), hashlib.sha256()
    taken: list[Taken] = []
    for name, path in sorted(files):
        table = NAME.sub("_", Path(name).stem).strip("_") or "table"
        if any(each.name.lower() == table.lower() for each in taken):
            raise refuse("intake_twice", file=name)
        seal.update(f"{table}\0{_digest(Path(path))}\0".encode())
        taken.append(_take(name, table, Path(path), folder))
    return Intake(seal.hexdigest(), tuple(taken))


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _take(name: str, table: str, path: Path, folder: Path) -> Taken:
    with path.open("rb") as file:
        start = file.read(8)
    try:
        if start[:4] == b"PAR1":
            return _take_parquet(name, table, path, folder)
        if start[:2] in (b"PK", b"\x1f\x8b") or start[:4] in (b"\xd0\xcf\x11\xe0", b"\x28\xb5\x2f\xfd"):
            raise refuse("intake_packed", file=name)
        return _take_csv(name, table, path, folder)
    except duckdb.OutOfMemoryException as error:
        raise refuse("intake_unpacked", file=name) from error
    except duckdb.Error as error:
        code = "intake_unpacked" if "goi_cell" in str(error) else "intake_unreadable"
        raise refuse(code, file=name) from error


# --- CSV ---


def _take_csv(name: str, table: str, path: Path, folder: Path) -> Taken:
    encoding = _encoding(name, path)
    plain = folder / f"{table}.part"
    try:
        with path.open(encoding=encoding, newline="") as source, plain.open("w", encoding="utf-8", newline="") as out:
            columns, rows = _rewritten(name, source, out)
        declared = ", ".join(f"{_text(column)}: 'VARCHAR'" for column in columns)
        read = (
            f"read_csv({_text(str(plain))}, auto_detect = false, columns = {{{declared}}}, header = false, "
            "delim = ',', quote = '\"', escape = '\"', new_line = '\\n', nullstr = '', compression = 'none', "
            f"parallel = false, max_line_size = {MAX_COLUMNS * MAX_CELL})"
        )
        _keep(f"SELECT * FROM {read}", folder / f"{table}.parquet")
    finally:
        plain.unlink(missing_ok=True)
    return Taken(table, rows, columns, encoding.removesuffix("-sig"))


def _encoding(name: str, path: Path) -> str:
    """The encoding all of the file reads in: UTF-8 with or without a mark, UTF-16 with one, or CP932."""
    with path.open("rb") as file:
        marked = MARKS.get(file.read(2))
    for encoding in (marked,) if marked else ENCODINGS:
        decoder = codecs.getincrementaldecoder(encoding)()
        try:
            with path.open("rb") as file:
                while block := file.read(BLOCK):
                    decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            continue
        return encoding
    raise refuse("intake_encoding", file=name)


def _rewritten(name: str, source: TextIO, out: TextIO) -> tuple[tuple[str, ...], int]:
    """The same rows in one plain form; the columns, and how many rows there are."""
    first = source.readline(MAX_COLUMNS * MAX_CELL)
    source.seek(0)
    separator = max(",;\t", key=first.count)
    csv.field_size_limit(MAX_CELL)
    rows = csv.reader(source, delimiter=separator, strict=True)
    writer = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL)
    try:
        columns = _columns(name, next(rows, []))
        count = 0
        for count, row in _bounded(name, rows, len(columns)):  # noqa: B007 -- the last one is how many there are
            writer.writerow(row)
    except csv.Error as error:
        raise refuse("intake_line", file=name, line=rows.line_num) from error
    return columns, count


def _columns(name: str, header: Sequence[str]) -> tuple[str, ...]:
    """The heading as distinct names: a blank one is called by its place, a second one of a name by its number."""
    if not any(each.strip() for each in header):
        raise refuse("intake_heading", file=name)
    if len(header) > MAX_COLUMNS:
        raise refuse("intake_columns", file=name, limit=MAX_COLUMNS)
    found: list[str] = []
    for place, each in enumerate(header, start=1):
        stem = " ".join(each.replace("\0", "").split())[:200] or f"#{place}"
        names = itertools.chain([stem], (f"{stem} ({count})" for count in itertools.count(2)))
        taken = {other.lower() for other in found}
        found.append(next(each for each in names if each.lower() not in taken))
    return tuple(found)


def _bounded(name: str, rows: Iterable[list[str]], width: int) -> Iterator[tuple[int, list[str]]]:
    """Rows with their number, each of the heading's width; blank lines are left out."""
    number = 0
    for line, row in enumerate(rows, start=2):
        if not any(row):
            continue
        number += 1
        if number > MAX_ROWS:
            raise refuse("intake_rows", file=name, limit=MAX_ROWS)
        if len(row) > width and any(row[width:]):
            raise refuse("intake_wide", file=name, line=line)
        yield number, [cell.replace("\0", "") for cell in row[:width]] + [""] * (width - len(row))


# --- Parquet ---


def _take_parquet(name: str, table: str, path: Path, folder: Path) -> Taken:
    with connect() as connection:
        source = _text(str(path))
        (rows,) = connection.execute(f"SELECT num_rows FROM parquet_file_metadata({source})").fetchone() or (0,)
        (size,) = connection.execute(
            f"SELECT COALESCE(SUM(total_uncompressed_size), 0) FROM parquet_metadata({source})"
        ).fetchone() or (0,)
        if rows > MAX_ROWS:
            raise refuse("intake_rows", file=name, limit=MAX_ROWS)
        if size > MAX_UNPACKED:
            raise refuse("intake_unpacked", file=name)
        described = connection.execute(f"SELECT * FROM read_parquet({source}) LIMIT 0").description
    given = [each[0] for each in described or ()]
    columns = _columns(name, given)
    pairs = zip(given, columns, strict=True)
    cells = ", ".join(f"{_cell(_name(old))} AS {_name(new)}" for old, new in pairs)
    _keep(f"SELECT {cells} FROM read_parquet({source})", folder / f"{table}.parquet")
    return Taken(table, rows, columns, "parquet")


def _cell(column: str) -> str:
    text = f"CAST({column} AS VARCHAR)"
    return f"NULLIF(CASE WHEN LENGTH({text}) > {MAX_CELL} THEN error('goi_cell') ELSE {text} END, '')"


# --- shared ---


def _keep(query: str, file: Path) -> None:
    with connect(threads=1) as connection:  # each thread that writes holds a group of rows
        connection.execute(f"COPY ({query}) TO {_text(str(file))} (FORMAT parquet, COMPRESSION zstd)")


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _name(value: str) -> str:
    return '"' + value.replace('"', '""') + '"'
