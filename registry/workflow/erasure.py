"""Forgetting a person who has left: their names go, what they did and sealed stays proven.

The chain holds names only as salted digests (`chain.personal_digest`), so emptying them breaks nothing, and
without the salt nobody can check a guess against what remains.
"""

from django.db.models import Q
from django.utils.translation import gettext as _

from registry import rules
from registry.models import Delegation, Event, Head, User
from registry.refusals import WrongState
from registry.workflow.inputs import written
from registry.workflow.locking import locked
from registry.workflow.record import Act, verb


@verb
def erase_person(user: User, *, by: User, reason: str) -> User:
    """Empty the names, address and written reasons of a deactivated person in the ledger and the history."""
    rules.require_steward(by)
    current = locked(User.objects.all()).get(pk=user.pk)
    require_erasable(current)
    act = Act("erased", by=by, reason=written(reason, "reason"))
    current.username, current.name_ja, current.name_en, current.email = _nobody(current), "", "", ""
    current.set_unusable_password()
    _empty_history(act, current)
    act.save(current, "username", "name_ja", "name_en", "email", "password")
    events = _empty_events(current)
    act.record(detail={"user": current.pk, "events": events})
    return current


def require_erasable(user: User) -> None:
    """Raise unless there is somebody to forget who no longer takes part."""
    if user.is_active or user.is_system:
        raise WrongState("active", _("Only a deactivated account can be erased. Deactivate it first."))
    if user.is_erased:
        raise WrongState("erased", _("The personal data of this account were erased already. Nothing is left to do."))


def _nobody(user: User) -> str:
    """A user name is unique and never empty, so it says no more than the number that stays in the record."""
    return f"erased-{user.pk}"


def _empty_history(act: Act, user: User) -> None:
    act.open()
    history = User.history.model
    history.objects.filter(id=user.pk).update(**dict.fromkeys(history.PERSONAL, ""))


def _empty_events(user: User) -> int:
    """Those of the person and those that name them; how many. After the head is locked, so that none comes between."""
    locked(Head.objects.all()).get()
    lent = Delegation.objects.filter(Q(stand_in=user) | Q(membership__user=user)).values_list("pk", flat=True)
    naming = Q(actor=user) | Q(detail__user=user.pk) | Q(detail__delegation__in=list(lent))
    return Event.objects.filter(naming, personal__isnull=False).update(personal=None)
