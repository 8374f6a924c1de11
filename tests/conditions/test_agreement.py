"""The reference, the solver's encoding, DuckDB and PostgreSQL answer every record alike, in three values."""

from random import Random
from typing import Any

import pytest
import z3

from registry.conditions.encode import Encoder
from registry.conditions.evaluate import evaluator
from registry.conditions.resolve import resolve_text
from registry.conditions.rows import MICROSECONDS, Row, Rows, TextVariable
from tests.conditions.engines import Engine, needs_postgres
from tests.conditions.generate import MOMENTS, WORLD, Conditions, records

ROWS = 60

SOLVER_MILLISECONDS = 1_000


def generated(seed: int, number: int) -> list[str]:
    random = Random(seed)
    return [Conditions(random).condition() for _ in range(number)]


def agree(engine: Engine, texts: list[str], rows: list[dict[str, Any]]) -> None:
    for text in texts:
        tree = resolve_text(text, WORLD, "visit")
        judge = evaluator(tree, WORLD, "visit", MOMENTS)
        expected = {row["visit_id"]: judge(row) for row in rows}
        assert engine.ask(tree, MOMENTS) == expected, text


def test_duckdb_answers_as_the_reference_does() -> None:
    rows = records(Random(1), ROWS)
    engine = Engine("duckdb", WORLD, "visit", rows)
    agree(engine, generated(2, 250), rows)
    engine.close()


@needs_postgres
def test_postgresql_answers_as_the_reference_does() -> None:
    rows = records(Random(1), ROWS)
    engine = Engine("postgres", WORLD, "visit", rows)
    agree(engine, generated(2, 250), rows)
    engine.close()


def test_the_encoding_answers_as_the_reference_does() -> None:
    assert encoding_agrees(generated(3, 150), records(Random(4), 3)) <= 5


@pytest.mark.nightly
def test_all_engines_agree_on_five_thousand_conditions() -> None:
    rows = records(Random(5), ROWS)
    texts = generated(6, 5_000)
    engine = Engine("duckdb", WORLD, "visit", rows)
    agree(engine, texts, rows)
    engine.close()
    assert encoding_agrees(texts, rows[:2]) <= 100


@pytest.mark.nightly
@needs_postgres
def test_postgresql_agrees_on_five_thousand_conditions() -> None:
    rows = records(Random(5), ROWS)
    engine = Engine("postgres", WORLD, "visit", rows)
    agree(engine, generated(6, 5_000), rows)
    engine.close()


def encoding_agrees(texts: list[str], rows: list[dict[str, Any]]) -> int:
    """With every variable fixed to a record's value, the encoding must say what the reference says.

    Gives the number of questions to which the solver found no answer in its time.
    """
    unsaid = 0
    for text in texts:
        tree = resolve_text(text, WORLD, "visit")
        judge = evaluator(tree, WORLD, "visit", MOMENTS)
        for row in rows:
            encoder = Encoder(WORLD, "visit", MOMENTS, [tree])
            for plan in encoder.plan.relations.values():
                plan.rows = max(plan.rows, len(row["orders"]))
            truth = encoder.truth(tree)
            try:
                found = said(encoder, truth, row)
            except Unsaid:
                unsaid += 1
            else:
                assert found == judge(row), (text, row)
    return unsaid


class Unsaid(Exception):
    """The solver found no answer in its time, so this record says nothing about the encoding."""


def said(encoder: Encoder, truth: Any, record: dict[str, Any]) -> bool | None:
    answers = {}
    for name in ("true", "false"):
        solver = z3.SimpleSolver()
        solver.set("timeout", SOLVER_MILLISECONDS)
        solver.add(*encoder.rules, *pinned(encoder.rows, record), getattr(truth, name))
        answer = solver.check()
        if answer == z3.unknown:
            raise Unsaid
        answers[name] = answer == z3.sat
    assert answers != {"true": True, "false": True}, "both true and false"
    return {(True, False): True, (False, True): False}.get((answers["true"], answers["false"]))


def pinned(rows: Rows, record: dict[str, Any]) -> list[Any]:
    """Every variable equal to the record's value; equal texts get the same place in their class."""
    places: dict[tuple[int, str], int] = {}
    found = pinned_row(rows, rows.root, record, places)
    for path, row in list(rows.above.items()):
        if path and record[path[0]] is not None:
            found += pinned_row(rows, row, record[path[0]], places)
    for below in rows.below.values():
        for index, row in enumerate(below):
            there = index < len(record["orders"])
            found.append(row.there == there)
            if there:
                found += [*pinned_row(rows, row, record["orders"][index], places), row.copies == 1]
    return found


def pinned_row(rows: Rows, row: Row, values: dict[str, Any], places: dict[tuple[int, str], int]) -> list[Any]:
    found = []
    for name, term in row.terms.items():
        value = values.get(name)
        if value is None:
            found.append(term.null)
        elif isinstance(term.value, TextVariable):
            found += [z3.Not(term.null), *pinned_text(rows, term.value, value, places)]
        else:
            found += [z3.Not(term.null), term.value == number_of(value, row.entity.fields[name].type)]
    return found


def pinned_text(rows: Rows, text: TextVariable, value: str, places: dict[tuple[int, str], int]) -> list[Any]:
    fitting = [
        index
        for index, kind in enumerate(rows.classes(text.group))
        if all(ask.holds(value) == told for ask, told in kind.answers.items())
    ]
    assert len(fitting) == 1, "a text belongs to exactly one class"
    taken = [place for (index, _), place in places.items() if index == fitting[0]]
    place = places.setdefault((fitting[0], value), len(taken))
    single = len(rows.classes(text.group)[fitting[0]].texts) == 1
    return [text.kind == fitting[0], text.which == (0 if single else place)]


def number_of(value: Any, kind: Any) -> Any:
    match kind.kind:
        case "enum":
            return kind.values.index(value)
        case "decimal":
            return int(value.scaleb(kind.scale))
        case "date":
            return value.toordinal()
        case "timestamp":
            time = ((value.hour * 60 + value.minute) * 60 + value.second) * 10**6 + value.microsecond
            return value.toordinal() * MICROSECONDS + time
    return value
