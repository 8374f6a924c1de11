"""Verifying a whole registry: chain, checkpoints, history, present rows, digests and guards."""

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction
from django.utils.translation import gettext as _

from registry import triggers
from registry.backup import databases
from registry.ledger import note
from registry.models import Event
from registry.proof import checkpoints, derived, links, sealed
from registry.proof.erasures import Erasures
from registry.proof.findings import Finding


class Verification:
    """Against the checkpoints in `directory`, signed with one of the `trusted` keys. Counts what it read."""

    def __init__(self, directory: Path, trusted: list[Ed25519PublicKey]) -> None:
        self._directory = directory
        self._trusted = trusted
        self.events = 0
        self.checkpoints = 0

    def findings(self) -> Iterator[Finding]:
        """Everything that is wrong, as it is found; nothing when all is well. Writers are not held up."""
        with _snapshot():
            notes, unreadable = _read(self._directory)
            self.checkpoints = len(notes)
            yield from unreadable
            yield from links.signed_notes(notes, self._trusted)
            yield from links.lost_notes(notes)
            erased = Erasures()
            rows, chain = sealed.SealedRows(erased), links.Links(list(notes.values()), erased)
            yield from chain.findings(partial(_inspected, rows))
            self.events = chain.frontier.size
            yield from rows.unsealed()
            yield from sealed.present_rows()
            yield from sealed.agreed_words()
            yield from derived.of_versions()
            yield from _guards()


def _inspected(rows: sealed.SealedRows, events: list[Event]) -> Iterator[Finding]:
    yield from rows.inspect(events)
    yield from derived.mentions(events)


def _read(directory: Path) -> tuple[dict[str, note.Note], list[Finding]]:
    """The notes by file name, and the files that hold none."""
    notes, findings = {}, []
    for path in checkpoints.files(directory):
        try:
            signed = json.loads(path.read_bytes())
            int(signed["checkpoint"]["size"]), str(signed["checkpoint"]["root"]), str(signed["signature"])
            notes[path.name] = signed
        except (ValueError, TypeError, KeyError):
            findings.append(Finding(path.name, _("the file is no checkpoint, or was damaged.")))
    return notes, findings


def _guards() -> Iterator[Finding]:
    for name in triggers.missing(DEFAULT_DB_ALIAS):
        yield Finding(name, _("the database lacks this guard, or has it in another form. Run manage.py migrate."))


@contextmanager
def _snapshot() -> Iterator[None]:
    """One moment of the database for everything that is read, without keeping others from writing."""
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "postgresql":
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield
    elif _has_rollback_journal():
        with _copied():
            yield
    else:
        with connection.cursor() as cursor:
            cursor.execute("BEGIN DEFERRED")
            try:
                yield
            finally:
                cursor.execute("ROLLBACK")


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
    with tempfile.TemporaryDirectory(dir=beside, prefix=".goi-verify-") as folder:
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
