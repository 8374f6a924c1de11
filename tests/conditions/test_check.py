"""Findings: what an author may not have meant, at its place and with a record that shows it."""

import pytest

from registry.conditions import Agreed, check, parse
from registry.conditions.evaluate import evaluate
from tests.conditions.example import AS_OF, EXAMPLE, METRICS
from tests.conditions.generate import WORLD


def codes(text: str) -> list[str]:
    return [finding.code for finding in check(text, EXAMPLE, "lead", METRICS, AS_OF)]


@pytest.mark.parametrize(
    "text",
    [
        "company.employees >= 100 AND company.employees < 50",
        "created_on > as_of AND created_on < as_of - INTERVAL 1 DAY",
        "department LIKE 'a%' AND department LIKE 'b%'",
        "is_target_lead AND relation = 'customer'",
        "created_on < DATE '2015-01-01'",
    ],
)
def test_a_condition_that_nothing_can_meet_is_found(text: str) -> None:
    assert codes(text) == ["never"]


@pytest.mark.parametrize(
    "text",
    [
        "consent = TRUE OR consent = FALSE",
        "lead_id IS NOT NULL",
        "company.employees >= 1 OR company.employees IS NULL",
    ],
)
def test_a_condition_that_everything_meets_is_found(text: str) -> None:
    assert codes(text) == ["always"]


def test_a_part_without_effect_is_marked() -> None:
    text = "company.employees >= 100 AND company.employees > 50"
    (found,) = check(text, EXAMPLE, "lead")
    assert found.code == "no_effect"
    assert text[found.start : found.end] == "company.employees > 50"


def test_a_part_that_a_metric_already_says_is_marked() -> None:
    assert codes("is_target_lead AND consent = TRUE") == ["no_effect"]


def test_a_negative_rule_that_drops_blanks_shows_the_record_and_offers_to_keep_it() -> None:
    text = "company.industry <> 'it' AND consent = TRUE"
    (found,) = check(text, EXAMPLE, "lead")
    assert found.code == "drops_blanks"
    assert found.example is not None
    assert evaluate(parse(text, EXAMPLE, "lead"), found.example, EXAMPLE, "lead") is None
    assert found.fix == "(company.industry <> 'it' OR company.industry IS NULL)"
    fixed = text[: found.start] + found.fix + text[found.end :]
    assert check(fixed, EXAMPLE, "lead") == []


@pytest.mark.parametrize(
    "text", ["NOT (company.industry = 'it')", "source NOT IN ('seminar')", "department NOT LIKE '%営業%'"]
)
def test_every_way_of_saying_not_is_seen(text: str) -> None:
    assert codes(text) == ["drops_blanks"]


def test_not_another_metric_drops_whoever_it_is_unknown_of() -> None:
    text = "consent = TRUE AND NOT is_target_lead"
    (found,) = check(text, EXAMPLE, "lead", METRICS, AS_OF)
    assert found.code == "drops_unknown"
    assert found.example is not None
    assert evaluate(parse(text, EXAMPLE, "lead", METRICS), found.example, EXAMPLE, "lead", AS_OF) is None
    assert found.fix is not None
    fixed = text[: found.start] + found.fix + text[found.end :]
    assert check(fixed, EXAMPLE, "lead", METRICS, AS_OF) == []
    assert evaluate(parse(fixed, EXAMPLE, "lead", METRICS), found.example, EXAMPLE, "lead", AS_OF) is True
    sure = {"sure": Agreed("lead", "company.employees IS NOT NULL")}
    assert check("NOT is_sure", EXAMPLE, "lead", sure) == []


@pytest.mark.parametrize(
    "text",
    [
        "EXISTS (SELECT 1 FROM lead.meetings m WHERE m.status = 'held' AND m.purchase_within_months <> 3)",
        "(SELECT COUNT(*) FROM lead.meetings m WHERE NOT (m.purchase_within_months = 3)) >= 2",
    ],
)
def test_a_negative_rule_about_rows_below_drops_their_blanks(text: str) -> None:
    (found,) = check(text, EXAMPLE, "lead", METRICS, AS_OF)
    assert (found.code, found.message_ja[:14]) == ("drops_blanks", "「購入予定までの期間」が空欄")
    assert found.fix is not None
    assert check(text[: found.start] + found.fix + text[found.end :], EXAMPLE, "lead", METRICS, AS_OF) == []


@pytest.mark.parametrize(
    "text",
    [
        "NOT EXISTS (SELECT 1 FROM lead.meetings m WHERE m.purchase_within_months <> 3)",
        "(SELECT COUNT(*) FROM lead.meetings m WHERE m.purchase_within_months = 3) <> 0",
    ],
)
def test_where_a_blank_row_leaves_no_record_out_nothing_is_said(text: str) -> None:
    assert codes(text) == []


def test_a_rule_that_says_what_happens_to_blanks_is_left_alone() -> None:
    assert codes("company.industry <> 'it' AND company.industry IS NOT NULL") == []
    assert codes("company.industry IS DISTINCT FROM 'it'") == []
    assert codes("company.employees >= 100") == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("seen_at <= TIMESTAMP '2026-03-31 00:00:00'", ["midnight"]),
        ("seen_at BETWEEN TIMESTAMP '2026-03-01 00:00:00' AND TIMESTAMP '2026-03-31 00:00:00'", ["midnight"]),
        ("seen_at < TIMESTAMP '2026-04-01 00:00:00'", []),
        ("CAST(seen_at AS DATE) <= DATE '2026-03-31'", []),
    ],
)
def test_an_end_at_midnight_is_found(text: str, expected: list[str]) -> None:
    assert [finding.code for finding in check(text, WORLD, "visit")] == expected


def test_the_agreed_example_conditions_are_clean() -> None:
    for key, agreed in METRICS.items():
        found = check(agreed.condition, EXAMPLE, agreed.counts, METRICS, AS_OF)
        assert found == [], (key, found)
