"""Leaving advice about the words aside: a record of who decided it, and why."""

from django.utils.translation import gettext as _

from registry import rules
from registry.advice import Advice
from registry.models import Dismissal, Proposal, User
from registry.refusals import WrongState
from registry.workflow.inputs import written
from registry.workflow.locking import lock
from registry.workflow.record import Act, verb


@verb
def dismiss(proposal: Proposal, *, advice: Advice, by: User, reason: str) -> Dismissal:
    """Leave the passage as it is. The same advice about the same passage is not given again in this proposal."""
    standing = lock(proposal)
    rules.require("dismiss", standing, by=by)
    found = advice.finding
    place = {"key": advice.key, "field": found.field, "code": found.code, "passage": found.digest}
    if standing.proposal.dismissals.filter(**place).exists():
        raise WrongState("dismissed_already", _("This advice was left aside already. Reload the page to see why."))
    act = Act("advice_dismissed", by=by, reason=written(reason, "reason"))
    aside = act.save(
        Dismissal(proposal=standing.proposal, reason=act.reason, dismissed_by=by, dismissed_at=act.at, **place)
    )
    act.record(proposal=standing.proposal, metrics=[advice.key], detail={"field": found.field, "code": found.code})
    return aside
