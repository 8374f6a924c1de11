"""Capped processes: killed when they overrun, warm for the next question, never more memory than allowed."""

import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from registry.conditions import ConditionError
from registry.conditions.worker import LIBRARIES, MEGABYTES, Overrun, Workers
from tests.conditions.example import AS_OF, EXAMPLE, METRICS

HARD = " OR ".join(f"(department LIKE '%{a}%{b}%{c}%{a}%')" for a in "abcd" for b in "efgh" for c in "ij")


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    with Workers() as found:
        found.run("problems", "consent = TRUE", EXAMPLE, "lead", seconds=60)
        yield found


def test_a_worker_gives_the_answer_of_the_package(workers: Workers) -> None:
    found = workers.run(
        "compare", "company.employees >= 100", "company.employees >= 50", EXAMPLE, "lead", METRICS, AS_OF
    )
    assert found.verdict == "wider"


def test_a_refusal_comes_back_with_its_places(workers: Workers) -> None:
    with pytest.raises(ConditionError) as refused:
        workers.run("parse", "employes >= 100", EXAMPLE, "lead")
    assert refused.value.problems[0].code == "unknown_field_meant"


def test_a_question_that_takes_too_long_is_killed_and_the_next_one_answered(workers: Workers) -> None:
    started = time.monotonic()
    with pytest.raises(Overrun) as killed:
        workers.run("compare", HARD, f"({HARD}) AND department <> 'x'", EXAMPLE, "lead", seconds=0.05)
    assert time.monotonic() - started < 3
    assert killed.value.problems[0].code == "worker_time"
    assert workers.run("problems", "consent = TRUE", EXAMPLE, "lead", seconds=60) == []


@pytest.mark.nightly
def test_a_million_leads_are_taken_in_and_counted_within_the_cap() -> None:
    """Fewer than a worker may have, with two million meetings beside them and every promise checked."""
    asked = [sys.executable, "-m", "tests.bench.large_count", "worker"]
    said, counted = subprocess.run(asked, check=True, capture_output=True, text=True).stdout.splitlines()
    assert int(said.split("memory ")[1].removesuffix(" MB")) < MEGABYTES
    assert counted.count("MonthCount(") == 24


def test_a_process_that_needs_too_much_memory_is_killed() -> None:
    with Workers(megabytes=20) as small, pytest.raises(Overrun) as killed:
        small.run("problems", "consent = TRUE", EXAMPLE, "lead", seconds=60)
    assert killed.value.problems[0].code == "worker_memory"


def test_the_kernel_refuses_a_worker_more_memory_than_its_cap(workers: Workers) -> None:
    process = workers._idle.queue[0]
    assert process is not None
    limit = (MEGABYTES - LIBRARIES) * 2**20
    assert resource.prlimit(process.popen.pid, resource.RLIMIT_DATA) == (limit, limit)


@pytest.mark.parametrize(("wanted", "code"), [(50, 0), (350, 1)])
def test_a_cap_leaves_what_it_allows_and_refuses_the_rest(wanted: int, code: int) -> None:
    asked = f"from registry.conditions.worker import LIBRARIES, cap; cap(LIBRARIES + 300); bytearray({wanted} * 2**20)"
    found = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=False)
    assert found.returncode == code
    assert ("MemoryError" in found.stderr) == bool(code)


def test_only_the_functions_of_the_package_can_be_asked(workers: Workers) -> None:
    with pytest.raises(ConditionError):
        workers.run("eval", "1 + 1")


def test_a_mistake_inside_is_a_sentence_and_the_process_lives_on(workers: Workers) -> None:
    with pytest.raises(ConditionError) as failed:
        workers.run("explain", "consent = TRUE", EXAMPLE, "lead", "fr")
    assert failed.value.problems[0].code == "worker_failed"
    assert workers.run("problems", "consent = TRUE", EXAMPLE, "lead") == []


def test_the_language_needs_no_django() -> None:
    package = Path(__file__).resolve().parents[2] / "registry" / "conditions"
    assert not any("django" in line.lower().split("#")[0] and "import" in line
                   for path in package.glob("*.py") for line in path.read_text(encoding="utf-8").splitlines()
                   if line.startswith(("import", "from")))  # fmt: skip
