"""Who is signed in: read anew for every request, together with what the frame of every page says of them."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.db.models import Count, Exists, Subquery
from django.db.models.functions import Coalesce

from registry import clock
from registry.models import Membership, Proposal, User


def reader(pk: int) -> User | None:
    """A person with `in_a_team` and `awaited`, the number of proposals that await their seal. One query."""
    person = User(pk=pk)
    awaiting = Proposal.objects.awaiting(person, clock.today()).order_by().values("state")
    seats = Membership.objects.current().filter(user=person)
    readers = User.objects.annotate(
        in_a_team=Exists(seats),
        awaited=Coalesce(Subquery(awaiting.annotate(count=Count("pk")).values("count")), 0),
    )
    return readers.filter(pk=pk).first()


class Accounts(ModelBackend):
    """By name and password, as Django does it."""

    def get_user(self, user_id: Any) -> User | None:
        found = reader(user_id)
        return found if self.user_can_authenticate(found) else None
