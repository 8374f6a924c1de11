"""A stand-in for a dated absence: within the dates, within the team, and never for one's own words."""

from datetime import date, timedelta

import pytest

from registry import rules
from registry.models import Delegation, Membership, Proposal, Team, User
from registry.standing import Standing
from registry.workflow import drafting, people
from tests.cast import TODAY, Cast, fresh, in_review, on, refuses, rejects_text, revised, seal

WEEK = timedelta(days=7)


def lent(cast: Cast, *, starts_on: date = TODAY, ends_on: date = TODAY + WEEK) -> Delegation:
    """Naoko is away; Kenta stands in for her."""
    return people.delegate(
        cast.seat(cast.naoko),
        stand_in=cast.kenta,
        starts_on=starts_on,
        ends_on=ends_on,
        reason="休暇",
        by=cast.naoko,
    )


def test_the_stand_in_seals_for_the_team(cast: Cast):
    proposal = in_review(cast)
    delegation = lent(cast)
    given = seal(proposal, team=cast.sales, by=cast.kenta)
    assert (given.signed_by, given.membership.user, given.delegation) == (cast.kenta, cast.naoko, delegation)
    seal(proposal, team=cast.marketing, by=cast.ryo)
    assert fresh(proposal).state == Proposal.PUBLISHED


def test_the_inbox_of_the_stand_in_shows_it(cast: Cast):
    proposal = in_review(cast)
    assert not Proposal.objects.awaiting(cast.kenta, TODAY).exists()
    lent(cast)
    assert Proposal.objects.awaiting(cast.kenta, TODAY).get() == proposal
    assert not Proposal.objects.awaiting(cast.kenta, TODAY + WEEK + timedelta(days=1)).exists()


def test_before_the_first_day_the_stand_in_cannot_seal(cast: Cast):
    proposal = in_review(cast)
    lent(cast, starts_on=TODAY + timedelta(days=1))
    with refuses("not_a_signatory", 403):
        seal(proposal, team=cast.sales, by=cast.kenta)


def test_the_last_day_counts_and_the_day_after_does_not(cast: Cast):
    proposal = in_review(cast, effective_from=TODAY + WEEK * 4)
    lent(cast)
    with on(TODAY + WEEK + timedelta(days=1)), refuses("not_a_signatory", 403):
        seal(proposal, team=cast.sales, by=cast.kenta)
    with on(TODAY + WEEK):
        assert seal(proposal, team=cast.sales, by=cast.kenta)


def test_a_contributor_never_seals_as_a_stand_in(cast: Cast):
    lent(cast)
    proposal = in_review(cast, by=cast.kenta)
    with refuses("contributor", 403):
        seal(proposal, team=cast.sales, by=cast.kenta)


def test_nobody_agrees_with_themselves_through_a_stand_in(cast: Cast):
    proposal = in_review(cast, by=cast.naoko)
    lent(cast)
    with refuses("not_a_signatory", 403):
        seal(proposal, team=cast.sales, by=cast.kenta)


def test_the_signatory_may_still_seal(cast: Cast):
    proposal = in_review(cast)
    lent(cast)
    assert seal(proposal, team=cast.sales, by=cast.naoko).delegation is None
    with refuses("place_filled", 409):
        seal(proposal, team=cast.sales, by=cast.kenta)


def test_one_person_fills_one_place_as_a_stand_in_too(cast: Cast):
    people.join(cast.marketing, user=cast.kenta, role="signatory", by=cast.megumi)
    lent(cast)
    proposal = in_review(cast)
    seal(proposal, team=cast.marketing, by=cast.kenta)
    with refuses("sealed_already", 409):
        seal(proposal, team=cast.sales, by=cast.kenta)


def test_a_seal_lent_no_longer_counts_when_the_delegation_is_taken_back(cast: Cast):
    proposal = in_review(cast)
    delegation = lent(cast)
    seal(proposal, team=cast.sales, by=cast.kenta)
    people.end_delegation(delegation, by=cast.naoko)
    seal(proposal, team=cast.marketing, by=cast.ryo)
    assert fresh(proposal).state == Proposal.IN_REVIEW
    seal(proposal, team=cast.sales, by=cast.naoko)
    assert fresh(proposal).state == Proposal.PUBLISHED


def test_a_seal_lent_no_longer_counts_when_the_signatory_loses_the_role(cast: Cast):
    proposal = in_review(cast)
    lent(cast)
    seal(proposal, team=cast.sales, by=cast.kenta)
    people.join(cast.sales, user=cast.naoko, role="member", by=cast.megumi)
    seal(proposal, team=cast.marketing, by=cast.ryo)
    assert fresh(proposal).state == Proposal.IN_REVIEW


