"""Language, who may read at all, and refusals turned into pages."""

import re
from collections.abc import Callable
from contextlib import nullcontext
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpResponse, QueryDict
from django.utils import translation

from registry.once import reading
from registry.refusals import Refused
from registry.views.refusal import lost_connection, refused, signed_out, unacceptable, wrong_method
from registry.views.request import Request

DATABASE_IS_GONE = (OperationalError, InterfaceError)

NEVER_IN_AN_ADDRESS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")

type Responder = Callable[[Request], HttpResponse]


class LanguageMiddleware:
    """The language of a request: `?lang=` for this one page; then the switch's cookie; then the browser's wish."""

    def __init__(self, get_response: Responder) -> None:
        self.get_response = get_response

    def __call__(self, request: Request) -> HttpResponse:
        with translation.override(_asked_language(request) or translation.get_language_from_request(request)):
            request.LANGUAGE_CODE = translation.get_language() or settings.LANGUAGE_CODE
            response = self.get_response(request)
            response.headers.setdefault("Content-Language", translation.get_language() or "ja")
        return response


def _asked_language(request: Request) -> str | None:
    """What the address says, or for a part of a page that page's own address."""
    page = QueryDict(urlsplit(request.headers.get("HX-Current-URL", "")).query)
    asked = request.GET.get("lang", page.get("lang"))
    return asked if asked in dict(settings.LANGUAGES) else None


class SignedInMiddleware:
    """Everything asks for a sign-in, save the views marked `@open_to_all` or, with GOI_PUBLIC=1, `@published`."""

    def __init__(self, get_response: Responder) -> None:
        self.get_response = get_response

    def __call__(self, request: Request) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: Request, view: Callable[..., HttpResponse], args: object, kwargs: object
    ) -> HttpResponse | None:
        if getattr(view, "open_to_all", False):
            return None  # Before the database is asked who this is: a probe may carry a cookie.
        try:
            signed_in = request.user.is_authenticated
        except DATABASE_IS_GONE as error:
            return lost_connection(request, error)
        if signed_in:
            _prefer_language(request)
            return None
        if settings.PUBLIC and getattr(view, "published", False):
            return None
        return signed_out(request)


def _prefer_language(request: Request) -> None:
    """A signed-in person's own setting, unless the address or the switch said otherwise."""
    said = _asked_language(request) or settings.LANGUAGE_COOKIE_NAME in request.COOKIES
    if not said and request.user.language:
        translation.activate(request.user.language)
        request.LANGUAGE_CODE = request.user.language


class ReadingMiddleware:
    """A page that changes nothing asks the registry once for the same thing."""

    def __init__(self, get_response: Responder) -> None:
        self.get_response = get_response

    def __call__(self, request: Request) -> HttpResponse:
        with reading() if request.method in ("GET", "HEAD") else nullcontext():
            return self.get_response(request)


class RefusalMiddleware:
    """A refused act becomes a page, or a part of one, with its sentence and status."""

    def __init__(self, get_response: Responder) -> None:
        self.get_response = get_response

    def __call__(self, request: Request) -> HttpResponse:
        response = self.get_response(request)
        return wrong_method(request, response.headers["Allow"]) if response.status_code == 405 else response

    def process_view(self, request: Request, view: object, args: object, kwargs: object) -> None:
        """No address of ours holds a control character, and PostgreSQL cannot even be asked about some of them."""
        if NEVER_IN_AN_ADDRESS.search(request.path_info + unquote(request.META.get("QUERY_STRING", ""))):
            raise Http404

    def process_exception(self, request: Request, error: Exception) -> HttpResponse | None:
        if isinstance(error, Refused):
            return refused(request, error)
        if isinstance(error, ValidationError):
            return unacceptable(request, error)
        if isinstance(error, DATABASE_IS_GONE):
            return lost_connection(request, error)
        return None
