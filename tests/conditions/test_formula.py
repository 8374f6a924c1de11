"""Formulas of calculated metrics: units, no value where nothing can be divided, no circles."""

from fractions import Fraction

import pytest

from registry.conditions import ConditionError, Known, calculate, parse_formula, unit_of

LEADS, MEETINGS, YEN = unit_of("leads"), unit_of("meetings"), unit_of("yen")
KNOWN = {
    "target_lead": Known(LEADS),
    "new_lead": Known(LEADS),
    "meeting": Known(MEETINGS),
    "revenue": Known(YEN),
    "won_deal": Known(unit_of("deals")),
    "target_rate": Known((), "target_lead ÷ new_lead"),
    "loop": Known((), "loop_too × 2"),
    "loop_too": Known((), "loop ÷ 2"),
}


def test_a_rate_has_no_unit_and_a_price_is_yen_per_deal() -> None:
    assert parse_formula("target_lead ÷ new_lead", KNOWN).unit == ()
    assert parse_formula("revenue / won_deal", KNOWN).unit == (("deals", -1), ("yen", 1))


def test_the_value_is_exact() -> None:
    formula = parse_formula("target_lead ÷ new_lead × 100", KNOWN)
    assert calculate(formula, {"target_lead": 1, "new_lead": 3}) == Fraction(100, 3)
    assert formula.metrics == ("target_lead", "new_lead")


def test_multiplication_comes_before_addition_and_parentheses_first() -> None:
    assert calculate(parse_formula("1 + 2 × 3", KNOWN), {}) == 7
    assert calculate(parse_formula("(1 + 2) × 3 − 4", KNOWN), {}) == 5


@pytest.mark.parametrize("values", [{"target_lead": 1, "new_lead": 0}, {"target_lead": None, "new_lead": 3}, {}])
def test_dividing_by_zero_or_a_blank_is_no_value(values: dict[str, int | None]) -> None:
    assert calculate(parse_formula("target_lead ÷ new_lead", KNOWN), values) is None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("target_lead + meeting", "formula_units"),
        ("target_lead ÷ nothing", "formula_metric"),
        ("target_lead %", "formula_form"),
        ("target_lead ÷", "ends_early"),
        ("(target_lead", "ends_early"),
        ("", "ends_early"),
        ("(" * 50 + "1" + ")" * 50, "too_deep"),
        ("1" + "+1" * 300, "too_many_words"),
        ("target_lead ÷ new_lead; 1", "formula_form"),
    ],
)
def test_what_is_no_formula_is_refused_in_words(text: str, code: str) -> None:
    with pytest.raises(ConditionError) as refused:
        parse_formula(text, KNOWN)
    assert refused.value.problems[0].code == code


def test_a_circle_is_refused_with_its_path() -> None:
    with pytest.raises(ConditionError, match="loop → loop_too → loop"):
        parse_formula("loop_too × 2", KNOWN, "loop")
    with pytest.raises(ConditionError, match="target_rate → target_rate"):
        parse_formula("target_rate + 1", KNOWN, "target_rate")


def test_a_circle_further_down_is_said_where_it_is_entered() -> None:
    with pytest.raises(ConditionError, match="loop → loop_too → loop") as refused:
        parse_formula("2 × loop", KNOWN)
    assert (refused.value.problems[0].start, refused.value.problems[0].end) == (4, 8)


def test_a_calculated_metric_has_the_unit_of_its_formula() -> None:
    known = {**KNOWN, "price": Known(unit_of("%"), "revenue ÷ won_deal")}
    assert parse_formula("price × won_deal + revenue", known).unit == YEN


@pytest.mark.parametrize("text", ["1 − meeting ÷ target_lead", "meeting ÷ target_lead + 1", "1 − target_rate"])
def test_a_ratio_of_different_things_meets_a_plain_number_as_one(text: str) -> None:
    assert parse_formula(text, KNOWN).unit == ()


@pytest.mark.parametrize("text", ["target_lead + 1", "1 − meeting", "target_rate + meeting", "1 ÷ target_lead + 1"])
def test_a_plain_number_is_no_number_of_things(text: str) -> None:
    with pytest.raises(ConditionError) as refused:
        parse_formula(text, KNOWN)
    assert refused.value.problems[0].code == "formula_units"


def test_formulas_of_formulas_are_bounded_as_a_whole() -> None:
    doubled = {f"m{n}": Known((), f"m{n - 1} + m{n - 1}") for n in range(1, 60)}
    with pytest.raises(ConditionError) as refused:
        parse_formula("m59", {**doubled, "m0": Known(LEADS)})
    assert refused.value.problems[0].code == "formula_terms"
