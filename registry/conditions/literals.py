"""Literals and the ranges of values: what keeps every calculation far from any engine's overflow."""

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

from registry.conditions.problems import Span, refuse
from registry.conditions.raw import RawLiteral
from registry.conditions.tree import Literal, Type, Value

NUMBERS = ("int", "decimal")
LARGEST = Decimal(10) ** 15
MAX_SCALE = 9
TEXT = Type("text")


def aggregate_type(kind: str, argument: Value | None) -> Type:
    if kind in ("MIN", "MAX") and argument is not None:
        return replace(argument.type, nullable=True)
    return Type("int", low=0, high=10**9)


def literal(raw: RawLiteral) -> Literal:
    value = raw.value
    if raw.kind == "null":
        raise refuse("null_as_value", raw.span)
    if isinstance(value, str):
        if any(character < " " for character in value):
            raise refuse("control", raw.span, sign="U+000A")
        return Literal(value, span=raw.span, type=TEXT)
    if isinstance(value, (date, datetime)):
        day = value.toordinal()
        return Literal(value, span=raw.span, type=Type(raw.kind, low=day, high=day))
    if isinstance(value, bool):
        return Literal(value, span=raw.span, type=Type("bool"))
    return number(value or 0, raw.span)


def number(value: int | Decimal, span: Span) -> Literal:
    if isinstance(value, Decimal):
        scale = max(0, -int(value.normalize().as_tuple().exponent))
        if scale > 6:
            raise refuse("too_precise", span)
        value = round(value, scale)
        return Literal(value, span=span, type=Type("decimal", False, scale, value, value))
    return Literal(value, span=span, type=Type("int", low=value, high=value))


def ends(kind: Type) -> tuple[int | Decimal, int | Decimal]:
    return kind.low or 0, kind.high or 0


def sum_type(left: Type, right: Type, sign: int) -> Type:
    lows, highs = ends(left), ends(right)
    if sign < 0:
        highs = (-highs[1], -highs[0])
    kind = "decimal" if "decimal" in (left.kind, right.kind) else "int"
    nullable = left.nullable or right.nullable
    low, high = Decimal(lows[0]) + Decimal(highs[0]), Decimal(lows[1]) + Decimal(highs[1])
    return Type(kind, nullable, max(left.scale, right.scale), low, high)


def difference_type(left: Type, right: Type) -> Type:
    low = int(left.low or 0) - int(right.high or 0)
    high = int(left.high or 0) - int(right.low or 0)
    return Type("int", left.nullable or right.nullable, low=low, high=high)


def joined_type(types: list[Type], nullable: bool) -> Type:
    first = types[0]
    if first.kind in NUMBERS:
        kind = "decimal" if any(each.kind == "decimal" for each in types) else "int"
        first = replace(first, kind=kind, scale=max(each.scale for each in types))
    lows = [each.low for each in types if each.low is not None]
    highs = [each.high for each in types if each.high is not None]
    return replace(first, nullable=nullable, low=min(lows, default=None), high=max(highs, default=None))


def bounded(value: Value) -> Value:
    too_large = any(abs(Decimal(end)) > LARGEST for end in ends(value.type))
    if too_large or value.type.scale > MAX_SCALE:
        raise refuse("too_large", value.span)
    return value


def is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
