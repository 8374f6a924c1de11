"""One table decides for buttons and verbs alike: whoever is shown a button may press it, and nobody else."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction

from registry import rules
from registry.models import Proposal, User
from registry.readiness import NotReady
from registry.refusals import Refused
from registry.standing import Standing
from registry.workflow import drafting, people, publication, reviewing, submitting
from tests.cast import Cast, drafted, fresh, in_review, latest, published, revised, seal

PEOPLE = ("misaki", "kenta", "ryo", "naoko", "koji", "megumi", "makoto", "takuya", "goi", "gone")


def draft(cast: Cast) -> Proposal:
    return drafted(cast)


def with_a_contributor(cast: Cast) -> Proposal:
    proposal = drafted(cast)
    drafting.invite(proposal, user=cast.koji, by=cast.misaki)
    submitting.submit(proposal, by=cast.misaki)
    return proposal


def objected(cast: Cast) -> Proposal:
    proposal = in_review(cast)
    reviewing.raise_objection(latest(proposal), by=cast.kenta, reason="まだ")
    seal(proposal, team=cast.marketing, by=cast.ryo)
    return proposal


def closed(cast: Cast) -> Proposal:
    proposal = in_review(cast)
    objection = reviewing.raise_objection(latest(proposal), by=cast.kenta, reason="まだ")
    reviewing.close_objection(objection, by=cast.kenta)
    return proposal


def sealed_once(cast: Cast) -> Proposal:
    proposal = in_review(cast)
    seal(proposal, team=cast.marketing, by=cast.ryo)
    return proposal


def glass_asked(cast: Cast) -> Proposal:
    proposal = sealed_once(cast)
    publication.ask_break_glass(proposal, by=cast.megumi, reason="期限が今日")
    return proposal


def stale(cast: Cast) -> Proposal:
    proposal = sealed_once(cast)
    published(cast, by=cast.kenta)
    return proposal


def resubmitted(cast: Cast) -> Proposal:
    return revised(sealed_once(cast), by=cast.misaki).proposal


def agreed(cast: Cast) -> Proposal:
    return published(cast)[0].revision.proposal


def withdrawn(cast: Cast) -> Proposal:
    return reviewing.withdraw(in_review(cast), by=cast.misaki, reason="出し直す")


STATES = (
    *(draft, with_a_contributor, objected, closed, sealed_once, glass_asked),
    *(stale, resubmitted, agreed, withdrawn),
)


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
def test_the_table_and_the_verbs_decide_alike(cast: Cast, state: Callable[[Cast], Proposal]):
    proposal = fresh(state(cast))
    gone = people.deactivate(cast.aya, by=cast.megumi)
    everybody = {"goi": User.objects.system(), "gone": gone}
    for name in PEOPLE:
        by = everybody.get(name) or getattr(cast, name)
        for act, (asks, do) in attempts(cast, proposal, by).items():
            refused = rules.refusal(act, Standing(proposal), by=by, **asks)
            expected = None if refused is None else (refused.code, refused.status)
            assert outcome(do) == expected, f"{name}: {act}"


def attempts(cast: Cast, proposal: Proposal, by: User) -> dict[str, tuple[dict[str, Any], Callable[[], Any]]]:
    """By act: what the rules are asked about it, and the verb that does it."""
    copy = proposal.working_copies.first()
    verbs: dict[str, tuple[dict[str, Any], Callable[[], Any]]] = {
        "edit": ({}, lambda: drafting.remove_metric(copy, by=by)),
        "invite": ({}, lambda: drafting.invite(proposal, user=cast.kenta, by=by)),
        "submit": ({}, lambda: submitting.submit(proposal, by=by)),
        "withdraw": ({}, lambda: reviewing.withdraw(proposal, by=by, reason="やめる")),
        "comment": ({}, lambda: reviewing.comment(proposal, by=by, words="読みました")),
        "reject": ({}, lambda: reviewing.reject(proposal, by=by, reason="広すぎる")),
        "expire": ({}, lambda: reviewing.expire(proposal, by=by, days=60)),
        "ask_break_glass": ({}, lambda: publication.ask_break_glass(proposal, by=by, reason="急ぐ")),
    }
    if contributor := proposal.contributors.exclude(user=proposal.author).first():
        verbs["uninvite"] = ({}, lambda: drafting.uninvite(contributor, by=by))
    if objection := proposal.objections.first():
        asked = {"objection": objection}
        verbs["close_objection"] = (asked, lambda: reviewing.close_objection(objection, by=by, reason="答えた"))
    if proposal.revision:
        revision, digest = latest(proposal), proposal.revision.digest
        verbs["object"] = ({}, lambda: reviewing.raise_objection(revision, by=by, reason="まだ"))
        verbs["take_back_break_glass"] = ({}, lambda: publication.take_back_break_glass(proposal, by=by))
        verbs["confirm_break_glass"] = (
            {"digest": digest},
            lambda: publication.confirm_break_glass(proposal, by=by, digest=digest),
        )
        verbs["sign_off"] = (
            {"team": cast.sales, "digest": digest},
            lambda: reviewing.sign_off(revision, team=cast.sales, by=by, digest=digest),
        )
        verbs["rebase"] = ({}, lambda: submitting.rebase(proposal, by=by, wordings={"target_lead": {}}))
    return verbs


def outcome(do: Callable[[], Any]) -> tuple[str, int] | None:
    """The refusal, or None where it was done; either way nothing of it stays."""
    try:
        with transaction.atomic():
            do()
            transaction.set_rollback(True)
    except NotReady:
        return None
    except Refused as refused:
        return refused.code, refused.status
    return None


def test_an_act_that_does_not_exist_is_a_mistake_of_the_caller(cast: Cast):
    with pytest.raises(KeyError):
        rules.refusal("approve", Standing(draft(cast)), by=cast.misaki)


def test_whoever_will_never_be_allowed_is_not_told_to_wait(cast: Cast):
    """Personal refusals come before those of the moment."""
    proposal = fresh(objected(cast))
    refused = rules.refusal("sign_off", Standing(proposal), by=cast.misaki, team=cast.sales)
    assert refused is not None
    assert refused.status == 403
