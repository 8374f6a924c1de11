"""The buttons beside a draft: the text is saved whatever becomes of the button, and the page says so truly."""

import re
from typing import Any

import pytest
from django.test import Client

from registry.models import Proposal
from registry.workflow import drafting, people, reviewing, submitting
from tests.cast import Cast, drafted, fresh, in_review, seal, write
from tests.web.test_drafts import form_of, post

TYPED = {"target_lead-text_en": "Typed just now."}


@pytest.fixture
def writer(client: Client, cast: Cast) -> Client:
    client.force_login(cast.misaki)
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


def edits_on(page: str) -> str:
    (found,) = re.findall(r'name="edits" id="edits" value="(\d+)"', page)
    return str(found)


def people_offered(page: str) -> list[str]:
    (select,) = re.findall(r'<select name="user".*?</select>', page, re.DOTALL)
    return re.findall(r'<option value="(\w+)"', select)


BUTTONS: list[tuple[str, dict[str, str], dict[str, str]]] = [
    ("metrics/", {"act": "new", "key": "BAD KEY"}, {"act": "new", "key": "good_key"}),
    ("metrics/", {"act": "change", "metric": "target_lead"}, {"act": "change", "metric": "meeting"}),
    ("contributors/", {"user": ""}, {"user": "kenta"}),
    ("contributors/", {"user": "misaki"}, {"user": "kenta"}),
    ("contributors/", {"user": "takuya"}, {"user": "kenta"}),
]


@pytest.mark.parametrize(("tail", "refused", "mended"), BUTTONS, ids=lambda given: str(given))
def test_a_refused_button_keeps_the_text_says_why_and_can_be_pressed_again(
    writer: Client, cast: Cast, tail: str, refused: dict[str, str], mended: dict[str, str]
):
    proposal = drafted(cast)
    response = post(writer, proposal, tail, **TYPED, **refused)
    page = response.content.decode()
    assert response.status_code in {403, 409, 422}
    assert fresh(proposal).working_copies.get().wording["text_en"] == "Typed just now."
    assert "Nothing was saved" not in page
    assert 'class="error"' in page
    again = form_of(writer, proposal) | {"edits": edits_on(page)} | mended
    assert writer.post(f"/proposals/{proposal.pk}/{tail}", again).status_code == 302


@pytest.mark.parametrize("why", ["a bad date", "saved elsewhere"])
def test_a_draft_that_was_not_saved_keeps_what_was_typed_beside_it(writer: Client, cast: Cast, why: str):
    proposal = drafted(cast)
    mine = form_of(writer, proposal) | {"act": "new", "key": "brand_new_metric", "user": "kenta"}
    if why == "a bad date":
        mine |= {"effective_from": "tomorrow"}
    else:
        write(proposal, by=cast.misaki, change={"target_lead": {"text_en": "Elsewhere."}})
    for tail in ("metrics/", "contributors/"):
        response = writer.post(f"/proposals/{proposal.pk}/{tail}", mine)
        page = response.content.decode()
        assert response.status_code == (422 if why == "a bad date" else 409)
        assert re.search(r'<input[^>]* value="brand_new_metric"', page)
        assert re.search(r'<details class="sheet" open>\s*<summary class="btn">Add a metric', page)
        assert re.search(r'<option value="kenta" selected>', page)


def test_a_draft_that_was_not_saved_still_knows_what_it_began_from(writer: Client, cast: Cast):
    proposal = drafted(cast)
    mine = form_of(writer, proposal) | {"effective_from": "tomorrow"}
    write(proposal, by=cast.misaki, change={"target_lead": {"text_en": "Elsewhere."}})
    page = writer.post(f"/proposals/{proposal.pk}/draft/", mine).content.decode()
    assert edits_on(page) == mine["edits"]


def test_only_who_can_write_along_is_offered(writer: Client, cast: Cast):
    proposal = in_review(cast)
    seal(proposal, team=cast.marketing, by=cast.ryo)
    drafting.invite(proposal, user=cast.kenta, by=cast.misaki)
    people.deactivate(cast.koji, by=cast.megumi)
    offered = people_offered(writer.get(f"/proposals/{proposal.pk}/draft/").content.decode())
    assert sorted(offered) == ["aya", "makoto", "megumi", "naoko"]


def test_what_is_refused_after_saving_is_not_said_to_be_lost(writer: Client, cast: Cast):
    """The invitation was taken back in another window already."""
    proposal = drafted(cast)
    invited = drafting.invite(proposal, user=cast.kenta, by=cast.misaki)
    mine: dict[str, Any] = form_of(writer, proposal) | TYPED
    drafting.uninvite(invited, by=cast.misaki)
    response = writer.post(f"/proposals/{proposal.pk}/contributors/{invited.pk}/removal/", mine)
    page = response.content.decode()
    assert response.status_code == 404
    assert "What you typed is saved in the draft." in page
    assert "Nothing was saved" not in page
    assert Proposal.objects.get(pk=proposal.pk).working_copies.get().wording["text_en"] == "Typed just now."


def test_what_is_not_ready_and_withdrawn_at_that_moment_is_not_shown_to_be_written_on(
    writer: Client, cast: Cast, monkeypatch: pytest.MonkeyPatch
):
    proposal = drafted(cast)
    submit = submitting.submit

    def then_it_is_withdrawn(*arguments: Any, **options: Any) -> Any:
        try:
            return submit(*arguments, **options)
        finally:
            reviewing.withdraw(proposal, by=cast.misaki)

    monkeypatch.setattr(submitting, "submit", then_it_is_withdrawn)
    page = post(writer, proposal, "revisions/", title_ja="", title_en="").content.decode()
    assert "This proposal has ended" in page
    assert 'id="draft"' not in page
