# ruff: noqa: E501 -- tables of cases read better in one line each.
"""What the language accepts, and for everything else the place, a sentence in both languages and a fix."""

import inspect
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random

import pytest

from registry.conditions import (
    Agreed,
    ConditionError,
    check,
    classify,
    compare,
    explain,
    parse,
    problems,
    refers_to,
)
from registry.conditions.dialects import DIALECTS
from registry.conditions.sql import Writer
from registry.conditions.wording import PROBLEMS
from tests.conditions.example import AS_OF, EXAMPLE, METRICS
from tests.conditions.generate import WORLD, Conditions

M = "FROM lead.meetings m"
REFUSED = [
    # text, code, what is marked, fix
    ("created_on < CURRENT_DATE", "clock", "CURRENT_DATE", "as_of"),
    ("created_on < NOW()", "clock", "NOW()", "as_of"),
    ("unsubscribed_on = NULL", "null_compared", "unsubscribed_on = NULL", "unsubscribed_on IS NULL"),
    ("unsubscribed_on <> NULL", "null_compared", "unsubscribed_on <> NULL", "unsubscribed_on IS NOT NULL"),
    ("source IN ('seminar', NULL)", "null_in_list", "source IN ('seminar', NULL)",
     "(source IN ('seminar') OR source IS NULL)"),
    ("company.employees / 2 > 50", "division", "/", None),
    ("company.employees * company.employees > 50", "field_times_field", "company.employees * company.employees", None),
    ("department < 'A'", "text_order", "department < 'A'", None),
    ("department ~ 'a'", "regex", "~", None),
    ("REGEXP_LIKE(department, 'a')", "regex", "REGEXP_LIKE", None),
    (f"EXISTS (SELECT 1 {M} WHERE EXISTS (SELECT 1 {M} WHERE m.minutes > 1))", "nested_relation", None, None),
    ("consent = TRUE AND email_valid = TRUE OR source = 'seminar'", "mixed", None,
     "(consent = TRUE AND email_valid = TRUE) OR source = 'seminar'"),
    ("employes >= 100", "unknown_field_meant", None, None),
    ("従業員数 >= 100", "unknown_field_meant", "従業員数", "company.employees"),
    ("employees >= 100", "unknown_field_meant", "employees", "company.employees"),
    ("source = 'semminar'", "unknown_value_meant", "'semminar'", "'seminar'"),
    ("created_on >= '2026-04-01'", "text_for_date", "'2026-04-01'", "DATE '2026-04-01'"),
    ("company.employees >= '100'", "text_for_number", "'100'", "100"),
    ("consent = 'true'", "text_for_bool", "'true'", "TRUE"),
    ("consent", "value_as_condition", "consent", "consent = TRUE"),
    ("created_on + 14 > as_of", "date_plus_number", "created_on + 14", "created_on + INTERVAL 14 DAY"),
    (f"(SELECT SUM(m.minutes) {M}) > 60", "sums", "SUM", None),
    (f"(SELECT COUNT(m.held_on) {M}) > 1", "count_form", None, None),
    ("company_id IN (SELECT 1 FROM lead.meetings m)", "subquery", None, None),
    (f"EXISTS (SELECT 1 {M} WHERE minutes > 20)", "qualify", "minutes", "m.minutes"),
    (f"EXISTS (SELECT 1 {M} WHERE m.held_on > created_on)", "qualify", "created_on", "lead.created_on"),
    ("EXISTS (SELECT 1 FROM lead.meeting m)", "unknown_relation", "lead.meeting", "lead.meetings"),
    ("meetings.minutes > 20", "relation_as_field", None, None),
    ("company.employees \uff1e\uff1d 100", "write_so", "\uff1e\uff1d", ">="),
    ("company.employees ≧ 100", "write_so", "≧", ">="),
    ("company.employees != 100", "write_so", "!=", "<>"),
    ('source = "seminar"', "double_quotes", '"seminar"', "'seminar'"),
    ("source = 'seminar", "open_quote", "'seminar", "'seminar'"),
    ("1 < company.employees < 100", "chained", None, None),
    ("COALESCE(company.employees) > 1", "coalesce_one", None, None),
    ("department LIKE region", "like_literal", None, None),
    ("department LIKE 'a\\_b'", "like_backslash", None, None),
    ("LENGTH(department) + 1 > 2", "length_alone", None, None),
    ("is_target_lead = TRUE", "metric_as_value", None, None),
    ("is_nothing", "unknown_metric", "is_nothing", None),
    ("is_meeting", "metric_elsewhere", "is_meeting", None),
    ("created_on > DATE '2026-02-30'", "date_form", "DATE '2026-02-30'", None),
    ("created_on - INTERVAL 150 YEAR > as_of", "leaves_calendar", None, None),
    ("company.employees * 999999999999 > 1", "too_large", None, None),
    ("consent = TRUE -- AND email_valid = TRUE", "comment", None, None),
    ("consent = TRUE; DROP TABLE lead", "write_so", ";", ""),
    ("", "ends_early", "", None),
    ("CAST(created_on AS TIMESTAMP) > as_of", "cast", None, None),
    ("DATE_TRUNC('century', created_on) = as_of", "truncate_unit", None, None),
    ("EXTRACT(DAY FROM company.employees) = 1", "calendar_not_date", None, None),
    ("UPPER(company.employees) = 'A'", "not_a_text", None, None),
    ("created_on = company.employees", "types_differ", None, None),
    ("company.employees IN (company.employees)", "in_literals", None, None),
    ("MEDIAN(company.employees) > 1", "function", "MEDIAN", None),
]  # fmt: skip


