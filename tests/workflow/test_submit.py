"""Asking the teams to agree: what freezes, what is refused, and what a resubmission voids."""

from datetime import timedelta

import pytest

from registry.models import Proposal
from registry.models.proposals import revision_digest
from registry.readiness import NotReady, before_submission
from registry.standing import Standing
from registry.workflow import drafting, people, reviewing, submitting
from tests.cast import (
    FOUNDED,
    TODAY,
    Cast,
    acts,
    drafted,
    fresh,
    in_review,
    latest,
    legal_team,
    published,
    refuses,
    retired,
    revised,
    seal,
    sealed,
    started,
    words,
    write,
)
from tests.counting import agreed
from tests.data import declare


def needs(proposal: Proposal, *, by) -> set[str]:
    """The codes of everything that submitting now is refused for."""
    with pytest.raises(NotReady) as caught:
        submitting.submit(proposal, by=by)
    assert caught.value.status == 409
    return {need.code for need in caught.value.needs}


def test_submitting_freezes_the_working_copies_as_a_revision(cast: Cast):
    proposal = drafted(cast)
    revision = submitting.submit(proposal, by=cast.misaki)
    copy = proposal.working_copies.get()
    (clause,) = revision.clauses.all()
    assert fresh(proposal).state == Proposal.IN_REVIEW
    assert (revision.number, clause.key, clause.wording, clause.base) == (
        1,
        "target_lead",
        copy.wording,
        copy.base,
    )
    assert {place.team for place in revision.places.all()} == {cast.marketing, cast.sales}
    assert revision.digest == revision_digest(revision.document())


def test_writing_on_does_not_touch_what_was_submitted(cast: Cast):
    proposal = in_review(cast)
    before = latest(proposal).document()
    write(proposal, by=cast.misaki, change={"target_lead": {"text_ja": "書きかけ"}})
    assert latest(proposal).document() == before
    assert latest(proposal).number == 1


def test_a_resubmission_is_the_next_revision(cast: Cast):
    proposal = in_review(cast)
    assert revised(proposal, by=cast.misaki).number == 2
    assert acts(proposal)[-1] == "resubmitted"


def test_an_identical_resubmission_is_refused_and_voids_no_seal(cast: Cast):
    proposal = in_review(cast)
    seal(proposal, team=cast.marketing, by=cast.ryo)
    assert needs(proposal, by=cast.misaki) == {"identical"}
    seal(proposal, team=cast.sales, by=cast.naoko)
    assert fresh(proposal).state == Proposal.PUBLISHED


@pytest.mark.parametrize("field", ["title_ja", "title_en", "reason_ja", "reason_en"])
def test_another_title_or_reason_is_new_content_since_signers_are_told_it(cast: Cast, field: str):
    proposal = in_review(cast)
    drafting.save(proposal, by=cast.misaki, heading={field: "別の言い方"})
    assert submitting.submit(proposal, by=cast.misaki).number == 2


def test_another_date_is_new_content(cast: Cast):
    proposal = in_review(cast)
    drafting.save(proposal, by=cast.misaki, effective_from=TODAY + timedelta(days=30))
    assert submitting.submit(proposal, by=cast.misaki).number == 2


def test_a_resubmission_counts_the_seals_it_voids(cast: Cast):
    proposal = in_review(cast)
    seal(proposal, team=cast.marketing, by=cast.ryo)
    revised(proposal, by=cast.misaki)
    assert proposal.events.get(act="resubmitted").detail["voided"] == 1


def test_an_empty_proposal_is_told_everything_it_lacks_at_once(cast: Cast):
    proposal = drafting.start(by=cast.misaki)
    assert needs(proposal, by=cast.misaki) == {"no_title", "no_reason", "no_date", "no_metric"}


def test_missing_texts_are_named_by_metric_and_field(cast: Cast):
    proposal = started(cast.misaki)
    write(proposal, by=cast.misaki, new={"follow_lead": words(text_ja="", condition="")})
    with pytest.raises(NotReady) as caught:
        submitting.submit(proposal, by=cast.misaki)
    assert {(need.key, need.field) for need in caught.value.needs} == {
        ("follow_lead", "text_ja"),
        ("follow_lead", "condition"),
    }


