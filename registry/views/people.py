"""People: who is here, in which teams, and what they did. Everyone looks; stewards change."""

import copy
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Prefetch, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from registry import clock, rules, timeline
from registry.forms import sent
from registry.forms.account import DelegationForm, ProfileForm
from registry.forms.fields import accepted
from registry.forms.people import ErasureForm, GivePasswordForm, MembershipForm, NewPersonForm, PeopleFilter
from registry.models import Delegation, Event, Membership, User
from registry.refusals import NotPermitted
from registry.views.access import post_only
from registry.views.request import Request
from registry.workflow import erasure as erasing
from registry.workflow import people

PAGE = 50
ACTS_SHOWN = 20


@require_safe
def index(request: Request) -> HttpResponse:
    asked = PeopleFilter(request.GET)
    asked.is_valid()
    found = User.objects.exclude(username=User.SYSTEM).order_by("-is_active", "username")
    for word in asked.cleaned_data.get("q", "").split()[:5]:
        names = Q(username__icontains=word) | Q(name_ja__icontains=word) | Q(name_en__icontains=word)
        found = found.filter(names)
    current = Membership.objects.filter(until=None).select_related("team")
    page = Paginator(found.prefetch_related(Prefetch("memberships", current, "places")), PAGE)
    context = {"filter": asked, "page": page.get_page(request.GET.get("page"))}
    return render(request, "people/index.html", context)


@require_safe
def show(request: Request, username: str) -> HttpResponse:
    return _page(request, _person(username))


def _person(username: str) -> User:
    return get_object_or_404(User.objects.exclude(username=User.SYSTEM), username=username)


def _page(request: Request, person: User, status: int = 200, **forms: Any) -> HttpResponse:
    """The person; `forms` holds a bound form that has to be shown again with its errors."""
    events = Event.objects.visible_to(request.user).filter(actor=person)
    lines = timeline.lines(timeline.related(events, request.user)[:ACTS_SHOWN])
    context = {
        "person": person,
        "memberships": person.memberships.select_related("team").order_by("-until", "-since", "-pk"),
        "days": list(timeline.by_day(lines)),
    }
    if request.user.is_steward:
        context |= {
            "profile": ProfileForm(instance=person),
            "joining": MembershipForm(),
            "giving": GivePasswordForm(person),
            "delegating": DelegationForm(person),
            "delegations": timeline.with_reasons(
                Delegation.objects.to_come(clock.today()).filter(membership__user=person)
            ),
        }
    return render(request, "people/show.html", context | forms, status=status)


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: Request) -> HttpResponse:
    rules.require_steward(request.user)
    form = NewPersonForm(sent(request))

    def act() -> None:
        password = form.cleaned_data["password"]
        people.register(form.instance, by=request.user, password=password)

    if form.is_bound and accepted(form, act):
        messages.success(request, _("%(who)s is registered. Give them a team next.") % {"who": form.instance.name})
        return redirect("person", username=form.instance.username)
    return render(request, "people/new.html", {"form": form}, status=422 if form.is_bound else 200)


@post_only
def profile(request: Request, username: str) -> HttpResponse:
    rules.require_steward(request.user)
    person = _person(username)
    form = ProfileForm(request.POST, instance=copy.copy(person))
    if not accepted(form, lambda: people.change_profile(person, by=request.user, values=form.values())):
        return _page(request, person, status=422, profile=form)
    return _done(request, person, _("The profile is saved."))


@sensitive_post_parameters()
@post_only
def password(request: Request, username: str) -> HttpResponse:
    rules.require_steward(request.user)
    person = _person(username)
    if person.pk == request.user.pk:
        sentence = _("Your own password is changed on your account page, with the current one.")
        raise NotPermitted("own_password", sentence)
    form = GivePasswordForm(person, request.POST)
    if not form.is_valid():
        return _page(request, person, status=422, giving=form)
    people.change_password(person, by=request.user, password=form.cleaned_data["new_password1"])
    return _done(request, person, _("The new password holds from now on. Tell it to them in person."))


@post_only
def join(request: Request, username: str) -> HttpResponse:
    """A place in a team; another role there ends with it."""
    rules.require_steward(request.user)
    person = _person(username)
    form = MembershipForm(request.POST)
    if not accepted(form, lambda: people.join(**form.cleaned_data, user=person, by=request.user)):
        return _page(request, person, status=422, joining=form)
    return _done(request, person, _("The place in the team is given."))


@post_only
def leave(request: Request, username: str, membership: int) -> HttpResponse:
    rules.require_steward(request.user)
    person = _person(username)
    people.leave(get_object_or_404(Membership, user=person, pk=membership), by=request.user)
    return _done(request, person, _("The place in the team has ended."))


@post_only
def delegate(request: Request, username: str) -> HttpResponse:
    """Somebody who stands in for a signatory who cannot name one, being away already."""
    rules.require_steward(request.user)
    person = _person(username)
    form = DelegationForm(person, request.POST)
    if not accepted(form, lambda: people.delegate(**form.cleaned_data, by=request.user)):
        return _page(request, person, status=422, delegating=form)
    thanks = _("%(who)s stands in for %(whom)s on these days.")
    return _done(request, person, thanks % {"who": form.cleaned_data["stand_in"].name, "whom": person.name})


@post_only
def end_delegation(request: Request, username: str, delegation: int) -> HttpResponse:
    rules.require_steward(request.user)
    person = _person(username)
    people.end_delegation(get_object_or_404(Delegation, membership__user=person, pk=delegation), by=request.user)
    return _done(request, person, _("The delegation has ended."))


@post_only
def stewardship(request: Request, username: str) -> HttpResponse:
    """`steward=yes` appoints, anything else releases."""
    person = _person(username)
    appointed = request.POST.get("steward") == "yes"
    people.appoint_steward(person, by=request.user, steward=appointed)
    sentence = _("%(who)s is a steward now.") if appointed else _("%(who)s is no longer a steward.")
    return _done(request, person, sentence % {"who": person.name})


@post_only
def deactivation(request: Request, username: str) -> HttpResponse:
    return _by_verb(request, username, people.deactivate, _("The account is deactivated."))


@post_only
def reactivation(request: Request, username: str) -> HttpResponse:
    return _by_verb(request, username, people.reactivate, _("The account is active again, in no team yet."))


@require_http_methods(["GET", "HEAD", "POST"])
def erasure(request: Request, username: str) -> HttpResponse:
    """What erasing somebody means, and doing it."""
    rules.require_steward(request.user)
    person = _person(username)
    erasing.require_erasable(person)
    form = ErasureForm(sent(request))

    def act() -> None:
        erasing.erase_person(person, by=request.user, reason=form.cleaned_data["reason"])

    if form.is_bound and accepted(form, act):
        person = User.objects.get(pk=person.pk)
        return _done(request, person, _("The personal data are erased. What was done and sealed stays proven."))
    context = {"person": person, "form": form}
    return render(request, "people/erasure.html", context, status=422 if form.is_bound else 200)


def _by_verb(request: Request, username: str, verb: Callable[..., User], thanks: str) -> HttpResponse:
    person = _person(username)
    verb(person, by=request.user)
    return _done(request, person, thanks)


def _done(request: Request, person: User, thanks: str) -> HttpResponse:
    messages.success(request, thanks)
    return redirect("person", username=person.username)
