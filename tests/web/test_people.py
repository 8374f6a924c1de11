"""Looking at people, teams and stages, and looking after them."""

import re
from typing import Any

import pytest
from django.test import Client

from registry.models import Delegation, Event, Membership, Proposal, Stage, Team, User
from registry.workflow import people
from tests.cast import PASSWORD, TODAY, Cast, drafted, fresh, in_review, seal

STEWARDS_ONLY = [
    ("/people/new/", {"username": "haruka", "name_ja": "春香"}),
    ("/people/misaki/profile/", {"name_ja": "別人"}),
    ("/people/misaki/password/", {"new_password1": "yama-no-ue-8", "new_password2": "yama-no-ue-8"}),
    ("/people/misaki/memberships/", {"team": "sales", "role": "signatory"}),
    ("/people/naoko/delegations/", {"stand_in": "kenta"}),
    ("/people/naoko/delegations/1/ending/", {}),
    ("/people/misaki/stewardship/", {"steward": "yes"}),
    ("/people/megumi/stewardship/", {"steward": "no"}),
    ("/people/misaki/deactivation/", {}),
    ("/people/misaki/reactivation/", {}),
    ("/teams/", {"key": "legal", "name_ja": "法務", "name_en": "Legal", "mark_ja": "法", "mark_en": "L"}),
    ("/teams/sales/names/", {"name_ja": "販売", "name_en": "Sales", "mark_ja": "販", "mark_en": "S"}),
    ("/stages/", {"key": "renewal", "name_ja": "更新", "name_en": "Renewal", "position": "9"}),
    ("/stages/meeting/", {"name_ja": "面談", "name_en": "Meeting", "position": "2"}),
]
LOOKS = ["/people/", "/people/misaki/", "/teams/", "/teams/sales/", "/stages/"]


@pytest.fixture
def client(client: Client) -> Client:
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


@pytest.fixture
def steward(client: Client, cast: Cast) -> Client:
    """A browser in which Megumi is signed in."""
    client.force_login(cast.megumi)
    return client


def words(response: Any) -> str:
    return response.content.decode()


# Who may


@pytest.mark.parametrize(("address", "sent"), STEWARDS_ONLY)
def test_only_stewards_change_people_teams_and_stages(cast: Cast, client: Client, address: str, sent: dict[str, str]):
    client.force_login(cast.ryo)
    before = Event.objects.count()
    response = client.post(address, sent)
    assert response.status_code == 403
    assert "Only a steward can do this" in words(response)
    assert Event.objects.count() == before


def test_only_stewards_end_a_membership(cast: Cast, client: Client):
    client.force_login(cast.ryo)
    place = cast.seat(cast.ryo)
    assert client.post(f"/people/ryo/memberships/{place.pk}/ending/").status_code == 403
    assert cast.seat(cast.ryo) == place


@pytest.mark.parametrize("address", LOOKS)
def test_everyone_signed_in_looks_and_only_stewards_see_forms(cast: Cast, client: Client, address: str):
    assert client.get(address).status_code == 302
    client.force_login(cast.takuya)
    page = words(client.get(address))
    main = page[page.index("<main") : page.index("</main>")]
    assert '<form method="post"' not in main


@pytest.mark.parametrize("address", LOOKS)
def test_looking_takes_few_queries_however_many_there_are(
    cast: Cast, steward: Client, address: str, django_assert_max_num_queries: Any
):
    for number in range(20):
        person = people.register(User(username=f"p{number}", name_ja=f"人{number}"), by=cast.megumi)
        people.join(cast.sales, user=person, role="member", by=cast.megumi)
    with django_assert_max_num_queries(12):
        assert steward.get(address).status_code == 200


# Finding people


@pytest.mark.parametrize("asked", ["田中", "Tanaka", "tanaka", "misaki", "美咲 田中"])
def test_people_are_found_in_both_languages(cast: Cast, steward: Client, asked: str):
    page = words(steward.get("/people/", {"q": asked}))
    assert "/people/misaki/" in page
    assert "/people/ryo/" not in page


def test_the_registrys_own_account_is_nobody_to_look_after(cast: Cast, steward: Client):
    assert "/people/goi/" not in words(steward.get("/people/"))
    assert steward.get("/people/goi/").status_code == 404
    assert steward.post("/people/goi/deactivation/").status_code == 404


def test_the_list_comes_in_pages(cast: Cast, steward: Client):
    for number in range(60):
        people.register(User(username=f"p{number:02}", name_ja=f"人{number}"), by=cast.megumi)
    first, second = words(steward.get("/people/")), words(steward.get("/people/?page=2"))
    assert "/people/p00/" in first
    assert "/people/p59/" not in first
    assert "/people/p59/" in second
    assert steward.get("/people/?page=x").status_code == 200


def test_a_persons_page_shows_what_they_did_but_no_draft_of_theirs(cast: Cast, client: Client):
    drafted(cast)
    in_review(cast, "meeting")
    client.force_login(cast.takuya)
    events = [line.event for day, lines in client.get("/people/misaki/").context["days"] for line in lines]
    assert "submitted" in {event.act for event in events}
    assert all(event.proposal is None or event.proposal.revision_id for event in events)


