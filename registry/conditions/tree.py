"""The typed tree: what a condition means, ready to be judged, encoded, written and read out."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from registry.conditions.problems import NOWHERE, Span

Scalar = int | Decimal | str | bool | date | datetime | None


@dataclass(frozen=True)
class Node:
    span: Span = field(default=NOWHERE, compare=False, repr=False, kw_only=True)

    def children(self) -> Iterator["Node"]:
        for name in _parts(type(self)):  # type: ignore[arg-type]
            yield from _nodes_in(getattr(self, name))


@cache
def _parts(kind: Any) -> tuple[str, ...]:
    """The attributes of a kind of node that can hold nodes."""
    return tuple(each.name for each in fields(kind) if each.name not in ("span", "type"))


def _nodes_in(value: Any) -> Iterator[Node]:
    if isinstance(value, Node):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _nodes_in(item)


def walk(node: Node) -> Iterator[Node]:
    """The node and everything under it, outermost first."""
    yield node
    for child in node.children():
        yield from walk(child)


def levels(node: Node) -> Iterator[list[Node]]:
    """The nodes by how deep they stand; not by recursion, so that any depth can be looked at."""
    level = [node]
    while level:
        yield level
        level = [child for each in level for child in each.children()]


def replaced[T](node: T, change: Callable[[Node], Node | None]) -> T:
    """The tree with whatever `change` gives in place of a node; where it gives None, the node's own parts are."""
    if isinstance(node, tuple):
        return tuple(replaced(each, change) for each in node)  # type: ignore[return-value]
    if not isinstance(node, Node):
        return node
    if (found := change(node)) is not None:
        return found  # type: ignore[return-value]
    return replace(node, **{name: replaced(getattr(node, name), change) for name in _parts(type(node))})  # type: ignore[arg-type]


@dataclass(frozen=True)
class Type:
    """What a value can be. `low`/`high` are in the type's own unit (days for dates), None without bound."""

    kind: str  # int, decimal, text, enum, bool, date, timestamp
    nullable: bool = False
    scale: int = 0
    low: int | Decimal | None = None
    high: int | Decimal | None = None
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class Condition(Node):
    """True, false or unknown for a record."""


@dataclass(frozen=True)
class Value(Node):
    type: Type = field(default=Type("int"), compare=False, repr=False, kw_only=True)


@dataclass(frozen=True)
class And(Condition):
    parts: tuple[Condition, ...]


@dataclass(frozen=True)
class Or(Condition):
    parts: tuple[Condition, ...]


@dataclass(frozen=True)
class Not(Condition):
    part: Condition


@dataclass(frozen=True)
class Always(Condition):
    truth: bool


@dataclass(frozen=True)
class Compare(Condition):
    op: str
    left: Value
    right: Value


@dataclass(frozen=True)
class Distinct(Condition):
    left: Value
    right: Value
    negated: bool


@dataclass(frozen=True)
class In(Condition):
    value: Value
    items: tuple["Literal", ...]
    negated: bool


@dataclass(frozen=True)
class Between(Condition):
    value: Value
    low: Value
    high: Value
    negated: bool

    @property
    def within(self) -> And:
        """The two comparisons that it is short for, before `negated`."""
        return And((Compare(">=", self.value, self.low), Compare("<=", self.value, self.high)))


@dataclass(frozen=True)
class Like(Condition):
    value: Value
    pattern: str
    folded: bool
    negated: bool


@dataclass(frozen=True)
class IsNull(Condition):
    value: Value
    negated: bool


@dataclass(frozen=True)
class IsTruth(Condition):
    """`part IS [NOT] TRUE/FALSE`, never unknown."""

    part: Condition
    truth: bool
    negated: bool


@dataclass(frozen=True)
class Holds(Condition):
    """A yes/no value taken as a condition; only inside IS TRUE and IS FALSE."""

    value: Value


@dataclass(frozen=True)
class Metric(Condition):
    """`is_<key>`, with the agreed condition it stands for on that day, seen from this record."""

    key: str
    path: tuple[str, ...]
    body: Condition


@dataclass(frozen=True)
class Relation(Node):
    """The rows `name` below the record at `path` (() is the record itself)."""

    path: tuple[str, ...]
    name: str
    entity: str


@dataclass(frozen=True)
class Exists(Condition):
    relation: Relation
    where: Condition


@dataclass(frozen=True)
class Field(Value):
    """A field of the record (`row` is "") or of the relation's row (`row` is "row"), up along `path`."""

    row: str
    path: tuple[str, ...]
    entity: str
    name: str


@dataclass(frozen=True)
class Literal(Value):
    value: Scalar


@dataclass(frozen=True)
class Moment(Value):
    name: str  # as_of, period_start, period_end


@dataclass(frozen=True)
class Plus(Value):
    left: Value
    right: Value
    sign: int


@dataclass(frozen=True)
class Times(Value):
    value: Value
    factor: Literal


@dataclass(frozen=True)
class Shift(Value):
    """A date moved by `count` days or months (negative: back); month ends clamp."""

    value: Value
    count: int
    unit: str  # DAY or MONTH


@dataclass(frozen=True)
class Days(Value):
    """Days from `right` to `left`."""

    left: Value
    right: Value


@dataclass(frozen=True)
class Coalesce(Value):
    items: tuple[Value, ...]


@dataclass(frozen=True)
class Case(Value):
    whens: tuple[tuple[Condition, Value], ...]
    default: Value | None


@dataclass(frozen=True)
class DateOf(Value):
    value: Value


@dataclass(frozen=True)
class Truncate(Value):
    unit: str  # WEEK, MONTH, QUARTER, YEAR
    value: Value


@dataclass(frozen=True)
class Extract(Value):
    unit: str  # DAY, MONTH, QUARTER, YEAR
    value: Value


@dataclass(frozen=True)
class Fold(Value):
    how: str  # LOWER, UPPER, TRIM
    value: Value


@dataclass(frozen=True)
class Length(Value):
    value: Value


@dataclass(frozen=True)
class Aggregate(Value):
    """COUNT, COUNT_DISTINCT, MIN or MAX of `argument` over the relation's rows where `where` is true."""

    kind: str
    relation: Relation
    argument: Value | None
    where: Condition
