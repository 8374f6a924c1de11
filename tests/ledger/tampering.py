"""What somebody with the database's password could do to the ledger, and whether it is found."""

import random
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import F

import verify
from registry import rows
from registry.ledger import chain, keys
from registry.models import Checkpoint, Event, Head, Mention, Proposal, Team, User
from registry.proof import export
from registry.proof.sealed import HISTORIES
from registry.proof.verification import Verification
from tests.database import rows_of

FAR = 1_000_000


def wrong() -> list[str]:
    """What `manage.py verify` finds, save that the guards are gone while a test tampers."""
    trusted = [keys.first_key(settings.SIGNING_KEY).public_key()]
    found = Verification(settings.CHECKPOINTS, trusted).findings()
    return [str(finding) for finding in found if not finding.place.startswith("goi_")]


def wrong_offline(folder: Path) -> list[str]:
    """What verify.py finds in an export made now, with the checkpoints and the key got from elsewhere."""
    path = folder / "ledger.jsonl"
    path.write_text("".join(export.lines()), encoding="utf-8")
    return list(verify.findings(path, settings.CHECKPOINTS, keys.first_key(settings.SIGNING_KEY).public_key()))


def edit(chance: random.Random) -> str:
    """Another value in one column of one event, or of one history row."""
    if chance.random() < 0.3:
        return _edit_history(chance)
    event = _some(chance)
    name = chance.choice(sorted(CHANGES))
    _events(event.sequence).update(**{name: CHANGES[name](event, chance)})
    return f"{name} of event {event.sequence}"


def edit_and_recompute(chance: random.Random) -> str:
    """Likewise in an event, with every digest after it made to fit."""
    event = _some(chance)
    name = chance.choice(["act", "actor_id", "at", "detail", "personal", "rows"])
    value = CHANGES[name](event, chance)
    _events(event.sequence).update(**{name: value})
    if value and name == "personal":
        _events(event.sequence).update(personal_digest=chain.personal_digest(value))
    _relink(event.sequence)
    return f"{name} of event {event.sequence}"


def delete(chance: random.Random) -> str:
    """One event is gone; or it is gone and the rest was renumbered and made to fit."""
    gone = _some(chance).sequence
    rows_of(Mention).filter(event=gone).delete()
    _events(gone)._raw_delete("default")
    if chance.random() < 0.5:
        _shift(gone + 1, -1)
        _relink(gone)
    return f"event {gone}"


def reorder(chance: random.Random) -> str:
    """Two events change places, with or without the digests made to fit."""
    one, other = sorted(chance.sample(range(1, _size() + 1), 2))
    for old, new in ((one, FAR), (other, one), (FAR, other)):
        _events(old).update(sequence=new)
    if chance.random() < 0.5:
        _relink(one)
    return f"events {one} and {other}"


def insert(chance: random.Random) -> str:
    """A forged event among the others, which are renumbered, with or without the digests made to fit."""
    forged = _some(chance)
    place = forged.sequence
    _shift(place, 1)
    forged.detail = {**forged.detail, "forged": chance.randrange(FAR)}
    forged.digest = chain.event_digest(forged.document())
    rows_of(Event).bulk_create([forged])
    if chance.random() < 0.5:
        _relink(place)
    return f"event {place}"


def truncate(chance: random.Random) -> str:
    """The last events are gone, and the head says that this is the end."""
    last = chance.randrange(0, _size())
    _cut(last)
    return f"events after {last}"


def restore(chance: random.Random) -> str:
    """The ledger, its history and its own memory of checkpoints are those of an earlier moment."""
    last = chance.randrange(1, _size())
    later = rows_of(Event).filter(sequence__gt=last)
    for table, number, *_digests in [entry for told in later.values_list("rows", flat=True) for entry in told]:
        rows_of(HISTORIES[table]).filter(history_id=number)._raw_delete("default")
    rows_of(Checkpoint).filter(size__gt=last).delete()
    _cut(last)
    return f"the copy of {last} events"


KINDS: tuple[Callable[[random.Random], str], ...] = (
    edit,
    edit_and_recompute,
    delete,
    reorder,
    insert,
    truncate,
    restore,
)


def _other(values: list[Any], than: Any, chance: random.Random) -> Any:
    return chance.choice([value for value in values if value != than])


def _flip(digest: str, chance: random.Random) -> str:
    place = chance.randrange(len(digest))
    return digest[:place] + _other(list("0123456789abcdef"), digest[place], chance) + digest[place + 1 :]