# People


def test_a_steward_registers_somebody_who_can_then_sign_in(cast: Cast, steward: Client):
    sent = {"username": "haruka", "name_ja": "森 春香", "email": "h@example.com", "password": PASSWORD}
    assert steward.post("/people/new/", sent).headers["Location"] == "/people/haruka/"
    assert Client().login(username="haruka", password=PASSWORD)
    assert Event.objects.first().act == "registered"


def test_without_a_first_password_nobody_signs_in(cast: Cast, steward: Client):
    steward.post("/people/new/", {"username": "haruka", "name_ja": "森 春香"})
    assert not User.objects.get(username="haruka").has_usable_password()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"username": "misaki"}, "username"),
        ({"username": "Haruka"}, "username"),
        ({"username": "new"}, "username"),
        ({"username": "ha/ru"}, "username"),
        ({"username": "мisaki"}, "username"),
        ({"name_ja": ""}, "name_ja"),
        ({"name_ja": "森\u200b春香"}, "name_ja"),
        ({"email": "nowhere"}, "email"),
        ({"password": "haruka1"}, "password"),
    ],
)
def test_a_person_who_cannot_be_is_refused_at_the_field(
    cast: Cast, steward: Client, change: dict[str, str], field: str
):
    sent = {"username": "haruka", "name_ja": "森 春香", "email": ""}
    response = steward.post("/people/new/", sent | change)
    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]
    assert f'href="#id_{field}"' in words(response)
    assert not User.objects.filter(username__iexact="haruka").exists()


def test_a_steward_corrects_a_name(cast: Cast, steward: Client):
    steward.post("/people/misaki/profile/", {"name_ja": "田中 美咲", "name_en": "M. Tanaka", "email": ""})
    cast.misaki.refresh_from_db()
    assert cast.misaki.name_en == "M. Tanaka"


def test_a_forgotten_password_is_given_anew_but_ones_own_only_with_the_old_one(cast: Cast, steward: Client):
    sent = {"new_password1": "yama-no-ue-8", "new_password2": "yama-no-ue-8"}
    assert steward.post("/people/misaki/password/", sent).status_code == 302
    assert steward.post("/people/megumi/password/", sent).status_code == 403
    for user, holds in ((cast.misaki, True), (cast.megumi, False)):
        user.refresh_from_db()
        assert user.check_password("yama-no-ue-8") is holds


def test_a_weak_password_is_not_given(cast: Cast, steward: Client):
    sent = {"new_password1": "misaki", "new_password2": "misaki"}
    assert steward.post("/people/misaki/password/", sent).status_code == 422
    cast.misaki.refresh_from_db()
    assert cast.misaki.check_password(PASSWORD)


def test_a_place_in_a_team_is_given_changed_and_ended(cast: Cast, steward: Client):
    steward.post("/people/takuya/memberships/", {"team": "sales", "role": "member"})
    steward.post("/people/takuya/memberships/", {"team": "sales", "role": "signatory"})
    place = cast.seat(cast.takuya)
    assert (place.team, place.role) == (cast.sales, "signatory")
    steward.post(f"/people/takuya/memberships/{place.pk}/ending/")
    assert not Membership.objects.current().filter(user=cast.takuya).exists()
    assert Membership.objects.filter(user=cast.takuya).count() == 2
    again = steward.post(f"/people/takuya/memberships/{place.pk}/ending/")
    assert again.status_code == 409


def test_a_place_is_ended_only_at_its_own_persons_address(cast: Cast, steward: Client):
    place = cast.seat(cast.ryo)
    assert steward.post(f"/people/misaki/memberships/{place.pk}/ending/").status_code == 404


@pytest.mark.parametrize("sent", [{"team": "nowhere", "role": "member"}, {"team": "sales", "role": "king"}, {}])
def test_a_place_that_does_not_exist_is_not_given(cast: Cast, steward: Client, sent: dict[str, str]):
    assert steward.post("/people/takuya/memberships/", sent).status_code == 422


def test_a_seal_stops_counting_when_its_signatory_leaves_the_team(cast: Cast, steward: Client):
    proposal = in_review(cast)
    seal(proposal, team=cast.sales, by=cast.naoko)
    steward.post(f"/people/naoko/memberships/{cast.seat(cast.naoko).pk}/ending/")
    assert list(Proposal.objects.awaiting(cast.koji, TODAY)) == [fresh(proposal)]


def test_stewards_are_appointed_and_the_last_one_stays(cast: Cast, steward: Client):
    assert steward.post("/people/misaki/stewardship/", {"steward": "yes"}).status_code == 302
    assert steward.post("/people/misaki/stewardship/", {"steward": "no"}).status_code == 302
    assert steward.post("/people/makoto/stewardship/", {"steward": "no"}).status_code == 302
    last = steward.post("/people/megumi/stewardship/", {"steward": "no"})
    assert last.status_code == 409
    assert "Appoint another one first" in words(last)


