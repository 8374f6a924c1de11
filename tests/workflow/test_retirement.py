"""What a retirement may leave behind, and what may not be built on what is retired."""

from datetime import timedelta

from registry.models import Proposal
from registry.readiness import before_publication, before_submission
from registry.standing import Standing
from registry.workflow import drafting, submitting
from tests.cast import (
    MEETING_RATE,
    TODAY,
    Cast,
    fresh,
    refuses,
    retired,
    seal,
    sealed,
    started,
    versions_of,
    words,
    write,
)
from tests.counting import agreed
from tests.workflow.test_submit import needs

LATER = TODAY + timedelta(days=10)
REFERRING = words(name_ja="役職者", name_en="Deciders", condition="is_target_lead AND job_level = 'manager'")


def retiring(cast: Cast, *pairs: tuple[str, str], **rest) -> Proposal:
    """A draft that retires each metric in favour of the other."""
    proposal = started(cast.misaki, **rest)
    for key, successor in pairs:
        drafting.add_retirement(proposal, metric=getattr(cast, key), by=cast.misaki)
        write(proposal, by=cast.misaki, change={key: {"successor": successor}})
    return proposal


def told(proposal: Proposal) -> dict[str, str]:
    """What reviewers read about retired metrics, by code."""
    codes = ("retired_successor", "made_of_retired", "still_needed", "still_referred")
    return {need.code: need.sentence for need in before_publication(Standing(fresh(proposal))) if need.code in codes}


def test_a_successor_that_is_retired_itself_is_refused(cast: Cast):
    retired(cast, cast.meeting)
    proposal = retiring(cast, ("target_lead", "meeting"))
    assert needs(proposal, by=cast.misaki) == {"retired_successor"}


def test_so_is_one_that_will_be_retired_later(cast: Cast):
    retired(cast, cast.meeting, effective_from=LATER)
    assert needs(retiring(cast, ("target_lead", "meeting")), by=cast.misaki) == {"retired_successor"}


def test_so_is_a_circle_of_successors(cast: Cast):
    proposal = retiring(cast, ("target_lead", "meeting"), ("meeting", "target_lead"))
    assert needs(proposal, by=cast.misaki) == {"retired_successor"}


def test_the_need_leads_to_the_field_that_settles_it(cast: Cast):
    proposal = retiring(cast, ("target_lead", "target_lead"))
    (need,) = (each for each in before_submission(Standing(fresh(proposal))) if each.code == "no_successor")
    assert need.field == "successor"


def test_a_successor_retired_while_it_is_reviewed_stops_the_next_seal(cast: Cast):
    proposal = retiring(cast, ("target_lead", "meeting"))
    submitting.submit(proposal, by=cast.misaki)
    retired(cast, cast.meeting)
    with refuses("retired_successor", 409):
        seal(proposal, team=cast.marketing, by=cast.ryo)
    assert "改訂" in told(proposal)["retired_successor"]


def test_the_successor_may_come_into_being_with_the_same_proposal(cast: Cast):
    proposal = retiring(cast, ("target_lead", "prospect"))
    write(proposal, by=cast.misaki, new={"prospect": words(name_ja="新しいリード", name_en="New prospects")})
    submitting.submit(proposal, by=cast.misaki)
    sealed(cast, proposal)
    assert [version.wording["successor"] for version in versions_of(proposal)] == ["", "prospect"]


def test_what_is_new_is_not_made_of_what_is_retired(cast: Cast):
    retired(cast, cast.target_lead, effective_from=LATER)
    proposal = started(cast.misaki)
    write(proposal, by=cast.misaki, new={"meeting_rate": MEETING_RATE, "decider": REFERRING})
    assert needs(proposal, by=cast.misaki) == {"made_of_retired"}


def test_nor_is_what_the_same_proposal_retires(cast: Cast):
    proposal = retiring(cast, ("target_lead", ""))
    write(proposal, by=cast.misaki, new={"decider": REFERRING})
    assert needs(proposal, by=cast.misaki) == {"made_of_retired"}


def test_what_is_retired_while_a_rate_is_reviewed_stops_it(cast: Cast):
    proposal = started(cast.misaki)
    write(proposal, by=cast.misaki, new={"meeting_rate": MEETING_RATE})
    submitting.submit(proposal, by=cast.misaki)
    seal(proposal, team=cast.marketing, by=cast.ryo)
    retired(cast, cast.target_lead)
    with refuses("made_of_retired", 409):
        seal(proposal, team=cast.sales, by=cast.naoko)


def test_what_a_formula_needs_is_retired_only_together_with_it(cast: Cast):
    agreed(cast, meeting_rate=MEETING_RATE)
    proposal = retiring(cast, ("target_lead", ""), effective_from=LATER)
    assert needs(proposal, by=cast.misaki) == {"still_needed"}
    write(proposal, by=cast.misaki, change={"meeting_rate": {"retired": True}})
    assert submitting.submit(proposal, by=cast.misaki)


def test_a_rate_agreed_while_a_retirement_is_reviewed_stops_it(cast: Cast):
    proposal = retiring(cast, ("target_lead", ""), effective_from=LATER)
    submitting.submit(proposal, by=cast.misaki)
    agreed(cast, meeting_rate=MEETING_RATE)
    with refuses("still_needed", 409):
        seal(proposal, team=cast.sales, by=cast.naoko)
    assert "商談化率" in told(proposal)["still_needed"]


def test_conditions_that_refer_to_it_stay_readable_and_reviewers_are_told(cast: Cast):
    agreed(cast, decider=REFERRING)
    proposal = retiring(cast, ("target_lead", "meeting"), effective_from=LATER)
    submitting.submit(proposal, by=cast.misaki)
    assert "役職者" in told(proposal)["still_referred"]
    sealed(cast, proposal)
    assert fresh(proposal).state == Proposal.PUBLISHED
