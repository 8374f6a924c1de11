"""The one-pass query of old against new, per month, and what its groups add up to.

Every record is judged by both wordings at once and grouped by the month it counts in by the old, by the new,
and the month in which the new could not tell because something is blank; gained and lost follow by
subtraction. Records that count in neither are not even grouped.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from registry.conditions.counted import in_its_month
from registry.conditions.counting import Counting
from registry.conditions.dialects import Dialect, dialect_named
from registry.conditions.meaning import Moments
from registry.conditions.problems import refuse
from registry.conditions.shared import never_unknown, shared_parts
from registry.conditions.sql import Writer
from registry.conditions.tree import Value

NUMBERS = ("old", "new", "gained", "lost", "unknown")
OUTCOMES = {
    "old": "is_old AND {old} = {month}",
    "new": "is_new AND {new} = {month}",
    "gained": "is_new AND {new} = {month} AND NOT (COALESCE(is_old, FALSE) AND {old} = {month})",
    "lost": "is_old AND {old} = {month} AND NOT (COALESCE(is_new, FALSE) AND {new} = {month})",
    "unknown": "is_new IS NULL AND {new} = {month}",
}
# Of things: whose mark they bear, and whose none of their records may bear.
THINGS: dict[str, tuple[str, str]] = {
    "old": ("o", ""),
    "new": ("n", ""),
    "gained": ("n", "o"),
    "lost": ("o", "n"),
    "unknown": ("u", "n"),
}


@dataclass(frozen=True)
class MonthCount:
    """One month: what the old and the new count, what is gained, lost, and unknown because blank.

    Numbers of things, or amounts where the metric adds something up.
    """

    month: date
    old: int | Decimal = 0
    new: int | Decimal = 0
    gained: int | Decimal = 0
    lost: int | Decimal = 0
    unknown: int | Decimal = 0


def require_alike(old: Counting, new: Counting) -> None:
    """Raise ConditionError where old and new numbers cannot be laid side by side."""
    if old.entity != new.entity:
        raise refuse("counts_differ", old=old.entity, new=new.entity)
    if old.sums != new.sums:
        raise refuse("sums_differ")


def months_sql(
    old: Counting, new: Counting, moments: Moments, dialect_name: str = "duckdb", *, repeated: bool = False
) -> str:
    """The one-pass query: old_month, new_month, unknown_month, number.

    `repeated`: the data may hold a key twice, against its promise; then things are counted and not rows.
    """
    require_alike(old, new)
    dialect = dialect_named(dialect_name)
    judged = judged_sql(old, new, moments, dialect)
    if counts_things(old, new, repeated):
        return _by_thing(judged, _width(old, new), dialect)
    number = "COUNT(*)" if new.sums is None else "COALESCE(SUM(amount), 0)"
    columns = (
        f"CASE WHEN is_old THEN {_month('old_on', dialect)} END AS old_month",
        f"CASE WHEN is_new THEN {_month('new_on', dialect)} END AS new_month",
        f"CASE WHEN is_new IS NULL THEN {_month('new_on', dialect)} END AS unknown_month",
    )
    return (
        f"SELECT {', '.join(columns)}, {number} AS number\nFROM (\n{judged}\n) AS judged\n"
        "WHERE COALESCE(is_old, TRUE) OR COALESCE(is_new, TRUE)\nGROUP BY 1, 2, 3"
    )


def counts_things(old: Counting, new: Counting, repeated: bool) -> bool:
    """Whether a number is one of things of which there may be several records, and not one of records."""
    return new.sums is None and (repeated or not (old.by_record and new.by_record))


def _by_thing(judged: str, keys: int, dialect: Dialect) -> str:
    """A thing counts once in a month, however many of its records do; it is unknown only if none counts."""
    parts = _parts(judged, keys, dialect, ())
    things = f"SELECT month, MAX(o) AS o, MAX(n) AS n, MAX(u) AS u FROM parts GROUP BY {_thing(keys)}"
    columns = (
        "CASE WHEN o = 1 THEN month END AS old_month",
        "CASE WHEN n = 1 THEN month END AS new_month",
        "CASE WHEN u = 1 AND n = 0 THEN month END AS unknown_month",
    )
    return (
        f"{parts},\nthings AS ({things})\n"
        f"SELECT {', '.join(columns)}, COUNT(*) AS number\nFROM things\nGROUP BY 1, 2, 3"
    )


def _parts(judged: str, keys: int, dialect: Dialect, carried: Sequence[str]) -> str:
    """Each record as often as it counts: by the old (o), by the new (n), or is unknown (u), with key and month."""
    rest = "".join(f", {name}" for name in carried)
    sides = (
        ("old", "1 AS o, 0 AS n, 0 AS u", "is_old"),
        ("new", "0, 1, 0", "is_new"),
        ("new", "0, 0, 1", "is_new IS NULL"),
    )
    selects = []
    for side, marks, wanted in sides:
        named = ", ".join(f"{side}_key{index + 1} AS key{index + 1}" for index in range(keys))
        month = _month(f"{side}_on", dialect)
        selects.append(f"SELECT {named}, {month} AS month, {marks}{rest} FROM judged WHERE {wanted}")
    return f"WITH judged AS (\n{judged}\n),\nparts AS (\n" + "\nUNION ALL ".join(selects) + "\n)"


def _thing(keys: int) -> str:
    return ", ".join([*(f"key{index + 1}" for index in range(keys)), "month"])


def rows_sql(
    old: Counting,
    new: Counting,
    moments: Moments,
    dialect_name: str,
    outcome: str,
    shown: Sequence[Value],
    month: date | None = None,
    *,
    repeated: bool = False,
) -> str:
    """What is behind one number (`outcome`: a key of OUTCOMES), with the values `shown`, in the order of keys.

    As many rows as the number says: where things are counted, the first record of each.
    """
    dialect = dialect_named(dialect_name)
    judged = judged_sql(old, new, moments, dialect, shown)
    if counts_things(old, new, repeated):
        return _things_sql(judged, _width(old, new), dialect, outcome, len(shown), month)
    sides = {"old": _month("old_on", dialect), "new": _month("new_on", dialect)}
    any_month = sides["old"] if outcome in ("old", "lost") else sides["new"]
    wanted = OUTCOMES[outcome].format(**sides, month=f"DATE '{month.isoformat()}'" if month else any_month)
    names = ", ".join(f"shown{index + 1}" for index in range(len(shown)))
    return f"SELECT {names}\nFROM (\n{judged}\n) AS judged\nWHERE {wanted}\nORDER BY record_key"


def _things_sql(judged: str, keys: int, dialect: Dialect, outcome: str, shown: int, month: date | None) -> str:
    names = [f"shown{index + 1}" for index in range(shown)]
    side, but = THINGS[outcome]
    marked = [f"MAX({mark}) OVER (PARTITION BY {_thing(keys)}) AS any_{mark}" for mark in but]
    place = f"ROW_NUMBER() OVER (PARTITION BY {_thing(keys)}, {side} ORDER BY record_key) AS place"
    wanted = [f"{side} = 1", "place = 1", *(f"any_{mark} = 0" for mark in but)]
    wanted.append(f"month = DATE '{month.isoformat()}'" if month else "month IS NOT NULL")
    return (
        f"{_parts(judged, keys, dialect, ['record_key', *names])}\n"
        f"SELECT {', '.join(names)}\nFROM (SELECT parts.*, {', '.join([*marked, place])} FROM parts) AS things\n"
        f"WHERE {' AND '.join(wanted)}\nORDER BY record_key"
    )


def judged_sql(old: Counting, new: Counting, moments: Moments, dialect: Dialect, shown: Sequence[Value] = ()) -> str:
    """Each record with its truth, date and key by both wordings; a date outside the period is no date.

    What both wordings ask alike is asked once, in WHERE, where engines filter early and join by halves; a
    record for which such a part is false counts in neither.
    """
    old, new = (replace(each, condition=in_its_month(each.condition, each.dated_by, moments)) for each in (old, new))
    writer = Writer(dialect, new.vocabulary, new.entity, moments)
    key = new.vocabulary.entity(new.entity).key
    columns = [f"r.{dialect.name_of(key)} AS record_key"]
    columns += [f"{writer.write(value)} AS shown{index + 1}" for index, value in enumerate(shown)]
    if new.sums is not None:
        columns.append(f"{writer.write(new.sums)} AS amount")
    common, rests = shared_parts(old.condition, new.condition)
    one_date = old.dated_by == new.dated_by and not (old.first_per or new.first_per)
    for name, found, rest in (("old", old, rests[0]), ("new", new, rests[1])):
        day = writer.write(found.dated_by)
        condition = writer.write(rest)
        truth = condition if one_date else _truth(found, condition, day, writer, moments)
        columns += [f"{truth} AS is_{name}", f"{day} AS {name}_on"]
        columns += _keys(name, found, _width(old, new), writer, told_apart=old.key != new.key)
    filters = [
        writer.write(part) if never_unknown(part) else f"COALESCE({writer.write(part)}, TRUE)" for part in common
    ]
    if one_date:
        filters.append(_in_period(writer.write(new.dated_by), moments, dialect))
    where = "\nWHERE " + " AND ".join(filters) if filters else ""
    return f"SELECT {', '.join(columns)}\n{writer.source()}{where}"


def _width(old: Counting, new: Counting) -> int:
    """How many columns say which thing a record is; by another key, one more says by which side's."""
    return max(len(old.key), len(new.key)) + (old.key != new.key)


