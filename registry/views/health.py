"""For whoever runs the registry: is the process alive, and can it serve."""

from django.db import DEFAULT_DB_ALIAS, DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from registry import triggers
from registry.views.access import open_to_all
from registry.views.request import Request

PLAIN = "text/plain; charset=utf-8"


@open_to_all
@never_cache
@require_safe
def alive(request: Request) -> HttpResponse:
    """The process answers. Touches nothing else."""
    return HttpResponse("ok\n", content_type=PLAIN)


@open_to_all
@never_cache
@require_safe
def ready(request: Request) -> HttpResponse:
    """The database answers and is as this version of the code needs it; otherwise 503 with what is missing."""
    problem = _problem()
    return HttpResponse(f"{problem or 'ok'}\n", content_type=PLAIN, status=503 if problem else 200)


def _problem() -> str:
    try:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            return _("The database is older than this version of Goi. Run: manage.py migrate")
        if triggers.missing(DEFAULT_DB_ALIAS):
            return _("The database lacks guards that keep published words unchanged. Run: manage.py migrate")
    except DatabaseError:
        return _("The database does not answer. Check that it runs and that DATABASE_URL is right.")
    return ""
