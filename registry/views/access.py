"""Marks on views that say who may read them. Everything else asks for a sign-in."""

from collections.abc import Callable
from typing import Any

from django.http import HttpResponseBase

type View = Callable[..., HttpResponseBase]


def open_to_all(view: View) -> View:
    """Reachable without signing in: the doors themselves and the health checks."""
    return _mark(view, "open_to_all")


def published(view: View) -> View:
    """Shows only what is published, so `GOI_PUBLIC=1` opens it to everyone."""
    return _mark(view, "published")


def _mark(view: Any, name: str) -> View:
    setattr(view, name, True)
    return view
