"""The condition language at work for the web: warm, capped processes that are killed when they overrun."""

import atexit
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.core.cache import cache

from registry.conditions import ConditionError
from registry.conditions.worker import SECONDS, Overrun, Workers
from registry.once import reading

SOON = 60  # seconds until a question that came to nothing is asked again

_lock = threading.Lock()
_pool: Workers | None = None
_owner = 0
_unanswered: ContextVar[list[str] | None] = ContextVar("unanswered", default=None)


class Unanswered(Overrun):
    """The question came to nothing, by taking too long or by failing; asked again it may be answered."""


def ask(function: str, *arguments: Any, seconds: float = SECONDS, **named: Any) -> Any:
    """The answer of `registry.conditions.<function>`, asked in a process of its own.

    Raises its `ConditionError`; `Unanswered`, which is one too, when nothing can be said of the condition.
    """
    try:
        return _workers().run(function, *arguments, seconds=seconds, **named)
    except ConditionError as error:
        if not isinstance(error, Overrun) and error.problems[0].code != "worker_failed":
            raise
        if (unanswered := _unanswered.get()) is not None:
            unanswered.append(function)
        raise Unanswered(error.problems) from error


def kept(name: str, compute: Callable[[], Any]) -> Any:
    """What `compute` gives, kept under a name that says all it depends on.

    Where one of its questions came to nothing, that is kept no longer than it takes a busy machine to recover.
    """
    if (found := cache.get(name)) is None:
        with _noticing() as unanswered, reading():
            found = compute()
        if unanswered:
            cache.set(name, found, SOON)
        else:
            cache.set(name, found)
    return found


@contextmanager
def _noticing() -> Iterator[list[str]]:
    """What is asked within and comes to nothing; whoever notices around it notices as well."""
    around, here = _unanswered.get(), list[str]()
    token = _unanswered.set(here)
    try:
        yield here
    finally:
        _unanswered.reset(token)
        if around is not None:
            around += here


def _workers() -> Workers:
    """The pool of this process; a forked child makes its own."""
    global _pool, _owner
    with _lock:
        if _pool is None or _owner != os.getpid():
            _pool, _owner = Workers(size=2), os.getpid()
            atexit.register(_pool.close)
        return _pool
