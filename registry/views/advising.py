"""One piece of advice about the words, and leaving it aside with a reason."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from registry import advice, rules
from registry.forms import sent
from registry.forms.review import ReasonForm
from registry.views.proposals import standing_or_404
from registry.views.refusal import Missing
from registry.views.request import Request
from registry.workflow import advising


@require_http_methods(["GET", "HEAD", "POST"])
def dismiss(request: Request, pk: int) -> HttpResponse:
    standing = standing_or_404(request, pk)
    rules.require("dismiss", standing, by=request.user)
    named = request.GET.get("about", "")
    given = [*advice.written(standing), *advice.submitted(standing)]
    about = next((each for each in given if each.name == named), None)
    if about is None:
        raise Missing(_("The text has changed, and this advice is no longer given."))
    form = ReasonForm(sent(request))
    if request.method == "POST" and form.is_valid():
        advising.dismiss(standing.proposal, advice=about, by=request.user, reason=form.cleaned_data["reason"])
        messages.success(request, _("Left as it is. Reviewers see your reason."))
        return redirect("draft", pk=pk)
    context = {"proposal": standing.proposal, "advice": about, "form": form}
    return render(request, "proposals/dismissal.html", context, status=422 if form.errors else 200)
