"""Counting on the data: what a proposal changes in numbers, what a metric counts, and the records behind a number."""

from datetime import date

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from registry import clock, counts, effect_on_data, meaning, rules, telling
from registry.conditions import ConditionError
from registry.conditions.months import NUMBERS
from registry.metric_page import MetricPage
from registry.models import Metric, Proposal
from registry.refusals import WrongState
from registry.views.access import post_only
from registry.views.proposals import standing_or_404
from registry.views.refusal import Missing
from registry.views.request import Request
from registry.workflow import counting


@post_only
def count_proposal(request: Request, pk: int) -> HttpResponse:
    """Count what is missing of the proposal's plan. With htmx the numbers themselves, else back to the tab."""
    standing = standing_or_404(request, pk)
    plan = counts.of_proposal(standing)
    if plan is None:
        raise _nothing_to_count()
    failed = _count(plan, request, standing.proposal)
    if not request.htmx and not failed:
        return redirect(f"{reverse('proposal', args=[pk])}?tab=effect#counts")
    shown = effect_on_data.of_standing(standing, failed) | {"proposal": standing.proposal}
    if request.htmx:
        return render(request, "counts/proposal.html", shown)
    raise WrongState("not_counted", _sentences(failed))


@post_only
def count_metric(request: Request, key: str) -> HttpResponse:
    """Count what a metric means today, as it is."""
    metric = get_object_or_404(meaning.stamped(Metric.objects.exclude(latest=None)), key=key)
    page = MetricPage(metric, clock.today())
    plan = counts.of_metric(key, page.definition.wording, meaning.stamp(metric)) if page.definition else None
    if plan is None:
        raise _nothing_to_count()
    if failed := _count(plan, request, None):
        raise WrongState("not_counted", _sentences(failed))
    return redirect(f"{reverse('metric', args=[key])}#counted")


def _nothing_to_count() -> WrongState:
    return WrongState("no_data", _("There is no data to count on yet. A steward can add a dataset."))


def _sentences(failed: dict[str, tuple[str, ...]]) -> str:
    return " ".join(dict.fromkeys(sentence for found in failed.values() for sentence in found))


def _count(plan: counts.Plan, request: Request, proposal: Proposal | None) -> dict[str, tuple[str, ...]]:
    """Count and keep; what could not be counted, with its sentences."""
    if not plan.missing:
        return {}
    try:
        runs, failed = counts.ask(plan)
    except ConditionError as error:
        sentences = tuple(each.message(meaning.language()) for each in error.problems)
        return {line.key: sentences for line in plan.missing}
    if runs:
        counting.keep_runs(runs, by=request.user, proposal=proposal)
    return failed


@require_safe
def rows(request: Request, pk: int, key: str, outcome: str) -> HttpResponse:
    """The first records behind one number of a proposal."""
    rules.require_reader_of_data(request.user)
    standing = standing_or_404(request, pk)
    plan = counts.of_proposal(standing)
    line = plan.line(key) if plan else None
    if plan is None or line is None or line.problems or outcome not in NUMBERS:
        raise Missing(_("There is no such number."))
    month = _month(request.GET.get("month", ""))
    try:
        found = counts.rows(plan, line, outcome, month)
    except ConditionError as error:
        raise WrongState("not_counted", error.problems[0].message(meaning.language())) from error
    entity = line.words["counts"]
    labelled = [telling.labelled(row, plan.world.vocabulary, entity) for row in found]
    context = {
        "proposal": standing.proposal,
        "plan": plan,
        "line": line,
        "outcome": outcome,
        "month": month,
        "heads": [name for name, _value in labelled[0]] if labelled else [],
        "rows": [[value for _name, value in row] for row in labelled],
        "most": counts.ROWS,
    }
    return render(request, "counts/rows.html", context)


def _month(given: str) -> date | None:
    if not given:
        return None
    try:
        return date.fromisoformat(f"{given}-01")
    except ValueError as error:
        raise Missing(_("There is no such month.")) from error
