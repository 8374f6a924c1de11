"""The suite is worth something only if it notices: deliberate faults in the encoder, each must be caught."""

from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from registry.conditions import compare
from registry.conditions import monotone as monotone_module
from registry.conditions import plan as plan_module
from registry.conditions.calendar_terms import Calendar
from registry.conditions.encode import Encoder
from registry.conditions.logic import Term, Truth, any_of, both, no
from registry.conditions.plan import like_ask
from registry.conditions.rows import Rows
from registry.conditions.tree import And, Compare, Or
from tests.conditions.example import AS_OF, EXAMPLE, METRICS
from tests.conditions.generate import records
from tests.conditions.test_agreement import encoding_agrees
from tests.conditions.test_compare import PAIRS


def not_keeps_unknown_out(self: Encoder, node: Any) -> Truth:
    part = self.truth(node.part)
    return Truth(no(part.true), part.true)


def compare_forgets_blanks(self: Encoder, node: Any) -> Truth:
    left, right = self.term(node.left), self.term(node.right)
    holds = self._holds_between(node.op, left, right)
    return Truth(holds, no(holds))


def or_is_false_too_early(self: Encoder, node: Any) -> Truth:
    parts = [self.truth(each) for each in node.parts]
    return Truth(any_of(*(part.true for part in parts)), any_of(*(part.false for part in parts)))


def not_in_is_in(self: Encoder, node: Any) -> Truth:
    return self._or(Or(tuple(Compare("=", node.value, item) for item in node.items)))


def between_leaves_the_end_out(self: Encoder, node: Any) -> Truth:
    found = self._and(And((Compare(">=", node.value, node.low), Compare("<", node.value, node.high))))
    return found.negated() if node.negated else found


def two_blanks_are_distinct(self: Encoder, node: Any) -> Truth:
    left, right = self.term(node.left), self.term(node.right)
    same = both(no(left.null), no(right.null), self._same(left, right))
    return Truth(same, no(same)) if node.negated else Truth(no(same), same)


def is_true_lets_unknown_pass(self: Encoder, node: Any) -> Truth:
    part = self.truth(node.part)
    held = no(part.false) if node.truth else no(part.true)
    return Truth(no(held), held) if node.negated else Truth(held, no(held))


def coalesce_takes_the_last(self: Encoder, node: Any) -> Term:
    return self.term(node.items[-1])


def case_takes_unknown_for_true(self: Encoder, node: Any) -> Term:
    results = [self.term(result) for _, result in node.whens]
    found = self.term(node.default) if node.default else Term(True, results[0].value, results[0].scale)
    for (condition, _), result in zip(reversed(node.whens), reversed(results), strict=True):
        found = self._either(no(self.truth(condition).false), result, found)
    return found


def days_count_backwards(self: Encoder, node: Any) -> Term:
    left, right = self.term(node.left), self.term(node.right)
    return Term(any_of(left.null, right.null), right.value - left.value)


def times_loses_the_decimal_point(self: Encoder, node: Any) -> Term:
    value, factor = self.term(node.value), self.term(node.factor)
    return Term(value.null, value.value * factor.value, value.scale)


def ilike_is_like(self: Encoder, node: Any) -> Truth:
    found = self._asked(node.value, like_ask(node.pattern, False))
    return found.negated() if node.negated else found


def exists_takes_unknown_rows(self: Encoder, node: Any) -> Truth:
    found = any_of(*(row.there for row in self.rows.down((node.relation.path, node.relation.name))))
    return Truth(found, no(found))


def null_is_never(self: Encoder, node: Any) -> Truth:
    return Truth(node.negated, not node.negated)


def months_do_not_clamp(self: Calendar, day: Any, count: int, unit: str, kind: Any) -> Any:
    return day + (count if unit == "DAY" else count * 30)


def weeks_begin_on_sunday(self: Calendar, day: Any, unit: str, kind: Any) -> Any:
    return day - self._divided(day, 7)[1] if unit == "WEEK" and not isinstance(day, int) else day


