"""The doors in and out, what one may set for oneself, and a form that survives an ended session."""

import html
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from registry.models import Delegation, Event, Proposal
from registry.workflow import people
from tests.cast import PASSWORD, TODAY, Cast, drafted, in_review


@pytest.fixture
def client(client: Client) -> Client:
    """A browser that asks for English."""
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


def fields_of(page: str, action: str) -> list[tuple[str, str]]:
    """What a browser would send with the one form of `page` that goes to `action`."""
    (form,) = [each for each in re.findall(r"<form.*?</form>", page, re.S) if f'action="{action}"' in each]
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form)
    return [(html.unescape(name), html.unescape(value)) for name, value in found]


def as_data(fields: list[tuple[str, str]]) -> dict[str, list[str]]:
    data: dict[str, list[str]] = {}
    for name, value in fields:
        data.setdefault(name, []).append(value)
    return data


# Signing in


def test_who_signs_in_arrives_where_they_wanted_to_go(cast: Cast, client: Client):
    asked = client.get("/inbox/")
    assert asked.headers["Location"] == "/sign-in/?next=/inbox/"
    sent = {"username": "misaki", "password": PASSWORD, "next": "/inbox/"}
    assert client.post("/sign-in/", sent).headers["Location"] == "/inbox/"
    assert client.get("/inbox/").status_code == 200


def test_a_wrong_password_opens_nothing_and_says_so(cast: Cast, client: Client):
    response = client.post("/sign-in/", {"username": "misaki", "password": "wrong"})
    assert response.status_code == 422
    assert "do not belong together" in response.content.decode()
    assert client.get("/inbox/").status_code == 302


def test_only_who_knows_its_password_hears_that_an_account_is_deactivated(cast: Cast, client: Client):
    people.deactivate(cast.misaki, by=cast.megumi)
    right = client.post("/sign-in/", {"username": "misaki", "password": PASSWORD}).content.decode()
    wrong = client.post("/sign-in/", {"username": "misaki", "password": "wrong"}).content.decode()
    assert "has been deactivated. Ask a steward" in right
    assert "deactivated" not in wrong
    assert client.get("/inbox/").status_code == 302


def test_a_deactivated_person_is_out_at_once(cast: Cast, client: Client):
    client.force_login(cast.misaki)
    people.deactivate(cast.misaki, by=cast.megumi)
    assert client.get("/inbox/").status_code == 302


def test_the_registrys_own_account_cannot_sign_in(cast: Cast, client: Client):
    assert client.post("/sign-in/", {"username": "goi", "password": ""}).status_code == 422


def test_nobody_is_sent_to_another_site_after_signing_in(cast: Cast, client: Client):
    sent = {"username": "misaki", "password": PASSWORD, "next": "https://elsewhere.example/"}
    assert client.post("/sign-in/", sent).headers["Location"] == reverse("glossary")


def test_signing_out_ends_the_session(cast: Cast, client: Client):
    client.force_login(cast.misaki)
    assert client.post("/sign-out/").headers["Location"] == "/sign-in/"
    assert client.get("/inbox/").status_code == 302


def test_the_demo_door_exists_only_in_the_demo(cast: Cast, client: Client, settings: Any):
    people.register(type(cast.misaki)(username="tanaka", name_ja="田中"), by=cast.megumi)
    settings.DEMO = False
    assert client.post("/demo/tanaka/").status_code == 404
    settings.DEMO = True
    assert client.post("/demo/misaki/").status_code == 404
    assert client.get("/demo/tanaka/").status_code == 405
    assert client.post("/demo/tanaka/", {"next": "/inbox/"}).headers["Location"] == "/inbox/"
    assert client.get("/inbox/").status_code == 200


def test_the_demos_six_doors_stand_on_the_sign_in_page(cast: Cast, client: Client, settings: Any):
    settings.DEMO = True
    page = client.get("/sign-in/").content.decode()
    assert page.count('formaction="/demo/') == 6
    assert "Marketing signatory" in page


# An ended session in the middle of a form


def test_nothing_typed_is_lost_when_the_session_ends_in_the_middle_of_a_draft(cast: Cast, client: Client):
    proposal = drafted(cast)
    client.force_login(cast.misaki)
    address = f"/proposals/{proposal.pk}/draft/"
    typed = draft_fields(client.get(address).content.decode(), address)
    typed["target_lead-text_ja"] = ["一行目。\n<b>二行目</b> & “引用”。"]
    client.logout()

    asked = client.post(address, typed)
    assert asked.status_code == 401
    kept = as_data(fields_of(asked.content.decode(), "/sign-in/again/"))
    wrong = client.post("/sign-in/again/", {**kept, "username": "misaki", "password": "wrong"})
    assert wrong.status_code == 422
    kept = as_data(fields_of(wrong.content.decode(), "/sign-in/again/"))
    resumed = client.post("/sign-in/again/", {**kept, "username": "misaki", "password": PASSWORD})
    assert "nothing you typed is lost" in resumed.content.decode()
    sent = client.post(address, as_data(fields_of(resumed.content.decode(), address)))

    assert sent.status_code == 302
    text = proposal.working_copies.get().wording["text_ja"]
    assert text == "一行目。\n<b>二行目</b> & “引用”。"


