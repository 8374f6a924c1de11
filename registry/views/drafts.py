"""Writing a proposal. Every button of the form first keeps what was typed, so nothing is ever lost."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from registry import advice, carrying, clock, comparison, prose, reading, rules, wording
from registry.choices import Called, named
from registry.forms import sent
from registry.forms.conditions import BUILDER
from registry.forms.draft import DraftForms
from registry.forms.drafts import InviteForm, StartForm
from registry.forms.metrics import offered
from registry.forms.words import dictionary
from registry.models import Contributor, Proposal, WorkingCopy
from registry.readiness import NotReady, before_submission
from registry.refusals import Refused, WrongState
from registry.standing import Standing
from registry.views.access import post_only
from registry.views.proposals import standing_or_404, with_changes
from registry.views.refusal import typed_fields
from registry.views.request import Request
from registry.workflow import drafting, submitting

ADDING = "add_%s"  # the ids of the box that adds a metric
PREFERS = "condition_shown"  # in the session: whether this person builds conditions or writes them


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: Request) -> HttpResponse:
    """Choose what to propose; the draft exists from the moment that is chosen."""
    rules.require_member(request.user)
    form = StartForm(sent(request), initial=_wish(request))
    if request.method == "POST" and form.is_valid():
        try:
            proposal = drafting.begin(lambda begun: _add(begun, form, request), by=request.user)
        except ValidationError as error:
            form.add_error(None, error) if not hasattr(error, "error_dict") else _refuse(form, error)
        else:
            return redirect("draft", pk=proposal.pk)
    context = {"form": form, "offered_metrics": offered()}
    return render(request, "drafts/new.html", context, status=422 if form.errors else 200)


def _wish(request: Request) -> dict[str, str]:
    return {name: request.GET[name] for name in ("act", "metric", "version") if name in request.GET}


def _refuse(form: Any, error: ValidationError) -> None:
    for name, sentences in error.message_dict.items():
        form.add_error(name if name in form.fields else None, sentences)


def _add(proposal: Proposal, form: StartForm, request: Request) -> WorkingCopy:
    given = form.cleaned_data
    match given["act"]:
        case StartForm.NEW:
            return drafting.add_new_metric(proposal, key=given["key"], by=request.user)
        case StartForm.RETIRE:
            successor = given["successor"]
            return drafting.add_retirement(proposal, metric=given["metric"], successor=successor, by=request.user)
        case StartForm.RESTORE:
            return drafting.add_restoration(proposal, version=form.restored(), by=request.user)
    return drafting.add_metric(proposal, metric=given["metric"], by=request.user)


MAY = ("invite", "uninvite", "withdraw", "carry_vocabulary")
ADVISED = [(stem, language) for stem in prose.PAIRED for language in prose.LANGUAGES]


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: Request, pk: int) -> HttpResponse:
    """The form. Saved by itself as one types, and by its buttons."""
    standing = standing_or_404(request, pk)
    rules.require("edit", standing, by=request.user)
    if request.method != "POST":
        return draft_page(request, standing, DraftForms(standing, prefer=request.session.get(PREFERS, BUILDER)))
    if (refused := keep_typed(request, standing, unfinished=bool(request.htmx))) is not None:
        return refused
    if request.htmx:
        return _saved(request, pk)
    messages.success(request, _("The draft is saved."))
    return redirect("draft", pk=pk)


def keep_typed(
    request: Request, standing: Standing, data: Any = None, *, unfinished: bool = False
) -> HttpResponse | None:
    """Save what the form holds. The response that says why not, with everything typed still in it, or `None`."""
    forms = DraftForms(standing, request.POST if data is None else data)
    began_from = request.POST.get("edits", standing.proposal.edits)
    if not forms.are_valid(unfinished=unfinished):
        return draft_page(request, standing, forms, status=422, edits=began_from)
    try:
        drafting.save(
            standing.proposal,
            by=request.user,
            edits=edits_sent(request),
            heading=forms.heading.heading(),
            effective_from=forms.heading.cleaned_data["effective_from"],
            retroactive=forms.heading.cleaned_data["retroactive"],
            wordings=_typed_wordings(request, forms),
        )
    except ValidationError as error:
        forms.refuse(error)
        return draft_page(request, standing, forms, status=422, edits=began_from)
    except WrongState as error:
        if error.code != "edited_meanwhile":
            raise
        more = {"theirs": _theirs(forms), "left_over": _left_over(request, standing)}
        return draft_page(request, standing, forms, status=409, clash=error, **more)
    request.kept = True
    return None


def edits_sent(request: Request) -> int | None:
    """The count of the draft's edits that the page began from; `None` where it says none."""
    given = request.POST.get("edits", "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 10 else None


def _typed_wordings(request: Request, forms: DraftForms) -> Mapping[str, Any]:
    """Those whose fields were sent: a metric added in another window is left alone."""
    sent = {name.partition("-")[0] for name in request.POST if "-" in name}
    return {form.copy.key: form.wording() for form in forms.wordings if form.copy.key in sent}


def _theirs(forms: DraftForms) -> list[tuple[WorkingCopy, list[comparison.Change]]]:
    """What was typed here against what was saved meanwhile."""
    called = Called(among=named(form.copy for form in forms.wordings))
    pairs = [(form.copy, wording.tidy(form.wording())) for form in forms.wordings]
    return [(copy, comparison.fields(copy.wording, typed, wording.NAMES, called)) for copy, typed in pairs]


def _left_over(request: Request, standing: Standing) -> list[tuple[str, str]]:
    """What was typed for metrics that somebody took out meanwhile, and that no field of the page can hold."""
    held = {copy.key for copy in standing.copies}
    typed = ((name, value) for name, value in typed_fields(request) if "-" in name)
    return [(name, value) for name, value in typed if value and name.partition("-")[0] not in held]


def draft_page(request: Request, standing: Standing, forms: DraftForms, status: int = 200, **more: Any) -> HttpResponse:
    """The form, with what was sent in the boxes beside it."""
    beside = request.POST.dict()
    context = {
        "standing": standing,
        "proposal": standing.proposal,
        "forms": forms,
        "errors": forms.errors() if status == 422 else [],
        "add": StartForm(auto_id=ADDING, initial=beside),
        "invite": InviteForm(standing, initial=beside),
        "carried": carrying.difference(standing.drafted_vocabulary) if standing.drafted_vocabulary else None,
        "may": {act: rules.refusal(act, standing, by=request.user) for act in MAY},
        "outdated": standing.outdated,
        "edits": standing.proposal.edits,
        **more,
    }
    if request.htmx:
        return render(request, "drafts/edit.html#unsaved", context, status=status)
    context["dictionary"] = dictionary(forms.told.vocabulary, forms.told.metrics)
    context["readings"] = reading.every(standing, forms.typed())
    context["offered_metrics"] = offered()
    return render(request, "drafts/edit.html", context | progress_of(standing), status=status)


def progress_of(standing: Standing) -> dict[str, Any]:
    return {
        "needs": before_submission(standing),
        "differences": with_changes(standing.copies, Called(among=named(standing.copies))),
        "advice": advice.by_place(advice.written(standing)),
        "advised": [f"{copy.key}-{stem}_{language}" for copy in standing.copies for stem, language in ADVISED],
    }


def _saved(request: Request, pk: int) -> HttpResponse:
    standing = standing_or_404(request, pk)
    context = {"standing": standing, "proposal": standing.proposal, "saved_at": clock.now(), **progress_of(standing)}
    context["readings"] = reading.every(standing) if len(standing.copies) > 1 else {}
    return render(request, "drafts/edit.html#saved", context)


@post_only
def add_metric(request: Request, pk: int) -> HttpResponse:
    standing = standing_or_404(request, pk)
    rules.require("edit", standing, by=request.user)
    if (refused := keep_typed(request, standing)) is not None:
        return refused
    form, status = StartForm(request.POST, auto_id=ADDING), 422
    if form.is_valid():
        try:
            _add(standing.proposal, form, request)
        except ValidationError as error:
            _refuse(form, error)
        except Refused as error:
            form.add_error(form.names_it, str(error))
            status = error.status
        else:
            return redirect("draft", pk=pk)
    return _saved_but(request, pk, status, add=form)


def _saved_but(request: Request, pk: int, status: int, **refused: Any) -> HttpResponse:
    """The draft as it was just saved, with the form beside it that was refused, or with what is still needed."""
    standing = standing_or_404(request, pk)
    rules.require("edit", standing, by=request.user)
    return draft_page(request, standing, DraftForms(standing), status=status, **refused)


@post_only
def remove_metric(request: Request, pk: int, key: str) -> HttpResponse:
    standing = standing_or_404(request, pk)
    rules.require("edit", standing, by=request.user)
    if (refused := keep_typed(request, standing)) is not None:
        return refused
    copy = get_object_or_404(WorkingCopy, proposal=standing.proposal, key=key)
    drafting.remove_metric(copy, by=request.user)
    messages.success(request, _("%(metric)s was taken out of the proposal.") % {"metric": copy.name or key})
    return redirect("draft", pk=pk)


@post_only
def submit(request: Request, pk: int) -> HttpResponse:
    """Keep what was typed, then ask the teams to agree."""
    standing = standing_or_404(request, pk)
    rules.require("submit", standing, by=request.user)
    if (refused := keep_typed(request, standing)) is not None:
        return refused
    try:
        revision = submitting.submit(standing.proposal, by=request.user)
    except NotReady as error:
        return _saved_but(request, pk, 409, not_ready=error.needs)
    sentence = _("Submitted as revision %(number)s. The teams that must agree see it in their inbox.")
    messages.success(request, sentence % {"number": revision.number})
    return redirect("proposal", pk=pk)


@post_only
def invite(request: Request, pk: int) -> HttpResponse:
    standing = standing_or_404(request, pk)
    rules.require("invite", standing, by=request.user)
    if (refused := keep_typed(request, standing)) is not None:
        return refused
    form, status = InviteForm(standing, request.POST), 422
    if form.is_valid():
        try:
            drafting.invite(standing.proposal, user=form.cleaned_data["user"], by=request.user)
        except Refused as error:
            form.add_error("user", str(error))
            status = error.status
        else:
            return redirect("draft", pk=pk)
    form.fields["user"].widget.attrs["autofocus"] = True  # far below the draft, where its sentence is
    return _saved_but(request, pk, status, invite=form)


@post_only
def uninvite(request: Request, pk: int, contributor: int) -> HttpResponse:
    standing = standing_or_404(request, pk)
    rules.require("uninvite", standing, by=request.user)
    if (refused := keep_typed(request, standing)) is not None:
        return refused
    found = get_object_or_404(Contributor, proposal=standing.proposal, pk=contributor)
    drafting.uninvite(found, by=request.user)
    return redirect("draft", pk=pk)
