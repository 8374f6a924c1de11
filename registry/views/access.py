"""Marks on views that say who may read them, and which only take what is sent. All else asks for a sign-in."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from django.http import HttpResponseBase
from django.urls import Resolver404, resolve
from django.views.decorators.http import require_POST

type View = Callable[..., HttpResponseBase]


def open_to_all(view: View) -> View:
    """Reachable without signing in: the doors themselves and the health checks."""
    return _mark(view, "open_to_all")


def published(view: View) -> View:
    """Shows only what is published, so `GOI_PUBLIC=1` opens it to everyone."""
    return _mark(view, "published")


def post_only(view: View) -> View:
    """Takes what a form sends and shows nothing of its own; see `page_of`."""
    return _mark(require_POST(view), "post_only")


def page_of(address: str) -> str:
    """Where to read on: the address itself, or, where it only takes what is sent, the page of its noun."""
    return page_above(address) if _is_post_only(_view(urlsplit(address).path)) else address


def page_above(address: str) -> str:
    """The nearest page above an address: that of the noun, of the list it stands in, or the glossary."""
    path = urlsplit(address).path
    while True:
        path = path.rstrip("/").rpartition("/")[0] + "/"
        if _shows_a_page(path):
            return path


def section_of(address: str) -> str:
    """The list at the top of an address, or the glossary: there even where nothing else of the address is."""
    path = "/".join(urlsplit(address).path.split("/")[:2]) + "/"
    return path if _shows_a_page(path) else "/"


def _shows_a_page(path: str) -> bool:
    view = _view(path)
    return view is not None and not _is_post_only(view)


def _is_post_only(view: View | None) -> bool:
    return getattr(view, "post_only", False)


def _view(path: str) -> View | None:
    try:
        return resolve(path).func
    except Resolver404:
        return None


def _mark(view: Any, name: str) -> View:
    setattr(view, name, True)
    return view
