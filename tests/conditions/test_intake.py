"""Taking foreign files in: bounded however small they pretend to be, and the same bytes are the same copy."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from registry.conditions import ConditionError, Source, Vocabulary, take_in
from registry.conditions import intake as module
from registry.conditions.conformance import conformance_of
from registry.conditions.count import open_dataset
from registry.conditions.dataset import opened
from registry.conditions.worker import Workers

WORDS = Vocabulary.from_yaml("""
entities:
  visit:
    key: id
    fields:
      id: {type: int, low: 1, high: 1000}
      made_on: {type: date}
      price: {type: decimal, scale: 2, nullable: true}
      paid: {type: bool, nullable: true}
      note: {type: text, nullable: true}
""")
FIELDS = {"id": {"column": "no"}, "made_on": {"column": "day"}, "price": {"column": "price"}}


def taken(tmp_path: Path, text: str, name: str = "visits.csv") -> Path:
    file, target = tmp_path / name, tmp_path / "kept"
    file.write_text(text, encoding="utf-8")
    target.mkdir()
    take_in([(name, str(file))], str(target))
    return target


def read(tmp_path: Path, text: str, **fields: dict[str, object]) -> list[tuple[object, ...]]:
    """The rows of a small CSV as the database has them after taking it in and reading it through a mapping."""
    mapping = {"visit": {"table": "visits", "fields": FIELDS | fields}}
    connection = opened(Source(str(taken(tmp_path, text)), mapping), WORDS)
    return connection.execute(
        "SELECT id, made_on::VARCHAR, price::VARCHAR, paid, note FROM visit ORDER BY 1"
    ).fetchall()


def parquet(path: Path, query: str) -> str:
    duckdb.connect().execute(f"COPY ({query}) TO '{path}' (FORMAT parquet, COMPRESSION zstd)")
    return str(path)


def test_numbers_are_read_as_people_write_them_and_nothing_is_rounded(tmp_path: Path):
    text = (
        'no,day,price\n１,2026-04-01,"￥1,200"\n2,2026-04-01 09:30,12.5\n3,2026-04-01,1.005\n4,tomorrow,12円\n1.5,x,\n'
    )
    assert read(tmp_path, text) == [
        (1, "2026-04-01", "1200.00", None, None),
        (2, "2026-04-01", "12.50", None, None),
        (3, "2026-04-01", None, None, None),
        (4, None, "12.00", None, None),
        (None, None, None, None, None),
    ]


def test_every_cell_that_the_format_does_not_fit_is_in_the_report(tmp_path: Path):
    text = "no,day,price\n1,04/09/2026,1\n2,2026-04-10,1\n3,04/11/2026,x\n4,,1\n"
    fields = FIELDS | {"made_on": {"column": "day", "format": "%m/%d/%Y"}}
    source = Source(str(taken(tmp_path, text)), {"visit": {"table": "visits", "fields": fields}})
    with opened(source, WORDS) as connection:
        assert connection.execute("SELECT id FROM visit WHERE made_on IS NULL ORDER BY 1").fetchall() == [(2,), (4,)]
    found = {(each.field, each.code): each.keys for each in conformance_of(source, WORDS)}
    assert found == {
        ("made_on", "unreadable"): ("2",), ("made_on", "blank"): ("4",), ("price", "unreadable"): ("3",),
    }  # fmt: skip


ZONED = ["2026-04-01T20:00:00Z", "2026-04-01 20:00:00+00", "2026-04-02T05:00:00+09:00", "2026-04-02 05:00"]


@pytest.mark.parametrize("written", ZONED)
def test_a_moment_with_an_offset_is_what_the_clocks_of_the_declared_zone_said(tmp_path: Path, written: str):
    words = Vocabulary.from_yaml(
        "{time_zone: Asia/Tokyo, entities: {visit: {key: id, fields:"
        " {id: {type: int}, made_on: {type: date}, seen_at: {type: timestamp}}}}}"
    )
    folder = taken(tmp_path, f"id,made_on,seen_at\n1,{written},{written}\n")
    fields = {name: {"column": name} for name in ("id", "made_on", "seen_at")}
    source = Source(str(folder), {"visit": {"table": "visits", "fields": fields}})
    (tmp_path / "visit.csv").write_text(f"id,made_on,seen_at\n1,{written},{written}\n", encoding="utf-8")
    for connection in (opened(source, words), open_dataset(tmp_path, words)):
        read = connection.execute("SELECT made_on::VARCHAR, seen_at::VARCHAR FROM visit").fetchall()
        assert read == [("2026-04-02", "2026-04-02 05:00:00")]
    assert conformance_of(source, words) == []


def test_a_moment_of_which_nobody_knows_where_its_clock_hangs_is_in_the_report(tmp_path: Path):
    text = "no,day,price\n1,2026-04-01 20:00 Mars/Base,1\n"
    source = Source(str(taken(tmp_path, text)), {"visit": {"table": "visits", "fields": FIELDS}})
    assert [(each.field, each.code) for each in conformance_of(source, WORDS)] == [("made_on", "unreadable")]


def test_values_are_translated_and_a_blank_is_a_blank(tmp_path: Path):
    text = 'no,day,price,ok,memo\n1,2026-04-01,,はい,"two\nlines"\n2,2026-04-01,, いいえ　,Select\n3,2026-04-01,,,\n'
    values = {"はい": "true", "いいえ": "false"}
    rows = read(
        tmp_path, text, paid={"column": "ok", "values": values}, note={"column": "memo", "values": {"Select": ""}}
    )
    assert [row[3:] for row in rows] == [(True, "two\nlines"), (False, None), (None, None)]


def test_a_column_or_value_is_never_taken_for_sql(tmp_path: Path):
    text = 'no,day,price,"x"") FROM y; --"\n1,2026-04-01,,\'; DROP TABLE visit; --\n'
    value = "'; DROP TABLE visit; --"
    rows = read(tmp_path, text, note={"column": 'x") FROM y; --', "values": {value: "it's"}})
    assert rows[0][4] == "it's"


def test_headings_are_made_distinct_and_short_rows_are_filled(tmp_path: Path):
    file, target = tmp_path / "a.csv", tmp_path / "kept"
    target.mkdir()
    file.write_text("x;x;;X\n1;2;3\n\n5;6;7;8;;\n", encoding="utf-8")
    (table,) = take_in([("a.csv", str(file))], str(target)).tables
    assert table.columns == ("x", "x (2)", "#3", "X (3)")
    assert table.rows == 2


def test_the_same_bytes_are_the_same_fingerprint_and_one_changed_cell_another(tmp_path: Path):
    found = set()
    for number, text in enumerate(("a\n1\n", "a\n1\n", "a\n2\n")):
        (tmp_path / str(number)).mkdir()
        (tmp_path / "a.csv").write_text(text, encoding="utf-8")
        found.add(take_in([("a.csv", str(tmp_path / "a.csv"))], str(tmp_path / str(number))).fingerprint)
    assert len(found) == 2


def test_the_report_agrees_with_what_is_counted(tmp_path: Path):
    text = "no,day,price\n1.5,2026-04-01,\n2000,2026-04-01,\n3,yesterday,1.005\n4,2026-04-01,7\n4,2026-04-01,\n"
    source = Source(str(taken(tmp_path, text)), {"visit": {"table": "visits", "fields": FIELDS}})
    found = {(each.field, each.code): (each.number, each.values) for each in conformance_of(source, WORDS)}
    assert found == {
        ("id", "unreadable"): (1, ("1.5",)),
        ("id", "out_of_bounds"): (1, ("2000",)),
        ("id", "repeated_key"): (2, ("4", "4")),
        ("made_on", "unreadable"): (1, ("yesterday",)),
        ("price", "unreadable"): (1, ("1.005",)),
    }


# Files that are larger than they look

BOMBS: dict[str, tuple[str, str]] = {
    "too many rows": (f"SELECT 1 AS a FROM range({module.MAX_ROWS + 1})", "intake_rows"),
    "long cells": ("SELECT repeat('x', 1000000) AS a FROM range(50)", "intake_unpacked"),
}


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    with Workers() as found:
        yield found


@pytest.mark.slow
@pytest.mark.parametrize("kind", BOMBS)
def test_a_bomb_is_refused_in_time_and_within_memory(workers: Workers, tmp_path: Path, kind: str):
    query, code = BOMBS[kind]
    bomb, target = parquet(tmp_path / "bomb.parquet", query), tmp_path / "kept"
    target.mkdir()
    with pytest.raises(ConditionError) as refused:
        workers.run("take_in", [("bomb.parquet", bomb)], str(target), seconds=60)
    assert refused.value.problems[0].code == code
    assert sum(file.stat().st_size for file in target.iterdir()) < module.MAX_BYTES


@pytest.mark.slow
def test_what_is_small_only_while_packed_stays_in_its_file(workers: Workers, tmp_path: Path):
    """Few kinds of wide cells pack into almost nothing; unpacked all at once they are more than a worker may have."""
    query = "SELECT i AS no, repeat('y', 19000) || i % 3 AS memo FROM range(40000) t(i)"
    bomb, target = parquet(tmp_path / "bomb.parquet", query), tmp_path / "kept"
    target.mkdir()
    workers.run("take_in", [("bomb.parquet", bomb)], str(target), seconds=60)
    fields = {"id": {"column": "no"}, "note": {"column": "memo"}}
    source = Source(str(target), {"visit": {"table": "bomb", "fields": fields}})
    found = workers.run("conformance_of", source, WORDS, seconds=60)
    assert "unreadable" not in {each.code for each in found}


def test_a_parquet_file_is_judged_by_its_unpacked_size_before_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(module, "MAX_UNPACKED", 100_000)
    file = parquet(tmp_path / "a.parquet", "SELECT repeat('z', 1000) || i AS a FROM range(300) t(i)")
    assert Path(file).stat().st_size < 20_000
    with pytest.raises(ConditionError, match="far too large when unpacked"):
        take_in([("a.parquet", file)], str(tmp_path))


def test_a_csv_of_too_many_rows_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "MAX_ROWS", 3)
    with pytest.raises(ConditionError, match="more than 3 rows"):
        taken(tmp_path, "a\n" + "1\n" * 4)


def test_all_files_together_are_bounded(tmp_path: Path):
    (tmp_path / "a.csv").write_text("a\n" + "1\n" * 1000, encoding="utf-8")
    with pytest.raises(ConditionError, match="Together the files are larger"):
        take_in([("a.csv", str(tmp_path / "a.csv"))], str(tmp_path), most=1000)
