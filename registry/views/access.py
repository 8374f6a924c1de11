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
    path = urlsplit(address).path
    if not getattr(_view(path), "post_only", False):
        return address
    while (view := _view(path)) is None or getattr(view, "post_only", False):
        path = path.rstrip("/").rpartition("/")[0] + "/"
    return path


def _view(path: str) -> View | None:
    try:
        return resolve(path).func
    except Resolver404:
        return None


def _mark(view: Any, name: str) -> View:
    setattr(view, name, True)
    return view
