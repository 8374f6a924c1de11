"""Asking the teams to agree: the working copies become a revision; or are brought up to date first."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from registry import readiness, rules, wording
from registry.models import Clause, Place, Proposal, Revision, User, VocabularyClause
from registry.models.proposals import heading_of, revision_digest
from registry.refusals import WrongState
from registry.standing import Standing
from registry.workflow.locking import lock
from registry.workflow.record import Act, verb
from registry.workflow.vocabulary import read, tidy


@verb
def submit(proposal: Proposal, *, by: User, edits: int | None = None) -> Revision:
    """Freeze the working copies as the next revision. Seals on the one before are void from now on.

    Raises `readiness.NotReady` with everything that is still needed. `edits` as in `drafting.save`.
    """
    standing = lock(proposal)
    rules.require("submit", standing, by=by)
    rules.require_unedited(standing, edits)
    readiness.require_ready(standing)
    voided = len(standing.seals)
    act = Act("resubmitted" if standing.revision else "submitted", by=by)
    revision = _freeze(act, standing)
    _enter_review(act, standing, revision)
    act.record(
        proposal=standing.proposal,
        metrics=[copy.key for copy in standing.copies],
        detail={"revision": revision.number, "digest": revision.digest, "voided": voided},
    )
    return revision


def _freeze(act: Act, standing: Standing) -> Revision:
    proposal = standing.proposal
    assert proposal.effective_from is not None, "readiness refuses a proposal without a date"
    revision = act.save(
        Revision(
            proposal=proposal,
            number=standing.revision.number + 1 if standing.revision else 1,
            effective_from=proposal.effective_from,
            retroactive=proposal.retroactive,
            submitted_by=act.by,
            submitted_at=act.at,
            digest=readiness.proposed_digest(standing),
            **heading_of(proposal),
        )
    )
    for copy in standing.copies:
        act.save(Clause(revision=revision, key=copy.key, metric=copy.metric, base=copy.base, wording=copy.wording))
    if drafted := standing.drafted_vocabulary:
        act.save(VocabularyClause(revision=revision, base=drafted.base, source=drafted.source))
    for team in readiness.required_teams(standing.copies):
        act.save(Place(revision=revision, team=team))
    assert revision_digest(revision.document()) == revision.digest, "stored as it was digested"
    return revision


def _enter_review(act: Act, standing: Standing, revision: Revision) -> None:
    for contributor in standing.contributors:
        if not contributor.wrote:
            contributor.wrote = True
            act.save(contributor, "wrote")
    standing.proposal.revision = revision
    standing.proposal.state = Proposal.IN_REVIEW
    act.save(standing.proposal, "revision", "state")


@verb
def rebase(
    proposal: Proposal,
    *,
    by: User,
    wordings: Mapping[str, Mapping[str, Any]],
    vocabulary: str | None = None,
    seen: str | None = None,
) -> Proposal:
    """Take the newer versions as the new base, with the words the contributor chose in the three-way view.

    `wordings` holds the chosen wording by metric key, for every metric that is out of date; `vocabulary` the
    text to carry where that is; `seen` the `newer_digest` of what was on the screen. Nothing is merged unseen; the
    result has to be submitted and sealed anew.
    """
    standing = lock(proposal)
    rules.require("rebase", standing, by=by)
    if seen is not None and seen != standing.newer_digest:
        raise WrongState("changed", _("This changed while you were reading. See what changed, then decide again."))
    behind = standing.outdated
    act = Act("rebased", by=by)
    for copy, latest in behind:
        if copy.key not in wordings:
            sentence = _("Decide the words of “%(metric)s” too: it has a newer version.") % {"metric": copy.name}
            raise WrongState("not_decided", sentence)
        new = wording.tidy(dict(copy.wording) | dict(wordings[copy.key]))
        if problems := wording.unacceptable(new):
            raise ValidationError({f"{copy.key}-{name}": found for name, found in problems.items()})
        copy.metric, copy.base, copy.wording = latest.metric, latest, new
        act.save(copy, "metric", "base", "wording")
    _rebase_vocabulary(act, standing, vocabulary)
    standing.proposal.edits += 1
    act.save(standing.proposal, "edits")
    keys = [copy.key for copy, latest in behind]
    act.record(
        proposal=standing.proposal,
        metrics=keys,
        detail={"versions": {copy.key: latest.number for copy, latest in behind}},
    )
    return standing.proposal


def _rebase_vocabulary(act: Act, standing: Standing, source: str | None) -> None:
    drafted, newer = standing.drafted_vocabulary, standing.newer_vocabulary
    if drafted is None or newer is None:
        return
    if source is None:
        raise WrongState("not_decided", _("Decide the words of the vocabulary too: it has a newer version."))
    drafted.base, drafted.source = newer, tidy(source)
    read(drafted.source)
    act.save(drafted, "base", "source")