def smallest_is_largest(self: Encoder, node: Any, kept: Any) -> Term:
    from dataclasses import replace

    return REAL_EXTREME(self, replace(node, kind="MAX" if node.kind == "MIN" else "MIN"), kept)


def rows_are_counted_once(self: Encoder, argument: Any, kept: Any) -> Term:
    return Term(False, sum((1 if held is True else 0) for _, held in kept))


REAL_EXTREME = Encoder._extreme
FAULTS: list[tuple[Any, str, Callable[..., Any], str]] = [
    (Encoder, "_not", not_keeps_unknown_out, "NOT (member = TRUE)"),
    (Encoder, "_compare", compare_forgets_blanks, "pages > 5"),
    (Encoder, "_or", or_is_false_too_early, "pages > 5 OR shop.staff > 5"),
    (Encoder, "_in", not_in_is_in, "channel NOT IN ('web')"),
    (Encoder, "_between", between_leaves_the_end_out, "pages BETWEEN 5 AND 6"),
    (Encoder, "_distinct", two_blanks_are_distinct, "shop.staff IS DISTINCT FROM pages"),
    (Encoder, "_istruth", is_true_lets_unknown_pass, "(pages > 5) IS TRUE"),
    (Encoder, "_coalesce", coalesce_takes_the_last, "COALESCE(pages, shop.staff) > 5"),
    (Encoder, "_case", case_takes_unknown_for_true, "CASE WHEN pages > 5 THEN 1 ELSE 2 END = 1"),
    (Encoder, "_days", days_count_backwards, "started_on - ended_on > 0"),
    (Encoder, "_times", times_loses_the_decimal_point, "score * 0.5 > 1.75"),
    (Encoder, "_like", ilike_is_like, "title ILIKE 'SALES'"),
    (Encoder, "_exists", exists_takes_unknown_rows, "EXISTS (SELECT 1 FROM visit.orders o WHERE o.kind = 'food')"),
    (Encoder, "_isnull", null_is_never, "shop.staff IS NULL"),
    (Encoder, "_extreme", smallest_is_largest, "(SELECT MIN(o.made_on) FROM visit.orders o) <= DATE '2026-01-01'"),
    (Encoder, "_distinct_count", rows_are_counted_once, "(SELECT COUNT(DISTINCT o.kind) FROM visit.orders o) >= 1"),
    (Calendar, "shift", months_do_not_clamp, "as_of - (started_on + INTERVAL 1 MONTH) IN (3)"),
    (Calendar, "truncate", weeks_begin_on_sunday, "DATE_TRUNC('week', started_on) = DATE_TRUNC('week', ended_on)"),
]


@pytest.mark.parametrize(("place", "name", "fault", "text"), FAULTS)
def test_a_fault_in_the_encoding_is_caught_by_the_agreement_of_meanings(
    place: Any, name: str, fault: Callable[..., Any], text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = records(Random(4), 40)
    encoding_agrees([text], rows)
    monkeypatch.setattr(place, name, fault)
    with pytest.raises((AssertionError, KeyError)):
        encoding_agrees([text], rows)


def verdicts_hold(word: str) -> bool:
    """Whether the known pairs that contain the word still get their verdicts."""
    return all(
        compare(old, new, EXAMPLE, entity, METRICS, AS_OF).verdict == verdict
        for entity, old, new, verdict in PAIRS
        if word in old
    )


def test_imagining_too_few_rows_is_caught_by_the_known_verdicts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan_module, "MAX_ROWS", 1)
    assert not verdicts_hold("m.minutes")


def test_a_threshold_one_day_off_is_caught_by_the_known_verdicts(monkeypatch: pytest.MonkeyPatch) -> None:
    real = monotone_module.bisect_left
    monkeypatch.setattr(monotone_module, "bisect_left", lambda *a, **k: real(*a, **k) + 1)
    assert not verdicts_hold("INTERVAL 1 MONTH > as_of")


def test_rows_that_may_share_a_key_are_caught_by_the_known_verdicts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Rows, "_tell_apart", lambda self, rows, keyed: None)
    assert not verdicts_hold("m.meeting_id")
