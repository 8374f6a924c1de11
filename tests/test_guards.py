"""Each guard is taken away, and what it forbids goes through: so it is the guard that refuses, and not luck.

Where a second line of defence stands behind it, that one is named and is what refuses then.
"""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models.signals import pre_save

from registry import readiness, rules
from registry.models import Clause, Contributor, Definition, Delegation, InForce, Membership, Proposal, SignOff
from registry.models import base as governed
from registry.models.proposals import ProposalQuerySet
from registry.refusals import WrongState
from registry.standing import Standing
from registry.workflow import people, publication, reviewing, submitting
from tests.cast import (
    FOUNDED,
    NOW,
    TODAY,
    Cast,
    drafted,
    fresh,
    in_review,
    latest,
    on,
    published,
    seal,
    started,
    words,
    write,
)
from tests.database import past_the_guards, refused_by, rows_of
from tests.verification import flaws, overlaps

pytestmark = pytest.mark.slow


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Takes these checks out of every act, and out of what publishing asks again."""

    def take_away(*checks: rules.Check) -> None:
        for act, row in rules.ACTS.items():
            monkeypatch.setitem(rules.ACTS, act, tuple(check for check in row if check not in checks))
        left = tuple(check for check in publication.LAST_CHECKS if check not in checks)
        monkeypatch.setattr(publication, "LAST_CHECKS", left)

    return take_away


def last_seal(cast: Cast, proposal: Proposal) -> str:
    """Both teams seal what is not sealed yet; the state it is in then."""
    for team, by in ((cast.marketing, cast.ryo), (cast.sales, cast.naoko)):
        if not latest(proposal).sign_offs.filter(team=team).exists():
            seal(proposal, team=team, by=by)
    return fresh(proposal).state


def test_1_and_2_and_10_staleness(cast: Cast, without: Any):
    """Without the rule two versions would follow on the same one; the database refuses that last."""
    behind = in_review(cast)
    published(cast, by=cast.kenta)
    without(rules.fresh)
    with refused_by("registry_definition_base_id_key", "registry_definition.metric_id, registry_definition.number"):
        last_seal(cast, behind)


def test_3_closing_the_range_that_a_new_version_replaces(cast: Cast, monkeypatch: pytest.MonkeyPatch):
    def only_add(version: Any, *, sealed: bool) -> None:
        publication._span(version, sealed).save(force_insert=True)

    monkeypatch.setattr(publication, "put_in_force", only_add)
    published(cast, effective_from=TODAY)
    assert list(overlaps())


def test_4_the_second_look_at_digests(cast: Cast, monkeypatch: pytest.MonkeyPatch):
    proposal = in_review(cast)
    seal(proposal, team=cast.marketing, by=cast.ryo)
    with past_the_guards():
        rows_of(Clause).filter(revision=latest(proposal)).update(wording=words())
    monkeypatch.setattr(publication, "_check_again", lambda standing, revision: None)
    monkeypatch.setattr(publication, "_require_signed_words", lambda *signed: None)
    assert last_seal(cast, proposal) == Proposal.PUBLISHED
    assert flaws()


@pytest.mark.parametrize("left", ["_check_again", "_require_signed_words"])
def test_4_either_look_alone_is_enough(cast: Cast, monkeypatch: pytest.MonkeyPatch, left: str):
    proposal = in_review(cast)
    seal(proposal, team=cast.marketing, by=cast.ryo)
    with past_the_guards():
        rows_of(Clause).filter(revision=latest(proposal)).update(wording=words())
    other = ({"_check_again", "_require_signed_words"} - {left}).pop()
    monkeypatch.setattr(publication, other, lambda *args: None)
    with pytest.raises(WrongState) as caught:
        last_seal(cast, proposal)
    assert caught.value.code == "not_agreed"


def test_4_what_was_on_the_screen(cast: Cast, without: Any):
    """Without the rule a seal on other words is taken, and publishing refuses to count it."""
    proposal = in_review(cast)
    without(rules.as_it_was_on_screen)
    reviewing.sign_off(latest(proposal), team=cast.marketing, by=cast.ryo, digest="0" * 64)
    with pytest.raises(WrongState) as caught:
        last_seal(cast, proposal)
    assert caught.value.code == "not_agreed"


def test_5_no_contributor(cast: Cast, without: Any, monkeypatch: pytest.MonkeyPatch):
    proposal = in_review(cast, by=cast.naoko)
    without(rules.no_contributor)
    monkeypatch.setattr(publication, "_check_again", lambda standing, revision: None)
    assert last_seal(cast, proposal) == Proposal.PUBLISHED
    assert flaws()


def test_5_no_contributor_is_looked_at_again(cast: Cast, without: Any):
    proposal = in_review(cast, by=cast.naoko)
    without(rules.no_contributor)
    with pytest.raises(WrongState) as caught:
        last_seal(cast, proposal)
    assert caught.value.code == "not_agreed"


def test_5_agreeing_twice_through_a_stand_in_is_looked_at_again(cast: Cast, monkeypatch: pytest.MonkeyPatch):
    people.join(cast.marketing, user=cast.naoko, role="signatory", by=cast.megumi)
    seat = Membership.objects.current().get(user=cast.naoko, team=cast.sales)
    dates = {"starts_on": TODAY, "ends_on": TODAY}
    people.delegate(seat, stand_in=cast.kenta, **dates, reason="休暇", by=cast.naoko)
    proposal = in_review(cast)
    seal(proposal, team=cast.marketing, by=cast.naoko)
    monkeypatch.setattr(Standing, "agreed", {})
    with pytest.raises(WrongState) as caught:
        seal(proposal, team=cast.sales, by=cast.kenta)
    assert caught.value.code == "not_agreed"


def test_5_one_person_one_place(cast: Cast, without: Any):
    people.join(cast.sales, user=cast.ryo, role="signatory", by=cast.megumi)
    proposal = in_review(cast)
    seal(proposal, team=cast.marketing, by=cast.ryo)
    without(rules.has_not_sealed)
    with refused_by("one_person_fills_one_place", "registry_signoff.revision_id, registry_signoff.signed_by_id"):
        seal(proposal, team=cast.sales, by=cast.ryo)


def test_5_the_role_at_the_moment_of_publication(cast: Cast, monkeypatch: pytest.MonkeyPatch):
    proposal = in_review(cast)
    seal(proposal, team=cast.marketing, by=cast.ryo)
    people.leave(cast.seat(cast.ryo), by=cast.megumi)
    monkeypatch.setattr(SignOff, "holds", lambda seal, day: True)
    assert last_seal(cast, proposal) == Proposal.PUBLISHED


def test_5_the_dates_of_a_delegation(cast: Cast, monkeypatch: pytest.MonkeyPatch):
    seat = Membership.objects.current().get(user=cast.naoko)
    people.delegate(seat, stand_in=cast.kenta, starts_on=TODAY, ends_on=TODAY, reason="休暇", by=cast.naoko)
    proposal = in_review(cast, retroactive=True)
    seal(proposal, team=cast.sales, by=cast.kenta)
    monkeypatch.setattr(Delegation, "holds", lambda lent, day: True)
    with on(TODAY.replace(day=TODAY.day + 2)):
        assert last_seal(cast, proposal) == Proposal.PUBLISHED


def test_6_open_objections(cast: Cast, without: Any):
    proposal = in_review(cast)
    reviewing.raise_objection(latest(proposal), by=cast.kenta, reason="まだ")
    without(rules.undisputed_if_last, rules.undisputed)
    assert last_seal(cast, proposal) == Proposal.PUBLISHED
    assert flaws()


def test_6_open_objections_are_looked_at_again(cast: Cast, without: Any):
    proposal = in_review(cast)
    reviewing.raise_objection(latest(proposal), by=cast.kenta, reason="まだ")
    without(rules.undisputed_if_last)
    with pytest.raises(WrongState) as caught:
        last_seal(cast, proposal)
    assert caught.value.code == "objection_open"


def test_7_and_11_one_transaction(cast: Cast):
    """The verb without its transaction leaves the seal and its event of a publication that was refused."""
    proposal = in_review(cast)
    seal(proposal, team=cast.marketing, by=cast.ryo)
    late = Contributor(proposal=proposal, user=cast.ryo, invited_by=cast.misaki, since=NOW)
    with past_the_guards():
        rows_of(Contributor).bulk_create([late])
    revision = latest(proposal)
    with pytest.raises(WrongState):
        reviewing.sign_off.__wrapped__(revision, team=cast.sales, by=cast.naoko, digest=revision.digest)
    assert revision.sign_offs.count() == 2
    assert proposal.events.filter(act="sealed").count() == 2


def test_8_triggers(cast: Cast):
    (version,) = published(cast)
    with past_the_guards():
        assert rows_of(Definition).filter(pk=version.pk).update(number=7) == 1
    with past_the_guards():
        assert rows_of(Proposal).filter(pk=version.revision.proposal_id).update(title_ja="別の題") == 1


def test_8_the_rule_that_what_has_ended_stays(cast: Cast, without: Any):
    """Without the rule the comment would be kept; the proposal's own row still refuses."""
    (version,) = published(cast)
    without(rules.open_)
    assert reviewing.comment(version.revision.proposal, by=cast.kenta, words="遅れました")


