"""How an act is recorded: every row it writes, its history, and the event that seals both."""

import functools
import secrets
import time
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, TypeVar, cast

from django.db import OperationalError, models, transaction

from registry import clock, rows
from registry.ledger import chain
from registry.models import Event, Governed, Head, Mention, OpenAct, Proposal, Team, User
from registry.proof import checkpoints
from registry.workflow.locking import locked

M = TypeVar("M", bound=Governed)

ATTEMPTS = 5
_TRY_AGAIN = {"40001", "40P01", "55P03"}


def verb[**P, R](function: Callable[P, R]) -> Callable[P, R]:
    """One act, whole or not at all. Where others write at the same moment, it is tried again.

    Whoever acts is read again, so that nobody acts on a role or an account they lost since their page was opened.
    """

    def attempt(*args: P.args, **kwargs: P.kwargs) -> R:
        with transaction.atomic():
            by = cast(User, kwargs["by"])
            kwargs["by"] = User.objects.get(pk=by.pk)
            return function(*args, **kwargs)

    @functools.wraps(function)
    def act(*args: P.args, **kwargs: P.kwargs) -> R:
        if transaction.get_connection().in_atomic_block:
            return attempt(*args, **kwargs)
        for number in range(1, ATTEMPTS + 1):
            try:
                return attempt(*args, **kwargs)
            except OperationalError as error:
                if number == ATTEMPTS or not _passes(error):
                    raise
                time.sleep(0.01 * 2**number * (0.5 + secrets.randbelow(1000) / 1000))
        raise AssertionError("unreachable: the last attempt returns or raises")

    return act


def _passes(error: OperationalError) -> bool:
    """Whether the conflict is one that the next attempt may well not meet."""
    return getattr(error.__cause__, "sqlstate", None) in _TRY_AGAIN or "database is locked" in str(error)


class Act:
    """One act of one person. Save every row through it, then `record` it: one event, sealing those rows."""

    def __init__(self, name: str, *, by: User, reason: str = "") -> None:
        self.name = name
        self.by = by
        self.reason = reason
        self.at: datetime = clock.now()
        self._rows: list[models.Model] = []
        self._opened: OpenAct | None = None

    def save(self, record: M, *fields: str) -> M:
        """Insert `record`, or update the named `fields` of it, with its history row."""
        return self._write(record, lambda: record.save(update_fields=fields or None, force_insert=not fields))

    def delete(self, record: Governed) -> None:
        """Take `record` away; its history stays."""
        self._write(record, record.delete)

    def open(self) -> None:
        """Tell the database that an act is under way: from now on, without its event nothing commits."""
        if self._opened is None:
            self._opened = OpenAct.objects.create()

    def _write(self, record: M, write: Callable[[], Any]) -> M:
        self.open()
        marked: Any = record
        marked._history_user = self.by
        marked._history_date = self.at
        marked._change_reason = self.name
        marked._history_rows = self._rows
        try:
            write()
        finally:
            marked._history_rows = None
        return record

    def record(
        self,
        *,
        proposal: Proposal | None = None,
        team: Team | None = None,
        metrics: Iterable[str] = (),
        detail: dict[str, Any] | None = None,
        **personal: str,
    ) -> Event:
        """Write the event. Locks the ledger's head, so it comes after every other lock and write.

        What it is about stands in its detail with the names of now, so that it is sealed; `Mention` only finds it.
        """
        self.open()
        concerned = sorted(set(metrics))
        head = locked(Head.objects.all()).get()
        words = {
            "salt": secrets.token_hex(16),
            "name_ja": self.by.name_ja,
            "name_en": self.by.name_en,
            "username": self.by.username,
            "reason": self.reason,
            **personal,
        }
        event = Event(
            sequence=head.sequence + 1,
            at=self.at,
            actor=self.by,
            act=self.name,
            proposal=proposal,
            team=team,
            detail={**(detail or {}), **_subject(proposal, team, concerned)},
            personal=words,
            personal_digest=chain.personal_digest(words),
            rows=[rows.sealed(row) for row in self._rows],
            previous=head.digest,
        )
        event.digest = chain.event_digest(event.document())
        event.save(force_insert=True)
        Mention.objects.bulk_create(Mention(event=event, key=key) for key in concerned)
        head.sequence, head.digest = event.sequence, event.digest
        head.save(update_fields=["sequence", "digest"])
        self._close()
        checkpoints.follow(event)
        return event

    def _close(self) -> None:
        assert self._opened is not None, "recording opens the act"
        self._opened.delete()
        self._opened = None


def _subject(proposal: Proposal | None, team: Team | None, metrics: list[str]) -> dict[str, Any]:
    """What the act is about, as it is called now. A title is its contributors' own until submitted."""
    told: dict[str, Any] = {}
    if proposal is not None and proposal.revision is not None:
        told |= {"title_ja": proposal.revision.title_ja, "title_en": proposal.revision.title_en}
    if team is not None:
        told |= {"team_ja": team.name_ja, "team_en": team.name_en}
    return told | ({"metrics": metrics} if metrics else {})
