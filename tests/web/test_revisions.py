"""What changed between two revisions of a proposal: every metric and the vocabulary, and no more than changed."""

import re

import pytest
from django.test import Client

from registry.models import Event, Proposal
from registry.standing import Standing
from registry.workflow import drafting, submitting, vocabulary
from tests.cast import Cast, drafted, fresh, in_review, words, write
from tests.workflow.test_carrying import ADDED, SOURCE


@pytest.fixture
def reader(client: Client, cast: Cast) -> Client:
    client.force_login(cast.naoko)
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


def compared(reader: Client, proposal: Proposal) -> str:
    response = reader.get(f"/proposals/{proposal.pk}/revisions/1...2/")
    assert response.status_code == 200
    return response.content.decode()


def told(reader: Client) -> str:
    """What the history says of the resubmission."""
    event = Event.objects.filter(act="resubmitted").latest("sequence")
    return reader.get(f"/history/{event.sequence}/").content.decode()


def marked(tag: str, page: str) -> str:
    return "\n".join(re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL))


def test_a_metric_added_later_shows_what_it_changes(reader: Client, cast: Cast):
    proposal = in_review(cast)
    write(proposal, by=cast.misaki, change={"meeting": {"text_en": "A meeting of AT LEAST twenty minutes."}})
    submitting.submit(fresh(proposal), by=cast.misaki)
    page = compared(reader, proposal)
    assert "AT LEAST" in marked("ins", page)
    assert "Version 1" in page, "what it is compared with"


def test_a_new_metric_added_later_shows_its_words(reader: Client, cast: Cast):
    proposal = in_review(cast)
    write(proposal, by=cast.misaki, new={"won_deal": words(name_ja="受注数", name_en="Deals WON", stage="deal")})
    submitting.submit(fresh(proposal), by=cast.misaki)
    assert "Deals WON" in marked("ins", compared(reader, proposal))


def carrying(cast: Cast, *sources: str) -> Proposal:
    """Two revisions of Megumi's that carry these vocabularies; an empty one is none."""
    vocabulary.change_vocabulary(SOURCE, by=cast.megumi, reason="例の語彙")
    proposal = drafted(cast, by=cast.megumi)
    for source in sources:
        if source:
            vocabulary.carry(fresh(proposal), source=source, by=cast.megumi)
        elif Standing(fresh(proposal)).drafted_vocabulary:
            vocabulary.leave_out(fresh(proposal), by=cast.megumi)
        submitting.submit(fresh(proposal), by=cast.megumi)
    return proposal


def test_a_vocabulary_carried_later_is_compared_with_the_one_in_force(reader: Client, cast: Cast):
    proposal = carrying(cast, "", ADDED)
    page = compared(reader, proposal)
    assert "founded_in" in marked("ins", page)
    assert len(marked("ins", page)) < 200
    assert "Published together with these definitions" in page
    assert len(page) < len(SOURCE) + 8_000


def test_a_vocabulary_taken_out_is_said_to_be(reader: Client, cast: Cast):
    proposal = carrying(cast, ADDED, "")
    page = compared(reader, proposal)
    assert "founded_in" in marked("del", page)
    assert "Published together" not in page
    assert "taken out" in page
    assert re.search(r"<b>Vocabulary</b>\s*<span[^>]*>taken out", told(reader))


def test_the_history_names_a_metric_that_was_taken_out(reader: Client, cast: Cast):
    proposal = in_review(cast, "target_lead", "meeting")
    drafting.remove_metric(fresh(proposal).working_copies.get(key="meeting"), by=cast.misaki)
    submitting.submit(fresh(proposal), by=cast.misaki)
    page = told(reader)
    assert "No words differ" not in page
    assert re.search(r"<b>Meetings</b>\s*<span[^>]*>taken out", page)
