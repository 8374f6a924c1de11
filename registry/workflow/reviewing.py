"""Judging a proposal: seals, objections, comments, and the two ways out for those who must agree."""

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import translation
from django.utils.translation import gettext as _

from registry import rules, text
from registry.models import Comment, Delegation, ExampleAnswer, Objection, Proposal, Revision, SignOff, Team, User
from registry.proving import record_digest
from registry.refusals import WrongState
from registry.standing import Standing
from registry.wording import BY_NAME
from registry.workflow import publication
from registry.workflow.inputs import written
from registry.workflow.locking import lock, lock_with_metrics, locked
from registry.workflow.record import Act, verb


def meaning(team: Team) -> str:
    """What pressing the seal says, in the reader's language."""
    return _("On behalf of %(team)s I have read these words and conditions, and %(team)s agrees to exactly them.") % {
        "team": team.name
    }


@verb
def sign_off(revision: Revision, *, team: Team, by: User, digest: str) -> SignOff:
    """Press the seal of `team` on the revision whose digest was on the screen. The last seal publishes."""
    standing = lock_with_metrics(revision.proposal, by=by)
    _require_latest(standing, revision)
    rules.require("sign_off", standing, by=by, team=team, digest=digest)
    seat = standing.seat(by, team)
    assert seat is not None, "the rules ask for a seat"
    lent = seat if isinstance(seat, Delegation) else None
    act = Act("sealed" if standing.proposal.is_open else "ratified", by=by)
    seal = act.save(
        SignOff(
            revision=standing.submitted,
            team=team,
            signed_by=by,
            membership=seat.membership if isinstance(seat, Delegation) else seat,
            delegation=lent,
            digest=digest,
            meaning=meaning(team),
            signed_at=act.at,
        )
    )
    after = Standing(standing.proposal)
    if not standing.proposal.is_open:
        publication.ratify(after)
    act.record(
        proposal=standing.proposal,
        team=team,
        metrics=[clause.key for clause in standing.clauses],
        detail={"revision": standing.submitted.number, "digest": digest, "delegated": lent is not None},
    )
    if standing.proposal.is_open and not after.missing:
        publication.publish(after, by=by)
    return seal


def _require_latest(standing: Standing, revision: Revision) -> None:
    """A seal is meant for the revision it was pressed on, so it never lands on a later one."""
    if standing.revision is None or standing.revision.pk != revision.pk:
        raise WrongState("changed", _("This changed while you were reading. See what changed, then decide again."))


@verb
def raise_objection(revision: Revision, *, by: User, reason: str, key: str = "", field: str = "") -> Objection:
    """Say "not yet" to this revision, with a reason. While it is open, the last seal is refused."""
    standing = lock(revision.proposal)
    rules.require("object", standing, by=by, digest=revision.digest)
    _require_place(standing, key, field)
    act = Act("objected", by=by, reason=written(reason, "reason"))
    objection = act.save(
        Objection(
            proposal=standing.proposal,
            revision=standing.submitted,
            raised_by=by,
            raised_at=act.at,
            reason=act.reason,
            key=key,
            field=field,
        )
    )
    act.record(
        proposal=standing.proposal,
        metrics=[key] if key else [clause.key for clause in standing.clauses],
        detail={"objection": objection.pk, "revision": standing.submitted.number, "field": field},
    )
    return objection


@verb
def close_objection(objection: Objection, *, by: User, reason: str = "") -> Objection:
    """Close it: whoever raised it, or a steward with a written reason."""
    standing = lock(objection.proposal)
    objection = locked(Objection.objects.all()).get(pk=objection.pk)
    rules.require("close_objection", standing, by=by, objection=objection)
    if by.pk != objection.raised_by_id or reason:
        reason = written(reason, "reason")
    act = Act("objection_closed", by=by, reason=reason)
    objection.closed_by, objection.closed_at, objection.closing_reason = by, act.at, reason
    act.save(objection, "closed_by", "closed_at", "closing_reason")
    act.record(
        proposal=standing.proposal,
        metrics=[objection.key] if objection.key else [clause.key for clause in standing.clauses],
        detail={"objection": objection.pk},
    )
    return objection


