"""The whole ledger as JSON Lines, streamed: what `verify.py` reads without the registry."""

import json
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from registry import rows
from registry.ledger import note
from registry.models import Event
from registry.proof import checkpoints, snapshot
from registry.proof.sealed import HISTORIES

CHUNK = 500
FORMAT = "goi/ledger/1"


def lines() -> Iterator[str]:
    """A first line that names the format, one line per event with the rows it sealed, the checkpoints, the end.

    All of one moment, however long it takes to send. Raises `checkpoints.Unreadable` before there is a line.
    """
    return _lines(checkpoints.every())


def _lines(signed: list[note.Note]) -> Iterator[str]:
    """`signed` was read before the moment, which therefore holds every event that they are over."""
    yield _line({"format": FORMAT})
    last = 0
    with snapshot.moment():
        while events := list(Event.objects.filter(sequence__gt=last).order_by("sequence")[:CHUNK]):
            for entry in documents(events):
                yield _line(entry)
            last = events[-1].sequence
    for each in signed:
        yield _line(each)
    yield _line({"end": last})


def documents(events: list[Event]) -> Iterator[dict[str, Any]]:
    """`{event, digest, personal, rows}` of each, where `rows` holds `{table, id, values, personal}`."""
    numbers: dict[str, list[int]] = defaultdict(list)
    for event in events:
        for table, number, *_digests in event.rows:
            numbers[table].append(number)
    found = {table: HISTORIES[table].objects.order_by().in_bulk(ids) for table, ids in numbers.items()}
    for event in events:
        sealed = [found[table].get(number) for table, number, *_digests in event.rows]
        yield {
            "event": event.document(),
            "digest": event.digest,
            "personal": event.personal,
            "rows": [_row(row) for row in sealed if row is not None],
        }


def _row(row: Any) -> dict[str, Any]:
    personal = rows.personal_values(row)
    kept = personal if any(personal.values()) else None
    return {"table": row._meta.db_table, "id": row.pk, "values": rows.values(row), "personal": kept}


def _line(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n"
