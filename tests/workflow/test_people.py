"""Stewards look after people, teams and stages; one of them always stays."""

import pytest
from django.contrib.auth import authenticate
from django.core.exceptions import ValidationError

from registry import accounts
from registry.models import Membership, Stage, Team, User
from registry.workflow import drafting, people
from tests.cast import NOW, PASSWORD, Cast, refuses, rejects_text


def newcomer(**some: str) -> User:
    return User(**({"username": "yui", "name_ja": "森 結衣"} | some))


# Registering


def test_a_steward_registers_somebody_who_can_then_sign_in(cast: Cast):
    user = people.register(newcomer(), by=cast.megumi, password=PASSWORD)
    assert (user.joined_at, user.is_steward, user.name) == (NOW, False, "森 結衣")
    assert authenticate(username="yui", password=PASSWORD) == user


def test_without_a_password_nobody_signs_in(cast: Cast):
    user = people.register(newcomer(), by=cast.megumi)
    assert not user.has_usable_password()


def test_a_user_name_is_taken_once_and_a_person_has_a_name(cast: Cast):
    with rejects_text("username"):
        people.register(newcomer(username="misaki"), by=cast.megumi)
    with rejects_text("name_ja"):
        people.register(newcomer(name_ja=""), by=cast.megumi)


def test_only_stewards_and_the_registry_itself_look_after_people(cast: Cast):
    legal = Team(key="legal", name_ja="法務", name_en="Legal", mark_ja="法", mark_en="L")
    stage = Stage(key="renewal", name_ja="更新", name_en="Renewal", position=9)
    attempts = [
        lambda by: people.register(newcomer(), by=by),
        lambda by: people.change_profile(cast.kenta, by=by, values={"name_en": "Ken"}),
        lambda by: people.change_password(cast.kenta, by=by, password=PASSWORD),
        lambda by: people.appoint_steward(cast.ryo, by=by),
        lambda by: people.deactivate(cast.kenta, by=by),
        lambda by: people.reactivate(cast.kenta, by=by),
        lambda by: people.add_team(legal, by=by),
        lambda by: people.change_team(cast.sales, by=by),
        lambda by: people.add_stage(stage, by=by),
        lambda by: people.change_stage(Stage.objects.first(), by=by),
        lambda by: people.join(cast.sales, user=cast.takuya, role="member", by=by),
        lambda by: people.leave(cast.seat(cast.kenta), by=by),
    ]
    gone = people.deactivate(cast.makoto, by=cast.megumi)
    for attempt in attempts:
        with refuses("not_a_steward", 403):
            attempt(cast.ryo)
        with refuses("inactive", 403):
            attempt(gone)


# Profile and password


def test_one_changes_ones_own_profile(cast: Cast):
    changed = people.change_profile(cast.kenta, by=cast.kenta, values={"name_en": "Ken Sato", "language": "en"})
    assert (changed.name_en, changed.language) == ("Ken Sato", "en")


def test_a_profile_that_stays_the_same_writes_nothing(cast: Cast):
    before = User.history.count()
    people.change_profile(cast.kenta, by=cast.kenta, values={"name_en": "Kenta Sato"})
    assert User.history.count() == before


def test_a_profile_cannot_make_a_steward(cast: Cast):
    people.change_profile(cast.kenta, by=cast.kenta, values={"is_steward": True, "username": "root"})
    cast.kenta.refresh_from_db()
    assert (cast.kenta.is_steward, cast.kenta.username) == (False, "kenta")


@pytest.mark.parametrize("values", [{"email": "nobody"}, {"language": "fr"}, {"name_ja": "x" * 61}], ids=str)
def test_a_profile_that_cannot_be_is_refused(cast: Cast, values: dict[str, str]):
    with rejects_text(*values):
        people.change_profile(cast.kenta, by=cast.kenta, values=values)


def test_one_changes_ones_own_password_and_a_steward_a_forgotten_one(cast: Cast):
    people.change_password(cast.kenta, by=cast.kenta, password="ume-no-hana-8")
    assert authenticate(username="kenta", password="ume-no-hana-8")
    people.change_password(cast.kenta, by=cast.megumi, password="momo-no-hana-9")
    assert authenticate(username="kenta", password="momo-no-hana-9")