def test_a_seal_lent_counts_at_the_moment_of_publication_or_not_at_all(cast: Cast):
    proposal = in_review(cast, effective_from=TODAY + WEEK * 4)
    lent(cast)
    seal(proposal, team=cast.sales, by=cast.kenta)
    with on(TODAY + WEEK * 2):
        seal(proposal, team=cast.marketing, by=cast.ryo)
    assert fresh(proposal).state == Proposal.IN_REVIEW


def test_a_stand_in_who_left_the_team_stands_in_no_more(cast: Cast):
    proposal = in_review(cast)
    lent(cast)
    people.leave(cast.seat(cast.kenta), by=cast.megumi)
    with refuses("not_a_signatory", 403):
        seal(proposal, team=cast.sales, by=cast.kenta)


def test_a_stand_in_who_came_back_stands_in_no_more_and_their_seal_is_not_revived(cast: Cast):
    proposal = in_review(cast)
    lent(cast)
    seal(proposal, team=cast.sales, by=cast.kenta)
    gone = people.deactivate(cast.kenta, by=cast.megumi)
    back = people.reactivate(gone, by=cast.megumi)
    people.join(cast.sales, user=back, role="member", by=cast.megumi)
    seal(proposal, team=cast.marketing, by=cast.ryo)
    assert fresh(proposal).state == Proposal.IN_REVIEW
    newer = revised(proposal, by=cast.misaki).proposal
    with refuses("not_a_signatory", 403):
        seal(newer, team=cast.sales, by=back)


def test_a_stand_in_who_is_given_another_role_still_stands_in(cast: Cast):
    proposal = in_review(cast)
    lent(cast)
    people.join(cast.sales, user=cast.kenta, role="signatory", by=cast.megumi)
    assert seal(proposal, team=cast.sales, by=cast.kenta).delegation is None


def test_a_stand_in_can_be_invited_to_write_and_then_seals_no_more(cast: Cast):
    lent(cast)
    proposal = in_review(cast)
    drafting.invite(proposal, user=cast.kenta, by=cast.misaki)
    with refuses("contributor", 403):
        seal(proposal, team=cast.sales, by=cast.kenta)


# Giving and taking back


def test_only_the_signatory_or_a_steward_delegates(cast: Cast):
    seat = cast.seat(cast.naoko)
    dates = {"starts_on": TODAY, "ends_on": TODAY, "reason": "休暇"}
    for other in (cast.kenta, cast.koji, cast.misaki):
        with refuses("not_a_steward", 403):
            people.delegate(seat, stand_in=cast.kenta, by=other, **dates)
    assert people.delegate(seat, stand_in=cast.kenta, by=cast.megumi, **dates)


def test_only_an_active_member_of_the_same_team_stands_in(cast: Cast):
    seat = cast.seat(cast.naoko)
    gone = people.deactivate(cast.koji, by=cast.megumi)
    for other in (cast.misaki, cast.takuya, cast.naoko, gone):
        with rejects_text("stand_in"):
            people.delegate(seat, stand_in=other, starts_on=TODAY, ends_on=TODAY, reason="休暇", by=cast.naoko)


def test_only_a_signatorys_place_is_delegated(cast: Cast):
    seat = cast.seat(cast.kenta)
    with refuses("not_a_signatory", 409):
        people.delegate(seat, stand_in=cast.koji, starts_on=TODAY, ends_on=TODAY, reason="休暇", by=cast.kenta)


def test_the_dates_have_an_order_and_a_future(cast: Cast):
    day = timedelta(days=1)
    for starts_on, ends_on in ((TODAY + day, TODAY), (TODAY - WEEK, TODAY - day)):
        with rejects_text("ends_on"):
            lent(cast, starts_on=starts_on, ends_on=ends_on)


def test_an_absence_has_a_reason(cast: Cast):
    for reason in ("", "  ", "x" * 401, "a\u202eb"):
        with rejects_text("reason"):
            people.delegate(
                cast.seat(cast.naoko),
                stand_in=cast.kenta,
                starts_on=TODAY,
                ends_on=TODAY,
                reason=reason,
                by=cast.naoko,
            )


def test_a_delegation_is_taken_back_once_and_by_whom_it_concerns(cast: Cast):
    delegation = lent(cast)
    with refuses("not_a_steward", 403):
        people.end_delegation(delegation, by=cast.kenta)
    people.end_delegation(delegation, by=cast.megumi)
    with refuses("delegation_ended", 409):
        people.end_delegation(delegation, by=cast.naoko)


# Who wrote it, and who stands in for whom


def test_delegating_the_same_days_twice_writes_once(cast: Cast):
    """Sent twice by a double click, one of the two would stay when the other is taken back."""
    proposal, delegation = in_review(cast), lent(cast)
    with rejects_text("stand_in"):
        lent(cast)
    people.end_delegation(delegation, by=cast.naoko)
    with refuses("not_a_signatory", 403):
        seal(proposal, team=cast.sales, by=cast.kenta)


