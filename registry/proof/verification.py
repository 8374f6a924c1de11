"""Verifying a whole registry: chain, checkpoints, history, present rows, digests and guards."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.db import DEFAULT_DB_ALIAS
from django.utils.translation import gettext as _

from registry import triggers
from registry.ledger import note
from registry.models import Event, Head, OpenAct
from registry.proof import checkpoints, derived, links, sealed, snapshot
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
        before = set(checkpoints.files(self._directory))
        with snapshot.moment():
            notes, unreadable = _read(_of_the_moment(self._directory, before))
            self.checkpoints = len(notes)
            yield from unreadable
            yield from links.signed_notes(notes, self._trusted)
            yield from links.lost_notes(notes)
            erased = Erasures()
            rows, chain = sealed.SealedRows(erased), links.Links(list(notes.values()), erased)
            yield from chain.findings(partial(_inspected, rows))
            self.events = chain.frontier.size
            yield from links.kept_hashes()
            yield from rows.unsealed()
            yield from sealed.present_rows()
            yield from sealed.agreed_words()
            yield from derived.of_versions()
            yield from _guards()


def _inspected(rows: sealed.SealedRows, events: list[Event]) -> Iterator[Finding]:
    yield from rows.inspect(events)
    yield from derived.mentions(events)


def _of_the_moment(directory: Path, before: set[Path]) -> list[Path]:
    """The files over no more than the database's moment holds, and all that it remembers.

    A file is written after its events and before the database remembers it. So those that were there `before` the
    moment have to be over events in it; one that came since is of this moment only if its events are.
    """
    head = Head.objects.first()
    last = head.sequence if head else 0
    return [path for path in checkpoints.files(directory) if path in before or int(path.stem) <= last]


def _read(files: list[Path]) -> tuple[dict[str, note.Note], list[Finding]]:
    """The notes by file name, and the files that hold none."""
    notes, findings = {}, []
    for path in files:
        try:
            notes[path.name] = checkpoints.read(path)
        except checkpoints.Unreadable:
            findings.append(Finding(path.name, _("the file is no checkpoint, or was damaged.")))
    return notes, findings


def _guards() -> Iterator[Finding]:
    for name in triggers.missing(DEFAULT_DB_ALIAS):
        yield Finding(name, _("the database lacks this guard, or has it in another form. Run manage.py migrate."))
    if OpenAct.objects.exists():
        sentence = _(
            "an act was left open here, which lets everybody write past the guards. Delete the rows of this table; "
            "what was written meanwhile is among the other findings."
        )
        yield Finding(OpenAct._meta.db_table, sentence)
