"""The vocabulary that a proposal carries: written by a steward, agreed on with the definitions it alters."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from registry import carrying, rules
from registry.forms.vocabulary import CarriedForm, VocabularyForm
from registry.models import Metric, Proposal, VocabularyVersion
from registry.refusals import WrongState
from registry.standing import Standing
from registry.views.access import post_only
from registry.views.drafts import edits_sent, keep_typed
from registry.views.proposals import standing_or_404
from registry.views.request import Request
from registry.workflow import drafting, vocabulary


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: Request, pk: int) -> HttpResponse:
    standing = standing_or_404(request, pk)
    rules.require("carry_vocabulary", standing, by=request.user)
    form = CarriedForm.of(request, _begins_from(standing))
    if request.method == "POST" and form.is_valid():
        source = form.cleaned_data["source"]
        try:
            vocabulary.carry(standing.proposal, source=source, by=request.user, edits=edits_sent(request))
        except ValidationError as error:
            form.add_error("source", error.message_dict["source"])
        except WrongState as error:
            if error.code != "edited_meanwhile":
                raise
            return _clash(request, standing_or_404(request, pk), form, error)
        else:
            messages.success(request, _("The proposal carries this vocabulary."))
            return redirect("draft", pk=pk)
    return _page(request, standing, form, status=422 if form.errors else 200)


def _page(request: Request, standing: Standing, form: CarriedForm, status: int, **more: Any) -> HttpResponse:
    """Where the text was refused, with the count of edits that it began from, else with today's."""
    edits = standing.proposal.edits
    context = {
        "proposal": standing.proposal,
        "form": form,
        "edits": request.POST.get("edits", edits) if status == 422 else edits,
        **more,
    }
    return render(request, "drafts/vocabulary.html", context, status=status)


def _clash(request: Request, standing: Standing, form: CarriedForm, error: WrongState) -> HttpResponse:
    """409: somebody saved the draft meanwhile. Shows what was typed against what is saved now."""
    typed = vocabulary.tidy(form.cleaned_data["source"])
    pieces = carrying.differing(_begins_from(standing), typed)
    more = {"clash": error, "pieces": pieces, "drafted": standing.drafted_vocabulary}
    return _page(request, standing, form, status=409, **more)


def _begins_from(standing: Standing) -> str:
    latest = standing.drafted_vocabulary or VocabularyVersion.objects.first()
    return latest.source if latest else ""


@post_only
def remove(request: Request, pk: int) -> HttpResponse:
    standing = standing_or_404(request, pk)
    rules.require("carry_vocabulary", standing, by=request.user)
    if (refused := keep_typed(request, standing)) is not None:
        return refused
    vocabulary.leave_out(standing.proposal, by=request.user)
    messages.success(request, _("The proposal no longer carries a vocabulary."))
    return redirect("draft", pk=pk)


@post_only
def propose(request: Request) -> HttpResponse:
    """A draft that carries the vocabulary which was refused by itself, with every metric it alters."""
    rules.require_steward(request.user)
    form = VocabularyForm.of(request)
    if not form.is_valid():
        return render(request, "vocabulary/change.html", {"form": form, "together": True}, status=422)
    reason, source = form.cleaned_data["reason"], form.cleaned_data["source"]

    def fill(proposal: Proposal) -> None:
        drafting.save(proposal, by=request.user, heading={"reason_ja": reason, "reason_en": reason})
        vocabulary.carry(proposal, source=source, by=request.user)
        altered = carrying.altered_by_draft(standing_or_404(request, proposal.pk))
        for metric in Metric.objects.filter(key__in=altered):
            drafting.add_metric(proposal, metric=metric, by=request.user)

    return redirect("draft", pk=drafting.begin(fill, by=request.user).pk)
