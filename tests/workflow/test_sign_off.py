"""Pressing the seal: who may, on what, and what the last one does."""

from datetime import timedelta

from registry.models import Proposal, SignOff
from registry.readiness import before_publication
from registry.standing import Standing
from registry.workflow import drafting, people, reviewing, submitting
from tests.cast import (
    NOW,
    TODAY,
    Cast,
    acts,
    drafted,
    fresh,
    in_review,
    latest,
    legal_team,
    on,
    published,
    refuses,
    revised,
    seal,
    started,
    versions_of,
    words,
    write,
)


def test_a_first_seal_waits_for_the_other_team(cast: Cast):
    proposal = in_review(cast)
    given = seal(proposal, team=cast.marketing, by=cast.ryo)
    assert fresh(proposal).state == Proposal.IN_REVIEW
    assert given.digest == latest(proposal).digest
    assert given.signed_at == NOW
    assert "マーケティング" in given.meaning
    assert cast.target_lead.versions.count() == 1


def test_the_last_seal_publishes(cast: Cast):
    (version,) = published(cast)
    assert (version.metric.key, version.number) == ("target_lead", 2)
    assert version.base.number == 1
    assert version.revision.proposal.state == Proposal.PUBLISHED
    assert version.revision.proposal.ended_at == NOW
    cast.target_lead.refresh_from_db()
    assert cast.target_lead.latest == version
    assert acts(version.revision.proposal)[-3:] == ["sealed", "sealed", "published"]


def test_a_joint_proposal_publishes_every_metric_at_once(cast: Cast):
    versions = published(cast, "meeting", "target_lead")
    assert [(version.metric.key, version.number) for version in versions] == [
        ("meeting", 2),
        ("target_lead", 2),
    ]


def test_a_new_metric_comes_into_being_with_the_last_seal(cast: Cast):
    proposal = started(cast.misaki)
    write(proposal, by=cast.misaki, new={"follow_lead": words()})
    drafting.invite(proposal, user=cast.kenta, by=cast.misaki)
    submitting.submit(proposal, by=cast.misaki)
    seal(proposal, team=cast.sales, by=cast.naoko)
    seal(proposal, team=cast.marketing, by=cast.ryo)
    (version,) = versions_of(proposal)
    assert (version.metric.key, version.number, version.base) == ("follow_lead", 1, None)


def test_who_wrote_it_cannot_seal_it(cast: Cast):
    proposal = in_review(cast, by=cast.ryo)
    with refuses("contributor", 403):
        seal(proposal, team=cast.marketing, by=cast.ryo)


def test_who_was_invited_to_write_cannot_seal_it(cast: Cast):
    proposal = drafted(cast)
    drafting.invite(proposal, user=cast.naoko, by=cast.misaki)
    proposal = revised(proposal, by=cast.misaki).proposal
    with refuses("contributor", 403):
        seal(proposal, team=cast.sales, by=cast.naoko)


def test_a_member_who_is_no_signatory_cannot_seal(cast: Cast):
    proposal = in_review(cast)
    with refuses("not_a_signatory", 403):
        seal(proposal, team=cast.sales, by=cast.kenta)


def test_a_signatory_cannot_seal_for_another_team(cast: Cast):
    proposal = in_review(cast)
    with refuses("not_a_signatory", 403):
        seal(proposal, team=cast.sales, by=cast.ryo)


def test_a_steward_cannot_seal_alone_for_anyone(cast: Cast):
    proposal = in_review(cast)
    with refuses("not_a_signatory", 403):
        seal(proposal, team=cast.sales, by=cast.megumi)


def test_a_signatory_of_a_team_that_need_not_agree_cannot_seal(cast: Cast):
    legal = legal_team(cast)
    proposal = in_review(cast)
    with refuses("not_a_signatory", 403):
        seal(proposal, team=legal, by=cast.takuya)


def test_a_draft_cannot_be_sealed(cast: Cast):
    proposal = in_review(cast)
    revision = latest(proposal)
    other = drafted(cast, "meeting")
    revision.proposal = other
    with refuses("changed", 409):
        reviewing.sign_off(revision, team=cast.sales, by=cast.naoko, digest=revision.digest)


