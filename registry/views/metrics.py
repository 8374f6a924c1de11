"""One metric: its meaning on a day, its permanent versions, their differences, its history."""

import hashlib
from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.utils.cache import patch_cache_control
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from registry import clock, comparison, containments, effect_on_data, examples, meaning, wording
from registry.choices import Called
from registry.forms.filters import DayFilter
from registry.look import look
from registry.metric_page import MetricPage, seals_as_pressed, terms_as_published
from registry.models import Definition, Metric, SignOff, Team
from registry.views.access import published
from registry.views.history import timeline_page
from registry.views.refusal import Missing
from registry.views.request import Request


@require_safe
@published
def show(request: Request, key: str) -> HttpResponse:
    metrics = examples.noted(meaning.with_vocabulary(Metric.objects.exclude(latest=None)))
    metric = get_object_or_404(metrics, key=key)
    meaning.recall(metric)
    asked = DayFilter(request.GET)
    when = asked.when()
    page = MetricPage(metric, when.valid, when.known, asked.kept())
    context = {
        "page": page,
        "metric": metric,
        "definition": page.definition,
        "filter": asked,
        "kept": page.kept,
        "stamp": meaning.stamp(metric) + page.kept,
        "agreed_then": page.agreed_then,
        "vocabulary": page.vocabulary,
        "judged": examples.judged(page),
    }
    if page.when.is_now and metric.last_vocabulary is not None:
        context["containments"] = containments.of(metric.key, meaning.stamp(metric))
    counted = _counted(page, meaning.stamp(metric)) if request.user.is_authenticated else {}
    return render(request, "metrics/show.html", context | counted | {"tool": _tools(page)})


def _counted(page: MetricPage, stamp: str) -> dict[str, Any]:
    """The last count of today's meaning, for those who are signed in: the data is not public."""
    if page.definition is None or not page.has_numbers:
        return {}
    asked = (page.metric.key, page.definition.wording, stamp)
    if page.definition.wording["kind"] == wording.CALCULATED:
        return {"last_rate": effect_on_data.last_rate(*asked)}
    return {"last": effect_on_data.last_count(*asked)}


def _tools(page: MetricPage) -> dict[str, Any]:
    """What the reader is looking at: today's meaning, another day's, or none."""
    return {"today": page.when.is_now, "latest": page.versions[0].definition if page.versions else page.metric.latest}


@require_safe
@published
def version(request: Request, key: str, number: int) -> HttpResponse:
    """The permanent page of one version: the same bytes for ever, for one reader, language and look."""
    definition = _version(key, number)
    seals = seals_as_pressed(definition)
    etag = _etag(request, definition, seals)
    response = HttpResponse(status=304)
    if request.headers.get("If-None-Match") != etag:
        response = render(request, "metrics/version.html", _version_context(definition, seals))
    response.headers["ETag"] = etag
    names_all = "lang" in request.GET and request.GET.get("look", "") == look()
    if names_all and _is_sealed(seals):
        patch_cache_control(response, private=True, max_age=31_536_000, immutable=True)
    else:
        patch_cache_control(response, private=True, no_cache=True)
    return response


def _version(key: str, number: int) -> Definition:
    versions = Definition.objects.select_related("metric", "base", "revision__proposal")
    return get_object_or_404(versions, metric__key=key, number=number)


type Seals = list[tuple[Team, SignOff | None]]


def _version_context(definition: Definition, seals: Seals) -> dict[str, Any]:
    return {
        "definition": definition,
        "metric": definition.metric,
        "seals": seals,
        "terms": terms_as_published(definition),
        "sealed": _is_sealed(seals),
        "permanent": True,
    }


def _is_sealed(seals: Seals) -> bool:
    return all(seal for _team, seal in seals)


def _etag(request: Request, definition: Definition, seals: Seals) -> str:
    """Of all that the page is made of: names are those of the seals, which an act of erasure may still empty."""
    named = [(team.name, team.mark, seal and (seal.pk, seal.signed_by.name)) for team, seal in seals]
    reader = (request.user.pk, getattr(request.user, "shortcuts", False))
    parts = (definition.digest, get_language(), reader, named, look())
    return f'"{hashlib.sha256(repr(parts).encode()).hexdigest()[:32]}"'


@require_safe
@published
def sql(request: Request, key: str) -> HttpResponse:
    """The counting query of today's meaning for each engine, to copy."""
    metric = get_object_or_404(Metric.objects.exclude(latest=None), key=key)
    page = MetricPage(metric, clock.today())
    queries = meaning.sql(page.definition.wording, clock.today()) if page.definition else []
    context = {
        "metric": metric,
        "definition": page.definition,
        "queries": queries,
        "month": meaning.moments(page.valid),
    }
    return render(request, "metrics/sql.html", context)


@require_safe
@published
def compare(request: Request, key: str, old: int, new: int) -> HttpResponse:
    if old == new:
        raise Missing(_("Choose two different versions to compare."))
    before, after = _version(key, old), _version(key, new)
    context = {
        "metric": after.metric,
        "before": before,
        "after": after,
        "changes": comparison.fields(before.wording, after.wording, wording.NAMES, Called()),
        "others": _others(before, after),
        "inline": request.GET.get("view") == "inline",
    }
    return render(request, "metrics/compare.html", context)


def _others(before: Definition, after: Definition) -> list[tuple[int, int]]:
    """The comparisons that exchange one of the two versions for another, each from the earlier to the later."""
    earlier, later = sorted((before.number, after.number))
    numbers = after.metric.versions.exclude(number__in=(earlier, later)).values_list("number", flat=True)
    return sorted((min(number, kept), max(number, kept)) for number in numbers for kept in (earlier, later))


@require_safe
def history(request: Request, key: str) -> HttpResponseBase:
    metric = get_object_or_404(Metric, key=key)
    return timeline_page(request, "metrics/history.html", {"metric": metric}, metric=metric.key)
