"""The same rows by hand: few queries, plain templates, no rules, no kept fragments, one language."""

import hashlib
from typing import Any

from django.contrib.auth.hashers import check_password
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_POST

from registry import clock
from registry import glossary as rows_of
from registry.models import (
    STILL_KNOWN,
    Clause,
    Definition,
    Event,
    Head,
    InForce,
    Membership,
    Mention,
    OpenAct,
    Proposal,
    SignOff,
    Stage,
    Team,
    Use,
    User,
)
from registry.text import search_terms

SHOWN = ("pk", "key", "stage_id", "stage__name_ja", "definition__revision_id", "definition__number")
WORDS = ("definition__wording__name_ja", "definition__wording__summary_ja")


def glossary(request: HttpRequest) -> HttpResponse:
    terms, page = search_terms(request.GET.get("q", "")), int(request.GET.get("page", "1"))
    wanted = rows_of.Wanted(valid=clock.today(), terms=terms)
    spans = rows_of.found(wanted)
    start = (page - 1) * rows_of.PAGE
    stages = list(Stage.objects.all())
    columns: list[Any] = []
    if not terms:
        columns = [(stage, _read(spans.filter(stage=stage)[: rows_of.CARDS_PER_STAGE])) for stage in stages]
    rows = _read(spans[start : start + rows_of.PAGE])
    _seal([*rows, *(row for stage, column in columns for row in column)])
    context = {
        "title": "合意した用語",
        "q": request.GET.get("q", ""),
        "stages": stages,
        "teams": Team.objects.all(),
        "columns": columns,
        "rows": rows,
        "count": spans[: rows_of.COUNTED_UP_TO].count(),
        "recent": [] if terms else _recent(),
    }
    return render(request, "lean/glossary.html", context)


def _read(spans: Any) -> list[dict[str, Any]]:
    return [
        {"key": key, "stage": stage, "revision": revision, "number": number, "name": name, "summary": summary}
        for pk, key, stage_id, stage, revision, number, name, summary in spans.values_list(*SHOWN, *WORDS)
    ]


def _seal(rows: list[dict[str, Any]]) -> None:
    marks: dict[int, list[str]] = {row["revision"]: [] for row in rows}
    for revision, mark in SignOff.objects.filter(revision__in=marks).values_list("revision", "team__mark_ja"):
        marks[revision].append(mark)
    in_review = Proposal.objects.in_review().values("revision")
    keys = [row["key"] for row in rows]
    opened = set(Clause.objects.filter(key__in=keys, revision__in=in_review).values_list("key", flat=True))
    for row in rows:
        row |= {"marks": marks[row["revision"]], "open": row["key"] in opened}


def _recent() -> Any:
    fields = ("metric__key", "number", "wording__name_ja", "revision__proposal__title_ja", "effective_from")
    return Definition.objects.filter(number__gt=1).order_by("-pk").values(*fields)[:5]


def metric(request: HttpRequest, key: str) -> HttpResponse:
    spans = InForce.objects.as_of(clock.today())
    span = get_object_or_404(spans.select_related("definition"), key=key)
    words, definition = span.definition.wording, span.definition
    uses = Use.objects.filter(
        key=key,
        definition__spans__known_to__gte=STILL_KNOWN,
        definition__spans__valid_from__lte=clock.today(),
        definition__spans__valid_to__gt=clock.today(),
    )
    linked = spans.filter(key__in=[term["key"] for term in definition.terms])
    versions = Definition.objects.filter(metric=span.metric_id).order_by("-number")
    opened = Proposal.objects.in_review().on_metric(key)
    context = {
        "title": words["name_ja"],
        "words": words,
        "linked": linked.values_list("key", *WORDS),
        "dependents": uses.order_by("definition")[:50].values_list("definition__metric__key", WORDS[0]),
        "seals": SignOff.objects.filter(revision=definition.revision_id).values_list(
            "team__mark_ja", "signed_by__name_ja", "signed_at"
        ),
        "open": opened.values_list("pk", "title_ja", "author__name_ja"),
        "versions": versions.values_list("number", "effective_from", "revision__proposal__title_ja"),
    }
    return render(request, "lean/metric.html", context)


def history(request: HttpRequest, key: str = "") -> HttpResponse:
    events = Event.objects.visible_to(request.user)
    if key:
        events = events.filter(mentions__key=key)
    fields = ("at", "act", "personal", "detail", "proposal_id", "proposal__title_ja", "team__name_ja")
    context = {
        "title": "履歴",
        "people": User.objects.values_list("username", "name_ja"),
        "teams": Team.objects.values_list("key", "name_ja"),
        "events": events.values(*fields)[:50],
    }
    return render(request, "lean/history.html", context)


@require_POST
def sign_off(request: HttpRequest, pk: int) -> HttpResponse:
    """The rows of one seal, with the password asked again and nothing else."""
    user, now = request.user, clock.now()
    if not check_password(request.POST["password"], user.password):
        return HttpResponseForbidden()
    with transaction.atomic():
        proposal = get_object_or_404(Proposal.objects.select_for_update(), pk=pk, state=Proposal.IN_REVIEW)
        seat = Membership.objects.signatories().get(user=user, team__key=request.POST["team"])
        seal = SignOff(
            revision_id=proposal.revision_id,
            team_id=seat.team_id,
            signed_by=user,
            membership=seat,
            digest=request.POST["digest"],
            meaning="この文言と条件のとおりに合意する。",
            signed_at=now,
        )
        opened = OpenAct.objects.create()
        SignOff._base_manager.bulk_create([seal])
        SignOff.history.bulk_history_create([seal], default_user=user, default_date=now)
        _record(proposal, seat, seal)
        opened.delete()
    return HttpResponseRedirect(f"/proposals/{pk}/")


def _record(proposal: Proposal, seat: Membership, seal: SignOff) -> None:
    head = Head.objects.select_for_update().get()
    head.sequence, previous = head.sequence + 1, head.digest
    head.digest = hashlib.sha256(f"{previous}{head.sequence}{seal.digest}".encode()).hexdigest()
    event = Event.objects.create(
        sequence=head.sequence,
        at=seal.signed_at,
        actor_id=seal.signed_by_id,
        act="sealed",
        proposal=proposal,
        team_id=seat.team_id,
        detail={"digest": seal.digest},
        personal={"name_ja": seal.signed_by.name_ja},
        personal_digest="",
        previous=previous,
        digest=head.digest,
    )
    keys = Clause.objects.filter(revision=proposal.revision_id).values_list("key", flat=True)
    Mention.objects.bulk_create(Mention(event=event, key=key) for key in keys)
    head.save()
