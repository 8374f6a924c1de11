"""A typed tree to formulas: for every condition when it is true and when it is false, three values always."""

from typing import Any

import z3

from registry.conditions.calendar_terms import Calendar
from registry.conditions.encode_values import ValueEncoder
from registry.conditions.logic import Bool, Term, Truth, any_of, both, choose, no
from registry.conditions.meaning import Moments
from registry.conditions.monotone import compared, monotone
from registry.conditions.plan import Plan, length_ask, like_ask, plan, turned
from registry.conditions.rows import Row, Rows
from registry.conditions.text_automata import Ask
from registry.conditions.tree import (
    Aggregate,
    Always,
    And,
    Between,
    Compare,
    Condition,
    Distinct,
    Exists,
    Field,
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
    Value,
)
from registry.conditions.vocabulary import Vocabulary


class Encoder(ValueEncoder):
    """Encodes trees about one entity over shared rows; build it with all trees it will be asked about."""

    def __init__(self, vocabulary: Vocabulary, entity: str, moments: Moments, trees: list[Node]) -> None:
        self.plan: Plan = plan(trees, vocabulary, entity)
        self.rows = Rows(vocabulary, entity, self.plan)
        self.moments = moments
        self.calendar = Calendar(self.rows.rules)
        self.row: Row | None = None
        self.known: dict[tuple[int, int], tuple[Node, Truth]] = {}

    @property
    def rules(self) -> list[z3.BoolRef]:
        return self.rows.rules

    def truth(self, node: Condition) -> Truth:
        key = (id(node), id(self.row))
        if key not in self.known:
            self.known[key] = (node, getattr(self, "_" + type(node).__name__.lower())(node))
        found: Truth = self.known[key][1]
        return found

    # --- conditions ---

    def _and(self, node: And) -> Truth:
        parts = [self.truth(each) for each in node.parts]
        return Truth(both(*(part.true for part in parts)), any_of(*(part.false for part in parts)))

    def _or(self, node: Or) -> Truth:
        parts = [self.truth(each) for each in node.parts]
        return Truth(any_of(*(part.true for part in parts)), both(*(part.false for part in parts)))

    def _not(self, node: Not) -> Truth:
        return self.truth(node.part).negated()

    def _always(self, node: Always) -> Truth:
        return Truth(node.truth, not node.truth)

    def _compare(self, node: Compare) -> Truth:
        for one, other, op in ((node.left, node.right, node.op), (node.right, node.left, turned(node.op))):
            if isinstance(one, Length):
                return self._asked(one.value, length_ask(op, other))
        found = self._by_threshold(node)
        if found is not None:
            return found
        left, right = self.term(node.left), self.term(node.right)
        holds = self._holds_between(node.op, left, right)
        known = both(no(left.null), no(right.null))
        return Truth(both(known, holds), both(known, no(holds)))

    def _by_threshold(self, node: Compare) -> Truth | None:
        """A date moved or cut, compared with a fixed one; None when the comparison is not of that form."""
        for one, other, op in ((node.left, node.right, node.op), (node.right, node.left, turned(node.op))):
            found = monotone(one)
            if found is None or monotone(other) is not None or not _is_fixed(other, self.moments):
                continue
            base, after = found
            day, limit = self.term(base), self.term(other).value
            if not isinstance(day.value, int):
                holds = compared(day.value, base, after, op, limit)
                return Truth(both(no(day.null), holds), both(no(day.null), no(holds)))
        return None

    def _holds_between(self, op: str, left: Term, right: Term) -> Bool:
        if op in ("=", "<>"):
            same = self._same(left, right)
            return same if op == "=" else no(same)
        scale = max(left.scale, right.scale)
        one, other = left.at(scale), right.at(scale)
        match op:
            case "<":
                return one < other
            case "<=":
                return one <= other
            case ">":
                return one > other
        return one >= other

    def _same(self, left: Term, right: Term) -> Bool:
        if isinstance(left.value, list):
            pairs = [both(one[0], other[0], self._same_text(one, other)) for one in left.value for other in right.value]
            return any_of(*pairs)
        scale = max(left.scale, right.scale)
        return left.at(scale) == right.at(scale) if scale else left.value == right.value

    def _same_text(self, one: Any, other: Any) -> Bool:
        if isinstance(one[1], str) and isinstance(other[1], str):
            return one[1] == other[1]
        if isinstance(one[1], str):
            one, other = other, one
        if isinstance(other[1], str):
            return self._answer(one, Ask((), "equal", other[1]))
        return both(one[1].kind == other[1].kind, one[1].which == other[1].which)

    def _distinct(self, node: Distinct) -> Truth:
        left, right = self.term(node.left), self.term(node.right)
        same = any_of(both(left.null, right.null), both(no(left.null), no(right.null), self._same(left, right)))
        return Truth(same, no(same)) if node.negated else Truth(no(same), same)

    def _in(self, node: In) -> Truth:
        parts = tuple(Compare("=", node.value, item) for item in node.items)
        found = self._or(Or(parts))
        return found.negated() if node.negated else found

    def _between(self, node: Between) -> Truth:
        found = self._and(node.within)
        return found.negated() if node.negated else found

    def _like(self, node: Like) -> Truth:
        found = self._asked(node.value, like_ask(node.pattern, node.folded))
        return found.negated() if node.negated else found

    def _asked(self, value: Value, ask: Ask) -> Truth:
        """One question about a text, true or false unless the text is blank."""
        text = self.term(value)
        holds = any_of(*(both(when, self._answer((when, base, folds), ask)) for when, base, folds in text.value))
        return Truth(both(no(text.null), holds), both(no(text.null), no(holds)))

    def _answer(self, text: Any, ask: Ask) -> Bool:
        _, base, folds = text
        ask = Ask((*folds, *ask.folds), ask.kind, ask.argument, ask.op)
        if isinstance(base, str):
            return ask.holds(base)
        kinds = self.rows.classes(base.group)
        held = [index for index, kind in enumerate(kinds) if kind.answers[ask]]
        if len(held) * 2 > len(kinds):
            missed = [index for index in range(len(kinds)) if index not in held]
            return no(any_of(*(base.kind == index for index in missed)))
        return any_of(*(base.kind == index for index in held))

    def _isnull(self, node: IsNull) -> Truth:
        null = self.term(node.value).null
        return Truth(no(null), null) if node.negated else Truth(null, no(null))

    def _istruth(self, node: IsTruth) -> Truth:
        part = self.truth(node.part)
        held = part.true if node.truth else part.false
        return Truth(no(held), held) if node.negated else Truth(held, no(held))

    def _holds(self, node: Holds) -> Truth:
        term = self.term(node.value)
        return Truth(both(no(term.null), term.value), both(no(term.null), no(term.value)))

    def _metric(self, node: Metric) -> Truth:
        return self.truth(node.body)

    def _exists(self, node: Exists) -> Truth:
        found = any_of(*(held for _, held in self._kept(node)))
        return Truth(found, no(found))

    # --- over rows ---

    def _aggregate(self, node: Aggregate) -> Term:
        kept = self._kept(node)
        if node.kind == "COUNT" or node.argument is None:
            return Term(False, _total([(held, row.copies) for row, held in kept]))
        word = kept[0][0].entity if kept else None
        if node.kind == "COUNT_DISTINCT" and isinstance(node.argument, Field):
            if word and node.argument.name == word.key:
                return Term(False, _total([(held, row.copies) for row, held in kept]))
            return self._distinct_count(node.argument, kept)
        return self._extreme(node, kept)

    def _distinct_count(self, argument: Field, kept: list[tuple[Row, Bool]]) -> Term:
        seen: list[tuple[Bool, Term]] = []
        counted: list[tuple[Bool, Any]] = []
        for row, held in kept:
            term = self.rows.term(row, argument.name)
            given = both(held, no(term.null))
            repeated = any_of(*(both(when, self.rows.same(term, other)) for when, other in seen))
            counted.append((both(given, no(repeated)), 1))
            seen.append((given, term))
        return Term(False, _total(counted))

    def _extreme(self, node: Aggregate, kept: list[tuple[Row, Bool]]) -> Term:
        """The smallest or largest value: a fold over the rows, blank until one has a value."""
        found = Term(True, 0)
        for row, held in kept:
            term = self._at(row, node.argument)
            given = both(held, no(term.null))
            first = node.kind == "MIN"
            better = term.value < found.value if first else term.value > found.value
            taken = both(given, any_of(found.null, better))
            found = Term(both(found.null, no(given)), choose(taken, term.value, found.value), term.scale)
        return found

    # --- rows ---

    def _kept(self, node: Exists | Aggregate) -> list[tuple[Row, Bool]]:
        """Each imagined row with when it is there and its condition true."""
        rows = self.rows.down((node.relation.path, node.relation.name))
        holder = self.rows.up(node.relation.path)
        return [
            (row, both(holder.there if row is self.rows.root else row.there, self._true_of(row, node.where)))
            for row in rows
        ]

    def _true_of(self, row: Row, where: Condition) -> Bool:
        before, self.row = self.row, row
        found = self.truth(where).true
        self.row = before
        return found

    def _at(self, row: Row, value: Value | None) -> Term:
        assert value is not None
        before, self.row = self.row, row
        found = self.term(value)
        self.row = before
        return found


def _total(parts: list[tuple[Bool, Any]]) -> Any:
    found: Any = 0
    for held, copies in parts:
        found = found + choose(held, copies, 0)
    return found


def _is_fixed(value: Value, moments: Moments) -> bool:
    if isinstance(value, Moment):
        return moments.get(value.name) is not None
    return isinstance(value, Literal)
