"""What a condition says of one record: True, False or None (unknown), by the rules of SQL.

This is the reference the solver's encoding and every engine's SQL are held to. A record is a mapping of field
names to values; a parent is a mapping under its name (or None), a relation a list of mappings. The dates of
`Moments` that were left open are read from the record itself (`record["as_of"]`).
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from operator import eq, ge, gt, le, lt, ne
from typing import Any

from registry.conditions.meaning import FOLDS, Moments, matches, part, shift, truncate
from registry.conditions.tree import (
    Aggregate,
    Always,
    And,
    Between,
    Case,
    Coalesce,
    Compare,
    Condition,
    DateOf,
    Days,
    Distinct,
    Exists,
    Extract,
    Field,
    Fold,
    Holds,
    In,
    IsNull,
    IsTruth,
    Length,
    Like,
    Literal,
    Metric,
    Moment,
    Node,
    Not,
    Or,
    Plus,
    Relation,
    Shift,
    Times,
    Truncate,
    Value,
)
from registry.conditions.vocabulary import Vocabulary

Record = Mapping[str, Any]
Truth = bool | None
Asked = Callable[[Record, Record | None], Any]
_COMPARE = {"=": eq, "<>": ne, "<": lt, "<=": le, ">": gt, ">=": ge}


def evaluator(
    tree: Condition | Value, vocabulary: Vocabulary, entity: str, moments: Moments | None = None
) -> Callable[[Record], Any]:
    """A function from a record to the condition's truth (or the value's value); None is unknown or blank."""
    asked = Compiler(vocabulary, entity, moments or Moments()).compile(tree)
    return lambda record: asked(record, None)


def evaluate(
    tree: Condition, record: Record, vocabulary: Vocabulary, entity: str, moments: Moments | None = None
) -> Truth:
    found: Truth = evaluator(tree, vocabulary, entity, moments)(record)
    return found


class Compiler:
    """Turns each node into a closure over (record, relation row)."""

    def __init__(self, vocabulary: Vocabulary, entity: str, moments: Moments) -> None:
        self.vocabulary, self.entity, self.moments = vocabulary, entity, moments

    def compile(self, node: Node) -> Asked:
        found: Asked = getattr(self, "_" + type(node).__name__.lower())(node)
        return found

    # --- conditions ---

    def _and(self, node: And) -> Asked:
        parts = [self.compile(each) for each in node.parts]

        def asked(record: Record, row: Record | None) -> Truth:
            unknown = False
            for each in parts:
                truth = each(record, row)
                if truth is False:
                    return False
                unknown = unknown or truth is None
            return None if unknown else True

        return asked

    def _or(self, node: Or) -> Asked:
        negated = self._and(And(tuple(Not(each) for each in node.parts)))
        return lambda record, row: _not(negated(record, row))

    def _not(self, node: Not) -> Asked:
        part_asked = self.compile(node.part)
        return lambda record, row: _not(part_asked(record, row))

    def _always(self, node: Always) -> Asked:
        return lambda record, row: node.truth

    def _compare(self, node: Compare) -> Asked:
        left, right, how = self.compile(node.left), self.compile(node.right), _COMPARE[node.op]

        def asked(record: Record, row: Record | None) -> Truth:
            one, other = left(record, row), right(record, row)
            return None if one is None or other is None else how(one, other)

        return asked

    def _distinct(self, node: Distinct) -> Asked:
        left, right = self.compile(node.left), self.compile(node.right)
        return lambda record, row: (left(record, row) != right(record, row)) is not node.negated

    def _in(self, node: In) -> Asked:
        value, items = self.compile(node.value), [each.value for each in node.items]

        def asked(record: Record, row: Record | None) -> Truth:
            found = value(record, row)
            return None if found is None else (found in items) is not node.negated

        return asked

    def _between(self, node: Between) -> Asked:
        return self.compile(Not(node.within) if node.negated else node.within)

    def _like(self, node: Like) -> Asked:
        value = self.compile(node.value)

        def asked(record: Record, row: Record | None) -> Truth:
            text = value(record, row)
            return None if text is None else matches(text, node.pattern, node.folded) is not node.negated

        return asked

    def _isnull(self, node: IsNull) -> Asked:
        value = self.compile(node.value)
        return lambda record, row: (value(record, row) is None) is not node.negated

    def _istruth(self, node: IsTruth) -> Asked:
        asked = self.compile(node.part)
        return lambda record, row: (asked(record, row) is node.truth) is not node.negated

    def _holds(self, node: Holds) -> Asked:
        return self.compile(node.value)

    def _metric(self, node: Metric) -> Asked:
        return self.compile(node.body)

    def _exists(self, node: Exists) -> Asked:
        rows, where = self._rows(node.relation), self.compile(node.where)
        return lambda record, _: any(where(record, row) is True for row in rows(record))

    # --- values ---

    def _field(self, node: Field) -> Asked:
        name, path = node.name, node.path
        if node.row:
            return lambda record, row: row.get(name) if row is not None else None
        if not path:
            return lambda record, row: record.get(name)

        def asked(record: Record, row: Record | None) -> Any:
            found: Any = record
            for step in path:
                found = found.get(step)
                if found is None:
                    return None
            return found.get(name)

        return asked

    def _literal(self, node: Literal) -> Asked:
        return lambda record, row: node.value

    def _moment(self, node: Moment) -> Asked:
        fixed = self.moments.get(node.name)
        return (lambda record, row: fixed) if fixed else (lambda record, row: record.get(node.name))

    def _strict(self, values: tuple[Value, ...], how: Callable[..., Any]) -> Asked:
        """`how` of the values, blank when any of them is."""
        asked = [self.compile(each) for each in values]

        def found(record: Record, row: Record | None) -> Any:
            given = [each(record, row) for each in asked]
            return None if None in given else how(*given)

        return found

    def _plus(self, node: Plus) -> Asked:
        return self._strict((node.left, node.right), lambda one, other: one + node.sign * other)

    def _times(self, node: Times) -> Asked:
        return self._strict((node.value, node.factor), lambda one, other: Decimal(one) * other)

    def _shift(self, node: Shift) -> Asked:
        return self._strict((node.value,), lambda day: shift(day, node.count, node.unit))

    def _days(self, node: Days) -> Asked:
        return self._strict((node.left, node.right), lambda one, other: (one - other).days)

    def _coalesce(self, node: Coalesce) -> Asked:
        items = [self.compile(each) for each in node.items]
        given = lambda record, row: (each(record, row) for each in items)  # noqa: E731
        return lambda record, row: next((each for each in given(record, row) if each is not None), None)

    def _case(self, node: Case) -> Asked:
        whens = [(self.compile(condition), self.compile(value)) for condition, value in node.whens]
        default = self.compile(node.default) if node.default else lambda record, row: None

        def asked(record: Record, row: Record | None) -> Any:
            for condition, value in whens:
                if condition(record, row) is True:
                    return value(record, row)
            return default(record, row)

        return asked

    def _dateof(self, node: DateOf) -> Asked:
        return self._strict((node.value,), datetime.date)

    def _truncate(self, node: Truncate) -> Asked:
        return self._strict((node.value,), lambda day: truncate(day, node.unit))

    def _extract(self, node: Extract) -> Asked:
        return self._strict((node.value,), lambda day: part(day, node.unit))

    def _fold(self, node: Fold) -> Asked:
        return self._strict((node.value,), FOLDS[node.how])

    def _length(self, node: Length) -> Asked:
        return self._strict((node.value,), len)

    def _aggregate(self, node: Aggregate) -> Asked:
        rows, where = self._rows(node.relation), self.compile(node.where)
        argument = self.compile(node.argument) if node.argument else lambda record, row: True

        def asked(record: Record, _: Record | None) -> Any:
            kept = [argument(record, row) for row in rows(record) if where(record, row) is True]
            return _summary(node.kind, [each for each in kept if each is not None])

        return asked

    def _rows(self, relation: Relation) -> Callable[[Record], list[Record]]:
        """The relation's rows; the record itself is one of its parent's rows whether listed or not."""
        key = self.vocabulary.entity(self.entity).key
        mirror = self.vocabulary.is_mirror(self.entity, relation.path, relation.name)

        def rows(record: Record) -> list[Record]:
            holder: Any = record
            for step in relation.path:
                holder = holder.get(step)
                if holder is None:
                    return []
            found = list(holder.get(relation.name) or [])
            if mirror and not any(each.get(key) == record.get(key) for each in found):
                found.insert(0, record)
            return found

        return rows


def _not(truth: Truth) -> Truth:
    return None if truth is None else not truth


def _summary(kind: str, values: list[Any]) -> Any:
    match kind:
        case "COUNT":
            return len(values)
        case "COUNT_DISTINCT":
            return len(set(values))
        case "MIN":
            return min(values, default=None)
    return max(values, default=None)
