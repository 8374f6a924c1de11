"""What only the database can tell or take away, on both of them."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import IntegrityError, connection, models, transaction

from registry import triggers
from registry.models.ledger import OpenAct


@contextmanager
def refused_by(constraint: str, columns: str = "") -> Iterator[None]:
    """The database refuses what happens inside by this constraint; SQLite names a unique one by its `columns`."""
    with pytest.raises(IntegrityError) as caught, transaction.atomic(), past_the_guards():
        yield
    wanted = columns if columns and connection.vendor == "sqlite" else constraint
    assert wanted in str(caught.value), caught.value


@contextmanager
def past_the_guards() -> Iterator[None]:
    """As somebody with the database's password could: for a moment, no trigger refuses anything."""
    connection.check_constraints()  # PostgreSQL drops no trigger while a check of the table is still to come.
    triggers.remove("default")
    yield
    connection.check_constraints()
    triggers.install("default")


@contextmanager
def left_open() -> Iterator[None]:
    """As somebody with the database's password could for longer, with the foreign keys off: an act without an end."""
    act = OpenAct.objects.create()
    yield
    act.delete()


@contextmanager
def undone() -> Iterator[None]:
    """What happens inside is rolled back."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def rows_of(model: type[models.Model]) -> models.QuerySet:
    """All rows, without the product's own refusal of writing many at once."""
    return models.QuerySet(model)
