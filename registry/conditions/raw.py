"""The raw tree: what was written, untyped.

Both the hand-written parser and the reader of SQL dialects make raw trees; `resolve` alone turns one into a
typed tree, so both go through the same rules.
"""

from dataclasses import dataclass

from registry.conditions.tree import Node, Scalar


@dataclass(frozen=True)
class RawName(Node):
    parts: tuple[str, ...]


@dataclass(frozen=True)
class RawLiteral(Node):
    kind: str  # int, decimal, text, bool, date, timestamp, null
    value: Scalar


@dataclass(frozen=True)
class RawInterval(Node):
    count: int
    unit: str  # DAY, WEEK, MONTH, YEAR


@dataclass(frozen=True)
class RawOp(Node):
    """AND, OR, NOT, = <> < <= > >=, + - * , NEGATE, DISTINCT (the SQL words IS DISTINCT FROM)."""

    op: str
    parts: tuple[Node, ...]


@dataclass(frozen=True)
class RawTest(Node):
    """IS NULL, IS TRUE, IS FALSE, IN, BETWEEN, LIKE, ILIKE; `parts[0]` is what is tested."""

    test: str
    parts: tuple[Node, ...]
    negated: bool = False


@dataclass(frozen=True)
class RawCall(Node):
    """COALESCE, LENGTH, LOWER, UPPER, TRIM, CAST_DATE, DATE_TRUNC, EXTRACT; `unit` for the last two."""

    name: str
    parts: tuple[Node, ...]
    unit: str = ""


@dataclass(frozen=True)
class RawCase(Node):
    whens: tuple[tuple[Node, Node], ...]
    default: Node | None


@dataclass(frozen=True)
class RawSelect(Node):
    """EXISTS, COUNT, COUNT_DISTINCT, MIN or MAX over the rows of a relation."""

    kind: str
    argument: Node | None
    relation: RawName
    alias: str
    where: Node | None