def draft_fields(page: str, action: str) -> dict[str, list[str]]:
    """Every named field of the draft form, as a browser without JavaScript would send it."""
    found = re.findall(r'<(?:input|textarea|select)[^>]*\bname="([^"]+)"', page)
    data: dict[str, list[str]] = {}
    for name in found:
        if match := re.search(rf'<input[^>]*\bname="{re.escape(name)}"[^>]*>', page):
            if 'type="checkbox"' not in match[0] and 'type="radio"' not in match[0]:
                value = re.search(r'value="([^"]*)"', match[0])
                data[name] = [html.unescape(value[1]) if value else ""]
        elif match := re.search(rf'<textarea[^>]*\bname="{re.escape(name)}"[^>]*>(.*?)</textarea>', page, re.S):
            data[name] = [html.unescape(match[1]).removeprefix("\n")]
        elif match := re.search(rf'<select[^>]*\bname="{re.escape(name)}".*?</select>', page, re.S):
            chosen = re.search(r'<option value="([^"]*)" selected', match[0])
            data[name] = [chosen[1] if chosen else ""]
    return data


def test_a_password_never_travels_through_the_kept_fields(cast: Cast, client: Client):
    sent = {"old_password": PASSWORD, "new_password1": "very-new-9", "new_password2": "very-new-9"}
    page = client.post("/account/password/", sent).content.decode()
    assert PASSWORD not in page
    assert "very-new-9" not in page


def test_a_field_called_like_the_doors_own_is_kept_apart(cast: Cast, client: Client):
    page = client.post("/people/new/", {"username": "haruka", "name_ja": "春香"}).content.decode()
    kept = as_data(fields_of(page, "/sign-in/again/"))
    resumed = client.post("/sign-in/again/", {**kept, "username": "megumi", "password": PASSWORD})
    assert ("username", "haruka") in fields_of(resumed.content.decode(), "/people/new/")


def test_what_was_typed_is_never_sent_to_another_site(cast: Cast, client: Client):
    sent = {"kept-a": "b", "next": "https://elsewhere.example/", "username": "misaki", "password": PASSWORD}
    page = client.post("/sign-in/again/", sent).content.decode()
    assert "elsewhere" not in page


# Language


def test_the_language_switch_keeps_the_page_and_the_choice(cast: Cast, client: Client):
    response = client.post("/language/", {"language": "ja", "next": "/sign-in/"})
    assert response.headers["Location"] == "/sign-in/"
    assert client.get("/sign-in/").headers["Content-Language"] == "ja"


def test_the_language_switch_is_remembered_with_the_person(cast: Cast, client: Client):
    client.force_login(cast.misaki)
    client.post("/language/", {"language": "en", "next": "/inbox/"})
    cast.misaki.refresh_from_db()
    assert cast.misaki.language == "en"


def test_the_language_switch_wins_over_the_address_it_came_from(cast: Cast, client: Client):
    response = client.post("/language/", {"language": "ja", "next": "/sign-in/?lang=en&next=/inbox/"})
    assert response.headers["Location"] == "/sign-in/?lang=ja&next=%2Finbox%2F"


def test_an_address_says_the_language_of_its_own_page_only(cast: Cast, client: Client):
    people.change_profile(cast.misaki, by=cast.misaki, values={"language": "ja"})
    client.force_login(cast.misaki)
    assert client.get("/metrics/meeting/?lang=en").headers["Content-Language"] == "en"
    part = {"HX-Request": "true", "HX-Current-URL": "http://testserver/metrics/meeting/?lang=en"}
    assert client.get("/metrics/meeting/?on=2026-06-01", headers=part).headers["Content-Language"] == "en"
    assert client.get("/metrics/meeting/").headers["Content-Language"] == "ja"
    assert "goi_language" not in client.cookies


@pytest.mark.parametrize("wanted", ["fr", ""])
def test_a_language_we_do_not_speak_is_refused(cast: Cast, client: Client, wanted: str):
    assert client.post("/language/", {"language": wanted}).status_code == 422


# Password, settings, delegations


