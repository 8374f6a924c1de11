"""Agreement is publication: every clause becomes the next version of its metric, or none does."""

from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from registry import derived, rules, search_index, terms
from registry.models import (
    STILL_KNOWN,
    BreakGlass,
    Clause,
    Definition,
    InForce,
    Metric,
    Proposal,
    Revision,
    Stage,
    Team,
    Use,
    User,
    VocabularyVersion,
)
from registry.models.metrics import definition_digest
from registry.models.proposals import heading_of, revision_digest, revision_document
from registry.refusals import WrongState
from registry.standing import Standing
from registry.workflow.inputs import written
from registry.workflow.locking import lock_with_metrics
from registry.workflow.record import Act, verb
from registry.workflow.vocabulary import record

# Asked once the act that completes the agreement is recorded: from then on the ledger's head is held, so nobody
# publishes between these answers and what is published here.
LAST_CHECKS = (*rules.STANDS, rules.undisputed)


def publish(standing: Standing, *, by: User, reason: str = "") -> list[Definition]:
    """Make the reviewed revision the agreed meaning. Called inside the verb whose act completes it.

    Everything is checked again here, whatever was checked before: digests, bases, seats, objections, dates.
    """
    revision = standing.submitted
    _check_again(standing, revision)
    act = Act("published", by=by, reason=reason)
    vocabulary = _publish_vocabulary(act, standing)
    known = terms.known(extra=[(clause.key, clause.wording) for clause in standing.clauses])
    versions = [_publish_clause(act, clause, revision, known) for clause in standing.clauses]
    _require_signed_words(standing, revision, versions, vocabulary)
    for version in versions:
        put_in_force(version, sealed=not standing.missing)
    proposal = standing.proposal
    proposal.state, proposal.ended_at = Proposal.PUBLISHED, act.at
    act.save(proposal, "state", "ended_at")
    act.record(
        proposal=proposal,
        metrics=[clause.key for clause in standing.clauses],
        detail={
            "revision": revision.number,
            "digest": revision.digest,
            "effective_from": revision.effective_from.isoformat(),
            "versions": {version.metric.key: version.number for version in versions},
            "names": {version.metric.key: _names(version) for version in versions},
            "missing": [team.key for team in standing.missing],
        }
        | ({"vocabulary": {"number": vocabulary.number, "digest": vocabulary.digest}} if vocabulary else {}),
    )
    return versions


def _publish_vocabulary(act: Act, standing: Standing) -> VocabularyVersion | None:
    """The carried vocabulary becomes the next version, in the same act as the definitions."""
    if standing.carried is None:
        return None
    title = standing.submitted.in_language("title", "ja")
    return record(act, number=standing.carried.number, source=standing.carried.source, reason=title)


def _names(version: Definition) -> dict[str, str]:
    """What the metric is called from now on, for the sentence of the timeline."""
    return {name: version.wording[name] for name in ("name_ja", "name_en")}


def _check_again(standing: Standing, revision: Revision) -> None:
    glass = standing.break_glass
    excused = {glass.team_id} if glass and glass.confirmed_at else set()
    agreed = [who for seal in standing.seals.values() for who in seal.agreed_ids]
    broken = (
        standing.proposal.state != Proposal.IN_REVIEW
        or any(team.pk not in excused for team in standing.missing)
        or any(seal.digest != revision.digest for seal in standing.seals.values())
        or standing.contributor_ids & set(agreed)
        or len(set(agreed)) != len(agreed)
        or revision_digest(revision.document()) != revision.digest
    )
    if broken:
        raise WrongState("not_agreed", _("The seals do not add up to an agreement. Nothing was published."))
    question = rules.Question(standing, standing.proposal.author)
    for check in LAST_CHECKS:
        if (refused := check(question)) is not None:
            raise refused


def _publish_clause(act: Act, clause: Clause, revision: Revision, known: terms.Known) -> Definition:
    metric = clause.metric or _new_metric(act, clause.key)
    document = clause.document()
    version = act.save(
        Definition(
            metric=metric,
            number=clause.number,
            base=clause.base,
            revision=revision,
            wording=clause.wording,
            terms=terms.found_in(clause.wording, clause.key, known),
            effective_from=revision.effective_from,
            recorded_at=act.at,
            digest=definition_digest(document),
        )
    )
    metric.latest = version
    act.save(metric, "latest")
    return version


def _new_metric(act: Act, key: str) -> Metric:
    try:
        with transaction.atomic():
            return act.save(Metric(key=key, created_at=act.at))
    except IntegrityError:
        raise WrongState(
            "duplicate_key", _("A metric with this key was published meanwhile. Propose a change to it instead.")
        ) from None


