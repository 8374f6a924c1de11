"""Objections, comments, and the ways a proposal ends without agreement."""

from datetime import timedelta

import pytest

from registry.models import Proposal, User
from registry.workflow import drafting, people, reviewing
from tests.cast import (
    NOW,
    Cast,
    acts,
    drafted,
    fresh,
    in_review,
    latest,
    on,
    published,
    refuses,
    rejects_text,
    revised,
    seal,
    sealed,
    started,
)


def objected(proposal: Proposal, *, by: User):
    return reviewing.raise_objection(latest(proposal), by=by, reason="99名の会社はどうする?")


# Objections


def test_any_member_who_did_not_write_it_may_object(cast: Cast):
    proposal = in_review(cast)
    for member in (cast.kenta, cast.naoko, cast.megumi, cast.ryo):
        assert objected(proposal, by=member).is_open
    with refuses("contributor", 403):
        objected(proposal, by=cast.misaki)
    with refuses("not_a_member", 403):
        objected(proposal, by=cast.takuya)


def test_an_objection_needs_a_reason(cast: Cast):
    proposal = in_review(cast)
    with rejects_text("reason"):
        reviewing.raise_objection(latest(proposal), by=cast.kenta, reason="  \n ")


@pytest.mark.parametrize("reason", ["a\u202eb", "a\x00b", "x" * 5_001], ids=["bidi", "control", "overlong"])
def test_a_reason_that_deceives_is_refused(cast: Cast, reason: str):
    proposal = in_review(cast)
    with rejects_text("reason"):
        reviewing.raise_objection(latest(proposal), by=cast.kenta, reason=reason)


def test_an_objection_can_point_at_a_field(cast: Cast):
    proposal = in_review(cast)
    objection = reviewing.raise_objection(
        latest(proposal), by=cast.kenta, reason="曖昧", key="target_lead", field="condition"
    )
    assert (objection.key, objection.field) == ("target_lead", "condition")


@pytest.mark.parametrize(("key", "field"), [("meeting", ""), ("target_lead", "colour"), ("", "text_ja")], ids=str)
def test_a_place_that_is_not_in_the_proposal_is_refused(cast: Cast, key: str, field: str):
    proposal = in_review(cast)
    with rejects_text("field"):
        reviewing.raise_objection(latest(proposal), by=cast.kenta, reason="曖昧", key=key, field=field)
    with rejects_text("field"):
        reviewing.comment(proposal, by=cast.kenta, words="曖昧", key=key, field=field)


def test_a_draft_is_not_objected_to(cast: Cast):
    revision = latest(in_review(cast))
    revision.proposal = drafted(cast, "meeting")
    with refuses("draft", 409):
        reviewing.raise_objection(revision, by=cast.kenta, reason="早い")


def test_what_is_published_is_not_objected_to(cast: Cast):
    (version,) = published(cast)
    with refuses("ended", 409):
        objected(version.revision.proposal, by=cast.kenta)


def test_who_raised_an_objection_closes_it(cast: Cast):
    proposal = in_review(cast)
    objection = reviewing.close_objection(objected(proposal, by=cast.kenta), by=cast.kenta)
    assert (objection.closed_by, objection.closed_at) == (cast.kenta, NOW)
    sealed(cast, proposal)
    assert fresh(proposal).state == Proposal.PUBLISHED


def test_a_steward_closes_it_with_a_written_reason_only(cast: Cast):
    objection = objected(in_review(cast), by=cast.kenta)
    with rejects_text("reason"):
        reviewing.close_objection(objection, by=cast.megumi)
    closed = reviewing.close_objection(objection, by=cast.megumi, reason="改訂2で答えた")
    assert closed.closing_reason == "改訂2で答えた"


def test_nobody_else_closes_it(cast: Cast):
    objection = objected(in_review(cast), by=cast.kenta)
    for other in (cast.misaki, cast.naoko):
        with refuses("not_your_objection", 403):
            reviewing.close_objection(objection, by=other, reason="もうよい")


def test_a_steward_who_wrote_the_proposal_does_not_close_objections_to_it(cast: Cast):
    objection = objected(in_review(cast, by=cast.megumi), by=cast.kenta)
    with refuses("not_your_objection", 403):
        reviewing.close_objection(objection, by=cast.megumi, reason="もうよい")


def test_an_objection_is_closed_once(cast: Cast):
    objection = objected(in_review(cast), by=cast.kenta)
    reviewing.close_objection(objection, by=cast.kenta)
    with refuses("objection_closed", 409):
        reviewing.close_objection(objection, by=cast.kenta)


def test_an_objection_of_an_ended_proposal_stays_as_it_is(cast: Cast):
    proposal = in_review(cast)
    objection = objected(proposal, by=cast.kenta)
    reviewing.withdraw(proposal, by=cast.misaki, reason="出し直す")
    with refuses("ended", 409):
        reviewing.close_objection(objection, by=cast.kenta)


def test_an_objection_outlives_a_revision(cast: Cast):
    proposal = in_review(cast)
    objected(proposal, by=cast.kenta)
    revised(proposal, by=cast.misaki)
    seal(proposal, team=cast.marketing, by=cast.ryo)
    with refuses("objection_open", 409):
        seal(proposal, team=cast.sales, by=cast.naoko)


# Comments


def test_members_comment_and_answers_belong_to_the_thread(cast: Cast):
    proposal = in_review(cast)
    first = reviewing.comment(proposal, by=cast.kenta, words="99名は?", key="target_lead", field="condition")
    answer = reviewing.comment(proposal, by=cast.misaki, words="数えません", parent=first)
    second = reviewing.comment(proposal, by=cast.kenta, words="了解です", parent=answer)
    assert (answer.parent, second.parent) == (first, first)
    assert (second.key, second.field) == ("target_lead", "condition")


