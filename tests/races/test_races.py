"""Real processes writing at the same moment, on the database the tests are run on."""

import json
import os
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import needs

ROOT = Path(__file__).parent.parent.parent
WRITERS = 8
ROUNDS = 6

pytestmark = pytest.mark.races


class Race:
    """A database of its own, and processes that start acting in it together."""

    def __init__(self, address: str) -> None:
        self.environment = os.environ | {
            "DATABASE_URL": address,
            "GOI_DEBUG": "1",
            "GOI_RACE_ORIGIN": str(time.time()),
        }

    def alone(self, task: str, *arguments: object) -> Any:
        return self.together((task, *arguments))[0]

    def together(self, *tasks: tuple[object, ...]) -> list[Any]:
        """What each task answers. They set themselves up first and begin when all are ready."""
        runners = [self._start(*task) for task in tasks]
        for runner in runners:
            assert runner.stdout.readline() == "ready\n", runner.communicate()[1]
        for runner in runners:
            runner.stdin.write("go\n")
            runner.stdin.flush()
        answers = [runner.communicate(timeout=120) for runner in runners]
        for runner, (_, errors) in zip(runners, answers, strict=True):
            assert runner.returncode == 0, errors
        return [json.loads(answer) for answer, _ in answers]

    def _start(self, *task: object) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "tests.races.worker", *map(str, task)],
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


@pytest.fixture
def race(tmp_path: Path) -> Iterator[Race]:
    address = needs.postgres()
    if address is None:
        yield Race(f"sqlite:///{tmp_path / 'race.sqlite3'}")
        return
    import psycopg

    name = f"goi_race_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        yield Race(address.rsplit("/", 1)[0] + f"/{name}")
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.mark.parametrize("seconds", [4, pytest.param(20, marks=pytest.mark.slow)], ids=["a moment", "twenty seconds"])
def test_eight_writers_lose_nothing_and_publish_nothing_twice(race: Race, seconds: int):
    """Any error but a refusal, "database is locked" included, would end a writer and fail the test."""
    race.alone("prepare")
    reports = race.together(*(("write_away", seed, seconds) for seed in range(WRITERS)))
    after = race.alone("verify")
    assert after["flaws"] == []
    for kind, recorded in (("seals", after["seals"]), ("objections", after["objections"])):
        acknowledged = [number for report in reports for number in report["acknowledged"][kind]]
        assert sorted(acknowledged) == sorted(recorded)[-len(acknowledged) :]
    proposed = [number for report in reports for number in report["acknowledged"]["proposals"]]
    assert {str(number) for number in proposed} <= after["states"].keys()
    assert all(sum(report["outcomes"].values()) for report in reports)


def test_two_last_seals_at_the_same_moment_publish_once(race: Race):
    proposals = [first for first, _ in race.alone("prepare", ROUNDS)["pairs"]]
    answers = race.together(("seal_each", "ryo", "marketing", *proposals), ("seal_each", "naoko", "sales", *proposals))
    assert answers == [["done"] * ROUNDS] * 2
    after = race.alone("verify")
    assert after["flaws"] == []
    assert {after["states"][str(number)] for number in proposals} == {"published"}


def test_two_signatories_of_one_team_fill_its_place_once(race: Race):
    proposals = [first for first, _ in race.alone("prepare", ROUNDS)["pairs"]]
    answers = race.together(("seal_each", "naoko", "sales", *proposals), ("seal_each", "koji", "sales", *proposals))
    for outcomes in zip(*answers, strict=True):
        assert sorted(outcomes) == ["done", "place_filled"]
    assert race.alone("verify")["flaws"] == []


def test_two_proposals_that_make_the_same_metric_publish_one(race: Race):
    pairs = race.alone("prepare", ROUNDS)["pairs"]
    firsts, seconds = zip(*pairs, strict=True)
    race.alone("seal_each", "ryo", "marketing", *firsts, *seconds)
    answers = race.together(("seal_each", "naoko", "sales", *firsts), ("seal_each", "koji", "sales", *seconds))
    for outcomes in zip(*answers, strict=True):
        assert sorted(outcomes) in (["done", "stale"], ["done", "duplicate_key"])
    after = race.alone("verify")
    assert after["flaws"] == []
    for pair in pairs:
        assert Counter(after["states"][str(number)] for number in pair) == {"published": 1, "in_review": 1}


def test_whoever_is_deactivated_meanwhile_no_longer_agrees(race: Race):
    """Seals pressed before count until the seat is gone, and not a moment longer."""
    proposals = [first for first, _ in race.alone("prepare", ROUNDS)["pairs"]]
    race.alone("seal_each", "ryo", "marketing", *proposals)
    left, sealed = race.together(
        ("deactivate_at_length", "ryo", "megumi", 1), ("seal_each", "naoko", "sales", *proposals)
    )
    assert (left, sealed) == (["done"], ["done"] * ROUNDS)
    after = race.alone("verify")
    since = after["acts"][after["acts"].index("deactivated") :]
    assert "sealed" in since, "the deactivation came too late to meet a seal"
    assert "published" not in since
    assert after["flaws"] == []


def test_the_last_two_stewards_cannot_deactivate_each_other(race: Race):
    race.alone("prepare")
    answers = race.together(("deactivate", "makoto", "megumi"), ("deactivate", "megumi", "makoto"))
    assert sorted(answers) == [["done"], ["inactive"]]
    after = race.alone("verify")
    assert len(after["stewards"]) == 1
    assert after["flaws"] == []
