"""Checkpoints: the Merkle root of the ledger, signed from time to time into a directory that can live elsewhere."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from registry.ledger import keys, lineage, merkle, note
from registry.ledger.chain import moment
from registry.models import Checkpoint, Event, Head
from registry.proof import tree


class Unsigned(RuntimeError):
    """No checkpoint was written, or none can be shown, and why."""


class KeyMissing(Unsigned):
    """There are checkpoints, but not the key that signs them: another one would vouch for nothing."""


class Forked(Unsigned):
    """The ledger is not the one that was signed: signing it too would cover the traces."""


class Unreadable(Unsigned):
    """The checkpoints or the key are not where they were, or cannot be read or written."""


# The size and time of the newest checkpoint this process knows of, so that most acts need not look.
_newest: tuple[int, datetime] | None = None


def follow(event: Event) -> None:
    """Once the act of `event` is kept, write a checkpoint if one is due. A failure is logged, not the act's."""
    transaction.on_commit(partial(_keep_up, event.sequence), robust=True)


def _keep_up(sequence: int) -> None:
    if _newest is None or _is_due(sequence, *_newest):
        write_if_due()


def write_if_due() -> None:
    """Write one where so many events or minutes have gone by. Raises what `write` raises.

    Others may have acted since, and signed: what counts is the whole ledger, not any act's place in it.
    """
    global _newest
    _newest = Checkpoint.objects.values_list("size", "at").first() or (0, _began())
    if _is_due(Head.objects.get().sequence, *_newest):
        write()


def _began() -> datetime:
    return Event.objects.order_by("sequence").values_list("at", flat=True).first() or timezone.now()


def _is_due(sequence: int, size: int, at: datetime) -> bool:
    if sequence <= size:
        return sequence < size
    minutes = timedelta(minutes=settings.CHECKPOINT_MINUTES)
    return sequence - size >= settings.CHECKPOINT_EVENTS or timezone.now() - at >= minutes


def write() -> Checkpoint | None:
    """Sign the ledger as it is now; the newest checkpoint if nothing was added, None while there is no event.

    Raises `Forked` when the ledger does not continue what was signed last, `KeyMissing` without the key, `Unreadable`
    when the files do not let it. The time is the clock's, never the registry's: the note says that these events
    existed by then.
    """
    with _told(), keys.held(settings.SIGNING_KEY):
        return sign_held()


def sign_held() -> Checkpoint | None:
    """Likewise, by whoever holds the key already."""
    global _newest
    head = Head.objects.get()
    if head.sequence == 0:
        return None
    with _told():
        require_continuation()
        require_key()
        tree.keep(head.sequence)
        key = keys.first_key(settings.SIGNING_KEY)
        root = merkle.root(head.sequence, tree.StoredTree())
        signed = note.sign(key, size=head.sequence, root=root, at=timezone.now())
        _put(signed)
        kept = _keep(read(_path(head.sequence)))
    _newest = (kept.size, kept.at)
    return kept


def _put(signed: note.Note) -> None:
    content = json.dumps(signed, indent=1).encode() + b"\n"
    keys.write_once(_path(signed["checkpoint"]["size"]), content, 0o644)


def put_back() -> list[int]:
    """Write the files again that are gone, from what the database keeps of each, and say which, by their sizes.

    Nothing is signed anew. Raises `Unreadable` where no key known here, and none that it leads to, signed what is kept.
    """
    with _told(), keys.held(settings.SIGNING_KEY):
        notes = [remembered(row) for row in Checkpoint.objects.order_by("size")]
        known = lineage.Lineage(keys.public_keys(settings.SIGNING_KEY), key_changes(), notes)
        gone = [_again(each, known) for each in notes if not _path(each["checkpoint"]["size"]).exists()]
        for signed in gone:
            _put(signed)
    return [signed["checkpoint"]["size"] for signed in gone]


def remembered(row: Checkpoint) -> note.Note:
    """What the database keeps of a note: all but the key, which only its name stands for."""
    said = {"size": row.size, "root": row.root, "time": moment(row.at), "key_id": row.key_id}
    return {"checkpoint": said, "signature": row.signature}


def _again(kept: note.Note, known: lineage.Lineage) -> note.Note:
    """The note as it was signed."""
    key = known.signer(kept)
    if key is None:
        sentence = _(
            "What the database keeps of the checkpoint over %(size)d events was not signed by a key known here, so no "
            "file was written. Put the files back from a backup."
        )
        raise Unreadable(sentence % {"size": kept["checkpoint"]["size"]})
    return {
        "checkpoint": kept["checkpoint"],
        "public_key": key.public_bytes_raw().hex(),
        "signature": kept["signature"],
    }


@contextmanager
def _told() -> Iterator[None]:
    """What the files or the tree refuse, as a sentence."""
    try:
        yield
    except tree.Missing as error:
        raise Forked(str(error)) from error
    except (OSError, ValueError) as error:
        sentence = _("No checkpoint could be signed (%(why)s). Look into GOI_CHECKPOINTS and GOI_SIGNING_KEY.")
        raise Unreadable(sentence % {"why": keys.reason(error)}) from error


