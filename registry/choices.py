"""What the choices of a wording are called: they are stored, and sealed, as keys."""

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

from django.db.models import Value

from registry import as_of
from registry.as_of import When
from registry.models import Clause, Stage, Team, WorkingCopy
from registry.wording import KINDS

STAGE, TEAM = "stage", "team"  # apart, since a stage and a team may have one key


class Called:
    """Names by field and stored value, as they were by `when`. One query for stages and teams, one for each successor.

    For another day, three more. `among` holds names by key of metrics that are only proposed. A value that nothing is
    called by, and that of any other field, is returned as it is.
    """

    def __init__(self, when: When | None = None, among: Mapping[str, str] | None = None) -> None:
        self._when = when or as_of.today()
        self._among = among or {}

    def __call__(self, field: str, value: Any) -> Any:
        match field if value else "":
            case "kind":
                return str(KINDS.get(value, value))
            case "stage":
                return self._named.get((STAGE, value), value)
            case "producer" | "judge":
                return self._named.get((TEAM, value), value)
            case "successor":
                return self._metric(value)
        return value

    @cached_property
    def _named(self) -> dict[tuple[str, str], str]:
        if self._when.is_now:
            return _named_today()
        stages, teams = as_of.stages(self._when), as_of.teams(self._when)
        return {(STAGE, each.key): each.name for each in stages} | {(TEAM, each.key): each.name for each in teams}

    def _metric(self, key: str) -> str:
        """A metric that begins on a later day is called as it is going to be."""
        span = as_of.meaning(key, self._when)
        version = span.definition if span else as_of.first_version(key, self._when)
        return version.name if version else self._among.get(key, key)


def named(worded: Iterable[Clause | WorkingCopy]) -> dict[str, str]:
    """What a proposal calls its metrics, by key."""
    return {each.key: each.name for each in worded if each.name}


def _named_today() -> dict[tuple[str, str], str]:
    columns = ("key", "name_ja", "name_en")
    stages = Stage.objects.order_by().values_list(Value(STAGE), *columns)
    teams = Team.objects.order_by().values_list(Value(TEAM), *columns)
    rows = stages.union(teams).order_by()
    return {(of, key): Stage(name_ja=name_ja, name_en=name_en).name for of, key, name_ja, name_en in rows}
