"""Advice about the words on the web: beside the field, to reviewers, and left aside with a reason."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from registry import advice
from registry.models import Dismissal, Event, Proposal
from registry.standing import Standing
from registry.workflow import advising, submitting
from tests.cast import Cast, acts, drafted, fresh, refuses, write

VAGUE = {"text_ja": "適切な役職の人を数える。", "text_en": "People in a suitable post."}
DATED = {"counting_ja": "- 日付：リードの作成日", "counting_en": "- Dated by: the day it was created"}


@pytest.fixture
def draft(cast: Cast) -> Proposal:
    return write(drafted(cast), by=cast.misaki, change={"target_lead": VAGUE | DATED})


def found(proposal: Proposal, field: str = "text_ja") -> advice.Advice:
    given = advice.written(Standing(fresh(proposal)))
    return next(each for each in given if each.finding.field == field)


def page(client: Client, user: Any, address: str, language: str = "ja") -> str:
    client.force_login(user)
    return client.get(f"{address}?lang={language}", follow=True).content.decode()


def test_it_stands_beside_the_field_in_the_readers_language(client: Client, cast: Cast, draft: Proposal):
    japanese = page(client, cast.misaki, f"/proposals/{draft.pk}/draft/")
    place = japanese.index('id="advice-target_lead-text_ja"')
    assert "「適切な」は読む人によって意味が変わります" in japanese[place : place + 400]
    assert "means something else to every reader" in page(client, cast.misaki, f"/proposals/{draft.pk}/draft/", "en")


def test_saving_brings_the_advice_up_to_date_without_the_page(client: Client, cast: Cast, draft: Proposal):
    client.force_login(cast.misaki)
    sent = {"edits": fresh(draft).edits, "target_lead-text_ja": "妥当な役職の人", "target_lead-kind": "counted"}
    saved = client.post(f"/proposals/{draft.pk}/draft/", sent, headers={"HX-Request": "true"}).content.decode()
    assert 'id="advice-target_lead-text_ja" hx-swap-oob="true"' in saved
    assert "「妥当な」" in saved


def test_it_gates_nothing(cast: Cast, draft: Proposal):
    submitting.submit(draft, by=cast.misaki)
    assert fresh(draft).state == Proposal.IN_REVIEW


def test_reviewers_see_who_left_it_aside_and_why(client: Client, cast: Cast, draft: Proposal):
    client.force_login(cast.misaki)
    about = f"/proposals/{draft.pk}/dismissals/?about={found(draft).name}"
    assert "適切な" in client.get(about).content.decode()
    assert client.post(about, {"reason": ""}).status_code == 422
    assert client.post(about, {"reason": "社内規程の言葉のまま"}).status_code == 302
    submitting.submit(draft, by=cast.misaki)
    seen = page(client, cast.naoko, f"/proposals/{draft.pk}/")
    assert "社内規程の言葉のまま" in seen
    assert cast.misaki.name_ja in seen


def test_leaving_it_aside_is_an_act_with_an_event(cast: Cast, draft: Proposal):
    before = Event.objects.count()
    advising.dismiss(draft, advice=found(draft), by=cast.misaki, reason="規程の言葉")
    assert Event.objects.count() == before + 1
    assert acts(draft)[-1] == "advice_dismissed"
    assert Dismissal.history.count() == 1
    with refuses("dismissed_already", 409):
        advising.dismiss(draft, advice=found(draft), by=cast.misaki, reason="もう一度")


def test_a_changed_passage_is_asked_about_again_and_an_unchanged_one_is_not(cast: Cast, draft: Proposal):
    advising.dismiss(draft, advice=found(draft), by=cast.misaki, reason="規程の言葉")
    write(draft, by=cast.misaki, change={"target_lead": {"excludes_ja": "学生"}})
    assert found(draft).dismissal is not None
    write(draft, by=cast.misaki, change={"target_lead": {"text_ja": "適切な部署の人を数える。"}})
    assert found(draft).dismissal is None


def test_only_who_writes_leaves_it_aside_and_says_why(cast: Cast, draft: Proposal):
    with refuses("not_a_contributor", 403):
        advising.dismiss(draft, advice=found(draft), by=cast.naoko, reason="よい")
    with pytest.raises(ValidationError):
        advising.dismiss(draft, advice=found(draft), by=cast.misaki, reason=" ")


def test_advice_that_is_not_given_cannot_be_left_aside(client: Client, cast: Cast, draft: Proposal):
    client.force_login(cast.misaki)
    address = f"/proposals/{draft.pk}/dismissals/?about=target_lead.text_ja.{'0' * 64}"
    assert client.post(address, {"reason": "よい"}).status_code == 404
    assert not Dismissal.objects.exists()
