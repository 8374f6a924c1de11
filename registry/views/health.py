"""For whoever runs the registry: is the process alive, and can it serve."""

from django.http import HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from registry import health
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
    """ "ok" and 200 when everything that it takes is there; otherwise 503, and what failed in a line each."""
    found = list(health.results())
    problems = [f"✗ {each.name}: {each.problem}\n" for each in found if each.problem]
    notices = [f"! {each.name}: {each.notice}\n" for each in found if each.notice]
    said = "".join([*problems, *notices]) if problems else "".join(["ok\n", *notices])
    return HttpResponse(said, content_type=PLAIN, status=503 if problems else 200)
