"""A metric that becomes calculated, or counted again: what it was before is left in its fields and says nothing."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client

from registry import containments, counts, effect
from registry.forms.conditions import Told
from registry.models import Metric, Proposal, Run, Use
from registry.seeding.content import Content
from registry.standing import Standing
from registry.workflow import vocabulary
from tests.cast import TODAY, Cast, agreed_rate, fresh, sealed, words
from tests.counting import FILES, RATE, agreed, cells, changing, kept, plain
from tests.data import declare

TOMORROW = TODAY + timedelta(days=1)
HALF = {"kind": "calculated", "formula": "target_lead ÷ 2"}
AGAIN = {"kind": "counted"}
REFERRING = "status = 'held' AND is_target_lead"
FIFTY = {"condition": "company.employees >= 50"}


@pytest.fixture(autouse=True)
def _declared(cast: Cast, in_this_process: None) -> None:
    declare(cast)


def verdicts(proposal: Proposal) -> list[tuple[str, str]]:
    standing = Standing(fresh(proposal))
    return [(each.key, each.verdict) for each in (*effect.effects(standing), *effect.ripple(standing))]


def page(client: Client, cast: Cast, address: str) -> str:
    client.force_login(cast.misaki)
    return plain(client.get(address, headers={"accept-language": "en"}))


def test_what_becomes_calculated_is_called_so_and_what_is_counted_again_is_new(cast: Cast):
    assert verdicts(changing(cast, meeting=HALF)) == [("meeting", "calculated")]
    agreed(cast, meeting=HALF)
    assert verdicts(changing(cast, meeting={"formula": "target_lead ÷ 3"})) == []
    assert verdicts(changing(cast, meeting=AGAIN)) == [("meeting", "new")]


def test_its_page_shows_no_condition_any_more_nor_a_formula_once_it_is_counted_again(client: Client, cast: Cast):
    agreed(cast, meeting=HALF)
    shown = page(client, cast, "/metrics/meeting/")
    assert ("Extraction condition" in shown, "As SQL" in shown, "Formula" in shown) == (False, False, True)
    sealed(cast, changing(cast, meeting=AGAIN))
    shown = page(client, cast, f"/metrics/meeting/?on={TOMORROW}")
    assert ("Extraction condition" in shown, "Formula" in shown) == (True, False)


def test_no_condition_is_offered_it_from_then_on(cast: Cast):
    assert "meeting" in {each.key for each in Told({}, None, TODAY).metrics}
    calculated = dict(words(**RATE)) | {"condition": "status = 'held'"}
    assert "meeting" not in {each.key for each in Told({"meeting": calculated}, None, TODAY).metrics}
    agreed(cast, meeting=HALF)
    assert "meeting" not in {each.key for each in Told({}, None, TODAY).metrics}


def test_nothing_lies_within_what_is_calculated(cast: Cast):
    source = Content().vocabulary
    start, end = source.index("containments:"), source.index("entities:")
    within = f"{source[:start]}containments:\n  - {{inner: meeting, outer: target_lead}}\n{source[end:]}"
    vocabulary.change_vocabulary(within, by=cast.megumi, reason="商談はターゲットリードとのもの")
    assert containments.concerned(Standing(changing(cast, meeting=HALF))) == []


def test_what_it_was_counted_by_refers_to_nothing_any_more(client: Client, cast: Cast):
    agreed(cast, meeting={"condition": REFERRING})
    sealed(cast, changing(cast, meeting=HALF))
    assert verdicts(changing(cast, target_lead=FIFTY)) == [("target_lead", "wider")]
    latest = Metric.objects.get(key="meeting").latest_id
    assert set(Use.objects.filter(definition=latest).values_list("key", "how")) == {("target_lead", Use.FORMULA)}
    sealed(cast, changing(cast, TOMORROW + timedelta(days=1), meeting=AGAIN))
    latest = Metric.objects.get(key="meeting").latest_id
    assert set(Use.objects.filter(definition=latest).values_list("key", "how")) == {("target_lead", Use.CONDITION)}


def test_what_it_counted_is_lost_and_its_rates_have_their_values(client: Client, cast: Cast, tmp_path: Path):
    """Before, it was counted; from then on it is calculated: rates made of it are worked out of either."""
    kept(cast, tmp_path, FILES)
    agreed_rate(cast)
    proposal = changing(cast, meeting=HALF)
    client.force_login(cast.misaki)
    client.post(f"/proposals/{proposal.pk}/counts/")
    run = Run.objects.get(key="meeting")
    assert [(old, new, lost) for _month, old, new, _gained, lost, _unknown in cells(run)] == [(1, 0, 1), (1, 0, 1)]
    shown = page(client, cast, f"/proposals/{proposal.pk}/?tab=effect")
    assert "No value, since" not in shown
    plan = counts.of_proposal(Standing(proposal))
    assert plan is not None
    assert set(plan.rates) == {"meeting", "meeting_rate"}
