"""The known traps, each of which gave somebody a silent wrong answer; numbered as in docs/conditions.md."""

import subprocess
import sys
import time
from datetime import date
from itertools import product
from pathlib import Path

import duckdb
import pytest
import sqlglot
from sqlglot import exp

from registry.conditions import DIALECTS, Agreed, Moments, compare, parse
from registry.conditions.confirm import confirmed
from registry.conditions.conformance import conformance
from registry.conditions.counting import Definition, counting
from registry.conditions.evaluate import evaluate
from registry.conditions.meaning import matches
from registry.conditions.months import months_sql
from registry.conditions.readback import read_back
from registry.conditions.records import Records, shape
from registry.conditions.search import Search
from registry.conditions.sql import Writer
from registry.conditions.text_automata import Ask, classes
from registry.conditions.worker import Overrun, Workers
from tests.conditions.example import AS_OF, EXAMPLE


def sql(text: str, dialect: str) -> str:
    return Writer(DIALECTS[dialect], EXAMPLE, "lead", AS_OF).write(parse(text, EXAMPLE, "lead"))


@pytest.mark.parametrize("dialect", DIALECTS)
def test_1_a_negation_that_the_parser_hides_in_an_argument_is_seen(dialect: str) -> None:
    hidden = sqlglot.parse_one("SELECT 1 WHERE a NOT LIKE 'x'", dialect="duckdb").args["where"].this
    assert isinstance(hidden, exp.Like)
    assert hidden.args["negate"] is True
    for text in ("department NOT LIKE 'a%'", "department IS NOT NULL", "source NOT IN ('seminar')"):
        writer = Writer(DIALECTS[dialect], EXAMPLE, "lead", AS_OF)
        condition = writer.write(parse(text, EXAMPLE, "lead"))
        again = read_back(f"SELECT 1 {writer.source()} WHERE {condition}", EXAMPLE, "lead", dialect)
        record = {"department": "abc", "source": "seminar"}
        judged = [evaluate(tree, record, EXAMPLE, "lead") for tree in (parse(text, EXAMPLE, "lead"), again)]
        assert judged[0] == judged[1]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_2_no_dialect_is_given_is_true_nor_the_distinct_it_lacks(dialect: str) -> None:
    assert "IS TRUE" not in sql("(company.employees > 1) IS TRUE AND consent IS NOT FALSE", dialect)
    spelled = sql("unsubscribed_on IS DISTINCT FROM created_on", dialect)
    assert ("DISTINCT" in spelled) == (dialect in ("duckdb", "postgres"))


def test_3_no_simplifying_of_the_parser_is_used() -> None:
    text = "department IS NOT DISTINCT FROM 'a' AND (department = 'b' OR NOT (department = 'b'))"
    assert compare(text, "department = 'a'", EXAMPLE, "lead").verdict == "same"
    package = Path(__file__).resolve().parents[2] / "registry" / "conditions"
    assert not any("sqlglot.optimizer" in path.read_text(encoding="utf-8") for path in package.glob("*.py"))


def test_4_month_ends_clamp_one_step_at_a_time() -> None:
    once, twice = (
        "created_on > as_of - INTERVAL 6 MONTH",
        "created_on > as_of - INTERVAL 3 MONTH - INTERVAL 3 MONTH",
    )
    found = compare(once, twice, EXAMPLE, "lead", moments=Moments(as_of=date(2026, 5, 31)))
    assert found.verdict == "wider"
    assert found.gained is not None
    assert found.gained.record["created_on"] in (date(2025, 11, 29), date(2025, 11, 30))


def test_5_trimming_removes_the_same_spaces_in_every_engine() -> None:
    for text in ("\u3000営業部 ", "\t営業部"):
        written = sql("TRIM(department) = '営業部'", "duckdb")
        found = duckdb.connect().execute(f"SELECT {written} FROM (SELECT '{text}' AS department) AS r").fetchone()
        tree = parse("TRIM(department) = '営業部'", EXAMPLE, "lead")
        assert found == (evaluate(tree, {"department": text}, EXAMPLE, "lead"),)
    assert all("\u3000" in sql("TRIM(department) = 'a'", dialect) for dialect in DIALECTS)


def test_6_hard_text_patterns_are_decided_exactly_and_fast() -> None:
    asks = [Ask((), "like", "%a%b%c%"), Ask((), "like", "%c%b%a%"), Ask(("LOWER",), "like", "_a%a_"),
            Ask((), "length", 7, "<=")]  # fmt: skip
    started = time.process_time()
    found = classes(asks)
    assert time.process_time() - started < 2
    assert len({tuple(kind.answers.values()) for kind in found}) == len(found)
    assert all(ask.holds(text) == told for kind in found for text in kind.texts for ask, told in kind.answers.items())
    pair = ("department LIKE '%a%b%c%' AND LENGTH(department) <= 3", "department = 'abc'")
    assert compare(*pair, EXAMPLE, "lead").verdict == "same"


def test_6_every_small_pattern_fits_the_texts_it_says() -> None:
    texts = ["".join(each) for length in range(5) for each in product("ab", repeat=length)]
    for like in ("".join(each) for length in range(6) for each in product("ab_%", repeat=length)):
        asked = Ask((), "like", like)
        assert [matches(text, like, False) for text in texts] == [asked.holds(text) for text in texts], like


