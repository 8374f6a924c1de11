"""Hostile and fuzzed conditions: nothing outside the language runs, nothing crashes, nothing outlives its caps."""

import time
from collections.abc import Iterable
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pytest

from registry.conditions import ConditionError, parse, problems
from registry.conditions.dialects import DIALECTS
from registry.conditions.evaluate import evaluator
from registry.conditions.sql import Writer
from registry.conditions.tree import Condition
from registry.conditions.vocabulary import Vocabulary
from registry.conditions.worker import MEGABYTES, Overrun, Workers
from tests.conditions.engines import Engine
from tests.conditions.example import AS_OF, EXAMPLE, METRICS
from tests.conditions.generate import MOMENTS, WORLD, records
from tests.conditions.hostile import PAYLOADS, exhausting, fuzzed, injections, says_only_conditions


def read(text: str, vocabulary: Vocabulary, entity: str, metrics: Any = None) -> Condition | None:
    """The tree, or nothing where the text is refused in words, at a place inside it."""
    refused = problems(text, vocabulary, entity, metrics)
    for problem in refused:
        assert 0 <= problem.start <= problem.end <= len(text), text
        assert problem.message("ja"), text
        assert problem.message("en"), text
    return None if refused else parse(text, vocabulary, entity, metrics)


def injected(texts: Iterable[str]) -> list[Condition]:
    """The trees of the texts that are conditions; whatever is written from them only asks."""
    trees = []
    for text in texts:
        if (tree := read(text, EXAMPLE, "lead", METRICS)) is None:
            continue
        trees.append(tree)
        for name, dialect in DIALECTS.items():
            writer = Writer(dialect, EXAMPLE, "lead", AS_OF)
            try:
                condition = writer.write(tree)
            except ConditionError:
                continue
            assert says_only_conditions(f"SELECT 1 {writer.source()} WHERE {condition}", name, EXAMPLE), text
    return trees


def fuzz(number: int) -> tuple[int, float]:
    """How many of the texts are conditions, and the seconds of the slowest; each of those runs and agrees."""
    rows = records(Random(8), 5)
    engine, kept, slowest = Engine("duckdb", WORLD, "visit", rows), 0, 0.0
    for text in fuzzed(Random(9), number):
        started = time.process_time()
        tree = read(text, WORLD, "visit")
        slowest = max(slowest, time.process_time() - started)
        if tree is None:
            continue
        kept += 1
        writer = Writer(DIALECTS["duckdb"], WORLD, "visit", MOMENTS)
        condition = writer.write(tree)
        if kept % 10 == 0:
            assert says_only_conditions(f"SELECT 1 {writer.source()} WHERE {condition}", "duckdb", WORLD), text
            judge = evaluator(tree, WORLD, "visit", MOMENTS)
            assert engine.ask(tree, MOMENTS) == {row["visit_id"]: judge(row) for row in rows}, text
    engine.close()
    return kept, slowest


def exhaust(texts: Iterable[str]) -> dict[str, float]:
    """Asks a worker everything about each text; the longest wait in seconds and the most memory in megabytes."""
    found: dict[str, float] = {"asked": 0, "killed": 0, "seconds": 0, "megabytes": 0}
    with Workers() as workers:
        workers.run("problems", "consent = TRUE", EXAMPLE, "lead", seconds=60)
        for text in texts:
            for question in (("check", text), ("compare", text, f"({text}) AND LENGTH(department) > 9")):
                started = time.monotonic()
                try:
                    workers.run(*question, EXAMPLE, "lead", METRICS, AS_OF)
                except Overrun:
                    found["killed"] += 1
                except ConditionError as error:
                    if error.problems[0].code == "worker_failed":
                        raise
                found["asked"] += 1
                found["seconds"] = max(found["seconds"], time.monotonic() - started)
                found["megabytes"] = max(found["megabytes"], peak(workers))
                workers.run("problems", "consent = TRUE", EXAMPLE, "lead", seconds=60)
    return found


def peak(workers: Workers) -> float:
    """The most memory the worker has ever had, by the kernel's own count."""
    status = Path(f"/proc/{workers._idle.queue[0].popen.pid}/status").read_text(encoding="ascii")  # type: ignore[union-attr]
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def test_hostile_conditions_are_refused_or_only_ask() -> None:
    texts = list(injections())
    assert len(texts) >= 1_000
    kept = injected(texts[::7])
    assert kept


def test_a_hostile_text_is_a_value_like_any_other() -> None:
    connection = duckdb.connect()
    for payload in PAYLOADS:
        text = "department = '{}'".format(payload.replace("'", "''"))
        if (tree := read(text, EXAMPLE, "lead")) is not None:
            written = Writer(DIALECTS["duckdb"], EXAMPLE, "lead", AS_OF).write(tree)
            asked = f"SELECT {written} FROM (SELECT ? AS department) AS r"
            assert connection.execute(asked, [payload]).fetchone() == (True,), payload
            assert connection.execute(asked, ["other"]).fetchone() == (False,), payload


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1 FROM lead; DROP TABLE lead",
        "SELECT 1 FROM registry_user AS r",
        "SELECT 1 FROM lead AS r WHERE read_text('/etc/passwd') = 'a'",
        "SELECT 1 FROM lead AS r WHERE r.password = 'a'",
        "SELECT 1 FROM lead AS r UNION SELECT 1 FROM lead AS r",
        "SELECT 1 FROM lead AS r /* hidden */ WHERE r.consent",
    ],
)
def test_what_asks_for_more_than_a_condition_would_be_noticed(sql: str) -> None:
    assert not says_only_conditions(sql, "duckdb", EXAMPLE)


def test_fuzzed_conditions_are_refused_at_a_place_or_run_as_the_reference_does() -> None:
    kept, slowest = fuzz(1_500)
    assert kept > 100
    assert slowest < 1


@pytest.mark.slow
def test_exhausting_conditions_are_killed_in_time_and_stay_within_their_memory() -> None:
    found = exhaust(exhausting(Random(7), 6))
    assert found["seconds"] <= 3
    assert found["megabytes"] <= MEGABYTES


@pytest.mark.nightly
def test_every_hostile_condition_is_refused_or_only_asks() -> None:
    injected(injections())


@pytest.mark.nightly
def test_a_thousand_hostile_conditions_never_outlive_their_caps() -> None:
    texts = [*exhausting(Random(7), 150), *injections()]
    found = exhaust(texts)
    assert found["seconds"] <= 3
    assert found["megabytes"] <= MEGABYTES


@pytest.mark.nightly
def test_a_hundred_thousand_fuzzed_conditions_never_crash() -> None:
    _, slowest = fuzz(100_000)
    assert slowest < 1