@_told()
def require_continuation() -> None:
    """The newest checkpoint is there, and the ledger begins with what it signed; without one, nothing contradicts it.

    Raises `Unreadable` or `Forked`.
    """
    _require_files()
    last, head = newest(settings.CHECKPOINTS), Head.objects.get()
    if last is not None and not _begins_with(last, head.sequence):
        raise Forked(
            _(
                "The ledger does not continue the checkpoint over %(size)d events, so no new one was signed. "
                "Run manage.py verify to see what is wrong."
            )
            % {"size": last["checkpoint"]["size"]}
        )


def _begins_with(signed: note.Note, size: int) -> bool:
    said = signed["checkpoint"]
    try:
        return said["size"] <= size and merkle.root(said["size"], tree.StoredTree()).hex() == said["root"]
    except tree.Missing:
        return False


def _require_files() -> None:
    """An empty folder where there were checkpoints is most likely a disk that is not mounted."""
    last = Checkpoint.objects.first()
    if last is not None and not _path(last.size).exists():
        raise Unreadable(
            _(
                "The checkpoint over %(size)d events is not in GOI_CHECKPOINTS any more, so no new one is signed. "
                "See whether the folder is the right one and mounted, or put the files back: from a backup, or with "
                "manage.py checkpoint --put-back from what the database keeps of them."
            )
            % {"size": last.size}
        )


@_told()
def require_key() -> None:
    """The key at hand is the one that signed last, or one that the ledger leads to from there.

    Raises `KeyMissing`, or `Unreadable` where the key's file is damaged.
    """
    last = newest(settings.CHECKPOINTS)
    if last is None:
        return
    if not settings.SIGNING_KEY.exists():
        raise KeyMissing(
            _(
                "The signing key is not at GOI_SIGNING_KEY, so no checkpoint was signed. Put it back; if it is lost, "
                "run manage.py rotate_key --lost."
            )
        )
    before, own = last["checkpoint"]["key_id"], note.key_id(keys.signing_key(settings.SIGNING_KEY).public_key())
    if own != before and not lineage.leads(key_changes(), before, own):
        raise KeyMissing(
            _(
                "The key at GOI_SIGNING_KEY (%(own)s) is not the one that signed last (%(before)s), and the ledger "
                "does not say that it took its place, so no checkpoint was signed. Put %(before)s back; if it is gone, "
                "as after restoring a backup from before the key was exchanged, run manage.py rotate_key --lost."
            )
            % {"own": own, "before": before}
        )


def unreadable_keys() -> list[str]:
    """Which of the keys known here have to be done without, for whoever is doing so."""
    sentence = _("The key in %(file)s cannot be read (%(why)s), so it is left out. Put it back from its copy.")
    found = keys.unreadable(settings.SIGNING_KEY)
    return [sentence % {"file": file.name, "why": why} for file, why in found.items()]


def key_changes() -> list[lineage.Change]:
    """Every change of keys that the ledger tells of, in order."""
    events = Event.objects.filter(act=lineage.ACT).order_by("sequence").values_list("sequence", "detail")
    return lineage.changes(events)


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
    """The checkpoint files, by size. What is named otherwise, as a copy of one may be, is none."""
    return sorted(path for path in directory.glob("*.json") if path.stem.isdecimal())


def over(size: int) -> note.Note | None:
    """The note over so many events and no more. Raises `Unreadable`."""
    return next((read(path) for path in files(settings.CHECKPOINTS) if int(path.stem) == size), None)


def first_over(event: Event) -> note.Note | None:
    """The note over fewest events that holds this one."""
    for path in files(settings.CHECKPOINTS):
        if int(path.stem) >= event.sequence:
            return read(path)
    return None


def newest(directory: Path) -> note.Note | None:
    """The note over most events, as it is in the directory."""
    found = files(directory)
    return read(found[-1]) if found else None


def read(path: Path) -> note.Note:
    """Raises `Unreadable` for what is no checkpoint."""
    try:
        return note.parsed(path.read_bytes())
    except (OSError, ValueError) as error:
        sentence = _(
            "The checkpoint %(file)s cannot be read (%(why)s). Put it back from a backup, or else move it out of "
            "GOI_CHECKPOINTS."
        )
        raise Unreadable(sentence % {"file": path.name, "why": keys.reason(error)}) from error


def every() -> list[note.Note]:
    """All notes, by size. Raises `Unreadable`."""
    return [read(path) for path in files(settings.CHECKPOINTS)]


def covering(event: Event) -> note.Note:
    """The newest note, written now if the event came after it. Raises what `write` raises."""
    require_continuation()
    last = newest(settings.CHECKPOINTS)
    if last is None or last["checkpoint"]["size"] < event.sequence:
        write()
        last = newest(settings.CHECKPOINTS)
    assert last is not None, "there is an event, so there is something to sign"
    return last
