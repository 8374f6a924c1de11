"""What time it is for the registry. Everything that records a moment or asks for today asks here."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime

from django.utils import timezone

_told: ContextVar[datetime | None] = ContextVar("told", default=None)


def now() -> datetime:
    """The aware moment of the act under way."""
    return _told.get() or timezone.now()


def today() -> date:
    """The calendar day in the registry's own time zone, which effective dates are written in."""
    return timezone.localdate(now())


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Tell the time, so that the example registry can have lived a little. Only seeding and tests do."""
    token = _told.set(moment)
    try:
        yield
    finally:
        _told.reset(token)
