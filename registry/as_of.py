"""What held on a day, as recorded by a moment: meanings, teams, stages, people and who could sign.

Two axes answer two questions. `valid` is the day that is asked about; `known` the moment by which it had been
recorded. Everything here is a query without a request, for pages, reports and whatever asks next.
"""

import copy
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import models
from django.db.models import Exists, OuterRef, Q, Subquery, Value
from django.db.models.functions import Cast

from registry import clock, days
from registry.models import (
    STILL_KNOWN,
    BreakGlass,
    Definition,
    Delegation,
    InForce,
    Membership,
    Metric,
    Proposal,
    Revision,
    Stage,
    Team,
    User,
    VocabularyVersion,
)
from registry.models.metrics import InForceQuerySet

# How teams, stages and people are called, and what stands for it where one kind has no such thing.
CALLED: dict[str, Any] = {
    "name_ja": Value(""),
    "name_en": Value(""),
    "mark_ja": Value(""),
    "mark_en": Value(""),
    "position": Cast(Value(None), models.PositiveSmallIntegerField()),
}
NAMED = ("definition__metric", "definition__revision__proposal", "stage", "producer", "judge")


@dataclass(frozen=True)
class When:
    """The calendar day asked about, and the aware moment by which it was recorded; `None` means by now."""

    valid: date
    known: datetime | None = None

    @classmethod
    def at(cls, moment: datetime) -> "When":
        """As it was at that very moment."""
        return cls(days.local(moment), moment)

    @property
    def moment(self) -> datetime:
        """When names and seats, which have no effective dates, are read: the end of the day, or `known` if earlier."""
        ends = days.end_of(self.valid)
        return ends if self.known is None else min(ends, self.known)

    @property
    def is_now(self) -> bool:
        return self.valid == clock.today() and self.known is None


def today() -> When:
    return When(clock.today())


def glossary(when: When) -> InForceQuerySet:
    """One span for each metric that had a meaning, retired ones included, in the order of the map."""
    return InForce.objects.as_of(when.valid, when.known)


def meaning(key: str, when: When) -> InForce | None:
    """The span of one metric with its version and what that version names; `None` if there was none."""
    spans = InForce.objects.as_of(when.valid, when.known, of_few=True).filter(metric__key=key)
    return spans.select_related(*NAMED).first()


def first_version(key: str, when: When) -> Definition | None:
    """The version that a metric begins with, whatever its day, if it was recorded by then."""
    return Definition.objects.filter(metric__key=key, number=1, recorded_at__lte=when.moment).first()


def spans_of(metric: Metric) -> list[InForce]:
    """Every span of the metric that was ever recorded, with its version and what that names. One query.

    `life`, `beliefs` and `in_force` pick from it.
    """
    spans = InForce.objects.filter(metric=metric).select_related(*NAMED)
    return list(spans.order_by("valid_from", "known_from", "pk"))


def in_force(spans: Iterable[InForce], when: When) -> InForce | None:
    """The one of `spans_of` a metric that held on the day, as recorded by the moment."""
    return next((span for span in life(spans, when.known) if span.valid_from <= when.valid < span.valid_to), None)


def life(spans: Iterable[InForce], known: datetime | None = None) -> list[InForce]:
    """Those of `spans_of` a metric that held as recorded by `known`, oldest first."""
    if known is None:
        return [span for span in spans if span.known_to == STILL_KNOWN]
    return [span for span in spans if span.known_from <= known < span.known_to]


def took_effect(spans: Iterable[InForce], known: datetime | None = None) -> bool:
    """Whether a version was in force on some day before others replaced it, or is going to be, as recorded by `known`.

    `spans` are all of that version.
    """
    return any(
        days.local(span.known_to) >= span.valid_from or (known is not None and known < span.known_to) for span in spans
    )


@dataclass(frozen=True)
class Belief:
    """What was taken for the meaning on some day, from one moment until the other (`STILL_KNOWN`: to this day)."""

    definition: Definition
    since: datetime
    until: datetime

    @property
    def last_day(self) -> date | None:
        """The last calendar day at whose end it was believed; `None` if it still is."""
        return None if self.until == STILL_KNOWN else days.local(self.until) - timedelta(days=1)


