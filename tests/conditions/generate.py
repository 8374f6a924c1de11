# ruff: noqa: DTZ001 -- tables of cases read better in one line each.
"""Random conditions and random records of the small test world, both with plenty of blanks and boundaries."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

from registry.conditions import Moments, Vocabulary

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
WORLD = Vocabulary.from_yaml((FIXTURES / "conditions" / "vocabulary.yaml").read_text(encoding="utf-8"))
MOMENTS = Moments(date(2026, 3, 31), date(2026, 3, 1), date(2026, 4, 1))
DAYS = [
    date(2026, 3, 31),
    date(2026, 2, 28),
    date(2024, 2, 29),
    date(2025, 12, 31),
    date(2026, 4, 30),
    date(2026, 1, 1),
]
TEXTS = ["部長", "営業部長", "Sales", " sales\u3000", "ab", "", "a'b", "SALES", "a\\b"]
PATTERNS = ["%部長%", "S%", "%s", "_b", "%", "a%b", "sales", "%'%", "__"]
TIMES = [datetime(2026, 3, 31), datetime(2026, 3, 31, 10), datetime(2024, 2, 29, 23, 59, 59)]
ROOT = {
    "int": ["pages", "shop.staff"], "decimal": ["score"], "enum": ["channel"], "bool": ["member"],
    "text": ["title", "note", "shop.region"], "date": ["started_on", "ended_on", "shop.opened_on"],
    "timestamp": ["seen_at"],
}  # fmt: skip
ROW = {"decimal": ["o.amount"], "enum": ["o.kind"], "date": ["o.made_on"], "text": ["o.memo"]}
COMPARE = ["=", "<>", "<", "<=", ">", ">="]


class Conditions:
    """Writes conditions as text; `row` is set while writing inside a relation."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.row = False

    def pick(self, items: Any) -> Any:
        return self.random.choice(items)

    def field(self, kind: str) -> str:
        if self.row and (kind in ROW and self.random.random() < 0.7):
            return str(self.pick(ROW[kind]))
        name = str(self.pick(ROOT[kind]))
        return f"visit.{name}" if self.row else name

    def condition(self, depth: int = 3) -> str:
        roll = self.random.random()
        if depth <= 0 or roll < 0.35:
            return self.test(depth)
        if roll < 0.75:
            word = self.pick([" AND ", " OR "])
            return word.join(f"({self.condition(depth - 1)})" for _ in range(self.random.randint(2, 3)))
        if roll < 0.85:
            return f"NOT ({self.condition(depth - 1)})"
        if roll < 0.9 or self.row:
            return f"({self.condition(depth - 1)}) IS {self.pick(['', 'NOT '])}{self.pick(['TRUE', 'FALSE'])}"
        return self.relation(depth - 1)

    def relation(self, depth: int) -> str:
        self.row = True
        where = self.condition(min(depth, 1))
        self.row = False
        roll = self.random.random()
        rows = f"FROM visit.orders o WHERE {where}"
        if roll < 0.5:
            return f"EXISTS (SELECT 1 {rows})"
        if roll < 0.75:
            return f"(SELECT COUNT(*) {rows}) {self.pick(COMPARE)} {self.random.randint(0, 3)}"
        if roll < 0.85:
            argument = self.pick(["o.kind", "o.made_on", "o.amount"])
            return f"(SELECT COUNT(DISTINCT {argument}) {rows}) >= {self.random.randint(1, 2)}"
        return f"(SELECT {self.pick(['MIN', 'MAX'])}(o.made_on) {rows}) {self.pick(COMPARE)} {self.date(1)}"

    def test(self, depth: int) -> str:
        kind = self.pick(["int", "decimal", "enum", "bool", "text", "date", "date", "timestamp"])
        roll = self.random.random()
        if roll < 0.1:
            return f"{self.field(kind)} IS {self.pick(['', 'NOT '])}NULL"
        return str(getattr(self, f"test_{kind}")(depth))

    def test_int(self, depth: int) -> str:
        value, low = self.number(depth), self.random.randint(0, 12)
        roll = self.random.random()
        if roll < 0.2:
            return f"{value} {self.pick(['', 'NOT '])}BETWEEN {low} AND {low + 5}"
        if roll < 0.3:
            return f"{value} {self.pick(['', 'NOT '])}IN ({low}, {low + 1})"
        if roll < 0.4:
            return f"{value} IS {self.pick(['', 'NOT '])}DISTINCT FROM {self.number(0)}"
        return f"{value} {self.pick(COMPARE)} {self.pick([str(low), self.number(0)])}"

    def number(self, depth: int) -> str:
        field = self.field("int")
        roll = self.random.random()
        if roll < 0.1:
            return f"{field} + {self.random.randint(0, 5)}"
        if roll < 0.2:
            return f"{field} * {self.pick(['2', '-1', '0.5', '1.5'])}"
        if roll < 0.3:
            return f"COALESCE({field}, {self.random.randint(0, 9)})"
        if roll < 0.4:
            return f"EXTRACT({self.pick(['YEAR', 'MONTH', 'DAY', 'QUARTER'])} FROM {self.date(0)})"
        if roll < 0.5:
            return f"({self.date(0)} - {self.date(0)})"
        if roll < 0.6 and depth > 0:
            otherwise = self.pick(["", f" ELSE {self.random.randint(0, 9)}"])
            return f"CASE WHEN {self.condition(0)} THEN {field} WHEN {self.condition(0)} THEN 3{otherwise} END"
        return field

    def test_decimal(self, depth: int) -> str:
        return f"{self.field('decimal')} {self.pick(COMPARE)} {self.pick(['3.5', '3.49', '3', '100', '3.505'])}"

    def test_enum(self, depth: int) -> str:
        field = self.field("enum")
        values = ["'food'", "'drink'"] if field.startswith("o.") else ["'web'", "'mail'", "'shop'"]
        roll = self.random.random()
        if roll < 0.3:
            return f"{field} {self.pick(['', 'NOT '])}IN ({', '.join(values[:2])})"
        if roll < 0.5:
            return f"{field} IS {self.pick(['', 'NOT '])}DISTINCT FROM {self.pick(values)}"
        return f"{self.pick([field, f'COALESCE({field}, {values[0]})'])} {self.pick(['=', '<>'])} {self.pick(values)}"

    def test_bool(self, depth: int) -> str:
        field = self.field("bool")
        return str(self.pick([f"{field} = TRUE", f"{field} <> FALSE", f"{field} IS TRUE", f"{field} IS NOT FALSE"]))

    def test_text(self, depth: int) -> str:
        value, roll = self.text(), self.random.random()
        literal = "'" + self.pick(TEXTS).replace("'", "''") + "'"
        if roll < 0.3:
            pattern = self.pick(PATTERNS).replace("'", "''")
            return f"{value} {self.pick(['', 'NOT '])}{self.pick(['LIKE', 'ILIKE'])} '{pattern}'"
        if roll < 0.4:
            return f"LENGTH({value}) {self.pick(COMPARE)} {self.random.randint(0, 4)}"
        if roll < 0.5:
            return f"{value} {self.pick(['', 'NOT '])}IN ({literal}, 'Sales')"
        if roll < 0.6 and not self.row:
            return f"title {self.pick(['=', '<>', 'IS DISTINCT FROM'])} note"
        if roll < 0.7:
            return f"{value} IS {self.pick(['', 'NOT '])}DISTINCT FROM {literal}"
        return f"{value} {self.pick(['=', '<>'])} {literal}"

    def text(self) -> str:
        field = self.field("text")
        return str(self.pick([
            field, field, f"LOWER({field})", f"UPPER({field})", f"TRIM({field})", f"LOWER(TRIM({field}))",
            f"COALESCE({field}, 'Sales')", f"CASE WHEN {self.field('text')} LIKE '%部%' THEN {field} ELSE 'ab' END",
        ]))  # fmt: skip

    def test_date(self, depth: int) -> str:
        value, roll = self.date(1), self.random.random()
        if roll < 0.2:
            return f"{value} {self.pick(['', 'NOT '])}BETWEEN {self.literal_date()} AND {self.date(1)}"
        return f"{value} {self.pick(COMPARE)} {self.date(1)}"

    def literal_date(self) -> str:
        day = self.pick(DAYS) + timedelta(days=self.random.randint(-1, 1))
        return str(self.pick([f"DATE '{day}'", "as_of", "period_start", "period_end"]))

    def date(self, depth: int) -> str:
        if depth <= 0 or self.random.random() < 0.4:
            return str(self.pick([self.field("date"), self.field("date"), self.literal_date()]))
        roll, inner = self.random.random(), self.date(depth - 1)
        if roll < 0.5:
            count, unit = self.random.randint(0, 14), self.pick(["DAY", "WEEK", "MONTH", "MONTH", "YEAR"])
            return f"{inner} {self.pick(['+', '-'])} INTERVAL {min(count, 3 if unit == 'YEAR' else 14)} {unit}"
        if roll < 0.7:
            return f"DATE_TRUNC('{self.pick(['week', 'month', 'quarter', 'year'])}', {inner})"
        if roll < 0.85:
            return f"COALESCE({self.field('date')}, {inner})"
        return f"CAST({self.field('timestamp')} AS DATE)"

    def test_timestamp(self, depth: int) -> str:
        moment = f"TIMESTAMP '{self.pick(TIMES)}'"
        return f"{self.field('timestamp')} {self.pick(COMPARE)} {moment}"


