"""Another key signs the checkpoints from now on; that it is the right one is an act like any other."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from registry import rules
from registry.ledger import lineage
from registry.models import Event, User
from registry.workflow.inputs import written
from registry.workflow.record import Act, verb


@verb
def announce_key(old: Ed25519PublicKey, new: Ed25519PrivateKey, *, by: User, reason: str) -> Event:
    """Record that `new` follows `old`. Saying so twice is one event."""
    rules.require_steward(by)
    detail = lineage.detail(old, new)
    told = Event.objects.filter(act=lineage.ACT, detail__new=detail["new"]).first()
    return told or Act(lineage.ACT, by=by, reason=written(reason, "reason")).record(detail=detail)
