"""The values of a query read back: columns, literals and the functions each dialect spells its own way."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlglot import exp

from registry.conditions.meaning import LOWER, TRIMMED, UPPER
from registry.conditions.raw import (
    RawCall,
    RawCase,
    RawInterval,
    RawLiteral,
    RawName,
    RawOp,
    RawSelect,
)
from registry.conditions.sql import ROOT
from registry.conditions.tree import Node
from registry.conditions.vocabulary import Vocabulary

MOMENTS = ("TIMESTAMP", "TIMESTAMPNTZ", "DATETIME")
FOLDS = {(UPPER, LOWER): "LOWER", (LOWER, UPPER): "UPPER"}


class Unreadable(Exception):
    """A node or an argument of a node that no condition writes."""


def only(node: Any, *names: str) -> None:
    """Refuses a node that carries any argument but these."""
    for name, value in node.args.items():
        if name not in names and value not in (None, False, []):
            raise Unreadable(f"{type(node).__name__}.{name}")


def word(node: Any) -> str:
    if not isinstance(node, exp.Identifier):
        raise Unreadable(node)
    found: str = node.this.lower()
    return found


class ValueReader:
    """Reads values; `paths` says where each alias stands, `rows` which aliases are rows of relations."""

    select: Callable[[Any], RawSelect]
    condition: Callable[[Any], Node]

    def __init__(self, vocabulary: Vocabulary, entity: str) -> None:
        self.vocabulary, self.entity = vocabulary, entity
        self.paths: dict[str, tuple[str, ...]] = {ROOT: ()}
        self.rows: set[str] = set()

    def _parts(self, node: Any) -> tuple[str, str]:
        if not isinstance(node, exp.Column):
            raise Unreadable(node)
        only(node, "this", "table")
        alias = word(node.args["table"])
        return alias, word(node.this)

    def value(self, node: Any) -> Node:
        reader = _VALUES.get(type(node))
        if reader is None:
            raise Unreadable(node)
        return reader(self, node)

    def _column(self, node: Any) -> Node:
        alias, name = self._parts(node)
        if alias in self.rows:
            return RawName((alias, name))
        if alias not in self.paths:
            raise Unreadable(node)
        return RawName((self.entity, *self.paths[alias], name))

    def _paren(self, node: Any) -> Node:
        only(node, "this")
        return self.value(node.this)

    def _literal(self, node: Any) -> Node:
        if node.is_string:
            return RawLiteral("text", node.this)
        if "." in node.this:
            return RawLiteral("decimal", Decimal(node.this))
        return RawLiteral("int", int(node.this))

    def _negative(self, node: Any) -> Node:
        only(node, "this")
        return RawOp("NEGATE", (self.value(node.this),))

    def _boolean(self, node: Any) -> Node:
        return RawLiteral("bool", bool(node.this))

    def _arithmetic(self, node: Any) -> Node:
        only(node, "this", "expression")
        op = {exp.Add: "+", exp.Sub: "-", exp.Mul: "*"}[type(node)]
        if isinstance(node.expression, exp.Interval):
            only(node.expression, "this", "unit")
            unit = _unit(node.expression.args["unit"], "DAY", "MONTH")
            return RawOp(op, (self.value(node.this), RawInterval(int(node.expression.this.this), unit)))
        return RawOp(op, (self.value(node.this), self.value(node.expression)))

    def _cast(self, node: Any) -> Node:
        only(node, "this", "to")
        target, inner = node.args["to"].this.name, node.this
        if isinstance(inner, exp.Literal) and inner.is_string:
            return _typed_literal(target, inner.this)
        if target == "BIGINT":
            return self.value(inner)
        if target in MOMENTS and isinstance(inner, exp.Column):
            return self.value(inner)  # a day widened for DATE_TRUNC; never in the place of a date itself
        if target != "DATE":
            raise Unreadable(node)
        if isinstance(inner, (exp.Column, exp.Case, exp.Coalesce, exp.Subquery)):
            return RawCall("CAST_DATE", (self.value(inner),))
        return self.value(inner)

    def _shift(self, node: Any) -> Node:
        only(node, "this", "expression", "unit", "return_type")
        unit = _unit(node.args["unit"], "DAY", "MONTH")
        return RawOp("+", (self.value(node.this), RawInterval(self._whole(node.expression), unit)))

    def _add_months(self, node: Any) -> Node:
        only(node, "this", "expression")
        return RawOp("+", (self.value(node.this), RawInterval(self._whole(node.expression), "MONTH")))

    def _whole(self, node: Any) -> int:
        if isinstance(node, exp.Neg):
            return -self._whole(node.this)
        if not isinstance(node, exp.Literal):
            raise Unreadable(node)
        return int(node.this)

    def _days(self, node: Any) -> Node:
        only(node, "this", "expression", "unit", "date_part_boundary")
        _unit(node.args["unit"], "DAY")
        return RawOp("-", (self.value(node.this), self.value(node.expression)))

    def _truncate(self, node: Any) -> Node:
        only(node, "this", "unit", "input_type_preserved")
        unit = _unit(node.args["unit"], "WEEK", "ISOWEEK", "MONTH", "QUARTER", "YEAR").removeprefix("ISO")
        inner = node.this
        if isinstance(inner, exp.Cast) and inner.args["to"].this.name in MOMENTS:
            only(inner, "this", "to")
            inner = inner.this
        return RawCall("DATE_TRUNC", (self.value(inner),), unit)

    def _extract(self, node: Any) -> Node:
        only(node, "this", "expression")
        unit = _unit(node.this, "DAY", "MONTH", "QUARTER", "YEAR")
        return RawCall("EXTRACT", (self.value(node.expression),), unit)

    def _coalesce(self, node: Any) -> Node:
        only(node, "this", "expressions")
        return RawCall("COALESCE", (self.value(node.this), *(self.value(each) for each in node.expressions)))

    def _case(self, node: Any) -> Node:
        only(node, "ifs", "default")
        whens = []
        for branch in node.args["ifs"]:
            only(branch, "this", "true")
            whens.append((self.condition(branch.this), self.value(branch.args["true"])))
        default = node.args.get("default")
        read = None if default is None or isinstance(default, exp.Null) else self.value(default)
        return RawCase(tuple(whens), read)

    def _translate(self, node: Any) -> Node:
        only(node, "this", "from_", "to")
        fold = FOLDS.get((node.args["from_"].this, node.args["to"].this))
        if fold is None:
            raise Unreadable(node)
        return RawCall(fold, (self.value(node.this),))

    def _trim(self, node: Any) -> Node:
        only(node, "this", "expression", "position")
        signs, position = node.expression, node.args.get("position")
        if not isinstance(signs, exp.Literal) or signs.this != TRIMMED or position not in (None, "BOTH"):
            raise Unreadable(node)
        return RawCall("TRIM", (self.value(node.this),))

    def _length(self, node: Any) -> Node:
        only(node, "this", "binary")
        return RawCall("LENGTH", (self.value(node.this),))

    def _subquery(self, node: Any) -> Node:
        only(node, "this")
        return self.select(node.this)


def _unit(node: Any, *known: str) -> str:
    unit = str(node.this).upper()
    if unit not in known:
        raise Unreadable(unit)
    return unit


def _typed_literal(target: str, text: str) -> Node:
    if target == "DATE":
        return RawLiteral("date", date.fromisoformat(text))
    if target in MOMENTS:
        return RawLiteral("timestamp", datetime.fromisoformat(text))
    if target == "DECIMAL":
        return RawLiteral("decimal", Decimal(text))
    raise Unreadable(target)


_VALUES: dict[type, Callable[[ValueReader, Any], Node]] = {
    exp.Column: ValueReader._column,
    exp.Paren: ValueReader._paren,
    exp.Literal: ValueReader._literal,
    exp.Neg: ValueReader._negative,
    exp.Boolean: ValueReader._boolean,
    exp.Add: ValueReader._arithmetic,
    exp.Sub: ValueReader._arithmetic,
    exp.Mul: ValueReader._arithmetic,
    exp.Cast: ValueReader._cast,
    exp.DateAdd: ValueReader._shift,
    exp.TsOrDsAdd: ValueReader._shift,
    exp.AddMonths: ValueReader._add_months,
    exp.DateDiff: ValueReader._days,
    exp.TsOrDsDiff: ValueReader._days,
    exp.DateTrunc: ValueReader._truncate,
    exp.TimestampTrunc: ValueReader._truncate,
    exp.Extract: ValueReader._extract,
    exp.Coalesce: ValueReader._coalesce,
    exp.Case: ValueReader._case,
    exp.Translate: ValueReader._translate,
    exp.Trim: ValueReader._trim,
    exp.Length: ValueReader._length,
    exp.Subquery: ValueReader._subquery,
}
