"""A page that was open while others went on: nothing is done to what it did not show, and nothing typed is lost."""

import re
from datetime import timedelta

import pytest
from django.http import HttpResponse
from django.test import Client

from registry.models import Event, Proposal
from registry.workflow import drafting, publication, reviewing, submitting, vocabulary
from tests.cast import (
    TODAY,
    Cast,
    agreed_rate,
    drafted,
    fresh,
    in_review,
    latest,
    published,
    refuses,
    revised,
    seal,
    sealed,
    started,
    write,
)
from tests.workflow.test_carrying import ADDED, SOURCE


@pytest.fixture
def client(client: Client) -> Client:
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


def form_at(page: str, address: str) -> dict[str, str]:
    """The hidden fields of the form on the page that is sent to the address, but the token's."""
    (form,) = re.findall(rf'<form[^>]* action="{address}".*?</form>', page, re.DOTALL)
    found: list[tuple[str, str]] = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form)
    return {name: value for name, value in found if name != "csrfmiddlewaretoken"}


JUDGING = [("rejection", "reason"), ("objections", "words")]


@pytest.mark.parametrize(("tail", "field"), JUDGING)
def test_who_judges_an_earlier_revision_reads_what_changed_first(client: Client, cast: Cast, tail: str, field: str):
    proposal = in_review(cast)
    address = f"/proposals/{proposal.pk}/{tail}/"
    client.force_login(cast.naoko)
    read = form_at(client.get(f"/proposals/{proposal.pk}/").content.decode(), address)
    revised(proposal, by=cast.misaki)
    before = Event.objects.count()
    response = client.post(address, read | {field: "It says nothing of blanks."})
    page = response.content.decode()
    assert (response.status_code, Event.objects.count()) == (409, before)
    for said in ("This changed while you were reading", "It says nothing of blanks.", "/revisions/1...2/"):
        assert said in page, said
    again = client.post(address, form_at(page, address) | {field: "It says nothing of blanks."})
    assert again.status_code == 302


def test_the_glass_is_not_asked_to_be_broken_for_words_that_nobody_read(client: Client, cast: Cast):
    proposal = in_review(cast)
    seal(proposal, team=cast.marketing, by=cast.ryo)
    address = f"/proposals/{proposal.pk}/break-glass/"
    client.force_login(cast.megumi)
    read = form_at(client.get(f"/proposals/{proposal.pk}/").content.decode(), address)
    revised(proposal, by=cast.misaki)
    response = client.post(address, read | {"reason": "The audit is today."})
    assert response.status_code == 409
    assert "The audit is today." in response.content.decode()
    seal(proposal, team=cast.marketing, by=cast.ryo)
    response = client.post(address, read | {"reason": "The audit is today."})
    page = response.content.decode()
    assert response.status_code == 409
    assert "/revisions/1...2/" in page
    assert "The audit is today." in page
    assert client.post(address, form_at(page, address) | {"reason": "The audit is today."}).status_code == 302


def test_no_verb_judges_a_revision_that_another_has_replaced(cast: Cast):
    """However late the other came: it may have been submitted after the page had asked."""
    proposal = in_review(cast)
    read = latest(proposal)
    revised(proposal, by=cast.misaki)
    seal(proposal, team=cast.marketing, by=cast.ryo)
    with refuses("changed", 409):
        reviewing.raise_objection(read, by=cast.naoko, reason="まだ")
    with refuses("changed", 409):
        reviewing.reject(proposal, by=cast.naoko, reason="広すぎる", digest=read.digest)
    with refuses("changed", 409):
        publication.ask_break_glass(proposal, by=cast.megumi, reason="急ぐ", digest=read.digest)


@pytest.mark.parametrize("tail", ["comments", "objections"])
def test_a_remark_about_a_place_that_is_gone_says_so(client: Client, cast: Cast, tail: str):
    proposal = in_review(cast, "target_lead", "meeting")
    drafting.remove_metric(proposal.working_copies.get(key="meeting"), by=cast.misaki)
    submitting.submit(fresh(proposal), by=cast.misaki)
    client.force_login(cast.naoko)
    response = client.post(
        f"/proposals/{proposal.pk}/{tail}/", {"words": "Say which meetings.", "about": "meeting.text_ja"}
    )
    page = response.content.decode()
    assert response.status_code == 422
    assert page.count("Say which meetings.") == 1, "in the form that was sent, and in no other"
    told = re.search(r'<select[^>]* name="about"[^>]*aria-describedby="([\w-]+)"', page)
    assert told is not None
    assert f'id="{told[1]}">This place is not part of the proposal any more' in page
    assert page.count("autofocus") == 1, "the place of the sentence is where one comes to"
    assert "/revisions/1...2/" in page


