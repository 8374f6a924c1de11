"""Verifying the events themselves: gaps, links, digests, the head, and the signed checkpoints over them."""

from collections.abc import Callable, Iterable, Iterator

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.utils.translation import gettext as _

from registry.ledger import chain, lineage, merkle, note
from registry.models import Checkpoint, Event, Head
from registry.proof import checkpoints, tree
from registry.proof.erasures import Erasures
from registry.proof.findings import Finding

CHUNK = 1_000

type Inspect = Callable[[list[Event]], Iterable[Finding]]


class Links:
    """One pass over the chain in order, holding one chunk of events and the O(log n) frontier of the tree."""

    def __init__(self, notes: list[note.Note], erased: Erasures) -> None:
        self._erased = erased
        self.frontier = merkle.Frontier()
        self._notes = sorted(notes, key=lambda each: -each["checkpoint"]["size"])
        self._previous = chain.GENESIS
        self._last = 0

    def findings(self, inspect: Inspect) -> Iterator[Finding]:
        """Walks all events; `inspect` is given each chunk, to look at what the events seal."""
        while events := list(Event.objects.filter(sequence__gt=self._last).order_by("sequence")[:CHUNK]):
            for event in events:
                yield from self._event(event)
            yield from inspect(events)
        yield from self._end()

    def _event(self, event: Event) -> Iterator[Finding]:
        if event.sequence != self._last + 1:
            missing = {"count": event.sequence - self._last - 1}
            yield Finding(_place(event), _("%(count)d events before it are missing.") % missing)
        if event.previous != self._previous:
            sentence = _("it does not continue the event before it: one was removed, added or exchanged.")
            yield Finding(_place(event), sentence)
        yield from _content(event, erased=self._erased.of_event(event))
        self._last, self._previous = event.sequence, event.digest
        self.frontier.append(tree.leaf(event.digest))
        while self._notes and self._notes[-1]["checkpoint"]["size"] == self.frontier.size:
            yield from self._under(self._notes.pop())

    def _under(self, signed: note.Note) -> Iterator[Finding]:
        if self.frontier.root().hex() != signed["checkpoint"]["root"]:
            yield Finding(
                _("Checkpoint over %(size)d events") % {"size": signed["checkpoint"]["size"]},
                _("the events up to here are not those that were signed at %(time)s; something among them was changed.")
                % {"time": signed["checkpoint"]["time"]},
            )

    def _end(self) -> Iterator[Finding]:
        for signed in reversed(self._notes):
            yield Finding(
                _("Checkpoint over %(size)d events") % {"size": signed["checkpoint"]["size"]},
                _(
                    "it was signed at %(time)s, but the ledger holds only %(count)d events: "
                    "the later ones were removed, or an older copy was restored."
                )
                % {"time": signed["checkpoint"]["time"], "count": self.frontier.size},
            )
        head = Head.objects.first()
        if head is None or (head.sequence, head.digest) != (self._last, self._previous):
            yield Finding(_("The end of the ledger"), _("the last event is not the one that the registry wrote last."))


def _place(event: Event) -> str:
    return _("Event %(number)d") % {"number": event.sequence}


def _content(event: Event, *, erased: bool) -> Iterator[Finding]:
    if _digest(event) != event.digest:
        yield Finding(_place(event), _("it was changed after it was recorded: its content does not match its digest."))
    if event.personal is None:
        if not erased:
            yield Finding(_place(event), _("its names and its reason are gone, and no act erased them."))
    elif chain.personal_digest(event.personal) != event.personal_digest:
        yield Finding(_place(event), _("its names or its reason were changed after it was recorded."))
    elif erased:
        yield Finding(_place(event), _("it still holds names or a reason that an act erased."))


def _digest(event: Event) -> str | None:
    """None where the content cannot have been written by the registry at all."""
    try:
        return chain.event_digest(event.document())
    except (TypeError, ValueError):
        return None


def signed_notes(notes: dict[str, note.Note], trusted: list[Ed25519PublicKey]) -> Iterator[Finding]:
    """Notes by file name that neither a trusted key signed nor one that it leads to, or signed out of its turn."""
    keys = lineage.Lineage(trusted, checkpoints.key_changes(), notes.values())
    late = keys.out_of_turn()
    for name, signed in notes.items():
        if keys.signer(signed) is None:
            yield Finding(name, _("the checkpoint was not signed with the registry's key, or was changed afterwards."))
        elif signed["checkpoint"]["size"] in late:
            yield Finding(name, _("the checkpoint was signed with a key that was not the registry's at that time."))


def lost_notes(notes: dict[str, note.Note]) -> Iterator[Finding]:
    """Checkpoints that the database remembers and the directory lacks, or has otherwise."""
    found = {signed["checkpoint"]["size"]: signed for signed in notes.values()}
    for row in Checkpoint.objects.order_by("size").iterator():
        signed = found.get(row.size)
        if signed is None or signed | checkpoints.remembered(row) != signed:
            place = _("Checkpoint over %(size)d events") % {"size": row.size}
            yield Finding(
                place, _("its file is missing from the directory, or says other than the database remembers.")
            )


def kept_hashes() -> Iterator[Finding]:
    """The hashes of the tree that spare a proof the events; with a wrong one, nothing can be signed or certified."""
    if count := sum(1 for _node in tree.altered()):
        sentence = _(
            "%(count)d are not what the events give, so checkpoints or certificates fail. Mend what else is found "
            "first; then manage.py reindex makes them anew from the events."
        )
        yield Finding(_("Kept hashes of the tree"), sentence % {"count": count})
