"""Formulas of calculated metrics: metrics, numbers, + − × ÷ and parentheses, with units, without circles.

A blank stays blank, and dividing by zero gives no value rather than an error or an infinity.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from registry.conditions.problems import Span, refuse
from registry.conditions.tokens import MAX_DEPTH, MAX_LENGTH
from registry.conditions.tree import Node

_TOKEN = re.compile(r"[a-z][a-z0-9_]*|\d{1,12}(?:\.\d{1,6})?|[-+*/()]")
# Full-width signs and the signs of arithmetic, one character each, so that places stay as typed.
_PLAIN = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)} | str.maketrans("×÷−\u3000", "*/- ")
MAX_TERMS = 200


@dataclass(frozen=True)
class MetricRef(Node):
    key: str


@dataclass(frozen=True)
class Number(Node):
    value: Decimal


@dataclass(frozen=True)
class Step(Node):
    op: str  # + - * /
    left: Node
    right: Node


@dataclass(frozen=True)
class Known:
    """A metric a formula may name: its unit (see `unit_of`), and its own formula when it is calculated."""

    unit: tuple[tuple[str, int], ...] = ()
    formula: str | None = None


@dataclass(frozen=True)
class Formula:
    """A formula that checks. `unit` maps base units to powers: people ÷ people is empty, a plain ratio."""

    tree: Node
    metrics: tuple[str, ...]
    unit: tuple[tuple[str, int], ...]


def unit_of(name: str) -> tuple[tuple[str, int], ...]:
    """The unit of a metric counted or summed in `name`: leads, meetings, yen."""
    return ((name, 1),)


def parse_formula(text: str, known: Mapping[str, Known], key: str | None = None) -> Formula:
    """The formula of metric `key`; raises ConditionError for form, unknown metrics, units and circles."""
    tree = _Parser(text).whole()
    _refuse_circles(tree, known, (key,) if key else ())
    unit = _unit(tree, known)
    return Formula(tree, tuple(dict.fromkeys(ref.key for ref in references(tree))), unit)


def references(tree: Node) -> list[MetricRef]:
    if isinstance(tree, MetricRef):
        return [tree]
    return [ref for child in tree.children() for ref in references(child)]


def calculate(formula: Formula, values: Mapping[str, int | Decimal | Fraction | None]) -> Fraction | None:
    """The exact value, or None: no value, because something is blank or divided by zero."""
    return _value(formula.tree, values)


def _value(node: Node, values: Mapping[str, int | Decimal | Fraction | None]) -> Fraction | None:
    if isinstance(node, Number):
        return Fraction(node.value)
    if isinstance(node, MetricRef):
        found = values.get(node.key)
        return None if found is None else Fraction(found)
    assert isinstance(node, Step)
    left, right = _value(node.left, values), _value(node.right, values)
    if left is None or right is None or (node.op == "/" and right == 0):
        return None
    match node.op:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
    return left / right


def _refuse_circles(tree: Node, known: Mapping[str, Known], stack: tuple[str, ...]) -> None:
    for ref in references(tree):
        if ref.key in stack:
            circle = " → ".join((*stack[stack.index(ref.key) :], ref.key))
            raise refuse("circle", ref.span, circle=circle)
        if ref.key not in known:
            raise refuse("formula_metric", ref.span, name=ref.key, known=", ".join(known) or "-")
        inner = known[ref.key].formula
        if inner is not None:
            _refuse_circles(_Parser(inner).whole(), known, (*stack, ref.key))


def _unit(node: Node, known: Mapping[str, Known]) -> tuple[tuple[str, int], ...]:
    if isinstance(node, MetricRef):
        return known[node.key].unit
    if not isinstance(node, Step):
        return ()
    left, right = _unit(node.left, known), _unit(node.right, known)
    if node.op in "+-":
        if left != right:
            raise refuse("formula_units", node.span, left=spelled_unit(left), right=spelled_unit(right))
        return left
    powers = dict(left)
    for name, power in right:
        powers[name] = powers.get(name, 0) + (power if node.op == "*" else -power)
    return tuple(sorted((name, power) for name, power in powers.items() if power))


def spelled_unit(unit: tuple[tuple[str, int], ...]) -> str:
    over = [name for name, power in unit for _ in range(power)]
    under = [name for name, power in unit for _ in range(-power)]
    return ("·".join(over) or "1") + (f"/{'·'.join(under)}" if under else "")


class _Parser:
    def __init__(self, text: str) -> None:
        if len(text) > MAX_LENGTH:
            raise refuse("too_long", Span(MAX_LENGTH, len(text)), limit=MAX_LENGTH)
        self.text, self.place, self.depth, self.terms = text.translate(_PLAIN), 0, 0, 0
        self._skip()

    def whole(self) -> Node:
        found = self._sum()
        if self.place < len(self.text):
            raise self._unexpected()
        return found

    def _next(self) -> str:
        match = _TOKEN.match(self.text, self.place)
        return match[0] if match else ""

    def _take(self) -> Span:
        match = _TOKEN.match(self.text, self.place)
        if match is None:
            raise self._unexpected()
        span = Span(self.place, match.end())
        self.place = match.end()
        self._skip()
        return span

    def _skip(self) -> None:
        while self.place < len(self.text) and self.text[self.place].isspace():
            self.place += 1

    def _sum(self) -> Node:
        return self._chain(self._product, ("+", "-"))

    def _product(self) -> Node:
        return self._chain(self._primary, ("*", "/"))

    def _chain(self, part: object, signs: tuple[str, ...]) -> Node:
        left: Node = part()  # type: ignore[operator]
        while self._next() in signs:
            op = self._next()
            self._take()
            right: Node = part()  # type: ignore[operator]
            left = Step(op, left, right, span=left.span.to(right.span))
        return left

    def _primary(self) -> Node:
        token = self._next()
        self.terms += 1
        if self.terms > MAX_TERMS:
            raise refuse("too_many_words", Span(self.place, len(self.text)), limit=MAX_TERMS)
        if token == "(":
            return self._parenthesis()
        if token and token[0].isdigit():
            return Number(Decimal(token), span=self._take())
        if token and token[0].isalpha():
            return MetricRef(token, span=self._take())
        raise self._unexpected()

    def _parenthesis(self) -> Node:
        self._take()
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise refuse("too_deep", Span(self.place, self.place), limit=MAX_DEPTH)
        found = self._sum()
        if self._next() != ")":
            raise self._unexpected()
        self._take()
        self.depth -= 1
        return found

    def _unexpected(self) -> Exception:
        if self.place >= len(self.text):
            return refuse("ends_early", Span(self.place, self.place), wanted="( …")
        span = Span(self.place, self.place + 1)
        return refuse("formula_form", span, found=self.text[self.place])
