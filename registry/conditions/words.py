"""The words that start a value: literals, dates, intervals, functions."""

from collections.abc import Callable
from datetime import date, datetime

from registry.conditions.cursor import Cursor
from registry.conditions.problems import refuse
from registry.conditions.raw import RawCall, RawInterval, RawLiteral, RawName
from registry.conditions.tree import Node

UNITS = {"DAYS": "DAY", "WEEKS": "WEEK", "MONTHS": "MONTH", "YEARS": "YEAR"}


class Words(Cursor):
    """Each method reads one word and what belongs to it; `sum` (any value) comes from the grammar."""

    sum: Callable[[], Node]

    def truth(self) -> Node:
        token = self.take()
        return RawLiteral("bool", token.value == "TRUE", span=token.span)

    def null(self) -> Node:
        return RawLiteral("null", None, span=self.take().span)

    def moment(self) -> Node:
        token = self.take()
        return RawName((token.value.lower(),), span=token.span)

    def dated(self) -> Node:
        word = self.take()
        if self.next.kind != "text":
            raise self.unexpected("'2026-04-01'")
        token = self.take()
        span = word.span.to(token.span)
        try:
            value: date | datetime
            value = (date if word.value == "DATE" else datetime).fromisoformat(token.value)
        except ValueError:
            raise refuse("date_form", span, written=token.value) from None
        zoned = isinstance(value, datetime) and value.tzinfo is not None
        if zoned or not 1902 <= value.year <= 2098 or len(token.value) > 26:
            raise refuse("date_form", span, written=token.value)
        return RawLiteral(word.value.lower(), value, span=span)

    def interval(self) -> Node:
        start = self.take().span.start
        minus = self.accept("-") is not None
        token = self.take()
        if token.kind not in ("number", "text") or not token.value.isascii() or not token.value.isdigit():
            raise refuse("interval_form", self.since(start))
        unit = self.take()
        name = UNITS.get(unit.value, unit.value)
        if name not in UNITS.values() or len(token.value) > 5:
            raise refuse("interval_form", self.since(start))
        count = -int(token.value) if minus else int(token.value)
        return RawInterval(count, name, span=self.since(start))

    def call(self) -> Node:
        word = self.take()
        self.expect("(")
        parts = [self.sum()]
        while self.accept(","):
            parts.append(self.sum())
        self.expect(")")
        if len(parts) > 1 and word.value != "COALESCE":
            raise refuse("one_argument", self.since(word.span.start), written=word.value)
        return RawCall(word.value, tuple(parts), span=self.since(word.span.start))

    def cast(self) -> Node:
        start = self.take().span.start
        self.expect("(")
        part = self.sum()
        self.expect("AS")
        if not self.peek("DATE"):
            raise refuse("cast", self.next.span)
        self.take()
        self.expect(")")
        return RawCall("CAST_DATE", (part,), span=self.since(start))

    def truncate(self) -> Node:
        start = self.take().span.start
        self.expect("(")
        unit = self.take()
        if unit.kind != "text" or unit.value.upper() not in ("WEEK", "MONTH", "QUARTER", "YEAR"):
            raise refuse("truncate_unit", unit.span)
        self.expect(",")
        part = self.sum()
        self.expect(")")
        return RawCall("DATE_TRUNC", (part,), unit.value.upper(), span=self.since(start))

    def extract(self) -> Node:
        start = self.take().span.start
        self.expect("(")
        unit = self.take()
        if unit.value not in ("DAY", "MONTH", "QUARTER", "YEAR"):
            raise refuse("extract_unit", unit.span)
        self.expect("FROM")
        part = self.sum()
        self.expect(")")
        return RawCall("EXTRACT", (part,), unit.value, span=self.since(start))
