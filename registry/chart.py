"""Draws counts and rates per month as SVG on the server: every part has a sign or a word besides its colour.

The same numbers stand in a table beside each drawing, so the drawing itself is one image with a name.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from fractions import Fraction

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from registry import days
from registry.conditions import MonthCount

STEP, COLUMN = 58, 30
LEFT, TOP, TALL, FOOT = 14, 46, 120, 40


def counts(title: str, months: Sequence[MonthCount]) -> SafeString:
    """Columns: what both count, what is gained on top of it, and the outline of what is lost."""
    most = max((float(each.old + each.gained) for each in months), default=0) or 1
    columns = [_column(index, each, most) for index, each in enumerate(months)]
    return _drawing(title, [each.month for each in months], format_html_join("", "{}", ((each,) for each in columns)))


def _column(index: int, month: MonthCount, most: float) -> SafeString:
    left = LEFT + index * STEP + (STEP - COLUMN) / 2
    kept, gained, lost = (float(each) / most * TALL for each in (month.old - month.lost, month.gained, month.lost))
    floor = TOP + TALL
    parts = [("kept", floor - kept, kept), ("gained", floor - kept - gained, gained)]
    bars = [
        format_html('<rect class="{}" x="{}" y="{}" width="{}" height="{}"/>', name, left, _r(top), COLUMN, _r(height))
        for name, top, height in parts
        if height
    ]
    if lost:
        top = floor - kept - gained - lost
        bars.append(_outline(left, top, lost))
    words = _words(month, left + COLUMN / 2, floor - kept - gained - lost)
    return format_html("{}{}", format_html_join("", "{}", ((bar,) for bar in bars)), words)


def _outline(left: float, top: float, height: float) -> SafeString:
    return format_html(
        '<rect class="lost" x="{}" y="{}" width="{}" height="{}"/>',
        left + 1,
        _r(top + 1),
        COLUMN - 2,
        _r(max(height - 2, 1)),
    )


def _words(month: MonthCount, middle: float, top: float) -> SafeString:
    """＋ − and ? above the column, from the bottom up, where there is something to say."""
    told = [
        (name, f"{sign}{number:,}")
        for name, sign, number in (
            ("gained-word", "＋", month.gained), ("lost-word", "−", month.lost), ("unknown-word", "?", month.unknown),
        )
        if number
    ]  # fmt: skip
    return format_html_join(
        "",
        '<text class="{}" x="{}" y="{}">{}</text>',
        ((name, middle, _r(top - 4 - 13 * place), word) for place, (name, word) in enumerate(told)),
    )


def rates(title: str, months: Sequence[tuple[date, Fraction | None, Fraction | None]]) -> SafeString:
    """Two lines: dashed with rings as it was, solid with dots as it would be; a month without a value is a gap."""
    values = [float(value) for _month, *both in months for value in both if value is not None]
    most = max(values, default=0) or 1
    lines = [
        *_line("was", [old for _month, old, _new in months], most),
        *_line("is", [new for _month, _old, new in months], most),
    ]
    return _drawing(title, [month for month, *_both in months], format_html_join("", "{}", ((each,) for each in lines)))


def _line(name: str, values: Sequence[Fraction | None], most: float) -> Iterator[SafeString]:
    points = [
        None if value is None else (_r(LEFT + index * STEP + STEP / 2), _r(TOP + TALL - float(value) / most * TALL))
        for index, value in enumerate(values)
    ]
    path, pen = "", "M"
    for point in points:
        path, pen = (f"{path}{pen}{point[0]} {point[1]}", "L") if point else (path, "M")
    yield format_html('<path class="{}" d="{}"/>', name, path)
    for point in points:
        if point:
            yield format_html('<circle class="{}" cx="{}" cy="{}" r="3.5"/>', name, *point)


def _drawing(title: str, months: Sequence[date], inside: SafeString) -> SafeString:
    width, height = 2 * LEFT + STEP * len(months), TOP + TALL + FOOT
    floor = format_html('<path class="floor" d="M{} {}H{}"/>', LEFT, TOP + TALL, width - LEFT)
    names = format_html_join(
        "",
        '<text class="month" x="{}" y="{}">{}</text>{}',
        (
            (
                LEFT + index * STEP + STEP / 2,
                TOP + TALL + 17,
                days.month_alone(month),
                _year(index, month) if index == 0 or month.month == 1 else "",
            )
            for index, month in enumerate(months)
        ),
    )
    return format_html(
        '<svg class="chart" viewBox="0 0 {} {}" width="{}" height="{}" role="img" aria-label="{}">{}{}{}</svg>',
        width, height, width, height, title, inside, floor, names,
    )  # fmt: skip


def _year(index: int, month: date) -> SafeString:
    x = LEFT + index * STEP + STEP / 2
    return format_html('<text class="year" x="{}" y="{}">{}</text>', x, TOP + TALL + 34, month.year)


def _r(number: float) -> str:
    return f"{number:.1f}".rstrip("0").rstrip(".")
