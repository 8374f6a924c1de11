"""The numbers of a plan as the Effect tab and a metric's page show them: months, totals, rates, drawings."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from django.utils.functional import cached_property
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from registry import chart, counts, meaning, wording
from registry.conditions import MonthCount
from registry.conditions.months import NUMBERS
from registry.counts import CHANGED, RIPPLE, Line, Plan, months_of
from registry.models import Run
from registry.rates import Rate, rates
from registry.refusals import WrongState
from registry.standing import Standing
from registry.wording import CALCULATED, Wording

MONTHS = 12


@dataclass(frozen=True)
class Shown:
    """One metric's numbers over the months shown."""

    line: Line
    months: tuple[MonthCount, ...]

    @property
    def run(self) -> Run:
        assert self.line.run is not None
        return self.line.run

    @cached_property
    def total(self) -> dict[str, Any]:
        return {name: sum(getattr(month, name) for month in self.months) for name in NUMBERS}

    @property
    def changed(self) -> bool:
        return bool(self.total["gained"] or self.total["lost"])

    @property
    def drawn(self) -> bool:
        """Whether there is more to see than that nothing changes."""
        return self.changed or self.line.part == CHANGED

    @property
    def drawing(self) -> SafeString:
        title = _("“%(metric)s” per month, before and after. The table below has the same numbers.")
        return chart.counts(title % {"metric": self.line.name}, self.months)


@dataclass(frozen=True)
class Promise:
    """One promise of the vocabulary, and in how many rows the data breaks it."""

    entity: str
    field: str
    how: str
    rows: int


@dataclass(frozen=True)
class Ratio:
    """One calculated metric before and after, spelled out."""

    rate: Rate

    @property
    def old(self) -> str:
        return spelled(self.rate.old, self.rate.unit)

    @property
    def new(self) -> str:
        return spelled(self.rate.new, self.rate.unit)

    @property
    def direction(self) -> str:
        """`rises`, `falls`, or nothing where either has no value or both are the same."""
        old, new = self.rate.old, self.rate.new
        if old is None or new is None or old == new:
            return ""
        return "rises" if new > old else "falls"

    @property
    def months(self) -> list[tuple[date, str, str]]:
        return [
            (month, spelled(old, self.rate.unit), spelled(new, self.rate.unit)) for month, old, new in self.rate.months
        ]

    @property
    def drawing(self) -> SafeString:
        title = _("“%(metric)s” per month, before and after. The table below has the same numbers.")
        return chart.rates(title % {"metric": self.rate.name}, self.rate.months)


@dataclass(frozen=True)
class Page:
    """What there is to see of a plan that was counted."""

    plan: Plan
    months: tuple[date, ...]

    @property
    def changed(self) -> list[Shown]:
        return self._shown(CHANGED)

    @property
    def rippled(self) -> list[Shown]:
        """Metrics that refer to those."""
        return self._shown(RIPPLE)

    def _shown(self, part: str) -> list[Shown]:
        return [Shown(line, _in(self.months, line.run)) for line in self.plan.lines if line.part == part and line.run]

    @property
    def uncountable(self) -> list[Line]:
        return [line for line in self.plan.lines if line.problems]

    @cached_property
    def rates(self) -> list[Ratio]:
        return [Ratio(each) for each in rates(self.plan, self.months)]

    @cached_property
    def broken(self) -> list["Promise"]:
        """The vocabulary's promises that the data breaks where these conditions look: proofs hold only without."""
        found = {tuple(each) for line in self.plan.lines if line.run for each in line.run.broken}
        return [_promise(self.plan, *each) for each in sorted(found)]

    @property
    def latest(self) -> Run | None:
        """The newest of the runs: it says on what, when and by whom it was counted."""
        runs = [line.run for line in self.plan.lines if line.run]
        return max(runs, key=lambda run: run.counted_at) if runs else None


