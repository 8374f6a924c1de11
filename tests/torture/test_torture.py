"""A few rounds of each torture; `make torture` plays hundreds. Each says itself what it found."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import needs

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.slow


def tortured(*arguments: str, address: str | None = needs.postgres()) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "ignore", "-m", "tests.torture", *arguments]
    environment = {name: value for name, value in os.environ.items() if name not in ("GOI_DATA", "DATABASE_URL")}
    if address:
        environment["DATABASE_URL"] = address
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300)


def require(done: subprocess.CompletedProcess[str], *kinds: str, times: int = 3) -> None:
    assert done.returncode == 0, done.stdout + done.stderr
    for kind in kinds:
        assert f"✓ {kind}: {times} of {times}" in done.stdout


@pytest.mark.sqlite
@pytest.mark.strace
def test_no_acknowledged_act_is_lost_on_sqlite():
    """In one process, since most of the time goes into making the registry that is maltreated."""
    kinds = ("kill", "backup", "sigterm", "power")
    require(tortured(*kinds, "--times", "3"), *kinds)


@pytest.mark.postgres
def test_no_acknowledged_act_is_lost_on_postgresql():
    kinds = ("kill", "backup", "sigterm")
    require(tortured(*kinds, "--times", "3"), *kinds)


@pytest.mark.postgres
@pytest.mark.cluster
def test_no_acknowledged_act_is_lost_when_postgresql_is_stopped_at_once():
    require(tortured("stop", "--times", "1", "--on", "postgresql", address=None), "stop", times=1)


@pytest.mark.nightly
@pytest.mark.sqlite
@pytest.mark.strace
@pytest.mark.parametrize("journal", ["unsynced-names", "careless"])
def test_a_power_cut_finds_a_journal_that_keeps_too_little(journal: str):
    """What would be lost without `sqlite.journal`: the simulation has teeth."""
    done = tortured("power", "--times", "20", "--journal", journal)
    assert done.returncode == 1
    assert "acknowledged and lost" in done.stderr or "malformed" in done.stderr
