"""The database's own refusals, whoever writes: nothing outside an act, and nothing that is published or ended.

Django's table rebuilds on SQLite drop triggers silently, so they are not migrations: they are laid anew
after every `migrate`, from this one table.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db import connections, models, transaction

from registry.models import GOVERNED, Checkpoint, Event, InForce, Mention, Use, User

KEPT = (
    "registry_definition",
    "registry_revision",
    "registry_clause",
    "registry_place",
    "registry_signoff",
    "registry_comment",
    "registry_vocabularyversion",
    "registry_exampleanswer",
    "registry_run",
    "registry_dismissal",
    "registry_vocabularyclause",
)
# What pages are found by. Acts write it beside the rows that it is derived from.
DERIVED = tuple(model._meta.db_table for model in (InForce, Use, Mention))
ENDED = "OLD.state IN ('published', 'withdrawn', 'rejected', 'expired')"
NO_ACT = "NOT EXISTS (SELECT 1 FROM registry_openact)"
EVERY_CHANGE = ("INSERT", "UPDATE", "DELETE")
TRUNCATE = "TRUNCATE"

UNRECORDED = "{table}: only an act of registry.workflow writes here, so that an event answers for it"
FINAL = "{table}: what is published, ended or recorded never changes"


@dataclass(frozen=True)
class Guard:
    """Refuses `event` on `table` where `condition` (over OLD and NEW) holds."""

    table: str
    event: str
    refusal: str
    condition: str = "1=1"

    @property
    def name(self) -> str:
        stem = "records" if self.refusal == UNRECORDED else "keeps"
        return f"goi_{stem}_{self.table.removeprefix('registry_')}_{self.event.lower()}"

    @property
    def sentence(self) -> str:
        return self.refusal.format(table=self.table)


@cache
def guards(vendor: str) -> tuple[Guard, ...]:
    """Every guard of a database of this kind ("sqlite" or "postgresql")."""
    return tuple(_guards(vendor))


def _guards(vendor: str) -> Iterator[Guard]:
    governed = [model._meta.db_table for model in GOVERNED]
    histories = [model.history.model._meta.db_table for model in GOVERNED]  # type: ignore[attr-defined]
    for table in governed:
        changes = ("INSERT",) if table in KEPT else EVERY_CHANGE
        yield from (Guard(table, event, UNRECORDED, NO_ACT) for event in changes)
    for table in DERIVED:
        yield from (Guard(table, event, UNRECORDED, NO_ACT) for event in EVERY_CHANGE)
    for table in (*histories, Event._meta.db_table):
        yield Guard(table, "INSERT", UNRECORDED, NO_ACT)
    for table in (*KEPT, *histories, Event._meta.db_table, Checkpoint._meta.db_table):
        yield Guard(table, "DELETE", FINAL)
    for table in (*KEPT, Checkpoint._meta.db_table, *(set(histories) - {_history_of(User)})):
        yield Guard(table, "UPDATE", FINAL)
    yield from (Guard("registry_proposal", event, FINAL, ENDED) for event in ("UPDATE", "DELETE"))
    yield Guard("registry_user", "DELETE", FINAL)
    yield from (_erasure(Event, ("personal",)), _erasure(User.history.model, User.history.model.PERSONAL))
    if vendor == "postgresql":
        tables = (*governed, *DERIVED, *histories, Event._meta.db_table, Checkpoint._meta.db_table)
        yield from (Guard(table, TRUNCATE, FINAL) for table in tables)


def _history_of(model: Any) -> str:
    return str(model.history.model._meta.db_table)


def _erasure(model: type[models.Model], personal: Iterable[str]) -> Guard:
    """The one change that a recorded row allows: that an act empties its personal data."""
    fields = model._meta.concrete_fields
    kept = [
        f'OLD."{field.column}" IS DISTINCT FROM NEW."{field.column}"' for field in fields if field.name not in personal
    ]
    filled = [
        f'NEW."{field.column}" IS NOT NULL' if field.null else f"NEW.\"{field.column}\" <> ''"
        for field in fields
        if field.name in personal
    ]
    return Guard(model._meta.db_table, "UPDATE", FINAL, " OR ".join([NO_ACT, *filled, *kept]))


def install(using: str) -> None:
    """Lay the guards that are missing or are not what they should be. Idempotent."""
    connection = connections[using]
    lacking = set(missing(using))
    with transaction.atomic(using), connection.cursor() as cursor:
        for guard in guards(connection.vendor):
            if guard.name in lacking:
                for statement in _statements(guard, connection.vendor):
                    cursor.execute(statement)


def remove(using: str) -> None:
    """Take every guard away: what whoever owns the database can do, and what a test needs to empty it."""
    connection = connections[using]
    with transaction.atomic(using), connection.cursor() as cursor:
        for guard in guards(connection.vendor):
            cursor.execute(_removal(guard, connection.vendor))


def missing(using: str) -> list[str]:
    """The names of guards that the database lacks, has switched off, or has in another wording."""
    connection = connections[using]
    query = {
        "sqlite": "SELECT sql FROM sqlite_master WHERE type = 'trigger'",
        # A function with settings of its own could look for open acts in another schema.
        "postgresql": "SELECT pg_get_triggerdef(pg_trigger.oid, true) || ' ' || prosrc "
        "FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid "
        "WHERE NOT tgisinternal AND tgenabled IN ('O', 'A') AND proconfig IS NULL",
    }[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(query)
        present = {text for (text,) in cursor.fetchall()}
    vendor = connection.vendor
    return [guard.name for guard in guards(vendor) if _kept(guard, vendor) not in present]


def _kept(guard: Guard, vendor: str) -> str:
    """The whole guard as the database tells it: table, moment, condition and body."""
    if vendor == "sqlite":
        return _text(guard, vendor)
    return f"CREATE TRIGGER {_placed(guard)} {_text(guard, vendor)}"


def _statements(guard: Guard, vendor: str) -> list[str]:
    if vendor == "sqlite":
        return [_removal(guard, vendor), _text(guard, vendor)]
    return [
        f"CREATE OR REPLACE FUNCTION {guard.name}() RETURNS trigger LANGUAGE plpgsql AS $${_text(guard, vendor)}$$",
        f"CREATE OR REPLACE TRIGGER {_placed(guard)}",
    ]


def _placed(guard: Guard) -> str:
    each = "STATEMENT" if guard.event == TRUNCATE else "ROW"
    return f"{guard.name} BEFORE {guard.event} ON {guard.table} FOR EACH {each} EXECUTE FUNCTION {guard.name}()"


def _removal(guard: Guard, vendor: str) -> str:
    return f"DROP TRIGGER IF EXISTS {guard.name}" + (f" ON {guard.table}" if vendor == "postgresql" else "")


def _text(guard: Guard, vendor: str) -> str:
    """The trigger as SQLite keeps it, or the body of its function as PostgreSQL does."""
    if vendor == "sqlite":
        condition = guard.condition.replace("IS DISTINCT FROM", "IS NOT")
        return (
            f"CREATE TRIGGER {guard.name} BEFORE {guard.event} ON {guard.table} WHEN {condition} "
            f"BEGIN SELECT RAISE(ABORT, '{guard.sentence}'); END"
        )
    row = "OLD" if guard.event == "DELETE" else "NEW"
    return (
        f"BEGIN IF {guard.condition} THEN RAISE EXCEPTION '{guard.sentence}' "
        f"USING ERRCODE = 'integrity_constraint_violation'; END IF; RETURN {row}; END"
    )
