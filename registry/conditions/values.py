"""Raw values to typed values: what fits, in which bounds, and what to write where it does not."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from difflib import get_close_matches

from registry.conditions.literals import (
    NUMBERS,
    TEXT,
    bounded,
    difference_type,
    ends,
    is_date,
    joined_type,
    literal,
    number,
    sum_type,
)
from registry.conditions.problems import Both, Span, refuse
from registry.conditions.raw import (
    RawCall,
    RawCase,
    RawInterval,
    RawLiteral,
    RawName,
    RawOp,
    RawSelect,
)
from registry.conditions.scope import Scope
from registry.conditions.tree import (
    Case,
    Coalesce,
    Condition,
    DateOf,
    Days,
    Extract,
    Field,
    Fold,
    Length,
    Literal,
    Node,
    Plus,
    Shift,
    Times,
    Truncate,
    Type,
    Value,
)
from registry.conditions.vocabulary import FIRST_DAY, LAST_DAY
from registry.conditions.wording import KINDS


class Values:
    """Resolves values in one scope; `condition` resolves the conditions inside CASE."""

    def __init__(self, scope: Scope, text: str, condition: Callable[[Node], Condition]) -> None:
        self.scope = scope
        self.text = text
        self.condition = condition

    def written(self, span: Span) -> str:
        return self.text[span.start : span.end]

    def value(self, raw: Node) -> Value:
        """Any value but LENGTH, which may only be compared with a whole number."""
        found = self.measured(raw)
        if isinstance(found, Length):
            raise refuse("length_alone", raw.span)
        return found

    def measured(self, raw: Node) -> Value:
        match raw:
            case RawName():
                if raw.parts[-1].startswith("is_"):
                    raise refuse("metric_as_value", raw.span, name=raw.parts[-1])
                return self.scope.value(raw)
            case RawLiteral():
                return literal(raw)
            case RawOp(op="+" | "-"):
                return self._plus(raw)
            case RawOp(op="*"):
                return self._times(raw)
            case RawOp(op="NEGATE"):
                return self._negative(raw)
            case RawCall():
                return self._call(raw)
            case RawCase():
                return self._case(raw)
            case RawSelect() if raw.kind != "EXISTS":
                raise refuse("nested_relation", raw.span)
            case RawInterval():
                raise refuse("interval_alone", raw.span)
        raise refuse("condition_as_value", raw.span)

    def _plus(self, raw: RawOp) -> Value:
        sign = 1 if raw.op == "+" else -1
        left_raw, right_raw = raw.parts
        if isinstance(right_raw, RawInterval):
            return self._shift(raw.span, self.value(left_raw), right_raw, sign)
        left, right = self.value(left_raw), self.value(right_raw)
        if left.type.kind == right.type.kind == "date" and sign < 0:
            span = difference_type(left.type, right.type)
            return Days(left, right, span=raw.span, type=span)
        if left.type.kind in ("date", "timestamp") and right.type.kind in NUMBERS:
            written = self.written(right_raw.span)
            fix = f"{self.written(left_raw.span)} {raw.op} INTERVAL {written} DAY" if written.isdigit() else None
            raise refuse("date_plus_number", raw.span, fix)
        if left.type.kind not in NUMBERS or right.type.kind not in NUMBERS:
            raise refuse("not_a_number", raw.span)
        return bounded(Plus(left, right, sign, span=raw.span, type=sum_type(left.type, right.type, sign)))

    def _shift(self, span: Span, value: Value, interval: RawInterval, sign: int) -> Value:
        if value.type.kind != "date":
            raise refuse("shift_not_date", span)
        unit, scale = {"DAY": ("DAY", 1), "WEEK": ("DAY", 7), "MONTH": ("MONTH", 1), "YEAR": ("MONTH", 12)}[
            interval.unit
        ]
        count = sign * interval.count * scale
        room = count if unit == "DAY" else count * 31
        low = int(value.type.low or 0) + min(0, room)
        high = int(value.type.high or 0) + max(0, room)
        if low < FIRST_DAY.toordinal() or high > LAST_DAY.toordinal():
            raise refuse("leaves_calendar", span, first=FIRST_DAY.year, last=LAST_DAY.year)
        return Shift(value, count, unit, span=span, type=replace(value.type, low=low, high=high))

    def _times(self, raw: RawOp) -> Value:
        left, right = (self.value(part) for part in raw.parts)
        if isinstance(left, Literal) and not isinstance(right, Literal):
            left, right = right, left
        if left.type.kind not in NUMBERS or right.type.kind not in NUMBERS:
            raise refuse("not_a_number", raw.span)
        if not isinstance(right, Literal):
            raise refuse("field_times_field", raw.span)
        reach = sorted(Decimal(end) * Decimal(str(right.value)) for end in ends(left.type))
        kind = "decimal" if "decimal" in (left.type.kind, right.type.kind) else "int"
        scale = left.type.scale + right.type.scale
        found = Type(kind, left.type.nullable, scale, reach[0], reach[1])
        return bounded(Times(left, right, span=raw.span, type=found))

    def _negative(self, raw: RawOp) -> Value:
        part = self.value(raw.parts[0])
        if isinstance(part, Literal) and isinstance(part.value, (int, Decimal)) and part.type.kind in NUMBERS:
            return number(-part.value, raw.span)
        if part.type.kind not in NUMBERS:
            raise refuse("not_a_number", raw.span)
        reach = [-Decimal(end) for end in ends(part.type)]
        found = replace(part.type, low=reach[1], high=reach[0])
        return Times(part, number(-1, raw.span), span=raw.span, type=found)

    def _call(self, raw: RawCall) -> Value:
        if raw.name == "COALESCE":
            return self._coalesce(raw)
        part = self.value(raw.parts[0])
        nullable = part.type.nullable
        if raw.name in ("LOWER", "UPPER", "TRIM", "LENGTH"):
            if part.type.kind != "text":
                raise refuse("not_a_text", raw.span, written=raw.name)
            if raw.name == "LENGTH":
                return Length(part, span=raw.span, type=Type("int", nullable, low=0, high=10**6))
            return Fold(raw.name, part, span=raw.span, type=replace(TEXT, nullable=nullable))
        if raw.name == "CAST_DATE":
            if part.type.kind != "timestamp":
                raise refuse("cast_not_timestamp", raw.span)
            return DateOf(part, span=raw.span, type=replace(part.type, kind="date"))
        if part.type.kind != "date":
            raise refuse("calendar_not_date", raw.span, written=raw.name)
        if raw.name == "DATE_TRUNC":
            kept = replace(part.type, low=max(int(part.type.low or 0) - 366, FIRST_DAY.toordinal()))
            return Truncate(raw.unit, part, span=raw.span, type=kept)
        low, high = {"DAY": (1, 31), "MONTH": (1, 12), "QUARTER": (1, 4), "YEAR": (1902, 2098)}[raw.unit]
        return Extract(raw.unit, part, span=raw.span, type=Type("int", nullable, low=low, high=high))

    def _coalesce(self, raw: RawCall) -> Value:
        if len(raw.parts) < 2:
            raise refuse("coalesce_one", raw.span)
        items = self.together([self.value(part) for part in raw.parts], raw.span)
        nullable = all(item.type.nullable for item in items)
        found = joined_type([item.type for item in items], nullable)
        return Coalesce(tuple(items), span=raw.span, type=found)

    def _case(self, raw: RawCase) -> Value:
        results = [self.value(result) for _, result in raw.whens]
        if raw.default is not None:
            results.append(self.value(raw.default))
        results = self.together(results, raw.span)
        conditions = [self.condition(condition) for condition, _ in raw.whens]
        default = results.pop() if raw.default is not None else None
        types = [result.type for result in results] + ([default.type] if default else [])
        nullable = default is None or any(each.nullable for each in types)
        whens = tuple(zip(conditions, results, strict=True))
        return Case(whens, default, span=raw.span, type=joined_type(types, nullable))

    def together(self, values: list[Value], span: Span) -> list[Value]:
        """The values as one type, text literals read as the enum beside them; refused where they differ."""
        model = next((value.type for value in values if value.type.kind == "enum"), None)
        if model is not None:
            values = [self._as_enum(value, model) for value in values]
        kinds = {"number" if value.type.kind in NUMBERS else value.type.kind for value in values}
        if len(kinds) > 1:
            raise self._misfit(values, span)
        if len({value.type.values for value in values}) > 1:
            raise refuse("other_enum", span)
        return values

    def _as_enum(self, value: Value, model: Type) -> Value:
        if not isinstance(value, Literal) or value.type.kind != "text":
            return value
        if value.value not in model.values:
            close = get_close_matches(str(value.value), model.values, 1, 0.5)
            fix = f"'{close[0]}'" if close else None
            code = "unknown_value_meant" if close else "unknown_value"
            known = ", ".join(model.values)
            raise refuse(code, value.span, fix, value=value.value, known=known, meant=close[0] if close else "")
        return replace(value, type=replace(model, nullable=False))

    def _misfit(self, values: list[Value], span: Span) -> Exception:
        kinds = [value.type.kind for value in values]
        for value in values:
            found = _text_misfit(value, kinds) if isinstance(value, Literal) else None
            if found is not None:
                return found
        if set(kinds) == {"date", "timestamp"}:
            moment = next(value for value in values if value.type.kind == "timestamp")
            fix = None if isinstance(moment, Literal) else f"CAST({self.written(moment.span)} AS DATE)"
            return refuse("date_with_timestamp", moment.span, fix)
        other = next(kind for kind in kinds if kind != kinds[0])
        return refuse("types_differ", span, left=Both(*KINDS[kinds[0]]), right=Both(*KINDS[other]))

    def aggregate_argument(self, raw: RawSelect) -> Value | None:
        if raw.argument is None:
            return None
        found = self.value(raw.argument)
        is_row_field = isinstance(found, Field) and found.row == "row"
        if raw.kind == "COUNT_DISTINCT" and not is_row_field:
            raise refuse("distinct_form", raw.argument.span)
        if raw.kind != "COUNT_DISTINCT" and found.type.kind not in (*NUMBERS, "date", "timestamp"):
            raise refuse("no_order", raw.argument.span)
        return found


def _text_misfit(value: Literal, kinds: list[str]) -> Exception | None:
    """A text in quotes where another type belongs, with the literal that was meant."""
    text = str(value.value)
    if value.type.kind != "text":
        return None
    if "date" in kinds:
        return refuse("text_for_date", value.span, f"DATE '{text}'" if is_date(text) else None)
    if "timestamp" in kinds:
        return refuse("text_for_timestamp", value.span, f"TIMESTAMP '{text}'")
    if "bool" in kinds:
        return refuse("text_for_bool", value.span, {"true": "TRUE", "false": "FALSE"}.get(text.lower()))
    if any(kind in NUMBERS for kind in kinds):
        return refuse("text_for_number", value.span, text if text.isascii() and text.isdigit() else None)
    return None