@pytest.mark.parametrize(("text", "code", "marked", "fix"), REFUSED)
def test_what_the_language_leaves_out_is_refused_at_its_place(
    text: str, code: str, marked: str | None, fix: str | None
) -> None:
    found = problems(text, EXAMPLE, "lead", METRICS)
    assert [each.code for each in found][:1] == [code]
    if marked is not None:
        assert text[found[0].start : found[0].end] == marked
    if fix is not None:
        assert found[0].fix == fix


def test_applying_the_offered_fixes_makes_a_text_that_parses() -> None:
    for text, *_ in REFUSED:
        for _ in range(8):
            found = [each for each in problems(text, EXAMPLE, "lead", METRICS) if each.fix is not None]
            if not found:
                break
            text = text[: found[0].start] + str(found[0].fix) + text[found[0].end :]
        left = [each.code for each in problems(text, EXAMPLE, "lead", METRICS)]
        assert all(each.fix is None for each in problems(text, EXAMPLE, "lead", METRICS)), (text, left)


def test_several_mistakes_are_reported_together_in_the_order_of_the_text() -> None:
    found = problems("source = 'webform' AND consent AND created_on > '2026-01-01'", EXAMPLE, "lead")
    assert [each.code for each in found] == ["unknown_value_meant", "value_as_condition", "text_for_date"]


def test_every_sentence_exists_in_both_languages_with_the_same_blanks_to_fill() -> None:
    import string

    for code, (english, japanese) in PROBLEMS.items():
        names = [{name for _, name, _, _ in string.Formatter().parse(text) if name} for text in (english, japanese)]
        assert {name.removesuffix("_en") for name in names[0]} >= {name.removesuffix("_ja") for name in names[1]}, code
        assert any("\u3040" <= sign <= "\u9fff" for sign in japanese), code


def test_a_circle_of_metrics_is_refused_with_its_path() -> None:
    metrics = {"a": Agreed("lead", "is_b"), "b": Agreed("lead", "NOT is_c"), "c": Agreed("lead", "is_a")}
    with pytest.raises(ConditionError, match="a → b → c → a"):
        parse("is_a", EXAMPLE, "lead", metrics)


def test_a_broken_metric_is_named_where_it_is_referred_to() -> None:
    metrics = {"a": Agreed("lead", "emplyees > 1")}
    (found,) = problems("consent = TRUE AND is_a", EXAMPLE, "lead", metrics)
    assert (found.code, found.start, found.end) == ("metric_broken", 19, 23)