def _keys(side: str, found: Counting, width: int, writer: Writer, *, told_apart: bool) -> list[str]:
    """What makes two records the same thing; a wording with fewer keys leaves the others blank.

    By another key they are other things, whatever numbers they bear: visit 1 is not shop 1.
    """
    written = [f"'{side}'"] if told_apart else []
    written += [writer.write(value) for value in found.key]
    written += ["NULL"] * (width - len(written))
    return [f"CAST({value} AS VARCHAR) AS {side}_key{index + 1}" for index, value in enumerate(written)]


def _truth(found: Counting, condition: str, day: str, writer: Writer, moments: Moments) -> str:
    dialect = writer.dialect
    within = _in_period(day, moments, dialect)
    if not found.first_per:
        return f"CASE WHEN {within} THEN {condition} ELSE FALSE END"
    key = dialect.name_of(found.vocabulary.entity(found.entity).key)
    dated = f"({condition} AND {day} IS NOT NULL)"
    partition = f"PARTITION BY {writer.write(found.first_per)}, {dated} ORDER BY {day}, r.{key}"
    first = f"{within} AND ROW_NUMBER() OVER ({partition}) = 1"
    return f"CASE WHEN {dated} THEN {first} WHEN {within} THEN {condition} ELSE FALSE END"


def _month(day: str, dialect: Dialect) -> str:
    return dialect.truncate(day, "MONTH")


def _in_period(day: str, moments: Moments, dialect: Dialect) -> str:
    parts = [f"{day} IS NOT NULL"]
    for name, op in (("period_start", ">="), ("period_end", "<")):
        limit = moments.get(name)
        if limit is not None:
            parts.append(f"{day} {op} DATE '{limit.isoformat()}'")
    return f"({' AND '.join(parts)})"


def by_month(rows: Iterable[tuple[date | None, date | None, date | None, Any]]) -> list[MonthCount]:
    """Groups of (old month, new month, unknown month, number) to one line per month."""
    totals: dict[date, dict[str, Any]] = {}

    def add(month: date | None, name: str, number: Any) -> None:
        if month is not None:
            totals.setdefault(month, dict.fromkeys(NUMBERS, 0))[name] += number

    for old, new, unknown, number in rows:
        add(old, "old", number)
        add(new, "new", number)
        add(unknown, "unknown", number)
        if old != new:
            add(new, "gained", number)
            add(old, "lost", number)
    return [MonthCount(month, **line) for month, line in sorted(totals.items())]
