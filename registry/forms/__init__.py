"""What people send: read, tidied, and refused at the right field. Deciding is left to the workflow."""

from typing import Any

from django.http import HttpRequest


def sent(request: HttpRequest) -> Any:
    """What a form is bound to: the body of a POST, even an empty one, and nothing otherwise."""
    return request.POST if request.method == "POST" else None