@verb
def comment(
    proposal: Proposal, *, by: User, words: str, key: str = "", field: str = "", parent: Comment | None = None
) -> Comment:
    """Say something in the discussion; a reply belongs to the thread of what it answers."""
    standing = lock(proposal)
    rules.require("comment", standing, by=by)
    _require_place(standing, key, field)
    if parent is not None and parent.proposal_id != proposal.pk:
        raise ValidationError({"parent": _("That comment belongs to another proposal.")}, code="foreign")
    words = written(words, "text")
    act = Act("commented", by=by)
    said = act.save(
        Comment(
            proposal=standing.proposal,
            parent=parent.parent or parent if parent else None,
            author=by,
            written_at=act.at,
            text=words,
            key=parent.key if parent else key,
            field=parent.field if parent else field,
        )
    )
    act.record(
        proposal=standing.proposal,
        metrics=[said.key] if said.key else [],
        detail={"comment": said.pk, "field": said.field},
        words=text.excerpt(words, 120),
    )
    return said


def _require_place(standing: Standing, key: str, field: str) -> None:
    """A remark is tied to a metric of the proposal and a field of its wording, or to neither."""
    if (key and key not in standing.keys) or (field and (field not in BY_NAME or not key)):
        raise ValidationError({"field": _("That place is not part of this proposal.")}, code="foreign")


@verb
def reject(proposal: Proposal, *, by: User, reason: str, digest: str | None = None) -> Proposal:
    """End it without agreement: a signatory of a team that must agree, with a reason.

    `digest` is that of the revision that was on the screen, where there was one.
    """
    standing = lock(proposal)
    rules.require("reject", standing, by=by, digest=digest)
    return _end(standing, Proposal.REJECTED, Act("rejected", by=by, reason=written(reason, "reason")))


@verb
def withdraw(proposal: Proposal, *, by: User, reason: str = "") -> Proposal:
    """The author takes it back."""
    standing = lock(proposal)
    rules.require("withdraw", standing, by=by)
    if reason or standing.revision:
        reason = written(reason, "reason")
    return _end(standing, Proposal.WITHDRAWN, Act("withdrawn", by=by, reason=reason))


@verb
def remind(proposal: Proposal, *, by: User) -> None:
    """Put on record that its people were told it will expire. Changes nothing else."""
    standing = lock(proposal)
    rules.require("expire", standing, by=by)
    Act("reminded", by=by).record(proposal=standing.proposal, metrics=standing.keys)


@verb
def expire(proposal: Proposal, *, by: User, days: int, silent_since: datetime | None = None) -> Proposal:
    """End it because nobody acted for `days` days, the last time at `silent_since`. Silence never agrees."""
    standing = lock(proposal)
    rules.require("expire", standing, by=by)
    acts = standing.proposal.events.exclude(act="reminded")
    if silent_since is not None and acts.filter(at__gt=silent_since).exists():
        raise WrongState("acted_meanwhile", _("Somebody has acted on this proposal meanwhile, so it does not expire."))
    with translation.override(standing.proposal.author.language or None):
        reason = _("Nobody acted for %(days)d days.") % {"days": days}
    return _end(standing, Proposal.EXPIRED, Act("expired", by=by, reason=reason))


def _end(standing: Standing, state: str, act: Act) -> Proposal:
    proposal = standing.proposal
    proposal.state, proposal.ended_at = state, act.at
    act.save(proposal, "state", "ended_at")
    act.record(proposal=proposal, metrics=standing.keys, detail={"state": state})
    return proposal


@verb
def answer_example(revision: Revision, *, by: User, key: str, record: dict[str, Any], answer: str) -> ExampleAnswer:
    """Say whether an example record counts. The latest answer on a record holds for the metric from then on.

    The metric is one of the proposal's, or refers to one of them.
    """
    standing = lock(revision.proposal)
    _require_latest(standing, revision)
    rules.require("answer_example", standing, by=by)
    if key not in standing.judged_keys:
        raise ValidationError({"key": _("That metric is not part of this proposal.")}, code="foreign")
    if answer not in dict(ExampleAnswer.ANSWERS):
        raise ValidationError({"answer": _("Choose one of the answers.")}, code="bad_answer")
    act = Act("answered", by=by)
    said = act.save(
        ExampleAnswer(
            proposal=standing.proposal,
            revision=standing.submitted,
            key=key,
            record=record,
            record_digest=record_digest(record),
            answer=answer,
            answered_by=by,
            answered_at=act.at,
        )
    )
    act.record(
        proposal=standing.proposal,
        metrics=[key],
        detail={"answer": answer, "record": said.record_digest, "revision": standing.submitted.number},
    )
    return said