def test_metrics_of_a_parent_are_reached_and_listed() -> None:
    tree = parse("is_won_deal", EXAMPLE, "deal", METRICS)
    assert refers_to(tree) == ("won_deal", "qualified_meeting", "meeting", "follow_lead", "target_lead")


def test_metrics_that_double_at_every_step_are_bounded() -> None:
    metrics = {f"m{step}": Agreed("lead", f"is_m{step + 1} AND is_m{step + 1}") for step in range(18)}
    metrics["m18"] = Agreed("lead", "consent = TRUE")
    (found,) = problems("is_m0", EXAMPLE, "lead", metrics)
    assert found.code == "too_large_expanded"


@pytest.mark.parametrize("leaf", ["consent = TRUE", "emplyees > 1", "is_m0", "is_nobody"])
def test_metrics_that_double_at_every_step_are_understood_once_each(leaf: str) -> None:
    metrics = {f"m{step}": Agreed("lead", f"is_m{step + 1} AND is_m{step + 1}") for step in range(18)}
    metrics["m18"] = Agreed("lead", leaf)
    started = time.process_time()
    found = problems("is_m0", EXAMPLE, "lead", metrics)
    assert len(found) == 1
    assert time.process_time() - started < 1


def test_no_more_problems_are_told_than_anybody_reads() -> None:
    text = " AND ".join(f"nothing{number} = 1" for number in range(400))
    assert len(problems(text, EXAMPLE, "lead")) == 20


NESTED = {
    "NOT": "NOT {}",
    "brackets": "(consent = TRUE OR {})",
    "both": "NOT (consent = TRUE AND {})",
    "a test": "({}) IS NOT TRUE",
}


@pytest.mark.parametrize("form", NESTED.values(), ids=NESTED)
def test_whatever_is_accepted_can_be_dealt_with_inside_a_request(form: str) -> None:
    """As deep as it goes through the metrics it refers to; a request has used a few hundred frames before."""
    metrics = {f"m{step}": Agreed("lead", form.format(f"is_m{step + 1}")) for step in range(60)}
    metrics["m60"] = Agreed("lead", "department = 'a'")
    text = next(f"is_m{step}" for step in range(60) if not problems(f"is_m{step}", EXAMPLE, "lead", metrics))
    refused = problems("is_m0", EXAMPLE, "lead", metrics)
    assert [each.code for each in refused] == ["too_deep_expanded"]
    with frames(600):
        tree = parse(text, EXAMPLE, "lead", metrics)
        assert explain(text, EXAMPLE, "lead", "ja", metrics)
        assert Writer(DIALECTS["duckdb"], EXAMPLE, "lead", AS_OF).write(tree)
        assert classify(text, [({"department": "a", "consent": True}, True)], EXAMPLE, "lead", metrics)
        check(text, EXAMPLE, "lead", metrics)
        compare(text, f"{text} AND LENGTH(department) > 1", EXAMPLE, "lead", metrics)


def test_parentheses_full_of_negations_are_refused_and_do_not_exhaust_the_stack() -> None:
    text = f"({'NOT ' * 23}" * 22 + "consent = TRUE" + ")" * 22
    assert [each.code for each in problems(text, EXAMPLE, "lead")] == ["too_deep"]


@contextmanager
def frames(number: int) -> Iterator[None]:
    """As if only so many frames were left."""
    here, before = len(inspect.stack(0)), sys.getrecursionlimit()
    sys.setrecursionlimit(here + number)
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("consent = TRUE" + " IS TRUE" * 600, "too_deep"),
        ("LOWER(" * 23 + "department" + ")" * 23 + " = 'a'", "too_deep"),
        ("consent = TRUE" + " AND consent = TRUE" * 900, "too_long"),
        ("a=1" + " OR a=1" * 800, "too_many_words"),
        ("(" * 40 + "consent = TRUE" + ")" * 40, "too_deep"),
        ("NOT " * 60 + "consent = TRUE", "too_deep"),
        ("CASE WHEN 1=1 THEN " * 60 + "1" + " END" * 60 + " = 1", "too_deep"),
        ("company.employees" + " + 1" * 60 + " > 1", "too_deep"),
        ("source IN (" + ", ".join(["'x'"] * 600) + ")", "too_many_items"),
    ],
)
def test_text_is_bounded_before_it_is_understood(text: str, code: str) -> None:
    assert problems(text, EXAMPLE, "lead")[0].code == code


