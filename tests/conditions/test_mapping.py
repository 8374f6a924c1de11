"""A mapping in a vocabulary that has changed since it was saved; and that what it says is read in every row."""

import csv
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from registry.conditions import ConditionError, Source, Vocabulary, look, take_in
from registry.conditions.dataset import check_field, checked, opened, still_fitting
from registry.conditions.suggest import suggest_field

WORDS: dict[str, Any] = {
    "visit": {
        "key": "visit_id",
        "fields": {
            "visit_id": {"type": "text"},
            "made_on": {"type": "date", "nullable": True},
            "kind": {"type": "enum", "values": {"shop": "shop", "online": "online"}},
        },
    },
    "shop": {"key": "shop_id", "fields": {"shop_id": {"type": "text"}}},
}
VISIT = {
    "visit_id": {"column": "no"},
    "made_on": {"column": "day", "format": "%Y/%m/%d"},
    "kind": {"fixed": "online"},
}
SHOP = {"table": "shops", "fields": {"shop_id": {"column": "id"}}}
COLUMNS = {"visits": ["no", "day"], "shops": ["id"]}
MAPPING = {"visit": {"table": "visits", "fields": VISIT}, "shop": SHOP}


def without(*names: str) -> dict[str, Any]:
    return {"visit": {"table": "visits", "fields": {k: v for k, v in VISIT.items() if k not in names}}, "shop": SHOP}


def changed(visit: dict[str, Any]) -> dict[str, Any]:
    return {**WORDS, "visit": {**WORDS["visit"], **visit}}


FIELDS = WORDS["visit"]["fields"]
KEY = {"visit_id": FIELDS["visit_id"]}


@pytest.mark.parametrize(
    ("entities", "left"),
    [
        (WORDS, MAPPING),
        (changed({"fields": {**FIELDS, "made_by": {"type": "text", "nullable": True}}}), MAPPING),
        (changed({"fields": KEY}), without("made_on", "kind")),
        (changed({"fields": {**FIELDS, "kind": {"type": "enum", "values": {"shop": "shop"}}}}), without("kind")),
        (changed({"fields": {**FIELDS, "made_on": {"type": "text", "nullable": True}}}), without("made_on")),
        (changed({"key": "number", "fields": {"number": {"type": "text"}}}), {"shop": SHOP}),
        ({"visit": WORDS["visit"]}, {"visit": MAPPING["visit"]}),
    ],
    ids=["nothing", "a field more", "fields", "a fixed value", "a type", "the key", "an entity"],
)
def test_what_the_vocabulary_no_longer_has_is_left_out_and_the_rest_fits(entities: Any, left: Any) -> None:
    vocabulary = Vocabulary.from_mapping({"entities": entities})
    assert still_fitting(MAPPING, vocabulary) == left
    checked(left, vocabulary, COLUMNS)


EVERY_KIND = Vocabulary.from_yaml("""
entities:
  visit:
    key: visit_id
    fields:
      visit_id: {type: text}
      a_int: {type: int, nullable: true}
      a_decimal: {type: decimal, scale: 2, nullable: true}
      a_date: {type: date, nullable: true}
      a_timestamp: {type: timestamp, nullable: true}
      a_bool: {type: bool, nullable: true}
      a_enum: {type: enum, values: {shop: 店, online: 通販}}
      a_text: {type: text, nullable: true}
""")


def taken(folder: Path, *cells: str) -> Source:
    """A table with one column of cells, as it was taken in, that nothing is mapped to yet."""
    (folder / "kept").mkdir()
    with (folder / "visits.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("visit_id", "cell"), *enumerate(cells)])
    take_in([("visits.csv", str(folder / "visits.csv"))], str(folder / "kept"))
    return Source(str(folder / "kept"), {})


def read(source: Source, field: str, given: dict[str, Any]) -> list[Any]:
    fields = {"visit_id": {"column": "visit_id"}, field: given}
    mapped = replace(source, mapping={"visit": {"table": "visits", "fields": fields}})
    rows = opened(mapped, EVERY_KIND).execute(f'SELECT "{field}" FROM visit ORDER BY visit_id').fetchall()
    return [value for (value,) in rows]


@pytest.mark.parametrize(
    ("field", "fixed"),
    [
        *(("a_int", each) for each in ("--5", "-", "5-", "", "５", "1.0", "9" * 25, "9" * 5_000)),
        *(("a_decimal", each) for each in ("--5", "1.005", "nan", "Infinity", "9" * 40)),
        *(("a_date", each) for each in ("20260401", "2026-W14-3", "2026-02-30", "2026-4-1", "２０２６-04-01")),
        *(("a_timestamp", each) for each in ("2026-W14-3T09:00", "20260401T0900", "2026-04-01T09", "2026-04-01T25:00")),
        ("a_bool", "yes"),
        ("a_enum", "店"),
    ],
)
def test_a_value_for_every_row_that_could_not_be_read_is_refused(field: str, fixed: str):
    with pytest.raises(ConditionError) as caught:
        check_field(EVERY_KIND.entities["visit"], field, {"fixed": fixed}, set())
    assert [each.code for each in caught.value.problems] == ["mapping_fixed"]


@pytest.mark.parametrize(
    ("field", "fixed", "value"),
    [
        ("a_int", "-5", -5),
        ("a_decimal", "-12.5", Decimal("-12.50")),
        ("a_date", "2026-04-01", date(2026, 4, 1)),
        ("a_timestamp", "2026-04-01", datetime(2026, 4, 1)),  # noqa: DTZ001 -- the clocks of the vocabulary
        ("a_timestamp", "2026-04-01 09:30", datetime(2026, 4, 1, 9, 30)),  # noqa: DTZ001
        ("a_timestamp", "2026-04-01T09:30:15.5", datetime(2026, 4, 1, 9, 30, 15, 500_000)),  # noqa: DTZ001
        ("a_bool", "true", True),
        ("a_enum", "shop", "shop"),
        ("a_text", "20260401", "20260401"),
    ],
)
def test_a_value_for_every_row_stands_in_every_row(tmp_path: Path, field: str, fixed: str, value: Any):
    check_field(EVERY_KIND.entities["visit"], field, {"fixed": fixed}, set())
    assert read(taken(tmp_path, "a", "b"), field, {"fixed": fixed}) == [value, value]


@pytest.mark.parametrize("around", ["\t", "\u00a0", "\u3000", "\r\n", " "], ids=ascii)
def test_what_is_suggested_for_a_cell_fits_it_whatever_stands_around_it(tmp_path: Path, around: str):
    """Cells are shown as they are read, or no translation of them would ever be applied."""
    source = taken(
        tmp_path, f"店{around}", f"{around}通販", f"はい、{'個人情報の取り扱いに同意します。' * 10}{around}", around
    )
    seen = look(source.folder, {"visits": ["cell"]})["visits"]["cell"]
    assert seen.blank == 1
    values = suggest_field(EVERY_KIND.entities["visit"].fields["a_enum"], "cell", seen)["values"]
    assert read(source, "a_enum", {"column": "cell", "values": values})[:2] == ["shop", "online"]
    assert set(read(source, "a_text", {"column": "cell"})) - {None} == set(seen.cells)
