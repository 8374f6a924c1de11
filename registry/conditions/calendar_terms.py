"""Months and years for the solver: steps of a day number, written as a balanced tree of choices.

Within the declared range of a date, all the calendar does is the day plus an offset that only changes at
known days; comparing with those is what solvers are good at, dividing by 1461 is not.
"""

from collections.abc import Callable
from datetime import date
from functools import cache

import z3

from registry.conditions.logic import Int
from registry.conditions.meaning import part, shift, truncate
from registry.conditions.tree import Type

_NUMBER = z3.Int("number")


class Calendar:
    """Turns day numbers into other days and their parts; what a result needs to hold goes to `rules`."""

    def __init__(self, rules: list[z3.BoolRef]) -> None:
        self.rules = rules
        self.split: dict[tuple[int, int], tuple[Int, Int, Int]] = {}
        self.count = 0

    def shift(self, day: Int, count: int, unit: str, kind: Type) -> Int:
        if unit == "DAY":
            return day + count
        if isinstance(day, int):
            return shift(date.fromordinal(day), count, unit).toordinal()
        return self._named(day + _stepped(day, _shift_steps(*_range(kind), count)))

    def truncate(self, day: Int, unit: str, kind: Type) -> Int:
        if isinstance(day, int):
            return truncate(date.fromordinal(day), unit).toordinal()
        if unit == "WEEK":
            _, weekday = self._divided(day - 1, 7)  # 1 January of year 1 was a Monday
            return day - weekday
        return self._named(_stepped(day, _truncate_steps(*_range(kind), unit)))

    def part(self, day: Int, unit: str, kind: Type) -> Int:
        if isinstance(day, int):
            return part(date.fromordinal(day), unit)
        if unit == "DAY":
            return day - self.truncate(day, "MONTH", kind) + 1
        return self._named(_stepped(day, _part_steps(*_range(kind), unit)))

    def quotient(self, number: Int, by: int) -> Int:
        return number // by if isinstance(number, int) else self._divided(number, by)[0]

    def _named(self, number: Int) -> Int:
        """A fresh integer that equals the expression, so that what is built on it stays small."""
        self.count += 1
        name = z3.Int(f"calendar{self.count}")
        self.rules.append(name == number)
        return name

    def _divided(self, number: Int, by: int) -> tuple[Int, Int]:
        """Quotient and remainder as fresh integers, the same ones for the same number."""
        key = (number.get_id(), by)
        if key not in self.split:
            self.count += 1
            quotient, rest = z3.Ints(f"quotient{self.count} rest{self.count}")
            self.rules += [number == by * quotient + rest, rest >= 0, rest < by]
            self.split[key] = (quotient, rest, number)
        return self.split[key][0], self.split[key][1]


Steps = tuple[tuple[int, ...], tuple[int, ...]]


def _range(kind: Type) -> tuple[int, int]:
    return int(kind.low or 1), int(kind.high or 1)


@cache
def _shift_steps(low: int, high: int, count: int) -> Steps:
    return _steps(low, high, lambda day: shift(day, count, "MONTH").toordinal() - day.toordinal())


@cache
def _truncate_steps(low: int, high: int, unit: str) -> Steps:
    return _steps(low, high, lambda day: truncate(day, unit).toordinal())


@cache
def _part_steps(low: int, high: int, unit: str) -> Steps:
    return _steps(low, high, lambda day: part(day, unit))


def _steps(low: int, high: int, of: Callable[[date], int]) -> Steps:
    """The days at which the function changes within low..high, and its value from each of them on."""
    starts: list[int] = []
    values: list[int] = []
    for day in range(low, high + 1):
        value = of(date.fromordinal(day))
        if not values or value != values[-1]:
            starts.append(day)
            values.append(value)
    return tuple(starts), tuple(values)


def _stepped(day: Int, steps: Steps) -> Int:
    return z3.substitute(_tree(steps), (_NUMBER, day))


@cache
def _tree(steps: Steps) -> z3.ExprRef:
    starts, values = steps
    if len(values) == 1:
        return z3.IntVal(values[0])
    middle = len(values) // 2
    upper, lower = (starts[middle:], values[middle:]), (starts[:middle], values[:middle])
    return z3.If(starts[middle] <= _NUMBER, _tree(upper), _tree(lower))