def test_readers_do_not_comment(cast: Cast):
    proposal = in_review(cast)
    with refuses("not_a_member", 403):
        reviewing.comment(proposal, by=cast.takuya, words="質問です")


def test_a_comment_says_something(cast: Cast):
    proposal = in_review(cast)
    for text in ("", "  ", "a\u2067b"):
        with rejects_text("text"):
            reviewing.comment(proposal, by=cast.kenta, words=text)


def test_an_answer_belongs_to_the_same_proposal(cast: Cast):
    said = reviewing.comment(in_review(cast), by=cast.kenta, words="99名は?")
    other = in_review(cast, "meeting")
    with rejects_text("parent"):
        reviewing.comment(other, by=cast.misaki, words="こちらへ", parent=said)


def test_a_draft_is_discussed_by_its_contributors_alone(cast: Cast):
    proposal = drafted(cast)
    assert reviewing.comment(proposal, by=cast.misaki, words="下書きです")
    with refuses("hidden", 403):
        reviewing.comment(proposal, by=cast.kenta, words="見えますか")


def test_an_ended_proposal_is_not_commented_on(cast: Cast):
    (version,) = published(cast)
    with refuses("ended", 409):
        reviewing.comment(version.revision.proposal, by=cast.kenta, words="遅れました")


# Rejecting, withdrawing, expiring


def test_a_signatory_rejects_with_a_reason(cast: Cast):
    proposal = in_review(cast)
    with rejects_text("reason"):
        reviewing.reject(proposal, by=cast.naoko, reason="")
    ended = reviewing.reject(proposal, by=cast.naoko, reason="範囲が広すぎる")
    assert (ended.state, ended.ended_at) == (Proposal.REJECTED, NOW)
    assert proposal.events.get(act="rejected").reason == "範囲が広すぎる"


def test_nobody_else_rejects(cast: Cast):
    proposal = in_review(cast)
    for other in (cast.kenta, cast.megumi, cast.takuya):
        with refuses("not_a_signatory", 403):
            reviewing.reject(proposal, by=other, reason="だめ")
    with refuses("contributor", 403):
        reviewing.reject(proposal, by=cast.misaki, reason="やめる")


def test_a_draft_is_not_rejected(cast: Cast):
    """Whoever must agree is only known from submission on, so it is not the seat that is lacking."""
    proposal = drafted(cast)
    with refuses("draft", 409):
        reviewing.reject(proposal, by=cast.naoko, reason="早い")


def test_the_author_withdraws_with_a_reason_once_others_have_seen_it(cast: Cast):
    proposal = in_review(cast)
    with rejects_text("reason"):
        reviewing.withdraw(proposal, by=cast.misaki)
    assert reviewing.withdraw(proposal, by=cast.misaki, reason="出し直す").state == Proposal.WITHDRAWN


def test_a_draft_is_withdrawn_without_a_word(cast: Cast):
    assert reviewing.withdraw(started(cast.misaki), by=cast.misaki).state == Proposal.WITHDRAWN


def test_only_the_author_withdraws(cast: Cast):
    proposal = drafted(cast)
    drafting.invite(proposal, user=cast.kenta, by=cast.misaki)
    for other in (cast.kenta, cast.megumi):
        with refuses("not_the_author", 403):
            reviewing.withdraw(proposal, by=other, reason="やめる")


def test_a_proposal_expires_by_itself_and_by_nobody_else(cast: Cast):
    proposal = in_review(cast)
    with refuses("system_only", 403):
        reviewing.expire(proposal, by=cast.megumi, days=60)
    with on(NOW.date() + timedelta(days=60)):
        ended = reviewing.expire(proposal, by=User.objects.system(), days=60)
    assert ended.state == Proposal.EXPIRED
    assert "60" in proposal.events.get(act="expired").reason


@pytest.mark.parametrize("ending", ["reject", "withdraw", "expire"])
def test_an_ending_leaves_the_published_version_byte_for_byte(cast: Cast, ending: str):
    before = cast.target_lead.latest.document()
    proposal = in_review(cast)
    seal(proposal, team=cast.marketing, by=cast.ryo)
    by = {"reject": cast.naoko, "withdraw": cast.misaki, "expire": User.objects.system()}[ending]
    how = {"days": 60} if ending == "expire" else {"reason": "終わり"}
    getattr(reviewing, ending)(proposal, by=by, **how)
    cast.target_lead.refresh_from_db()
    assert cast.target_lead.latest.document() == before
    assert cast.target_lead.versions.count() == 1
    assert "published" not in acts(proposal)


@pytest.mark.parametrize("ending", ["reject", "withdraw", "expire"])
def test_what_has_ended_does_not_end_again(cast: Cast, ending: str):
    (version,) = published(cast)
    by = {"reject": cast.koji, "withdraw": cast.misaki, "expire": User.objects.system()}[ending]
    how = {"days": 60} if ending == "expire" else {"reason": "終わり"}
    with refuses("ended", 409):
        getattr(reviewing, ending)(version.revision.proposal, by=by, **how)


def test_a_deactivated_member_takes_part_in_nothing(cast: Cast):
    proposal = in_review(cast)
    gone = people.deactivate(cast.kenta, by=cast.megumi)
    with refuses("inactive", 403):
        reviewing.comment(proposal, by=gone, words="まだいます")
    with refuses("inactive", 403):
        objected(proposal, by=gone)