def _require_signed_words(
    standing: Standing, revision: Revision, versions: list[Definition], vocabulary: VocabularyVersion | None
) -> None:
    """The digest of what is published is the digest that was signed."""
    document = revision_document(
        definitions=[version.document() for version in versions],
        effective_from=revision.effective_from,
        retroactive=revision.retroactive,
        signed_by=[team.key for team in standing.required_teams],
        vocabulary=_published_vocabulary(vocabulary) if vocabulary else None,
        heading=heading_of(revision),
    )
    if revision_digest(document) != revision.digest:
        raise WrongState("not_agreed", _("The words differ from those that were sealed. Nothing was published."))


def _published_vocabulary(version: VocabularyVersion) -> dict[str, Any]:
    base = VocabularyVersion.objects.get(number=version.number - 1)
    return {"number": version.number, "base": base.digest, "source": version.source}


def put_in_force(version: Definition, *, sealed: bool) -> None:
    """Let the version be the meaning from its day on, and close the belief in what it replaces."""
    begins, known_from = version.effective_from, version.recorded_at
    replaced = InForce.objects.recorded(of_few=True).filter(metric=version.metric, valid_to__gt=begins)
    for span in replaced:
        span.known_to = known_from
        span.save(update_fields=["known_to"])
        if span.valid_from < begins:
            _shorten(span, begins, known_from)
    span = _span(version, sealed)
    span.save(force_insert=True)
    search_index.add(span.metric_id, span.search_text)
    Use.objects.bulk_create(Use(definition=version, key=key, how=how) for key, how in derived.uses(version))


def _span(version: Definition, sealed: bool) -> InForce:
    words = version.wording
    stages = Stage.objects.in_bulk([words["stage"]], field_name="key")
    teams = Team.objects.in_bulk([words["producer"], words["judge"]], field_name="key")
    return derived.span(version, sealed=sealed, stages=stages, teams=teams)


def _shorten(span: InForce, until: date, known_from: datetime) -> None:
    span.pk, span._state.adding = None, True
    span.valid_to, span.known_from, span.known_to = until, known_from, STILL_KNOWN
    span.save(force_insert=True)


def ratify(standing: Standing) -> None:
    """The missing team has sealed after all: the flag comes off what the broken glass published."""
    if not standing.missing and standing.revision:
        InForce.objects.filter(definition__revision=standing.revision).update(sealed=True)


@verb
def ask_break_glass(proposal: Proposal, *, by: User, reason: str, digest: str | None = None) -> BreakGlass:
    """A steward asks to publish without the one missing seal. Nothing happens until a second one confirms.

    `digest` as in `reviewing.reject`.
    """
    standing = lock_with_metrics(proposal, by=by)
    rules.require("ask_break_glass", standing, by=by, digest=digest)
    act = Act("glass_asked", by=by, reason=written(reason, "reason"))
    (team,) = standing.missing
    asked = standing.break_glass  # by somebody who may not any more
    glass = asked or BreakGlass(revision=standing.submitted)
    glass.team, glass.asked_by, glass.asked_at, glass.reason = team, by, act.at, act.reason
    act.save(glass, *(("team", "asked_by", "asked_at", "reason") if asked else ()))
    act.record(proposal=standing.proposal, team=team, metrics=[clause.key for clause in standing.clauses])
    return glass


@verb
def take_back_break_glass(proposal: Proposal, *, by: User) -> None:
    """Whoever asked does not ask any more; that it was asked stays in the history."""
    standing = lock_with_metrics(proposal, by=by)
    rules.require("take_back_break_glass", standing, by=by)
    glass = standing.break_glass
    assert glass is not None, "the rules ask for a first steward"
    act = Act("glass_left_whole", by=by)
    act.delete(glass)
    act.record(proposal=standing.proposal, team=glass.team, metrics=[clause.key for clause in standing.clauses])


@verb
def confirm_break_glass(proposal: Proposal, *, by: User, digest: str) -> list[Definition]:
    """A second steward confirms: the revision is published, flagged until the missing team signs."""
    standing = lock_with_metrics(proposal, by=by)
    rules.require("confirm_break_glass", standing, by=by, digest=digest)
    glass = standing.break_glass
    assert glass is not None, "the rules ask for a first steward"
    act = Act("glass_broken", by=by, reason=glass.reason)
    glass.confirmed_by, glass.confirmed_at = by, act.at
    act.save(glass, "confirmed_by", "confirmed_at")
    act.record(proposal=standing.proposal, team=glass.team, metrics=[clause.key for clause in standing.clauses])
    return publish(Standing(standing.proposal), by=by, reason=glass.reason)
