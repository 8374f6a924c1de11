"""What the frame around every page shows: whose turn it is, the demo door, which day it is."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language

from registry import accounts, clock
from registry.models import Proposal
from registry.seeding.content import Content
from registry.views.refusal import holds_what_was_typed

SHOWN_AS_WAITING = 100


def frame(request: HttpRequest) -> dict[str, Any]:
    """Lazy, so that a page without the frame asks the database nothing."""
    user = getattr(request, "user", None)
    context: dict[str, Any] = {"demo": settings.DEMO, "public": settings.PUBLIC, "today": clock.today()}
    context["holds_what_was_typed"] = SimpleLazyObject(lambda: holds_what_was_typed(request))
    if settings.DEMO:
        context["demo_people"] = SimpleLazyObject(demo_people)
    if user is not None and user.is_authenticated:
        reader: Any = SimpleLazyObject(lambda: user if hasattr(user, "awaited") else accounts.reader(user.pk))
        context["awaited"] = SimpleLazyObject(lambda: len(reader.awaited))
        context["awaiting"] = SimpleLazyObject(lambda: _awaiting(reader))
        context["member"] = SimpleLazyObject(lambda: reader.is_steward or reader.in_a_team)
    return context


def _awaiting(reader: Any) -> list[Proposal]:
    """What waits for this reader's seal, in the panel of the glossary."""
    if not reader.awaited:
        return []
    found = Proposal.objects.filter(pk__in=reader.awaited)
    return list(found.select_related("author", "revision")[:SHOWN_AS_WAITING])


def demo_people() -> list[dict[str, str]]:
    """Whom the demo lets one be, in the reader's language: `username`, `name`, `label`."""
    language = (get_language() or "ja")[:2]
    return [
        {
            "username": person["username"],
            "name": person[f"name_{language}"],
            "label": person["demo"][f"label_{language}"],
        }
        for person in Content().demo_people
    ]
