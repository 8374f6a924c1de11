"""Formulas of calculated metrics: metrics, numbers, + − × ÷ and parentheses, with units, without circles.

A blank stays blank, and dividing by zero gives no value rather than an error or an infinity. Only like units are
added or subtracted; a ratio, one thing per another, is a plain number where it meets one: 1 − meeting ÷ target_lead.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from registry.conditions.problems import ConditionError, Span, refuse
from registry.conditions.tokens import MAX_DEPTH, MAX_LENGTH
from registry.conditions.tree import Node

_TOKEN = re.compile(r"[a-z][a-z0-9_]*|\d{1,12}(?:\.\d{1,6})?|[-+*/()]")
# Full-width signs and the signs of arithmetic, one character each, so that places stay as typed.
_PLAIN = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)} | str.maketrans("×÷−\u3000", "*/- ")
MAX_TERMS = 200

type Unit = tuple[tuple[str, int], ...]


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
    """A metric a formula may name: its unit (see `unit_of`), or its own formula, whose unit it has."""

    unit: Unit = ()
    formula: str | None = None


@dataclass(frozen=True)
class Formula:
    """A formula that checks. `unit` maps base units to powers: people ÷ people is empty, a plain ratio."""

    tree: Node
    metrics: tuple[str, ...]
    unit: Unit


def unit_of(name: str) -> Unit:
    """The unit of a metric counted or summed in `name`: leads, meetings, yen."""
    return ((name, 1),)


def parse_formula(text: str, known: Mapping[str, Known], key: str | None = None) -> Formula:
    """The formula of metric `key`; raises ConditionError for form, unknown metrics, units and circles.

    It is read down to what is counted: `known` also holds what the formulas of its metrics name.
    """
    tree = _Parser(text).whole()
    unit = _Units(known).of(tree, (key,) if key else ())
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


def multiplier(node: Node) -> Fraction:
    """The number by which what a formula names is multiplied: 100 in meeting × 100 ÷ lead; of a sum, its largest one.

    So it is 100 of 100 − 100 × meeting ÷ lead, too, and 1 of 1 − meeting ÷ lead.
    """
    if isinstance(node, Number):
        return Fraction(node.value)
    if isinstance(node, MetricRef):
        return Fraction(1)
    assert isinstance(node, Step)
    left, right = multiplier(node.left), multiplier(node.right)
    match node.op:
        case "*":
            return left * right
        case "/":
            return left / right if right else Fraction(0)
    return max(left, right)


class _Units:
    """Works out units down to what is counted; what it meets on the way is bounded, so that doubling ends."""

    def __init__(self, known: Mapping[str, Known]) -> None:
        self.known, self.terms = known, 0

    def of(self, node: Node, above: tuple[str, ...]) -> Unit:
        """The unit of a formula that is part of the formulas of the metrics `above`."""
        if isinstance(node, Step):
            return _combined(node, self.of(node.left, above), self.of(node.right, above))
        self.terms += 1
        if self.terms > MAX_TERMS:
            raise refuse("formula_terms", node.span, limit=MAX_TERMS)
        return self._of_metric(node, above) if isinstance(node, MetricRef) else ()

    def _of_metric(self, ref: MetricRef, above: tuple[str, ...]) -> Unit:
        if ref.key in above:
            raise refuse("circle", ref.span, circle=" → ".join((*above[above.index(ref.key) :], ref.key)))
        if ref.key not in self.known:
            raise refuse("formula_metric", ref.span, name=ref.key)
        found = self.known[ref.key]
        if found.formula is None:
            return found.unit
        try:
            return self.of(_Parser(found.formula).whole(), (*above, ref.key))
        except ConditionError as error:
            raise error.at(ref.span) from error


def _combined(step: Step, left: Unit, right: Unit) -> Unit:
    if step.op in "+-":
        return _added(step, left, right)
    powers = dict(left)
    for name, power in right:
        powers[name] = powers.get(name, 0) + (power if step.op == "*" else -power)
    return tuple(sorted((name, power) for name, power in powers.items() if power))


def _added(step: Step, left: Unit, right: Unit) -> Unit:
    if left == right:
        return left
    if () in (left, right) and _is_ratio(left) and _is_ratio(right):
        return ()
    raise refuse("formula_units", step.span, left=spelled_unit(left), right=spelled_unit(right))


def _is_ratio(unit: Unit) -> bool:
    """Whether it is one thing per another, or a plain number."""
    return sum(power for _, power in unit) == 0


def spelled_unit(unit: Unit) -> str:
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
