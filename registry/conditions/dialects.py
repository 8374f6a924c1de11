"""How each engine spells the few things they spell differently.

Where an engine's own word means something slightly else (TRIM, LOWER, LAST DAY rules of ADD_MONTHS, the first
day of a week), the spelling here is the one that means exactly what `meaning.py` says; what cannot be said
exactly is refused. Sources: the SQL references of the seven engines, checked against DuckDB and PostgreSQL by
execution and against all by reading back.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from registry.conditions.meaning import TRIMMED
from registry.conditions.problems import Span, refuse

Spell = Callable[[str, int, str], str]


@dataclass(frozen=True)
class Dialect:
    """`shift(date, count, unit)`, `days(left, right)`, `truncate(date, unit)` and `trim(text)` write SQL."""

    name: str
    label: str
    quote: str
    shift: Spell
    days: Callable[[str, str], str]
    truncate: Callable[[str, str], str]
    trim: Callable[[str], str]
    native_distinct: bool = False
    backslash: str = "plain"  # plain: a letter like any other; escaped: doubled; refused
    upper_names: bool = False
    typed_decimals: bool = False
    datetime_word: str = "TIMESTAMP"
    truncate_refused: tuple[str, ...] = ()

    def name_of(self, word: str) -> str:
        word = word.upper() if self.upper_names else word
        return f"{self.quote}{word}{self.quote}"

    def text(self, value: str, span: Span) -> str:
        if "\\" in value and self.backslash == "refused":
            raise refuse("dialect_cannot", span, dialect=self.label, what="\\")
        if self.backslash == "escaped":
            value = value.replace("\\", "\\\\").replace("'", "\\'")
        else:
            value = value.replace("'", "''")
        return f"'{value}'"

    def literal(self, value: object, span: Span) -> str:
        match value:
            case bool():
                return "TRUE" if value else "FALSE"
            case datetime():
                return f"{self.datetime_word} '{value.isoformat(sep=' ')}'"
            case date():
                return f"DATE '{value.isoformat()}'"
            case Decimal():
                return f"NUMERIC '{value:f}'" if self.typed_decimals else f"{value:f}"
            case int():
                return str(value)
        return self.text(str(value), span)

    def truncated(self, day: str, unit: str, span: Span) -> str:
        if unit in self.truncate_refused:
            raise refuse("dialect_cannot", span, dialect=self.label, what=f"DATE_TRUNC '{unit.lower()}'")
        return self.truncate(day, unit)


def _interval(day: str, count: int, unit: str) -> str:
    sign = "-" if count < 0 else "+"
    return f"CAST({day} {sign} INTERVAL '{abs(count)}' {unit} AS DATE)"


def _dateadd(day: str, count: int, unit: str) -> str:
    return f"CAST(DATEADD({unit}, {count}, {day}) AS DATE)"


def _spark_shift(day: str, count: int, unit: str) -> str:
    return f"ADD_MONTHS({day}, {count})" if unit == "MONTH" else f"DATE_ADD({day}, {count})"


def _both(text: str) -> str:
    return f"TRIM(BOTH '{TRIMMED}' FROM {text})"


def _comma(text: str) -> str:
    return f"TRIM({text}, '{TRIMMED}')"


def _trunc_cast(day: str, unit: str) -> str:
    return f"CAST(DATE_TRUNC('{unit.lower()}', CAST({day} AS TIMESTAMP)) AS DATE)"


def _trunc(day: str, unit: str) -> str:
    return f"CAST(DATE_TRUNC('{unit.lower()}', {day}) AS DATE)"


DIALECTS: Mapping[str, Dialect] = {
    dialect.name: dialect
    for dialect in (
        Dialect(
            "duckdb", "DuckDB", '"', _interval, lambda one, other: f"({one} - {other})", _trunc_cast, _comma,
            native_distinct=True,
        ),
        Dialect(
            "postgres", "PostgreSQL", '"', _interval, lambda one, other: f"({one} - {other})", _trunc_cast,
            _both, native_distinct=True,
        ),
        Dialect(
            "bigquery", "BigQuery", "`",
            lambda day, count, unit: f"DATE_ADD({day}, INTERVAL {count} {unit})",
            lambda one, other: f"DATE_DIFF({one}, {other}, DAY)",
            lambda day, unit: f"DATE_TRUNC({day}, {'ISOWEEK' if unit == 'WEEK' else unit})",
            _comma, backslash="escaped", typed_decimals=True, datetime_word="DATETIME",
        ),
        Dialect(
            "snowflake", "Snowflake", '"', _dateadd,
            lambda one, other: f"DATEDIFF(DAY, {other}, {one})", _trunc, _comma,
            backslash="escaped", upper_names=True, truncate_refused=("WEEK",),
        ),
        Dialect(
            "redshift", "Redshift", '"', _dateadd,
            lambda one, other: f"DATEDIFF(DAY, {other}, {one})", _trunc, _both, backslash="refused",
        ),
        Dialect(
            "databricks", "Databricks/Spark", "`", _spark_shift,
            lambda one, other: f"DATEDIFF({one}, {other})",
            lambda day, unit: f"TRUNC({day}, '{unit}')", _both, backslash="escaped",
            datetime_word="TIMESTAMP_NTZ",
        ),
        Dialect(
            "trino", "Trino", '"',
            lambda day, count, unit: f"DATE_ADD('{unit.lower()}', {count}, {day})",
            lambda one, other: f"DATE_DIFF('day', {other}, {one})", _trunc, _both,
        ),
    )
}  # fmt: skip


def dialect_named(name: str) -> Dialect:
    if name not in DIALECTS:
        raise refuse("dialect", name=name, known=", ".join(DIALECTS))
    return DIALECTS[name]
