"""What every test may ask for by name."""

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.db import transaction

from registry import clock
from tests.cast import NOW, Cast, assemble

pytest_plugins = ["tests.plugin"]


@pytest.fixture(autouse=True)
def _own_ground(settings: Any, tmp_path: Path) -> None:
    """What a test signs, takes in and remembers is its own: the next one has another registry with the same stamps."""
    settings.CHECKPOINTS = tmp_path / "checkpoints"
    settings.DATASETS, settings.IMPORTS = tmp_path / "datasets", tmp_path / "imports"
    cache.clear()


@pytest.fixture(scope="module")
def _assembled(django_db_setup: None, django_db_blocker: Any) -> Iterator[Cast]:
    """Once for all tests of a file, each of which runs in a savepoint of this transaction."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield assemble()
        transaction.set_rollback(True)


@pytest.fixture
def cast(_assembled: Cast, db: None) -> Iterator[Cast]:
    """The people, teams and first agreed metrics, on the morning of `cast.TODAY`; the clock stands still."""
    with clock.at(NOW):
        yield copy.deepcopy(_assembled)
