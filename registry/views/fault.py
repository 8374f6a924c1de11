"""What is shown when an error got past every view, as the address map's `handler500`."""

import sys

from django.contrib.auth.models import AnonymousUser
from django.db import InterfaceError, OperationalError
from django.http import HttpResponse
from django.views.defaults import server_error

from registry.views.refusal import lost_connection
from registry.views.request import Request


def show(request: Request) -> HttpResponse:
    """500; or 503 where the database was already gone when the middleware asked it who is reading."""
    error = sys.exc_info()[1]
    if isinstance(error, (OperationalError, InterfaceError)):
        request.user = AnonymousUser()  # type: ignore[assignment]  # who it is stands in the database that does not answer
        return lost_connection(request, error)
    return server_error(request)
