"""Verifying what pages are found by: it must be what the sealed versions and events, lived again in order, give."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.db import models
from django.utils.translation import gettext as _

from registry import derived
from registry.models import (
    FOREVER,
    STILL_KNOWN,
    BreakGlass,
    Definition,
    Event,
    InForce,
    Mention,
    Metric,
    Stage,
    Team,
    Use,
)
from registry.proof.findings import Finding

# Metrics at a time: each comes with all of its versions and spans.
CHUNK = 100


@dataclass(frozen=True)
class Span:
    """When a version is in force, and from when until when that was believed."""

    definition: int
    valid_from: date
    valid_to: date
    known_from: datetime
    known_to: datetime


def lived(versions: Iterable[Definition]) -> list[Span]:
    """The spans that publishing these versions, in order of their numbers, leaves behind."""
    spans: list[Span] = []
    for version in versions:
        begins, known = version.effective_from, version.recorded_at
        kept = []
        for span in spans:
            if span.known_to != STILL_KNOWN or span.valid_to <= begins:
                kept.append(span)
                continue
            kept.append(replace(span, known_to=known))
            if span.valid_from < begins:
                kept.append(replace(span, valid_to=begins, known_from=known))
        spans = [*kept, Span(version.pk, begins, FOREVER, known, STILL_KNOWN)]
    return spans


def of_versions() -> Iterator[Finding]:
    """Metrics whose spans, or what they are said to be built from, are not what their versions give."""
    expected = _Expected()
    last = 0
    while metrics := list(Metric.objects.filter(pk__gt=last).order_by("pk")[:CHUNK]):
        yield from _differing(metrics, expected)
        last = metrics[-1].pk


def _differing(metrics: list[Metric], expected: "_Expected") -> Iterator[Finding]:
    versions: dict[int, list[Definition]] = defaultdict(list)
    for version in Definition.objects.filter(metric__in=metrics).select_related("metric").order_by("number"):
        versions[version.metric_id].append(version)
    spans = _by_metric(InForce.objects.filter(metric__in=metrics), "metric_id")
    built = _by_metric(Use.objects.filter(definition__metric__in=metrics), "definition__metric_id")
    unsealed = _unsealed(metrics)
    for metric in metrics:
        if Counter(spans[metric.pk]) != _given(expected.spans(versions[metric.pk], unsealed)):
            yield Finding(
                metric.key,
                _("the days on which its versions are in force, or how they are listed, are not what was agreed."),
            )
        if Counter(built[metric.pk]) != _given(expected.uses(versions[metric.pk])):
            yield Finding(metric.key, _("what its versions are said to be built from is not what their words say."))


def _given(rows: Iterator[tuple[Any, ...]]) -> Counter[tuple[Any, ...]] | None:
    """The rows, counted; `None` where the words of a version cannot have been written by the registry at all."""
    try:
        return Counter(rows)
    except (LookupError, TypeError, ValueError, AttributeError):
        return None


class _Expected:
    """What publishing writes, from the versions alone. Stages and teams are few and never go."""

    def __init__(self) -> None:
        self._stages = Stage.objects.in_bulk(field_name="key")
        self._teams = Team.objects.in_bulk(field_name="key")

    def spans(self, versions: list[Definition], unsealed: set[int]) -> Iterator[tuple[Any, ...]]:
        built = {version.pk: self._span(version, version.revision_id not in unsealed) for version in versions}
        for each in lived(versions):
            span = built[each.definition]
            span.valid_from, span.valid_to = each.valid_from, each.valid_to
            span.known_from, span.known_to = each.known_from, each.known_to
            yield tuple(getattr(span, name) for name in _columns(InForce))

    def _span(self, version: Definition, sealed: bool) -> InForce:
        return derived.span(version, sealed=sealed, stages=self._stages, teams=self._teams)

    def uses(self, versions: list[Definition]) -> Iterator[tuple[Any, ...]]:
        for version in versions:
            for key, how in derived.uses(version):
                use = Use(definition=version, key=key, how=how)
                yield tuple(getattr(use, name) for name in _columns(Use))


def _by_metric(rows: models.QuerySet[Any], metric: str) -> dict[int, list[tuple[Any, ...]]]:
    found: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
    for pk, *values in rows.order_by().values_list(metric, *_columns(rows.model)):
        found[pk].append(tuple(values))
    return found


def _columns(model: type[models.Model]) -> list[str]:
    """Everything but the number of the row, so that a column added later is compared too."""
    return [field.attname for field in model._meta.concrete_fields if not field.primary_key]


def _unsealed(metrics: list[Metric]) -> set[int]:
    """The revisions of these metrics' versions that still await a seal."""
    broken = BreakGlass.objects.awaiting().filter(revision__definitions__metric__in=metrics)
    return set(broken.values_list("revision", flat=True))


def mentions(events: list[Event]) -> Iterator[Finding]:
    """Events that are found under other metrics than those that they name. `events` follow on one another."""
    kept = Mention.objects.filter(event__gte=events[0].pk, event__lte=events[-1].pk).order_by()
    found: dict[int, set[str]] = defaultdict(set)
    for number, key in kept.values_list("event", "key"):
        found[number].add(key)
    for event in events:
        if found[event.pk] != _named(event):
            place = _("Event %(number)d") % {"number": event.sequence}
            yield Finding(place, _("it is found under other metrics than those that it is about."))


def _named(event: Event) -> set[str]:
    """What the event says it is about; an event whose detail was changed is found by its own digest."""
    named = event.detail.get("metrics", []) if isinstance(event.detail, dict) else []
    return {key for key in named if isinstance(key, str)} if isinstance(named, list) else set()
