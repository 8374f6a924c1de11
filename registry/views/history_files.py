"""The history as files of any length: a table for spreadsheets, and JSON Lines for programs."""

import json
from collections.abc import Callable, Iterator
from itertools import batched
from typing import Any

from django.http import StreamingHttpResponse
from django.utils import timezone

from registry import timeline
from registry.models import Event, Mention
from registry.models.ledger import EventQuerySet
from registry.views.streams import csv_lines, streamed

CHUNK = 500
HEAD = ["sequence", "at", "who", "act", "what", "why", "proposal", "digest", "missing_seals"]


def as_csv(events: EventQuerySet) -> StreamingHttpResponse:
    return streamed(csv_lines(HEAD, map(_row, _read(events))), "text/csv", "goi-history.csv")


def as_jsonl(events: EventQuerySet) -> StreamingHttpResponse:
    """One object a line; `metrics` are the keys of the metrics that the act concerns, `missing_seals` of the teams
    without whose seal it published them."""
    return streamed(_objects(events), "application/jsonl", "goi-history.jsonl")


FILES: dict[str, Callable[[EventQuerySet], StreamingHttpResponse]] = {"csv": as_csv, "jsonl": as_jsonl}


def _read(events: EventQuerySet) -> Iterator[Event]:
    """Newest first, a page at a time, each read whole: a cursor left open while somebody slowly takes the file would
    keep others from writing on SQLite."""
    newest_first = timeline.related(events).defer("rows").order_by("-sequence")
    page = list(newest_first[:CHUNK])
    while page:
        yield from page
        page = list(newest_first.filter(sequence__lt=page[-1].sequence)[:CHUNK])


def _row(event: Event) -> list[Any]:
    told = _told(event)
    row = [event.sequence, *(told[name] for name in HEAD[1:6]), event.proposal_id or "", event.digest]
    return [*row, " ".join(_missing(event))]


def _missing(event: Event) -> list[str]:
    """The teams without whose seal two stewards published what it is about."""
    missing: list[str] = event.detail.get("missing", [])
    return missing


def _objects(events: EventQuerySet) -> Iterator[str]:
    """The mentions are read by chunk: prefetched, they and their events would hold each other in memory."""
    for chunk in batched(_read(events), CHUNK):
        metrics: dict[int, list[str]] = {event.sequence: [] for event in chunk}
        for sequence, key in Mention.objects.filter(event__in=metrics).order_by("key").values_list("event", "key"):
            metrics[sequence].append(key)
        for event in chunk:
            yield json.dumps(_object(event, metrics[event.sequence]), ensure_ascii=False) + "\n"


def _object(event: Event, metrics: list[str]) -> dict[str, Any]:
    return {
        "sequence": event.sequence,
        **_told(event),
        "proposal": event.proposal_id,
        "team": event.team.key if event.team else None,
        "metrics": metrics,
        "digest": event.digest,
        "missing_seals": _missing(event),
    }


def _told(event: Event) -> dict[str, str]:
    (line,) = timeline.lines([event])
    return {
        "at": timezone.localtime(event.at).isoformat(timespec="seconds"),
        "who": event.actor.username,
        "act": event.act,
        "what": line.sentence,
        "why": line.reason,
    }
