"""Bringing a stale proposal up to date: base, theirs and ours side by side, and a choice for each field."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from registry import comparison, rules, wording
from registry.choices import Called, named
from registry.forms import sent
from registry.forms.drafts import RebaseForm
from registry.forms.vocabulary import CarriedForm
from registry.models import Definition, WorkingCopy
from registry.standing import Standing
from registry.views.proposals import standing_or_404
from registry.views.request import Request
from registry.wording import Wording
from registry.workflow import submitting


@dataclass(frozen=True)
class Side:
    """One field in which the three texts are not all the same."""

    name: str
    theirs: list[comparison.Piece]
    ours: list[comparison.Piece]
    verdict: str
    choice: Any


@dataclass(frozen=True)
class ThreeWay:
    """One outdated metric: what changed on either side since the version both began from."""

    copy: WorkingCopy
    latest: Definition
    form: RebaseForm
    called: Called

    @property
    def sides(self) -> list[Side]:
        wordings = _wordings(self.copy, self.latest)

        def lines(name: str, said: Wording) -> str:
            return "\n".join(comparison.as_lines(self.called(name, said[name]), kind=said["kind"]))

        def side(name: str) -> Side:
            base, ours, theirs = (lines(name, said) for said in wordings)
            verdict = comparison.three_way(*(said[name] for said in wordings))
            return Side(name, comparison.words(base, theirs), comparison.words(base, ours), verdict, self.form[name])

        return [side(name) for name in self.form.fields]

    def chosen(self) -> dict[str, Any]:
        """The wording that the choices add up to."""
        _base, ours, theirs = _wordings(self.copy, self.latest)
        sources = {"ours": ours, "theirs": theirs}
        return {name: sources[side][name] for name, side in self.form.cleaned_data.items()}


def _wordings(copy: WorkingCopy, latest: Definition) -> tuple[Wording, Wording, Wording]:
    """What both began from, what the proposal says, and what the newer version says."""
    base = wording.whole(copy.base.wording) if copy.base else wording.blank()
    return base, wording.whole(copy.wording), wording.whole(latest.wording)


def _three_way(copy: WorkingCopy, latest: Definition, data: Any, called: Called, *, changed: bool) -> ThreeWay:
    """Where what was on the screen changed, the choices that were sent are shown again, and not judged."""
    base, ours, theirs = _wordings(copy, latest)
    form = RebaseForm(copy, [name for name in wording.NAMES if ours[name] != theirs[name]], None if changed else data)
    for name, field in form.fields.items():
        verdict = comparison.three_way(base[name], ours[name], theirs[name])
        field.initial = verdict if verdict in {"ours", "theirs"} else None
    if changed:
        form.initial = _sent_choices(form, data)
    return ThreeWay(copy, latest, form, called)


def _sent_choices(form: RebaseForm, data: Any) -> dict[str, Any]:
    """By field; where none was sent, the page did not show the metric yet, and nothing is chosen in it."""
    sent = {name: data[form.add_prefix(name)] for name in form.fields if form.add_prefix(name) in data}
    return sent or dict.fromkeys(form.fields)


@dataclass(frozen=True)
class NewerVocabulary:
    """What changed in the vocabulary meanwhile, and the text that the proposal is going to carry."""

    number: int
    theirs: list[comparison.Piece]
    form: CarriedForm


def _vocabulary(standing: Standing, data: Any) -> NewerVocabulary | None:
    drafted, newer = standing.drafted_vocabulary, standing.newer_vocabulary
    if drafted is None or newer is None:
        return None
    was_sent = data is not None and "source" in data  # not where the page had no need to ask for it yet
    form = CarriedForm(data if was_sent else None, initial={"source": drafted.source})
    return NewerVocabulary(newer.number, comparison.words(drafted.base.source, newer.source), form)


def _take(request: Request, standing: Standing, outdated: list[ThreeWay], vocabulary: NewerVocabulary | None) -> bool:
    """Take the chosen words; whether that was possible. What is refused stands in the form."""
    choices = {each.copy.key: each.chosen() for each in outdated}
    source = vocabulary.form.cleaned_data["source"] if vocabulary else None
    try:
        submitting.rebase(
            standing.proposal, by=request.user, wordings=choices, vocabulary=source, seen=request.POST["seen"]
        )
    except ValidationError as error:
        if vocabulary is None or "source" not in error.message_dict:
            raise
        vocabulary.form.add_error("source", error.message_dict["source"])
        return False
    return True


@require_http_methods(["GET", "HEAD", "POST"])
def rebase(request: Request, pk: int) -> HttpResponse:
    standing = standing_or_404(request, pk)
    rules.require("edit", standing, by=request.user)
    given = sent(request)
    called = Called(among=named(standing.copies))
    vocabulary = _vocabulary(standing, given)
    seen = standing.newer_digest
    left_over = _left_over(given, vocabulary)
    changed = given is not None and (given.get("seen") != seen or bool(left_over))
    outdated = [_three_way(*each, given, called, changed=changed) for each in standing.outdated]
    acceptable = given is not None and not changed and _valid(outdated, vocabulary)
    if acceptable and _take(request, standing, outdated, vocabulary):
        messages.success(request, _("Up to date. Read the words once more, then submit them as a new revision."))
        return redirect("draft", pk=pk)
    context = {
        "proposal": standing.proposal,
        "drafted": standing.drafted_vocabulary,
        "may_carry": left_over and rules.refusal("carry_vocabulary", standing, by=request.user) is None,
        "outdated": outdated,
        "vocabulary": vocabulary,
        "left_over": left_over,
        "seen": seen,
        "changed": changed,
    }
    return render(request, "drafts/rebase.html", context, status=200 if given is None else 409 if changed else 422)


def _left_over(given: Any, vocabulary: NewerVocabulary | None) -> list[tuple[str, str]]:
    """What was typed for a vocabulary that others took out or brought up to date meanwhile: no field can hold it."""
    typed = "" if given is None or vocabulary else given.get("source", "")
    return [(_("The vocabulary of the proposal"), typed)] if typed else []


def _valid(outdated: list[ThreeWay], vocabulary: NewerVocabulary | None) -> bool:
    forms = [each.form for each in outdated] + ([vocabulary.form] if vocabulary else [])
    return all(form.is_valid() for form in forms)
