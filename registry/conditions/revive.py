"""A record as it came from JSON, with its days, moments and decimals back."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from registry.conditions.records import Record
from registry.conditions.scope import MOMENTS
from registry.conditions.tree import Type
from registry.conditions.vocabulary import Vocabulary


def revived(record: Mapping[str, Any], vocabulary: Vocabulary, entity: str) -> Record:
    """The record that `compare.plain` made JSON of, as `classify` wants it. Unknown names stay as they are."""
    here = vocabulary.entity(entity)
    found: Record = {}
    for name, value in record.items():
        if name in here.parents and isinstance(value, Mapping):
            found[name] = revived(value, vocabulary, here.parents[name].entity)
        elif name in here.relations and isinstance(value, list):
            found[name] = [revived(row, vocabulary, here.relations[name].entity) for row in value]
        elif name in here.fields:
            found[name] = _value(value, here.fields[name].type)
        else:
            found[name] = date.fromisoformat(value) if name in MOMENTS and isinstance(value, str) else value
    return found


def _value(value: Any, kind: Type) -> Any:
    if not isinstance(value, str):
        return value
    match kind.kind:
        case "date":
            return date.fromisoformat(value)
        case "timestamp":
            return datetime.fromisoformat(value)
        case "decimal":
            return Decimal(value)
    return value
