"""What is shown when an error got past every view: the address map's `handler400` and `handler500`."""

import sys

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.db import InterfaceError, OperationalError
from django.http import HttpResponse
from django.views.defaults import bad_request, server_error

from registry.views.refusal import lost_connection, too_much
from registry.views.request import Request

TOO_MUCH = (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent)


def show_bad(request: Request, exception: Exception) -> HttpResponse:
    """400; or 413 where a form held more than is read of one, which shows before any view is asked."""
    return too_much(request) if isinstance(exception, TOO_MUCH) else bad_request(request, exception)


def show(request: Request) -> HttpResponse:
    """500; or 503 where the database was already gone when the middleware asked it who is reading."""
    error = sys.exc_info()[1]
    if isinstance(error, (OperationalError, InterfaceError)):
        request.user = AnonymousUser()  # type: ignore[assignment]  # who it is stands in the database that does not answer
        return lost_connection(request, error)
    return server_error(request)