def _other_rows(event: Event, chance: random.Random) -> list[Any]:
    if not event.rows:
        return [["registry_historicalteam", 1, "0" * 64]]
    place = chance.randrange(len(event.rows))
    table, number, digest, *personal = event.rows[place]
    kept = [] if chance.random() < 0.5 else [[table, number, _flip(digest, chance), *personal]]
    return [*event.rows[:place], *kept, *event.rows[place + 1 :]]


def _other_names(event: Event, chance: random.Random) -> dict[str, str] | None:
    """Somebody else's name, or none, as if the person had been erased."""
    return None if chance.random() < 0.3 else {**event.personal, "name_ja": f"別人{chance.randrange(FAR)}"}


CHANGES: dict[str, Callable[[Event, random.Random], Any]] = {
    "at": lambda event, chance: event.at + timedelta(microseconds=chance.randint(1, 10**9)),
    "actor_id": lambda event, chance: _other(list(User.objects.values_list("pk", flat=True)), event.actor_id, chance),
    "act": lambda event, chance: _other(["sealed", "published", "objected"], event.act, chance),
    "proposal_id": lambda event, chance: _other([None, Proposal.objects.latest("pk").pk], event.proposal_id, chance),
    "team_id": lambda event, chance: _other([None, Team.objects.latest("pk").pk], event.team_id, chance),
    "detail": lambda event, chance: {**event.detail, "digest": _flip("0" * 64, chance)},
    "personal": _other_names,
    "personal_digest": lambda event, chance: _flip(event.personal_digest, chance),
    "rows": _other_rows,
    "previous": lambda event, chance: _flip(event.previous, chance),
    "digest": lambda event, chance: _flip(event.digest, chance),
}


def _edit_history(chance: random.Random) -> str:
    entries = [entry for told in Event.objects.values_list("rows", flat=True) for entry in told]
    table, number, *_digests = chance.choice(entries)
    row = HISTORIES[table].objects.get(history_id=number)
    if (personal := rows.personal_names(row)) and chance.random() < 0.3:
        rows_of(HISTORIES[table]).filter(history_id=number).update(**dict.fromkeys(personal, ""))
        return f"all personal data of {table} {number}"
    changes: dict[str, Any] = {
        "history_date": row.history_date + timedelta(seconds=chance.randint(1, FAR)),
        "history_change_reason": f"{row.history_change_reason} {chance.randrange(FAR)}",
        "history_user_id": _other(list(User.objects.values_list("pk", flat=True)), row.history_user_id, chance),
        "id": row.id + chance.randint(1, FAR),
    }
    texts = ("wording", "digest", "name_ja", "email", "username", "meaning", "state", "key")
    for name in texts:
        if hasattr(row, name):
            value = getattr(row, name)
            changes[name] = (
                {**value, "text_ja": "差し替え"} if isinstance(value, dict) else f"x{value}"[: len(value) or 1]
            )
    name = chance.choice([each for each in sorted(changes) if changes[each] != getattr(row, each)])
    rows_of(HISTORIES[table]).filter(history_id=number).update(**{name: changes[name]})
    return f"{name} of {table} {number}"


def _some(chance: random.Random) -> Event:
    return Event.objects.get(sequence=chance.randint(1, _size()))


def _size() -> int:
    return Event.objects.count()


def _events(sequence: int) -> Any:
    return rows_of(Event).filter(sequence=sequence)


def _shift(start: int, by: int) -> None:
    """Renumber the events from `start` on, out of each other's way."""
    rows_of(Event).filter(sequence__gte=start).update(sequence=F("sequence") + FAR)
    rows_of(Event).filter(sequence__gte=FAR).update(sequence=F("sequence") - FAR + by)


def _relink(start: int) -> None:
    """Make every digest from `start` on fit, and the head with them."""
    before = Event.objects.filter(sequence=start - 1).first()
    previous = before.digest if before else chain.GENESIS
    for event in Event.objects.filter(sequence__gte=start).order_by("sequence"):
        event.previous = previous
        # Two events that change places hold each other's digest for a moment, and digests are unique.
        previous = chain.event_digest(event.document())
        _events(event.sequence).update(previous=event.previous, digest=previous)
    _end_here()


def _cut(last: int) -> None:
    rows_of(Mention).filter(event__gt=last).delete()
    rows_of(Event).filter(sequence__gt=last)._raw_delete("default")
    _end_here()


def _end_here() -> None:
    last = Event.objects.order_by("-sequence").first()
    rows_of(Head).update(sequence=last.sequence if last else 0, digest=last.digest if last else chain.GENESIS)