def test_a_summed_metric_needs_what_it_sums_and_a_calculated_one_its_formula(cast: Cast):
    proposal = started(cast.misaki)
    summed = words(kind="summed", name_ja="売上", name_en="Revenue")
    rate = words(kind="calculated", condition="", name_ja="商談化率", name_en="Meeting rate")
    write(proposal, by=cast.misaki, new={"revenue": summed, "meeting_rate": rate})
    with pytest.raises(NotReady) as caught:
        submitting.submit(proposal, by=cast.misaki)
    assert {(need.key, need.field) for need in caught.value.needs} == {
        ("revenue", "sums"),
        ("meeting_rate", "formula"),
    }


@pytest.mark.parametrize("condition", ["(a = 1", "a = 1)", "a = 'x", "a = 1; DROP TABLE x", "a = 1 -- no"])
def test_a_condition_that_does_not_read_plausibly_is_refused(cast: Cast, condition: str):
    proposal = drafted(cast)
    write(proposal, by=cast.misaki, change={"target_lead": {"condition": condition}})
    assert needs(proposal, by=cast.misaki) == {"incomplete"}


def test_a_worked_example_is_needed_in_both_languages(cast: Cast):
    proposal = drafted(cast)
    example = {"ja": "従業員100名の会社の課長", "en": "", "counts": True}
    write(proposal, by=cast.misaki, change={"target_lead": {"examples": [example]}})
    assert needs(proposal, by=cast.misaki) == {"incomplete"}


@pytest.mark.parametrize("part", ["stage", "producer", "judge", "kind"])
def test_a_choice_that_is_on_no_list_is_refused(cast: Cast, part: str):
    proposal = drafted(cast)
    write(proposal, by=cast.misaki, change={"target_lead": {part: "nobody_knows"}})
    assert "unknown_choice" in needs(proposal, by=cast.misaki)


def test_a_metric_that_says_the_same_as_before_is_refused(cast: Cast):
    proposal = drafted(cast)
    drafting.add_metric(proposal, metric=cast.meeting, by=cast.misaki)
    assert needs(proposal, by=cast.misaki) == {"no_difference"}


def test_a_past_date_is_refused(cast: Cast):
    proposal = drafted(cast, effective_from=TODAY - timedelta(days=1))
    assert needs(proposal, by=cast.misaki) == {"date_passed"}


def test_today_is_not_past(cast: Cast):
    assert in_review(cast, effective_from=TODAY).state == Proposal.IN_REVIEW


def test_a_date_on_which_another_version_begins_is_refused(cast: Cast):
    later = TODAY + timedelta(days=20)
    published(cast, effective_from=later)
    for day in (later, later - timedelta(days=1)):
        assert needs(drafted(cast, effective_from=day), by=cast.misaki) == {"date_overlaps"}
    assert in_review(cast, effective_from=later + timedelta(days=1)).state == Proposal.IN_REVIEW


def test_the_advice_about_a_day_before_a_scheduled_version_can_be_followed(cast: Cast):
    """No correction begins in the future, so the mark is offered only where the day has come."""
    later = TODAY + timedelta(days=20)
    published(cast, effective_from=later)
    assert "7月6日以降の日を選んで" in advice(drafted(cast, effective_from=later - timedelta(days=1)), by=cast.misaki)
    assert "遡及訂正" not in advice(drafted(cast, effective_from=later - timedelta(days=1)), by=cast.misaki)
    assert "遡及訂正" in advice(drafted(cast, effective_from=TODAY), by=cast.misaki)
    assert in_review(cast, effective_from=TODAY, retroactive=True).state == Proposal.IN_REVIEW


def advice(proposal: Proposal, *, by) -> str:
    with pytest.raises(NotReady) as caught:
        submitting.submit(proposal, by=by)
    return str(caught.value)


def test_a_retroactive_correction_cannot_begin_in_the_future(cast: Cast):
    proposal = drafted(cast, effective_from=TODAY + timedelta(days=1), retroactive=True)
    assert needs(proposal, by=cast.misaki) == {"not_retroactive"}


def test_a_retroactive_correction_may_begin_where_the_version_it_replaces_did(cast: Cast):
    assert in_review(cast, effective_from=FOUNDED, retroactive=True).state == Proposal.IN_REVIEW


def test_a_team_whose_signatories_all_wrote_it_cannot_agree(cast: Cast):
    proposal = drafted(cast, by=cast.ryo)
    drafting.invite(proposal, user=cast.aya, by=cast.ryo)
    assert needs(proposal, by=cast.ryo) == {"no_signatory"}


