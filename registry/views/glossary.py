"""The glossary: the key point map first, below it the searchable list."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from registry import as_of, cards, glossary
from registry.forms.filters import GlossaryFilter
from registry.models import Definition, InForce, Stage
from registry.views.access import published
from registry.views.request import Request


@require_safe
@published
def show(request: Request) -> HttpResponse:
    outside = not request.user.is_authenticated
    asked = GlossaryFilter(request.GET, outside=outside)
    wanted = asked.wanted()
    listed = glossary.page(wanted, asked.page())
    part = request.htmx and not request.htmx.boosted
    columns = glossary.key_point_map(wanted, asked.stages)
    mapped = (span for column in columns.values() for span in column)
    drawn = _drawn({span.pk: span for span in (*mapped, *listed.spans)}, asked, outside)
    context = {
        "filter": asked,
        "wanted": wanted,
        "listed": listed,
        "cards": [drawn[span.pk] for span in listed.spans],
        "stages": _columns(asked.stages, columns, drawn),
        "on": asked.kept_day(),
        "kept": asked.kept(),
        "part": part,
    }
    return render(request, "glossary/show.html#answer" if part else "glossary/show.html", context | _news(request))


def _drawn(shown: dict[int, InForce], asked: GlossaryFilter, outside: bool) -> dict[int, cards.Card]:
    """The cards by span, with names and seals of the day, and what is in review today on today's alone."""
    when = asked.asked_when
    spans = list(shown.values())
    by_pk = {stage.pk: stage for stage in asked.stages}
    open_glass = as_of.unsealed(spans, when.known)
    for span in spans:
        span.stage = by_pk[span.stage_id]  # asking for each again would cost a query a row
        span.sealed = span.definition_id not in open_glass
    return cards.draw(spans, asked.teams, known=when.known, outside=outside or not when.is_now)


def _columns(stages: list[Stage], columns: dict[int, Any], drawn: dict[int, cards.Card]) -> list[Any]:
    limit = glossary.CARDS_PER_STAGE
    return [
        (stage, [drawn[span.pk] for span in columns[stage.pk][:limit]], len(columns[stage.pk]) > limit)
        for stage in stages
        if stage.pk in columns
    ]


def _news(request: Request) -> dict[str, Any]:
    """What was agreed lately; for readers outside only what is published anyway."""
    lately = Definition.objects.filter(number__gt=1).select_related("metric", "revision__proposal")
    return {"recent": lately.order_by("-pk")[:5]}
