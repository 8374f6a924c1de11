"""The vocabulary: what conditions are written in, for everybody to read and for stewards to change."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from registry import comparison, containments, meaning, rules
from registry.forms.vocabulary import VocabularyForm
from registry.models import VocabularyVersion
from registry.refusals import WrongState
from registry.views.refusal import Missing
from registry.views.request import Request
from registry.workflow import vocabulary as workflow

KINDS = {
    "int": gettext_lazy("whole number"),
    "decimal": gettext_lazy("decimal number"),
    "text": gettext_lazy("text"),
    "enum": gettext_lazy("one of a list"),
    "bool": gettext_lazy("yes or no"),
    "date": gettext_lazy("day"),
    "timestamp": gettext_lazy("moment"),
}


@require_safe
def show(request: Request) -> HttpResponse:
    """Every entity with its fields, and the versions so far."""
    versions = list(meaning.stamped(VocabularyVersion.objects.select_related("recorded_by")))
    declared = meaning.vocabulary()
    context = {
        "entities": [_entity(each, meaning.language()) for each in declared.entities.values()] if declared else [],
        "versions": versions,
        "containments": containments.in_force(meaning.stamp(versions[0])) if versions else [],
        "may_change": request.user.is_steward,
    }
    return render(request, "vocabulary/show.html", context)


def _entity(entity: Any, language: str) -> dict[str, Any]:
    return {
        "name": entity.name,
        "label": entity.label[language],
        "key": entity.key,
        "links": [(name, each.label[language]) for name, each in (entity.parents | entity.relations).items()],
        "fields": [
            {
                "name": name,
                "label": word.label[language],
                "kind": KINDS[word.type.kind],
                "nullable": word.type.nullable,
                "values": [(value, labels[language]) for value, labels in word.value_labels.items()],
                "unit": word.unit[language] if word.unit else "",
            }
            for name, word in entity.fields.items()
        ],
    }


@require_http_methods(["GET", "HEAD", "POST"])
def change(request: Request) -> HttpResponse:
    rules.require_steward(request.user)
    last = VocabularyVersion.objects.first()
    form = VocabularyForm.of(request, last.source if last else "")
    together = False
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            workflow.change_vocabulary(given["source"], by=request.user, reason=given["reason"])
        except ValidationError as error:
            for name, sentences in error.message_dict.items():
                form.add_error(name, sentences)
        except WrongState as error:
            form.add_error("source", str(error.sentence))
            together = error.code == "alters_definitions"
        else:
            messages.success(request, _("The vocabulary is recorded as a new version."))
            return redirect("vocabulary")
    context = {"form": form, "together": together}
    return render(request, "vocabulary/change.html", context, status=422 if form.errors else 200)


@require_safe
def version(request: Request, number: int) -> HttpResponse:
    """One version, and how it differs from the one before."""
    found = {each.number: each for each in VocabularyVersion.objects.filter(number__in=[number - 1, number])}
    if number not in found:
        raise Missing(_("There is no such version of the vocabulary."))
    before = found[number - 1].source if number - 1 in found else ""
    context = {"version": found[number], "pieces": comparison.words(before, found[number].source)}
    return render(request, "vocabulary/version.html", context)
