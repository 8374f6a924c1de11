"""Two stewards, together and with a reason; and the flag that stays until the missing team has sealed."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from registry.models import InForce, Proposal
from registry.standing import Standing
from registry.workflow import drafting, people, publication, reviewing
from registry.workflow.record import Act
from tests.cast import (
    NOW,
    TODAY,
    Cast,
    acts,
    fresh,
    in_review,
    latest,
    on,
    published,
    refuses,
    rejects_text,
    revised,
    seal,
    versions_of,
)

LATER = NOW.date() + timedelta(days=3)


def one_seal_short(cast: Cast, **rest) -> Proposal:
    """Marketing has sealed; sales has not."""
    proposal = in_review(cast, **rest)
    seal(proposal, team=cast.marketing, by=cast.ryo)
    return fresh(proposal)


def ask(proposal: Proposal, cast: Cast):
    return publication.ask_break_glass(proposal, by=cast.megumi, reason="監査の期限が今日")


def broken(cast: Cast, **rest) -> Proposal:
    """Published by both stewards without the seal of sales."""
    proposal = one_seal_short(cast, **rest)
    ask(proposal, cast)
    publication.confirm_break_glass(proposal, by=cast.makoto, digest=latest(proposal).digest)
    return fresh(proposal)


def test_one_steward_alone_changes_nothing(cast: Cast):
    proposal = one_seal_short(cast)
    asked = ask(proposal, cast)
    assert (asked.team, asked.asked_by, asked.confirmed_by) == (cast.sales, cast.megumi, None)
    assert fresh(proposal).state == Proposal.IN_REVIEW


def test_the_second_steward_publishes_with_a_flag(cast: Cast):
    proposal = broken(cast)
    (version,) = versions_of(proposal)
    assert proposal.state == Proposal.PUBLISHED
    assert InForce.objects.as_of(TODAY).get(definition=version).sealed is False
    assert proposal.events.get(act="published").detail["missing"] == ["sales"]
    assert proposal.events.get(act="published").reason == "監査の期限が今日"
    assert acts(proposal)[-3:] == ["glass_asked", "glass_broken", "published"]


def test_the_flag_comes_off_when_the_missing_team_seals(cast: Cast):
    proposal = broken(cast)
    with on(LATER):
        given = seal(proposal, team=cast.sales, by=cast.naoko)
    assert given.digest == latest(proposal).digest
    assert InForce.objects.as_of(TODAY).get(key="target_lead").sealed is True
    assert acts(proposal)[-1] == "ratified"
    with on(LATER), refuses("place_filled", 409):
        seal(proposal, team=cast.sales, by=cast.koji)


def test_who_wrote_it_does_not_ratify_it(cast: Cast):
    proposal = broken(cast, by=cast.naoko)
    with on(LATER), refuses("contributor", 403):
        seal(proposal, team=cast.sales, by=cast.naoko)


def test_a_seal_that_had_lapsed_does_not_take_the_flag_off_but_a_later_one_does(cast: Cast):
    proposal = in_review(cast)
    seal(proposal, team=cast.sales, by=cast.naoko)
    people.leave(cast.seat(cast.naoko), by=cast.megumi)
    seal(proposal, team=cast.marketing, by=cast.ryo)
    ask(proposal, cast)
    publication.confirm_break_glass(proposal, by=cast.makoto, digest=latest(proposal).digest)
    assert Standing(fresh(proposal)).missing == [cast.sales]
    assert InForce.objects.as_of(TODAY).get(key="target_lead").sealed is False
    with on(LATER):
        seal(proposal, team=cast.sales, by=cast.koji)
    assert Standing(fresh(proposal)).missing == []
    assert InForce.objects.as_of(TODAY).get(key="target_lead").sealed is True


def test_the_same_steward_does_not_confirm(cast: Cast):
    proposal = one_seal_short(cast)
    ask(proposal, cast)
    with refuses("second_steward", 403):
        publication.confirm_break_glass(proposal, by=cast.megumi, digest=latest(proposal).digest)


def test_the_database_too_wants_two_people(cast: Cast):
    proposal = one_seal_short(cast)
    asked = ask(proposal, cast)
    asked.confirmed_by = cast.megumi
    with pytest.raises(IntegrityError), transaction.atomic():
        Act("glass_broken", by=cast.megumi).save(asked, "confirmed_by")


def test_only_stewards_break_the_glass(cast: Cast):
    proposal = one_seal_short(cast)
    for other in (cast.naoko, cast.kenta, cast.takuya):
        with refuses("not_a_steward", 403):
            publication.ask_break_glass(proposal, by=other, reason="急ぐ")
    ask(proposal, cast)
    with refuses("not_a_steward", 403):
        publication.confirm_break_glass(proposal, by=cast.naoko, digest=latest(proposal).digest)


def test_a_steward_who_wrote_it_does_not(cast: Cast):
    proposal = one_seal_short(cast, by=cast.megumi)
    with refuses("contributor", 403):
        ask(proposal, cast)


def test_a_steward_who_has_sealed_it_does_not(cast: Cast):
    people.appoint_steward(cast.ryo, by=cast.megumi)
    cast.ryo.refresh_from_db()
    proposal = one_seal_short(cast)
    with refuses("sealed_already", 409):
        publication.ask_break_glass(proposal, by=cast.ryo, reason="急ぐ")


def test_it_stands_in_for_one_seal_not_for_two(cast: Cast):
    proposal = in_review(cast)
    with refuses("more_than_one_missing", 409):
        ask(proposal, cast)


def test_it_needs_a_reason(cast: Cast):
    proposal = one_seal_short(cast)
    with rejects_text("reason"):
        publication.ask_break_glass(proposal, by=cast.megumi, reason=" ")


def test_it_is_asked_once(cast: Cast):
    proposal = one_seal_short(cast)
    ask(proposal, cast)
    with refuses("glass_asked", 409):
        publication.ask_break_glass(proposal, by=cast.makoto, reason="急ぐ")


def test_it_is_not_confirmed_before_it_is_asked(cast: Cast):
    proposal = one_seal_short(cast)
    with refuses("glass_whole", 409):
        publication.confirm_break_glass(proposal, by=cast.makoto, digest=latest(proposal).digest)


def test_a_new_revision_voids_the_asking(cast: Cast):
    proposal = one_seal_short(cast)
    ask(proposal, cast)
    revised(proposal, by=cast.misaki)
    seal(proposal, team=cast.marketing, by=cast.ryo)
    with refuses("glass_whole", 409):
        publication.confirm_break_glass(proposal, by=cast.makoto, digest=latest(proposal).digest)


def test_only_what_was_on_the_screen_is_confirmed(cast: Cast):
    proposal = one_seal_short(cast)
    ask(proposal, cast)
    with refuses("changed", 409):
        publication.confirm_break_glass(proposal, by=cast.makoto, digest="0" * 64)


def test_an_objection_is_not_broken_through(cast: Cast):
    proposal = one_seal_short(cast)
    ask(proposal, cast)
    reviewing.raise_objection(latest(proposal), by=cast.kenta, reason="まだ")
    with refuses("objection_open", 409):
        publication.confirm_break_glass(proposal, by=cast.makoto, digest=latest(proposal).digest)


def test_neither_is_staleness_nor_a_passed_date(cast: Cast):
    proposal = one_seal_short(cast)
    ask(proposal, cast)
    with on(LATER), refuses("date_passed", 409):
        publication.confirm_break_glass(proposal, by=cast.makoto, digest=latest(proposal).digest)
    published(cast, by=cast.kenta)
    with refuses("stale", 409):
        publication.confirm_break_glass(proposal, by=cast.makoto, digest=latest(proposal).digest)


def test_the_missing_team_can_still_seal_in_time(cast: Cast):
    proposal = one_seal_short(cast)
    ask(proposal, cast)
    seal(proposal, team=cast.sales, by=cast.naoko)
    assert fresh(proposal).state == Proposal.PUBLISHED
    assert InForce.objects.as_of(TODAY).get(key="target_lead").sealed is True


def test_a_draft_or_an_ended_proposal_is_beyond_it(cast: Cast):
    proposal = broken(cast)
    with refuses("ended", 409):
        publication.ask_break_glass(proposal, by=cast.makoto, reason="もう一度")


def test_a_deactivated_steward_does_not_confirm(cast: Cast):
    proposal = one_seal_short(cast)
    ask(proposal, cast)
    gone = people.deactivate(cast.makoto, by=cast.megumi)
    with refuses("inactive", 403):
        publication.confirm_break_glass(proposal, by=gone, digest=latest(proposal).digest)


@pytest.mark.parametrize("how", ["deactivated", "released", "invited"])
def test_whoever_asked_still_has_to_be_one_who_may(cast: Cast, how: str):
    """Otherwise one steward alone would have published; another one can ask anew."""
    people.appoint_steward(cast.takuya, by=cast.megumi)
    cast.takuya.refresh_from_db()
    proposal = one_seal_short(cast)
    ask(proposal, cast)
    if how == "deactivated":
        people.deactivate(cast.megumi, by=cast.makoto)
    elif how == "released":
        people.appoint_steward(cast.megumi, by=cast.makoto, steward=False)
        people.join(cast.sales, user=cast.megumi, role="member", by=cast.makoto)
    else:
        drafting.invite(proposal, user=cast.megumi, by=cast.misaki)
    with refuses("asker_gone", 409):
        publication.confirm_break_glass(proposal, by=cast.makoto, digest=latest(proposal).digest)
    publication.ask_break_glass(proposal, by=cast.makoto, reason="監査の期限が今日")
    publication.confirm_break_glass(proposal, by=cast.takuya, digest=latest(proposal).digest)
    assert fresh(proposal).state == Proposal.PUBLISHED


def asked_for_the_wrong_team(cast: Cast) -> Proposal:
    """Asked for sales, which seals after all; meanwhile marketing's seal lapses and only that one is missing."""
    proposal = one_seal_short(cast)
    ask(proposal, cast)
    people.leave(cast.seat(cast.ryo), by=cast.megumi)
    seal(proposal, team=cast.sales, by=cast.naoko)
    return proposal


