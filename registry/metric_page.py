"""What a metric's page shows, for any day, read in a fixed number of queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

from django.db.models import F
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from registry import as_of, clock, conditions_syntax, days, spans
from registry.as_of import When
from registry.markdown import Term
from registry.models import (
    STILL_KNOWN,
    Definition,
    InForce,
    Metric,
    Proposal,
    SignOff,
    Stage,
    Team,
    Use,
    VocabularyVersion,
)
from registry.spans import Spans
from registry.wording import Wording

DEPENDENTS = 50
INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True)
class VersionLine:
    """One version in the timeline, with the days it is or was in force as known now; none if replaced whole.

    `took_effect`: whether it was in force before that.
    """

    definition: Definition
    span: InForce | None
    current: bool
    took_effect: bool


@dataclass(frozen=True)
class Step:
    """A stop of the slider: a day, and what happened on it."""

    day: date
    label: str


class MetricPage:
    """One metric on one day. `known` is the moment by which it was recorded; `None` means by now."""

    def __init__(self, metric: Metric, valid: date, known: datetime | None = None, kept: str = "") -> None:
        self.metric = metric
        self.valid = valid
        self.known = known
        self.kept = kept  # the query that keeps the day in links

    @property
    def when(self) -> When:
        return When(self.valid, self.known)

    @cached_property
    def span(self) -> InForce | None:
        """The span in force on the day, with its version."""
        return as_of.in_force(self._spans, self.when)

    @property
    def awaits_a_seal(self) -> bool:
        """Whether two stewards published it and the missing team had not sealed it by then, as far as was known."""
        return self.span is not None and not (self.span.sealed and all(seal for _team, seal in self.seals))

    @cached_property
    def stage(self) -> Stage | None:
        """Where it stood, called as it was called then."""
        return as_of.stages_then([self.span.stage], self.when)[0] if self.span else None

    @property
    def definition(self) -> Definition | None:
        return self.span.definition if self.span else None

    @cached_property
    def seals(self) -> list[tuple[Team, SignOff | None]]:
        return seal_row(self.definition, self.when) if self.definition else []

    @cached_property
    def versions(self) -> list[VersionLine]:
        """Every version that was recorded, newest first."""
        spans = {span.definition_id: span for span in self.life}
        versions = {each.definition.number: each.definition for each in self._spans}
        return [
            VersionLine(
                version,
                span,
                current=bool(span and span.valid_from <= self.valid < span.valid_to),
                took_effect=as_of.took_effect(
                    (each for each in self._spans if each.definition_id == version.pk), self.known
                ),
            )
            for _number, version in sorted(versions.items(), reverse=True)
            if self.known is None or version.recorded_at <= self.known
            for span in [spans.get(version.pk)]
        ]

    @cached_property
    def life(self) -> list[InForce]:
        """The spans of its versions, oldest first."""
        return as_of.life(self._spans, self.known)

    @cached_property
    def _spans(self) -> list[InForce]:
        """Its whole past on both axes, in one query: all else about time is picked from it."""
        return as_of.spans_of(self.metric)

    @cached_property
    def beliefs(self) -> list[as_of.Belief]:
        """What the day was believed to mean since it began: more than one after a retroactive correction."""
        begins = days.start_of(self.valid)
        return [belief for belief in as_of.beliefs(self._spans, self.valid) if belief.until > begins]

    @cached_property
    def steps(self) -> list[Step]:
        """The days on which its meaning changed, and today, in order: where the slider stops."""
        found = {clock.today(): _("today")}
        for span in self.life:
            found[span.valid_from] = span.definition.heading
        return [Step(day, f"{days.day(day)} · {what}") for day, what in sorted(found.items())]

    @property
    def last_step(self) -> int:
        return len(self.steps) - 1

    @property
    def step(self) -> int:
        """Where the slider stands: at the last stop that is not after the day."""
        return max((place for place, step in enumerate(self.steps) if step.day <= self.valid), default=0)

    @property
    def now_label(self) -> str:
        """The day asked about and the version it shows."""
        what = self.definition.heading if self.definition else _("nothing in force")
        return f"{days.day(self.valid)} · {what}"

    @cached_property
    def open_proposals(self) -> list[Proposal]:
        """What is in review; it says nothing about another day."""
        if not self.when.is_now:
            return []
        return list(Proposal.objects.in_review().on_metric(self.metric.key).select_related("author", "revision"))

    @cached_property
    def _dependents(self) -> list[tuple[str, Definition]]:
        """Asked from the uses on and ordered here: asked from the list on, a large registry is walked whole.

        SQLite without statistics takes `known_to =` for rare and would begin there, hence `__gte`.
        """
        uses = Use.objects.filter(
            **({} if self.known is None else {"definition__spans__known_from__lte": self.known}),
            key=self.metric.key,
            definition__spans__known_to__gte=STILL_KNOWN if self.known is None else self.known + INSTANT,
            definition__spans__valid_from__lte=self.valid,
            definition__spans__valid_to__gt=self.valid,
            definition__spans__retired=False,
        )
        place = {"stage": F("definition__spans__stage"), "rank": F("definition__spans__rank")}
        rows = uses.annotate(**place).select_related("definition__metric").order_by("definition", "-how")
        found = {use.definition_id: use for use in rows[:DEPENDENTS]}
        in_order: list[Any] = sorted(found.values(), key=_place)
        return [(use.how, use.definition) for use in in_order]

    @property
    def built_on_this(self) -> list[Definition]:
        """Metrics whose formula or condition refers to this one."""
        return [each for how, each in self._dependents if how != Use.TEXT]

    @property
    def naming_this(self) -> list[Definition]:
        """Metrics whose text names this one."""
        return [each for how, each in self._dependents if how == Use.TEXT]

    @cached_property
    def _linked(self) -> dict[str, Definition]:
        """The metrics that the texts, the formula, the condition and the counting rules name, as of the day."""
        if self.definition is None:
            return {}
        keys = {term["key"] for term in self.definition.terms}
        keys |= set(conditions_syntax.made_of(self.definition.wording))
        keys |= set(conditions_syntax.referred_to(self.definition.wording))
        keys |= {self.definition.wording["successor"]} - {""}
        return self._meant(keys)

    def _meant(self, keys: set[str]) -> dict[str, Definition]:
        """The versions of these metrics on the day, by key."""
        return self._around.versions(keys, self.valid)

    @cached_property
    def _around(self) -> Spans:
        return spans.since(self.valid, self.known)

    @cached_property
    def terms(self) -> list[Term]:
        """The links inside the texts, with the meanings of the day."""
        if self.definition is None:
            return []
        return [
            Term(term["surface"], metric_url(term["key"]) + self.kept, self._linked[term["key"]].summary)
            for term in self.definition.terms
            if term["key"] in self._linked
        ]

    @property
    def factors(self) -> list[Definition]:
        """The metrics of the formula, in its order."""
        keys = conditions_syntax.made_of(self.definition.wording) if self.definition else []
        return [self._linked[key] for key in keys if key in self._linked]

    @cached_property
    def retired_factors(self) -> list[Definition]:
        """The retired metrics that its formula comes down to: with one of them, it has no value."""
        found: list[Definition] = []
        level = self.factors
        seen = {each.metric.key for each in level}
        while level:
            found += [each for each in level if each.wording["retired"]]
            used = [each.wording for each in level if not each.wording["retired"]]
            further = {key for words in used for key in conditions_syntax.made_of(words)} - seen
            seen |= further
            level = list(self._meant(further).values()) if further else []
        return found

    @property
    def has_numbers(self) -> bool:
        """Whether its meaning of today can be counted or calculated."""
        if self.definition is None or not self.when.is_now:
            return False
        return not (self.definition.wording["retired"] or self.retired_factors)

    @property
    def references(self) -> list[Definition]:
        """The metrics whose agreed condition its own condition, its date or another counting rule refers to."""
        keys = conditions_syntax.referred_to(self.definition.wording) if self.definition else []
        return [self._linked[key] for key in keys if key in self._linked]

    @property
    def agreed_then(self) -> dict[str, Wording]:
        """The wordings that it refers to, directly or not, as they were on another day; none for today."""
        return {key: version.wording for key, version in self._referred_to_then.items()}

    @cached_property
    def _referred_to_then(self) -> dict[str, Definition]:
        """The versions that say so."""
        found: dict[str, Definition] = {}
        wanted = set() if self.when.is_now or self.definition is None else _references(self.definition)
        while missing := wanted - found.keys():
            found |= self._meant(missing)
            wanted = {key for each in missing & found.keys() for key in _references(found[each])}
        return found

    @property
    def read_at(self) -> datetime:
        """By when its words are read on another day: its end, or a correction's publication where that came later."""
        published = [self.definition.recorded_at] if self.definition else []
        return max([self.when.moment, *published])

    @cached_property
    def vocabulary(self) -> VocabularyVersion | None:
        """The vocabulary in which its condition is read on another day; `None` for today, which has the latest.

        What it refers to may have been corrected later still, in words that came with the correction.
        """
        if self.when.is_now or self.definition is None:
            return None
        return as_of.vocabulary(max([self.read_at, *(each.recorded_at for each in self._referred_to_then.values())]))

    @property
    def successor(self) -> Definition | None:
        return self._linked.get(self.definition.wording["successor"]) if self.definition else None


