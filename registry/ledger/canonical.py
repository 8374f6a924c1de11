"""Canonical JSON (RFC 8785) and the digests made of it. Knows nothing of Django.

Goi's documents hold text, whole numbers, booleans, null, lists and objects with text keys. Fractions are
refused: their canonical form is where implementations differ, and no document needs one.
"""

import hashlib
from json.encoder import encode_basestring

SAFE_INTEGER = 2**53 - 1


def canonical(value: object) -> bytes:
    """The RFC 8785 bytes of a document. Raises `TypeError` or `ValueError` for what has no such form."""
    return _text(value).encode("utf-8", errors="strict")


def digest(domain: str, value: object) -> str:
    """Lowercase hex SHA-256 over `domain`, a zero byte, and the canonical document."""
    return hashlib.sha256(domain.encode() + b"\0" + canonical(value)).hexdigest()


def _text(value: object) -> str:
    """The most frequent kinds first: verifying a large ledger spends its time here."""
    if isinstance(value, str):
        return encode_basestring(value)
    if isinstance(value, dict):
        return "{" + ",".join([f"{encode_basestring(key)}:{_text(value[key])}" for key in _ordered(value)]) + "}"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        if not -SAFE_INTEGER <= value <= SAFE_INTEGER:
            raise ValueError(f"{value} is beyond the whole numbers JSON keeps exactly")
        return str(value)
    if isinstance(value, list | tuple):
        return "[" + ",".join([_text(each) for each in value]) + "]"
    raise TypeError(f"{type(value).__name__} has no canonical form here")


def _ordered(value: dict[str, object]) -> list[str]:
    """RFC 8785 orders keys by their UTF-16 code units, which for ASCII is the order of the letters."""
    try:
        plain = "".join(value).isascii()
    except TypeError:
        raise TypeError("the keys of a canonical object are text") from None
    return sorted(value) if plain else sorted(value, key=lambda key: key.encode("utf-16-be"))
