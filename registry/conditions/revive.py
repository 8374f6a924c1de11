"""A record as it came from JSON, with its days, moments and decimals back."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from registry.conditions.problems import refuse
from registry.conditions.records import Record
from registry.conditions.scope import MOMENTS
from registry.conditions.vocabulary import Vocabulary


def revived(record: Mapping[str, Any], vocabulary: Vocabulary, entity: str) -> Record:
    """The record that `compare.plain` made JSON of, as `classify` wants it. Unknown names stay as they are.

    A field that it does not have is blank. Raises ConditionError where a value is not of the declared type, as when
    the vocabulary has changed since.
    """
    try:
        return _row(record, vocabulary, entity)
    except (ValueError, TypeError, ArithmeticError):
        raise refuse("record_unreadable") from None


def _row(record: Mapping[str, Any], vocabulary: Vocabulary, entity: str) -> Record:
    here = vocabulary.entity(entity)
    found: Record = dict.fromkeys(here.fields)
    for name, value in record.items():
        if value is None:
            found[name] = None
        elif name in here.parents:
            found[name] = _row(_only(dict, value), vocabulary, here.parents[name].entity)
        elif name in here.relations:
            found[name] = [
                _row(_only(dict, row), vocabulary, here.relations[name].entity) for row in _only(list, value)
            ]
        elif name in here.fields:
            found[name] = READ[here.fields[name].type.kind](value)
        else:
            found[name] = date.fromisoformat(value) if name in MOMENTS else value
    return found


def _only[T](kind: type[T], value: Any) -> T:
    if type(value) is not kind:
        raise TypeError(kind)
    return value


READ: dict[str, Callable[[Any], Any]] = {
    "int": lambda value: _only(int, value),
    "bool": lambda value: _only(bool, value),
    "text": lambda value: _only(str, value),
    "enum": lambda value: _only(str, value),
    "decimal": lambda value: Decimal(str(value)),
    "date": date.fromisoformat,
    "timestamp": datetime.fromisoformat,
}
