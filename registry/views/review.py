"""Acts on a proposal under review: one address, one view, one act."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from registry import effect, rules
from registry.forms.review import OptionalReasonForm, ReasonForm, RemarkForm, SignOffForm
from registry.models import Comment, Objection, Proposal, Revision, Team
from registry.refusals import WrongState
from registry.standing import Standing
from registry.views.access import post_only
from registry.views.proposals import how_read, page, places, standing_or_404, what_changes
from registry.views.request import Request
from registry.workflow import publication, reviewing


@require_http_methods(["GET", "HEAD", "POST"])
def sign_off(request: Request, pk: int) -> HttpResponse:
    """The words once more, what the seal means, and the password. POST presses it."""
    standing = standing_or_404(request, pk)
    sent = request.POST if request.method == "POST" else None
    team = get_object_or_404(Team, key=(sent or request.GET).get("team", ""))
    form = SignOffForm(request.user, sent)
    digest = sent.get("digest", "") if sent else None
    try:
        if standing.revision and form.is_valid():
            reviewing.sign_off(standing.revision, team=team, by=request.user, digest=form.cleaned_data["digest"])
            return _thank(request, pk, team)
        rules.require("sign_off", standing, by=request.user, team=team, digest=digest)
    except WrongState as error:
        if error.code != "changed":
            raise
        return _changed(request, standing_or_404(request, pk), digest or "", error)
    form.initial = {"team": team.key, "digest": standing.submitted.digest}
    return _signing(request, standing, team, form, status=422 if sent else 200)


def _signing(request: Request, standing: Standing, team: Team, form: SignOffForm, status: int) -> HttpResponse:
    others = [each for each in standing.missing if each.pk != team.pk]
    context = {
        "standing": standing,
        "proposal": standing.proposal,
        "revision": standing.revision,
        **what_changes(standing),
        **how_read(standing),
        "team": team,
        "form": form,
        "meaning": reviewing.meaning(team),
        "publishes": not others and standing.proposal.is_open,
    }
    return render(request, "proposals/signing.html", context, status=status)


def _changed(request: Request, standing: Standing, digest: str, error: WrongState) -> HttpResponse:
    """409: another revision stands there now. Shows the way to what changed since the one that was read."""
    read = _revision_of(standing, digest)
    context = {"proposal": standing.proposal, "revision": standing.revision, "read": read, "error": error}
    return render(request, "proposals/changed.html", context, status=409)


def _revision_of(standing: Standing, digest: str) -> Revision | None:
    return standing.proposal.revisions.filter(digest=digest).order_by("-number").first()


def _thank(request: Request, pk: int, team: Team) -> HttpResponse:
    proposal = Proposal.objects.get(pk=pk)
    if proposal.state == Proposal.PUBLISHED:
        sentence = _("%(team)s has sealed, and with that it is agreed and published.")
    else:
        sentence = _("%(team)s has sealed.")
    messages.success(request, sentence % {"team": team.name})
    return redirect("proposal", pk=pk)


@post_only
def object_(request: Request, pk: int) -> HttpResponse:
    standing = standing_or_404(request, pk)
    try:
        rules.require("object", standing, by=request.user, digest=request.POST.get("digest"))
        form = RemarkForm(places(standing), request.POST)
        if not form.is_valid():
            return page(request, standing, status=422, forms={"objecting": form})
        said = form.cleaned_data["words"]
        reviewing.raise_objection(standing.submitted, by=request.user, reason=said, **form.place())
    except WrongState as error:
        return _read_on(request, pk, error, lambda now: {"objecting": RemarkForm(places(now), request.POST)})
    messages.success(request, _("Your objection is open. Nothing is published until it is closed."))
    return redirect("proposal", pk=pk)


def _read_on(request: Request, pk: int, error: WrongState, forms: Callable[[Standing], dict[str, Any]]) -> HttpResponse:
    """409: the proposal as it is now, the way to what changed, and what was typed. Raises any other refusal."""
    if error.code != "changed":
        raise error
    now = standing_or_404(request, pk)
    told = {"changed": error, "read": _revision_of(now, request.POST.get("digest", ""))}
    return page(request, now, status=409, forms=told | forms(now))


@post_only
def close_objection(request: Request, pk: int, objection: int) -> HttpResponse:
    standing = standing_or_404(request, pk)
    found = get_object_or_404(Objection, proposal=standing.proposal, pk=objection)
    rules.require("close_objection", standing, by=request.user, objection=found)
    own = found.raised_by_id == request.user.pk
    form = (OptionalReasonForm if own else ReasonForm)(request.POST)
    if not form.is_valid():
        return page(request, standing, status=422, forms={"closing": {found.pk: form}})
    reviewing.close_objection(found, by=request.user, reason=form.cleaned_data["reason"])
    messages.success(request, _("The objection is closed."))
    return redirect("proposal", pk=pk)


@post_only
def comment(request: Request, pk: int) -> HttpResponse:
    standing = standing_or_404(request, pk)
    rules.require("comment", standing, by=request.user)
    form = RemarkForm(places(standing), request.POST)
    valid, parent = form.is_valid(), form.cleaned_data.get("parent")
    found = get_object_or_404(Comment, proposal=standing.proposal, pk=parent) if parent else None
    if not valid:
        refused = {"replying": {found.parent_id or found.pk: form}} if found else {"commenting": form}
        return page(request, standing, tab="discussion", status=422, forms=refused)
    said = reviewing.comment(
        standing.proposal, by=request.user, words=form.cleaned_data["words"], parent=found, **form.place()
    )
    return redirect(f"{request.path.removesuffix('comments/')}?tab=discussion#comment-{said.pk}")


@post_only
def answer_example(request: Request, pk: int) -> HttpResponse:
    """Judge one of the example records the page showed. The record itself is read here, not taken from the form."""
    standing = standing_or_404(request, pk)
    rules.require("answer_example", standing, by=request.user)
    key, named = request.POST.get("key", ""), request.POST.get("record", "")
    told = [*effect.effects(standing), *effect.ripple(standing)]
    shown = [card for each in told if each.key == key for card in each.cards]
    card = next((each for each in shown if each.digest == named), None)
    if card is None:
        raise WrongState("changed", _("This example is no longer shown. Reload the page and judge the new one."))
    reviewing.answer_example(
        standing.submitted,
        by=request.user,
        key=key,
        record=dict(card.record),
        answer=request.POST.get("answer", ""),
    )
    messages.success(request, _("Your answer is recorded."))
    return redirect(f"{request.path.removesuffix('answers/')}?tab=effect")


@post_only
def withdraw(request: Request, pk: int) -> HttpResponse:
    standing = standing_or_404(request, pk)
    rules.require("withdraw", standing, by=request.user)
    form = (ReasonForm if standing.revision else OptionalReasonForm)(request.POST)
    if not form.is_valid():
        return page(request, standing, status=422, forms={"withdrawing": form})
    reviewing.withdraw(standing.proposal, by=request.user, reason=form.cleaned_data["reason"])
    messages.success(request, _("The proposal is withdrawn."))
    return redirect("proposal", pk=pk)


@post_only
def reject(request: Request, pk: int) -> HttpResponse:
    return _with_reason(request, pk, "reject", reviewing.reject, _("The proposal is rejected."))


@post_only
def ask_break_glass(request: Request, pk: int) -> HttpResponse:
    sentence = _("Asked. A second steward has to confirm before anything is published.")
    return _with_reason(request, pk, "ask_break_glass", publication.ask_break_glass, sentence)


def _with_reason(request: Request, pk: int, act: str, verb: Any, thanks: str) -> HttpResponse:
    standing, digest = standing_or_404(request, pk), request.POST.get("digest")
    form = ReasonForm(request.POST)
    try:
        rules.require(act, standing, by=request.user, digest=digest)
        if not form.is_valid():
            return page(request, standing, status=422, forms={f"{act}_form": form})
        verb(standing.proposal, by=request.user, reason=form.cleaned_data["reason"], digest=digest)
    except WrongState as error:
        return _read_on(request, pk, error, lambda _now: {f"{act}_form": form})
    messages.success(request, thanks)
    return redirect("proposal", pk=pk)


@post_only
def take_back_break_glass(request: Request, pk: int) -> HttpResponse:
    standing = standing_or_404(request, pk)
    publication.take_back_break_glass(standing.proposal, by=request.user)
    messages.success(request, _("Taken back. The proposal waits for its seals as before."))
    return redirect("proposal", pk=pk)


@post_only
def confirm_break_glass(request: Request, pk: int) -> HttpResponse:
    standing = standing_or_404(request, pk)
    digest = request.POST.get("digest", "")
    publication.confirm_break_glass(standing.proposal, by=request.user, digest=digest)
    messages.success(request, _("Published without one seal. It stays flagged until that team seals it."))
    return redirect("proposal", pk=pk)
