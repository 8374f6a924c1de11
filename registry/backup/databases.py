"""Copying the database while people write, and putting a copy in its place: SQLite's backup API, or pg_dump."""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.db.backends.postgresql.client import DatabaseClient
from django.utils.translation import gettext as _

from registry import triggers

type Ask = Callable[[str], Any]

EVENTS = "SELECT sequence FROM registry_head"
MIGRATION = "SELECT name FROM django_migrations WHERE app = 'registry' ORDER BY id DESC LIMIT 1"


class Failed(RuntimeError):
    """The database's own tool is missing or refused; says what it said."""


@dataclass(frozen=True)
class Copied:
    """How far the copy goes: its last event, and the last migration its tables have seen."""

    events: int
    migration: str


def copy(target: Path) -> Copied:
    """One moment of the database, whole, in `target`. Nobody is kept from writing for longer than the copying takes."""
    return {"sqlite": _copy_sqlite, "postgresql": _copy_postgres}[connection.vendor](target)


def load(source: Path) -> None:
    """Put the copy in the place of what the database holds, all of it or nothing of it."""
    {"sqlite": _load_sqlite, "postgresql": _load_postgres}[connection.vendor](source)


def is_empty() -> bool:
    """Whether there is nothing yet that a restore would overwrite."""
    return not connection.introspection.table_names()


def _state(ask: Ask) -> Copied:
    return Copied(ask(EVENTS), ask(MIGRATION))


def _copy_sqlite(target: Path) -> Copied:
    connection.ensure_connection()
    with closing(sqlite3.connect(target)) as copied:
        connection.connection.backup(copied)
        # A file that stands alone: with WAL set, whoever opens it would need two more beside it.
        copied.execute("PRAGMA journal_mode=DELETE")
        return _state(lambda query: copied.execute(query).fetchone()[0])


def _load_sqlite(source: Path) -> None:
    """Through SQLite as well: the old file is locked and journalled, so a crash in the middle leaves it whole."""
    connection.ensure_connection()
    with closing(sqlite3.connect(source)) as copied:
        told = copied.execute("PRAGMA quick_check").fetchone()[0]
        if told != "ok":
            raise Failed(told)
        copied.backup(connection.connection)
    connection.close()


def _copy_postgres(target: Path) -> Copied:
    with transaction.atomic(), connection.cursor() as cursor:

        def ask(query: str) -> Any:
            cursor.execute(query)
            return cursor.fetchone()[0]

        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        snapshot = ask("SELECT pg_export_snapshot()")
        _run_connected(
            "pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}", f"--file={target}"
        )
        return _state(ask)


def _load_postgres(source: Path) -> None:
    """In one transaction with the removal of what is there, and only once the whole copy could be read."""
    restored, emptied = source.with_suffix(".restored.sql"), source.with_suffix(".emptied.sql")
    _run("pg_restore", "--no-owner", "--no-privileges", f"--file={restored}", str(source))
    emptied.write_text("".join(f"{statement};\n" for statement in _removals()), encoding="utf-8")
    connection.close()
    whole = ("--single-transaction", "--set=ON_ERROR_STOP=1", "--no-psqlrc", "--quiet")
    _run_connected("psql", *whole, f"--file={emptied}", f"--file={restored}")


def _removals() -> Iterator[str]:
    """Every table, since those of a later version would otherwise stay among the restored ones."""
    for table in connection.introspection.table_names():
        yield f"DROP TABLE {connection.ops.quote_name(table)} CASCADE"
    for guard in triggers.guards(connection.vendor):
        yield f"DROP FUNCTION IF EXISTS {guard.name}"


def _run_connected(tool: str, *options: str) -> None:
    """With the address in the settings. The password goes by the environment, where other users do not see it."""
    (_psql, *arguments), secrets = DatabaseClient.settings_to_cmd_args_env(connection.settings_dict, list(options))
    _run(tool, *arguments, **(secrets or {}))


def _run(tool: str, *arguments: str, **environment: str) -> None:
    """One of PostgreSQL's own tools."""
    if shutil.which(tool) is None:
        raise Failed(_("%(tool)s is not installed here: install PostgreSQL's client programs.") % {"tool": tool})
    done = subprocess.run(
        [tool, *arguments], env=os.environ | environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    if done.returncode:
        raise Failed(done.stderr.decode(errors="replace").strip())
