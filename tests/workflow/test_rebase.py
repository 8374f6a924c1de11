"""When another proposal was published meanwhile: nothing is merged unseen, no seal is carried over."""

from datetime import timedelta

import pytest

from registry import rules
from registry.models import Proposal
from registry.refusals import WrongState
from registry.standing import Standing
from registry.workflow import reviewing, submitting
from tests.cast import (
    TODAY,
    Cast,
    drafted,
    fresh,
    in_review,
    latest,
    published,
    refuses,
    rejects_text,
    seal,
    sealed,
    started,
    versions_of,
    words,
    write,
)


def behind(cast: Cast, *keys: str) -> Proposal:
    """In review and sealed once, when Kenta's proposal on target_lead is published with an earlier date."""
    proposal = in_review(cast, *keys, effective_from=TODAY + timedelta(days=10))
    seal(proposal, team=cast.marketing, by=cast.ryo)
    published(cast, by=cast.kenta)
    return fresh(proposal)


def test_it_is_stale_as_soon_as_another_is_published(cast: Cast):
    proposal = in_review(cast)
    assert Standing(proposal).stale == []
    published(cast, by=cast.kenta)
    assert [clause.key for clause in Standing(fresh(proposal)).stale] == ["target_lead"]


def test_another_metrics_new_version_makes_nothing_stale(cast: Cast):
    proposal = in_review(cast)
    published(cast, "meeting", by=cast.kenta)
    assert Standing(fresh(proposal)).stale == []


def test_a_stale_joint_proposal_publishes_none_of_its_metrics(cast: Cast):
    proposal = behind(cast, "meeting", "target_lead")
    with refuses("stale", 409):
        seal(proposal, team=cast.sales, by=cast.naoko)
    assert cast.meeting.versions.count() == 1


def test_the_chosen_words_become_the_working_copy_on_the_newer_base(cast: Cast):
    proposal = behind(cast)
    newer = cast.target_lead.versions.get(number=2)
    submitting.rebase(
        proposal, by=cast.misaki, wordings={"target_lead": {"text_ja": "両方を生かした文", "unit_ja": "人"}}
    )
    copy = proposal.working_copies.get()
    assert (copy.base, copy.number) == (newer, 3)
    assert (copy.wording["text_ja"], copy.wording["unit_ja"]) == ("両方を生かした文", "人")
    assert proposal.events.get(act="rebased").detail["versions"] == {"target_lead": 2}


def test_rebasing_carries_no_seal_over_and_publishes_only_what_was_sealed_anew(cast: Cast):
    proposal = behind(cast)
    submitting.rebase(proposal, by=cast.misaki, wordings={"target_lead": {"text_ja": "両方を生かした文"}})
    with refuses("stale", 409):
        seal(proposal, team=cast.sales, by=cast.naoko)
    submitting.submit(proposal, by=cast.misaki)
    assert Standing(fresh(proposal)).seals == {}
    seal(proposal, team=cast.sales, by=cast.naoko)
    seal(proposal, team=cast.marketing, by=cast.ryo)
    (version,) = versions_of(proposal)
    assert (version.number, version.base.number) == (3, 2)


def test_what_was_published_after_the_page_was_opened_is_not_taken(cast: Cast):
    proposal = behind(cast)
    seen = Standing(proposal).newer_digest
    published(cast, by=cast.kenta, effective_from=TODAY + timedelta(days=1))
    with refuses("changed", 409):
        submitting.rebase(proposal, by=cast.misaki, wordings={"target_lead": {}}, seen=seen)


def test_every_metric_that_is_behind_has_to_be_decided(cast: Cast):
    proposal = in_review(cast, "meeting", "target_lead")
    published(cast, "meeting", "target_lead", by=cast.kenta)
    with refuses("not_decided", 409):
        submitting.rebase(proposal, by=cast.misaki, wordings={"target_lead": {"text_ja": "決めた"}})


def test_a_metric_that_is_not_behind_keeps_its_words(cast: Cast):
    proposal = behind(cast, "meeting", "target_lead")
    before = proposal.working_copies.get(key="meeting")
    submitting.rebase(proposal, by=cast.misaki, wordings={"target_lead": {}, "meeting": {"text_ja": "ついでに"}})
    after = proposal.working_copies.get(key="meeting")
    assert (after.wording, after.base) == (before.wording, before.base)


