"""Seven ways to falsify the record, each at random places: all are found, and nothing is found where nothing is."""

import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from registry import triggers
from registry.models import Membership
from registry.proof import checkpoints
from registry.workflow import people, reviewing
from tests.cast import Cast, in_review, latest, published, revised, seal
from tests.database import undone
from tests.ledger.tampering import KINDS, wrong, wrong_offline

TAMPERS, CLEAN_RUNS = 4, 5
MANY_TAMPERS, MANY_CLEAN_RUNS = 300, 1_000


@pytest.fixture
def agreed(cast: Cast) -> Cast:
    """A ledger with two checkpoints, and no guard left to keep an attacker from its tables."""
    checkpoints.write()
    published(cast, "meeting")
    people.deactivate(cast.koji, by=cast.megumi)
    checkpoints.write()
    connection.check_constraints()
    triggers.remove("default")
    return cast


def falsify(kind: Callable[[random.Random], str], times: int, folder: Path) -> None:
    for seed in range(times):
        with undone():
            told = kind(random.Random(f"{kind.__name__} {seed}"))
            assert wrong(), f"verify does not find: {kind.__name__} {seed}: {told}"
            assert wrong_offline(folder), f"verify.py does not find: {kind.__name__} {seed}: {told}"
    assert wrong() == wrong_offline(folder) == []


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_what_was_falsified_is_found(agreed: Cast, kind: Callable[[random.Random], str], tmp_path: Path):
    falsify(kind, TAMPERS, tmp_path)


@pytest.mark.nightly
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_what_was_falsified_is_found_at_hundreds_of_places(agreed: Cast, kind: Any, tmp_path: Path):
    falsify(kind, MANY_TAMPERS, tmp_path)


def live(cast: Cast, settings: Any, times: int, folder: Path) -> None:
    settings.CHECKPOINTS = folder / "own"  # once: each further change of a setting would wrap the one before
    for seed in range(times):
        shutil.rmtree(settings.CHECKPOINTS, ignore_errors=True)
        chance = random.Random(seed)
        with undone():
            for act in chance.sample(ACTS, chance.randint(1, 3)):
                act(cast)
                if chance.random() < 0.5:
                    checkpoints.write()
            assert wrong() == [], seed
            assert wrong_offline(folder) == [], seed


def test_what_was_only_used_raises_no_alarm(cast: Cast, settings: Any, tmp_path: Path):
    live(cast, settings, CLEAN_RUNS, tmp_path)


@pytest.mark.nightly
def test_what_was_only_used_raises_no_alarm_in_a_thousand_runs(cast: Cast, settings: Any, tmp_path: Path):
    live(cast, settings, MANY_CLEAN_RUNS, tmp_path)


def _resubmit(cast: Cast) -> None:
    proposal = in_review(cast, "meeting")
    seal(proposal, team=cast.marketing, by=cast.ryo)
    revised(proposal, by=cast.misaki)


def _discuss(cast: Cast) -> None:
    proposal = in_review(cast, "meeting")
    objection = reviewing.raise_objection(latest(proposal), by=cast.kenta, reason="まだ")
    reviewing.comment(proposal, by=cast.kenta, words="数え方が違う")
    reviewing.close_objection(objection, by=cast.megumi, reason="答えた")
    reviewing.reject(proposal, by=cast.naoko, reason="範囲が広すぎる")


ACTS: list[Callable[[Cast], object]] = [
    published,
    _resubmit,
    _discuss,
    lambda cast: people.change_profile(cast.kenta, by=cast.kenta, values={"name_en": "Ken Sato"}),
    lambda cast: people.join(cast.sales, user=cast.takuya, role=Membership.MEMBER, by=cast.megumi),
    lambda cast: people.change_password(cast.aya, by=cast.aya, password="momiji-no-ha-9"),
]
