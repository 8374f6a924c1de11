"""Draws the seal: a date stamp as pressed on paper, a little turned and a little uneven, each in its own way."""

import hashlib
import math
from datetime import date as Date
from itertools import pairwise
from typing import Literal

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

MOST_TURN = 9
_CENTRE = 32.0
# The two rules across the stamp, and how far from the centre its inner ring leaves room for words.
_UPPER, _LOWER, _ROOM = 24.6, 39.4, 25.0
_SMALLEST, _LARGEST = 4.5, 15.0

type Size = Literal["full", "small"]


def turn(digest: str) -> int:
    """Degrees from −9 to 9 by which the seal of this digest is turned."""
    return int(hashlib.sha256(digest.encode()).hexdigest()[:8], 16) % (2 * MOST_TURN + 1) - MOST_TURN


def stamp(
    *,
    mark: str,
    date: Date | None,
    name: str,
    turn: int,
    title: str,
    size: Size = "full",
    state: Literal["sealed", "awaited", "void"] = "sealed",
) -> SafeString:
    """An SVG of 64 by 64 units in the colour of the text around it; `title` is what screen readers say.

    Full: the team's mark, the day and the surname. Small: the mark alone. Awaited: an empty dashed ring.
    """
    classes = ["seal", *(["seal-small"] if size == "small" else []), *([f"seal-{state}"] if state != "sealed" else [])]
    drawing = _awaited(size) if state == "awaited" else _pressed(mark, date, name, turn, size)
    struck = _struck(size) if state == "void" else ""
    return format_html(
        '<svg class="{}" viewBox="0 0 64 64" width="{size}" height="{size}" role="img" fill="currentColor">'
        "<title>{}</title>{}{}</svg>",
        " ".join(classes),
        title,
        drawing,
        struck,
        size=22 if size == "small" else 64,
    )


def _pressed(mark: str, date: Date | None, name: str, turn: int, size: str) -> SafeString:
    words = _small(mark) if size == "small" else _full(mark, date, name)
    ring = _ring(f"{mark}{date}{name}{turn}", size)
    return format_html('<g transform="rotate({} 32 32)">{}{}</g>', turn, ring, words)


def _awaited(size: str) -> SafeString:
    """`pathLength` counts the dashes, so that the ring closes without a seam."""
    width, dashes = (4, 12) if size == "small" else (1.6, 26)
    return format_html(
        '<circle cx="32" cy="32" r="28.5" fill="none" stroke="currentColor" stroke-width="{}"'
        ' pathLength="{}" stroke-dasharray="1.1 0.9"/>',
        width,
        2 * dashes,
    )


def _struck(size: str) -> SafeString:
    return format_html(
        '<path d="M9 55 55 9" fill="none" stroke="currentColor" stroke-width="{}" stroke-linecap="round"/>',
        5 if size == "small" else 2.4,
    )


def _ring(seed: str, size: str) -> SafeString:
    """Rings as areas between two uneven outlines, so that the ink is thicker here and thinner there."""
    noise = hashlib.sha256(seed.encode()).digest()
    bands = [(30.2, 25.4, 0.5)] if size == "small" else [(30.4, 28.3, 0.32), (26.9, 26.0, 0.16)]
    outlines = []
    for band, (outer, inner, unevenness) in enumerate(bands):
        half = noise[16 * band : 16 * band + 16]
        outlines += [_outline(outer, unevenness, half[:8]), _outline(inner, unevenness, half[8:])]
    return format_html('<path fill-rule="evenodd" d="{}"/>', "".join(outlines))


def _outline(radius: float, unevenness: float, noise: bytes) -> str:
    """A closed curve through one point per byte of noise (Catmull–Rom, written as Bézier curves)."""
    count = len(noise)
    points = []
    for place, byte in enumerate(noise):
        reach, angle = radius + unevenness * (byte / 127.5 - 1), math.tau * place / count
        points.append((_CENTRE + reach * math.cos(angle), _CENTRE + reach * math.sin(angle), angle, reach))
    handle = 4 / 3 * math.tan(math.pi / (2 * count))
    path = f"M{points[0][0]:.2f} {points[0][1]:.2f}"
    for (x1, y1, angle1, reach1), (x2, y2, angle2, reach2) in pairwise([*points, points[0]]):
        out1, out2 = handle * reach1, handle * reach2
        path += (
            f"C{x1 - out1 * math.sin(angle1):.2f} {y1 + out1 * math.cos(angle1):.2f}"
            f" {x2 + out2 * math.sin(angle2):.2f} {y2 - out2 * math.cos(angle2):.2f} {x2:.2f} {y2:.2f}"
        )
    return path + "Z"


def _full(mark: str, date: Date | None, name: str) -> SafeString:
    edge = math.sqrt(26.4**2 - (_CENTRE - _UPPER) ** 2)
    rules = format_html(
        '<path d="M{0} {2}H{1}M{0} {3}H{1}" fill="none" stroke="currentColor" stroke-width="1.1"/>',
        f"{_CENTRE - edge:.1f}",
        f"{_CENTRE + edge:.1f}",
        _UPPER,
        _LOWER,
    )
    words = [_line(mark, _UPPER - 1.6, up=True), _line(name, _LOWER + 1.6, up=False)]
    if date:
        words.append(_text(f"’{date:%y.%m.%d}", 10.4, 35.6, 43.0))
    return rules + format_html_join("", "{}", ((each,) for each in words))


def _small(mark: str) -> SafeString:
    """The mark, or the first character of one of more than two: at 22 pixels no more can be read."""
    shown = mark if len(mark) <= 2 else mark[:1]
    size = 35.0 if _em(shown) <= 1.1 else 43 / _em(shown)
    return _text(shown, size, _CENTRE + 0.365 * size, 43.0)


def _line(words: str, edge: float, *, up: bool) -> SafeString:
    """Words beyond one of the rules, as large as the ring lets them be; `edge` is where they may begin."""
    size = _LARGEST
    while size > _SMALLEST and _em(words) * size > _chord(edge, size, up):
        size -= 0.25
    start = _start(edge, size, up)
    return _text(words, size, start - 0.1 * size if up else start + 0.84 * size, _chord(edge, size, up))


def _start(edge: float, size: float, up: bool) -> float:
    """Small letters stand a little off the rule, nearer the middle of their field."""
    slack = 0.16 * (_LARGEST - size)
    return edge - slack if up else edge + slack


def _chord(edge: float, size: float, up: bool) -> float:
    """Room across the ring at the far side of a line of this size."""
    far = abs(_start(edge, size, up) + (-0.86 if up else 0.86) * size - _CENTRE)
    return 2 * math.sqrt(max(_ROOM**2 - far**2, 1))


def _em(words: str) -> float:
    """Width in ems, a little generous for bold serif letters of unknown make."""
    return sum(1.0 if each > "\u2e80" else 0.74 if each.isupper() or each in "mw" else 0.56 for each in words)


def _text(words: str, size: float, baseline: float, room: float) -> SafeString:
    """Words centred on their baseline; squeezed only when even the smallest letters would not fit."""
    if not words:
        return mark_safe("")
    squeezed = format_html(' textLength="{}" lengthAdjust="spacingAndGlyphs"', f"{room:.1f}")
    return format_html(
        '<text x="32" y="{}" font-size="{}" font-family="serif" font-weight="700" text-anchor="middle"{}>{}</text>',
        f"{baseline:.1f}",
        f"{size:.4g}",
        squeezed if _em(words) * size > room + 0.5 else "",
        words,
    )
