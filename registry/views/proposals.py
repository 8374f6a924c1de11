"""Proposals to read: the list, one proposal with its tabs, and what changed between two revisions."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Count, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from registry import (
    advice,
    carrying,
    comparison,
    containments,
    differences,
    effect,
    effect_on_data,
    meaning,
    rules,
    timeline,
    wording,
)
from registry.choices import Called, named
from registry.forms.filters import ProposalFilter
from registry.forms.review import OptionalReasonForm, ReasonForm, RemarkForm
from registry.models import Clause, Comment, Event, Objection, Proposal, Revision, Team, User, WorkingCopy
from registry.models.proposals import HEADING
from registry.readiness import before_publication
from registry.refusals import Refused
from registry.standing import Standing, stamped
from registry.views.refusal import Missing
from registry.views.request import Request

PAGE = 30
TABS = ("words", "effect", "discussion", "record")


@require_safe
def index(request: Request) -> HttpResponse:
    asked = ProposalFilter(request.GET)
    found = Proposal.objects.visible_to(request.user)
    if state := asked.value("state"):
        found = found.filter(state=state)
    if words := asked.value("q"):
        found = found.filter(_says(words))
    if asked.value("mine"):
        found = found.contributed_by(request.user)
    before = request.GET.get("before", "")
    if before.isascii() and before.isdigit():
        found = found.filter(pk__lt=int(before[:18]))
    rows = list(with_counts(found).select_related("author", "revision")[: PAGE + 1])
    context = {
        "filter": asked,
        "proposals": rows[:PAGE],
        "older": rows[PAGE - 1].pk if len(rows) > PAGE else None,
    }
    return render(request, "proposals/index.html", context)


def _says(words: str) -> Q:
    """Title or reason as submitted; those of the draft where nothing was, or where none were frozen with it."""
    submitted, drafted = Q(), Q()
    for name in HEADING:
        submitted |= Q(**{f"revision__{name}__icontains": words})
        drafted |= Q(**{f"{name}__icontains": words})
    return submitted | (drafted & (Q(revision=None) | Q(revision__title_ja="", revision__title_en="")))


def with_counts(proposals: Any) -> Any:
    """With `open_objections` and `comment_count`, in the same query."""
    objections = Objection.objects.filter(proposal=OuterRef("pk"), closed_at=None)
    return proposals.annotate(
        open_objections=_counted(objections),
        comment_count=_counted(Comment.objects.filter(proposal=OuterRef("pk"))),
    )


def _counted(rows: Any) -> Coalesce:
    counts = rows.order_by().values("proposal").annotate(count=Count("pk")).values("count")
    return Coalesce(Subquery(counts), 0)


@require_safe
def show(request: Request, pk: int) -> HttpResponse:
    standing = standing_or_404(request, pk)
    return page(request, standing, tab=request.GET.get("tab", ""))


def standing_or_404(request: Request, pk: int) -> Standing:
    """The proposal if this reader may see it; otherwise it does not exist for them."""
    visible = with_counts(Proposal.objects.visible_to(request.user))
    glass = (f"revision__break_glass__{name}" for name in ("asked_by", "confirmed_by", "team"))
    vocabularies = ("vocabulary_draft__base", "revision__vocabulary_clause__base")
    related = visible.select_related("author", "revision__submitted_by", *glass, *vocabularies)
    proposal = get_object_or_404(meaning.with_vocabulary(stamped(related)), pk=pk)
    meaning.recall(proposal)
    return Standing(proposal, reader=request.user)


def page(
    request: Request, standing: Standing, *, tab: str = "", status: int = 200, forms: Mapping[str, Any] | None = None
) -> HttpResponse:
    """The proposal page; `forms` holds a bound form that has to be shown again with its errors."""
    tab = tab if tab in TABS else TABS[0]
    context = {
        "standing": standing,
        "proposal": standing.proposal,
        "revision": standing.revision,
        "tab": tab,
        "ending": _ending(standing.proposal),
        "may": acts_for(standing, request),
        "member": standing.is_member(request.user),
        "sealing": _sealing(standing, request.user),
        "places": [(team, standing.seals.get(team.pk), _void(standing, team.pk)) for team in standing.required_teams],
        "needs": before_publication(standing) if standing.proposal.state == Proposal.IN_REVIEW else [],
        "inline": request.GET.get("view") == "inline",
        "remark": RemarkForm(places(standing)),
        "reason": ReasonForm(),
        "optional_reason": OptionalReasonForm(),
        "closing": {},  # by objection, and
        "replying": {},  # by comment: the form that was refused there
    }
    return render(
        request, "proposals/show.html", context | _tab(tab, standing, request.user) | dict(forms or {}), status=status
    )


def _ending(proposal: Proposal) -> timeline.Line | None:
    """Who ended it without agreement, when and why."""
    if not proposal.ended_unagreed:
        return None
    (line,) = timeline.lines(timeline.related(proposal.events.filter(act=proposal.state)))
    return line


def _sealing(standing: Standing, reader: User) -> list[tuple[Team, Refused | None]]:
    """The empty places this reader holds a seat for, each with why they may not fill it, unless they may."""
    if standing.proposal.ended_unagreed:
        return []
    return [(team, rules.refusal("sign_off", standing, by=reader, team=team)) for team in standing.fillable_by(reader)]


def _void(standing: Standing, team: int) -> Any:
    """The last seal of a team that no longer holds, because its signatory lost the seat."""
    lost = [seal for seal in standing.sign_offs if seal.team_id == team and team not in standing.seals]
    return lost[-1] if lost else None


def acts_for(standing: Standing, request: Request) -> dict[str, Any]:
    """For every act, `None` where this reader may do it, else the refusal whose sentence says why not."""
    return {act: rules.refusal(act, standing, by=request.user) for act in SHOWN_ACTS}


SHOWN_ACTS = (
    "edit",
    "submit",
    "invite",
    "rebase",
    "dismiss",
    "withdraw",
    "comment",
    "object",
    "answer_example",
    "reject",
    "ask_break_glass",
    "take_back_break_glass",
    "confirm_break_glass",
)


def places(standing: Standing) -> list[tuple[str, str]]:
    """The places a remark can be tied to: each metric, and each field that says something."""
    found = []
    for worded in standing.clauses or standing.copies:
        found.append((worded.key, worded.name or worded.key))
        said = wording.whole(worded.wording)
        for field in wording.FIELDS:
            if said[field.name] and field.shape != "flag":
                found.append((f"{worded.key}.{field.name}", f"{worded.name} — {wording.label(field.name)}"))
    return found


def _tab(tab: str, standing: Standing, reader: User) -> dict[str, Any]:
    match tab:
        case "effect":
            return {
                "effects": effect.effects(standing),
                "ripple": effect.ripple(standing),
                "calculated": effect.calculated(standing),
                **effect_on_data.of_standing(standing),
                "containments": containments.concerned(standing),
            }
        case "discussion":
            return {"threads": _threads(standing.proposal)}
        case "record":
            events = timeline.related(Event.objects.filter(proposal=standing.proposal), reader)
            return {"days": list(timeline.by_day(timeline.lines(events[:500])))}
    return {
        **what_changes(standing),
        **how_read(standing),
        "advice": advice.submitted(standing) if standing.clauses else advice.written(standing),
    }


def how_read(standing: Standing) -> dict[str, Any]:
    """By what its conditions are read: its day, its words about other metrics, and the vocabulary.

    With how the vocabulary differs where the proposal carries it.
    """
    worded = standing.clauses or standing.copies
    on = standing.revision.effective_from if standing.revision else standing.drafted_from
    read: dict[str, Any] = {"read_on": on, "agreed_then": {each.key: each.wording for each in worded}}
    vocabulary = standing.carried if standing.clauses else standing.drafted_vocabulary
    if vocabulary:
        return read | {"vocabulary": vocabulary, "carried": carrying.difference(vocabulary)}
    return read | {"vocabulary": standing.read_by}


def what_changes(standing: Standing) -> dict[str, Any]:
    """What it says differently from the versions it is based on, and from the others that a correction replaces."""
    worded = standing.clauses or standing.copies
    called = Called(among=named(worded))
    return {
        "clauses": with_changes(worded, called),
        "replaced": [(each, _difference(each.version, each.new, called)) for each in standing.replaced],
    }


def with_changes(
    worded: Iterable[Clause] | Iterable[WorkingCopy], called: Called
) -> list[tuple[Clause | WorkingCopy, list[comparison.Change]]]:
    """Clauses or working copies, each with what it says differently from the version it is based on."""
    return [(each, _difference(each.base, each, called)) for each in worded]


def _threads(proposal: Proposal) -> list[tuple[Comment, list[Comment]]]:
    comments = list(proposal.comments.select_related("author"))
    return [
        (comment, [reply for reply in comments if reply.parent_id == comment.pk])
        for comment in comments
        if comment.parent_id is None
    ]


@require_safe
def compare_revisions(request: Request, pk: int, old: int, new: int) -> HttpResponse:
    standing = standing_or_404(request, pk)
    before, after = _revision(standing, old), _revision(standing, new)
    theirs = {clause.key: clause for clause in before.clauses.all()}
    ours = {clause.key: clause for clause in after.clauses.select_related("base")}
    called = Called(among=named((theirs | ours).values()))

    def changes(key: str) -> list[comparison.Change]:
        """What is added is compared with the version that it changes."""
        new = ours.get(key)
        return _difference(theirs.get(key) or (new.base if new else None), new, called)

    context = {
        "proposal": standing.proposal,
        "before": before,
        "after": after,
        "rows": [
            (ours.get(key) or theirs[key], key in theirs, key in ours, changes(key)) for key in sorted(theirs | ours)
        ],
        "heading": list(differences.plain(Revision, before, after)),
        "vocabulary": getattr(after, "vocabulary_clause", None),
        "carried": _carried(before, after),
    }
    return render(request, "proposals/compare.html", context)


def _carried(before: Revision, after: Revision) -> list[comparison.Piece] | None:
    """What one vocabulary says differently from the other; a revision that carries none leaves it as it was."""
    old, new = (getattr(each, "vocabulary_clause", None) for each in (before, after))
    carried = old or new
    if carried is None:
        return None
    was, becomes = (own.source if own else carried.base.source for own in (old, new))
    return carrying.differing(was, becomes) if was != becomes else None


def _revision(standing: Standing, number: int) -> Revision:
    related = standing.proposal.revisions.select_related("submitted_by", "vocabulary_clause__base")
    found = related.filter(number=number).first()
    if found is None:
        raise Missing(_("This proposal has no such revision."))
    return found


def _difference(old: Any, new: Any, called: Called) -> list[comparison.Change]:
    if new is None:
        return []
    return comparison.fields(old.wording if old else None, new.wording, wording.NAMES, called)