def test_6_many_wildcards_cost_no_time() -> None:
    started = time.process_time()
    assert not matches("a" * 100, "%a" * 6 + "%b", False)
    assert matches("ab" * 2_000, "%a" * 500 + "%b", True)
    assert time.process_time() - started < 1


def test_7_not_of_unknown_is_unknown_and_does_not_count() -> None:
    for text in ("company.industry = 'it'", "NOT (company.industry = 'it')"):
        record = {"company": {"industry": None}}
        assert evaluate(parse(text, EXAMPLE, "lead"), record, EXAMPLE, "lead") is None


def test_8_a_hostile_question_is_killed_from_outside() -> None:
    old = " OR ".join(f"(department LIKE '%{a}%{b}%{c}%' AND created_on + INTERVAL {ord(a)} MONTH > unsubscribed_on)"
                      for a in "abc" for b in "def" for c in "ghi")  # fmt: skip
    with Workers() as workers:
        workers.run("problems", "consent = TRUE", EXAMPLE, "lead", seconds=30)
        started = time.monotonic()
        with pytest.raises(Overrun):
            workers.run("compare", old, f"({old}) AND LENGTH(department) > 9", EXAMPLE, "lead", seconds=0.05)
        assert time.monotonic() - started < 3
        assert workers.run("compare", "1 = 1", "1 = 2", EXAMPLE, "lead", seconds=30).verdict == "narrower"


def test_9_data_that_breaks_the_promises_behind_a_proof_is_reported() -> None:
    connection = duckdb.connect(":memory:")
    records = Records(EXAMPLE, "lead", shape([parse("company.employees > 1", EXAMPLE, "lead")]))
    tables = records.tables(records.typical())
    for name, entity in EXAMPLE.entities.items():
        columns = ", ".join(f'"{each}" VARCHAR' for each in entity.fields)
        connection.execute(f'CREATE TABLE "{name}" ({columns})')
        for row in tables[name]:
            values = [None if value is None else str(value) for value in row.values()]
            connection.execute(f'INSERT INTO "{name}" VALUES ({", ".join("?" for _ in values)})', values)
    assert conformance(connection, EXAMPLE) == []
    connection.execute("UPDATE lead SET source = 'fax', consent = NULL, created_on = '2026-13-01'")
    connection.execute("UPDATE company SET employees = '0'")
    found = {(each.entity, each.field): each.code for each in conformance(connection, EXAMPLE)}
    assert found == {
        ("lead", "source"): "unknown_value", ("lead", "consent"): "blank", ("lead", "created_on"): "unreadable",
        ("company", "employees"): "out_of_bounds",
    }  # fmt: skip


def test_10_the_parser_is_the_pure_one_and_deep_input_never_reaches_it() -> None:
    assert str(sqlglot.tokens.__file__).endswith(".py")
    command = [sys.executable, "-c", "import sqlglotc"]
    assert subprocess.run(command, capture_output=True, check=False).returncode != 0


def test_11_parentheses_keep_their_meaning_on_the_way_out_and_back() -> None:
    text = (
        "(consent = TRUE OR email_valid = TRUE) AND (source = 'seminar' OR (source = 'referral' AND consent = FALSE))"
    )
    tree = parse(text, EXAMPLE, "lead")
    again = read_back(f'SELECT 1 FROM "lead" AS r WHERE {sql(text, "duckdb")}', EXAMPLE, "lead", "duckdb")
    assert again == tree


def test_12_old_and_new_are_judged_in_one_query_without_filtered_counts() -> None:
    old, new = (counting(Definition("lead", f"company.employees >= {n}", "created_on"), EXAMPLE) for n in (100, 50))
    query = months_sql(old, new, AS_OF)
    assert query.count('FROM "lead"') == 1
    assert "FILTER" not in query


def test_13_workers_stay_warm_between_questions() -> None:
    with Workers() as workers:
        workers.run("compare", "1 = 1", "1 = 2", EXAMPLE, "lead", seconds=30)
        process = workers._idle.queue[0]
        workers.run("compare", "1 = 1", "1 = 2", EXAMPLE, "lead", seconds=30)
        assert workers._idle.queue[0] is process


def test_14_samples_find_the_example_and_the_solver_proves_that_none_is_left() -> None:
    old, new = (parse(f"company.employees >= {number}", EXAMPLE, "lead") for number in (100, 50))
    search = Search(EXAMPLE, "lead", [old, new], AS_OF)
    found = search.find(
        lambda record: search.truth(new, record) is True and search.truth(old, record) is not True,
        lambda encoder: pytest.fail("the samples should have found it"),
    )
    assert found.record is not None
    assert confirmed([old, new], found.record, search.records, AS_OF) == [False, True]
    assert compare("company.employees >= 100", "company.employees > 99", EXAMPLE, "lead").verdict == "same"


def test_a_date_that_is_folded_and_a_metric_keep_their_meaning_together() -> None:
    metrics = {"fresh": Agreed("lead", "created_on >= as_of - INTERVAL 1 MONTH")}
    same = compare("is_fresh", "NOT (created_on < as_of - INTERVAL 1 MONTH)", EXAMPLE, "lead", metrics, AS_OF)
    assert same.verdict == "same"
