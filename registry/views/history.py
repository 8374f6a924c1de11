"""The timeline of the registry and of one metric, filtered by the address, and its export."""

import csv
from collections.abc import Iterator
from typing import Any

from django.http import HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from registry import timeline
from registry.forms.filters import HistoryFilter
from registry.models import Event
from registry.models.ledger import EventQuerySet
from registry.views.request import Request

PAGE = 50


@require_safe
def show(request: Request) -> HttpResponseBase:
    return timeline_page(request, "history/show.html", {})


def timeline_page(request: Request, template: str, context: dict[str, Any], metric: str = "") -> HttpResponseBase:
    """One page of the timeline, newest first, or with `?format=csv` all of it as a file."""
    asked = HistoryFilter(request.GET)
    events = _asked_events(request, asked, metric)
    if request.GET.get("format") == "csv":
        return _csv(events)
    before = request.GET.get("before", "")
    page = events.filter(sequence__lt=int(before[:18])) if before.isascii() and before.isdigit() else events
    shown = list(timeline.related(page)[: PAGE + 1])
    lines = timeline.lines(shown[:PAGE])
    context |= {
        "filter": asked,
        "days": list(timeline.by_day(lines)),
        "older": shown[PAGE - 1].sequence if len(shown) > PAGE else None,
        "newest": not before,
    }
    return render(request, template, context)


def _asked_events(request: Request, asked: HistoryFilter, metric: str) -> EventQuerySet:
    person = asked.value("person")
    return timeline.filtered(
        Event.objects.visible_to(request.user),
        group=asked.value("group") or "",
        metric=metric or asked.value("metric") or "",
        actor=person.pk if person else 0,
        team=asked.value("team"),
        since=asked.value("since"),
        until=asked.value("until"),
    )


def _csv(events: EventQuerySet) -> StreamingHttpResponse:
    """UTF-8 with a mark, since that is how spreadsheets here open Japanese; streamed, whatever its size."""
    response = StreamingHttpResponse(_csv_lines(events), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="goi-history.csv"'
    return response


class _Echo:
    def write(self, line: str) -> str:
        return line


def _csv_lines(events: EventQuerySet) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield "\ufeff" + writer.writerow(["sequence", "at", "who", "act", "what", "why", "proposal", "digest"])
    for event in timeline.related(events).iterator(chunk_size=500):
        (line,) = timeline.lines([event])
        at = timezone.localtime(event.at).isoformat(timespec="seconds")
        cells = [at, event.actor.username, event.act, line.sentence, line.reason]
        yield writer.writerow([event.sequence, *map(safe_cell, cells), event.proposal_id or "", event.digest])


def safe_cell(value: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    return f"'{value}" if value[:1] in {"=", "+", "-", "@", "\t", "\r"} else value
