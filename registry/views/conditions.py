"""Writing one condition of a draft: what it says as it is typed, and the buttons of the builder and the editor."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from registry import clock, reading, rules
from registry.forms.conditions import BUILDER, EXPRESSION, ConditionPart, Told
from registry.forms.draft import DraftForms
from registry.standing import Standing
from registry.views.access import post_only
from registry.views.drafts import PREFERS, draft_page, keep_typed, progress_of
from registry.views.proposals import standing_or_404
from registry.views.refusal import Missing, beside_save
from registry.views.request import Request


@post_only
def arrange(request: Request, pk: int, key: str) -> HttpResponse:
    """One of the buttons of a condition: show it otherwise, add or remove rows, take a fix. Keeps what was typed."""
    standing = standing_or_404(request, pk)
    rules.require("edit", standing, by=request.user)
    part = _typed_part(standing, key, request.POST)
    asked = request.POST.get("edit", "")
    data = part.edited(request.POST, asked).copy()
    if asked in (f"show:{BUILDER}", f"show:{EXPRESSION}"):
        request.session[PREFERS] = data.get(f"{key}-shown", EXPRESSION)
    if (refused := keep_typed(request, standing, data, unfinished=True)) is not None:
        return beside_save(refused)
    fresh = standing_or_404(request, pk)
    data["edits"] = str(fresh.proposal.edits)
    forms = DraftForms(fresh, data)
    return _arranged(request, fresh, forms, key) if request.htmx else draft_page(request, fresh, forms)


def _arranged(request: Request, standing: Standing, forms: DraftForms, key: str) -> HttpResponse:
    copy = next(copy for copy in standing.copies if copy.key == key)
    context = {
        "standing": standing,
        "proposal": standing.proposal,
        "saved_at": clock.now(),
        "form": next(form for form in forms.wordings if form.copy.key == key),
        "reading": reading.of(copy, reading.saved_with(standing, forms.typed()), standing, wait=False),
        **progress_of(standing),
    }
    return render(request, "drafts/edit.html#arranged", context)


@post_only
def read(request: Request, pk: int, key: str) -> HttpResponse:
    """What a condition says as it is being typed; nothing is saved. With `?wait` also what takes longer."""
    standing = standing_or_404(request, pk)
    rules.require("edit", standing, by=request.user)
    part = _typed_part(standing, key, request.POST)
    copy = next(copy for copy in standing.copies if copy.key == key)
    overlay = reading.saved_with(standing, {key: {"condition": part.text, "counts": part.entity}})
    said = reading.of(copy, overlay, standing, wait="wait" in request.GET)
    context = {"proposal": standing.proposal, "part": part, "reading": said, "key": key}
    return render(request, "drafts/reading.html", context)


def _typed_part(standing: Standing, key: str, data: Any) -> ConditionPart:
    copy = next((copy for copy in standing.copies if copy.key == key), None)
    if copy is None:
        raise Missing(
            _("Somebody took this metric out of the proposal. Copy what you still need, then reload the draft.")
        )
    return ConditionPart.typed(copy, Told.of(standing), data)
