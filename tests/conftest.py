"""What every test may ask for by name."""

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.db import transaction

from registry import clock, conditions, engine
from tests.cast import NOW, Cast, assemble

pytest_plugins = ["tests.plugin"]


@pytest.fixture(autouse=True)
def _own_ground(settings: Any, tmp_path: Path) -> None:
    """What a test signs, takes in and remembers is its own: the next one has another registry with the same stamps."""
    settings.CHECKPOINTS = tmp_path / "checkpoints"
    settings.DATASETS, settings.IMPORTS = tmp_path / "datasets", tmp_path / "imports"
    cache.clear()


@pytest.fixture
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine must not turn a proof into "undecided". test_worker has the others."""

    def ask(function: str, *asked: Any, seconds: float = 0, **named: Any) -> Any:
        return getattr(conditions, function)(*asked, **named)

    monkeypatch.setattr(engine, "ask", ask)


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
