"""The one order in which rows are locked: vocabulary, metrics by id, proposal; the ledger's head comes last."""

from django.db.models import Model, QuerySet

from registry.models import Clause, Metric, Proposal, VocabularyClause, VocabularyVersion
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


def lock_with_metrics(proposal: Proposal) -> Standing:
    """Likewise, with the metrics under review locked before it, so that no other proposal publishes between."""
    revision = Proposal.objects.values_list("revision", flat=True).get(pk=proposal.pk)
    if VocabularyClause.objects.filter(revision=revision).exists():
        lock_vocabulary()
    keys = Clause.objects.filter(revision=revision).values_list("key", flat=True)
    list(locked(Metric.objects.all()).filter(key__in=list(keys)).order_by("pk"))
    return lock(proposal)
