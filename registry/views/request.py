"""A request as our views receive it, after our middleware."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from registry.models import User


class Request(HttpRequest):
    """Somebody is signed in, except on views marked `open_to_all` or `published`."""

    user: User
    htmx: HtmxDetails
    kept: bool  # set once what was typed is saved in a draft, whatever becomes of the button that was pressed
