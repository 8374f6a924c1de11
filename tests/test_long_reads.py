"""Whoever reads for long keeps nobody from writing, with the rollback journal of an affected SQLite too."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections

from registry import changes, clock
from registry.backup import databases
from registry.models import Event
from registry.proof.verification import Verification
from registry.views import history_files
from tests.cast import FOUNDED, NOW, TODAY, assemble

pytestmark = pytest.mark.sqlite

WRITE = "INSERT INTO django_session VALUES (hex(randomblob(16)), '', '2026-01-01')"
LONG_AGO = FOUNDED - timedelta(days=1)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory, django_db_setup: None, django_db_blocker: Any) -> Iterator[Path]:
    """A database in a file, since one in memory locks nobody out; it takes the place of the tests' own."""
    path = tmp_path_factory.mktemp("long") / "goi.sqlite3"
    before = connections["default"]
    with django_db_blocker.unblock():
        databases.copy(path)
    other = connections.create_connection("default")
    journal = {"init_command": "PRAGMA journal_mode=DELETE;PRAGMA synchronous=OFF;PRAGMA recursive_triggers=ON;"}
    options = before.settings_dict["OPTIONS"] | journal
    other.settings_dict = before.settings_dict | {"NAME": str(path), "OPTIONS": options}
    connections["default"] = other
    with django_db_blocker.unblock():
        with clock.at(NOW):
            assemble()
        yield path
        other.close()
    connections["default"] = before


def somebody_writes(file: Path) -> None:
    """At once or not at all."""
    with closing(sqlite3.connect(file, timeout=0)) as other, other:
        other.execute(WRITE)


def test_a_writer_waits_while_a_cursor_is_open(file: Path):
    """Which is what the others here are spared."""
    read = Event.objects.iterator(chunk_size=2)
    next(read)
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        somebody_writes(file)
    read.close()
    somebody_writes(file)


@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_somebody_writes_while_a_history_is_half_sent(file: Path, monkeypatch: pytest.MonkeyPatch, ending: str):
    monkeypatch.setattr(history_files, "CHUNK", 2)
    sent = iter(history_files.FILES[ending](Event.objects.all()))
    head = [next(sent) for _line in range(4)]
    somebody_writes(file)
    assert len(head) + len(list(sent)) == Event.objects.count() + (ending == "csv")


def test_somebody_writes_while_release_notes_are_half_sent(file: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(changes, "CHUNK", 1)
    told = changes.all_entries(changes.Between(LONG_AGO, TODAY))
    assert next(told).key == "target_lead"
    somebody_writes(file)
    assert [entry.key for entry in told] == ["meeting"]


def test_somebody_writes_while_the_record_is_verified(file: Path, tmp_path: Path):
    """Halted at the last thing that it looks at; and what is written meanwhile is not part of what it read."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER goi_records_team_update")
    findings = Verification(tmp_path, []).findings()
    assert next(findings).place == "goi_records_team_update"
    somebody_writes(file)
    assert list(findings) == []
    assert list(file.parent.glob(".goi-moment-*")) == []
    assert connection.settings_dict["NAME"] == str(file)
