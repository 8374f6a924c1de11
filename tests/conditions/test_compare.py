# ruff: noqa: E501 -- tables of cases read better in one line each.
"""Realistic changes of wording, each with the verdict a careful reader gives it; none may stay undecided."""

from dataclasses import replace
from datetime import date

import pytest

from registry.conditions import Agreed, ConditionError, Definition, Moments, classify, compare, contains, parse
from registry.conditions.compare import telling
from registry.conditions.records import Records, shape
from tests.conditions.example import AS_OF, EXAMPLE, METRICS

M = "SELECT 1 FROM lead.meetings m WHERE"
COUNT = "(SELECT COUNT(*) FROM lead.meetings m WHERE m.status = 'held')"
FIRST = "(SELECT MIN(c.made_on) FROM lead.contacts c WHERE c.made_by = 'inside_sales')"

PAIRS = [
    # boundary values
    ("lead", "company.employees >= 100", "company.employees >= 50", "wider"),
    ("lead", "company.employees >= 100", "company.employees > 99", "same"),
    ("lead", "company.employees >= 100", "company.employees > 100", "narrower"),
    ("lead", "company.employees BETWEEN 100 AND 500", "company.employees >= 100 AND company.employees <= 500", "same"),
    ("lead", "company.employees BETWEEN 100 AND 500", "company.employees >= 100 AND company.employees < 500", "narrower"),
    ("lead", "company.employees * 2 >= 200", "company.employees >= 100", "same"),
    ("lead", "company.employees * 1.5 >= 100", "company.employees >= 67", "same"),
    ("meeting", "minutes >= 20", "minutes >= 20 OR (format = 'online' AND minutes >= 15)", "wider"),
    ("lead", "company.employees >= 100", "company.employees >= 200 OR company.employees < 10", "both"),
    # blanks
    ("lead", "company.employees >= 100", "COALESCE(company.employees, 0) >= 100", "same"),
    ("lead", "company.employees >= 100", "company.employees >= 100 OR company.employees IS NULL", "wider"),
    ("lead", "company.industry <> 'it'", "company.industry IS DISTINCT FROM 'it'", "wider"),
    ("lead", "NOT (company.industry = 'it')", "company.industry <> 'it'", "same"),
    ("lead", "source NOT IN ('seminar')", "source NOT IN ('seminar') OR source IS NULL", "wider"),
    ("lead", "consent IS NOT FALSE", "consent = TRUE", "same"),
    ("lead", "company.industry IN ('it')", "(company.industry IN ('it')) IS TRUE", "same"),
    ("lead", "(company.industry = 'it') IS NOT TRUE", "company.industry <> 'it'", "narrower"),
    ("lead", "unsubscribed_on IS NULL", "unsubscribed_on IS NULL OR unsubscribed_on > as_of", "wider"),
    ("lead", "department LIKE '%' AND department IS NOT NULL", "department IS NOT NULL", "same"),
    ("lead", "company.company_id IS NULL", "company_id IS NULL", "same"),
    # refactorings that are the same
    ("lead", "job_level IN ('executive', 'director', 'manager')", "job_level NOT IN ('staff', 'unknown')", "same"),
    (
        "lead",
        "NOT (company.employees < 100 OR consent = FALSE)",
        "company.employees >= 100 AND consent = TRUE",
        "same",
    ),
    (
        "lead",
        "(source = 'seminar' AND consent = TRUE) OR (source = 'seminar' AND email_valid = TRUE)",
        "source = 'seminar' AND (consent = TRUE OR email_valid = TRUE)",
        "same",
    ),
    ("lead", "CASE WHEN job_level = 'unknown' THEN 0 ELSE 1 END = 1", "job_level <> 'unknown'", "same"),
    ("lead", "EXTRACT(YEAR FROM created_on) = 2026 AND EXTRACT(MONTH FROM created_on) = 4",
     "DATE_TRUNC('month', created_on) = DATE '2026-04-01'", "same"),
    ("lead", "created_on BETWEEN DATE '2026-04-01' AND DATE '2026-04-30'",
     "DATE_TRUNC('month', created_on) = DATE '2026-04-01'", "same"),
    ("lead", "department ILIKE '%sales%'", "LOWER(department) LIKE '%sales%'", "same"),
    ("lead", "TRIM(department) = '営業部'", "department = '営業部'", "narrower"),
    ("lead", "department LIKE '%営業%'", "department LIKE '営業%'", "narrower"),
    ("lead", "LENGTH(department) >= 1", "department <> ''", "same"),
    # the same meeting, or any meeting
    ("lead", f"EXISTS ({M} m.status = 'held' AND m.minutes >= 20)",
     f"EXISTS ({M} m.status = 'held') AND EXISTS ({M} m.minutes >= 20)", "wider"),
    ("lead", f"EXISTS ({M} m.status = 'held' OR m.minutes >= 20)",
     f"EXISTS ({M} m.status = 'held') OR EXISTS ({M} m.minutes >= 20)", "same"),
    ("lead", f"NOT EXISTS ({M} m.status <> 'held')", f"EXISTS ({M} m.status = 'held')", "both"),
    ("lead", f"EXISTS ({M} m.status = 'held')", f"{COUNT} >= 1", "same"),
    ("lead", f"{COUNT} >= 3", f"{COUNT} > 3", "narrower"),
    ("lead", f"{COUNT} >= 2", "(SELECT COUNT(DISTINCT m.held_on) FROM lead.meetings m WHERE m.status = 'held') >= 2",
     "narrower"),
    ("lead", f"{FIRST} <= created_on + INTERVAL 14 DAY",
     "EXISTS (SELECT 1 FROM lead.contacts c WHERE c.made_by = 'inside_sales' "
     "AND c.made_on <= lead.created_on + INTERVAL 14 DAY)", "same"),
    ("lead", f"{FIRST} - created_on <= 14", f"{FIRST} <= created_on + INTERVAL 14 DAY", "same"),
    ("lead", f"{FIRST} - created_on <= 14", f"{FIRST} - created_on < 14", "narrower"),
    ("meeting", "EXISTS (SELECT 1 FROM lead.meetings m WHERE m.meeting_id <> meeting.meeting_id "
     "AND m.held_on < meeting.held_on)", "EXISTS (SELECT 1 FROM lead.meetings m WHERE m.held_on < meeting.held_on)",
     "same"),
    ("meeting", "(SELECT COUNT(*) FROM lead.meetings m) >= 1", "status = 'held' OR status <> 'held'", "same"),
    # dates and month ends
    ("lead", "created_on > as_of - INTERVAL 3 MONTH - INTERVAL 3 MONTH", "created_on > as_of - INTERVAL 6 MONTH", "narrower"),
    ("lead", "created_on + INTERVAL 1 MONTH > as_of", "created_on > as_of - INTERVAL 1 MONTH", "same"),
    ("lead", "created_on + INTERVAL 1 MONTH >= as_of", "created_on >= as_of - INTERVAL 1 MONTH", "wider"),
    ("lead", "created_on >= as_of - INTERVAL 2 WEEK", "as_of - created_on <= 14", "same"),
    ("lead", "created_on <= DATE '2026-03-31'", "created_on < DATE '2026-04-01'", "same"),
    # other metrics
    ("meeting", "is_meeting", "is_follow_lead AND status = 'held'", "wider"),
    ("meeting", "lead.is_target_lead", "is_target_lead", "same"),
    ("deal", "is_won_deal", "won_on IS NOT NULL", "wider"),
]  # fmt: skip


