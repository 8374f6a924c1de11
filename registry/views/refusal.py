"""How refusals look: the sentence, the status, and what to do next, as a page or in place."""

import logging

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from registry.refusals import Refused
from registry.views.access import page_above, page_of, section_of
from registry.views.request import Request

logger = logging.getLogger(__name__)


class Missing(Http404):
    """404 with a sentence of its own: what is not here, or not any more, and what to do next."""


def refused(request: Request, error: Refused, **ways: str) -> HttpResponse:
    """403 or 409 with the sentence and the way back; `page` where the page above would refuse alike."""
    titles = {403: _("This is not yours to do"), 409: _("Not in this state")}
    return _say(request, error.status, titles[error.status], [str(error.sentence)], code=error.code, **ways)


def unacceptable(request: Request, error: ValidationError) -> HttpResponse:
    """422 for text that no form caught before; the page lists every sentence."""
    return _say(request, 422, _("This cannot be accepted as written"), error.messages)


def missing(request: Request, exception: Exception) -> HttpResponse:
    """404; a draft of others looks like it too, to whoever was invited to it before as well."""
    page = section_of(request.path)
    if isinstance(exception, Missing):
        return _say(request, 404, _("This is not here"), [str(exception)], page=page)
    sentence = _(
        "Perhaps the address lost a letter on its way. "
        "A draft of somebody else looks like this too, until it is submitted."
    )
    return _say(request, 404, _("There is no such page"), [sentence], page=page)


def wrong_method(request: Request, allowed: str) -> HttpResponse:
    """405: read where one can only send, or sent where one can only read. `allowed` as in the header `Allow`."""
    sentence = _("This address cannot be used in this way, and nothing was changed. Go on from the page it belongs to.")
    page = page_of(request.get_full_path())
    response = _say(request, 405, _("This address shows no page of its own"), [sentence], page=page)
    response.headers["Allow"] = allowed
    return response


def holds_what_was_typed(request: HttpRequest) -> bool:
    """Whether the answer to this request may show again what somebody typed, which any other page would lose."""
    return request.method == "POST" and any(value for _name, value in typed_fields(request))


def too_much(request: Request) -> HttpResponse:
    """413 for more than is read of one form. What was typed never arrived here, so only the browser has it."""
    if request.headers.get("HX-Request"):
        where = _("What you typed is still on this page.")
    else:
        where = _("What you typed is still on the page before: your browser’s Back button leads there.")
    sentences = [
        _("More was sent than can be taken at once, so nothing was saved."),
        where + " " + _("Shorten the text, or split the proposal into several, and send it again."),
    ]
    response = _say(request, 413, _("This is too long to be taken at once"), sentences, back="")
    return beside_save(response)


def _in_place(request: Request, response: HttpResponse) -> HttpResponse:
    """Never where a part of the draft's form was to come: with that part, what was typed in it would go."""
    return beside_save(response) if "edits" in request.POST else response


def beside_save(response: HttpResponse) -> HttpResponse:
    """With a script, shown beside the draft's Save button; the page stays as it is."""
    response.headers["HX-Retarget"] = "#saving"
    response.headers["HX-Reswap"] = "innerHTML"
    return response


def lost_connection(request: Request, error: Exception) -> HttpResponse:
    """503 when the database cannot be reached or is too busy. Nothing was half done."""
    logger.error("the database did not answer", exc_info=error)
    sentence = _(
        "The database does not answer right now, so nothing was changed. "
        "Go back, keep what you typed, and send it again in a minute."
    )
    response = render(request, "refusals/plain.html", {"sentence": sentence}, status=503)
    response["Retry-After"] = "30"
    return response


def signed_out(request: Request) -> HttpResponse:
    """Nobody is signed in: to the door, or, in the middle of a form, a sign-in that keeps what was typed."""
    if request.method != "POST":
        return redirect_to_login(page_of(request.get_full_path()), settings.LOGIN_URL)
    if request.headers.get("HX-Request"):
        return _in_place(request, render(request, "refusals/signed_out_part.html", status=401))
    typed = typed_fields(request)
    return render(request, "account/sign_in_again.html", {"typed": typed, "next": request.get_full_path()}, status=401)


def typed_fields(request: HttpRequest, without: tuple[str, ...] = ()) -> list[tuple[str, str]]:
    """What the form of `request` holds, for sending it again; never a password or the token."""
    sent = {name: values for name, values in request.POST.lists() if "password" not in name}
    hidden = {"csrfmiddlewaretoken", *without}
    return [(name, value) for name, values in sent.items() if name not in hidden for value in values]


def csrf_failure(request: Request, reason: str = "") -> HttpResponse:
    """The page was open too long or cookies are off: say it, and keep what was typed."""
    sentence = _(
        "This page was open for too long, or your browser keeps no cookies. Check the text, then send it again."
    )
    return render(
        request,
        "refusals/send_again.html",
        {"sentence": sentence, "typed": typed_fields(request), "next": request.get_full_path()},
        status=403,
    )


def _say(request: Request, status: int, title: str, sentences: list[str], **more: str) -> HttpResponse:
    said = {"title": title, "sentences": sentences}
    if request.headers.get("HX-Request"):
        return _in_place(request, render(request, "refusals/part.html", said, status=status))
    kept = getattr(request, "kept", False)
    shown = request.method == "POST" and not kept
    typed = typed_fields(request) if shown else []
    ways = {"back": _back(request), "page": page_above(request.path)} | more
    return render(request, "refusals/page.html", said | {"typed": typed, "kept": kept} | ways, status=status)


def _back(request: Request) -> str:
    """Where the person came from, if that was one of our own pages; that, too, may have been a refused form."""
    came_from = request.headers.get("Referer", "")
    ours = url_has_allowed_host_and_scheme(
        came_from, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return page_of(came_from) if ours else ""
