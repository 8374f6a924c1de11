"""The timeline as an Atom feed (RFC 4287): for whoever is signed in, by a secret address, or what is published."""

from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed, get_tag_uri
from django.utils.html import escape
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from registry import feeds, timeline
from registry.forms.filters import HistoryFilter, PublicationsFilter
from registry.models import Event
from registry.models.ledger import EventQuerySet
from registry.views.access import open_to_all, published
from registry.views.history import asked_events
from registry.views.refusal import Missing
from registry.views.request import Request

ENTRIES = 50


@require_safe
@published
@never_cache
def show(request: Request) -> HttpResponse:
    """The acts this reader may see, filtered as the history is; to readers outside, publications alone."""
    if request.user.is_authenticated:
        return _feed(request, HistoryFilter(request.GET), Event.objects.visible_to(request.user))
    return _feed(request, PublicationsFilter(request.GET), Event.objects.filter(act="published"), outside=True)


@require_safe
@open_to_all
@never_cache
def secret(request: Request, key: str) -> HttpResponse:
    """Likewise for the owner of the key, but without drafts, since an address is passed on more easily than meant."""
    if feeds.owner(key) is None:
        raise Missing(_("This feed is void: the password was changed. Copy the new address from your account page."))
    return _feed(request, HistoryFilter(request.GET), Event.objects.visible_to_every_member())


def _feed(request: Request, asked: PublicationsFilter, events: EventQuerySet, outside: bool = False) -> HttpResponse:
    if not asked.is_valid():
        return _not_understood(asked)
    found = list(timeline.related(asked_events(asked, events))[:ENTRIES])
    alternate = reverse("changes" if outside else "history")
    query = f"?{request.GET.urlencode()}" if request.GET and not outside else ""
    feed = Atom1Feed(
        title=_("History — Goi"),
        link=request.build_absolute_uri(alternate + query),
        description=_("What happened in the registry of metric definitions"),
        language=get_language() or settings.LANGUAGE_CODE,
        author_name="Goi",
        feed_url=request.build_absolute_uri(),
        feed_guid=request.build_absolute_uri(reverse("feed") + query),
    )
    for line in timeline.lines(found):
        _add(feed, line, request, outside)
    return HttpResponse(feed.writeString("utf-8"), content_type="application/atom+xml; charset=utf-8")


def _not_understood(asked: PublicationsFilter) -> HttpResponse:
    """400 in plain words: a feed that left a filter out would bring its reader what was never asked for."""
    way_on = _("Open the history, choose what the feed should bring, and copy the address of its feed.")
    sentences = [
        _("A part of this address cannot be understood, so the feed brings nothing."),
        *asked.not_understood(),
        way_on,
    ]
    return HttpResponse("\n".join(sentences) + "\n", status=400, content_type="text/plain; charset=utf-8")


def _add(feed: Atom1Feed, line: timeline.Line, request: Request, outside: bool) -> None:
    event = line.event
    link = request.build_absolute_uri(_address(event, outside))
    feed.add_item(
        title=line.sentence,
        link=link,
        description=escape("" if outside else line.reason) or escape(line.sentence),
        author_name="Goi" if outside else line.who,
        pubdate=event.at,
        updateddate=event.at,
        unique_id=get_tag_uri(request.build_absolute_uri(reverse("act", args=[event.sequence])), event.at),
    )


def _address(event: Event, outside: bool) -> str:
    """The act; for readers outside, the first of the versions it published."""
    if not outside:
        return reverse("act", args=[event.sequence])
    key, number = min(event.detail["versions"].items())
    return reverse("version", args=[key, number])