def test_9_identical_resubmissions(cast: Cast, monkeypatch: pytest.MonkeyPatch):
    proposal = in_review(cast)
    monkeypatch.setattr(readiness, "_about_difference", lambda standing: ())
    assert submitting.submit(proposal, by=cast.misaki).number == 2


def test_the_day_that_has_passed(cast: Cast, without: Any):
    proposal = in_review(cast)
    without(rules.date_stands)
    with on(TODAY.replace(day=TODAY.day + 1)):
        assert last_seal(cast, proposal) == Proposal.PUBLISHED


def two_of_one_name(cast: Cast) -> Proposal:
    """The second of two proposals for new metrics that read alike, once the first is agreed."""
    twins = []
    for key in ("prospects", "prospective"):
        proposal = write(started(cast.misaki), by=cast.misaki, new={key: words()})
        submitting.submit(proposal, by=cast.misaki)
        twins.append(fresh(proposal))
    assert last_seal(cast, twins[0]) == Proposal.PUBLISHED
    return twins[1]


def test_names_that_look_alike(cast: Cast, without: Any):
    second = two_of_one_name(cast)
    without(rules.unmistakable)
    assert last_seal(cast, second) == Proposal.PUBLISHED


def test_names_that_look_alike_are_looked_at_again(cast: Cast, monkeypatch: pytest.MonkeyPatch):
    second = two_of_one_name(cast)
    for act, row in rules.ACTS.items():
        monkeypatch.setitem(rules.ACTS, act, tuple(check for check in row if check is not rules.unmistakable))
    with pytest.raises(WrongState) as caught:
        last_seal(cast, second)
    assert caught.value.code == "look_alike"


