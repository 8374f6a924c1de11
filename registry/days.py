"""Days and moments as people write them: 2026年4月1日 / 1 Apr 2026. Days are counted in the registry's time zone."""

from datetime import date, datetime, time, timedelta

from django.utils import formats, timezone
from django.utils.translation import get_language


def day(value: date | datetime | None) -> str:
    """The calendar day in the reader's language; empty for none."""
    if value is None:
        return ""
    local = timezone.localtime(value) if isinstance(value, datetime) else value
    return formats.date_format(local, "Y年n月j日" if _japanese() else "j M Y")


def month(value: date) -> str:
    """The calendar month in the reader's language: 2026年4月 / Apr 2026."""
    return formats.date_format(value, "Y年n月" if _japanese() else "M Y")


def month_alone(value: date) -> str:
    """The month without its year: 4月 / Apr."""
    return formats.date_format(value, "n月" if _japanese() else "M")


def _japanese() -> bool:
    return (get_language() or "ja").startswith("ja")


def moment(value: datetime | None) -> str:
    """The day with its time of day, in the registry's own time zone; empty for none."""
    if value is None:
        return ""
    return f"{day(value)} {timezone.localtime(value):%H:%M}"


def local(value: datetime) -> date:
    """The calendar day of a moment."""
    return timezone.localdate(value)


def start_of(value: date) -> datetime:
    """The first moment of a calendar day."""
    return timezone.make_aware(datetime.combine(value, time.min))


def end_of(value: date) -> datetime:
    """The last moment of a calendar day."""
    return start_of(value + timedelta(days=1)) - timedelta(microseconds=1)
