"""History rows as documents, and the digests by which an event seals them."""

from collections.abc import Iterable
from datetime import date, datetime
from functools import cache
from typing import Any

from django.db import models

from registry.ledger import chain

# Columns that came later. Left out where they say nothing, so that every digest from before is still the same.
ADDED = {"registry_historicalrevision": frozenset({"title_ja", "title_en", "reason_ja", "reason_en"})}


def sealed(row: models.Model) -> list[Any]:
    """`[table, history row, digest]`, and the digest of its personal data where the table has any."""
    table = row._meta.db_table
    digests = [chain.row_digest(table, values(row))]
    if personal := personal_values(row):
        digests.append(chain.personal_digest(personal))
    return [table, row.pk, *digests]


def values(row: models.Model) -> dict[str, Any]:
    """A history row without personal data: moments and days as text, the rest as stored."""
    added = ADDED.get(row._meta.db_table, frozenset())
    told = _values(row, _plain_names(type(row)))
    return {name: value for name, value in told.items() if value != "" or name not in added} if added else told


@cache
def _plain_names(model: type[models.Model]) -> tuple[str, ...]:
    personal = personal_names(model)
    return tuple(field.attname for field in model._meta.concrete_fields if field.attname not in personal)


def personal_values(row: models.Model) -> dict[str, Any]:
    """Its personal data with their salt; empty for a table that holds none."""
    return _values(row, personal_names(row))


def personal_names(row: models.Model | type[models.Model]) -> tuple[str, ...]:
    return getattr(row, "PERSONAL", ())


def _values(row: models.Model, names: Iterable[str]) -> dict[str, Any]:
    return {name: plain(getattr(row, name)) for name in names}


def plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return chain.moment(value)
    return value.isoformat() if isinstance(value, date) else value
