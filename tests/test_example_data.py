"""The example company's CRM export: the same bytes everywhere, large enough, and dirty as exports are."""

import hashlib
from collections import Counter
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import pytest

from registry import datasets, engine, meaning
from registry.conditions import Definition, Moments
from registry.models import Dataset
from registry.seeding import crm, dataset
from tests.cast import Cast
from tests.data import declare
from tests.ledger.tampering import wrong
from tests.test_commands import run

SEALED = "242e2804d232ff0d7c363b13437684a8bb7f5ca8e1df236d102d80e57d2dd4b8"


@pytest.fixture(scope="module")
def tables() -> dict[str, list[dict[str, Any]]]:
    return crm.Crm(Random(crm.SEED)).tables()


def test_it_is_the_same_to_the_byte(settings: Any, tmp_path: Path):
    settings.IMPORTS = tmp_path
    assert "lead: 6180" in run("example_data")
    found = hashlib.sha256(b"".join(file.read_bytes() for file in sorted((tmp_path / "example").iterdir())))
    assert found.hexdigest() == SEALED


def test_it_is_as_large_as_a_company_of_two_years(tables: dict[str, list[dict[str, Any]]]):
    least = {"lead": 5_000, "company": 1_500, "contact": 12_000, "meeting": 1_200, "deal": 300}
    assert {name: len(rows) >= least[name] for name, rows in tables.items()} == dict.fromkeys(tables, True)
    assert len({row["created_on"][:7] for row in tables["lead"]}) == 24


def test_it_has_the_dirt_of_real_exports(tables: dict[str, list[dict[str, Any]]]):
    employees = [row["employees"] for row in tables["company"]]
    assert 0.05 < employees.count("") / len(employees) < 0.15
    assert any("," in each for each in employees)
    assert len({row["industry"] for row in tables["company"]}) > 20
    assert 0.1 < Counter(row["job_level"] for row in tables["lead"])["unknown"] / len(tables["lead"]) < 0.25
    people = Counter((row["company_id"], row["department"], row["source"]) for row in tables["lead"])
    assert sum(number > 1 for number in people.values()) > 150
    held = [row for row in tables["meeting"] if row["status"] == "held"]
    waited = [
        (date.fromisoformat(row["verdict_on"]) - date.fromisoformat(row["held_on"])).days
        for row in held
        if row["verdict_on"]
    ]
    assert sum(days > 7 for days in waited) > 50
    assert sum(row["verdict"] == "pending" for row in held) > 50


def test_registered_it_is_counted_and_breaks_only_what_it_should(cast: Cast):
    declare(cast)
    dataset.write()
    example = dataset.register(by=cast.megumi)
    assert Dataset.objects.current() == example
    vocabulary = meaning.vocabulary()
    assert vocabulary
    old, new = (Definition("lead", f"company.employees >= {least}", "created_on") for least in (100, 50))
    year = Moments(None, date(2025, 10, 1), date(2026, 10, 1))
    found = engine.ask("count", old, new, vocabulary, datasets.opened(example), year, seconds=60)
    assert found.total["old"] > found.total["gained"] > 100
    assert found.total["unknown"] > 100
    assert {(each.field, each.code) for each in datasets.broken(example, vocabulary)} == {
        ("company_id", "missing_parent"), ("employees", "unreadable"), ("industry", "unknown_value"),
    }  # fmt: skip
    assert wrong() == []
