"""Single events taken out of the ledger, each with the proof that a signed checkpoint is over it too."""

from typing import Any

from registry.ledger import lineage, merkle
from registry.models import Event, SignOff, Team
from registry.proof import checkpoints, export, tree

# The history rows that are shown with an event; of the others it holds the digests.
SHOWN = (SignOff.history.model._meta.db_table, Team.history.model._meta.db_table)


def proved(events: list[Event], size: int) -> list[dict[str, Any]]:
    """The events as an export has them, each with its path to the root of the first `size` events."""
    stored = tree.StoredTree()
    return [
        {
            **document,
            "rows": [row for row in document["rows"] if row["table"] in SHOWN],
            "proof": [each.hex() for each in merkle.inclusion(event.sequence - 1, size, stored)],
        }
        for event, document in zip(events, export.documents(events), strict=True)
    ]


def key_changes() -> list[dict[str, Any]]:
    """Every change of keys with the checkpoint in which the old key attested it, so that any key leads to any other."""
    return [
        {**proved([event], attested["checkpoint"]["size"])[0], "personal": None, "checkpoint": attested}
        for event in Event.objects.filter(act=lineage.ACT).order_by("sequence")
        if (attested := checkpoints.first_over(event)) is not None
    ]
