"""Tokens to a raw tree, by recursive descent.

Written by hand and not with sqlglot's parser: the language is small, every refusal needs an exact place, a
reason and a fix, and what is not in this file cannot be said. sqlglot reads the dialects back (readback.py),
where an allow-list holds it to the same language.
"""

from dataclasses import replace
from decimal import Decimal

from registry.conditions.cursor import CLOCK, SUMS
from registry.conditions.problems import refuse
from registry.conditions.raw import (
    RawCase,
    RawLiteral,
    RawName,
    RawOp,
    RawSelect,
    RawTest,
)
from registry.conditions.tokens import MAX_DEPTH, Token
from registry.conditions.tree import Node, levels
from registry.conditions.words import Words

COMPARISONS = ("=", "<>", "<", "<=", ">", ">=")
LARGEST_ITEMS = 500


def parse_raw(text: str) -> Node:
    """The whole text as one raw tree; raises ConditionError at the first place that is not the language."""
    parser = _Parser(text)
    found = parser.either()
    parser.end()
    for depth, level in enumerate(levels(found), start=1):
        if depth > MAX_DEPTH:
            raise refuse("too_deep", level[0].span, limit=MAX_DEPTH)
    return found


class _Parser(Words):
    # --- conditions ---

    def either(self) -> Node:
        self.deeper()
        start = self.next.span.start
        parts, words = [self.negation()], []
        while word := self.accept("AND", "OR"):
            words.append(word)
            parts.append(self.negation())
        self.depth -= 1
        if not words:
            return parts[0]
        if len({word.value for word in words}) > 1:
            raise self.mixed(parts, words)
        return RawOp(words[0].value, tuple(parts), span=self.since(start))

    def mixed(self, parts: list[Node], words: list[Token]) -> Exception:
        """AND and OR side by side; the fix adds the parentheses that SQL would have read."""
        texts = [self.text[part.span.start : part.span.end] for part in parts]
        groups: list[list[str]] = [[texts[0]]]
        for word, text in zip(words, texts[1:], strict=True):
            if word.value == "OR":
                groups.append([text])
            else:
                groups[-1].append(text)
        fix = " OR ".join(f"({' AND '.join(group)})" if len(group) > 1 else group[0] for group in groups)
        span = parts[0].span.to(parts[-1].span)
        return refuse("mixed", span, fix=fix)

    def negation(self) -> Node:
        start = self.next.span.start
        nots = 0
        while self.accept("NOT"):
            nots += 1
            if nots > MAX_DEPTH:
                raise refuse("too_deep", self.next.span, limit=MAX_DEPTH)
        part = self.predicate()
        for _ in range(nots):
            part = RawOp("NOT", (part,), span=self.since(start))
        return part

    def predicate(self) -> Node:
        start = self.next.span.start
        left = self.sum()
        while True:
            if self.peek(*COMPARISONS):
                op = self.take().value
                left = RawOp(op, (left, self.sum()), span=self.since(start))
                if self.peek(*COMPARISONS):
                    raise refuse("chained", self.next.span)
            elif self.peek("IS"):
                left = self.is_test(left, start)
            elif self.peek("NOT", "IN", "BETWEEN", "LIKE", "ILIKE"):
                left = self.worded_test(left, start)
            else:
                return left

    def is_test(self, left: Node, start: int) -> Node:
        self.expect("IS")
        negated = self.accept("NOT") is not None
        if self.accept("DISTINCT"):
            self.expect("FROM")
            right = self.sum()
            return RawTest("DISTINCT", (left, right), negated, span=self.since(start))
        if not self.peek("NULL", "TRUE", "FALSE"):
            raise self.unexpected("NULL, TRUE, FALSE, DISTINCT FROM")
        return RawTest(f"IS {self.take().value}", (left,), negated, span=self.since(start))

    def worded_test(self, left: Node, start: int) -> Node:
        negated = self.accept("NOT") is not None
        if self.accept("IN"):
            parts: tuple[Node, ...] = (left, *self.items())
            return RawTest("IN", parts, negated, span=self.since(start))
        if self.accept("BETWEEN"):
            low = self.sum()
            self.expect("AND")
            return RawTest("BETWEEN", (left, low, self.sum()), negated, span=self.since(start))
        if not self.peek("LIKE", "ILIKE"):
            raise self.unexpected("IN, BETWEEN, LIKE, ILIKE")
        word = self.take().value
        return RawTest(word, (left, self.sum()), negated, span=self.since(start))

    def items(self) -> list[Node]:
        self.expect("(")
        if self.peek("SELECT"):
            raise refuse("subquery", self.next.span)
        found = [self.sum()]
        while self.accept(","):
            found.append(self.sum())
        if len(found) > LARGEST_ITEMS:
            raise refuse("too_many_items", found[0].span.to(found[-1].span), limit=LARGEST_ITEMS)
        self.expect(")")
        return found

    # --- values ---

    def sum(self) -> Node:
        start = self.next.span.start
        left = self.product()
        steps = 0
        while self.peek("+", "-"):
            op = self.take()
            if op.value == "-" and self.peek("-"):
                raise refuse("comment", op.span.to(self.next.span))
            left = RawOp(op.value, (left, self.product()), span=self.since(start))
            steps += 1
            if steps > MAX_DEPTH:
                raise refuse("too_deep", left.span, limit=MAX_DEPTH)
        return left

    def product(self) -> Node:
        start = self.next.span.start
        left = self.signed()
        steps = 0
        while self.accept("*"):
            left = RawOp("*", (left, self.signed()), span=self.since(start))
            steps += 1
            if steps > MAX_DEPTH:
                raise refuse("too_deep", left.span, limit=MAX_DEPTH)
        return left

    def signed(self) -> Node:
        minus = self.accept("-")
        if minus and self.peek("-"):
            raise refuse("comment", minus.span.to(self.next.span))
        part = self.primary()
        return RawOp("NEGATE", (part,), span=minus.span.to(part.span)) if minus else part

    def primary(self) -> Node:
        token = self.next
        if token.kind == "number":
            self.take()
            kind = "decimal" if "." in token.value else "int"
            if len(token.value) > 16:
                raise refuse("too_large", token.span)
            return RawLiteral(kind, Decimal(token.value) if "." in token.value else int(token.value), span=token.span)
        if token.kind == "text":
            self.take()
            return RawLiteral("text", token.value, span=token.span)
        if token.kind == "name":
            return self.name()
        if token.kind == "op" and token.value == "(":
            return self.parenthesis()
        reader = _WORD_READERS.get(token.value) if token.kind == "word" else None
        if reader is None:
            raise self.unexpected("value")
        return reader(self)

    def parenthesis(self) -> Node:
        start = self.expect("(").span.start
        if self.peek("SELECT"):
            selected = self.select()
            self.expect(")")
            if selected.kind == "EXISTS":
                raise refuse("subquery", self.since(start))
            return selected
        found = self.either()
        self.expect(")")
        return replace(found, span=self.since(start))

    def name(self) -> Node:
        first = self.take()
        parts, start = [first.value], first.span.start
        while self.accept("."):
            if self.next.kind not in ("name", "word"):
                raise self.unexpected("field name")
            parts.append(self.tokens[self.place].value)
            self.take()
        if self.peek("("):
            raise self.unknown_function(first, start)
        if first.value.lower() in CLOCK:
            raise refuse("clock", first.span, fix="as_of", written=first.value)
        return RawName(tuple(parts), span=self.since(start))

    def case(self) -> Node:
        start = self.take().span.start
        self.deeper()
        whens = []
        while self.accept("WHEN"):
            condition = self.either()
            self.expect("THEN")
            whens.append((condition, self.sum()))
        if not whens:
            raise self.unexpected("WHEN")
        default = self.sum() if self.accept("ELSE") else None
        self.expect("END")
        self.depth -= 1
        return RawCase(tuple(whens), default, span=self.since(start))

    # --- looking down one relation ---

    def exists(self) -> Node:
        start = self.take().span.start
        self.expect("(")
        if not self.peek("SELECT"):
            raise self.unexpected("SELECT 1 FROM")
        found = self.select()
        self.expect(")")
        if found.kind != "EXISTS":
            raise refuse("exists_form", self.since(start))
        return replace(found, span=self.since(start))

    def select(self) -> RawSelect:
        start = self.take().span.start
        kind, argument = self.selected()
        self.expect("FROM")
        relation = self.relation()
        self.accept("AS")
        if self.next.kind != "name":
            raise refuse("alias", relation.span)
        alias = self.take().value
        where = self.either() if self.accept("WHERE") else None
        return RawSelect(kind, argument, relation, alias, where, span=self.since(start))

    def selected(self) -> tuple[str, Node | None]:
        token = self.take()
        if token.kind == "number" and token.value == "1":
            return "EXISTS", None
        if token.kind == "name" and token.value.lower() in SUMS:
            raise refuse("sums", token.span, written=token.value.upper())
        if token.value not in ("COUNT", "MIN", "MAX") or token.kind != "word":
            raise refuse("subquery", token.span)
        self.expect("(")
        if token.value == "COUNT" and self.accept("*"):
            self.expect(")")
            return "COUNT", None
        if token.value == "COUNT" and not self.accept("DISTINCT"):
            raise refuse("count_form", token.span)
        argument = self.sum()
        self.expect(")")
        return ("COUNT_DISTINCT" if token.value == "COUNT" else token.value), argument

    def relation(self) -> RawName:
        if self.next.kind != "name":
            raise self.unexpected("relation")
        found = self.name()
        if not isinstance(found, RawName):
            raise self.unexpected("relation")
        return found


_WORD_READERS = {
    "TRUE": _Parser.truth, "FALSE": _Parser.truth, "NULL": _Parser.null, "AS_OF": _Parser.moment,
    "PERIOD_START": _Parser.moment, "PERIOD_END": _Parser.moment, "DATE": _Parser.dated,
    "TIMESTAMP": _Parser.dated, "INTERVAL": _Parser.interval, "COALESCE": _Parser.call,
    "LENGTH": _Parser.call, "LOWER": _Parser.call, "UPPER": _Parser.call, "TRIM": _Parser.call,
    "CAST": _Parser.cast, "DATE_TRUNC": _Parser.truncate, "EXTRACT": _Parser.extract, "CASE": _Parser.case,
    "EXISTS": _Parser.exists,
}  # fmt: skip
