"""What waits for this reader, what they wait for, and what was agreed lately."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db.models import Exists, F, OuterRef, Q
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from registry import clock
from registry.models import BreakGlass, Clause, Membership, Objection, Proposal, SignOff, User, WorkingCopy
from registry.models.proposals import has_sealed
from registry.views.request import Request

SHOWN = 100
RECENT = 8


@require_safe
def show(request: Request) -> HttpResponse:
    """At most ten queries, however much waits."""
    user, day = request.user, clock.today()
    objections = Objection.objects.filter(closed_at=None, proposal__state=Proposal.IN_REVIEW)
    objections = objections.select_related("proposal__author", "proposal__revision", "raised_by").order_by("pk")
    mine = list(_listed(Proposal.objects.contributed_by(user).filter(state__in=Proposal.OPEN)))
    context: dict[str, Any] = {
        "now": clock.now(),
        "awaiting": list(_listed(Proposal.objects.filter(pk__in=user.awaited).order_by("revision__submitted_at"))),
        "against_mine": list(objections.filter(proposal__in=[each.pk for each in mine])[:SHOWN]),
        "raised": list(objections.filter(raised_by=user)[:SHOWN]),
        "in_review": [each for each in mine if each.state == Proposal.IN_REVIEW],
        "drafts": [each for each in mine if each.state == Proposal.DRAFT],
        "glass": list(_glass(user, day)),
        "unsealed": list(_published_without(user)),
        "recent": list(_listed(Proposal.objects.filter(state=Proposal.PUBLISHED).order_by("-ended_at"))[:RECENT]),
    }
    context["names"] = _metric_names(_proposals(context))
    return render(request, "inbox/show.html", context)


def _listed(proposals: Any) -> Any:
    return proposals.select_related("author", "revision")[:SHOWN]


def _glass(user: User, day: date) -> Any:
    """Requests to break the glass that this steward could confirm, of those who still may ask."""
    if not user.is_steward:
        return []
    asked = BreakGlass.objects.filter(
        confirmed_by=None, revision__proposal__state=Proposal.IN_REVIEW, revision__proposal__revision=F("revision")
    )
    asked = asked.filter(asked_by__is_active=True, asked_by__is_steward=True)
    asked = asked.exclude(revision__proposal__contributors__user=F("asked_by"))
    standing = SignOff.objects.standing(day)
    asked = asked.exclude(Exists(standing.filter(revision=OuterRef("revision"), team=OuterRef("team"))))
    asked = asked.exclude(has_sealed(OuterRef("asked_by"), standing))
    others = asked.exclude(asked_by=user).exclude(revision__proposal__contributors__user=user)
    others = others.exclude(has_sealed(user, standing))
    return others.select_related("asked_by", "team", "revision__proposal__author", "revision__proposal__revision")


def _published_without(user: User) -> Any:
    """What was published without the seal of a team this reader signs for, and still lacks it."""
    held = Membership.objects.signatories().filter(user=user).values("team")
    counted = SignOff.objects.counted()
    sealed = counted.filter(revision=OuterRef("revision"), team=OuterRef("team"))
    broken = BreakGlass.objects.filter(~Q(confirmed_by=None), ~Exists(sealed), team__in=held)
    mine = broken.exclude(revision__proposal__contributors__user=user).exclude(has_sealed(user, counted))
    return mine.select_related("team", "revision__proposal__author", "revision__proposal__revision")


def _proposals(context: dict[str, Any]) -> set[Proposal]:
    """Every proposal that some row of the page names."""
    direct = ("awaiting", "in_review", "drafts", "recent")
    found = {proposal for name in direct for proposal in context[name]}
    found |= {each.proposal for name in ("against_mine", "raised") for each in context[name]}
    return found | {each.revision.proposal for name in ("glass", "unsealed") for each in context[name]}


def _metric_names(proposals: Iterable[Proposal]) -> dict[int, list[str]]:
    """By proposal, the names of the metrics it is about, in the reader's language where they have one."""
    submitted = [each.revision_id for each in proposals if each.revision_id]
    drafts = [each.pk for each in proposals if not each.revision_id]
    fields = ("key", "wording__name_ja", "wording__name_en")
    rows = [
        *Clause.objects.filter(revision__in=submitted).values_list("revision__proposal", *fields),
        *WorkingCopy.objects.filter(proposal__in=drafts).values_list("proposal", *fields),
    ]
    english = (get_language() or "ja").startswith("en")
    names: dict[int, list[str]] = {}
    for proposal, key, ja, en in rows:
        names.setdefault(proposal, []).append((en or ja if english else ja or en) or key)
    return names