TOO_LONG = "KEPT " + "x" * 5_001


def test_a_refused_closing_keeps_its_reason(client: Client, cast: Cast):
    proposal = in_review(cast)
    objection = reviewing.raise_objection(latest(proposal), by=cast.naoko, reason="まだ")
    other = reviewing.raise_objection(latest(proposal), by=cast.kenta, reason="まだ")
    client.force_login(cast.megumi)
    response = client.post(f"/proposals/{proposal.pk}/objections/{objection.pk}/closing/", {"reason": TOO_LONG})
    page = response.content.decode()
    assert response.status_code == 422
    assert "KEPT" in _text_area(page, f"closing-{objection.pk}")
    assert "KEPT" not in _text_area(page, f"closing-{other.pk}")


def test_a_refused_reply_stands_in_its_thread(client: Client, cast: Cast):
    proposal = in_review(cast)
    first, second = (reviewing.comment(proposal, by=cast.kenta, words=said) for said in ("一", "二"))
    client.force_login(cast.naoko)
    response = client.post(f"/proposals/{proposal.pk}/comments/", {"words": TOO_LONG, "parent": first.pk})
    page = response.content.decode()
    assert response.status_code == 422
    assert "KEPT" in _text_area(page, f"reply-{first.pk}-words")
    assert page.count("KEPT") == 1
    assert re.search(rf'<details open>.*?id="reply-{first.pk}-words"', page, re.DOTALL)
    assert second.pk != first.pk


def _text_area(page: str, name: str) -> str:
    (found,) = re.findall(rf'<textarea[^>]*\bid="{name}".*?</textarea>', page, re.DOTALL)
    return str(found)


# Two people write one proposal's vocabulary


@pytest.fixture
def carried(cast: Cast) -> Proposal:
    """A draft of Megumi's that carries a vocabulary; Makoto writes along."""
    vocabulary.change_vocabulary(SOURCE, by=cast.megumi, reason="例の語彙")
    proposal = drafted(cast, by=cast.megumi)
    vocabulary.carry(proposal, source=ADDED, by=cast.megumi)
    drafting.invite(proposal, user=cast.makoto, by=cast.megumi)
    return fresh(proposal)


def shown_form(response: HttpResponse) -> dict[str, str]:
    """The hidden fields of the one form of a page about the vocabulary."""
    found = re.findall(r'<input type="hidden" name="(edits|seen)" value="([^"]*)"', response.content.decode())
    return dict(found)


def test_a_vocabulary_saved_meanwhile_is_not_overwritten(client: Client, cast: Cast, carried: Proposal):
    address = f"/proposals/{carried.pk}/vocabulary/"
    client.force_login(cast.makoto)
    opened = shown_form(client.get(address))
    vocabulary.carry(carried, source=ADDED + "# by Megumi\n", by=cast.megumi)
    typed = {"source": ADDED + "# by Makoto\n"}
    response = client.post(address, opened | typed)
    page = response.content.decode()
    assert response.status_code == 409
    assert fresh(carried).vocabulary_draft.source.endswith("# by Megumi\n")
    assert re.search(r"<del>[^<]*Megumi", page)
    assert re.search(r"<ins>[^<]*Makoto", page)
    assert "# by Makoto" in _text_area(page, "id_source")
    assert client.post(address, shown_form(response) | typed).status_code == 302
    assert fresh(carried).vocabulary_draft.source.endswith("# by Makoto\n")


def test_a_vocabulary_taken_out_meanwhile_is_not_put_back_unseen(client: Client, cast: Cast, carried: Proposal):
    address = f"/proposals/{carried.pk}/vocabulary/"
    client.force_login(cast.makoto)
    opened = shown_form(client.get(address))
    vocabulary.leave_out(carried, by=cast.megumi)
    response = client.post(address, opened | {"source": ADDED + "# by Makoto\n"})
    assert response.status_code == 409
    assert "The proposal carries no vocabulary." in response.content.decode()
    assert "# by Makoto" in _text_area(response.content.decode(), "id_source")


def test_a_refused_vocabulary_still_knows_what_it_began_from(client: Client, cast: Cast, carried: Proposal):
    """A mistake in the text does not let the next attempt overwrite what was saved meanwhile."""
    address = f"/proposals/{carried.pk}/vocabulary/"
    client.force_login(cast.makoto)
    opened = shown_form(client.get(address))
    vocabulary.carry(carried, source=ADDED + "# by Megumi\n", by=cast.megumi)
    refused = client.post(address, opened | {"source": ""})
    assert refused.status_code == 422
    assert client.post(address, shown_form(refused) | {"source": ADDED}).status_code == 409


