# ruff: noqa: E501 -- tables of cases read better in one line each.
"""A Japanese reader meets English only as what was typed, the language's own words, and declared names."""

import re
from collections.abc import Iterator

import pytest

from registry.conditions import Definition, Problem, check, counting, problems
from registry.conditions.problems import ConditionError
from registry.conditions.tokens import WORDS
from tests.conditions.example import EXAMPLE, METRICS
from tests.conditions.test_parse import REFUSED

LATIN = re.compile(r"[A-Za-z][A-Za-z_]*")
STANDARDS = {"SQL", "YAML", "CSV", "Parquet"}
MORE = [
    "company.employees >=", "company.employees >= AND", "(consent IS TRUE", "consent IS TRUE)", "consent IS",
    "consent IS MAYBE", "department NOT", "company.", "EXISTS (consent)", "EXISTS (SELECT 1 FROM 5)",
    "EXISTS (SELECT 1 FROM lead.meetings)", "EXISTS (SELECT 1 FROM lead.meetings lead WHERE 1 = 1)", "CASE consent END = 1",
    "CASE WHEN consent IS TRUE 1", "created_on > DATE 5", "従業員 >= 1", "nothing = 1", "is_meeting", "created_on = 5",
    "consent = 5", "company.employees = 'a'", "source = 5", "source = relation", "department = company.employees",
    "EXISTS (SELECT 1 FROM lead.meetings m WHERE m.nothing = 1)", "EXISTS (SELECT 1 FROM lead.meetings m WHERE m.a.b = 1)",
    "EXISTS (SELECT 1 FROM lead.meetings m WHERE is_target_lead)", "LENGTH(department) >= 'a'", "LENGTH(department) > 5000",
    "COUNT(created_on) > 1", "company.employees + department > 1", "created_on + INTERVAL 2 > as_of", "consent > TRUE",
    "department = 'a' OR consent IS TRUE AND email_valid IS TRUE", "INTERVAL 3 DAY > 1", "EXTRACT(HOUR FROM created_on) = 1",
    "created_on IS TRUE", "company.employees > 1.1234567", "company.employees => 5", "1 2",
    "(SELECT MAX(m.status) FROM lead.meetings m) = 'held'", "(SELECT COUNT(DISTINCT 1) FROM lead.meetings m) = 1",
    "COALESCE(consent, 1) = TRUE", "source IN ()", "source IN 'seminar'", "company.employees BETWEEN 1", "LIKE 'a'",
    "LOWER(department, 1) = 'a'", "CAST(created_on) = 1", "DATE_TRUNC('day', created_on) = as_of", "x" * 10_001, "(" * 30,
]  # fmt: skip


def refusals() -> Iterator[tuple[str, Problem]]:
    for text in [*(each[0] for each in REFUSED), *MORE]:
        for found in problems(text, EXAMPLE, "lead", METRICS):
            yield text, found


def english_in(said: str, typed: str) -> set[str]:
    """The words of a Japanese sentence that nobody typed, declared, or has to type."""
    declared = set(EXAMPLE.entities)
    for entity in EXAMPLE.entities.values():
        declared |= {*entity.fields, *entity.relations, *entity.parents}
        declared |= {value for each in entity.fields.values() for value in each.type.values}
    allowed = {*WORDS, *STANDARDS, *LATIN.findall(typed), *declared, *(f"is_{key}" for key in METRICS), *METRICS}
    return set(LATIN.findall(said)) - allowed - {word.lower() for word in WORDS}


def test_every_text_of_the_catalogue_is_refused() -> None:
    assert [text[:60] for text in MORE if not problems(text, EXAMPLE, "lead", METRICS)] == []


def test_no_japanese_refusal_holds_an_english_word_that_nobody_typed() -> None:
    leaks = {(found.code, tuple(words)) for text, found in refusals() if (words := english_in(found.message_ja, text))}
    assert leaks == set()


def test_no_record_is_called_by_its_key_where_it_has_a_name() -> None:
    (unknown,) = problems("nothing = 1", EXAMPLE, "lead", METRICS)
    assert unknown.message_ja.startswith("リードに")
    (elsewhere,) = problems("is_meeting", EXAMPLE, "lead", METRICS)
    assert "商談" in elsewhere.message_ja


def test_no_japanese_finding_holds_an_english_word_that_nobody_typed() -> None:
    texts = ["source <> 'seminar'", "company.employees > 5 AND company.employees > 3", "created_on < created_on",
             "NOT is_target_lead", "consent IS TRUE OR consent IS NOT TRUE"]  # fmt: skip
    leaks = {
        (found.code, tuple(words))
        for text in texts
        for found in check(text, EXAMPLE, "lead", METRICS)
        if (words := english_in(found.message("ja"), text))
    }
    assert leaks == set()


@pytest.mark.parametrize("words", [{"dated_by": "consent"}, {"counting_key": ("nothing",)}, {"sums": "department"}])
def test_no_japanese_refusal_of_how_it_is_counted_holds_one_either(words: dict[str, object]) -> None:
    given = {"counts": "lead", "condition": "consent IS TRUE", "dated_by": "created_on", "counting_key": ("lead_id",)}
    with pytest.raises(ConditionError) as refused:
        counting(Definition(**(given | words)), EXAMPLE, METRICS)  # type: ignore[arg-type]
    for found in refused.value.problems:
        assert english_in(found.message_ja, " ".join(map(str, words.values()))) == set()
