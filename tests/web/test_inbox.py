"""Whose turn it is, said on one page."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from registry.models import Proposal, User
from registry.workflow import drafting, people, publication, reviewing
from tests.cast import TODAY, Cast, drafted, in_review, latest, on, published, seal


@pytest.fixture
def client(client: Client) -> Client:
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


def inbox(client: Client, user: User) -> Any:
    client.force_login(user)
    response = client.get("/inbox/")
    assert response.status_code == 200
    return response


def objected(cast: Cast) -> Any:
    proposal = in_review(cast)
    return reviewing.raise_objection(latest(proposal), by=cast.kenta, reason="空欄が増えます")


def glass_asked(cast: Cast) -> Proposal:
    """Sealed by Ryo for marketing; Megumi asked to publish it without sales."""
    proposal = in_review(cast)
    seal(proposal, team=cast.marketing, by=cast.ryo)
    publication.ask_break_glass(proposal, by=cast.megumi, reason="監査の期日")
    return proposal


def test_what_waits_for_a_seal_waits_until_it_is_pressed(cast: Cast, client: Client):
    proposal = in_review(cast)
    page = inbox(client, cast.naoko)
    assert page.context["awaiting"] == [proposal]
    for said in ("Reword it", "Target leads", "Misaki Tanaka", "waiting for"):
        assert said in page.content.decode()
    seal(proposal, team=cast.sales, by=cast.naoko)
    assert inbox(client, cast.naoko).context["awaiting"] == []
    assert inbox(client, cast.ryo).context["awaiting"] == [proposal]


def test_nothing_waits_for_who_wrote_it_or_may_not_seal(cast: Cast, client: Client):
    in_review(cast, by=cast.naoko)
    for person in (cast.naoko, cast.kenta, cast.megumi, cast.takuya):
        assert inbox(client, person).context["awaiting"] == []


def test_an_objection_shows_to_those_who_write_and_to_who_raised_it_until_closed(cast: Cast, client: Client):
    objection = objected(cast)
    assert inbox(client, cast.misaki).context["against_mine"] == [objection]
    assert "空欄が増えます" in inbox(client, cast.misaki).content.decode()
    assert inbox(client, cast.kenta).context["raised"] == [objection]
    assert inbox(client, cast.ryo).context["against_mine"] == []
    reviewing.close_objection(objection, by=cast.kenta)
    assert inbox(client, cast.misaki).context["against_mine"] == []
    assert inbox(client, cast.kenta).context["raised"] == []


def test_an_objection_to_what_has_ended_waits_for_nobody(cast: Cast, client: Client):
    objection = objected(cast)
    reviewing.withdraw(objection.proposal, by=cast.misaki, reason="取り下げます")
    assert inbox(client, cast.misaki).context["against_mine"] == []
    assert inbox(client, cast.kenta).context["raised"] == []


def test_drafts_show_to_their_contributors_only(cast: Cast, client: Client):
    proposal = drafted(cast)
    drafting.invite(proposal, user=cast.kenta, by=cast.misaki)
    for person in (cast.misaki, cast.kenta):
        page = inbox(client, person)
        assert page.context["drafts"] == [proposal]
        assert f"/proposals/{proposal.pk}/draft/" in page.content.decode()
    assert inbox(client, cast.ryo).context["drafts"] == []
    assert f"/proposals/{proposal.pk}/" not in inbox(client, cast.ryo).content.decode()


def test_what_is_mine_in_review_and_what_was_agreed_show(cast: Cast, client: Client):
    agreed = published(cast)[0].revision.proposal
    proposal = in_review(cast, "meeting")
    page = inbox(client, cast.misaki)
    assert page.context["in_review"] == [proposal]
    assert page.context["recent"][0] == agreed


def test_a_second_steward_is_asked_to_confirm_a_broken_glass(cast: Cast, client: Client):
    proposal = glass_asked(cast)
    assert [each.revision.proposal for each in inbox(client, cast.makoto).context["glass"]] == [proposal]
    for person in (cast.megumi, cast.naoko):
        assert inbox(client, person).context["glass"] == []


def test_nobody_is_asked_to_go_without_a_team_that_has_sealed_by_now(cast: Cast, client: Client):
    proposal = glass_asked(cast)
    people.leave(cast.seat(cast.ryo), by=cast.megumi)
    seal(proposal, team=cast.sales, by=cast.naoko)
    assert inbox(client, cast.makoto).context["glass"] == []


def test_a_team_is_told_that_something_was_published_without_its_seal(cast: Cast, client: Client):
    proposal = glass_asked(cast)
    publication.confirm_break_glass(proposal, by=cast.makoto, digest=latest(proposal).digest)
    page = inbox(client, cast.naoko)
    assert [each.revision.proposal for each in page.context["unsealed"]] == [proposal]
    assert "Published without the seal of Sales" in page.content.decode()
    assert inbox(client, cast.ryo).context["unsealed"] == []
    with on(TODAY + timedelta(days=1)):
        seal(proposal, team=cast.sales, by=cast.naoko)
    assert inbox(client, cast.koji).context["unsealed"] == []


def test_a_steward_who_sealed_it_is_not_asked_to_confirm(cast: Cast, client: Client):
    people.join(cast.marketing, user=cast.makoto, role="signatory", by=cast.megumi)
    proposal = in_review(cast)
    seal(proposal, team=cast.marketing, by=cast.makoto)
    publication.ask_break_glass(proposal, by=cast.megumi, reason="監査の期日")
    assert inbox(client, cast.makoto).context["glass"] == []
    people.appoint_steward(cast.kenta, by=cast.megumi)
    assert len(inbox(client, cast.kenta).context["glass"]) == 1


def test_nor_is_one_whose_stand_in_sealed_it(cast: Cast, client: Client):
    people.appoint_steward(cast.aya, by=cast.megumi)
    days = {"starts_on": TODAY, "ends_on": TODAY, "reason": "出張"}
    people.delegate(cast.seat(cast.aya), stand_in=cast.misaki, by=cast.aya, **days)
    proposal = in_review(cast, by=cast.kenta)
    seal(proposal, team=cast.marketing, by=cast.misaki)
    publication.ask_break_glass(proposal, by=cast.megumi, reason="監査の期日")
    assert inbox(client, cast.aya).context["glass"] == []
    assert len(inbox(client, cast.makoto).context["glass"]) == 1


def test_nobody_is_asked_to_confirm_what_its_asker_may_not_ask_any_more(cast: Cast, client: Client):
    """Megumi seals for the team that had sealed when she asked."""
    people.join(cast.marketing, user=cast.megumi, role="signatory", by=cast.makoto)
    proposal = glass_asked(cast)
    people.leave(cast.seat(cast.ryo), by=cast.makoto)
    seal(proposal, team=cast.marketing, by=cast.megumi)
    assert inbox(client, cast.makoto).context["glass"] == []


def test_who_sealed_for_one_team_is_not_asked_for_the_other(cast: Cast, client: Client):
    people.join(cast.sales, user=cast.ryo, role="signatory", by=cast.megumi)
    proposal = glass_asked(cast)
    publication.confirm_break_glass(proposal, by=cast.makoto, digest=latest(proposal).digest)
    assert inbox(client, cast.ryo).context["unsealed"] == []
    assert len(inbox(client, cast.naoko).context["unsealed"]) == 1


def test_an_empty_inbox_is_friendly(cast: Cast, client: Client):
    page = inbox(client, cast.takuya).content.decode()
    assert "Nothing waits for your seal" in page
    assert "No draft lies in your drawer" in page


@pytest.mark.parametrize("rows", [1, 8])
def test_the_inbox_takes_at_most_twelve_queries_whatever_waits(
    cast: Cast, client: Client, rows: int, django_assert_max_num_queries: Any
):
    for _number in range(rows):
        for author in (cast.misaki, cast.naoko):
            proposal = in_review(cast, "meeting", "target_lead", by=author)
            reviewing.raise_objection(latest(proposal), by=cast.kenta, reason="待ってください")
            drafted(cast, by=author)
    for person in (cast.naoko, cast.megumi, cast.kenta):
        client.force_login(person)
        with django_assert_max_num_queries(12):
            client.get("/inbox/")
