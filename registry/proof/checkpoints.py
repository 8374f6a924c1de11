"""Checkpoints: the Merkle root of the ledger, signed from time to time into a directory that can live elsewhere."""

import json
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from registry.ledger import keys, merkle, note
from registry.models import Checkpoint, Event, Head
from registry.proof import tree


class Unsigned(RuntimeError):
    """No checkpoint was written, and why."""


class KeyMissing(Unsigned):
    """There are checkpoints, but not the key that signs them: a new one, made silently, would vouch for nothing."""


class Forked(Unsigned):
    """The ledger is not the one that was signed: signing it too would cover the traces."""


# The size and time of the newest checkpoint this process knows of, so that most acts need not look.
_newest: tuple[int, datetime] | None = None


def follow(event: Event) -> None:
    """Once the act of `event` is kept, write a checkpoint if one is due. A failure is logged, not the act's."""
    transaction.on_commit(partial(_keep_up, event.sequence), robust=True)


def _keep_up(sequence: int) -> None:
    global _newest
    if _newest is None or _is_due(sequence, *_newest):
        stored = Checkpoint.objects.values_list("size", "at").first()
        _newest = stored or (0, _newest[1] if _newest else timezone.now())
        # Others may have acted since, and signed: what counts is the whole ledger, not this act's place in it.
        if _is_due(Head.objects.get().sequence, *_newest):
            write()


def overdue() -> bool:
    """Whether one should have been written and was not.

    One is written only when somebody acts, and may be under way at this moment: so either as many events again are
    waiting, or one that came late enough to call for it has done so for a minute.
    """
    last = newest(settings.CHECKPOINTS)
    size = last["checkpoint"]["size"] if last else 0
    if Head.objects.get().sequence - size >= 2 * settings.CHECKPOINT_EVENTS:
        return True
    if last is None:
        return False
    due = datetime.fromisoformat(last["checkpoint"]["time"]) + timedelta(minutes=settings.CHECKPOINT_MINUTES)
    a_minute_ago = timezone.now() - timedelta(minutes=1)
    return Event.objects.filter(sequence__gt=size, at__gte=due, at__lt=a_minute_ago).exists()


def _is_due(sequence: int, size: int, at: datetime) -> bool:
    minutes = timedelta(minutes=settings.CHECKPOINT_MINUTES)
    return sequence < size or sequence - size >= settings.CHECKPOINT_EVENTS or timezone.now() - at >= minutes


def write() -> Checkpoint | None:
    """Sign the ledger as it is now; the newest checkpoint if nothing was added, None while there is no event.

    Raises `Forked` when the ledger does not continue what was signed last, `KeyMissing` without the key. The time is
    the clock's, never the registry's: the note says that these events existed by then.
    """
    with keys.held(settings.SIGNING_KEY):
        return sign_held()


def sign_held() -> Checkpoint | None:
    """Likewise, by whoever holds the key already."""
    global _newest
    head = Head.objects.get()
    if head.sequence == 0:
        return None
    tree.keep(head.sequence)
    stored = tree.StoredTree()
    _require_continuation(head.sequence, stored)
    _require_key()
    key = keys.first_key(settings.SIGNING_KEY)
    signed = note.sign(key, size=head.sequence, root=merkle.root(head.sequence, stored), at=timezone.now())
    content = json.dumps(signed, indent=1).encode() + b"\n"
    keys.write_once(_path(head.sequence), content, 0o644)
    kept = _keep(json.loads(_path(head.sequence).read_bytes()))
    _newest = (kept.size, kept.at)
    return kept


def continues() -> bool:
    """Whether the ledger begins with what the newest checkpoint signed; without one, nothing contradicts it."""
    last = newest(settings.CHECKPOINTS)
    return last is None or _begins_with(last, Head.objects.get().sequence, tree.StoredTree())


def _begins_with(signed: note.Note, size: int, stored: tree.StoredTree) -> bool:
    said = signed["checkpoint"]
    return said["size"] <= size and merkle.root(said["size"], stored).hex() == said["root"]


def _require_continuation(size: int, stored: tree.StoredTree) -> None:
    last = newest(settings.CHECKPOINTS)
    if last is not None and not _begins_with(last, size, stored):
        raise Forked(
            _(
                "The ledger does not continue the checkpoint over %(size)d events, so no new one was signed. "
                "Run manage.py verify to see what is wrong."
            )
            % {"size": last["checkpoint"]["size"]}
        )


def _require_key() -> None:
    if not settings.SIGNING_KEY.exists() and files(settings.CHECKPOINTS):
        raise KeyMissing(
            _(
                "The signing key is not at %(file)s, so no checkpoint was signed. Put it back; if it is lost, "
                "run manage.py rotate_key --lost."
            )
            % {"file": settings.SIGNING_KEY}
        )


def _keep(signed: note.Note) -> Checkpoint:
    said = signed["checkpoint"]
    values = {
        "root": said["root"],
        "at": datetime.fromisoformat(said["time"]),
        "key_id": said["key_id"],
        "signature": signed["signature"],
    }
    return Checkpoint.objects.get_or_create(size=said["size"], defaults=values)[0]


def _path(size: int) -> Path:
    return Path(settings.CHECKPOINTS) / f"{size:012d}.json"


def files(directory: Path) -> list[Path]:
    """The checkpoint files, by size."""
    return sorted(directory.glob("[0-9]*.json"))


def first_over(event: Event) -> note.Note | None:
    """The note over fewest events that holds this one."""
    for path in files(settings.CHECKPOINTS):
        if int(path.stem) >= event.sequence:
            return json.loads(path.read_bytes())
    return None


def newest(directory: Path) -> note.Note | None:
    """The note over most events, as it is in the directory."""
    found = files(directory)
    return json.loads(found[-1].read_bytes()) if found else None


def covering(event: Event) -> note.Note:
    """The newest note, written now if the event came after it."""
    last = newest(settings.CHECKPOINTS)
    if last is None or last["checkpoint"]["size"] < event.sequence:
        write()
        last = newest(settings.CHECKPOINTS)
    assert last is not None, "there is an event, so there is something to sign"
    return last