@pytest.mark.parametrize(("entity", "old", "new", "verdict"), PAIRS)
def test_a_change_of_wording_gets_the_verdict_a_careful_reader_gives(
    entity: str, old: str, new: str, verdict: str
) -> None:
    found = compare(old, new, EXAMPLE, entity, METRICS, AS_OF)
    assert found.verdict == verdict
    assert (found.gained is not None) == (verdict in ("wider", "both"))
    assert (found.lost is not None) == (verdict in ("narrower", "both"))


def test_the_other_way_round_wider_is_narrower() -> None:
    turned = {"wider": "narrower", "narrower": "wider"}
    for entity, old, new, verdict in PAIRS:
        assert compare(new, old, EXAMPLE, entity, METRICS, AS_OF).verdict == turned.get(verdict, verdict), (
            old,
            new,
        )


def test_the_example_is_the_boundary_and_shows_only_what_tells() -> None:
    found = compare("company.employees >= 100", "company.employees >= 50", EXAMPLE, "lead")
    assert found.gained is not None
    assert list(found.gained.telling) == ["company.employees"]
    assert found.gained.telling["company.employees"] in (50, 99)


def test_a_blank_that_newly_counts_is_shown_as_blank() -> None:
    found = compare("company.industry <> 'it'", "company.industry IS DISTINCT FROM 'it'", EXAMPLE, "lead")
    assert found.gained is not None
    assert found.gained.telling == {"company.industry": None}
    assert (found.gained.old, found.gained.new) == (None, True)