def test_once_the_team_has_sealed_it_is_asked_anew_for_the_one_that_is_missing(cast: Cast):
    proposal = asked_for_the_wrong_team(cast)
    with refuses("asked_for_another", 409):
        publication.confirm_break_glass(proposal, by=cast.makoto, digest=latest(proposal).digest)
    assert ask(proposal, cast).team == cast.marketing
    publication.confirm_break_glass(proposal, by=cast.makoto, digest=latest(proposal).digest)
    assert fresh(proposal).state == Proposal.PUBLISHED


def test_whoever_asked_takes_it_back(cast: Cast):
    proposal = one_seal_short(cast)
    ask(proposal, cast)
    publication.take_back_break_glass(proposal, by=cast.megumi)
    assert acts(proposal)[-1] == "glass_left_whole"
    with refuses("glass_whole", 409):
        publication.confirm_break_glass(proposal, by=cast.makoto, digest=latest(proposal).digest)
    assert ask(proposal, cast).asked_by == cast.megumi


def test_nobody_else_takes_it_back_and_there_has_to_be_something(cast: Cast):
    proposal = one_seal_short(cast)
    with refuses("glass_whole", 409):
        publication.take_back_break_glass(proposal, by=cast.megumi)
    ask(proposal, cast)
    with refuses("not_your_request", 403):
        publication.take_back_break_glass(proposal, by=cast.makoto)
    publication.confirm_break_glass(proposal, by=cast.makoto, digest=latest(proposal).digest)
    with refuses("ended", 409):
        publication.take_back_break_glass(proposal, by=cast.megumi)
