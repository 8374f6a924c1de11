"""Teams with their marks and people, and the stages of the map. Everyone looks; stewards change."""

import copy
from datetime import date
from typing import Any

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from registry import as_of, clock, rules, seals, timeline
from registry.forms.fields import accepted
from registry.forms.filters import DayFilter
from registry.forms.people import NewStageForm, NewTeamForm, StageForm, TeamForm
from registry.models import Delegation, Membership, Stage, Team
from registry.views.access import post_only
from registry.views.request import Request
from registry.workflow import people

SAMPLE_TURN = -4


@require_http_methods(["GET", "HEAD", "POST"])
def index(request: Request) -> HttpResponse:
    """The teams. POST adds one."""
    if request.method != "POST":
        return _index(request)
    rules.require_steward(request.user)
    form = NewTeamForm(request.POST)
    if not accepted(form, lambda: people.add_team(form.instance, by=request.user)):
        return _index(request, status=422, form=form)
    messages.success(request, _("%(team)s is added. Give it its signatories next.") % {"team": form.instance.name})
    return redirect("team", key=form.instance.key)


def _index(request: Request, status: int = 200, form: NewTeamForm | None = None) -> HttpResponse:
    here = Q(memberships__until=None, memberships__user__is_active=True)
    teams = Team.objects.annotate(
        people=Count("memberships", filter=here),
        signatories=Count("memberships", filter=here & Q(memberships__role=Membership.SIGNATORY)),
    )
    context = {"teams": [(team, stamp(team)) for team in teams], "form": form or NewTeamForm()}
    return render(request, "people/teams.html", context, status=status)


def stamp(team: Team, day: date | None = None) -> str:
    """A sample of the team's seal, as it would be pressed on a day (default: today)."""
    title = _("The seal of %(team)s") % {"team": team.name}
    return seals.stamp(mark=team.mark, date=day or clock.today(), name=_("sample"), turn=SAMPLE_TURN, title=title)


@require_safe
def show(request: Request, key: str) -> HttpResponse:
    """The team today, or with `?on=` and `?known=` as it was on a day."""
    team = get_object_or_404(Team, key=key)
    asked = DayFilter(request.GET)
    when = asked.when()
    if when.is_now:
        return _page(request, team, days=asked)
    (then,) = [each for each in as_of.teams(when) if each.pk == team.pk]
    context = {
        "team": then,
        "stamp": stamp(then, when.valid),
        "filter": asked,
        "when": when,
        "seats": as_of.seats(team, when),
    }
    return render(request, "people/team_then.html", context)


def _page(
    request: Request, team: Team, status: int = 200, form: TeamForm | None = None, days: DayFilter | None = None
) -> HttpResponse:
    context = {
        "team": team,
        "stamp": stamp(team),
        "memberships": Membership.objects.current().filter(team=team).select_related("user"),
        "delegations": timeline.with_reasons(Delegation.objects.to_come(clock.today()).filter(membership__team=team)),
        "form": form or TeamForm(instance=team),
        "filter": days or DayFilter(),
    }
    return render(request, "people/team.html", context, status=status)


@post_only
def names(request: Request, key: str) -> HttpResponse:
    """New names or marks. Seals given before keep their meaning; they are drawn with the new mark."""
    rules.require_steward(request.user)
    team = get_object_or_404(Team, key=key)
    form = TeamForm(request.POST, instance=copy.copy(team))
    if not accepted(form, lambda: form.has_changed() and people.change_team(form.instance, by=request.user)):
        return _page(request, team, status=422, form=form)
    messages.success(request, _("The team is saved."))
    return redirect("team", key=key)


@require_http_methods(["GET", "HEAD", "POST"])
def stages(request: Request) -> HttpResponse:
    """The stages from left to right. POST adds one."""
    if request.method != "POST":
        return _stages(request)
    rules.require_steward(request.user)
    form = NewStageForm(request.POST)
    if not accepted(form, lambda: people.add_stage(form.instance, by=request.user)):
        return _stages(request, status=422, adding=form)
    messages.success(request, _("The stage is added."))
    return redirect("stages")


def _stages(request: Request, status: int = 200, **forms: Any) -> HttpResponse:
    """Every stage with its form; `forms` holds `adding`, or `changed`, bound and with its errors."""
    changed = forms.get("changed")
    rows = [
        changed if changed and changed.instance.pk == stage.pk else _stage_form(stage) for stage in Stage.objects.all()
    ]
    next_position = max((row.instance.position for row in rows), default=0) + 1
    adding = forms.get("adding") or NewStageForm(initial={"position": next_position})
    context = {"rows": rows, "adding": adding, "changed": changed}
    return render(request, "people/stages.html", context, status=status)


def _stage_form(stage: Stage, data: Any = None) -> StageForm:
    return StageForm(data, instance=stage, auto_id=f"{stage.key}_%s")


@post_only
def stage(request: Request, key: str) -> HttpResponse:
    """New names or another position."""
    rules.require_steward(request.user)
    form = _stage_form(get_object_or_404(Stage, key=key), request.POST)
    if not accepted(form, lambda: form.has_changed() and people.change_stage(form.instance, by=request.user)):
        return _stages(request, status=422, changed=form)
    messages.success(request, _("The stage is saved."))
    return redirect("stages")
