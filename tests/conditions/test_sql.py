"""Every dialect's text, read back by another parser, is proved to be the same condition; or it is refused."""

from datetime import date
from random import Random

import pytest
import yaml

from registry.conditions import DIALECTS, Agreed, ConditionError, Definition, Moments, parse, to_sql
from registry.conditions.readback import proved_sql, read_back
from registry.conditions.readback_values import Unreadable
from tests.conditions.example import EXAMPLE, METRICS
from tests.conditions.generate import FIXTURES, MOMENTS, WORLD, Conditions
from tests.conditions.test_compare import PAIRS

APRIL = Moments(date(2026, 5, 31), date(2026, 4, 1), date(2026, 5, 1))


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_examples_read_back_as_the_same_condition(dialect: str) -> None:
    conditions = {(entity, text) for entity, old, new, _ in PAIRS for text in (old, new)}
    conditions |= {(agreed.counts, f"is_{key}") for key, agreed in METRICS.items()}
    for entity, text in sorted(conditions):
        proved_sql(parse(text, EXAMPLE, entity, METRICS), EXAMPLE, entity, dialect, APRIL)


def shipped() -> dict[str, list[dict[str, str]]]:
    """By metric, every wording of the example registry that has a condition of its own."""
    metrics = [yaml.safe_load(path.read_text("utf-8")) for path in sorted((FIXTURES / "example" / "metrics").iterdir())]
    return {each["key"]: [words for words in each["wordings"].values() if words.get("condition")] for each in metrics}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_condition_of_the_example_registry_comes_as_sql_that_was_read_back(dialect: str) -> None:
    wordings = {key: found for key, found in shipped().items() if found}
    first = {key: Agreed(found[0]["counts"], found[0]["condition"]) for key, found in wordings.items()}
    for found in wordings.values():
        for words in found:
            definition = Definition(found[0]["counts"], words["condition"], found[0]["dated_by"])
            assert "AS counted" in to_sql(definition, EXAMPLE, dialect, APRIL, first)


def read_back_generated(dialect: str, number: int) -> None:
    random, refused = Random(40), 0
    for _ in range(number):
        text = Conditions(random).condition(2)
        refused += cannot_be_said(text, dialect)
    assert refused < number / 5


def cannot_be_said(text: str, dialect: str) -> bool:
    """Whether the dialect refuses the text as its own limit; any other refusal is a failure."""
    try:
        proved_sql(parse(text, WORLD, "visit"), WORLD, "visit", dialect, MOMENTS)
    except ConditionError as error:
        if error.problems[0].code != "dialect_cannot":
            raise
        return True
    return False


@pytest.mark.parametrize("dialect", DIALECTS)
def test_generated_conditions_read_back_as_the_same_or_are_refused(dialect: str) -> None:
    read_back_generated(dialect, 25)


@pytest.mark.nightly
@pytest.mark.parametrize("dialect", DIALECTS)
def test_150_generated_conditions_read_back_as_the_same_or_are_refused(dialect: str) -> None:
    read_back_generated(dialect, 150)


def test_what_a_dialect_cannot_say_exactly_is_refused() -> None:
    weeks = Definition("lead", "DATE_TRUNC('week', created_on) = DATE '2026-04-06'", "created_on")
    assert "DATE_TRUNC" in to_sql(weeks, EXAMPLE, "postgres", APRIL)
    with pytest.raises(ConditionError) as refused:
        to_sql(weeks, EXAMPLE, "snowflake", APRIL)
    assert refused.value.problems[0].code == "dialect_cannot"


def test_a_query_needs_the_dates_it_is_made_for() -> None:
    with pytest.raises(ConditionError) as refused:
        to_sql(Definition("lead", "created_on < as_of", "created_on"), EXAMPLE, "duckdb", Moments())
    assert refused.value.problems[0].code == "moment_missing"


@pytest.mark.parametrize(
    "where",
    [
        "r.\"source\" = 'seminar' AND random() > 0",
        "r.\"source\" SIMILAR TO 'seminar'",
        "r.\"source\" LIKE 'a' ESCAPE '!'",
        'EXISTS (SELECT 1 FROM "meeting" AS x WHERE x."lead_id" <> r."lead_id" AND (1 = 1))',
        'r."created_on" > CURRENT_DATE',
        "TRIM(r.\"department\") = 'a'",
        "LOWER(r.\"department\") = 'a'",
        "DATE_TRUNC('day', r.\"created_on\") = DATE '2026-01-01'",
        'r."source" IN (SELECT 1)',
        'r."unknown" = 1',
    ],
)
def test_what_no_condition_writes_is_not_read(where: str) -> None:
    with pytest.raises((Unreadable, ConditionError)):
        read_back(f'SELECT 1 FROM "lead" AS r WHERE {where}', EXAMPLE, "lead", "duckdb")


def test_a_join_that_is_not_the_declared_one_is_not_read() -> None:
    for join in (
        'JOIN "company" AS r_company ON r_company."company_id" = r."company_id"',
        'LEFT JOIN "company" AS r_company ON r_company."company_id" = r."lead_id"',
        'LEFT JOIN "company" AS r_company ON r_company."region" = r."company_id"',
    ):
        with pytest.raises((Unreadable, KeyError)):
            read_back(f'SELECT 1 FROM "lead" AS r {join} WHERE r_company."employees" > 1', EXAMPLE, "lead", "duckdb")