def test_one_person_fills_one_place(cast: Cast):
    people.join(cast.sales, user=cast.ryo, role="signatory", by=cast.megumi)
    proposal = in_review(cast)
    seal(proposal, team=cast.marketing, by=cast.ryo)
    with refuses("sealed_already", 409):
        seal(proposal, team=cast.sales, by=cast.ryo)


def test_a_place_is_filled_once(cast: Cast):
    proposal = in_review(cast)
    seal(proposal, team=cast.sales, by=cast.naoko)
    with refuses("place_filled", 409):
        seal(proposal, team=cast.sales, by=cast.koji)


def test_only_what_was_on_the_screen_is_sealed(cast: Cast):
    proposal = in_review(cast)
    seen = latest(proposal).digest
    revised(proposal, by=cast.misaki)
    with refuses("changed", 409):
        reviewing.sign_off(latest(proposal), team=cast.sales, by=cast.naoko, digest=seen)


def test_a_seal_meant_for_an_older_revision_does_not_land_on_the_newer(cast: Cast):
    proposal = in_review(cast)
    seen = latest(proposal)
    newer = revised(proposal, by=cast.misaki)
    with refuses("changed", 409):
        reviewing.sign_off(seen, team=cast.sales, by=cast.naoko, digest=newer.digest)


def test_a_new_revision_voids_every_seal(cast: Cast):
    proposal = in_review(cast)
    seal(proposal, team=cast.marketing, by=cast.ryo)
    revised(proposal, by=cast.misaki)
    seal(proposal, team=cast.sales, by=cast.naoko)
    assert fresh(proposal).state == Proposal.IN_REVIEW
    seal(proposal, team=cast.marketing, by=cast.ryo)
    assert fresh(proposal).state == Proposal.PUBLISHED
    assert SignOff.objects.filter(revision__proposal=proposal).count() == 3


def test_an_open_objection_lets_the_first_seal_through_but_not_the_last(cast: Cast):
    proposal = in_review(cast)
    reviewing.raise_objection(latest(proposal), by=cast.kenta, reason="99名の会社は?")
    seal(proposal, team=cast.marketing, by=cast.ryo)
    with refuses("objection_open", 409):
        seal(proposal, team=cast.sales, by=cast.naoko)


def test_a_passed_date_is_not_sealed(cast: Cast):
    proposal = in_review(cast, effective_from=TODAY + timedelta(days=2))
    with on(TODAY + timedelta(days=3)), refuses("date_passed", 409):
        seal(proposal, team=cast.sales, by=cast.naoko)


def test_the_day_it_takes_effect_is_not_yet_past(cast: Cast):
    proposal = in_review(cast, effective_from=TODAY + timedelta(days=2))
    with on(TODAY + timedelta(days=2)):
        seal(proposal, team=cast.sales, by=cast.naoko)
        seal(proposal, team=cast.marketing, by=cast.ryo)
    assert fresh(proposal).state == Proposal.PUBLISHED


def test_a_stale_proposal_is_not_sealed(cast: Cast):
    behind = in_review(cast)
    published(cast)
    with refuses("stale", 409):
        seal(behind, team=cast.sales, by=cast.naoko)


def test_what_is_published_is_not_sealed_again(cast: Cast):
    (version,) = published(cast)
    with refuses("place_filled", 409):
        seal(version.revision.proposal, team=cast.sales, by=cast.koji)


def test_a_withdrawn_proposal_is_not_sealed(cast: Cast):
    proposal = in_review(cast)
    reviewing.withdraw(proposal, by=cast.misaki, reason="出し直す")
    with refuses("ended", 409):
        seal(proposal, team=cast.sales, by=cast.naoko)


def test_a_deactivated_signatory_cannot_seal(cast: Cast):
    proposal = in_review(cast)
    gone = people.deactivate(cast.naoko, by=cast.megumi)
    with refuses("inactive", 403):
        seal(proposal, team=cast.sales, by=gone)


def test_a_signatory_deactivated_while_the_page_was_open_cannot_seal(cast: Cast):
    proposal = in_review(cast)
    people.deactivate(cast.naoko, by=cast.megumi)
    with refuses("inactive", 403):
        seal(proposal, team=cast.sales, by=cast.naoko)


