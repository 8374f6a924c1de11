"""The few operations whose meaning must be one everywhere: letter case, trimming, patterns, the calendar."""

import re
from calendar import monthrange
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
LOWER = "abcdefghijklmnopqrstuvwxyz"
TRIMMED = " \u3000"  # a plain space and the ideographic one; engines' own TRIM differ
_DOWN, _UP = str.maketrans(UPPER, LOWER), str.maketrans(LOWER, UPPER)

FOLDS: Mapping[str, Callable[[str], str]] = {
    "LOWER": lambda text: text.translate(_DOWN),
    "UPPER": lambda text: text.translate(_UP),
    "TRIM": lambda text: text.strip(TRIMMED),
}


@dataclass(frozen=True)
class Moments:
    """The dates a condition may ask for; None where none was given yet."""

    as_of: date | None = None
    period_start: date | None = None
    period_end: date | None = None

    def get(self, name: str) -> date | None:
        found: date | None = getattr(self, name)
        return found


@lru_cache(maxsize=4096)
def pattern(text: str, folded: bool) -> re.Pattern[str]:
    """LIKE's % and _ as a regular expression; ILIKE folds A–Z only, as every engine is told to.

    What stands between two % is taken where it first fits and never given back: a later place leaves less text
    for the rest, so it could not help, and trying them all takes time without end.
    """
    first, *others = (_run(each) for each in (FOLDS["LOWER"](text) if folded else text).split("%"))
    if others:
        *between, last = others
        first += "".join(f"(?>.*?{each})" for each in between) + f".*{last}"
    return re.compile(first, re.DOTALL)


def _run(text: str) -> str:
    return "".join("." if each == "_" else re.escape(each) for each in text)


def matches(text: str, like: str, folded: bool) -> bool:
    text = FOLDS["LOWER"](text) if folded else text
    return pattern(like, folded).fullmatch(text) is not None


def shift(day: date, count: int, unit: str) -> date:
    """The date moved by days or months; a month end clamps (31 January + 1 month is 28 or 29 February)."""
    if unit == "DAY":
        return day + timedelta(days=count)
    months = day.year * 12 + day.month - 1 + count
    year, month = divmod(months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def truncate(day: date, unit: str) -> date:
    match unit:
        case "WEEK":
            return day - timedelta(days=day.weekday())
        case "MONTH":
            return day.replace(day=1)
        case "QUARTER":
            return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
    return date(day.year, 1, 1)


def part(day: date, unit: str) -> int:
    match unit:
        case "DAY":
            return day.day
        case "MONTH":
            return day.month
        case "QUARTER":
            return (day.month - 1) // 3 + 1
    return day.year