def test_whoever_was_sealed_for_is_not_invited_to_write(cast: Cast):
    lent(cast)
    proposal = in_review(cast)
    seal(proposal, team=cast.sales, by=cast.kenta)
    with refuses("sealed_already", 409):
        drafting.invite(proposal, user=cast.naoko, by=cast.misaki)
    seal(proposal, team=cast.marketing, by=cast.ryo)
    assert fresh(proposal).state == Proposal.PUBLISHED


def test_a_stand_in_of_two_seals_for_the_one_who_wrote_nothing(cast: Cast):
    lent(cast)
    other = people.delegate(
        cast.seat(cast.koji), stand_in=cast.kenta, starts_on=TODAY, ends_on=TODAY, reason="休暇", by=cast.koji
    )
    proposal = in_review(cast, by=cast.naoko)
    assert Proposal.objects.awaiting(cast.kenta, TODAY).get() == proposal
    assert seal(proposal, team=cast.sales, by=cast.kenta).delegation == other


def test_nothing_waits_for_the_stand_in_of_whoever_wrote_it(cast: Cast):
    in_review(cast, by=cast.naoko)
    lent(cast)
    assert not Proposal.objects.awaiting(cast.kenta, TODAY).exists()


# One person's agreement fills one place


def test_a_stand_in_does_not_agree_for_somebody_who_agreed_for_another_team(cast: Cast):
    people.join(cast.marketing, user=cast.naoko, role="signatory", by=cast.megumi)
    lend(cast, cast.naoko)
    proposal = in_review(cast)
    seal(proposal, team=cast.marketing, by=cast.naoko)
    assert not Proposal.objects.awaiting(cast.kenta, TODAY).exists()
    with refuses("not_a_signatory", 403):
        seal(proposal, team=cast.sales, by=cast.kenta)
    assert seal(proposal, team=cast.sales, by=cast.koji)


def test_nobody_agrees_for_another_team_once_a_stand_in_agreed_for_them(cast: Cast):
    people.join(cast.marketing, user=cast.naoko, role="signatory", by=cast.megumi)
    lend(cast, cast.naoko)
    proposal = in_review(cast)
    seal(proposal, team=cast.sales, by=cast.kenta)
    assert not Proposal.objects.awaiting(cast.naoko, TODAY).exists()
    with refuses("sealed_already", 409):
        seal(proposal, team=cast.marketing, by=cast.naoko)
    assert seal(proposal, team=cast.marketing, by=cast.ryo)


def test_a_stand_in_for_two_agrees_for_the_one_who_has_not(cast: Cast):
    people.join(cast.marketing, user=cast.naoko, role="signatory", by=cast.megumi)
    for lender in (cast.naoko, cast.koji):
        lend(cast, lender)
    proposal = in_review(cast)
    seal(proposal, team=cast.marketing, by=cast.naoko)
    assert Proposal.objects.awaiting(cast.kenta, TODAY).exists()
    assert seal(proposal, team=cast.sales, by=cast.kenta).membership.user == cast.koji


@pytest.mark.parametrize(
    ("first", "reason"), [("naoko", "この提案の執筆に"), ("koji", "すでにマーケティングとして合意")]
)
def test_a_stand_in_for_two_who_may_not_is_told_of_the_first_why(cast: Cast, first: str, reason: str):
    """Naoko wrote it and Koji agreed for another team; neither delegation lets the stand-in seal."""
    people.join(cast.marketing, user=cast.koji, role="signatory", by=cast.megumi)
    for lender in sorted((cast.naoko, cast.koji), key=lambda who: who.username != first):
        lend(cast, lender)
    proposal = in_review(cast, by=cast.naoko)
    seal(proposal, team=cast.marketing, by=cast.koji)
    said = told(proposal, cast.kenta, cast.sales)
    assert f"あなたが代理を務める{getattr(cast, first).name}さんは、{reason}" in said
    assert "承認者ではありません" in told(proposal, cast.misaki, cast.sales)


def told(proposal: Proposal, by: User, team: Team) -> str:
    """Why `by` may not seal."""
    refused = rules.refusal("sign_off", Standing(fresh(proposal)), by=by, team=team)
    return str(refused.sentence) if refused else ""


def test_the_checklist_does_not_wait_for_a_stand_in_who_may_not(cast: Cast):
    people.join(cast.marketing, user=cast.naoko, role="signatory", by=cast.megumi)
    people.leave(cast.seat(cast.koji), by=cast.megumi)
    lend(cast, cast.naoko)
    proposal = in_review(cast)
    seal(proposal, team=cast.marketing, by=cast.naoko)
    assert Standing(fresh(proposal)).eligible(cast.sales) == []


def lend(cast: Cast, lender: User) -> Delegation:
    """Kenta stands in for a signatory of sales."""
    seat = Membership.objects.current().get(user=lender, team=cast.sales)
    return people.delegate(seat, stand_in=cast.kenta, starts_on=TODAY, ends_on=TODAY + WEEK, reason="休暇", by=lender)