def test_a_new_password_holds_and_keeps_the_session(cast: Cast, client: Client):
    client.force_login(cast.misaki)
    sent = {"old_password": PASSWORD, "new_password1": "yama-no-ue-8", "new_password2": "yama-no-ue-8"}
    assert client.post("/account/password/", sent).status_code == 302
    assert client.get("/inbox/").status_code == 200
    cast.misaki.refresh_from_db()
    assert cast.misaki.check_password("yama-no-ue-8")
    assert Event.objects.first().act == "password_changed"


@pytest.mark.parametrize(
    ("old", "new", "again", "sentence"),
    [
        ("wrong", "yama-no-ue-8", "yama-no-ue-8", "not your current password"),
        (PASSWORD, "yama-no-ue-8", "yama-no-ue-9", "two new passwords differ"),
        (PASSWORD, "password", "password", "too common"),
    ],
)
def test_a_password_is_refused_with_its_reason(
    cast: Cast, client: Client, old: str, new: str, again: str, sentence: str
):
    client.force_login(cast.misaki)
    sent = {"old_password": old, "new_password1": new, "new_password2": again}
    response = client.post("/account/password/", sent)
    assert response.status_code == 422
    assert sentence in response.content.decode()
    cast.misaki.refresh_from_db()
    assert cast.misaki.check_password(PASSWORD)


def test_settings_are_kept_and_on_record(cast: Cast, client: Client):
    client.force_login(cast.misaki)
    sent = {"name_ja": "田中　美咲", "name_en": "Misaki T.", "email": "m@example.com", "language": "en"}
    response = client.post("/account/", sent)
    assert response.status_code == 302
    assert response.cookies["goi_language"].value == "en"
    cast.misaki.refresh_from_db()
    assert (cast.misaki.name_en, cast.misaki.language, cast.misaki.shortcuts) == ("Misaki T.", "en", False)
    assert Event.objects.first().act == "profile_changed"


@pytest.mark.parametrize(
    "change",
    [{"name_ja": "", "name_en": ""}, {"name_en": "x" * 61}, {"name_en": "Misa\u202eki"}, {"email": "nowhere"}],
)
def test_a_setting_that_cannot_be_is_said_at_its_field(cast: Cast, client: Client, change: dict[str, str]):
    client.force_login(cast.misaki)
    sent = {"name_ja": "田中 美咲", "name_en": "Misaki", "email": "m@example.com", "language": ""}
    response = client.post("/account/", sent | change)
    assert response.status_code == 422
    assert 'href="#id_' in response.content.decode()
    assert not Event.objects.filter(act="profile_changed").exists()


def test_a_signatory_names_a_stand_in_who_then_finds_the_proposal_in_the_inbox(cast: Cast, client: Client):
    proposal = in_review(cast)
    client.force_login(cast.naoko)
    sent = {
        "membership": cast.seat(cast.naoko).pk,
        "stand_in": "kenta",
        "starts_on": TODAY.isoformat(),
        "ends_on": (TODAY + timedelta(days=3)).isoformat(),
        "reason": "Holiday",
    }
    assert client.post("/account/delegations/", sent).status_code == 302
    assert list(Proposal.objects.awaiting(cast.kenta, TODAY)) == [proposal]
    delegation = Delegation.objects.get()
    assert client.post(f"/account/delegations/{delegation.pk}/ending/").status_code == 302
    assert not Proposal.objects.awaiting(cast.kenta, TODAY)


def test_a_stand_in_comes_from_ones_own_team(cast: Cast, client: Client):
    client.force_login(cast.naoko)
    day = TODAY.isoformat()
    sent = {"membership": cast.seat(cast.naoko).pk, "starts_on": day, "ends_on": day, "reason": "Holiday"}
    for stranger in ("misaki", "naoko", "goi"):
        assert client.post("/account/delegations/", sent | {"stand_in": stranger}).status_code == 422
    foreign = sent | {"membership": cast.seat(cast.ryo).pk, "stand_in": "aya"}
    assert client.post("/account/delegations/", foreign).status_code == 422
    assert not Delegation.objects.exists()


def test_nobody_ends_the_delegation_of_another(cast: Cast, client: Client):
    given = people.delegate(
        cast.seat(cast.naoko), stand_in=cast.kenta, starts_on=TODAY, ends_on=TODAY, reason="休暇", by=cast.naoko
    )
    client.force_login(cast.koji)
    assert client.post(f"/account/delegations/{given.pk}/ending/").status_code == 404


def test_a_reader_sees_why_they_cannot_propose(cast: Cast, client: Client):
    client.force_login(cast.takuya)
    assert "A steward can add you" in client.get("/account/").content.decode()
