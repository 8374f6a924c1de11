"""Which versions of SQLite keep a write-ahead log, and what an operator is told about the others."""

from typing import Any

import pytest
from django.core.checks import run_checks
from django.db import connection

from registry import foundations, sqlite
from registry.settings import database


@pytest.mark.parametrize(
    ("version", "faulty"),
    [
        ("3.40.1", True),
        ("3.44.5", True),
        ("3.44.6", False),
        ("3.45.0", True),
        ("3.50.6", True),
        ("3.50.7", False),
        ("3.51.0", True),
        ("3.51.2", True),
        ("3.51.3", False),
        ("3.53.1", False),
    ],
)
def test_the_versions_with_the_fault(version: str, faulty: bool):
    """As https://www.sqlite.org/wal.html#walresetbug lists them."""
    assert sqlite.has_wal_reset_fault(tuple(map(int, version.split(".")))) == faulty


@pytest.mark.parametrize(
    ("faulty", "pragmas"),
    [
        (True, "PRAGMA journal_mode=DELETE;PRAGMA synchronous=EXTRA;"),
        (False, "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;"),
    ],
)
def test_a_faulty_version_keeps_a_rollback_journal(monkeypatch: pytest.MonkeyPatch, faulty: bool, pragmas: str):
    monkeypatch.setattr(sqlite, "has_wal_reset_fault", lambda: faulty)
    entry: Any = database("sqlite:////tmp/goi.sqlite3")
    assert entry["OPTIONS"]["init_command"].startswith(pragmas)


@pytest.mark.sqlite
@pytest.mark.parametrize("faulty", [True, False])
def test_the_operator_is_told(db: None, monkeypatch: pytest.MonkeyPatch, faulty: bool, client: Any, caplog: Any):
    monkeypatch.setattr(sqlite, "has_wal_reset_fault", lambda: faulty)
    foundations.tell_of_sqlite()
    said = [each for each in run_checks() if each.id == "registry.I001"]
    assert (
        bool(said) == ("WAL-reset" in client.get("/readyz").content.decode()) == ("WAL-reset" in caplog.text) == faulty
    )


@pytest.mark.postgres
def test_on_postgresql_there_is_nothing_to_tell(db: None, monkeypatch: pytest.MonkeyPatch, client: Any):
    monkeypatch.setattr(sqlite, "has_wal_reset_fault", lambda: True)
    assert connection.vendor == "postgresql"
    assert client.get("/readyz").content == b"ok\n"
