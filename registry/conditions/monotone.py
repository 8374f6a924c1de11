"""Dates moved by months or cut to a month never overtake each other, so comparing them with a fixed date is
comparing the date itself with a threshold: found by bisection, exact, and easy on the solver."""

from bisect import bisect_left
from collections.abc import Callable
from datetime import date
from typing import Any

from registry.conditions.logic import Bool, both, no
from registry.conditions.meaning import part, shift, truncate
from registry.conditions.tree import Extract, Shift, Truncate, Value

Days = Callable[[int], int]


def monotone(value: Value) -> tuple[Value, Days] | None:
    """The date a value is made from and the never-falling function of it; None when it is no such value."""
    steps: list[Days] = []
    while isinstance(value, (Shift, Truncate, Extract)):
        if isinstance(value, Extract) and value.unit != "YEAR":
            return None
        steps.append(_step(value))
        value = value.value
    if not steps or value.type.low is None or value.type.high is None:
        return None

    def after(day: int) -> int:
        for step in reversed(steps):
            day = step(day)
        return day

    return value, after


def _step(value: Shift | Truncate | Extract) -> Days:
    match value:
        case Shift(count=count, unit=unit):
            return lambda day: shift(date.fromordinal(day), count, unit).toordinal()
        case Truncate(unit=unit):
            return lambda day: truncate(date.fromordinal(day), unit).toordinal()
    return lambda day: part(date.fromordinal(day), value.unit)


def compared(day: Any, value: Value, after: Days, op: str, limit: int) -> Bool:
    """`after(day) op limit` as a comparison of the day itself; `value` gives the range of the day."""
    days = range(int(value.type.low or 0), int(value.type.high or 0) + 1)

    def at_least(wanted: int) -> Bool:
        return day >= days.start + bisect_left(days, wanted, key=after)

    match op:
        case ">=":
            return at_least(limit)
        case ">":
            return at_least(limit + 1)
        case "<":
            return no(at_least(limit))
        case "<=":
            return no(at_least(limit + 1))
    same = both(at_least(limit), no(at_least(limit + 1)))
    return same if op == "=" else no(same)
