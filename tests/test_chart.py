"""Drawings of counts and rates: a sign or a word beside every colour, and gaps where there is no value."""

from datetime import date
from fractions import Fraction

from registry import chart
from registry.conditions import MonthCount

APRIL, MAY = date(2026, 4, 1), date(2026, 5, 1)


def test_what_is_gained_lost_and_unknown_is_written_beside_its_colour():
    drawn = chart.counts("Leads", [MonthCount(APRIL, old=1_300, new=1_310, gained=20, lost=10, unknown=3)])
    assert 'role="img" aria-label="Leads"' in drawn
    for word in ("＋20", "−10", "?3"):
        assert f">{word}</text>" in drawn
    assert all(f'<rect class="{name}"' in drawn for name in ("kept", "gained", "lost"))


def test_the_parts_of_a_column_are_as_tall_as_their_numbers():
    drawn = chart.counts("Leads", [MonthCount(APRIL, old=50, new=100, gained=50)])
    assert drawn.count('height="60"') == 2  # 120 units for the most


def test_a_month_without_anything_is_drawn_without_words():
    drawn = chart.counts("Leads", [MonthCount(APRIL)])
    assert "<rect" not in drawn
    assert "word" not in drawn


def test_a_month_without_a_value_is_a_gap_and_no_zero():
    half = Fraction(1, 2)
    drawn = chart.rates("Rate", [(APRIL, half, half), (MAY, half, None), (date(2026, 6, 1), half, half)])
    assert drawn.count('<circle class="was"') == 3
    assert drawn.count('<circle class="is"') == 2
    assert drawn.split('<path class="is" d="')[1].split('"')[0].count("M") == 2


def test_the_title_is_text_and_never_markup():
    assert "<b>" not in chart.counts("<b>", [MonthCount(APRIL)])
