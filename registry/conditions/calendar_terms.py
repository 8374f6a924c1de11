"""Months and years for the solver: between 1901 and 2099 the calendar repeats every four years exactly."""

from collections.abc import Callable
from datetime import date
from functools import cache
from itertools import pairwise

import z3

from registry.conditions.logic import Int
from registry.conditions.meaning import part, shift, truncate

START = date(1901, 1, 1).toordinal()
CYCLE_DAYS, CYCLE_MONTHS = 1461, 48
FIRSTS = [date(1901 + month // 12, month % 12 + 1, 1).toordinal() - START for month in range(CYCLE_MONTHS)]
LENGTHS = [after - first for first, after in pairwise([*FIRSTS, CYCLE_DAYS])]


class Calendar:
    """Turns day numbers into months and back; what it needs to hold is appended to `rules`."""

    def __init__(self, rules: list[z3.BoolRef]) -> None:
        self.rules = rules
        self.split: dict[tuple[int, int], tuple[Int, Int, Int]] = {}
        self.count = 0

    def shift(self, day: Int, count: int, unit: str) -> Int:
        if unit == "DAY":
            return day + count
        if isinstance(day, int):
            return shift(date.fromordinal(day), count, unit).toordinal()
        cycle, rest = self._cycle(day)
        months = CYCLE_MONTHS * cycle + self._by_month(rest, lambda month: month) + count
        place = rest - self._by_month(rest, lambda month: FIRSTS[month])
        new_cycle, month = self._divided(months, CYCLE_MONTHS)
        last = _tree(month, list(range(CYCLE_MONTHS)), [length - 1 for length in LENGTHS])
        first = _tree(month, list(range(CYCLE_MONTHS)), FIRSTS)
        return START + CYCLE_DAYS * new_cycle + first + z3.If(place > last, last, place)

    def truncate(self, day: Int, unit: str) -> Int:
        if isinstance(day, int):
            return truncate(date.fromordinal(day), unit).toordinal()
        if unit == "WEEK":
            _, weekday = self._divided(day - 1, 7)  # 1 January of year 1 was a Monday
            return day - weekday
        cycle, rest = self._cycle(day)
        width = {"MONTH": 1, "QUARTER": 3, "YEAR": 12}[unit]
        return START + CYCLE_DAYS * cycle + self._by_month(rest, lambda month: FIRSTS[month // width * width])

    def part(self, day: Int, unit: str) -> Int:
        if isinstance(day, int):
            return part(date.fromordinal(day), unit)
        cycle, rest = self._cycle(day)
        match unit:
            case "DAY":
                return rest - self._by_month(rest, lambda month: FIRSTS[month]) + 1
            case "MONTH":
                return self._by_month(rest, lambda month: month % 12 + 1)
            case "QUARTER":
                return self._by_month(rest, lambda month: month % 12 // 3 + 1)
        return 1901 + 4 * cycle + self._by_month(rest, lambda month: month // 12)

    def quotient(self, number: Int, by: int) -> Int:
        return number // by if isinstance(number, int) else self._divided(number, by)[0]

    def _cycle(self, day: Int) -> tuple[Int, Int]:
        return self._divided(day - START, CYCLE_DAYS)

    def _divided(self, number: Int, by: int) -> tuple[Int, Int]:
        """Quotient and remainder as fresh integers, the same ones for the same number."""
        key = (number.get_id(), by)
        if key not in self.split:
            self.count += 1
            quotient, rest = z3.Ints(f"quotient{self.count} rest{self.count}")
            self.rules += [number == by * quotient + rest, rest >= 0, rest < by]
            self.split[key] = (quotient, rest, number)
        return self.split[key][0], self.split[key][1]

    def _by_month(self, rest: Int, leaf: Callable[[int], int]) -> Int:
        return _tree(rest, FIRSTS, [leaf(month) for month in range(CYCLE_MONTHS)])


_NUMBER = z3.Int("number")


@cache
def _template(starts: tuple[int, ...], leaves: tuple[int, ...]) -> z3.ExprRef:
    """The leaf of the last start that is not above the number, as a balanced tree of choices."""
    if len(set(leaves)) == 1:
        return z3.IntVal(leaves[0])
    middle = len(leaves) // 2
    upper, lower = _template(starts[middle:], leaves[middle:]), _template(starts[:middle], leaves[:middle])
    return z3.If(starts[middle] <= _NUMBER, upper, lower)


def _tree(number: Int, starts: list[int], leaves: list[int]) -> Int:
    return z3.substitute(_template(tuple(starts), tuple(leaves)), (_NUMBER, number))