@pytest.mark.parametrize("act", ["deactivation", r"memberships/\d+/ending"])
def test_what_voids_seals_is_not_done_by_one_click(steward: Client, act: str):
    """A box that is opened first says what becomes of them."""
    page = steward.get("/people/naoko/").content.decode()
    (box,) = re.findall(
        rf'<details[^>]*>(?:(?!</details>).)*action="/people/naoko/{act}/".*?</details>', page, re.DOTALL
    )
    assert "no longer hold" in box


def test_an_account_is_deactivated_and_comes_back_without_its_teams(cast: Cast, steward: Client):
    assert steward.post("/people/naoko/deactivation/").status_code == 302
    assert not Client().login(username="naoko", password=PASSWORD)
    assert steward.post("/people/naoko/deactivation/").status_code == 409
    assert "deactivated" in words(steward.get("/people/naoko/"))
    assert steward.post("/people/naoko/reactivation/").status_code == 302
    assert not Membership.objects.current().filter(user=cast.naoko).exists()


# Teams and stages


def test_a_team_is_added_and_its_mark_drawn(cast: Cast, steward: Client):
    sent = {"key": "legal", "name_ja": "法務", "name_en": "Legal", "mark_ja": "法", "mark_en": "L"}
    assert steward.post("/teams/", sent).headers["Location"] == "/teams/legal/"
    page = words(steward.get("/teams/legal/"))
    assert "The seal of Legal" in page
    assert "nobody can seal" in words(steward.get("/teams/"))


@pytest.mark.parametrize(
    "change",
    [
        {"key": "sales"},
        {"key": "le gal"},
        {"key": "Legal"},
        {"mark_ja": "法務部"},
        {"name_en": ""},
        {"name_ja": "営業"},
    ],
)
def test_a_team_that_cannot_be_is_refused(cast: Cast, steward: Client, change: dict[str, str]):
    sent = {"key": "legal", "name_ja": "法務", "name_en": "Legal", "mark_ja": "法", "mark_en": "L"}
    response = steward.post("/teams/", sent | change)
    assert response.status_code == 422
    assert list(response.context["form"].errors) == list(change)
    assert Team.objects.count() == 2


def test_a_teams_names_change_and_its_key_does_not(cast: Cast, steward: Client):
    sent = {"key": "other", "name_ja": "営業部", "name_en": "Sales", "mark_ja": "営", "mark_en": "S"}
    assert steward.post("/teams/sales/names/", sent).status_code == 302
    assert Team.objects.get(key="sales").name_ja == "営業部"
    acts = Event.objects.count()
    steward.post("/teams/sales/names/", sent)
    assert Event.objects.count() == acts, "saving the same again is no act"


def test_a_stage_is_added_and_moved(cast: Cast, steward: Client):
    sent = {"key": "renewal", "name_ja": "更新", "name_en": "Renewal", "position": "4"}
    assert steward.post("/stages/", sent).status_code == 302
    moved = {"name_ja": "更新", "name_en": "Renewal", "position": "0"}
    assert steward.post("/stages/renewal/", moved).status_code == 302
    assert Stage.objects.first().key == "renewal"


def test_a_stage_that_cannot_be_is_refused_where_it_was_typed(cast: Cast, steward: Client):
    refused = steward.post("/stages/meeting/", {"name_ja": "", "name_en": "Meeting", "position": "2"})
    assert refused.status_code == 422
    assert 'href="#meeting_name_ja"' in words(refused)
    duplicate = {"key": "meeting", "name_ja": "商談", "name_en": "Meeting", "position": "-1"}
    assert set(steward.post("/stages/", duplicate).context["adding"].errors) == {"key", "position"}


def test_a_steward_names_who_stands_in_for_an_absent_signatory_and_ends_it(steward: Client, cast: Cast):
    proposal = in_review(cast)
    sent = {
        "membership": cast.seat(cast.naoko).pk,
        "stand_in": "kenta",
        "starts_on": TODAY.isoformat(),
        "ends_on": TODAY.isoformat(),
        "reason": "病気療養",
    }
    assert 'action="/people/naoko/delegations/"' in steward.get("/people/naoko/").content.decode()
    assert steward.post("/people/naoko/delegations/", sent).status_code == 302
    assert list(Proposal.objects.awaiting(cast.kenta, TODAY)) == [proposal]
    ending = f"/people/naoko/delegations/{Delegation.objects.get().pk}/ending/"
    assert f'action="{ending}"' in steward.get("/people/naoko/").content.decode()
    assert steward.post(ending.replace("naoko", "koji")).status_code == 404
    assert steward.post(ending).status_code == 302
    assert not Proposal.objects.awaiting(cast.kenta, TODAY)


def test_who_cannot_stand_in_is_said_on_the_page_of_the_person(steward: Client, cast: Cast):
    response = steward.post("/people/naoko/delegations/", {"stand_in": "misaki"})
    assert response.status_code == 422
    assert {"membership", "stand_in", "starts_on"} <= set(response.context["delegating"].errors)
    assert "delegations" not in steward.get("/people/misaki/").content.decode()