def test_taking_their_words_whole_leaves_nothing_to_submit(cast: Cast):
    proposal = behind(cast)
    theirs = cast.target_lead.versions.get(number=2).wording
    submitting.rebase(proposal, by=cast.misaki, wordings={"target_lead": theirs})
    with pytest.raises(WrongState) as caught:
        submitting.submit(proposal, by=cast.misaki)
    assert caught.value.code == "no_difference"


def test_a_draft_is_brought_up_to_date_in_the_same_way(cast: Cast):
    proposal = drafted(cast)
    published(cast, by=cast.kenta)
    submitting.rebase(proposal, by=cast.misaki, wordings={"target_lead": {"text_ja": "選んだ文"}})
    assert proposal.working_copies.get().base.number == 2


def test_a_new_metric_whose_key_was_taken_becomes_a_change_of_it(cast: Cast):
    ours, theirs = started(cast.misaki), started(cast.kenta)
    write(ours, by=cast.misaki, new={"follow_lead": words()})
    submitting.submit(ours, by=cast.misaki)
    write(theirs, by=cast.kenta, new={"follow_lead": words(unit_ja="人")})
    submitting.submit(theirs, by=cast.kenta)
    sealed(cast, theirs)
    with refuses("stale", 409):
        seal(ours, team=cast.sales, by=cast.naoko)
    submitting.rebase(ours, by=cast.misaki, wordings={"follow_lead": {}})
    copy = ours.working_copies.get()
    assert (copy.metric.key, copy.number) == ("follow_lead", 2)


def test_what_is_up_to_date_is_not_rebased(cast: Cast):
    proposal = in_review(cast)
    with refuses("not_stale", 409):
        submitting.rebase(proposal, by=cast.misaki, wordings={"target_lead": {}})


def test_only_contributors_rebase(cast: Cast):
    proposal = behind(cast)
    with refuses("not_a_contributor", 403):
        submitting.rebase(proposal, by=cast.kenta, wordings={"target_lead": {}})


def test_what_has_ended_is_not_rebased(cast: Cast):
    proposal = behind(cast)
    reviewing.withdraw(proposal, by=cast.misaki, reason="出し直す")
    with refuses("ended", 409):
        submitting.rebase(proposal, by=cast.misaki, wordings={"target_lead": {}})


def test_words_that_deceive_are_refused_here_too(cast: Cast):
    proposal = behind(cast)
    with rejects_text("target_lead-text_ja"):
        submitting.rebase(proposal, by=cast.misaki, wordings={"target_lead": {"text_ja": "a\u202eb"}})


def test_the_button_asks_what_the_verb_asks(cast: Cast):
    """What was submitted stays stale until it is submitted anew, but there is nothing left to bring in."""
    proposal = behind(cast)
    assert rules.refusal("rebase", Standing(proposal), by=cast.misaki) is None
    submitting.rebase(proposal, by=cast.misaki, wordings={"target_lead": {"text_ja": "選んだ文"}})
    refused = rules.refusal("rebase", Standing(fresh(proposal)), by=cast.misaki)
    assert refused is not None
    assert refused.code == "not_stale"
    with refuses("not_stale", 409):
        submitting.rebase(proposal, by=cast.misaki, wordings={"target_lead": {"text_ja": "もう一度"}})


def test_a_rebase_counts_as_an_edit(cast: Cast):
    proposal = behind(cast)
    seen = fresh(proposal).edits
    submitting.rebase(proposal, by=cast.misaki, wordings={"target_lead": {"text_ja": "選んだ文"}})
    with refuses("edited_meanwhile", 409):
        submitting.submit(proposal, by=cast.misaki, edits=seen)


def test_the_revision_that_was_stale_stays_as_it_was(cast: Cast):
    proposal = behind(cast)
    before = latest(proposal).document()
    submitting.rebase(proposal, by=cast.misaki, wordings={"target_lead": {"text_ja": "選んだ文"}})
    assert latest(proposal).document() == before
