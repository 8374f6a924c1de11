"""One's own account: the doors in and out, language, password, settings, and who stands in."""

from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, logout, update_session_auth_hash
from django.contrib.auth.views import LoginView
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render, resolve_url
from django.urls import reverse
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from registry import clock, feeds, timeline
from registry.forms import sent
from registry.forms.account import DelegationForm, PasswordForm, ProfileForm, SignInForm
from registry.forms.fields import accepted
from registry.models import Delegation, Membership, User
from registry.seeding.content import Content
from registry.views.access import open_to_all, page_of, post_only
from registry.views.request import Request
from registry.workflow import people

(BACKEND,) = settings.AUTHENTICATION_BACKENDS
KEPT = "kept-"
A_YEAR = 31_536_000


class SignIn(LoginView):
    """The door. In the demo its doors stand on the page itself, so the bar above leaves them out."""

    template_name = "account/sign_in.html"
    authentication_form = SignInForm

    def get_context_data(self, **rest: Any) -> dict[str, Any]:
        return super().get_context_data(**rest) | {"demo": False, "doors": settings.DEMO}

    def get_success_url(self) -> str:
        return page_of(super().get_success_url())

    def form_valid(self, form: Any) -> HttpResponse:
        login(self.request, form.get_user(), backend=BACKEND)
        return redirect(self.get_success_url())

    def form_invalid(self, form: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)


sign_in = open_to_all(SignIn.as_view())


@open_to_all
@sensitive_post_parameters("password")
@never_cache
@post_only
def sign_in_again(request: Request) -> HttpResponse:
    """After a form was sent without a session: sign in, then send it again with everything still in it."""
    form = SignInForm(request, request.POST)
    context = {"typed": _kept(request), "next": next_page(request), "form": form}
    if not form.is_valid():
        return render(request, "account/sign_in_again.html", context, status=422)
    login(request, form.get_user(), backend=BACKEND)
    return render(request, "account/resume.html", context)


def _kept(request: Request) -> list[tuple[str, str]]:
    """The interrupted form's fields, which travel under a prefix so that none is taken for this form's own."""
    kept = [(name.removeprefix(KEPT), values) for name, values in request.POST.lists() if name.startswith(KEPT)]
    return [(name, value) for name, values in kept for value in values]


def next_page(request: Request) -> str:
    """Where the form asks to go, if that is on this site; otherwise the glossary."""
    wanted = request.POST.get("next", "")
    ours = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if ours else resolve_url("glossary")


@open_to_all
@post_only
def sign_out(request: Request) -> HttpResponse:
    logout(request)
    messages.info(request, _("You are signed out."))
    return redirect("sign_in")


@open_to_all
@post_only
def demo_door(request: Request, username: str) -> HttpResponse:
    """Be one of the demo's people with one click. Only the demo has this door."""
    if not settings.DEMO or username not in {person["username"] for person in Content().demo_people}:
        raise Http404
    login(request, get_object_or_404(User, username=username, is_active=True), backend=BACKEND)
    return redirect(page_of(next_page(request)))


@open_to_all
@post_only
def language(request: Request) -> HttpResponse:
    """The switch on every page: for this browser, and for the person where one is signed in."""
    chosen = request.POST.get("language", "")
    if chosen not in dict(settings.LANGUAGES):
        raise ValidationError(_("Choose Japanese or English."))
    if request.user.is_authenticated:
        people.change_profile(request.user, by=request.user, values={"language": chosen})
    response = redirect(_in_language(page_of(next_page(request)), chosen))
    return _remember_language(response, chosen)


def _in_language(address: str, chosen: str) -> str:
    """The address with its own `lang`, if it names one, following the choice."""
    parts = urlsplit(address)
    query = [(name, chosen if name == "lang" else value) for name, value in parse_qsl(parts.query, True)]
    return urlunsplit(parts._replace(query=urlencode(query)))


def _remember_language(response: HttpResponse, chosen: str) -> HttpResponse:
    if chosen:
        response.set_cookie(settings.LANGUAGE_COOKIE_NAME, chosen, max_age=A_YEAR, samesite="Lax", httponly=True)
    else:
        response.delete_cookie(settings.LANGUAGE_COOKIE_NAME, samesite="Lax")
    return response


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def password(request: Request) -> HttpResponse:
    form = PasswordForm(request.user, sent(request))
    if form.is_valid():
        changed = people.change_password(request.user, by=request.user, password=form.cleaned_data["new_password1"])
        update_session_auth_hash(request, changed)
        messages.success(request, _("Your password is changed. Other browsers are signed out."))
        return redirect("preferences")
    return render(request, "account/password.html", {"form": form}, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: Request) -> HttpResponse:
    if request.method != "POST":
        return _preferences(request)
    form = ProfileForm(request.POST, instance=User.objects.get(pk=request.user.pk))
    if not accepted(form, lambda: people.change_profile(request.user, by=request.user, values=form.values())):
        return _preferences(request, status=422, form=form)
    with translation.override(form.cleaned_data["language"] or None):
        messages.success(request, _("Your settings are saved."))
    return _remember_language(redirect("preferences"), form.cleaned_data["language"])


def _preferences(request: Request, status: int = 200, **forms: Any) -> HttpResponse:
    """The account page; `forms` holds a bound form that has to be shown again with its errors."""
    memberships = Membership.objects.filter(user=request.user, until=None).select_related("team")
    lent = Delegation.objects.active(clock.today()).filter(stand_in=request.user)
    seats = [each for each in memberships if each.role == Membership.SIGNATORY]
    context = {
        "form": ProfileForm(instance=request.user),
        "memberships": memberships,
        "seats": seats,
        "delegations": timeline.with_reasons(
            Delegation.objects.to_come(clock.today()).filter(membership__user=request.user)
        ),
        "lent": lent.select_related("membership__team", "membership__user"),
        "delegating": DelegationForm(request.user) if seats else None,
        "feed": request.build_absolute_uri(reverse("secret_feed", args=[feeds.key(request.user)])),
    }
    return render(request, "account/preferences.html", context | forms, status=status)


@post_only
def delegate(request: Request) -> HttpResponse:
    form = DelegationForm(request.user, request.POST)

    def act() -> None:
        people.delegate(**form.cleaned_data, by=request.user)

    if not accepted(form, act):
        return _preferences(request, status=422, delegating=form)
    thanks = _("%(who)s stands in for you on these days.") % {"who": form.cleaned_data["stand_in"].name}
    messages.success(request, thanks)
    return redirect("preferences")


@post_only
def end_delegation(request: Request, pk: int) -> HttpResponse:
    found = get_object_or_404(Delegation, pk=pk, membership__user=request.user)
    people.end_delegation(found, by=request.user)
    messages.success(request, _("The delegation has ended."))
    return redirect("preferences")
