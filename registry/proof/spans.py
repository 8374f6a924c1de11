"""Verifying the index of what was in force when: it must be what the versions, lived again in order, give."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime

from django.utils.translation import gettext as _

from registry.models import FOREVER, STILL_KNOWN, Definition, InForce, Metric
from registry.proof.findings import Finding


@dataclass(frozen=True)
class Span:
    """One row of `InForce` in what cannot be read from its version."""

    definition: int
    retired: bool | None
    valid_from: date
    valid_to: date
    known_from: datetime
    known_to: datetime


def findings() -> Iterator[Finding]:
    """Metrics whose spans are not those that their versions give."""
    for metric in Metric.objects.order_by("pk").iterator():
        versions = metric.versions.order_by("number").only(
            "effective_from", "recorded_at", "wording", "number", "metric"
        )
        stored = {_span(row) for row in InForce.objects.filter(metric=metric)}
        if stored != set(lived(versions)):
            yield Finding(metric.key, _("the days on which its versions are in force are not those that were agreed."))


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
        spans = [*kept, Span(version.pk, version.wording.get("retired"), begins, FOREVER, known, STILL_KNOWN)]
    return spans


def _span(row: InForce) -> Span:
    return Span(row.definition_id, row.retired, row.valid_from, row.valid_to, row.known_from, row.known_to)
