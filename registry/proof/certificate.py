"""The certificate of a version: one small document that proves, offline, what was agreed, by whom and when."""

from collections.abc import Iterable
from typing import Any

from registry.ledger import lineage, merkle
from registry.models import Definition, Event, SignOff, Team
from registry.proof import checkpoints, export, tree

FORMAT = "goi/certificate/1"
SEALING = ("sealed", "ratified")
# The history rows whose content a certificate shows; of the others the events hold the digests.
SHOWN = (SignOff.history.model._meta.db_table, Team.history.model._meta.db_table)


def build(version: Definition) -> dict[str, Any]:
    """Words, revision, seals and their events with inclusion proofs under one signed checkpoint.

    Writes a checkpoint first where the newest does not cover them yet.
    """
    revision = version.revision
    seals = list(revision.sign_offs.counted().select_related("team").order_by("pk"))
    publishing = _publishing(version)
    sealing = {seal.pk: _sealing(seal) for seal in seals}
    naming = {seal.pk: _naming(seal.team, sealing[seal.pk]) for seal in seals}
    events = _in_order([publishing, *sealing.values(), *naming.values()])
    signed = checkpoints.covering(events[-1])
    return {
        "format": FORMAT,
        "definition": {"document": version.document(), "digest": version.digest},
        "revision": {"document": revision.document(), "digest": revision.digest},
        "published": publishing.sequence,
        "seals": [
            {"team": seal.team.key, "sealed": sealing[seal.pk].sequence, "named": naming[seal.pk].sequence}
            for seal in seals
        ],
        "events": _proved(events, signed["checkpoint"]["size"]),
        "checkpoint": signed,
        "keys": _key_changes(),
    }


def _key_changes() -> list[dict[str, Any]]:
    """Every change of keys with the checkpoint in which the old key attested it, so that any key leads to any other."""
    return [
        {**_proved([event], attested["checkpoint"]["size"])[0], "personal": None, "checkpoint": attested}
        for event in Event.objects.filter(act=lineage.ACT).order_by("sequence")
        if (attested := checkpoints.first_over(event)) is not None
    ]


def _publishing(version: Definition) -> Event:
    events = Event.objects.filter(proposal=version.revision.proposal_id, act="published")
    return events.order_by("sequence")[0]


def _sealing(seal: SignOff) -> Event:
    """The event whose act wrote the seal."""
    record = seal.history.order_by("history_id").values_list("history_id", flat=True)[0]
    events = Event.objects.filter(proposal=seal.revision.proposal_id, act__in=SEALING, team=seal.team_id)
    return _that_wrote(events, SignOff.history.model._meta.db_table, record)


def _naming(team: Team, before: Event) -> Event:
    """The event that gave the team the names it bore when it sealed."""
    events = Event.objects.filter(team=team, act__in=("team_added", "team_changed"), sequence__lt=before.sequence)
    return events.order_by("-sequence")[0]


def _that_wrote(events: Iterable[Event], table: str, record: int) -> Event:
    return next(event for event in events if any(entry[:2] == [table, record] for entry in event.rows))


def _in_order(events: Iterable[Event]) -> list[Event]:
    return sorted({event.sequence: event for event in events}.values(), key=lambda event: event.sequence)


def _proved(events: list[Event], size: int) -> list[dict[str, Any]]:
    stored = tree.StoredTree()
    return [
        {
            **document,
            "rows": [row for row in document["rows"] if row["table"] in SHOWN],
            "proof": [each.hex() for each in merkle.inclusion(event.sequence - 1, size, stored)],
        }
        for event, document in zip(events, export.documents(events), strict=True)
    ]
