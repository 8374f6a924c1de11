"""The one order in which rows are locked: metrics by id, then the proposal; the ledger's head comes last."""

from registry.models import Clause, Metric, Proposal
from registry.standing import Standing


def lock(proposal: Proposal) -> Standing:
    """The proposal locked and read again."""
    return Standing(Proposal.objects.select_for_update().get(pk=proposal.pk))


def lock_with_metrics(proposal: Proposal) -> Standing:
    """Likewise, with the metrics under review locked before it, so that no other proposal publishes between."""
    revision = Proposal.objects.values_list("revision", flat=True).get(pk=proposal.pk)
    keys = Clause.objects.filter(revision=revision).values_list("key", flat=True)
    list(Metric.objects.select_for_update().filter(key__in=list(keys)).order_by("pk"))
    return lock(proposal)