def records(random: Random, number: int) -> list[dict[str, Any]]:
    """Records with parents and rows, a third of everything blank, values near the boundaries."""
    found = []
    for index in range(number):
        record = _row(random, "visit", index + 1)
        record["shop"] = None
        if record["shop_id"] is not None:
            record["shop_id"] = index + 1 if index < 900 else 900
            record["shop"] = _row(random, "shop", record["shop_id"])
        rows = random.choice([0, 0, 1, 1, 2, 3])
        record["orders"] = [_row(random, "order_line", 10 * index + place + 1) for place in range(rows)]
        for order in record["orders"]:
            order["visit_id"] = index + 1
        found.append(record)
    return found


def _row(random: Random, entity: str, key: int) -> dict[str, Any]:
    words = WORLD.entity(entity).fields
    row = {name: _value(random, name, word.type) for name, word in words.items()}
    row[WORLD.entity(entity).key] = key
    return row


def _value(random: Random, name: str, kind: Any) -> Any:
    if kind.nullable and random.random() < 0.3:
        return None
    match kind.kind:
        case "int":
            return random.choice([0, 1, 4, 5, 6, 9, 10, 11])
        case "decimal":
            return random.choice([Decimal("3.50"), Decimal("3.49"), Decimal("3.51"), Decimal(100), Decimal(0)])
        case "enum":
            return random.choice(kind.values)
        case "bool":
            return random.choice([True, False])
        case "text":
            return random.choice(TEXTS)
        case "date":
            return random.choice(DAYS) + timedelta(days=random.randint(-1, 1))
    return random.choice(TIMES) + timedelta(microseconds=random.choice([0, -1, 1]))
