"""What `manage.py check` says about the machine besides Django's own findings."""

from typing import Any

from django.core.checks import CheckMessage, Info, register
from django.db import connection

from registry import sqlite


@register
def sqlite_is_sound(**context: Any) -> list[CheckMessage]:
    """A notice, no failure: the settings have chosen the safe journal already."""
    notice = sqlite.notice() if connection.vendor == "sqlite" else ""
    return [Info(notice, id="registry.I001")] if notice else []
