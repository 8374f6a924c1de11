"""Writing a proposal: who may, what is kept, and what is refused before it deceives anybody."""

import pytest

from registry.models import Contributor, Proposal
from registry.refusals import WrongState
from registry.workflow import drafting, people, reviewing, submitting
from tests.cast import (
    TODAY,
    Cast,
    acts,
    drafted,
    fresh,
    in_review,
    published,
    refuses,
    rejects_text,
    seal,
    sealed,
    started,
    words,
    write,
)


def test_a_draft_begins_empty_and_its_author_contributes(cast: Cast):
    proposal = drafting.start(by=cast.misaki)
    assert (proposal.state, proposal.author) == (Proposal.DRAFT, cast.misaki)
    assert [each.user for each in proposal.contributors.all()] == [cast.misaki]


def test_a_steward_may_propose_and_a_reader_may_not(cast: Cast):
    assert drafting.start(by=cast.megumi).author == cast.megumi
    with refuses("not_a_member", 403):
        drafting.start(by=cast.takuya)


def test_who_left_the_company_proposes_nothing(cast: Cast):
    gone = people.deactivate(cast.misaki, by=cast.megumi)
    with refuses("inactive", 403):
        drafting.start(by=gone)


def test_changing_a_metric_begins_with_its_latest_words(cast: Cast):
    published(cast)
    proposal = started(cast.misaki)
    copy = drafting.add_metric(proposal, metric=cast.target_lead, by=cast.misaki)
    assert copy.base == cast.target_lead.versions.get(number=2)
    assert copy.wording == copy.base.wording
    assert copy.number == 3


def test_a_new_metric_begins_blank(cast: Cast):
    copy = drafting.add_new_metric(started(cast.misaki), key="follow_lead", by=cast.misaki)
    assert (copy.metric, copy.base, copy.number) == (None, None, 1)
    assert copy.wording["text_ja"] == ""


@pytest.mark.parametrize("key", ["", "Follow", "追客", "1lead", "a", "a-b", "a b", "x" * 61, "lead\u202e"])
def test_a_key_that_is_no_plain_word_is_refused(cast: Cast, key: str):
    proposal = started(cast.misaki)
    with rejects_text("key"):
        drafting.add_new_metric(proposal, key=key, by=cast.misaki)


def test_a_key_that_is_taken_is_refused(cast: Cast):
    proposal = started(cast.misaki)
    with rejects_text("key"):
        drafting.add_new_metric(proposal, key="meeting", by=cast.misaki)


def test_a_metric_is_in_a_proposal_once(cast: Cast):
    proposal = drafted(cast)
    with refuses("metric_already_in", 409):
        drafting.add_metric(proposal, metric=cast.target_lead, by=cast.misaki)


def test_a_proposal_holds_at_most_thirty_metrics(cast: Cast):
    proposal = started(cast.misaki)
    for number in range(drafting.MAX_METRICS):
        drafting.add_new_metric(proposal, key=f"metric_{number}", by=cast.misaki)
    with refuses("too_many_metrics", 409):
        drafting.add_metric(proposal, metric=cast.meeting, by=cast.misaki)


def test_a_metric_can_be_taken_out_again(cast: Cast):
    proposal = drafted(cast, "meeting", "target_lead")
    drafting.remove_metric(proposal.working_copies.get(key="meeting"), by=cast.misaki)
    assert [copy.key for copy in proposal.working_copies.all()] == ["target_lead"]


def test_saving_keeps_heading_date_and_words(cast: Cast):
    proposal = drafted(cast)
    drafting.save(
        proposal,
        by=cast.misaki,
        heading={"title_ja": "  従業員数を  見直す ", "reason_ja": "一行目 \r\n二行目"},
        effective_from=TODAY,
        wordings={"target_lead": {"unit_ja": " 人 "}},
    )
    proposal = fresh(proposal)
    assert (proposal.title_ja, proposal.reason_ja) == ("従業員数を 見直す", "一行目\n二行目")
    assert (proposal.effective_from, proposal.retroactive) == (TODAY, False)
    assert proposal.working_copies.get().wording["unit_ja"] == "人"


