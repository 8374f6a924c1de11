"""Checkpoints as signed notes: how many events, their Merkle root, when, and by which key. Knows no Django."""

import hashlib
import json
from datetime import datetime
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from registry.ledger.canonical import canonical
from registry.ledger.chain import moment

type Note = dict[str, Any]

DOMAIN = b"goi/checkpoint/1\0"


def sign(key: Ed25519PrivateKey, *, size: int, root: bytes, at: datetime) -> Note:
    """`{checkpoint: {size, root, time, key_id}, public_key, signature}`, the last two in hex."""
    public = key.public_key()
    checkpoint = {"size": size, "root": root.hex(), "time": moment(at), "key_id": key_id(public)}
    return {
        "checkpoint": checkpoint,
        "public_key": public.public_bytes_raw().hex(),
        "signature": key.sign(DOMAIN + canonical(checkpoint)).hex(),
    }


def parsed(content: bytes) -> Note:
    """Raises `ValueError` for what does not consist of what a note does; whether it is signed is another question."""
    signed = json.loads(content)
    try:
        said = signed["checkpoint"]
        texts = (said["root"], said["time"], said["key_id"], signed["public_key"], signed["signature"])
        whole = type(said["size"]) is int and all(isinstance(text, str) for text in texts)
    except (KeyError, TypeError):
        whole = False
    if not whole:
        raise ValueError("no checkpoint")
    return signed


def is_signed(note: Note, public: Ed25519PublicKey) -> bool:
    """Whether the note is whole and was signed with this key."""
    try:
        public.verify(bytes.fromhex(note["signature"]), DOMAIN + canonical(note["checkpoint"]))
    except (InvalidSignature, KeyError, TypeError, ValueError):
        return False
    return True


def key_id(public: Ed25519PublicKey) -> str:
    """What the key is called for short: the first 16 hex digits of its SHA-256."""
    return hashlib.sha256(public.public_bytes_raw()).hexdigest()[:16]
