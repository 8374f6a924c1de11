"""What changed between two days, as a page and as files."""

from collections.abc import Callable
from functools import partial
from itertools import groupby
from typing import Any

from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from registry import as_of, changes, release_notes
from registry.changes import Between
from registry.forms.filters import ChangesFilter
from registry.views.access import published
from registry.views.request import Request
from registry.views.streams import csv_lines, file_or_page, streamed

PAGE = 25


@require_safe
@published
def show(request: Request) -> HttpResponseBase:
    """The release notes of `?from=&to=&known=`; `?format=md` or `csv` gives them as a file."""
    asked = ChangesFilter(request.GET)
    files = {ending: partial(file, request, asked.between()) for ending, file in FILES.items()}
    return file_or_page(request, asked, files, lambda: _page(request, asked))


def _as_markdown(request: Request, between: Between) -> StreamingHttpResponse:
    lines = release_notes.markdown(between, request.build_absolute_uri)
    return streamed(lines, "text/markdown", _named(between, "md"))


def _as_csv(request: Request, between: Between) -> StreamingHttpResponse:
    rows = release_notes.table(between, request.build_absolute_uri)
    return streamed(csv_lines(release_notes.head(), rows), "text/csv", _named(between, "csv"))


FILES: dict[str, Callable[..., StreamingHttpResponse]] = {"md": _as_markdown, "csv": _as_csv}


def _named(between: Between, ending: str) -> str:
    return f"goi-changes-{between.since}-{between.until}.{ending}"


def _page(request: Request, asked: ChangesFilter) -> HttpResponse:
    between = asked.between()
    told = _told(between, asked.page()) if between else {}
    return render(request, "changes/show.html", {"filter": asked} | told)


def _told(between: Between, number: int) -> dict[str, Any]:
    spans = changes.changed(between)
    start = (number - 1) * PAGE
    shown = list(spans.select_related("stage")[start : start + PAGE + 1])
    if start and not shown:
        return _told(between, 1)
    entries = changes.entries(shown[:PAGE], between, changes.teams_by_id(between))
    stages = {stage.pk: stage for stage in as_of.stages_then({span.stage for span in shown}, between.after)}
    told = [(entry, changes.paragraph(entry), release_notes.address(entry)) for entry in entries]
    grouped = groupby(told, key=lambda each: each[0].span.stage_id)
    return {
        "between": between,
        "lede": release_notes.lede(between),
        "stages": [(stages[stage], list(group)) for stage, group in grouped],
        "count": start + len(shown) if len(shown) <= PAGE else spans.count(),
        "page": number,
        "previous": number - 1,
        "next": number + 1 if len(shown) > PAGE else None,
    }
