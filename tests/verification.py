"""Reads the record from the tables alone and lists whatever does not hold."""

from collections.abc import Iterable, Iterator
from typing import Any

from registry import rows
from registry.ledger import chain
from registry.models import FOREVER, GOVERNED, STILL_KNOWN, Definition, Event, Head, InForce
from registry.models.metrics import definition_digest
from registry.models.proposals import revision_digest

HISTORIES = {model.history.model._meta.db_table: model.history.model for model in GOVERNED}


def flaws() -> list[str]:
    """Everything wrong with the ledger, the history, the versions and their ranges; empty when all is well."""
    events = list(Event.objects.order_by("sequence"))
    return [
        *broken_links(events),
        *_broken_head(events),
        *wrong_rows(events),
        *unsealed_rows(events),
        *wrong_versions(Definition.objects.select_related("metric", "base", "revision__proposal")),
        *overlaps(),
    ]


def broken_links(events: list[Event], *, after: int = 0, previous: str = chain.GENESIS) -> Iterator[str]:
    """Gaps and links that do not verify among `events`, which follow number `after` with digest `previous`."""
    for number, event in enumerate(events, start=after + 1):
        if event.sequence != number:
            yield f"event {event.sequence} stands in place {number}"
        if event.previous != previous:
            yield f"event {number} does not follow on the one before"
        if chain.event_digest(event.document()) != event.digest:
            yield f"event {number} is not what its digest says"
        if event.personal is not None and chain.personal_digest(event.personal) != event.personal_digest:
            yield f"event {number} names other people than its digest says"
        previous = event.digest


def _broken_head(events: list[Event]) -> Iterator[str]:
    head = Head.objects.get()
    last = (events[-1].sequence, events[-1].digest) if events else (0, chain.GENESIS)
    if (head.sequence, head.digest) != last:
        yield "the head is not the last event"


def wrong_rows(events: Iterable[Event]) -> Iterator[str]:
    """History rows that are not what their event sealed, or that lack their person, reason or moment."""
    sealed: dict[str, dict[int, tuple[Event, list[Any]]]] = {}
    for event in events:
        for entry in event.rows:
            sealed.setdefault(entry[0], {})[entry[1]] = (event, entry)
    for table, of_table in sealed.items():
        found = {row.history_id: row for row in HISTORIES[table].objects.filter(history_id__in=list(of_table))}
        for number, (event, entry) in of_table.items():
            yield from _wrong_row(f"{table} {number}", found.get(number), event, entry)


def _wrong_row(name: str, row: Any, event: Event, entry: list[Any]) -> Iterator[str]:
    if row is None:
        yield f"{name}, sealed by event {event.sequence}, is gone"
    elif rows.sealed(row) != entry:
        yield f"{name} is not what event {event.sequence} sealed"
    elif (row.history_user_id, row.history_date) != (event.actor_id, event.at):
        yield f"{name} names another person or moment than event {event.sequence}"
    elif not row.history_change_reason:
        yield f"{name} gives no reason"


def unsealed_rows(events: Iterable[Event]) -> Iterator[str]:
    """History rows that no event seals, or more than one."""
    listed = [(table, number) for event in events for table, number, *_ in event.rows]
    sealed = set(listed)
    if len(listed) != len(sealed):
        yield "a history row is sealed twice"
    for table, history in HISTORIES.items():
        for number in history.objects.values_list("history_id", flat=True):
            if (table, number) not in sealed:
                yield f"{table} {number} is sealed by no event"


def wrong_versions(versions: Iterable[Definition]) -> Iterator[str]:
    """Versions out of line, or whose words are not those that every team whose seal counts has signed."""
    for version in versions:
        name = f"{version.metric.key} {version.number}"
        before = Definition.objects.filter(metric=version.metric, number=version.number - 1).first()
        if (version.number > 1) != (before is not None) or version.base != before:
            yield f"{name} does not follow on the version before"
        if definition_digest(version.document()) != version.digest:
            yield f"{name} is not what its digest says"
        if version.document() not in version.revision.document()["definitions"]:
            yield f"{name} is not what was proposed"
        yield from _unagreed(name, version)


def _unagreed(name: str, version: Definition) -> Iterator[str]:
    revision, proposal = version.revision, version.revision.proposal
    if revision_digest(revision.document()) != revision.digest:
        yield f"the revision of {name} is not what its digest says"
    seals = list(revision.sign_offs.all())
    if any(seal.digest != revision.digest for seal in seals):
        yield f"{name}: a seal is on other words"
    if len({seal.signed_by_id for seal in seals}) != len(seals):
        yield f"{name}: one person sealed twice"
    if {seal.signed_by_id for seal in seals} & set(proposal.contributors.values_list("user", flat=True)):
        yield f"{name}: somebody sealed their own words"
    missing = set(revision.places.values_list("team", flat=True)) - {seal.team_id for seal in seals}
    if missing and not getattr(revision, "break_glass", None):
        yield f"{name}: a team has not sealed"
    if proposal.objections.filter(closed_at=None).exists():
        yield f"{name} was published over an open objection"


def overlaps() -> Iterator[str]:
    """Days on which a metric means two things, or nothing although it once began."""
    spans = InForce.objects.filter(known_to=STILL_KNOWN).order_by("metric_id", "valid_from")
    by_metric: dict[int, list[InForce]] = {}
    for span in spans:
        by_metric.setdefault(span.metric_id, []).append(span)
    for of_one in by_metric.values():
        ends = [span.valid_to for span in of_one]
        begins = [span.valid_from for span in of_one]
        if ends != [*begins[1:], FOREVER]:
            yield f"the ranges of {of_one[0].key} overlap or leave a hole"
