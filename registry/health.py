"""Whether the registry can serve: what it stands on, each in a sentence that says what to do."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.db import DEFAULT_DB_ALIAS, DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils.translation import gettext as _

from registry import sqlite, triggers
from registry.models import OpenAct
from registry.proof import checkpoints


@dataclass(frozen=True)
class Result:
    """`problem` is empty where all is well; a `notice` does not keep anybody from working."""

    name: str
    problem: str = ""
    notice: str = ""


def results() -> Iterator[Result]:
    """One after the other; after a database that does not answer, nothing else can be asked."""
    try:
        for name, check in CHECKS:
            yield Result(name, problem=check(), notice=sqlite.notice() if check is _database and _is_sqlite() else "")
    except DatabaseError:
        yield Result("database", _("The database does not answer. Check that it runs and that DATABASE_URL is right."))


def _is_sqlite() -> bool:
    return connection.vendor == "sqlite"


def _database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return ""


def _migrations() -> str:
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return _("The database is older than this version of Goi. Run: manage.py migrate")
    return ""


def _guards() -> str:
    if triggers.missing(DEFAULT_DB_ALIAS):
        return _("The database lacks guards that keep published words unchanged. Run: manage.py migrate")
    if OpenAct.objects.exists():
        return _(
            "An act was left open in the table registry_openact, which lets everybody write past the guards. "
            "Run: manage.py verify"
        )
    return ""


def _checkpoint() -> str:
    """Signs what is due, too: after the last act of a day nobody else might."""
    try:
        checkpoints.require_continuation()
        checkpoints.write_if_due()
    except checkpoints.Unsigned as refusal:
        return str(refusal)
    return ""


CHECKS: tuple[tuple[str, Callable[[], str]], ...] = (
    ("database", _database),
    ("migrations", _migrations),
    ("guards", _guards),
    ("checkpoint", _checkpoint),
)