@pytest.mark.parametrize(
    ("old", "new", "side", "told"),
    [
        ("company.employees >= 100", "company.employees >= 500", "lost", {"company.employees": 300}),
        ("company.employees >= 500", "company.employees >= 100", "gained", {"company.employees": 300}),
        (
            "company.employees >= 100 AND job_level = 'director'",
            "company.employees >= 500 AND job_level = 'director'",
            "lost",
            {"company.employees": 300, "job_level": "director"},
        ),
        (
            "is_target_lead",
            "is_target_lead AND company.region = '大阪'",
            "lost",
            {"company.region": "東京"},
        ),
        (
            "company.employees >= 400",
            "company.employees >= 400 OR relation = 'prospect'",
            "gained",
            {"company.employees": 300, "relation": "prospect"},
        ),
    ],
)  # fmt: skip
def test_an_example_tells_the_fields_whose_rules_differ_first_and_also_where_they_are_as_usual(
    old: str, new: str, side: str, told: dict[str, object]
):
    found = compare(old, new, EXAMPLE, "lead", METRICS, AS_OF)
    assert list(getattr(found, side).telling.items()) == list(told.items())


def test_where_nothing_is_unusual_everything_that_is_looked_at_is_told():
    record = {"relation": "prospect", "company": {"employees": 300}}
    tree = parse("relation = 'prospect' AND company.employees >= 100", EXAMPLE, "lead")
    assert telling(record, Records(EXAMPLE, "lead", shape([tree]))) == {
        "relation": "prospect", "company.employees": 300,
    }  # fmt: skip


def test_without_an_as_of_date_the_verdict_holds_for_every_date() -> None:
    found = compare("created_on <= as_of", "created_on < as_of + INTERVAL 1 DAY", EXAMPLE, "lead")
    assert found.verdict == "same"


def test_a_joint_change_is_judged_with_what_both_metrics_will_mean() -> None:
    moved = dict(METRICS)
    moved["meeting"] = Agreed("meeting", METRICS["meeting"].condition + " AND authority IN ('decides', 'recommends')")
    text = METRICS["qualified_meeting"].condition
    without = text.replace("AND authority IN ('decides', 'recommends') ", "")
    found = compare(text, without, EXAMPLE, "meeting", METRICS, AS_OF, new_metrics=moved)
    assert found.verdict == "same"
    assert compare(text, without, EXAMPLE, "meeting", METRICS, AS_OF).verdict == "wider"


@pytest.mark.parametrize(
    ("entity", "inner", "outer", "verdict"),
    [
        ("meeting", "is_qualified_meeting", "is_meeting", "proved"),
        ("lead", "is_follow_lead", "is_target_lead", "proved"),
        ("meeting", "is_meeting", "lead.is_follow_lead", "proved"),
        ("meeting", "is_meeting", "is_qualified_meeting", "broken"),
        ("lead", "is_target_lead", "is_follow_lead", "broken"),
        ("deal", "is_won_deal", "is_target_lead", "proved"),
    ],
)
def test_a_declared_containment_is_proved_or_broken_with_an_example(
    entity: str, inner: str, outer: str, verdict: str
) -> None:
    found = contains(inner, outer, EXAMPLE, entity, METRICS, AS_OF)
    assert found.verdict == verdict
    assert (found.example is not None) == (verdict == "broken")


def test_an_as_of_date_is_part_of_the_question() -> None:
    pair = (
        "created_on > as_of - INTERVAL 3 MONTH - INTERVAL 3 MONTH",
        "created_on > as_of - INTERVAL 6 MONTH",
    )
    first, last = Moments(as_of=date(2026, 4, 15)), Moments(as_of=date(2026, 5, 31))
    assert compare(*pair, EXAMPLE, "lead", moments=first).verdict == "same"
    assert compare(*pair, EXAMPLE, "lead", moments=last).verdict == "narrower"


