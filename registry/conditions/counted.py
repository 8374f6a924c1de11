"""What counts by a definition: what fits its condition and has the date it is counted by.

A condition alone says less. A record without that date is in no month, and the period a condition speaks of is the
month of that very date, unless one period is given for all.
"""

from registry.conditions.counting import Definition, resolve_date
from registry.conditions.meaning import Moments
from registry.conditions.resolve import Metrics, resolve_in
from registry.conditions.scope import Scope
from registry.conditions.tree import And, Condition, IsNull, Moment, Node, Shift, Truncate, Value, replaced
from registry.conditions.vocabulary import Vocabulary


def understood(
    asked: str | Definition,
    vocabulary: Vocabulary,
    entity: str,
    metrics: Metrics | None = None,
    moments: Moments | None = None,
) -> Condition:
    """A condition's text, or all that counts by a definition, asked of a record of `entity`.

    What the definition counts may stand above that record. Raises ConditionError.
    """
    here = Scope(vocabulary, vocabulary.entity(entity).name, entity)
    if isinstance(asked, str):
        return resolve_in(asked, here, metrics)
    scope = here.above(asked.counts)
    condition = resolve_in(asked.condition, scope, metrics)
    if not asked.dated_by:
        return condition
    day = resolve_date(asked.dated_by, scope, metrics)
    condition = in_its_month(condition, day, moments or Moments())
    return And((condition, IsNull(day, negated=True))) if day.type.nullable else condition


def in_its_month(condition: Condition, day: Value, moments: Moments) -> Condition:
    """The condition asked of a record's own month, unless one period is given for all: each month is a count."""
    start = Truncate("MONTH", day, type=day.type)
    month: dict[str, Value] = {"period_start": start, "period_end": Shift(start, 1, "MONTH", type=start.type)}

    def known(node: Node) -> Node | None:
        if isinstance(node, Moment) and moments.get(node.name) is None:
            return month.get(node.name)
        return None

    return replaced(condition, known)
