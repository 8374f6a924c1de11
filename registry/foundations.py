"""What every database needs after its tables: the head of the ledger, the registry's own account, triggers."""

import logging
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError
from django.db import OperationalError, connections
from django.db.migrations import Migration

from registry import search_index, sqlite, triggers

logger = logging.getLogger(__name__)


def lay(using: str = "default", **signal: Any) -> None:
    """Lay them where they are missing. Runs after every `migrate`, and changes nothing the second time."""
    from registry.models import Head, User

    if "registry_head" not in connections[using].introspection.table_names():
        return
    triggers.install(using)
    search_index.lay(using)
    Head.objects.get_or_create(pk=1)
    if not User.objects.filter(username=User.SYSTEM).exists():
        _open_registry()


def require_forwards(plan: list[tuple[Migration, bool]], **signal: Any) -> None:
    """Refuse to take a migration of ours back, before the first step: it would drop tables with what they hold."""
    if any(backwards and step.app_label == "registry" for step, backwards in plan):
        raise CommandError(
            "Goi is not migrated backwards: that would drop what the ledger seals. To go back to an earlier version of "
            "Goi, restore a backup that was made with it."
        )


def require_guards(using: str = "default") -> None:
    """Refuse to serve over tables that the database does not guard. One that does not answer yet may come up later."""
    try:
        lacking = triggers.missing(using)
    except OperationalError as error:
        logger.warning("The guards of the database could not be checked at start: %s", error)
        return
    finally:
        connections[using].close()
    if lacking:
        raise ImproperlyConfigured(
            f"The database lacks {len(lacking)} guards, {lacking[0]} among them, so anything could be written past "
            "the ledger. Run: manage.py migrate"
        )


def tell_of_sqlite(using: str = "default") -> None:
    """Leave a line in the log where the settings had to keep to the slower journal."""
    if connections[using].vendor == "sqlite" and (notice := sqlite.notice()):
        logger.warning(notice)


def _open_registry() -> None:
    """The registry's own account, on whose behalf commands act. Nobody can sign in with it."""
    from registry.models import User
    from registry.workflow.people import open_registry

    open_registry(User(username=User.SYSTEM, name_ja="Goi", name_en="Goi", is_active=False))
