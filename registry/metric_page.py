"""What a metric's page shows, for any day, read in a fixed number of queries."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

from django.db.models import F
from django.urls import reverse
from django.utils.translation import get_language

from registry import clock, conditions_syntax
from registry.markdown import Term
from registry.models import STILL_KNOWN, Definition, InForce, Metric, Proposal, SignOff, Team, Use

DEPENDENTS = 50


@dataclass(frozen=True)
class VersionLine:
    """One version in the timeline, with the days it is or was in force as known now; none if replaced whole."""

    definition: Definition
    span: InForce | None
    current: bool


class MetricPage:
    """One metric on one day. `known` is the moment by which it was recorded; `None` means by now."""

    def __init__(self, metric: Metric, valid: date, known: datetime | None = None) -> None:
        self.metric = metric
        self.valid = valid
        self.known = known

    @cached_property
    def span(self) -> InForce | None:
        """The span in force on the day, with its version."""
        spans = InForce.objects.as_of(self.valid, self.known).filter(metric=self.metric)
        return spans.select_related(
            "definition__metric", "definition__revision__proposal", "stage", "producer", "judge"
        ).first()

    @property
    def definition(self) -> Definition | None:
        return self.span.definition if self.span else None

    @cached_property
    def seals(self) -> list[tuple[Team, SignOff | None]]:
        return seal_row(self.definition) if self.definition else []

    @cached_property
    def versions(self) -> list[VersionLine]:
        """Every version, newest first."""
        spans = {span.definition_id: span for span in InForce.objects.filter(metric=self.metric, known_to=STILL_KNOWN)}
        today = clock.today()
        return [
            VersionLine(version, span, bool(span and span.valid_from <= today < span.valid_to))
            for version in self.metric.versions.select_related("revision__proposal")
            for span in [spans.get(version.pk)]
        ]

    @cached_property
    def open_proposals(self) -> list[Proposal]:
        return list(Proposal.objects.in_review().on_metric(self.metric.key).select_related("author"))

    @cached_property
    def _dependents(self) -> list[tuple[str, Definition]]:
        """Asked from the uses on and ordered here: asked from the list on, a large registry is walked whole.

        SQLite without statistics takes `known_to =` for rare and would begin there, hence `__gte`.
        """
        today = clock.today()
        uses = Use.objects.filter(
            key=self.metric.key,
            definition__spans__known_to__gte=STILL_KNOWN,
            definition__spans__valid_from__lte=today,
            definition__spans__valid_to__gt=today,
            definition__spans__retired=False,
        )
        place = {"stage": F("definition__spans__stage"), "rank": F("definition__spans__rank")}
        rows = uses.annotate(**place).select_related("definition__metric").order_by("definition", "-how")
        found = {use.definition_id: use for use in rows[:DEPENDENTS]}
        in_order = sorted(found.values(), key=lambda use: (use.stage, use.rank, use.definition.metric.key))
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
        """The metrics that the texts, the formula and the condition name, as they mean on the day."""
        if self.definition is None:
            return {}
        keys = {term["key"] for term in self.definition.terms}
        keys |= set(conditions_syntax.factors(self.definition.wording["formula"]))
        keys |= set(conditions_syntax.references(self.definition.wording["condition"]))
        keys |= {self.definition.wording["successor"]} - {""}
        spans = InForce.objects.as_of(self.valid, self.known).filter(key__in=keys)
        return {span.key: span.definition for span in spans.select_related("definition__metric")}

    @cached_property
    def terms(self) -> list[Term]:
        """The links inside the texts, with today's meanings."""
        if self.definition is None:
            return []
        return [
            Term(term["surface"], metric_url(term["key"]), self._linked[term["key"]].summary)
            for term in self.definition.terms
            if term["key"] in self._linked
        ]

    @property
    def factors(self) -> list[Definition]:
        """The metrics of the formula, in its order."""
        formula = self.definition.wording["formula"] if self.definition else ""
        return [self._linked[key] for key in conditions_syntax.factors(formula) if key in self._linked]

    @property
    def references(self) -> list[Definition]:
        """The metrics whose agreed condition this condition refers to."""
        condition = self.definition.wording["condition"] if self.definition else ""
        return [self._linked[key] for key in conditions_syntax.references(condition) if key in self._linked]

    @property
    def successor(self) -> Definition | None:
        return self._linked.get(self.definition.wording["successor"]) if self.definition else None


def seal_row(definition: Definition) -> list[tuple[Team, SignOff | None]]:
    """Every place of the seal row with the seal that fills it. Two queries."""
    signed: dict[int, Any] = {}
    for seal in definition.revision.sign_offs.select_related("team", "signed_by", "revision"):
        signed[seal.team_id] = seal
    places = definition.revision.places.select_related("team")
    return [(place.team, signed.get(place.team_id)) for place in places]


def terms_as_published(definition: Definition) -> list[Term]:
    """The links of a permanent page: the names and meanings stored when it was published."""
    language = (get_language() or "ja")[:2]
    return [
        Term(term["surface"], metric_url(term["key"]), term[language] or term["ja"] or term["en"])
        for term in definition.terms
    ]


def metric_url(key: str) -> str:
    return reverse("metric", args=[key])