def test_a_team_without_an_active_signatory_cannot_agree(cast: Cast):
    for user in (cast.naoko, cast.koji):
        people.deactivate(user, by=cast.megumi)
    assert needs(drafted(cast), by=cast.misaki) == {"no_signatory"}


def test_both_the_team_that_judged_until_now_and_the_one_that_will_have_to_agree(cast: Cast):
    legal_team(cast)
    proposal = drafted(cast)
    write(proposal, by=cast.misaki, change={"target_lead": {"judge": "legal"}})
    revision = submitting.submit(proposal, by=cast.misaki)
    assert {place.team.key for place in revision.places.all()} == {"marketing", "sales", "legal"}


def test_only_contributors_submit(cast: Cast):
    proposal = drafted(cast)
    with refuses("not_a_contributor", 403):
        submitting.submit(proposal, by=cast.kenta)
    drafting.invite(proposal, user=cast.kenta, by=cast.misaki)
    assert submitting.submit(proposal, by=cast.kenta).submitted_by == cast.kenta


@pytest.mark.parametrize("act", ["save", "submit", "rebase"])
def test_whoever_is_in_no_team_any_more_does_not_propose(cast: Cast, act: str):
    proposal = drafted(cast)
    if act == "rebase":
        published(cast, by=cast.kenta)
    people.leave(cast.seat(cast.misaki), by=cast.megumi)
    with refuses("not_a_member", 403):
        {
            "save": lambda: drafting.save(proposal, by=cast.misaki, heading={"title_ja": "別の題"}),
            "submit": lambda: submitting.submit(proposal, by=cast.misaki),
            "rebase": lambda: submitting.rebase(proposal, by=cast.misaki, wordings={"target_lead": {}}),
        }[act]()
    assert reviewing.withdraw(proposal, by=cast.misaki).state == Proposal.WITHDRAWN


def test_submitting_what_another_saved_meanwhile_is_refused(cast: Cast):
    proposal = drafted(cast)
    seen = fresh(proposal).edits
    write(proposal, by=cast.misaki, change={"target_lead": {"unit_ja": "人"}})
    with refuses("edited_meanwhile", 409):
        submitting.submit(proposal, by=cast.misaki, edits=seen)


def test_what_has_ended_is_not_submitted_again(cast: Cast):
    proposal = in_review(cast)
    reviewing.reject(proposal, by=cast.naoko, reason="範囲が広すぎる")
    with refuses("ended", 409):
        submitting.submit(proposal, by=cast.misaki)


def test_a_retirement_needs_a_successor_that_exists_and_is_another(cast: Cast):
    proposal = started(cast.misaki)
    drafting.add_retirement(proposal, metric=cast.target_lead, successor=cast.meeting, by=cast.misaki)
    for wrong in ("target_lead", "nowhere"):
        write(proposal, by=cast.misaki, change={"target_lead": {"successor": wrong}})
        assert needs(proposal, by=cast.misaki) == {"no_successor"}


def test_a_successor_of_what_stays_in_use_is_refused(cast: Cast):
    proposal = drafted(cast)
    write(proposal, by=cast.misaki, change={"target_lead": {"successor": "meeting"}})
    assert needs(proposal, by=cast.misaki) == {"successor_without_retirement"}
    write(proposal, by=cast.misaki, change={"target_lead": {"retired": True}})
    assert submitting.submit(proposal, by=cast.misaki)


def test_a_metric_does_not_come_into_being_retired(cast: Cast):
    proposal = started(cast.misaki)
    write(proposal, by=cast.misaki, new={"follow_lead": words(retired=True)})
    assert needs(proposal, by=cast.misaki) == {"nothing_to_retire"}


def test_a_key_that_was_taken_meanwhile_is_refused(cast: Cast):
    first, second = started(cast.misaki), started(cast.kenta)
    write(first, by=cast.misaki, new={"follow_lead": words()})
    write(second, by=cast.kenta, new={"follow_lead": words()})
    submitting.submit(first, by=cast.misaki)
    sealed(cast, first)
    assert needs(second, by=cast.kenta) == {"duplicate_key"}


def test_a_draft_behind_the_newest_version_is_refused(cast: Cast):
    behind = drafted(cast)
    published(cast)
    assert "stale" in needs(behind, by=cast.misaki)


