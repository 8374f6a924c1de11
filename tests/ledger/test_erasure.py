"""A person who has left can be forgotten, and everything they agreed to still verifies."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import translation

from registry.models import Event, User
from registry.workflow import erasure, people
from registry.workflow.record import Act
from tests.cast import TODAY, Cast, published, refuses
from tests.database import past_the_guards, rows_of
from tests.ledger.tampering import wrong, wrong_offline

WHY = "退職から5年が過ぎたため"


def erase(cast: Cast, user: User) -> User:
    people.deactivate(user, by=cast.megumi)
    return erasure.erase_person(user, by=cast.megumi, reason=WHY)


def test_no_name_of_an_erased_person_is_left_in_the_record(cast: Cast):
    published(cast)
    erase(cast, cast.ryo)
    events = json.dumps([event.personal for event in Event.objects.all()], ensure_ascii=False)
    for name in ("高橋", "Takahashi", '"ryo"'):
        assert name not in events
    rows = User.history.filter(id=cast.ryo.pk).values("username", "name_ja", "name_en", "email", "personal_salt")
    assert {row["name_ja"] + row["name_en"] + row["email"] for row in rows} == {""}
    assert "ryo" not in {row["username"] for row in rows}
    now = User.objects.get(pk=cast.ryo.pk)
    assert (now.name_ja, now.email, now.has_usable_password()) == ("", "", False)


def test_the_record_still_verifies_and_names_the_others(cast: Cast):
    published(cast)
    erase(cast, cast.ryo)
    assert wrong() == []
    assert Event.objects.filter(actor=cast.naoko, personal__name_ja="鈴木 直子").exists()
    erased = Event.objects.get(act="erased")
    assert (erased.actor, erased.reason, erased.detail["user"]) == (cast.megumi, WHY, cast.ryo.pk)


def test_what_two_erasures_emptied_verifies_here_and_offline(cast: Cast, tmp_path: Path):
    people.delegate(
        cast.seat(cast.naoko), stand_in=cast.kenta, starts_on=TODAY, ends_on=TODAY, reason="育児休業", by=cast.megumi
    )
    erase(cast, cast.kenta)
    erase(cast, cast.naoko)
    assert wrong() == wrong_offline(tmp_path) == []


@pytest.mark.parametrize("who", ["kenta", "naoko"])
def test_why_somebody_was_away_goes_with_either_person(cast: Cast, client: Client, who: str):
    lent = people.delegate(
        cast.seat(cast.naoko), stand_in=cast.kenta, starts_on=TODAY, ends_on=TODAY, reason="育児休業", by=cast.megumi
    )
    client.force_login(cast.takuya)
    assert "育児休業" in client.get("/teams/sales/").content.decode()
    erase(cast, getattr(cast, who))
    assert "育児休業" not in json.dumps(list(Event.objects.values_list("personal", flat=True)), ensure_ascii=False)
    assert {*lent.history.values_list("reason", flat=True), type(lent).objects.get(pk=lent.pk).reason} == {""}


EMPTIED = {
    "an event": (Event, {"personal": None}),
    "a person's history": (User.history.model, dict.fromkeys(User.history.model.PERSONAL, "")),
}


@pytest.mark.parametrize("what", EMPTIED)
def test_names_that_are_gone_without_an_erasure_are_found(cast: Cast, tmp_path: Path, what: str):
    erase(cast, cast.ryo)
    model, nothing = EMPTIED[what]
    rows = rows_of(model).filter(**({"actor": cast.naoko} if model is Event else {"id": cast.naoko.pk}))
    with past_the_guards():
        rows.filter(pk=rows.earliest("pk").pk).update(**nothing)
    with translation.override("en"):
        assert [sentence for sentence in wrong() if "no act erased" in sentence]
    assert [sentence for sentence in wrong_offline(tmp_path) if "no act erased" in sentence]


def test_names_that_were_put_back_after_an_erasure_are_found(cast: Cast, tmp_path: Path):
    event = Event.objects.filter(actor=cast.ryo).first()
    row = User.history.filter(id=cast.ryo.pk).first()
    erase(cast, cast.ryo)
    with past_the_guards():
        rows_of(Event).filter(pk=event.pk).update(personal=event.personal)
        rows_of(User.history.model).filter(pk=row.pk).update(
            **{name: getattr(row, name) for name in User.history.model.PERSONAL}
        )
    assert (len(wrong()), len(wrong_offline(tmp_path))) == (2, 2)


def test_only_a_deactivated_account_is_erased(cast: Cast):
    with refuses("active", 409):
        erasure.erase_person(cast.ryo, by=cast.megumi, reason=WHY)


def test_only_a_steward_erases(cast: Cast):
    people.deactivate(cast.ryo, by=cast.megumi)
    with refuses("not_a_steward", 403):
        erasure.erase_person(cast.ryo, by=cast.naoko, reason=WHY)


def test_nobody_is_erased_twice(cast: Cast):
    gone = erase(cast, cast.ryo)
    with refuses("erased", 409):
        erasure.erase_person(gone, by=cast.megumi, reason=WHY)


@pytest.mark.parametrize(
    "back",
    [
        lambda gone, by: people.reactivate(gone, by=by),
        lambda gone, by: people.change_profile(gone, by=by, values={"name_ja": "高橋 亮"}),
    ],
    ids=["reactivate", "change_profile"],
)
def test_nobody_comes_back_into_an_erased_account(cast: Cast, back: Any):
    """Or the number that stays in the record would be tied to a name again."""
    gone = erase(cast, cast.ryo)
    with refuses("erased", 409):
        back(gone, cast.megumi)


def test_who_came_back_while_that_was_possible_can_be_erased_again(cast: Cast, tmp_path: Path):
    gone = erase(cast, cast.ryo)
    act = Act("profile_changed", by=cast.megumi)
    gone.name_ja, gone.is_active = "高橋 亮", True
    act.save(gone, "name_ja", "is_active")
    act.record(detail={"user": gone.pk, "fields": ["name_ja"]}, who_ja=gone.name_ja, who_en="")
    again = erase(cast, gone)
    assert again.name_ja == ""
    assert "高橋" not in json.dumps(list(Event.objects.values_list("personal", flat=True)), ensure_ascii=False)
    assert wrong() == wrong_offline(tmp_path) == []


# The page


ADDRESS = "/people/ryo/erasure/"


@pytest.fixture
def steward(cast: Cast, client: Client) -> Client:
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    client.force_login(cast.megumi)
    return client


def test_a_steward_reads_what_goes_and_confirms_it(cast: Cast, steward: Client):
    people.deactivate(cast.ryo, by=cast.megumi)
    assert ADDRESS in steward.get("/people/ryo/").content.decode()
    assert "It cannot be undone" in steward.get(ADDRESS).content.decode()
    for lacking in ({"reason": WHY}, {"understood": "on"}):
        assert steward.post(ADDRESS, lacking).status_code == 422
    assert User.objects.get(pk=cast.ryo.pk).name_ja == "高橋 亮"
    response = steward.post(ADDRESS, {"reason": WHY, "understood": "on"})
    assert response.headers["Location"] == f"/people/erased-{cast.ryo.pk}/"
    assert User.objects.get(pk=cast.ryo.pk).name_ja == ""
    assert wrong() == []


def test_the_page_of_an_erased_account_offers_only_to_register_the_person_anew(cast: Cast, steward: Client):
    gone = erase(cast, cast.ryo)
    page = steward.get(f"/people/{gone.username}/").content.decode()
    for act in ("reactivation", "erasure", "profile", "password"):
        assert f"/people/{gone.username}/{act}/" not in page
    assert '<a href="/people/new/">register them anew</a>' in page


def test_the_page_says_that_somebody_active_has_to_be_deactivated_first(cast: Cast, steward: Client):
    response = steward.get(ADDRESS)
    assert response.status_code == 409
    assert "Deactivate it first" in response.content.decode()


def test_the_page_is_for_stewards(cast: Cast, client: Client):
    people.deactivate(cast.ryo, by=cast.megumi)
    client.force_login(cast.kenta)
    assert (
        client.get(ADDRESS).status_code == client.post(ADDRESS, {"reason": WHY, "understood": "on"}).status_code == 403
    )
    assert User.objects.get(pk=cast.ryo.pk).name_ja == "高橋 亮"


# The command


def test_the_command_asks_for_the_user_name_again(cast: Cast, monkeypatch: pytest.MonkeyPatch):
    people.deactivate(cast.ryo, by=cast.megumi)
    monkeypatch.setattr("builtins.input", lambda: "naoko")
    with translation.override("en"), pytest.raises(CommandError, match="Nothing was erased"):
        call_command("erase", "ryo", reason=WHY, stdout=StringIO())
    monkeypatch.setattr("builtins.input", lambda: "ryo")
    call_command("erase", "ryo", reason=WHY, stdout=StringIO())
    assert User.objects.get(pk=cast.ryo.pk).name_ja == ""
    assert Event.objects.get(act="erased").actor.is_system


@pytest.mark.parametrize(
    ("name", "sentence"), [("ryo", "Deactivate it first"), ("nobody", "Nobody here"), ("goi", "Only")]
)
def test_the_command_says_why_it_refuses(cast: Cast, name: str, sentence: str):
    with translation.override("en"), pytest.raises(CommandError, match=sentence):
        call_command("erase", name, reason=WHY, yes=True, stdout=StringIO())