HOSTILE = [
    "1=1; DROP TABLE lead", "1=1 UNION SELECT * FROM pg_shadow", "read_csv('/etc/passwd') = 1", "(SELECT 1) = 1",
    "EXISTS (SELECT * FROM lead.meetings m)", "EXISTS (SELECT 1 FROM information_schema.tables t)",
    "pg_sleep(10) IS NULL", "consent = TRUE /* x */", "consent = TRUE -- x", "getenv('HOME') = 'x'",
    "department = $1", "department = ?", "department = :name", "department = E'\\x41'", "department || 'a' = 'b'",
    "department::int = 1", "department COLLATE nocase = 'a'", "lead.* = 1", "department = '\x00'", "\u202econsent = TRUE",
    "consent = TRUE LIMIT 1", "EXISTS (SELECT 1 FROM lead.meetings m, lead.contacts c)", "(1,2) IN ((1,2))",
    "EXISTS (SELECT 1 FROM lead.meetings m WHERE 1=1 GROUP BY 1)", "CASE consent WHEN TRUE THEN 1 END = 1",
    "department LIKE 'a' ESCAPE '!'", "ANY(ARRAY[1]) = 1", "{'a': 1} = 1", "[1][1] = 1", "x -> x + 1 = 1",
    "created_on AT TIME ZONE 'UTC' = as_of", "ROW(1) = ROW(1)", "EXISTS (FROM lead)", "1 = ALL (SELECT 1)",
    "'a' = 'a' 'b'", "1e999 = 1", "0x10 = 16", "1_000 = 1", "١ = 1", "'\ud800' = 'a'", "SET x = 1", "PRAGMA x",
    "lateral.x = 1", "__import__('os') = 1", "{{ 7*7 }} = 49", "%s = 1", "department = '%s' % 1", "copy = 1",
]  # fmt: skip


def test_more_than_a_thousand_hostile_texts_are_refused_without_a_crash() -> None:
    random, tried = Random(7), 0
    for hostile in HOSTILE:
        for frame in ("{}", "consent = TRUE AND ({})", "NOT ({})", "{} AND consent = TRUE", "({}) OR 1 = 1",
                      "EXISTS (SELECT 1 FROM lead.meetings m WHERE {})", "COALESCE({}, 1) = 1", "({}) IS TRUE",
                      "CASE WHEN {} THEN 1 END = 1", "department IN ({})", "created_on > {}"):  # fmt: skip
            for text in (frame.format(hostile), cased(frame.format(hostile), random)):
                tried += 1
                assert problems(text, EXAMPLE, "lead", METRICS), text
    assert tried >= 1_000


def cased(text: str, random: Random) -> str:
    return "".join(random.choice([sign.upper(), sign.lower(), sign]) for sign in text)


def fuzz(number: int, seed: int) -> None:
    """Cuts, doubles and swaps pieces of good conditions: whatever comes out parses or is refused in words."""
    random = Random(seed)
    pieces = [
        "'",
        "(",
        ")",
        " AND ",
        " NULL ",
        "--",
        "\x00",
        "SELECT",
        "🙂",
        "\u3000",
        "9" * 20,
        ".",
        "IS",
        "%",
        "\\",
    ]
    for _ in range(number // 10):
        good = Conditions(random).condition(2)
        for _ in range(10):
            start = random.randrange(len(good))
            end = min(len(good), start + random.randint(0, 12))
            text = good[:start] + random.choice([*pieces, good[start:end] * 2, ""]) + good[end:]
            for found in problems(text, WORLD, "visit"):
                assert 0 <= found.start <= found.end <= len(text)
                assert found.message_en
                assert found.message_ja


def test_damaged_conditions_parse_or_are_refused_in_words() -> None:
    fuzz(2_000, 1)


@pytest.mark.nightly
def test_a_hundred_thousand_damaged_conditions_parse_or_are_refused_in_words() -> None:
    fuzz(100_000, 2)
