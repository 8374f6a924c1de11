"""Several metrics counted on one dataset, and what a rate makes of them."""

from datetime import date
from pathlib import Path

import pytest

from registry.conditions import (
    Agreed,
    Asked,
    ConditionError,
    Definition,
    Moments,
    Source,
    Vocabulary,
    World,
    rows_behind,
    take_in,
    tally,
)
from registry.conditions.revive import revived
from tests.conditions.example import EXAMPLE
from tests.conditions.generate import WORLD

DAY = Moments(date(2026, 5, 31))
FEW = Definition("visit", "pages >= 6", "started_on")
MANY = Definition("visit", "pages >= 5", "started_on")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("tally")
    visits = ["1,,5,,,,,,2026-03-01,,", "2,,6,,,,,,2026-03-02,,", "3,,,,,,,,2026-04-02,,"]
    for name, entity in WORLD.entities.items():
        rows = visits if name == "visit" else []
        (target / f"{name}.csv").write_text("\n".join([",".join(entity.fields), *rows, ""]), encoding="utf-8")
    return target


def test_each_metric_is_counted_and_one_that_cannot_be_stops_no_other(folder: Path) -> None:
    other = Definition("shop", "staff > 1", "opened_on")
    found = tally([Asked("few", FEW, MANY), Asked("moved", FEW, other)], World(WORLD, DAY), folder)
    assert found[0].count is not None
    assert found[0].count.total == {"old": 1, "new": 2, "gained": 1, "lost": 0, "unknown": 1}
    assert [each.code for each in found[1].problems] == ["counts_differ"]


def test_a_metric_that_is_new_gains_all_and_one_that_retires_loses_all(folder: Path) -> None:
    found = tally([Asked("new", None, MANY), Asked("retired", MANY, None)], World(WORLD, DAY), folder)
    assert [each.count.total["gained"] for each in found if each.count] == [2, 0]
    assert [each.count.total["lost"] for each in found if each.count] == [0, 2]


def test_references_mean_what_they_meant_and_what_they_will_mean(folder: Path) -> None:
    busy = Definition("visit", "is_busy", "started_on")
    old, new = {"busy": Agreed("visit", "pages >= 6")}, {"busy": Agreed("visit", "pages >= 5")}
    (found,) = tally([Asked("busy", busy, busy)], World(WORLD, DAY, old, new), folder)
    assert found.count is not None
    assert found.count.total["gained"] == 1


def test_the_records_behind_a_number_of_one_month(folder: Path) -> None:
    asked = Asked("few", FEW, MANY)
    assert [row["visit_id"] for row in rows_behind(asked, World(WORLD, DAY), folder, "gained", 9)] == [1]
    assert rows_behind(asked, World(WORLD, DAY), folder, "gained", 9, date(2026, 4, 1)) == []


def test_a_record_from_json_has_its_days_back() -> None:
    record = {"created_on": "2026-04-01", "as_of": "2026-05-01", "company": {"employees": 9}, "contacts": [
        {"made_on": "2026-04-02", "reached": True}], "unsubscribed_on": None}  # fmt: skip
    found = revived(record, EXAMPLE, "lead")
    assert (found["created_on"], found["as_of"]) == (date(2026, 4, 1), date(2026, 5, 1))
    assert found["contacts"][0]["made_on"] == date(2026, 4, 2)
    assert (found["company"]["employees"], found["company"]["region"], found["unsubscribed_on"]) == (9, None, None)


@pytest.mark.parametrize(
    "record",
    [{"created_on": "soon"}, {"created_on": 5}, {"company": {"employees": "many"}}, {"company": "C1"},
     {"contacts": [5]}, {"consent": "yes"}, {"department": True}],
)  # fmt: skip
def test_a_record_that_the_words_no_longer_fit_is_refused_and_breaks_nothing(record: dict[str, object]) -> None:
    with pytest.raises(ConditionError) as refused:
        revived(record, EXAMPLE, "lead")
    assert refused.value.problems[0].code == "record_unreadable"


def test_rows_that_are_there_twice_are_told_beside_a_count_of_them(tmp_path: Path) -> None:
    words = Vocabulary.from_yaml(
        "entities: {visit: {key: id, fields: {id: {type: int}, made: {type: date}},"
        " relations: {orders: {entity: order, link: visit_id}}},"
        " order: {key: number, fields: {number: {type: int}, visit_id: {type: int}}}}"
    )
    exports = {"visit": "id,made\n1,2026-04-01\n", "order": "number,visit_id\n7,1\n7,1\n"}
    files = []
    for name, text in exports.items():
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
        files.append((f"{name}.csv", str(tmp_path / f"{name}.csv")))
    (tmp_path / "kept").mkdir()
    take_in(files, str(tmp_path / "kept"))
    fields = {"visit": ["id", "made"], "order": ["number", "visit_id"]}
    mapping = {
        name: {"table": name, "fields": {each: {"column": each} for each in names}} for name, names in fields.items()
    }
    often = Definition("visit", "(SELECT COUNT(*) FROM visit.orders o) >= 2", "made")
    (found,) = tally([Asked("often", often, often)], World(words, DAY), Source(str(tmp_path / "kept"), mapping))
    assert [(each.entity, each.code, each.number) for each in found.broken] == [("order", "repeated_key", 2)]