# --- what counts: with its date, in its month ---

TARGETED = "CASE WHEN is_target_lead THEN created_on END"
LOWERED = METRICS | {"target_lead": Agreed("lead", METRICS["target_lead"].condition.replace(">= 100", ">= 50"))}
MET = "(SELECT MIN(m.held_on) FROM lead.meetings m WHERE m.status = 'held')"


@pytest.mark.parametrize(
    ("old", "new", "verdict"),
    [
        (Definition("meeting", "status = 'held' AND held_on IS NOT NULL", "held_on"),
         Definition("meeting", "status = 'held'", "held_on"), "same"),
        (Definition("meeting", "status = 'held'", "held_on"), Definition("meeting", "status = 'held'", "booked_on"),
         "wider"),
        (Definition("lead", "consent = TRUE AND created_on >= period_start", "created_on"),
         Definition("lead", "consent = TRUE", "created_on"), "same"),
        (Definition("lead", "consent = TRUE AND unsubscribed_on >= period_end", "created_on"),
         Definition("lead", "consent = TRUE AND unsubscribed_on > created_on", "created_on"), "wider"),
        (Definition("lead", "EXISTS (SELECT 1 FROM lead.meetings m WHERE m.held_on >= period_start)", MET),
         Definition("lead", "EXISTS (SELECT 1 FROM lead.meetings m WHERE m.status = 'held')", MET), "same"),
        (Definition("meeting", "status = 'held'", "lead.unsubscribed_on"),
         Definition("meeting", "status = 'held' AND lead.unsubscribed_on IS NOT NULL", "lead.unsubscribed_on"), "same"),
        (Definition("lead", "consent = TRUE", TARGETED), Definition("lead", "consent = TRUE", TARGETED), "wider"),
    ],
)  # fmt: skip
def test_of_definitions_it_is_compared_what_counts(old: Definition, new: Definition, verdict: str) -> None:
    """What has no date counts in no month; the period is the month of each record's own date."""
    found = compare(old, new, EXAMPLE, old.counts, METRICS, AS_OF, new_metrics=LOWERED)
    assert found.verdict == verdict


@pytest.mark.parametrize(("entity", "old", "new", "verdict"), PAIRS)
def test_a_date_that_cannot_be_blank_changes_no_verdict(entity: str, old: str, new: str, verdict: str) -> None:
    day = {"lead": "created_on", "meeting": "booked_on"}.get(entity)
    if day:
        found = compare(*(Definition(entity, text, day) for text in (old, new)), EXAMPLE, entity, METRICS, AS_OF)
        assert found.verdict == verdict


@pytest.mark.parametrize(("dated_by", "verdict"), [("held_on", "proved"), ("verdict_on", "broken")])
def test_within_what_counts_lies_only_what_has_its_date_too(dated_by: str, verdict: str) -> None:
    """Also of the record above: what is followed up counts on the day it was."""
    qualified = Definition("meeting", "is_qualified_meeting", dated_by)
    lead = Definition("lead", "is_target_lead", TARGETED)
    meeting = Definition("meeting", "status = 'held'", "held_on")
    unsure = replace(meeting, condition="status = 'held' OR verdict = 'qualified'")
    asked = (EXAMPLE, "meeting", METRICS, AS_OF)
    assert contains(qualified, lead, *asked).verdict == "proved"
    assert contains(replace(qualified, condition="verdict = 'qualified'"), unsure, *asked).verdict == verdict
    assert contains(lead, meeting, EXAMPLE, "meeting", METRICS, AS_OF).verdict == "broken"
    with pytest.raises(ConditionError):
        contains(lead, meeting, EXAMPLE, "lead", METRICS, AS_OF)


def test_a_worked_example_without_its_date_does_not_count() -> None:
    definition = Definition("meeting", "status = 'held'", "held_on")
    records = [({"status": "held", "held_on": day}, bool(day)) for day in (date(2026, 4, 1), None)]
    assert all(each.right for each in classify(definition, records, EXAMPLE, "meeting"))