def _references(version: Definition) -> set[str]:
    return set(conditions_syntax.referred_to(version.wording))


def _place(use: Any) -> tuple[int, int, str]:
    """Where a dependent stands on the map."""
    return use.stage, use.rank, use.definition.metric.key


def seal_row(definition: Definition, when: When | None = None) -> list[tuple[Team, SignOff | None]]:
    """Every place of the seal row with the seal that fills it. Two queries.

    With `when`, only what had been sealed by then as far as was known, and with the names of that day: one more.
    """
    signed: dict[int, SignOff] = {}
    for seal in definition.revision.sign_offs.counted().select_related("team", "signed_by", "revision"):
        if when is None or when.known is None or seal.signed_at <= when.known:
            signed[seal.team_id] = seal
    places: Sequence[Any] = [place.team for place in definition.revision.places.select_related("team")]
    if when is not None:
        seals = signed.values()
        named = as_of.then([*places, *(seal.team for seal in seals), *(seal.signed_by for seal in seals)], when)
        places = [named[team] for team in places]
        for seal in seals:
            seal.team, seal.signed_by = named[seal.team], named[seal.signed_by]
    return [(team, signed.get(team.pk)) for team in places]


def seals_as_pressed(definition: Definition) -> list[tuple[Team, SignOff | None]]:
    """Every place of the seal row, each with the names of the moment in which it was sealed. Three queries."""
    row = seal_row(definition)
    pressed = [seal for _team, seal in row if seal]
    named: Any = as_of.at((each, seal.signed_at) for seal in pressed for each in (seal.team, seal.signed_by))
    for seal, team, person in zip(pressed, named[::2], named[1::2], strict=True):
        seal.team, seal.signed_by = team, person
    return [(seal.team if seal else team, seal) for team, seal in row]


def terms_as_published(definition: Definition) -> list[Term]:
    """The links of a permanent page: the names and meanings stored when it was published."""
    language = (get_language() or "ja")[:2]
    return [
        Term(term["surface"], metric_url(term["key"]), term[language] or term["ja"] or term["en"])
        for term in definition.terms
    ]


def metric_url(key: str) -> str:
    return reverse("metric", args=[key])