def page(plan: Plan) -> Page:
    """The last months up to the day the plan is about, in which anything was counted."""
    latest = plan.world.moments.as_of
    found = {each.month for line in plan.lines if line.run for each in months_of(line.run)}
    past = sorted(month for month in found if latest is None or month <= latest)
    return Page(plan, tuple(past[-MONTHS:]))


def _in(months: Iterable[date], run: Run) -> tuple[MonthCount, ...]:
    found = {each.month: each for each in months_of(run)}
    return tuple(found.get(month, MonthCount(month)) for month in months)


def _promise(plan: Plan, entity: str, name: str, code: str, number: int) -> Promise:
    declared, language = plan.world.vocabulary.entities[entity], meaning.language()
    word = declared.fields[name]
    return Promise(declared.label[language], word.label[language], str(BROKEN[code]), number)


BROKEN = {
    "unreadable": gettext_lazy("cannot be read"),
    "blank": gettext_lazy("blank, which is not allowed"),
    "absent": gettext_lazy("nothing is mapped to it"),
    "unknown_value": gettext_lazy("a value that is not declared"),
    "out_of_bounds": gettext_lazy("out of bounds"),
    "repeated_key": gettext_lazy("the key stands there twice"),
    "missing_parent": gettext_lazy("leads to nothing"),
}


def spelled(value: Fraction | None, unit: str) -> str:
    """A calculated value as people write it: 42.0%, 1,234.5; or that there is none."""
    if value is None:
        return _("no value")
    if meaning.is_percentage(unit):
        return f"{float(value) * 100:,.1f}%"
    return f"{float(value):,.2f}" if abs(value) < 100 else f"{float(value):,.0f}"


@dataclass(frozen=True)
class Last:
    """The last count of a metric in exactly its present meaning."""

    run: Run
    months: tuple[tuple[date, Any], ...]
    name: str

    @property
    def total(self) -> Any:
        return sum(number for _month, number in self.months)

    @property
    def drawing(self) -> SafeString:
        title = _("“%(metric)s” per month. The table below has the same numbers.") % {"metric": self.name}
        return chart.counts(title, [MonthCount(month, number, number) for month, number in self.months])


def last_count(key: str, words: Wording, stamp: str) -> Last | None:
    """Of a counted or summed metric; `None` while nobody has counted what it means now."""
    found = counts.last_run(key, words, stamp)
    if found is None:
        return None
    run, side = found
    past = [each for each in months_of(run) if each.month <= run.as_of and getattr(each, side)][-MONTHS:]
    name = words[f"name_{meaning.language()}"]
    return Last(run, tuple((each.month, getattr(each, side)) for each in past), name)


def last_rate(key: str, words: Wording, stamp: str) -> tuple[Ratio, Run] | None:
    """Of a calculated metric, where all that its formula is made of has been counted on the data of today."""
    if words["kind"] != CALCULATED:
        return None
    try:
        plan = counts.of_metric(key, words, stamp)
    except WrongState:
        return None  # the dataset's page says that its copy is gone
    shown = page(plan) if plan else None
    if shown is None or shown.latest is None or shown.rates[0].rate.lacking:
        return None
    return shown.rates[0], shown.latest


def of_standing(standing: Standing, failed: Mapping[str, tuple[str, ...]] | None = None) -> dict[str, Any]:
    """What the numbers' template needs: the plan, its page where there is something to count, what failed.

    The numbers compare with what it is based on: `otherwise` are other days whose numbers a correction changes.
    """
    try:
        plan = counts.of_proposal(standing)
    except WrongState as error:
        return {"plan": None, "gone": str(error)}
    counted = page(plan) if plan is not None and (plan.lines or plan.rates) else None
    otherwise = [each for each in standing.replaced if wording.numbers_may_differ(each.words, each.new.wording)]
    return {"plan": plan, "on_data": counted, "failed": failed or {}, "otherwise": otherwise}
