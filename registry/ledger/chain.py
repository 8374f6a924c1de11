"""The arithmetic of the chain: what an event's digest covers. Knows no Django."""

from datetime import UTC, datetime
from typing import Any

from registry.ledger.canonical import digest

GENESIS = "0" * 64


def event_document(
    *,
    sequence: int,
    at: datetime,
    actor: int,
    act: str,
    proposal: int | None,
    team: int | None,
    detail: dict[str, Any],
    personal_digest: str,
    rows: list[Any],
    previous: str,
) -> dict[str, Any]:
    """The canonical document of one event. Personal data enters by digest only, so that it can be erased."""
    return {
        "sequence": sequence,
        "at": moment(at),
        "actor": actor,
        "act": act,
        "proposal": proposal,
        "team": team,
        "detail": detail,
        "personal": personal_digest,
        "rows": rows,
        "previous": previous,
    }


def event_digest(document: dict[str, Any]) -> str:
    return digest("goi/event/1", document)


def personal_digest(personal: dict[str, Any]) -> str:
    """Over names and reasons with their salt, so that a guess cannot be checked against it once erased."""
    return digest("goi/personal/1", personal)


def row_digest(table: str, values: dict[str, Any]) -> str:
    """Over one history row: its column names and their values as text."""
    return digest("goi/row/1", {"table": table, "values": values})


def moment(at: datetime) -> str:
    """An instant in UTC to the microsecond, written in one way only."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
