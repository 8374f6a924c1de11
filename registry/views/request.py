"""A request as our views receive it, after our middleware."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from registry.models import User


class Request(HttpRequest):
    """Somebody is signed in, except on views marked `open_to_all` or `published`."""

    user: User
    htmx: HtmxDetails