@pytest.mark.parametrize(
    "name",
    ["商談数", "商 談 数", "MEETINGS", "Ｍｅｅｔｉｎｇｓ", "meetings "],
    ids=["same", "spaced", "capitals", "full-width", "trailing"],
)
def test_a_name_that_looks_like_another_metrics_is_refused(cast: Cast, name: str):
    proposal = drafted(cast)
    language = "ja" if name[0] == "商" else "en"
    write(proposal, by=cast.misaki, change={"target_lead": {f"name_{language}": name}})
    assert needs(proposal, by=cast.misaki) == {"look_alike"}


def test_the_name_of_a_metric_that_takes_effect_later_is_taken_too(cast: Cast):
    later = started(cast.misaki, effective_from=TODAY + timedelta(days=30))
    write(later, by=cast.misaki, new={"follow_lead": words()})
    submitting.submit(later, by=cast.misaki)
    for team, by in ((cast.marketing, cast.ryo), (cast.sales, cast.naoko)):
        seal(later, team=team, by=by)
    proposal = started(cast.misaki)
    write(proposal, by=cast.misaki, new={"followed_lead": words()})
    assert needs(proposal, by=cast.misaki) == {"look_alike"}


def test_two_new_metrics_of_one_proposal_may_not_look_alike(cast: Cast):
    proposal = started(cast.misaki)
    write(proposal, by=cast.misaki, new={"follow_lead": words(), "followed_lead": words()})
    assert needs(proposal, by=cast.misaki) == {"look_alike"}


@pytest.mark.parametrize("word", ["商談数", "Meetings", "打ち合わせ"], ids=["name", "english", "synonym"])
def test_a_synonym_that_another_metric_bears_is_refused(cast: Cast, word: str):
    agreed(cast, meeting={"synonyms_ja": ["打ち合わせ"]})
    proposal = drafted(cast)
    write(proposal, by=cast.misaki, change={"target_lead": {"synonyms_ja": ["対象リード", word]}})
    assert needs(proposal, by=cast.misaki) == {"look_alike"}


def test_a_synonym_is_reported_where_it_stands_and_not_at_the_name_that_has_its_character(cast: Cast):
    agreed(cast, meeting={"synonyms_ja": ["率"]})
    proposal = drafted(cast)
    write(proposal, by=cast.misaki, change={"target_lead": {"name_ja": "対象リード率", "synonyms_ja": ["率"]}})
    (need,) = (each for each in before_submission(Standing(fresh(proposal))) if each.code == "look_alike")
    assert need.field == "synonyms_ja"
    assert "商談数" in need.sentence, "the other one is told by its name"


def test_a_name_that_is_anothers_synonym_is_refused(cast: Cast):
    proposal = started(cast.misaki)
    write(proposal, by=cast.misaki, new={"lead": words(name_ja="対象リード", name_en="Leads in view")})
    assert needs(proposal, by=cast.misaki) == {"look_alike"}


def test_two_metrics_of_one_proposal_may_not_share_a_synonym(cast: Cast):
    proposal = started(cast.misaki)
    one = words(name_ja="一つ目", name_en="First", synonyms_en=["Same"])
    other = words(name_ja="二つ目", name_en="Second", synonyms_ja=["ＳＡＭＥ"])
    write(proposal, by=cast.misaki, new={"first": one, "second": other})
    assert needs(proposal, by=cast.misaki) == {"look_alike"}


def test_what_replaces_a_metric_may_be_found_by_its_name(cast: Cast):
    retired(cast, cast.meeting, cast.target_lead)
    proposal = drafted(cast)
    write(proposal, by=cast.misaki, change={"target_lead": {"synonyms_ja": ["商談数"]}})
    assert submitting.submit(proposal, by=cast.misaki)
    write(proposal, by=cast.misaki, change={"target_lead": {"name_ja": "商談数"}})
    assert needs(proposal, by=cast.misaki) == {"look_alike"}


def test_a_metric_may_keep_its_own_name(cast: Cast):
    assert in_review(cast).state == Proposal.IN_REVIEW


def test_what_could_not_be_read_before_the_change_either_stops_nobody(cast: Cast):
    """Agreed before any words were declared, so that nobody could tell."""
    unread = {"meeting": {"condition": "is_target_lead AND colour = 'red'"}}
    other = write(started(cast.misaki), by=cast.misaki, change=unread)
    submitting.submit(other, by=cast.misaki)
    sealed(cast, other)
    declare(cast)
    proposal = drafted(cast)
    submitting.submit(proposal, by=cast.misaki)
    seal(proposal, team=cast.marketing, by=cast.ryo)
