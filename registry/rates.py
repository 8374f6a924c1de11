"""Calculated metrics before and after, from the counts of what their formulas are made of."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Literal

from registry import meaning
from registry.conditions import ConditionError, Formula, MonthCount, calculate, parse_formula
from registry.conditions_syntax import made_of
from registry.counts import Line, Plan, months_of
from registry.wording import CALCULATED, Wording

type Side = Literal["old", "new"]


@dataclass(frozen=True)
class Rate:
    """One calculated metric: its values over all the months and in each; `None` is no value, such as ÷ 0.

    `lacking` names the metrics of its formula that have not been counted, in which case there are no values.
    """

    key: str
    name: str
    unit: str
    formulas: tuple[str, str]
    old: Fraction | None
    new: Fraction | None
    months: tuple[tuple[date, Fraction | None, Fraction | None], ...]
    lacking: tuple[str, ...] = ()

    @property
    def changed(self) -> bool:
        return self.old != self.new or any(old != new for _month, old, new in self.months)


def rates(plan: Plan, months: tuple[date, ...]) -> list[Rate]:
    """Every calculated metric the plan is about, over these months."""
    return [_rate(plan, key, months) for key in plan.rates]


def _rate(plan: Plan, key: str, months: tuple[date, ...]) -> Rate:
    words = plan.sides.words(key)
    lacking = _lacking(plan, key)
    sums = _Sums(plan, months)
    whole: dict[Side, Fraction | None] = {"old": None, "new": None}
    monthly: list[tuple[date, Fraction | None, Fraction | None]] = []
    if not lacking:
        whole = {side: sums.value(key, side) for side in ("old", "new")}
        monthly = [(month, sums.value(key, "old", month), sums.value(key, "new", month)) for month in months]
    return Rate(
        key=key,
        name=words[f"name_{meaning.language()}"],
        unit=words[f"unit_{meaning.language()}"],
        formulas=tuple((side.get(key) or {"formula": ""})["formula"] for side in (plan.sides.old, plan.sides.new)),
        old=whole["old"],
        new=whole["new"],
        months=tuple(monthly),
        lacking=lacking,
    )


def _lacking(plan: Plan, key: str) -> tuple[str, ...]:
    """The names of what its formulas are made of and nobody has counted."""
    names: dict[str, None] = {}
    for side in (plan.sides.old, plan.sides.new):
        for factor in _leaves(side, key):
            line = plan.line(factor)
            if line is None or line.run is None:
                names[plan.sides.name(factor)] = None
    return tuple(names)


def _leaves(side: Mapping[str, Wording], key: str) -> list[str]:
    """The counted metrics a formula comes down to; a factor that is not there is one, too."""
    reached = [key]
    for each in reached:
        reached += [factor for factor in _named(side, each) if factor not in reached]
    return [each for each in reached if each not in side or _is_counted(side[each])]


def _named(side: Mapping[str, Wording], key: str) -> list[str]:
    words = side.get(key)
    return made_of(words) if words and not words["retired"] else []


def _is_counted(words: Wording) -> bool:
    return words["kind"] != CALCULATED and not words["retired"]


class _Sums:
    """Values of metrics on either side, added up over the months or of one of them."""

    def __init__(self, plan: Plan, months: tuple[date, ...]) -> None:
        self.plan, self.months = plan, months
        self.counts = {line.key: _by_month(line) for line in plan.lines if line.run is not None}
        self.sides: dict[Side, dict[str, Wording]] = {"old": plan.sides.old, "new": plan.sides.new}
        self.known = {
            side: {key: meaning.factor(words) for key, words in wordings.items()}
            for side, wordings in self.sides.items()
        }

    def value(self, key: str, side: Side, month: date | None = None) -> Fraction | None:
        """The value of metric `key`; `None` where it has none, or is not there on this side."""
        words = self.sides[side].get(key)
        if words is None or words["retired"]:
            return None
        if words["kind"] != CALCULATED:
            return self._counted(key, side, month)
        formula = self._formula(key, side)
        if formula is None:
            return None
        return calculate(formula, {name: self.value(name, side, month) for name in formula.metrics})

    def _formula(self, key: str, side: Side) -> Formula | None:
        """`None` where it does not read: then it has no value."""
        try:
            return parse_formula(self.sides[side][key]["formula"], self.known[side], key)
        except ConditionError:
            return None

    def _counted(self, key: str, side: Side, month: date | None) -> Fraction | None:
        counts = self.counts[key]
        asked = self.months if month is None else (month,)
        return sum((Fraction(getattr(counts[each], side)) for each in asked if each in counts), Fraction(0))


def _by_month(line: Line) -> dict[date, MonthCount]:
    assert line.run is not None
    return {each.month: each for each in months_of(line.run)}