def test_12_unrecorded_writes(cast: Cast):
    """Without the refusal of the application, the database's is left; without both, the record has a flaw."""
    pre_save.disconnect(governed.refuse_unrecorded)
    try:
        cast.kenta.name_en = "Ken"
        with pytest.raises(IntegrityError, match="only an act"), transaction.atomic():
            cast.kenta.save()
        with past_the_guards():
            cast.kenta.save()
    finally:
        pre_save.connect(governed.refuse_unrecorded)
    assert any("is sealed by no event" in flaw for flaw in flaws())


def test_13_the_two_stewards(cast: Cast, without: Any):
    proposal = in_review(cast)
    seal(proposal, team=cast.marketing, by=cast.ryo)
    publication.ask_break_glass(proposal, by=cast.megumi, reason="急ぐ")
    without(rules.another_steward)
    with refused_by("two_stewards_break_glass"):
        publication.confirm_break_glass(proposal, by=cast.megumi, digest=latest(proposal).digest)


def test_14_drafts(cast: Cast, monkeypatch: pytest.MonkeyPatch, without: Any):
    proposal = drafted(cast)
    monkeypatch.setattr(ProposalQuerySet, "visible_to", lambda rows, user: rows)
    assert Proposal.objects.visible_to(cast.naoko).filter(pk=proposal.pk).exists()
    without(rules.may_see)
    assert reviewing.comment(proposal, by=cast.naoko, words="見えます")


def test_15_closing_instead_of_rewriting(cast: Cast, monkeypatch: pytest.MonkeyPatch):
    """Had the replaced range been taken away, the past would have changed its answer."""
    honest = publication.put_in_force

    def rewrite(version: Any, *, sealed: bool) -> None:
        honest(version, sealed=sealed)
        InForce.objects.filter(metric=version.metric, known_to__lte=version.recorded_at).delete()

    monkeypatch.setattr(publication, "put_in_force", rewrite)
    published(cast, effective_from=FOUNDED, retroactive=True)
    assert not InForce.objects.as_of(TODAY, NOW.replace(hour=8)).filter(key="target_lead").exists()
