"""The numbers of a plan as the Effect tab and a metric's page show them: months, totals, rates, drawings."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from django.utils.functional import cached_property
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from registry import chart, days
from registry.conditions import MonthCount
from registry.conditions.months import NUMBERS
from registry.counts import CHANGED, Line, Plan, months_of
from registry.models import Run
from registry.rates import Rate, rates

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
    def drawing(self) -> SafeString:
        title = _("“%(metric)s” per month, before and after. The table below has the same numbers.")
        return chart.counts(title % {"metric": self.line.name}, self.months)


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
        return self._shown("ripple")

    def _shown(self, part: str) -> list[Shown]:
        return [
            Shown(line, _in(self.months, line.run)) for line in self.plan.lines if line.part == part and line.run
        ]

    @property
    def uncountable(self) -> list[Line]:
        return [line for line in self.plan.lines if line.problems]

    @cached_property
    def rates(self) -> list[Rate]:
        return rates(self.plan, self.months)

    @cached_property
    def broken(self) -> list[tuple[str, str, str, int]]:
        """The vocabulary's promises that the data breaks where these conditions look: proofs hold only without."""
        found = {tuple(each) for line in self.plan.lines if line.run for each in line.run.broken}
        return [_promise(self.plan, *each) for each in sorted(found)]  # type: ignore[misc]

    @property
    def first_run(self) -> Run | None:
        """The one that says on what, when and by whom it was counted."""
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


def _promise(plan: Plan, entity: str, name: str, code: str, number: int) -> tuple[str, str, str, int]:
    """Entity, field, what is broken, and in how many rows, in the reader's language."""
    from registry import meaning

    declared = plan.world.vocabulary.entities[entity]
    return (declared.label[meaning.language()], declared.fields[name].label[meaning.language()], str(BROKEN[code]), number)


BROKEN = {
    "unreadable": _("cannot be read"),
}


def rate(value: Fraction | None, unit: str) -> str:
    """A calculated value as people write it: 42.0%, 1,234.5; and in words that there is none."""
    if value is None:
        return _("no value")
    if unit == "%":
        return f"{float(value) * 100:,.1f}%"
    return f"{float(value):,.1f}" if abs(value) < 1000 else f"{float(value):,.0f}"


def month_name(month: date) -> str:
    return days.month(month)
