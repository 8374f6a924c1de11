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


class Forked(RuntimeError):
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


def _is_due(sequence: int, size: int, at: datetime) -> bool:
    minutes = timedelta(minutes=settings.CHECKPOINT_MINUTES)
    return sequence < size or sequence - size >= settings.CHECKPOINT_EVENTS or timezone.now() - at >= minutes


def write() -> Checkpoint | None:
    """Sign the ledger as it is now; the newest checkpoint if nothing was added, None while there is no event.

    Raises `Forked` when the ledger does not continue what was signed last. The time is the clock's, never the
    registry's: the note says that these events existed by then.
    """
    global _newest
    head = Head.objects.get()
    if head.sequence == 0:
        return None
    tree.keep(head.sequence)
    stored = tree.StoredTree()
    _require_continuation(head.sequence, stored)
    key = keys.signing_key(settings.SIGNING_KEY)
    signed = note.sign(key, size=head.sequence, root=merkle.root(head.sequence, stored), at=timezone.now())
    content = json.dumps(signed, indent=1).encode() + b"\n"
    keys.write_once(_path(head.sequence), content, 0o644)
    kept = _keep(json.loads(_path(head.sequence).read_bytes()))
    _newest = (kept.size, kept.at)
    return kept


def _require_continuation(size: int, stored: tree.StoredTree) -> None:
    last = newest(settings.CHECKPOINTS)
    if last is None:
        return
    signed = last["checkpoint"]
    if signed["size"] > size or merkle.root(signed["size"], stored).hex() != signed["root"]:
        raise Forked(
            _(
                "The ledger does not continue the checkpoint over %(size)d events, so no new one was signed. "
                "Run manage.py verify to see what is wrong."
            )
            % {"size": signed["size"]}
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
