"""One moment of the database for everything that is read of it, without keeping anybody from writing."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction

from registry.backup import databases


@contextmanager
def moment() -> Iterator[None]:
    """What is read inside is all of one moment, which lies between entering and the first line inside."""
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "postgresql":
        with transaction.atomic():
            _ask("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            _take()
            yield
    elif _has_rollback_journal():
        with _copied():
            yield
    else:
        _ask("BEGIN DEFERRED")
        try:
            _take()
            yield
        finally:
            _ask("ROLLBACK")


def _take() -> None:
    """A transaction's moment is not its beginning but its first question."""
    _ask(databases.EVENTS)


def _ask(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def _has_rollback_journal() -> bool:
    """Whether nobody can write on this SQLite while somebody reads."""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA journal_mode")
        return cursor.fetchone()[0] == "delete"


@contextmanager
def _copied() -> Iterator[None]:
    """A copy beside the database, read in its place; others wait only while it is made."""
    here = connections[DEFAULT_DB_ALIAS]
    beside = Path(here.settings_dict["NAME"]).parent
    with tempfile.TemporaryDirectory(dir=beside, prefix=".goi-moment-") as folder:
        file = Path(folder) / "database"
        databases.copy(file)
        copied = connections.create_connection(DEFAULT_DB_ALIAS)
        copied.settings_dict = here.settings_dict | {"NAME": str(file)}
        connections[DEFAULT_DB_ALIAS] = copied
        try:
            yield
        finally:
            copied.close()
            connections[DEFAULT_DB_ALIAS] = here
