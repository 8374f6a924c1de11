"""What the glossary shows: which metrics on which day, searched and narrowed."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import reduce
from operator import or_
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef, Q

from registry import as_of
from registry.as_of import When
from registry.models import Clause, InForce, Stage, Team
from registry.models.metrics import InForceQuerySet

PAGE = 50
COUNTED_UP_TO = 500
CARDS_PER_STAGE = 6


@dataclass(frozen=True)
class Wanted:
    """What a reader asked for. `known` is the moment by which it was recorded; `None` means by now."""

    valid: date
    known: datetime | None = None
    terms: Sequence[str] = field(default_factory=list)
    stage: Stage | None = None
    team: Team | None = None
    state: str = ""

    @property
    def narrowed(self) -> bool:
        return bool(self.terms or self.stage or self.team or self.state)


STATES = ("open", "retired", "broken")


def found(wanted: Wanted) -> InForceQuerySet:
    """The spans that answer, in the order of the map."""
    spans = InForce.objects.as_of(wanted.valid, wanted.known).matching(wanted.terms)
    if wanted.stage:
        spans = spans.filter(stage=wanted.stage)
    if wanted.team:
        spans = spans.filter(Q(producer=wanted.team) | Q(judge=wanted.team))
    match wanted.state:
        case "open":
            reviewed = as_of.revisions_in_review(When(wanted.valid, wanted.known))
            spans = spans.filter(Exists(Clause.objects.filter(key=OuterRef("key"), revision__in=reviewed)))
        case "retired":
            return spans.filter(retired=True)
        case "broken":
            spans = as_of.awaiting_a_seal(spans, wanted.known)
    return spans.filter(retired=False)


@dataclass(frozen=True)
class Found:
    """One page of spans. `count` stops at `COUNTED_UP_TO`, which `more_than` says."""

    spans: list[InForce]
    page: int
    has_next: bool
    count: int

    @property
    def more_than(self) -> bool:
        return self.count >= COUNTED_UP_TO

    @property
    def has_previous(self) -> bool:
        return self.page > 1

    @property
    def previous(self) -> int:
        return self.page - 1

    @property
    def next(self) -> int:
        return self.page + 1


def page(wanted: Wanted, number: int) -> Found:
    """Page `number`, from 1; past the last it is the first. Counting is capped: how many thousands helps nobody."""
    start = (number - 1) * PAGE
    # Which ones is read from the index alone, and once for the page and the count: what is skipped costs little.
    before = 0 if start + PAGE < COUNTED_UP_TO else start
    ids = list(found(wanted).values_list("pk", flat=True)[before : max(COUNTED_UP_TO, start + PAGE + 1)])
    if before and not ids:
        return page(wanted, 1)
    if before + len(ids) <= start:
        number, start = 1, 0
    shown = ids[start - before :][: PAGE + 1]
    rows = list(InForce.objects.filter(pk__in=shown[:PAGE]).defer("search_text"))
    return Found(rows, number, has_next=len(shown) > PAGE, count=before + len(ids))


def key_point_map(wanted: Wanted, stages: Sequence[Stage]) -> dict[int, list[InForce]]:
    """By stage, the first metrics of each column, in one query, and one more if there is more to see.

    Empty where the reader searches or narrows, since then the list stands alone.
    """
    if wanted.narrowed:
        return {}
    in_force = InForce.objects.as_of(wanted.valid, wanted.known).filter(retired=False)
    columns = [in_force.filter(stage=stage).values("pk")[: CARDS_PER_STAGE + 1] for stage in stages]
    by_stage: dict[int, list[InForce]] = {stage.pk: [] for stage in stages}
    for span in InForce.objects.filter(_in_any(columns)).defer("search_text"):
        by_stage[span.stage_id].append(span)
    return by_stage


def _in_any(some: Sequence[Any]) -> Any:
    """Whether a row is in one of these sliced queries. PostgreSQL would answer an OR of them by reading every row."""
    if some and connection.features.supports_slicing_ordering_in_compound:
        return Q(pk__in=some[0].union(*some[1:], all=True))
    return reduce(or_, (Q(pk__in=each) for each in some), Q(pk__in=[]))
