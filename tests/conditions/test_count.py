# ruff: noqa: E501 -- tables of cases read better in one line each.
"""Old against new on data: one pass gives what counting each by itself gives."""

import csv
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pytest

from registry.conditions import (
    Agreed,
    ConditionError,
    Definition,
    Moments,
    Source,
    compare,
    count,
    counting,
    counting_sql,
)
from registry.conditions.count import count_months, count_rows, open_dataset
from registry.conditions.dataset import opened
from registry.conditions.evaluate import evaluator
from tests.conditions.engines import POSTGRES, needs_postgres
from tests.conditions.example import EXAMPLE, METRICS
from tests.conditions.generate import WORLD, Conditions, records

YEAR = Moments(date(2026, 5, 31), date(2024, 1, 1), date(2027, 1, 1))
OLD = Definition("visit", "pages >= 6", "started_on")
DAY = Moments(YEAR.as_of)
FIRST_ORDER = "(SELECT MIN(o.made_on) FROM visit.orders o)"
NEW = Definition("visit", "pages >= 5", "started_on")


@pytest.fixture(scope="module")
def world() -> list[dict[str, Any]]:
    return records(Random(11), 400)


@pytest.fixture(scope="module")
def folder(world: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The records as CSV files, the way an export has them."""
    target = tmp_path_factory.mktemp("data")
    rows: dict[str, dict[Any, Any]] = {name: {} for name in WORLD.entities}
    for record in world:
        rows["visit"][record["visit_id"]] = record
        if record["shop"]:
            rows["shop"][record["shop"]["shop_id"]] = record["shop"]
        rows["order_line"] |= {order["order_id"]: order for order in record["orders"]}
    for name, found in rows.items():
        with (target / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            names = list(WORLD.entity(name).fields)
            writer = csv.DictWriter(file, names, extrasaction="ignore")
            writer.writeheader()
            writer.writerows(found.values())
    return target


def by_hand(world: list[dict[str, Any]], text: str) -> dict[date, set[int]]:
    """Keys per month, judged one by one by the reference."""
    tree = counting(Definition("visit", text, "started_on"), WORLD).condition
    judge = evaluator(tree, WORLD, "visit", YEAR)
    found: dict[date, set[int]] = {}
    for record in world:
        if judge(record) is True and YEAR.period_start <= record["started_on"] < YEAR.period_end:  # type: ignore[operator]
            found.setdefault(record["started_on"].replace(day=1), set()).add(record["visit_id"])
    return found


@pytest.mark.parametrize(
    ("dated_by", "text"),
    [
        ("started_on", "pages >= 5 AND started_on < period_end - INTERVAL 2 DAY"),
        ("started_on", "NOT EXISTS (SELECT 1 FROM visit.orders o WHERE o.made_on < period_end) OR pages >= 6"),
        (FIRST_ORDER, "EXISTS (SELECT 1 FROM visit.orders o WHERE o.made_on >= period_start)"),
    ],
)
def test_each_month_is_the_period_of_its_own_count(folder: Path, dated_by: str, text: str) -> None:
    definition = Definition("visit", text, dated_by)
    found = {each.month: each.new for each in count(definition, definition, WORLD, folder, DAY).months if each.new}
    assert len(found) > 3
    with open_dataset(folder, WORLD) as connection:
        for month in found:
            moments = Moments(DAY.as_of, month, (month + timedelta(days=31)).replace(day=1))
            sql = counting_sql(counting(definition, WORLD), "duckdb", moments)
            assert connection.execute(sql).fetchone() == (found[month],), (text, month)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("pages >= 6", "pages >= 5"),
        ("pages >= 6 AND member = TRUE", "pages >= 6 AND member IS NOT FALSE"),
        ("channel <> 'web' AND started_on < as_of", "channel IS DISTINCT FROM 'web' AND started_on < as_of"),
        ("EXISTS (SELECT 1 FROM visit.orders o WHERE o.kind = 'food') AND pages >= 5",
         "EXISTS (SELECT 1 FROM visit.orders o WHERE o.kind = 'food') AND shop.staff >= 5"),
        ("(SELECT COUNT(*) FROM visit.orders o) >= 1", "(SELECT COUNT(*) FROM visit.orders o) >= 2"),
    ],
)  # fmt: skip
def test_gained_and_lost_are_what_two_separate_counts_give(
    world: list[dict[str, Any]], folder: Path, old: str, new: str
) -> None:
    definitions = [Definition("visit", text, "started_on") for text in (old, new)]
    found = count(*definitions, WORLD, folder, YEAR)
    before, after = by_hand(world, old), by_hand(world, new)
    for month in found.months:
        one, other = before.get(month.month, set()), after.get(month.month, set())
        cells = (month.old, month.new, month.gained, month.lost)
        assert cells == (len(one), len(other), len(other - one), len(one - other))
    assert found.total["old"] == sum(len(keys) for keys in before.values())
    assert found.total["new"] == sum(len(keys) for keys in after.values())


def test_a_record_that_a_blank_leaves_open_is_counted_as_unknown(world: list[dict[str, Any]], folder: Path) -> None:
    found = count(OLD, NEW, WORLD, folder, YEAR)
    blank = [record for record in world if record["pages"] is None and date(2024, 1, 1) <= record["started_on"]]
    assert found.total["unknown"] == len(blank)
    assert all(row["pages"] is None for row in found.samples["unknown"])


def test_sample_rows_are_records_behind_the_numbers(folder: Path) -> None:
    found = count(OLD, NEW, WORLD, folder, YEAR)
    assert found.samples["gained"]
    assert all(row["pages"] == 5 for row in found.samples["gained"])
    assert found.samples["lost"] == []


def test_only_the_first_per_field_counts(world: list[dict[str, Any]], folder: Path) -> None:
    first = Definition("visit", "pages >= 5", "started_on", first_per="shop.shop_id")
    found = counting(first, WORLD)
    connection = open_dataset(folder, WORLD)
    number = connection.execute(counting_sql(found, "duckdb", YEAR)).fetchone()
    firsts: dict[Any, tuple[date, int]] = {}
    for record in world:
        if record["pages"] is not None and record["pages"] >= 5:
            shop = (record["shop"] or {}).get("shop_id")
            entry = (record["started_on"], record["visit_id"])
            firsts[shop] = min(firsts.get(shop, entry), entry)
    kept = [day for day, _ in firsts.values() if day >= date(2024, 1, 1)]
    assert number == (len(kept),)
    both = count_months(connection, found, found, YEAR)
    assert both.total == {
        "old": len(kept),
        "new": len(kept),
        "gained": 0,
        "lost": 0,
        "unknown": both.total["unknown"],
    }


@pytest.mark.parametrize("order", [(1, 2), (2, 1)], ids=["as entered", "the other way round"])
def test_the_published_query_takes_the_same_first_of_a_day_as_the_count(order: tuple[int, int]) -> None:
    connection = duckdb.connect()
    connection.execute("CREATE TABLE shop (shop_id BIGINT, staff BIGINT, region VARCHAR, opened_on DATE)")
    values = ", ".join(f"({visit}, {visit * 100})" for visit in order)
    visits = "SELECT visit_id, 1 AS shop_id, DATE '2024-03-01' AS started_on, 6 AS pages, score"
    connection.execute(f"CREATE TABLE visit AS {visits} FROM (VALUES {values}) AS v(visit_id, score)")
    first = Definition("visit", "pages >= 5", "started_on", ("shop_id",), first_per="shop_id", sums="score")
    found = counting(first, WORLD)
    (month,) = count_months(connection, found, found, YEAR, samples=0).months
    assert connection.execute(counting_sql(found, "duckdb", YEAR)).fetchone() == (month.new,) == (100,)


def test_things_with_the_same_key_count_once(world: list[dict[str, Any]], folder: Path) -> None:
    by_shop = counting(Definition("visit", "pages >= 5", "started_on", counting_key=("shop.region",)), WORLD)
    connection = open_dataset(folder, WORLD)
    number = connection.execute(counting_sql(by_shop, "duckdb", YEAR)).fetchone()
    regions = {
        (record["shop"] or {}).get("region") or None  # an empty cell of a CSV file is a blank
        for record in world
        if record["pages"] is not None and record["pages"] >= 5 and record["started_on"] >= date(2024, 1, 1)
    }
    assert number == (len(regions),)


@pytest.mark.parametrize("keys", [("visit_id", "shop_id"), ("shop_id", "visit_id"), ("shop_id", "shop_id,visit_id")])
def test_by_another_key_other_things_count_whatever_numbers_they_bear(
    world: list[dict[str, Any]], folder: Path, keys: tuple[str, str]
) -> None:
    """Visit 1 is not shop 1: all that counted is lost, all that counts is gained, with a row behind each."""
    old, new = (Definition("visit", "pages >= 5", "started_on", counting_key=tuple(key.split(","))) for key in keys)
    with open_dataset(folder, WORLD) as connection:
        sides = [counting(each, WORLD) for each in (old, new)]
        months = count_months(connection, *sides, DAY, samples=0).months
        assert sum(month.old for month in months) > 3
        for month in months:
            assert (month.lost, month.gained) == (month.old, month.new)
            for outcome in ("gained", "lost"):
                rows = count_rows(connection, *sides, DAY, outcome, 1_000, month=month.month)
                assert len(rows) == getattr(month, outcome)


def test_a_sum_adds_the_amounts_of_what_matches(world: list[dict[str, Any]], folder: Path) -> None:
    summed = counting(Definition("visit", "pages >= 5", "started_on", sums="score"), WORLD)
    number = open_dataset(folder, WORLD).execute(counting_sql(summed, "duckdb", YEAR)).fetchone()
    expected = sum(
        record["score"] or 0
        for record in world
        if record["pages"] is not None and record["pages"] >= 5 and record["started_on"] >= date(2024, 1, 1)
    )
    assert number == (expected,)


DEFINITIONS = [
    Definition("visit", "pages >= 5", "started_on"),
    Definition("visit", "pages >= 5", "started_on", counting_key=("shop.region",)),
    Definition("visit", "pages >= 5", "started_on", counting_key=("shop.region", "channel")),
    Definition("visit", "pages >= 5", "started_on", first_per="shop.shop_id"),
    Definition("visit", "pages >= 5", "started_on", sums="score"),
    Definition("visit", "pages >= 5", "started_on", ("shop_id",), first_per="shop_id", sums="score"),
]


@pytest.mark.parametrize("repeated", [False, True], ids=["as promised", "keys twice"])
@pytest.mark.parametrize(
    "definition", DEFINITIONS, ids=["records", "things", "pairs", "firsts", "amounts", "first amounts"]
)
def test_every_month_has_the_number_that_the_agreed_query_gives(
    folder: Path, definition: Definition, repeated: bool
) -> None:
    connection = open_dataset(folder, WORLD)
    if repeated:
        connection.execute("INSERT INTO visit SELECT * FROM visit WHERE visit_id % 3 = 0")
    wider = replace(definition, condition="pages >= 4")
    old, new = counting(definition, WORLD), counting(wider, WORLD)
    found = count_months(connection, old, new, Moments(YEAR.as_of), samples=0)
    assert found.months
    for month in found.months:
        end = (month.month + timedelta(days=32)).replace(day=1)
        period = Moments(YEAR.as_of, month.month, end)
        asked = [connection.execute(counting_sql(each, "duckdb", period)).fetchone()[0] for each in (old, new)]  # type: ignore[index]
        assert (month.old, month.new) == (asked[0] or 0, asked[1] or 0)
        assert month.new - month.old == month.gained - month.lost


def test_a_thing_that_one_record_leaves_open_and_another_decides_is_not_unknown(tmp_path: Path) -> None:
    connection = duckdb.connect()
    connection.execute("CREATE TABLE shop (shop_id BIGINT, staff BIGINT, region VARCHAR, opened_on DATE)")
    visits = "SELECT 1 AS visit_id, 1 AS shop_id, DATE '2026-03-01' AS started_on, pages FROM (VALUES (6), (NULL)) AS v(pages)"
    connection.execute(f"CREATE TABLE visit AS {visits}")
    once = counting(Definition("visit", "pages >= 5", "started_on", counting_key=("shop_id",)), WORLD)
    (month,) = count_months(connection, once, once, YEAR, samples=0).months
    assert (month.new, month.unknown) == (1, 0)


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (
            Definition("visit", "pages >= 5", "started_on"),
            Definition("shop", "staff > 1", "opened_on"),
            "counts_differ",
        ),
        (DEFINITIONS[0], DEFINITIONS[4], "sums_differ"),
    ],
)
def test_numbers_that_cannot_be_laid_side_by_side_are_refused(
    folder: Path, old: Definition, new: Definition, code: str
) -> None:
    with pytest.raises(ConditionError) as refused:
        count(old, new, WORLD, folder, YEAR)
    assert refused.value.problems[0].code == code


@pytest.mark.parametrize("outcome", ["old", "new", "gained", "lost", "unknown"])
@pytest.mark.parametrize("repeated", [False, True], ids=["as promised", "keys twice"])
@pytest.mark.parametrize("definition", DEFINITIONS[:4], ids=["records", "things", "pairs", "firsts"])
def test_behind_every_number_of_a_month_there_are_as_many_rows(
    folder: Path, definition: Definition, repeated: bool, outcome: str
) -> None:
    """One for each thing that is counted, named by its key, however many of its records are counted."""
    connection = open_dataset(folder, WORLD)
    if repeated:
        connection.execute("INSERT INTO visit SELECT * FROM visit WHERE visit_id % 3 = 0")
    old, new = (
        counting(replace(definition, condition=text), WORLD) for text in ("pages >= 6 OR member = TRUE", "pages >= 5")
    )
    for month in count_months(connection, old, new, YEAR, samples=0).months:
        rows = count_rows(connection, old, new, YEAR, outcome, 1_000, month=month.month)
        assert len(rows) == getattr(month, outcome)
        assert all(row["started_on"].replace(day=1) == month.month for row in rows)
        keys = definition.counting_key or ("visit_id",)
        assert len({tuple(row[key] for key in keys) for row in rows}) == len(rows)


def test_a_date_may_come_from_a_relation(folder: Path) -> None:
    dated = Definition("visit", "pages >= 5", "(SELECT MIN(o.made_on) FROM visit.orders o)")
    found = count(dated, dated, WORLD, folder, YEAR)
    assert found.total["old"] == found.total["new"] > 0


def test_a_metric_that_refers_to_the_changed_one_is_counted_with_both_meanings(folder: Path) -> None:
    busy = Definition("visit", "is_busy AND member = TRUE", "started_on")
    old, new = {"busy": Agreed("visit", "pages >= 6")}, {"busy": Agreed("visit", "pages >= 5")}
    found = count(busy, busy, WORLD, folder, YEAR, old, new)
    assert found.total["gained"] > 0
    assert found.total["lost"] == 0


def test_the_opened_dataset_reads_no_other_file(folder: Path) -> None:
    connection = open_dataset(folder, WORLD)
    with pytest.raises(duckdb.Error):
        connection.execute("SELECT * FROM read_text('/etc/hostname')")
    with pytest.raises(duckdb.Error):
        connection.execute("SET enable_external_access = true")


def test_data_read_through_a_mapping_stays_in_its_files_and_no_other_is_read(tmp_path: Path) -> None:
    kept, other = tmp_path / "shops.parquet", tmp_path / "other.parquet"
    for path in (kept, other):
        duckdb.execute(f"COPY (SELECT 'a' AS id) TO '{path}' (FORMAT parquet)")
    source = Source(str(tmp_path), {"shop": {"table": "shops", "fields": {"id": {"column": "id"}}}})
    with opened(source, WORLD) as connection:
        assert connection.execute("SELECT COUNT(*) FROM shop").fetchone() == (1,)
        for asked in (f"FROM read_parquet('{other}')", "SET allowed_paths = []", "SET enable_external_access = true"):
            with pytest.raises(duckdb.Error):
                connection.execute(asked)


def test_a_missing_file_and_a_value_of_another_type_are_refused_in_words(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ConditionError) as missing:
        open_dataset(tmp_path, WORLD)
    assert missing.value.problems[0].code == "data_missing"
    for path in folder.iterdir():
        (tmp_path / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    shop = (tmp_path / "shop.csv").read_text(encoding="utf-8").splitlines()
    (tmp_path / "shop.csv").write_text("\n".join([shop[0], "1,many,x,2024-01-01"]), encoding="utf-8")
    with pytest.raises(ConditionError) as unreadable:
        open_dataset(tmp_path, WORLD)
    assert unreadable.value.problems[0].code == "data_unreadable"


@needs_postgres
def test_postgresql_fills_the_same_cells(world: list[dict[str, Any]], folder: Path) -> None:
    from tests.conditions.engines import Engine

    assert POSTGRES
    engine = Engine("postgres", WORLD, "visit", world)
    old, new = counting(OLD, WORLD), counting(NEW, WORLD)
    there = count_months(engine.connection, old, new, YEAR, "postgres")
    here = count_months(open_dataset(folder, WORLD), old, new, YEAR)
    assert there.months == here.months
    things = [counting(replace(each, counting_key=("channel",)), WORLD) for each in (OLD, NEW)]
    for outcome in ("old", "new", "gained", "lost", "unknown"):
        rows = [
            count_rows(connection, *things, YEAR, outcome, 1_000, dialect_name=name)
            for connection, name in ((engine.connection, "postgres"), (open_dataset(folder, WORLD), "duckdb"))
        ]
        assert rows[0] == rows[1]
    engine.close()


def test_every_example_metric_has_a_counting_query() -> None:
    dates = {"lead": "created_on", "meeting": "held_on", "deal": "won_on"}
    for key, agreed in METRICS.items():
        found = counting(Definition(agreed.counts, f"is_{key}", dates[agreed.counts]), EXAMPLE, METRICS)
        assert "COUNT(*) AS counted" in counting_sql(found, "duckdb", YEAR)


@pytest.mark.parametrize("dated_by", ["ended_on", FIRST_ORDER, "CASE WHEN member = TRUE THEN started_on END"])
def test_what_a_comparison_proves_of_definitions_the_numbers_say_too(
    world: list[dict[str, Any]], folder: Path, dated_by: str
) -> None:
    """Random conditions, some of which ask about the period and about the date that may be blank."""
    written = Conditions(Random(20260401))
    parts = ["started_on >= period_start", "ended_on < period_end", "ended_on IS NOT NULL", "member IS NOT TRUE"]
    for _ in range(12):
        text = written.condition(2)
        part = written.pick(parts)
        old, new = (Definition("visit", each, dated_by) for each in (f"({text}) AND {part}", text))
        verdict = compare(old, new, WORLD, "visit", moments=DAY).verdict
        found = count(old, new, WORLD, folder, DAY).total
        assert verdict in ("same", "wider"), (text, part)
        assert found["lost"] == 0, (text, part)
        assert verdict == "wider" or found["gained"] == 0, (text, part)
