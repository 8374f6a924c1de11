"""Which keys may have signed: those one trusts, and those that lead to them from one key to the next. Knows no Django.

Each change of keys is an event of the ledger. A checkpoint by the old key over that event attests the new one; the
new key's signature in the event attests the old one. So a key got at any time leads to all others.
"""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from registry.ledger import note
from registry.ledger.canonical import canonical

ACT = "key_changed"
DOMAIN = b"goi/key/1\0"


@dataclass(frozen=True)
class Change:
    """Event `sequence` put the key `new` in the place of `old`, both in hex; `proof` is the new key's signature."""

    sequence: int
    old: str
    new: str
    proof: str

    def is_signed_by_new(self) -> bool:
        try:
            _public(self.new).verify(bytes.fromhex(self.proof), _said(self.old, self.new))
        except (InvalidSignature, ValueError):
            return False
        return True


def detail(old: Ed25519PublicKey, new: Ed25519PrivateKey) -> dict[str, Any]:
    """What the event says: both keys with their short names, and that the new one follows the old."""
    before, after = old.public_bytes_raw().hex(), new.public_key().public_bytes_raw().hex()
    return {
        "old": note.key_id(old),
        "new": note.key_id(new.public_key()),
        "old_key": before,
        "new_key": after,
        "proof": new.sign(_said(before, after)).hex(),
    }


def changes(events: Iterable[tuple[int, dict[str, Any]]]) -> list[Change]:
    """From sequence and detail of every event that changed the key, those that can be one."""
    found = []
    for sequence, told in events:
        fields = [told.get(name) for name in ("old_key", "new_key", "proof")] if isinstance(told, dict) else []
        if fields and all(isinstance(each, str) for each in fields):
            found.append(Change(sequence, *fields))  # type: ignore[arg-type]
    return found


def leads(changes: Iterable[Change], old: str, new: str) -> bool:
    """Whether the key called `new` came in the place of the one called `old`, at once or one after the other."""
    links = [(_name(each.old), _name(each.new)) for each in changes if each.is_signed_by_new()]
    reached = {old}
    while more := {after for before, after in links if before in reached} - reached:
        reached |= more
    return new in reached


class Lineage:
    """The keys that `trusted` ones lead to, and when each reigned."""

    def __init__(
        self, trusted: Iterable[Ed25519PublicKey], changes: Iterable[Change], notes: Iterable[note.Note]
    ) -> None:
        self._changes = list(changes)
        self._notes = sorted(notes, key=lambda each: each["checkpoint"]["size"])
        self._keys = {note.key_id(key): key for key in trusted}
        while self._grow():
            pass

    def signer(self, signed: note.Note) -> Ed25519PublicKey | None:
        """The known key that signed this, or None."""
        key = self._keys.get(str(signed["checkpoint"].get("key_id")))
        return key if key and note.is_signed(signed, key) else None

    def out_of_turn(self) -> set[int]:
        """Sizes of notes by a key before it was there, after its successor had signed, or that came unannounced."""
        signed = list(self._signed())
        untimely = {size for change in self._changes for size in _untimely(change, signed)}
        return untimely | set(self._unannounced(signed))

    def _unannounced(self, signed: list[tuple[int, str]]) -> Iterator[int]:
        for (_size, before), (size, key) in pairwise(signed):
            if key != before and not leads([each for each in self._changes if each.sequence <= size], before, key):
                yield size

    def _signed(self) -> Iterator[tuple[int, str]]:
        for signed in self._notes:
            if self.signer(signed):
                yield signed["checkpoint"]["size"], signed["checkpoint"]["key_id"]

    def _grow(self) -> bool:
        """Whether one more key was found to be meant."""
        for change in self._changes:
            old, new = _name(change.old), _name(change.new)
            if old in self._keys and new not in self._keys and self._attested(change, old):
                self._keys[new] = _public(change.new)
                return True
            if new in self._keys and old not in self._keys and change.is_signed_by_new():
                self._keys[old] = _public(change.old)
                return True
        return False

    def _attested(self, change: Change, old: str) -> bool:
        return any(key == old and size >= change.sequence for size, key in self._signed())


def _untimely(change: Change, signed: list[tuple[int, str]]) -> Iterator[int]:
    new, old = _name(change.new), _name(change.old)
    begun = min((size for size, key in signed if key == new), default=sys.maxsize)
    for size, key in signed:
        if (key == new and size < change.sequence) or (key == old and size > begun):
            yield size


def _said(old: str, new: str) -> bytes:
    return DOMAIN + canonical({"old": old, "new": new})


def _public(key: str) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(bytes.fromhex(key))


def _name(key: str) -> str:
    """A short name; for what is no key, one that no key has."""
    try:
        return note.key_id(_public(key))
    except ValueError:
        return ""
