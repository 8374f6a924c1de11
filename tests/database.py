"""What only the database can tell or take away, on both of them."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import IntegrityError, connection, transaction

from registry import triggers


@contextmanager
def refused_by(constraint: str, columns: str = "") -> Iterator[None]:
    """The database refuses what happens inside by this constraint; SQLite names a unique one by its `columns`."""
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        yield
    wanted = columns if columns and connection.vendor == "sqlite" else constraint
    assert wanted in str(caught.value), caught.value


@contextmanager
def without_trigger(table: str, event: str) -> Iterator[None]:
    """As somebody with the database's password could: the trigger is gone for a moment."""
    guard = next(each for each in triggers.GUARDS if (each.table, each.event) == (table, event))
    on_table = f" ON {table}" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER {guard.name}{on_table}")
    assert triggers.missing("default") == [guard.name]
    yield
    triggers.install("default")
