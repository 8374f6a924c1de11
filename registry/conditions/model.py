"""The solver's answer as a record: what it did not care about stays typical."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import z3

from registry.conditions.logic import Term
from registry.conditions.records import Record, Records
from registry.conditions.rows import MICROSECONDS, Row, Rows, TextVariable
from registry.conditions.tree import Type

MAX_ROWS_SHOWN = 1_100


def record_from(model: z3.ModelRef, rows: Rows, records: Records) -> Record | None:
    """The record of a model, or None when it would need too many rows to write down."""
    record = _row(model, rows, rows.root, records)
    for path in sorted(rows.above, key=len)[1:]:
        holder = records.holder(record, path[:-1])
        there = _true(model, rows.above[path].there)
        if holder is not None:
            holder[path[-1]] = _row(model, rows, rows.above[path], records) if there else None
    for name in records.shape.moments:
        record[name] = date.fromordinal(_number(model, rows.moments[name])) if name in rows.moments else None
    for (path, name), below in rows.below.items():
        holder = records.holder(record, path)
        if holder is None:
            continue
        holder[name] = []
        for row in below:
            if row is not rows.root and _true(model, row.there):
                copies = _number(model, row.copies)
                if copies + len(holder[name]) > MAX_ROWS_SHOWN:
                    return None
                holder[name] += [_row(model, rows, row, records) for _ in range(copies)]
    return records.consistent(record)


def _row(model: z3.ModelRef, rows: Rows, row: Row, records: Records) -> Record:
    found = records.typical_row(row.entity)
    for name, term in row.terms.items():
        found[name] = _value(model, rows, term, row.entity.fields[name].type)
    return found


def _value(model: z3.ModelRef, rows: Rows, term: Term, kind: Type) -> Any:
    if _true(model, term.null):
        return None
    if isinstance(term.value, TextVariable):
        index, which = _number(model, term.value.kind), _number(model, term.value.which)
        return rows.classes(term.value.group)[index].texts[which]
    if kind.kind == "bool":
        return _true(model, term.value)
    number = _number(model, term.value)
    match kind.kind:
        case "enum":
            return kind.values[number]
        case "decimal":
            return Decimal(number).scaleb(-kind.scale)
        case "date":
            return date.fromordinal(number)
        case "timestamp":
            day, time = divmod(number, MICROSECONDS)
            return datetime.fromordinal(day) + timedelta(microseconds=time)
    return number


def _true(model: z3.ModelRef, formula: Any) -> bool:
    return formula if isinstance(formula, bool) else z3.is_true(model.eval(formula, model_completion=True))


def _number(model: z3.ModelRef, number: Any) -> int:
    if isinstance(number, int):
        return number
    found: int = model.eval(number, model_completion=True).as_long()
    return found
