"""Values to terms: what a value is and when it is blank, over the variables of the imagined rows."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal

from registry.conditions.calendar_terms import Calendar
from registry.conditions.logic import Bool, Term, Truth, any_of, both, choose, no
from registry.conditions.meaning import FOLDS, Moments
from registry.conditions.rows import MICROSECONDS, Row, Rows, TextVariable
from registry.conditions.tree import (
    Case,
    Coalesce,
    Condition,
    DateOf,
    Days,
    Extract,
    Field,
    Fold,
    Literal,
    Moment,
    Plus,
    Shift,
    Times,
    Truncate,
    Value,
)

# A text is a list of (when it is this one, literal or variable, folds applied to it).
Texts = list[tuple[Bool, str | TextVariable, tuple[str, ...]]]


class ValueEncoder:
    """The value half of the encoder; `truth` encodes the conditions inside CASE."""

    rows: Rows
    row: Row | None
    calendar: Calendar
    moments: Moments
    truth: Callable[[Condition], Truth]

    def term(self, node: Value) -> Term:
        found: Term = getattr(self, "_" + type(node).__name__.lower())(node)
        return found

    def _field(self, node: Field) -> Term:
        row = self.row if node.row else self.rows.up(node.path)
        assert row is not None
        term = self.rows.term(row, node.name)
        if isinstance(term.value, TextVariable):
            return Term(term.null, [(True, term.value, ())])
        return term

    def _literal(self, node: Literal) -> Term:
        match node.value:
            case bool():
                return Term(False, node.value)
            case datetime():
                day = node.value.toordinal()
                time = node.value - datetime(*node.value.timetuple()[:3])  # noqa: DTZ001
                return Term(False, day * MICROSECONDS + time.seconds * 10**6 + time.microseconds)
            case date():
                return Term(False, node.value.toordinal())
            case Decimal():
                return Term(False, int(node.value.scaleb(node.type.scale)), node.type.scale)
            case str() if node.type.kind == "enum":
                return Term(False, node.type.values.index(node.value))
            case str():
                return Term(False, [(True, node.value, ())])
        return Term(False, node.value)

    def _moment(self, node: Moment) -> Term:
        day = self.moments.get(node.name)
        return Term(False, day.toordinal() if day else self.rows.moment(node.name))

    def _plus(self, node: Plus) -> Term:
        left, right = self.term(node.left), self.term(node.right)
        scale = max(left.scale, right.scale)
        value = left.at(scale) + node.sign * right.at(scale)
        return Term(any_of(left.null, right.null), value, scale)

    def _times(self, node: Times) -> Term:
        value, factor = self.term(node.value), self.term(node.factor)
        return Term(value.null, value.value * factor.value, value.scale + factor.scale)

    def _shift(self, node: Shift) -> Term:
        day = self.term(node.value)
        return Term(day.null, self.calendar.shift(day.value, node.count, node.unit, node.value.type))

    def _days(self, node: Days) -> Term:
        left, right = self.term(node.left), self.term(node.right)
        return Term(any_of(left.null, right.null), left.value - right.value)

    def _coalesce(self, node: Coalesce) -> Term:
        terms = [self.term(item) for item in node.items]
        found = terms[-1]
        for term in reversed(terms[:-1]):
            found = self._either(no(term.null), Term(False, term.value, term.scale), found)
        return found

    def _case(self, node: Case) -> Term:
        results = [self.term(result) for _, result in node.whens]
        found = self.term(node.default) if node.default else Term(True, results[0].value, results[0].scale)
        for (condition, _), result in zip(reversed(node.whens), reversed(results), strict=True):
            found = self._either(self.truth(condition).true, result, found)
        return found

    def _either(self, test: Bool, one: Term, other: Term) -> Term:
        null = any_of(both(test, one.null), both(no(test), other.null))
        if isinstance(one.value, list):
            texts = [(both(test, when), base, folds) for when, base, folds in one.value]
            texts += [(both(no(test), when), base, folds) for when, base, folds in other.value]
            return Term(null, texts)
        scale = max(one.scale, other.scale)
        if scale:
            return Term(null, choose(test, one.at(scale), other.at(scale)), scale)
        return Term(null, choose(test, one.value, other.value))

    def _dateof(self, node: DateOf) -> Term:
        moment = self.term(node.value)
        return Term(moment.null, self.calendar.quotient(moment.value, MICROSECONDS))

    def _truncate(self, node: Truncate) -> Term:
        day = self.term(node.value)
        return Term(day.null, self.calendar.truncate(day.value, node.unit, node.value.type))

    def _extract(self, node: Extract) -> Term:
        day = self.term(node.value)
        return Term(day.null, self.calendar.part(day.value, node.unit, node.value.type))

    def _fold(self, node: Fold) -> Term:
        text = self.term(node.value)
        folded = [
            (when, FOLDS[node.how](base), ()) if isinstance(base, str) else (when, base, (*folds, node.how))
            for when, base, folds in text.value
        ]
        return Term(text.null, folded)
