"""What every database needs after its tables: the head of the ledger, the registry's own account, triggers."""

from typing import Any

from django.db import connections

from registry import triggers


def lay(using: str = "default", **signal: Any) -> None:
    """Lay them where they are missing. Runs after every `migrate`, and changes nothing the second time."""
    from registry.models import Head, User

    if "registry_head" not in connections[using].introspection.table_names():
        return
    triggers.install(using)
    Head.objects.get_or_create(pk=1)
    if not User.objects.filter(username=User.SYSTEM).exists():
        _open_registry()


def _open_registry() -> None:
    """The registry's own account, on whose behalf commands act. Nobody can sign in with it."""
    from registry.models import User
    from registry.workflow.people import open_registry

    open_registry(User(username=User.SYSTEM, name_ja="Goi", name_en="Goi", is_active=False))