def test_signing_in_writes_no_governed_row(cast: Cast, settings):
    """Also when the way passwords are hashed has changed since, where Django would hash it anew."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher", *settings.PASSWORD_HASHERS]
    before = User.history.count()
    assert authenticate(username="kenta", password=PASSWORD) == cast.kenta
    assert User.history.count() == before


def test_no_history_row_holds_a_password(cast: Cast):
    assert "password" not in {field.name for field in User.history.model._meta.get_fields()}


# Stewards


def test_the_last_steward_stays(cast: Cast):
    people.appoint_steward(cast.makoto, by=cast.megumi, steward=False)
    with refuses("last_steward", 409):
        people.appoint_steward(cast.megumi, by=cast.megumi, steward=False)
    with refuses("last_steward", 409):
        people.deactivate(cast.megumi, by=cast.megumi)
    people.appoint_steward(cast.ryo, by=cast.megumi)
    assert people.deactivate(cast.megumi, by=cast.megumi).is_active is False


def test_a_steward_released_while_the_page_was_open_is_none_any_more(cast: Cast):
    people.appoint_steward(cast.makoto, by=cast.megumi, steward=False)
    assert cast.makoto.is_steward, "as it was loaded with the page"
    with refuses("not_a_steward", 403):
        people.deactivate(cast.kenta, by=cast.makoto)


def test_a_deactivated_steward_is_none_when_they_come_back(cast: Cast):
    gone = people.deactivate(cast.makoto, by=cast.megumi)
    with refuses("inactive", 409):
        people.appoint_steward(gone, by=cast.megumi)
    assert people.reactivate(gone, by=cast.megumi).is_steward is False


def test_appointing_twice_writes_once(cast: Cast):
    before = User.history.count()
    people.appoint_steward(cast.megumi, by=cast.makoto)
    assert User.history.count() == before


# Leaving and coming back


def test_who_is_deactivated_keeps_no_place(cast: Cast):
    gone = people.deactivate(cast.naoko, by=cast.megumi)
    assert not gone.memberships.filter(until=None).exists()
    assert authenticate(username="naoko", password=PASSWORD) is None
    back = people.reactivate(gone, by=cast.megumi)
    assert not back.memberships.filter(until=None).exists()


def test_deactivating_and_reactivating_happen_once(cast: Cast):
    gone = people.deactivate(cast.kenta, by=cast.megumi)
    with refuses("inactive", 409):
        people.deactivate(gone, by=cast.megumi)
    back = people.reactivate(gone, by=cast.megumi)
    with refuses("active", 409):
        people.reactivate(back, by=cast.megumi)


def test_the_registrys_own_account_is_never_opened(cast: Cast):
    with refuses("active", 409):
        people.reactivate(User.objects.system(), by=cast.megumi)


# Teams and stages


def test_a_new_role_is_a_new_row(cast: Cast):
    before = cast.seat(cast.kenta)
    people.join(cast.sales, user=cast.kenta, role="signatory", by=cast.megumi)
    before.refresh_from_db()
    after = cast.seat(cast.kenta)
    assert (before.role, before.until) == ("member", NOW)
    assert (after.role, after.since, after.until) == ("signatory", NOW, None)


def test_joining_again_in_the_same_role_writes_nothing(cast: Cast):
    before = Membership.history.count()
    assert people.join(cast.sales, user=cast.kenta, role="member", by=cast.megumi) == cast.seat(cast.kenta)
    assert Membership.history.count() == before


def test_joining_wants_an_active_person_and_a_role_there_is(cast: Cast):
    with rejects_text("role"):
        people.join(cast.sales, user=cast.takuya, role="king", by=cast.megumi)
    gone = people.deactivate(cast.takuya, by=cast.megumi)
    with refuses("inactive", 403):
        people.join(cast.sales, user=gone, role="member", by=cast.megumi)


def test_a_place_is_left_once(cast: Cast):
    seat = cast.seat(cast.kenta)
    people.leave(seat, by=cast.megumi)
    with refuses("left", 409):
        people.leave(seat, by=cast.megumi)


def test_a_teams_key_is_unique_and_its_names_can_change(cast: Cast):
    with rejects_text("key"):
        people.add_team(Team(key="sales", name_ja="販売", name_en="Selling", mark_ja="販", mark_en="S"), by=cast.megumi)
    cast.sales.name_en = "Field sales"
    assert people.change_team(cast.sales, by=cast.megumi).name_en == "Field sales"


@pytest.mark.parametrize("name", ["営　業", "Ｓａｌｅｓ", "sales", "ｅigyo\u0435"])
def test_a_team_or_stage_that_looks_like_another_is_refused(cast: Cast, name: str):
    with rejects_text("name_en"):
        people.add_team(Team(key="other", name_ja="販売", name_en=name, mark_ja="販", mark_en="S"), by=cast.megumi)
    with rejects_text("name_ja"):
        people.change_stage(_named(Stage.objects.get(key="deal"), "商　談"), by=cast.megumi)
    assert people.change_team(cast.sales, by=cast.megumi), "its own name is no other's"


def _named(stage: Stage, name_ja: str) -> Stage:
    stage.name_ja = name_ja
    return stage


def test_a_teams_key_stays_since_agreements_name_it(cast: Cast):
    cast.sales.key = "sellers"
    cast.sales.name_en = "Sellers"
    people.change_team(cast.sales, by=cast.megumi)
    cast.sales.refresh_from_db()
    assert (cast.sales.key, cast.sales.name_en) == ("sales", "Sellers")


def test_a_stage_can_move(cast: Cast):
    stage = Stage.objects.get(key="deal")
    stage.position = 1
    people.change_stage(stage, by=cast.megumi)
    assert Stage.objects.get(key="deal").position == 1
    with pytest.raises(ValidationError):
        people.add_stage(Stage(key="deal", name_ja="受注", name_en="Deal", position=4), by=cast.megumi)


def test_who_has_left_their_team_since_the_page_was_asked_for_cannot_act(cast: Cast):
    reader = accounts.reader(cast.misaki.pk)
    assert reader is not None
    assert reader.in_a_team
    people.leave(cast.seat(cast.misaki), by=cast.megumi)
    with refuses("not_a_member", 403):
        drafting.start(by=reader)
