"""A person who has left can be forgotten, and everything they agreed to still verifies."""

import json

from registry.models import Event, User
from registry.workflow import erasure, people
from tests.cast import Cast, published, refuses
from tests.ledger.tampering import wrong

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


def test_only_a_deactivated_account_is_erased(cast: Cast):
    with refuses("active", 409):
        erasure.erase_person(cast.ryo, by=cast.megumi, reason=WHY)


def test_only_a_steward_erases(cast: Cast):
    people.deactivate(cast.ryo, by=cast.megumi)
    with refuses("not_a_steward", 403):
        erasure.erase_person(cast.ryo, by=cast.naoko, reason=WHY)
