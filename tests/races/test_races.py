"""Real processes writing at the same moment, on the database the tests are run on."""

import json
import os
import sqlite3
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests import needs

ROOT = Path(__file__).parent.parent.parent
WRITERS = 8
ROUNDS = 6

pytestmark = pytest.mark.races


class Race:
    """A database of its own, and processes that start acting in it together."""

    def __init__(self, worker: "subprocess.Popen[str]", address: str) -> None:
        self.worker = worker
        self.address = address
        self.origin = time.time()

    def alone(self, task: str, *arguments: object) -> Any:
        return self.together((task, *arguments))[0]

    def together(self, *tasks: tuple[object, ...]) -> list[Any]:
        """What each task returns. They set themselves up first and begin when all are ready."""
        assert self.worker.stdin
        assert self.worker.stdout
        asked = {"address": self.address, "origin": self.origin, "tasks": tasks}
        self.worker.stdin.write(json.dumps(asked) + "\n")
        self.worker.stdin.flush()
        answers = json.loads(self.worker.stdout.readline())
        for returned, told in answers:
            assert returned, told
        return [told for _, told in answers]


@pytest.fixture(scope="module")
def worker() -> Iterator["subprocess.Popen[str]"]:
    """The process that forks those of the races, so that Django is set up once for all of them."""
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "tests.races.worker"],
        cwd=ROOT,
        env=os.environ | {"GOI_DEBUG": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as started:
        yield started
        assert started.stdin
        started.stdin.close()


@pytest.fixture(scope="module")
def founded(worker: "subprocess.Popen[str]", tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path | str]:
    """A database with tables and cast, which every race begins with a copy of: its file, or its name."""
    address = needs.postgres()
    if address is None:
        file = tmp_path_factory.mktemp("races") / "founded.sqlite3"
        Race(worker, f"sqlite:///{file}").alone("found")
        yield file
        return
    with _database(address, "") as name:
        Race(worker, _at(address, name)).alone("found")
        yield name


@pytest.fixture
def race(worker: "subprocess.Popen[str]", founded: Path | str, tmp_path: Path) -> Iterator[Race]:
    if isinstance(founded, Path):
        file = tmp_path / "race.sqlite3"
        with closing(sqlite3.connect(founded)) as source, closing(sqlite3.connect(file)) as copy:
            source.backup(copy)
        yield Race(worker, f"sqlite:///{file}")
        return
    address = needs.postgres()
    assert address, "founded is a name on PostgreSQL"
    with _database(address, f"TEMPLATE {founded}") as name:
        yield Race(worker, _at(address, name))


@contextmanager
def _database(address: str, made: str) -> Iterator[str]:
    """The name of a fresh database, which is gone afterwards."""
    name = f"goi_race_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} {made}")
        yield name
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _at(address: str, name: str) -> str:
    return address.rsplit("/", 1)[0] + f"/{name}"


@pytest.mark.parametrize("seconds", [4, pytest.param(20, marks=pytest.mark.slow)], ids=["a moment", "twenty seconds"])
def test_eight_writers_lose_nothing_and_publish_nothing_twice(race: Race, seconds: int):
    """Any error but a refusal, "database is locked" included, would end a writer and fail the test."""
    reports = race.together(*(("write_away", seed, seconds) for seed in range(WRITERS)))
    after = race.alone("verify")
    assert after["flaws"] == []
    for kind, recorded in (("seals", after["seals"]), ("objections", after["objections"])):
        acknowledged = [number for report in reports for number in report["acknowledged"][kind]]
        assert sorted(acknowledged) == sorted(recorded)[len(recorded) - len(acknowledged) :]
    proposed = [number for report in reports for number in report["acknowledged"]["proposals"]]
    assert {str(number) for number in proposed} <= after["states"].keys()
    assert all(sum(report["outcomes"].values()) for report in reports)


def test_two_last_seals_at_the_same_moment_publish_once(race: Race):
    proposals = [first for first, _ in race.alone("rivals", ROUNDS)]
    answers = race.together(("seal_each", "ryo", "marketing", *proposals), ("seal_each", "naoko", "sales", *proposals))
    assert answers == [["done"] * ROUNDS] * 2
    after = race.alone("verify")
    assert after["flaws"] == []
    assert {after["states"][str(number)] for number in proposals} == {"published"}


def test_two_signatories_of_one_team_fill_its_place_once(race: Race):
    proposals = [first for first, _ in race.alone("rivals", ROUNDS)]
    answers = race.together(("seal_each", "naoko", "sales", *proposals), ("seal_each", "koji", "sales", *proposals))
    for outcomes in zip(*answers, strict=True):
        assert sorted(outcomes) == ["done", "place_filled"]
    assert race.alone("verify")["flaws"] == []


def test_two_proposals_that_make_the_same_metric_publish_one(race: Race):
    pairs = race.alone("rivals", ROUNDS)
    firsts, seconds = zip(*pairs, strict=True)
    race.alone("seal_each", "ryo", "marketing", *firsts, *seconds)
    answers = race.together(("seal_each", "naoko", "sales", *firsts), ("seal_each", "koji", "sales", *seconds))
    for outcomes in zip(*answers, strict=True):
        assert sorted(outcomes) in (["done", "stale"], ["done", "duplicate_key"])
    after = race.alone("verify")
    assert after["flaws"] == []
    for pair in pairs:
        assert Counter(after["states"][str(number)] for number in pair) == {"published": 1, "in_review": 1}


def test_two_proposals_that_give_two_metrics_one_name_publish_one(race: Race):
    firsts, seconds = zip(*race.alone("rivals", ROUNDS, "namesake"), strict=True)
    race.alone("seal_each", "ryo", "marketing", *firsts, *seconds)
    answers = race.together(("seal_each", "naoko", "sales", *firsts), ("seal_each", "koji", "sales", *seconds))
    for outcomes in zip(*answers, strict=True):
        assert sorted(outcomes) == ["done", "look_alike"]
    assert race.alone("verify")["flaws"] == []


def test_whoever_is_deactivated_meanwhile_no_longer_agrees(race: Race):
    """Seals pressed before count until the seat is gone, and not a moment longer."""
    proposals = [first for first, _ in race.alone("rivals", ROUNDS)]
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
    answers = race.together(("deactivate", "makoto", "megumi"), ("deactivate", "megumi", "makoto"))
    # Whoever comes second has lost the account that acts, or would leave nobody, whichever is seen first.
    assert sorted(answers) in ([["done"], ["inactive"]], [["done"], ["last_steward"]])
    after = race.alone("verify")
    assert len(after["stewards"]) == 1
    assert after["flaws"] == []


JOURNALS = [pytest.param("delete", marks=pytest.mark.sqlite), pytest.param("wal", marks=pytest.mark.sqlite)]
JOURNALS += [pytest.param("", marks=pytest.mark.postgres)]


@pytest.mark.parametrize("journal", JOURNALS)
def test_what_is_signed_while_the_record_is_verified_raises_no_alarm(race: Race, tmp_path: Path, journal: str):
    assert race.alone("verify_while_others_sign", str(tmp_path), journal) == []


@pytest.mark.parametrize("journal", JOURNALS)
def test_an_export_during_which_somebody_is_erased_verifies(race: Race, tmp_path: Path, journal: str):
    assert race.alone("export_while_somebody_is_erased", str(tmp_path), journal) == []