def test_a_vocabulary_that_becomes_outdated_meanwhile_is_shown_to_be_brought_up_to_date(
    client: Client, cast: Cast, carried: Proposal
):
    published(cast, by=cast.kenta)
    client.force_login(cast.megumi)
    address = f"/proposals/{carried.pk}/rebase/"
    opened = client.get(address)
    (outdated,) = opened.context["outdated"]
    chosen = {f"rebase-target_lead-{name}": "ours" for name in outdated.form.fields}
    vocabulary.change_vocabulary(SOURCE + "# in force\n", by=cast.makoto, reason="注記")
    response = client.post(address, shown_form(opened) | chosen)
    page = response.content.decode()
    area = _text_area(page, "id_source")
    assert response.status_code == 409
    assert "founded_in" in area
    assert "aria-invalid" not in area
    sent = shown_form(response) | chosen | {"source": ADDED + "# in force\n"}
    assert client.post(address, sent).status_code == 302


def test_a_vocabulary_that_another_brought_up_to_date_is_not_said_to_be_gone(
    client: Client, cast: Cast, carried: Proposal
):
    vocabulary.change_vocabulary(SOURCE + "# in force\n", by=cast.makoto, reason="注記")
    client.force_login(cast.makoto)
    address = f"/proposals/{carried.pk}/rebase/"
    opened = client.get(address)
    submitting.rebase(carried, by=cast.megumi, wordings={}, vocabulary=ADDED + "# by Megumi\n")
    response = client.post(address, shown_form(opened) | {"source": ADDED + "# by Makoto\n"})
    page = response.content.decode()
    assert response.status_code == 409
    for said in ("The vocabulary was brought up to date meanwhile", "# by Makoto"):
        assert said in page
    assert f'href="/proposals/{carried.pk}/vocabulary/"' in page
    assert "carries no vocabulary" not in page
    assert "Taken out" not in page


def test_bringing_up_to_date_shows_the_examples_of_a_rate_as_its_page_does(client: Client, cast: Cast):
    agreed_rate(cast)
    proposals = [started(by, effective_from=TODAY + timedelta(days=9)) for by in (cast.misaki, cast.kenta)]
    for proposal, said in zip(proposals, ("10 of 20", "5 of 20"), strict=True):
        examples = [{"ja": said, "en": said, "counts": True}]
        write(proposal, by=proposal.author, change={"meeting_rate": {"examples": examples}})
    submitting.submit(proposals[1], by=cast.kenta)
    sealed(cast, proposals[1])
    client.force_login(cast.misaki)
    page = re.sub(r"<[^>]+>", "", client.get(f"/proposals/{proposals[0].pk}/rebase/").content.decode())
    assert "10 of 20 → is calculated like this" in page
    assert "→ counts" not in page


def test_choices_stay_made_when_another_metric_becomes_outdated_meanwhile(client: Client, cast: Cast):
    """What has not been asked yet is chosen by nobody, and is no mistake of theirs."""
    proposal = drafted(cast, "target_lead", "meeting", effective_from=TODAY + timedelta(days=40))
    rewritten(cast, {"target_lead": {"text_ja": "先に出た文", "summary_ja": "短い説明"}}, days=1)
    client.force_login(cast.misaki)
    address = f"/proposals/{proposal.pk}/rebase/"
    opened = client.get(address)
    assert checked(opened) == {"rebase-target_lead-text_en": "ours", "rebase-target_lead-summary_ja": "theirs"}
    answers = {"rebase-target_lead-text_ja": "theirs", "rebase-target_lead-summary_ja": "ours"}
    chosen = checked(opened) | answers
    rewritten(cast, {"target_lead": {"unit_ja": "名"}, "meeting": {"unit_ja": "回"}}, days=2)
    response = client.post(address, shown_form(opened) | chosen)
    page = response.content.decode()
    assert response.status_code == 409
    assert 'name="rebase-meeting-unit_ja"' in page
    assert checked(response) == chosen | {"rebase-target_lead-unit_ja": "theirs"}
    assert "Choose whose words to keep" not in page
    assert "aria-invalid" not in page


def rewritten(cast: Cast, change: dict[str, dict[str, str]], *, days: int) -> None:
    """Kenta's words are published meanwhile, to apply so many days from now."""
    proposal = write(started(cast.kenta, effective_from=TODAY + timedelta(days=days)), by=cast.kenta, change=change)
    submitting.submit(proposal, by=cast.kenta)
    sealed(cast, proposal)


def checked(response: HttpResponse) -> dict[str, str]:
    """Which button of each group is pressed."""
    return dict(
        re.findall(r'<input type="radio" name="([^"]+)" value="([^"]+)"[^>]* checked', response.content.decode())
    )
