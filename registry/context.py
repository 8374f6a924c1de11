"""What the frame around every page shows: whose turn it is, the language switch, the demo door."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from registry import clock
from registry.models import Proposal


def frame(request: HttpRequest) -> dict[str, Any]:
    """Lazy, so that a page without the frame asks the database nothing."""
    user = getattr(request, "user", None)
    context: dict[str, Any] = {
        "demo": settings.DEMO,
        "public": settings.PUBLIC,
        "today": clock.today(),
    }
    if user is not None and user.is_authenticated:
        context["awaiting_count"] = SimpleLazyObject(
            lambda: Proposal.objects.awaiting(user, clock.today()).count()
        )
    return context
