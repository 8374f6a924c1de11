"""Formulas of calculated metrics in proposals: made of other calculated metrics, never of themselves."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from registry import meaning, wording
from registry.models import Metric
from registry.readiness import NotReady, before_submission
from registry.standing import Standing
from registry.workflow import drafting, submitting
from tests.cast import MEETING_RATE, TODAY, Cast, fresh, sealed, started, write

MEETINGS = {"unit_ja": "件", "unit_en": "meetings"}


def rate(formula: str, **some: Any) -> dict[str, Any]:
    return wording.tidy({**MEETING_RATE, "name_ja": "別の率", "name_en": "Another rate", "formula": formula, **some})


@pytest.fixture
def meeting_rate(cast: Cast) -> Metric:
    """Agreed as meetings ÷ target leads, which are counted in different units."""
    proposal = started(cast.misaki)
    write(proposal, by=cast.misaki, change={"meeting": MEETINGS}, new={"meeting_rate": MEETING_RATE})
    submitting.submit(proposal, by=cast.misaki)
    sealed(cast, proposal)
    return Metric.objects.get(key="meeting_rate")


def refused(cast: Cast, **copies: Any) -> list[str]:
    """What keeps a draft from being submitted."""
    proposal = started(cast.misaki, effective_from=TODAY + timedelta(days=1))
    change = {key: words for key, words in copies.items() if key == "meeting_rate"}
    new = {key: words for key, words in copies.items() if key not in change}
    write(proposal, by=cast.misaki, change=change, new=new)
    return [need.sentence for need in before_submission(Standing(fresh(proposal))) if need.state == "attention"]


@pytest.mark.parametrize(
    "formula", ["meeting_rate × target_lead + meeting", "1 − meeting_rate", "1 − meeting ÷ target_lead"]
)
def test_a_formula_may_use_a_calculated_metric_and_say_what_is_lost(cast: Cast, meeting_rate: Metric, formula: str):
    assert refused(cast, another_rate=rate(formula)) == []


def test_the_unit_of_a_calculated_metric_is_that_of_its_formula(cast: Cast, meeting_rate: Metric):
    (sentence,) = refused(cast, another_rate=rate("meeting_rate × target_lead + target_lead"))
    assert "meetings" in sentence
    assert "leads" in sentence


def test_a_circle_of_formulas_is_refused_on_the_screen(client: Client, cast: Cast, meeting_rate: Metric):
    proposal = started(cast.misaki)
    write(
        proposal,
        by=cast.misaki,
        change={"meeting_rate": {"formula": "third_rate × 2"}},
        new={"another_rate": rate("1 − meeting_rate"), "third_rate": rate("another_rate × 2", name_en="Third rate")},
    )
    client.force_login(cast.misaki)
    page = client.get(f"/proposals/{proposal.pk}/draft/").content.decode()
    assert "meeting_rate → third_rate → another_rate → meeting_rate" in page
    with pytest.raises(NotReady):
        submitting.submit(proposal, by=cast.misaki)


def test_a_circle_through_what_is_in_force_is_refused(cast: Cast, meeting_rate: Metric):
    proposal = started(cast.misaki)
    write(proposal, by=cast.misaki, new={"another_rate": rate("1 − meeting_rate")})
    submitting.submit(proposal, by=cast.misaki)
    sealed(cast, proposal)
    (sentence,) = refused(cast, meeting_rate={"formula": "another_rate × 2"})
    assert "meeting_rate → another_rate → meeting_rate" in sentence


def test_a_formula_made_of_itself_is_called_a_circle(cast: Cast):
    (sentence,) = refused(cast, another_rate=rate("another_rate ÷ target_lead"))
    assert "another_rate → another_rate" in sentence


def test_only_counted_factors_cost_one_question(cast: Cast, django_assert_num_queries: Any):
    with django_assert_num_queries(1):
        assert meaning.sentences("another_rate", rate("meeting ÷ target_lead")) == {}


PERCENTAGES = [
    "meeting ÷ target_lead × 100",
    "100 × meeting ÷ target_lead",
    "meeting × 100 ÷ target_lead",
    "meeting ÷ (target_lead ÷ 100)",
    "meeting / target_lead / 0.01",
    "(1 − meeting ÷ target_lead) × 10 × 10",
    "100 − 100 × meeting ÷ target_lead",
    "100 − meeting_rate",
]


@pytest.mark.parametrize("unit", ["%", "％"])
@pytest.mark.parametrize("formula", PERCENTAGES)
def test_a_percentage_is_not_multiplied_twice(cast: Cast, meeting_rate: Metric, formula: str, unit: str):
    """The registry writes the ratio 0.42 as 42.0%."""
    (sentence,) = refused(cast, another_rate=rate(formula, unit_ja=unit, unit_en=unit))
    assert "× 100" in sentence


@pytest.mark.parametrize(
    ("formula", "unit"),
    [
        ("meeting ÷ target_lead × 100", "per 100 leads"),
        ("meeting ÷ 100", "hundreds"),
        ("meeting ÷ target_lead", "%"),
        ("(meeting × 100) ÷ (target_lead × 100)", "%"),
        ("meeting × 200 ÷ (target_lead × 4)", "%"),
        ("meeting ÷ target_lead + 0 × meeting_rate ÷ 0", "%"),
    ],
)
def test_a_hundred_that_makes_no_percentage_is_left_alone(cast: Cast, meeting_rate: Metric, formula: str, unit: str):
    assert refused(cast, another_rate=rate(formula, unit_ja=unit, unit_en=unit)) == []


def test_what_was_agreed_with_a_hundred_stops_nobody(cast: Cast, meeting_rate: Metric, monkeypatch: pytest.MonkeyPatch):
    """From before it was refused: others refer to its factors, and it can be retired as it is."""
    with monkeypatch.context() as patched:
        patched.setattr(meaning, "PERCENT", frozenset())
        proposal = started(cast.misaki)
        write(proposal, by=cast.misaki, new={"another_rate": rate(PERCENTAGES[0])})
        submitting.submit(proposal, by=cast.misaki)
        sealed(cast, proposal)
    proposal = started(cast.misaki, effective_from=TODAY + timedelta(days=1))
    write(proposal, by=cast.misaki, change={"meeting": {"unit_ja": "回", "unit_en": "times"}})
    submitting.submit(proposal, by=cast.misaki)
    sealed(cast, proposal)
    retiring = started(cast.misaki, effective_from=TODAY + timedelta(days=2))
    successor = Metric.objects.get(key="meeting_rate")
    drafting.add_retirement(
        retiring, metric=Metric.objects.get(key="another_rate"), successor=successor, by=cast.misaki
    )
    submitting.submit(fresh(retiring), by=cast.misaki)
