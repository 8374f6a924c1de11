"""The certificate of a version: one small document that proves, offline, what was agreed, by whom and when."""

from collections.abc import Iterable
from typing import Any

from registry.models import Definition, Event, SignOff, Team
from registry.proof import checkpoints, inclusion

FORMAT = "goi/certificate/1"
SEALING = ("sealed", "ratified")


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
        "events": inclusion.proved(events, signed["checkpoint"]["size"]),
        "checkpoint": signed,
        "keys": inclusion.key_changes(),
    }


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
