"""The proof that the ledger still begins with what an earlier checkpoint signed, for whoever kept that one."""

from typing import Any

from django.conf import settings

from registry.ledger import merkle
from registry.proof import checkpoints, inclusion, tree

FORMAT = "goi/continuation/1"


class Unknown(LookupError):
    """No checkpoint over so many events is kept here."""


def build(size: int) -> dict[str, Any]:
    """From the checkpoint over `size` events to the newest: both as signed, and the proof of RFC 6962, section 2.1.2.

    Raises `Unknown`, or what keeps the newest from being shown.
    """
    before = checkpoints.over(size)
    if before is None:
        raise Unknown(size)
    checkpoints.require_continuation()
    after = checkpoints.newest(settings.CHECKPOINTS)
    assert after is not None, "there is at least the one from before"
    proof = merkle.consistency(size, after["checkpoint"]["size"], tree.StoredTree())
    return {
        "format": FORMAT,
        "before": before,
        "after": after,
        "proof": [each.hex() for each in proof],
        "keys": inclusion.key_changes(),
    }