def test_saving_what_is_there_writes_nothing(cast: Cast):
    proposal = drafted(cast)
    before = acts(proposal)
    copy = proposal.working_copies.get()
    drafting.save(proposal, by=cast.misaki, effective_from=TODAY, wordings={"target_lead": copy.wording})
    assert acts(proposal) == before
    assert fresh(proposal).edits == proposal.edits


def test_an_unfinished_text_is_kept(cast: Cast):
    proposal = drafted(cast)
    write(proposal, by=cast.misaki, change={"target_lead": {"text_ja": "", "condition": "(a ="}})
    assert proposal.working_copies.get().wording["condition"] == "(a ="


def test_two_writers_never_overwrite_each_other(cast: Cast):
    proposal = drafted(cast)
    drafting.invite(proposal, user=cast.kenta, by=cast.misaki)
    seen = fresh(proposal).edits
    drafting.save(
        proposal, by=cast.kenta, edits=seen, effective_from=TODAY, wordings={"target_lead": {"unit_ja": "人"}}
    )
    with refuses("edited_meanwhile", 409):
        drafting.save(
            proposal,
            by=cast.misaki,
            edits=seen,
            effective_from=TODAY,
            wordings={"target_lead": {"unit_ja": "名"}},
        )
    assert proposal.working_copies.get().wording["unit_ja"] == "人"


def test_adding_a_metric_counts_as_an_edit(cast: Cast):
    proposal = drafted(cast)
    seen = fresh(proposal).edits
    drafting.add_metric(proposal, metric=cast.meeting, by=cast.misaki)
    with refuses("edited_meanwhile", 409):
        submitting.submit(proposal, by=cast.misaki, edits=seen)


def test_words_for_a_metric_that_was_taken_out_are_refused(cast: Cast):
    proposal = drafted(cast)
    with refuses("metric_not_in", 409):
        drafting.save(proposal, by=cast.misaki, effective_from=TODAY, wordings={"meeting": {"unit_ja": "件"}})


def test_a_field_no_definition_has_is_a_mistake_of_the_caller(cast: Cast):
    proposal = drafted(cast)
    with pytest.raises(KeyError):
        drafting.save(proposal, by=cast.misaki, wordings={"target_lead": {"approved": True}})


DECEIVING = {
    "bidi": "定義\u202eabc",
    "isolate": "a\u2066b",
    "control": "a\x07b",
    "null": "a\x00b",
    "c1": "a\x9bb",
    "surrogate": "a\ud800b",
}


@pytest.mark.parametrize("field", ["text_ja", "name_en", "condition", "formula", "unit_en"])
@pytest.mark.parametrize("text", DECEIVING.values(), ids=DECEIVING)
def test_characters_that_deceive_are_refused_at_their_field(cast: Cast, field: str, text: str):
    proposal = drafted(cast)
    with rejects_text(f"target_lead-{field}"):
        drafting.save(proposal, by=cast.misaki, effective_from=TODAY, wordings={"target_lead": {field: text}})


@pytest.mark.parametrize("text", DECEIVING.values(), ids=DECEIVING)
def test_characters_that_deceive_are_refused_in_titles_lists_and_examples(cast: Cast, text: str):
    proposal = drafted(cast)
    with rejects_text("title_ja"):
        drafting.save(proposal, by=cast.misaki, heading={"title_ja": text}, effective_from=TODAY)
    for field, value in (("synonyms_ja", [text]), ("examples", [{"ja": text, "en": "x", "counts": True}])):
        with rejects_text(f"target_lead-{field}"):
            drafting.save(proposal, by=cast.misaki, effective_from=TODAY, wordings={"target_lead": {field: value}})


