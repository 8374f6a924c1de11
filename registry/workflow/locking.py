"""The order of locks: vocabulary, metrics by id, proposal, seats by id; the ledger's head comes last."""

from django.db.models import Model, Q, QuerySet

from registry.models import (
    Clause,
    Delegation,
    Membership,
    Metric,
    Proposal,
    Revision,
    SignOff,
    User,
    VocabularyClause,
    VocabularyVersion,
)
from registry.standing import Standing


def locked[M: Model](rows: QuerySet[M]) -> QuerySet[M]:
    """`rows`, held by this act until it ends.

    References to them stay possible: PostgreSQL checks those at commit, in an order of its own, so a lock that shut
    them out could end in a deadlock after everything else was done.
    """
    return rows.select_for_update(no_key=True)


def lock(proposal: Proposal) -> Standing:
    """The proposal locked and read again."""
    return Standing(locked(Proposal.objects.all()).get(pk=proposal.pk))


def lock_vocabulary() -> VocabularyVersion | None:
    """The latest vocabulary, read once its row is ours: whoever had it before may have recorded the next one."""
    list(locked(VocabularyVersion.objects.all())[:1])
    return VocabularyVersion.objects.first()


def lock_with_metrics(proposal: Proposal, *, by: User) -> Standing:
    """Likewise, with the metrics under review locked before it, so that no other proposal publishes between.

    The seats are locked after it, so that nobody whose seal counts loses theirs before this act is recorded.
    """
    revision = Proposal.objects.filter(pk=proposal.pk).values("revision")
    if VocabularyClause.objects.filter(revision__in=revision).exists():
        lock_vocabulary()
    keys = Clause.objects.filter(revision__in=revision)
    list(locked(Metric.objects.all()).filter(key__in=keys.values("key")).order_by("pk"))
    standing = lock(proposal)
    _lock_seats(standing.revision, by)
    return standing


def _lock_seats(revision: Revision | None, by: User) -> None:
    """What seals on the revision were pressed from, and what `by` could press one from now."""
    pressed = SignOff.objects.filter(revision=revision)
    lent = Delegation.objects.filter(Q(pk__in=pressed.values("delegation")) | Q(stand_in=by, withdrawn_at=None))
    from_seat = Q(pk__in=pressed.values("membership")) | Q(pk__in=lent.values("membership")) | Q(user=by, until=None)
    list(locked(Membership.objects.all()).filter(from_seat).order_by("pk"))
    list(locked(lent).order_by("pk"))
