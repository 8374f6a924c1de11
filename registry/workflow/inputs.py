"""What people write to each other — reasons, comments, titles — made tidy and refused where it deceives."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from registry import text

LONG = 5_000


def written(value: str, field: str, *, limit: int = LONG) -> str:
    """A required text of several lines. Raises `ValidationError` for `field` if it is empty or refused."""
    tidy = optional(value, field, limit=limit)
    if not tidy:
        raise ValidationError({field: _("Write a sentence or two, so that others can follow.")}, code="required")
    return tidy


def optional(value: str, field: str, *, limit: int = LONG, lines: bool = True) -> str:
    """The text made tidy, or empty. Raises `ValidationError` for `field` if it holds what deceives."""
    tidy = text.clean(value, lines=lines)
    if sentence := text.problem(tidy, lines=lines, limit=limit):
        raise ValidationError({field: sentence}, code="refused")
    return tidy