def beliefs(spans: Iterable[InForce], valid: date) -> list[Belief]:
    """What a metric, of which these are `spans_of`, was believed to mean on the day `valid`, oldest belief first.

    More than one means that a retroactive correction made a difference, or that the day lay ahead when a later
    version was agreed.
    """
    on_the_day = [
        span for span in spans if span.valid_from <= valid < span.valid_to and span.known_from < span.known_to
    ]
    found: list[Belief] = []
    for span in sorted(on_the_day, key=lambda span: (span.known_from, span.pk)):
        last = found[-1] if found else None
        if last and last.definition == span.definition and last.until == span.known_from:
            found[-1] = Belief(last.definition, last.since, span.known_to)
        else:
            found.append(Belief(span.definition, span.known_from, span.known_to))
    return found


def awaiting_a_seal(spans: InForceQuerySet, known: datetime | None) -> InForceQuerySet:
    """Those that still awaited a seal at `known`, after two stewards broke the glass."""
    if known is None:
        return spans.filter(sealed=False)
    return spans.filter(definition__revision__in=BreakGlass.objects.awaiting(known).values("revision"))


def unsealed(spans: Sequence[InForce], known: datetime | None) -> set[int]:
    """The definitions of those among `spans` that did; no query where it is asked about now."""
    if known is None:
        return {span.definition_id for span in spans if not span.sealed}
    shown = InForce.objects.filter(pk__in=[span.pk for span in spans])
    return set(awaiting_a_seal(shown, known).values_list("definition", flat=True))


def vocabulary(moment: datetime) -> VocabularyVersion | None:
    """The vocabulary that held at a moment, before the first one that one; `None` where none was ever declared."""
    first = Q(number=1)
    return VocabularyVersion.objects.filter(first | Q(recorded_at__lte=moment)).first()


def revisions_in_review(when: When) -> models.QuerySet[Any, Any]:
    """The ids of the revisions that were under review at the end of that day, as far as was known."""
    if when.is_now:
        return Proposal.objects.in_review().values("revision")
    submitted = Revision.objects.filter(submitted_at__lte=when.moment)
    later = submitted.filter(proposal=OuterRef("proposal"), number__gt=OuterRef("number"))
    still_open = Q(proposal__ended_at=None) | Q(proposal__ended_at__gt=when.moment)
    return submitted.filter(still_open, ~Exists(later)).values("pk")


# Names as they were


def teams(when: When) -> list[Team]:
    """All teams with the names and marks they had; one that was founded later has today's."""
    return list(then(Team.objects.all(), when).values())


def stages(when: When) -> list[Stage]:
    """All stages with the names and places they had, from left to right."""
    return stages_then(Stage.objects.all(), when)


def people(ids: Iterable[int], when: When) -> dict[int, User]:
    """These people by id with the names they had; whose history was erased has the name that is left."""
    return {user.pk: user for user in then(User.objects.filter(pk__in=list(ids)), when).values()}


def stages_then(rows: Iterable[Stage], when: When) -> list[Stage]:
    """These stages as they were called and placed then, from left to right. One query, and none for today."""
    return sorted(then(rows, when).values(), key=lambda stage: (stage.position, stage.pk))


def then[M: models.Model](rows: Iterable[M], when: When) -> dict[M, M]:
    """By row of today, which may be of several kinds, the same as it was called then. One query, and none for today."""
    found = list(rows)
    return dict(zip(found, found if when.is_now else at((row, when.moment) for row in found), strict=True))


def at[M: models.Model](rows: Iterable[tuple[M, datetime]]) -> list[M]:
    """Copies of today's rows, each as it was called at its own moment, to be read and never saved. One query."""
    asked = list(rows)
    past: dict[tuple[str, int], list[list[Any]]] = {}
    for kind, pk, *told in _past(asked):
        past.setdefault((kind, pk), []).append(told)
    return [_as_at(row, moment, past.get((_kind(row), row.pk), [])) for row, moment in asked]


