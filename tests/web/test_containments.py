"""Declared containments: proved, or broken with the record that breaks them, on proposals and on metric pages."""

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from registry import containments
from registry.models import Proposal
from registry.readiness import before_publication
from registry.seeding.content import Content
from registry.standing import Standing
from registry.workflow import submitting, vocabulary
from tests.cast import Cast, drafted, fresh, write

PLAIN = Content().vocabulary
START, END = PLAIN.index("containments:"), PLAIN.index("entities:")
SOURCE = f"{PLAIN[:START]}containments:\n  - {{inner: meeting, outer: target_lead}}\n{PLAIN[END:]}"
WITHIN = "status = 'held' AND lead.company.employees >= 200"


@pytest.fixture(autouse=True)
def _declared(cast: Cast, in_this_process: None) -> None:
    vocabulary.change_vocabulary(SOURCE, by=cast.megumi, reason="商談はターゲットリードとのもの")


def in_review(cast: Cast, condition: str) -> Proposal:
    proposal = write(drafted(cast, "meeting"), by=cast.misaki, change={"meeting": {"condition": condition}})
    submitting.submit(proposal, by=cast.misaki)
    return fresh(proposal)


def test_a_proposal_that_keeps_it_proves_it_across_entities(cast: Cast):
    """A meeting is held against its lead: the way up is part of the question."""
    (found,) = containments.concerned(Standing(in_review(cast, WITHIN)))
    assert (found.inner, found.outer, found.verdict) == ("meeting", "target_lead", "proved")
    assert not found.telling


def test_one_that_breaks_it_shows_the_record_and_stops_nothing(client: Client, cast: Cast):
    proposal = in_review(cast, "status = 'held' AND lead.company.employees >= 99")
    (found,) = containments.concerned(Standing(proposal))
    assert found.verdict == "broken"
    assert any("99" in value for _name, value in found.telling)
    needs = {need.code: need.state for need in before_publication(Standing(proposal))}
    assert needs["containment_broken"] == "attention"
    client.force_login(cast.naoko)
    for language, said in (("ja", "に数えません"), ("en", "and not in")):
        page = client.get(f"/proposals/{proposal.pk}/?tab=effect&lang={language}", follow=True).content.decode()
        assert "containments-heading" in page
        assert said in page
    assert client.get(f"/proposals/{proposal.pk}/sign-offs/?team=sales").status_code == 200


def test_what_cannot_be_compared_is_never_called_proved(cast: Cast):
    """A lead is no meeting, and nothing leads from one up to the other."""
    source = SOURCE.replace("inner: meeting, outer: target_lead", "inner: target_lead, outer: meeting")
    vocabulary.change_vocabulary(source, by=cast.megumi, reason="逆向き")
    (found,) = containments.concerned(Standing(in_review(cast, WITHIN)))
    assert found.verdict == "unreadable"


def test_a_proposal_that_touches_neither_side_shows_none(cast: Cast):
    source = SOURCE.replace("inner: meeting, outer: target_lead", "inner: won_deal, outer: meeting")
    vocabulary.change_vocabulary(source, by=cast.megumi, reason="受注は商談から")
    proposal = drafted(cast, "target_lead")
    submitting.submit(proposal, by=cast.misaki)
    assert containments.concerned(Standing(fresh(proposal))) == []


@pytest.mark.parametrize("address", ["/metrics/meeting/", "/metrics/target_lead/", "/vocabulary/"])
def test_pages_show_it_as_the_registry_is(client: Client, cast: Cast, address: str):
    client.force_login(cast.takuya)
    page = client.get(f"{address}?lang=en", follow=True).content.decode()
    place = page.index("containments-heading")
    assert "broken" in page[place : place + 900]


@pytest.mark.parametrize(
    "body",
    ["containments: all", "containments: [{inner: a, outer: a}]", "containments: [{inner: A b, outer: meeting}]"],
)
def test_what_declares_nothing_is_refused_with_an_example(cast: Cast, body: str):
    with pytest.raises(ValidationError) as caught:
        vocabulary.change_vocabulary(f"{body}\n{PLAIN[END:]}", by=cast.megumi, reason="誤り")
    assert "{inner: qualified_meeting, outer: meeting}" in str(caught.value)
