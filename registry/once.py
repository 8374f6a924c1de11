"""While one page is made, the registry is asked once for the same thing."""

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

_answers: ContextVar[dict[Hashable, Any] | None] = ContextVar("answers", default=None)


@contextmanager
def reading() -> Iterator[None]:
    """Within, `once` remembers. For what only reads: an act asks anew, under its locks, what is so by then."""
    if _answers.get() is not None:
        yield
        return
    token = _answers.set({})
    try:
        yield
    finally:
        _answers.reset(token)


def once[T](name: Hashable, ask: Callable[[], T]) -> T:
    """What `ask` gives, the same within one reading; outside of any it is asked each time."""
    answers = _answers.get()
    if answers is None:
        return ask()
    if name not in answers:
        answers[name] = ask()
    found: T = answers[name]
    return found
