"""The timeline of the registry and of one metric, filtered by the address, and one act with what it changed."""

from functools import partial
from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from registry import differences, timeline
from registry.forms.filters import HistoryFilter, PublicationsFilter
from registry.models import Event
from registry.models.ledger import EventQuerySet
from registry.views import history_files
from registry.views.refusal import Missing
from registry.views.request import Request
from registry.views.streams import file_or_page

PAGE = 50


@require_safe
def show(request: Request) -> HttpResponseBase:
    return timeline_page(request, "history/show.html", {})


def timeline_page(request: Request, template: str, context: dict[str, Any], metric: str = "") -> HttpResponseBase:
    """One page of the timeline, newest first, or with `?format=csv` or `jsonl` all of it as a file."""
    asked = HistoryFilter(request.GET, metric)
    events = asked_events(asked, Event.objects.visible_to(request.user))
    files = {ending: partial(file, events) for ending, file in history_files.FILES.items()}
    return file_or_page(request, asked, files, lambda: _page(request, asked, events, template, context))


def _page(
    request: Request, asked: HistoryFilter, events: EventQuerySet, template: str, context: dict[str, Any]
) -> HttpResponse:
    before = request.GET.get("before", "")
    page = events.filter(sequence__lt=int(before[:18])) if before.isascii() and before.isdigit() else events
    shown = list(timeline.related(page, request.user)[: PAGE + 1])
    lines = timeline.lines(shown[:PAGE])
    context |= {
        "filter": asked,
        "days": list(timeline.by_day(lines)),
        "older": shown[PAGE - 1].sequence if len(shown) > PAGE else None,
        "newest": not before,
        "feed": asked.address_of_feed(),
    }
    return render(request, template, context)


def asked_events(asked: PublicationsFilter, events: EventQuerySet) -> EventQuerySet:
    """Those of `events` that the address asks for."""
    person = asked.value("person")
    return timeline.filtered(
        events,
        group=asked.value("group") or "",
        metric=asked.of_metric or asked.value("metric") or "",
        proposal=asked.value("proposal") or 0,
        person=person.pk if person else 0,
        team=asked.value("team"),
        since=asked.value("since"),
        until=asked.value("until"),
    )


@require_safe
def act(request: Request, sequence: int) -> HttpResponse:
    """One act with what it changed, word by word; to htmx the words alone, to stand below its line."""
    events = timeline.related(Event.objects.visible_to(request.user), request.user)
    event = get_object_or_404(events, sequence=sequence)
    (line,) = timeline.lines([event])
    context = {"line": line, "event": event, "differences": differences.differences(event) if line.words else []}
    if request.htmx and not request.htmx.boosted:
        if not line.words:
            raise Missing(_("There are no words to compare in this act."))
        return render(request, "history/words.html", context)
    return render(request, "history/act.html", context)
