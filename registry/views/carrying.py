"""The vocabulary that a proposal carries: written by a steward, agreed on with the definitions it alters."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from registry import carrying, rules
from registry.forms.vocabulary import CarriedForm, VocabularyForm
from registry.models import Metric, Proposal, VocabularyVersion
from registry.standing import Standing
from registry.views.access import post_only
from registry.views.drafts import keep_typed
from registry.views.proposals import standing_or_404
from registry.views.request import Request
from registry.workflow import drafting, vocabulary


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: Request, pk: int) -> HttpResponse:
    standing = standing_or_404(request, pk)
    rules.require("carry_vocabulary", standing, by=request.user)
    form = CarriedForm.of(request, _begins_from(standing))
    if request.method == "POST" and form.is_valid():
        try:
            vocabulary.carry(standing.proposal, source=form.cleaned_data["source"], by=request.user)
        except ValidationError as error:
            form.add_error("source", error.message_dict["source"])
        else:
            messages.success(request, _("The proposal carries this vocabulary."))
            return redirect("draft", pk=pk)
    context = {"proposal": standing.proposal, "drafted": standing.drafted_vocabulary, "form": form}
    return render(request, "drafts/vocabulary.html", context, status=422 if form.errors else 200)


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