def _past(rows: Sequence[tuple[models.Model, datetime]]) -> Iterable[tuple[Any, ...]]:
    """`(kind, id, since, number, *NAMES)` of every state up to the last of the moments; blank where a kind has none."""
    kinds = {type(row) for row, _moment in rows}
    told = [_past_of(kind, [each for each in rows if isinstance(each[0], kind)]) for kind in kinds]
    return told[0].union(*told[1:], all=True) if told else ()


def _past_of(kind: Any, rows: Sequence[tuple[models.Model, datetime]]) -> Any:
    own = {field.name for field in kind._meta.fields}
    blank = {name: value for name, value in CALLED.items() if name not in own}
    told = kind.history.filter(id__in={row.pk for row, _moment in rows}, history_date__lte=max(at for _row, at in rows))
    columns = ("kind", "id", "history_date", "history_id", *CALLED)
    return told.order_by().annotate(kind=Value(kind.__name__), **blank).values_list(*columns)


def _kind(row: models.Model) -> str:
    return type(row).__name__


def _as_at[M: models.Model](row: M, moment: datetime, past: list[list[Any]]) -> M:
    then = copy.copy(row)
    before = [states for states in past if states[0] <= moment]
    if before:
        _since, _number, *values = max(before, key=lambda state: (state[0], state[1]))
        called = {name: value for name, value in zip(CALLED, values, strict=True) if hasattr(row, name)}
        if any(called.values()):  # an erased person keeps the name that is left
            for name, value in called.items():
                setattr(then, name, value)
    return then


# Who could sign


@dataclass(frozen=True)
class Seat:
    """A person's place in a team on some day. `absent` is whom they stood in for, which let them sign, too."""

    user: User
    role: str
    since: datetime
    until: datetime | None
    absent: User | None = None

    @property
    def may_sign(self) -> bool:
        return self.role == Membership.SIGNATORY or self.absent is not None


def seats(team: Team, when: When) -> list[Seat]:
    """Who belonged to the team at some time of that day, and who stood in for whom; signatories first."""
    held = list(_held(Membership.objects.filter(team=team), when).select_related("user"))
    lent = list(_lent(team, when))
    ids = {each.user_id for each in held} | {each.stand_in_id for each in lent}
    named = people(ids | {each.membership.user_id for each in lent}, when)
    found = [Seat(named[each.user_id], each.role, each.since, _ended(each.until, when)) for each in held]
    found += [
        Seat(
            named[each.stand_in_id],
            Membership.MEMBER,
            max(days.start_of(each.starts_on), each.made_at),
            min(filter(None, (days.end_of(each.ends_on), _ended(each.withdrawn_at, when)))),
            absent=named[each.membership.user_id],
        )
        for each in lent
    ]
    return sorted(found, key=lambda seat: (not seat.may_sign, seat.absent is not None, seat.since))


def signatories(team: Team, when: When) -> list[Seat]:
    """Who could have signed for the team on that day, stand-ins included."""
    return [seat for seat in seats(team, when) if seat.may_sign]


def _held(memberships: Any, when: When) -> Any:
    """A place is held from its first moment up to its last, on every calendar day that it touches."""
    begins = days.start_of(when.valid)
    return memberships.filter(Q(until=None) | Q(until__gt=min(begins, when.moment)), since__lte=when.moment)


def _lent(team: Team, when: When) -> Any:
    """Delegations name days, earlier ones too; they hold from when they were recorded."""
    begins = days.start_of(when.valid)
    made = Delegation.history.filter(id=OuterRef("pk"), history_type="+").values("history_date")
    lent = Delegation.objects.annotate(made_at=Subquery(made[:1])).filter(
        Q(withdrawn_at=None) | Q(withdrawn_at__gt=min(begins, when.moment)),
        membership__team=team,
        membership__in=_held(Membership.objects.filter(role=Membership.SIGNATORY), when).values("pk"),
        starts_on__lte=when.valid,
        ends_on__gte=when.valid,
        made_at__lte=when.moment,
    )
    return lent.select_related("membership")


def _ended(until: datetime | None, when: When) -> datetime | None:
    """A place that was given up later had no end yet, as far as was known."""
    return until if until is None or when.known is None or until <= when.known else None
