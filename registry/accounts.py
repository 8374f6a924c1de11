"""Who is signed in: read anew for every request, together with what the frame of every page says of them."""

from datetime import date
from functools import cache
from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.db import connection
from django.db.models import Exists, QuerySet, StringAgg, Subquery, TextField, Value
from django.db.models.functions import Cast, Coalesce

from registry import clock
from registry.models import Membership, Proposal, User

SOMEBODY, SOME_DAY = -1, date.min


class Accounts(ModelBackend):
    """By name and password, as Django does it."""

    def get_user(self, user_id: Any) -> User | None:
        found = reader(user_id)
        return found if self.user_can_authenticate(found) else None


def reader(pk: int) -> User | None:
    """A person with `in_a_team`, and `awaited`: the ids of the proposals that await their seal. One query."""
    prepared = connection.ops.adapt_datefield_value
    told = {SOMEBODY: pk, prepared(SOME_DAY): prepared(clock.today())}
    sql, parameters = _statement(connection.vendor)
    found: Any = next(iter(User.objects.raw(sql, [told.get(each, each) for each in parameters])), None)
    if found is not None:
        found.in_a_team = bool(found.seated)
        found.awaited = [int(each) for each in found.listed.split(",") if each]
    return found


@cache
def _statement(vendor: str) -> tuple[str, tuple[Any, ...]]:
    """What `reader` asks, of somebody on some day. To write it takes Django twenty times as long as to answer it."""
    return _readers(User(pk=SOMEBODY), SOME_DAY).query.sql_with_params()


def _readers(person: User, day: date) -> QuerySet[User]:
    awaiting = Proposal.objects.awaiting(person, day).order_by().values("state")
    listed = StringAgg(Cast("pk", TextField()), Value(",", TextField()))
    return User.objects.filter(pk=person.pk).annotate(
        seated=Exists(Membership.objects.current().filter(user=person)),
        listed=Coalesce(Subquery(awaiting.annotate(ids=listed).values("ids")), Value("", TextField())),
    )