OVERLONG = {"name_ja": 81, "summary_en": 121, "text_ja": 10_001, "condition": 8_001, "formula": 1_001}


@pytest.mark.parametrize(("field", "length"), OVERLONG.items(), ids=OVERLONG)
def test_an_overlong_text_is_refused_at_its_field(cast: Cast, field: str, length: int):
    proposal = drafted(cast)
    with rejects_text(f"target_lead-{field}"):
        drafting.save(proposal, by=cast.misaki, effective_from=TODAY, wordings={"target_lead": {field: "あ" * length}})


def test_an_overlong_title_reason_or_list_is_refused(cast: Cast):
    proposal = drafted(cast)
    for field, length in (("title_en", 121), ("reason_ja", 5_001)):
        with rejects_text(field):
            drafting.save(proposal, by=cast.misaki, heading={field: "x" * length}, effective_from=TODAY)
    with rejects_text("target_lead-synonyms_ja"):
        drafting.save(proposal, by=cast.misaki, wordings={"target_lead": {"synonyms_ja": [str(n) for n in range(31)]}})


@pytest.mark.parametrize("name", ["Mееting", "Tаrget leads", "Leаds"], ids=["ee", "a", "Leads"])
def test_a_name_that_mixes_scripts_to_look_like_another_is_refused(cast: Cast, name: str):
    proposal = drafted(cast)
    with rejects_text("target_lead-name_en"):
        drafting.save(proposal, by=cast.misaki, effective_from=TODAY, wordings={"target_lead": {"name_en": name}})


@pytest.mark.parametrize("name", ["SQLリード数", "ターゲットLEAD数", "受注率（%）", "LTV"])
def test_japanese_names_with_latin_words_are_fine(cast: Cast, name: str):
    proposal = drafted(cast)
    write(proposal, by=cast.misaki, change={"target_lead": {"name_ja": name}})
    assert proposal.working_copies.get().wording["name_ja"] == name


# Who may write


def test_only_contributors_write(cast: Cast):
    proposal = drafted(cast)
    for stranger in (cast.kenta, cast.megumi, cast.takuya):
        with refuses("not_a_contributor", 403):
            drafting.save(proposal, by=stranger, heading={"title_ja": "x"}, effective_from=TODAY)
        with refuses("not_a_contributor", 403):
            drafting.add_metric(proposal, metric=cast.meeting, by=stranger)
        with refuses("not_a_contributor", 403):
            drafting.remove_metric(proposal.working_copies.get(), by=stranger)


def test_an_ended_proposal_is_not_written_on(cast: Cast):
    proposal = in_review(cast)
    reviewing.withdraw(proposal, by=cast.misaki, reason="出し直す")
    with refuses("ended", 409):
        drafting.save(proposal, by=cast.misaki, heading={"title_ja": "x"}, effective_from=TODAY)
    with refuses("ended", 409):
        drafting.add_metric(proposal, metric=cast.meeting, by=cast.misaki)


def test_an_invited_contributor_writes_along(cast: Cast):
    proposal = drafted(cast)
    contributor = drafting.invite(proposal, user=cast.kenta, by=cast.misaki)
    assert not contributor.wrote
    write(proposal, by=cast.kenta, change={"target_lead": {"unit_ja": "人"}})
    contributor.refresh_from_db()
    assert contributor.wrote


def test_only_the_author_invites_and_only_active_members(cast: Cast):
    proposal = drafted(cast)
    drafting.invite(proposal, user=cast.kenta, by=cast.misaki)
    with refuses("not_the_author", 403):
        drafting.invite(proposal, user=cast.naoko, by=cast.kenta)
    with refuses("not_a_member", 403):
        drafting.invite(proposal, user=cast.takuya, by=cast.misaki)
    with refuses("contributes_already", 409):
        drafting.invite(proposal, user=cast.kenta, by=cast.misaki)
    gone = people.deactivate(cast.koji, by=cast.megumi)
    with refuses("not_a_member", 403):
        drafting.invite(proposal, user=gone, by=cast.misaki)