def test_a_signatory_who_became_a_member_while_the_page_was_open_cannot_seal(cast: Cast):
    proposal = in_review(cast)
    people.join(cast.sales, user=cast.naoko, role="member", by=cast.megumi)
    with refuses("not_a_signatory", 403):
        seal(proposal, team=cast.sales, by=cast.naoko)


def test_a_seal_whose_role_was_lost_no_longer_counts_and_another_can_fill_the_place(cast: Cast):
    proposal = in_review(cast)
    seal(proposal, team=cast.sales, by=cast.naoko)
    people.leave(cast.seat(cast.naoko), by=cast.megumi)
    seal(proposal, team=cast.marketing, by=cast.ryo)
    assert fresh(proposal).state == Proposal.IN_REVIEW
    seal(proposal, team=cast.sales, by=cast.koji)
    assert fresh(proposal).state == Proposal.PUBLISHED


def test_a_role_given_back_does_not_revive_the_seal(cast: Cast):
    proposal = in_review(cast)
    seal(proposal, team=cast.sales, by=cast.naoko)
    people.leave(cast.seat(cast.naoko), by=cast.megumi)
    people.join(cast.sales, user=cast.naoko, role="signatory", by=cast.megumi)
    seal(proposal, team=cast.marketing, by=cast.ryo)
    assert fresh(proposal).state == Proposal.IN_REVIEW


def test_a_deactivation_voids_the_seal_even_after_reactivation(cast: Cast):
    proposal = in_review(cast)
    seal(proposal, team=cast.sales, by=cast.naoko)
    gone = people.deactivate(cast.naoko, by=cast.megumi)
    back = people.reactivate(gone, by=cast.megumi)
    people.join(cast.sales, user=back, role="signatory", by=cast.megumi)
    seal(proposal, team=cast.marketing, by=cast.ryo)
    assert fresh(proposal).state == Proposal.IN_REVIEW


def test_the_inbox_holds_what_one_may_seal_and_nothing_else(cast: Cast):
    proposal = in_review(cast)
    in_review(cast, "meeting", by=cast.naoko)

    def awaits(user):
        return set(Proposal.objects.awaiting(user, TODAY))

    assert proposal in awaits(cast.naoko)
    assert len(awaits(cast.koji)) == 2
    assert awaits(cast.kenta) == set()
    assert len(awaits(cast.naoko)) == 1
    seal(proposal, team=cast.sales, by=cast.koji)
    assert awaits(cast.naoko) == set()


def test_a_name_that_was_published_meanwhile_is_not_published_again(cast: Cast):
    proposals = []
    for key, name in (("follow_lead", "Follow ups"), ("followed_lead", "Ｆｏｌｌｏｗ　ｕｐｓ")):
        proposals.append(started(cast.misaki))
        write(proposals[-1], by=cast.misaki, new={key: words(name_ja=f"{key}の数", name_en=name)})
        submitting.submit(proposals[-1], by=cast.misaki)
        seal(proposals[-1], team=cast.marketing, by=cast.ryo)
    first, second = proposals
    seal(first, team=cast.sales, by=cast.naoko)
    assert "look_alike" in {need.code for need in before_publication(Standing(fresh(second)))}
    with refuses("look_alike", 409):
        seal(second, team=cast.sales, by=cast.naoko)


def test_whose_seal_lapsed_is_told_so_and_the_checklist_asks_for_somebody_else(cast: Cast):
    """Given the role back, Naoko is the only signatory of sales, and has sealed this revision before."""
    proposal = in_review(cast)
    seal(proposal, team=cast.sales, by=cast.naoko)
    people.leave(cast.seat(cast.koji), by=cast.megumi)
    for role in ("member", "signatory"):
        people.join(cast.sales, user=cast.naoko, role=role, by=cast.megumi)
    needs = [need for need in before_publication(Standing(fresh(proposal))) if need.code == "no_signatory"]
    assert "一度押印しています" in needs[0].sentence
    with refuses("sealed_already", 409):
        seal(proposal, team=cast.sales, by=cast.naoko)
    people.join(cast.sales, user=cast.kenta, role="signatory", by=cast.megumi)
    assert seal(proposal, team=cast.sales, by=cast.kenta)