def test_who_has_sealed_cannot_be_made_a_writer(cast: Cast):
    proposal = in_review(cast)
    seal(proposal, team=cast.sales, by=cast.naoko)
    with refuses("sealed_already", 409):
        drafting.invite(proposal, user=cast.naoko, by=cast.misaki)


def test_an_invitation_by_which_nothing_was_written_can_be_taken_back(cast: Cast):
    proposal = drafted(cast)
    contributor = drafting.invite(proposal, user=cast.naoko, by=cast.misaki)
    with refuses("not_the_author", 403):
        drafting.uninvite(contributor, by=cast.naoko)
    drafting.uninvite(contributor, by=cast.misaki)
    submitting.submit(proposal, by=cast.misaki)
    assert seal(proposal, team=cast.sales, by=cast.naoko)


def test_who_wrote_stays_named(cast: Cast):
    proposal = drafted(cast)
    contributor = drafting.invite(proposal, user=cast.naoko, by=cast.misaki)
    write(proposal, by=cast.naoko, change={"target_lead": {"unit_ja": "人"}})
    with refuses("has_written", 409):
        drafting.uninvite(contributor, by=cast.misaki)


def test_from_submission_on_every_contributor_stays_named(cast: Cast):
    proposal = drafted(cast)
    contributor = drafting.invite(proposal, user=cast.naoko, by=cast.misaki)
    submitting.submit(proposal, by=cast.misaki)
    with refuses("submitted", 409):
        drafting.uninvite(contributor, by=cast.misaki)
    assert Contributor.objects.get(pk=contributor.pk).wrote


# Retiring and restoring


def test_a_retired_metric_names_its_successor(cast: Cast):
    proposal = started(cast.misaki)
    drafting.add_retirement(proposal, metric=cast.target_lead, successor=cast.meeting, by=cast.misaki)
    submitting.submit(proposal, by=cast.misaki)
    sealed(cast, proposal)
    version = cast.target_lead.versions.get(number=2)
    assert (version.wording["retired"], version.wording["successor"]) == (True, "meeting")
    assert version.spans.get().retired
    assert cast.target_lead.versions.get(number=1).wording["retired"] is False


def test_changing_a_retired_metric_brings_it_back(cast: Cast):
    test_a_retired_metric_names_its_successor(cast)
    copy = drafting.add_metric(started(cast.misaki), metric=cast.target_lead, by=cast.misaki)
    assert (copy.wording["retired"], copy.wording["successor"]) == (False, "")


def test_restoring_makes_a_new_version_with_the_old_words(cast: Cast):
    published(cast, effective_from=TODAY)
    first = cast.target_lead.versions.get(number=1)
    proposal = started(cast.misaki, retroactive=True)
    copy = drafting.add_restoration(proposal, version=first, by=cast.misaki)
    assert copy.base.number == 2
    submitting.submit(proposal, by=cast.misaki)
    sealed(cast, proposal)
    third = cast.target_lead.versions.get(number=3)
    assert third.wording == first.wording
    assert third.digest != first.digest


def test_restoring_the_version_in_force_changes_nothing_and_is_refused(cast: Cast):
    proposal = started(cast.misaki)
    drafting.add_restoration(proposal, version=cast.target_lead.latest, by=cast.misaki)
    with pytest.raises(WrongState) as caught:
        submitting.submit(proposal, by=cast.misaki)
    assert caught.value.code == "no_difference"


def test_a_new_metric_needs_a_complete_wording_only_when_submitted(cast: Cast):
    proposal = started(cast.misaki)
    drafting.add_new_metric(proposal, key="follow_lead", by=cast.misaki)
    with pytest.raises(WrongState):
        submitting.submit(proposal, by=cast.misaki)
    write(proposal, by=cast.misaki, new={"follow_lead": words()})
    assert submitting.submit(proposal, by=cast.misaki).number == 1
