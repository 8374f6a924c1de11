"""The data that conditions are counted on: for everybody to look at, for stewards to look after."""

import csv
from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from registry import datasets, meaning, rules, uploads
from registry.conditions import ConditionError, Intake, Vocabulary
from registry.conditions.suggest import suggest_fields
from registry.conditions.vocabulary import Entity
from registry.forms.datasets import DatasetForm, EntityForm, ReadingForm
from registry.models import Dataset
from registry.refusals import Refused, WrongState
from registry.views.access import post_only
from registry.views.refusal import Missing
from registry.views.request import Request
from registry.views.streams import safe_cell
from registry.workflow import datasets as workflow

KINDS = [kind for kind, _label in Dataset.KINDS]


@require_safe
def index(request: Request) -> HttpResponse:
    rules.require_reader_of_data(request.user)
    found = Dataset.objects.select_related("read_by")
    return render(request, "datasets/index.html", {"datasets": found, "vocabulary": meaning.vocabulary()})


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: Request) -> HttpResponse:
    """Add a dataset: by upload, from an opened folder, or from a configured database."""
    rules.require_steward(request.user)
    datasets.declared()
    kind = request.GET.get("from", Dataset.UPLOAD)
    if kind not in KINDS:
        raise Missing(_("There is no such way to add data."))
    form = DatasetForm(*_sent(request), kind=kind)
    if request.method == "POST" and (added := _accepted(request, form, lambda: _add(request, form))):
        messages.success(request, _("The dataset is added. Check how its columns are read."))
        return redirect("dataset", key=added.key)
    context = {"form": form, "kind": kind, "kinds": Dataset.KINDS}
    return render(request, "datasets/new.html", context, status=422 if form.is_bound else 200)


def _add(request: Request, form: DatasetForm) -> Dataset:
    intake = _taken(form)
    mapping = datasets.suggested(intake, datasets.declared())
    return workflow.add_dataset(form.dataset(), intake=intake, mapping=mapping, by=request.user)


def _taken(form: Any) -> Intake:
    """What the form names, taken in."""
    given = form.cleaned_data
    match form.kind:
        case Dataset.UPLOAD:
            return datasets.take_in([(each.name, each.temporary_file_path()) for each in given["files"]])
        case Dataset.FOLDER:
            return datasets.take_in(datasets.files_in(given["folder"]))
    return datasets.pull(given["connection"], given["tables"].split())


def _sent(request: Request) -> tuple[Any, Any]:
    return (request.POST, request.FILES) if request.method == "POST" else (None, None)


def _accepted(request: Request, form: Any, act: Callable[[], Any]) -> Any:
    """What `act` made of a valid form, or None; whatever was refused is said in the form."""
    if uploads.too_large(request):
        form.add_error(None, _("The files are larger than may be uploaded. Export fewer columns or a shorter period."))
    if not form.is_valid():
        return None
    try:
        return act()
    except ConditionError as error:
        form.add_error(_place(form), [each.message(meaning.language()) for each in error.problems])
    except ValidationError as error:
        for name, sentences in error.message_dict.items():
            form.add_error(name if name in form.fields else None, sentences)
    except WrongState as error:
        form.add_error(_place(form), str(error.sentence))
    return None


def _place(form: Any) -> str | None:
    """The field that says where the data is."""
    return next((name for name in ("files", "folder", "tables") if name in form.fields), None)


@require_safe
def show(request: Request, key: str) -> HttpResponse:
    rules.require_reader_of_data(request.user)
    return _page(request, _one(key))


def _page(request: Request, dataset: Dataset, form: ReadingForm | None = None) -> HttpResponse:
    """A dataset with its tables, how they are read, and what a steward can do with it."""
    declared, mapping = datasets.declared(), datasets.still_read(dataset)
    context = {
        "dataset": dataset,
        "entities": [_read(entity, mapping.get(entity.name)) for entity in declared.entities.values()],
        "form": form or ReadingForm(None, None, dataset=dataset),
    }
    return render(request, "datasets/show.html", context, status=422 if form else 200)


def _read(entity: Entity, body: Mapping[str, Any] | None) -> dict[str, Any]:
    """How one entity is read, in short."""
    fields = body["fields"] if body else {}
    missing = [word.label[meaning.language()] for field, word in entity.fields.items() if field not in fields]
    return {
        "name": entity.name,
        "label": entity.label[meaning.language()],
        "table": body["table"] if body else "",
        "mapped": len(fields),
        "fields": len(entity.fields),
        "missing": missing if body else [],
    }


@require_http_methods(["GET", "HEAD", "POST"])
def mapping(request: Request, key: str, entity: str) -> HttpResponse:
    """How one entity is read. `show` in a POST changes nothing: it shows the form for what was chosen."""
    rules.require_steward(request.user)
    dataset, declared = _one(key), datasets.declared()
    if entity not in declared.entities:
        raise Missing(_("There is no such kind of record in the vocabulary."))
    form = _entity_form(request, dataset, declared, entity)
    sent = request.method == "POST"
    if sent and "show" not in request.POST and form.is_valid() and _mapped(request, form, dataset):
        messages.success(request, _("Saved. The data is read like this from now on."))
        return redirect("dataset", key=key)
    asked = "show" in request.POST
    if asked:
        form.errors.clear()
    context = {"dataset": dataset, "form": form, "entity": form.entity, "label": form.entity.label[meaning.language()]}
    return render(request, "datasets/mapping.html", context, status=422 if sent and not asked else 200)


def _entity_form(request: Request, dataset: Dataset, declared: Vocabulary, name: str) -> EntityForm:
    """The form for the table asked for, the one it is read from, or the one that fits best."""
    body = datasets.still_read(dataset).get(name, {})
    table = request.POST.get("table") or request.GET.get("table") or body.get("table") or dataset.tables[0]["name"]
    if table not in dataset.columns:
        raise Missing(_("There is no such table in this dataset."))
    seen = datasets.looks(dataset.content, {table: dataset.columns[table]})[table]
    given = body.get("fields") if body.get("table") == table else None
    if given is None:
        given = suggest_fields(declared.entity(name), seen)
    data = request.POST if request.method == "POST" else None
    return EntityForm(data, entity=declared.entity(name), table=table, looks=seen, given=given)


def _mapped(request: Request, form: EntityForm, dataset: Dataset) -> bool:
    mapping = {**datasets.still_read(dataset), form.entity.name: form.mapped()}
    return bool(_accepted(request, form, lambda: workflow.map_dataset(dataset, mapping=mapping, by=request.user)))


@post_only
def removal(request: Request, key: str, entity: str) -> HttpResponse:
    """The dataset has no such records: what needs them is refused from now on."""
    dataset = _one(key)
    mapping = {name: body for name, body in datasets.still_read(dataset).items() if name != entity}
    workflow.map_dataset(dataset, mapping=mapping, by=request.user)
    messages.success(request, _("Saved. The data is read like this from now on."))
    return redirect("dataset", key=key)


@post_only
def reading(request: Request, key: str) -> HttpResponse:
    """Read the data once more, from where it came from."""
    rules.require_steward(request.user)
    dataset = _one(key)
    form = ReadingForm(request.POST, request.FILES, dataset=dataset)
    if not _accepted(request, form, lambda: _read_again(request, form, dataset)):
        return _page(request, dataset, form)
    messages.success(request, _("The data is read in again."))
    return redirect("dataset", key=key)


def _read_again(request: Request, form: ReadingForm, dataset: Dataset) -> Dataset:
    if form.kind == Dataset.FOLDER:
        form.cleaned_data["folder"] = dataset.place
    elif form.kind == Dataset.POSTGRES:
        form.cleaned_data["connection"], _colon, tables = dataset.place.partition(": ")
        form.cleaned_data["tables"] = tables.replace(",", " ")
    place = ", ".join(each.name for each in form.cleaned_data.get("files", []))[:300]
    return workflow.read_again(dataset, intake=_taken(form), place=place, by=request.user)


@post_only
def choice(request: Request, key: str) -> HttpResponse:
    """From now on this one is counted."""
    dataset = workflow.choose_dataset(_one(key), by=request.user)
    messages.success(request, _("Proposals are counted on %(name)s from now on.") % {"name": dataset.name})
    return redirect("dataset", key=key)


@require_safe
def conformance(request: Request, key: str) -> HttpResponse:
    """Which promises of the vocabulary the data breaks, with rows."""
    rules.require_reader_of_data(request.user)
    dataset = _one(key)
    context: dict[str, Any] = {"dataset": dataset, "labels": CODES}
    try:
        context["broken"] = _broken(dataset)
    except (ConditionError, Refused) as error:
        context["refusal"] = _sentence(error)
    return render(request, "datasets/conformance.html", context)


def _broken(dataset: Dataset) -> list[dict[str, Any]]:
    declared, language = datasets.declared(), meaning.language()
    return [
        {
            "of": each,
            "entity": declared.entity(each.entity).label[language],
            "field": declared.entity(each.entity).fields[each.field].label[language],
            "sentence": CODES[each.code](),
            "rows": list(zip(each.keys, each.values, strict=False))[:5],
        }
        for each in datasets.broken(dataset, declared)
    ]


def _sentence(error: ConditionError | Refused) -> str:
    if isinstance(error, Refused):
        return str(error.sentence)
    return " ".join(each.message(meaning.language()) for each in error.problems)


CODES: dict[str, Callable[[], str]] = {
    "absent": lambda: _("Nothing is mapped to it, although it may not be blank."),
    "blank": lambda: _("It is blank, although it may not be."),
    "unreadable": lambda: _("It cannot be read as its kind of value, so it counts as blank."),
    "unknown_value": lambda: _("The value is not one of those declared."),
    "out_of_bounds": lambda: _("It is outside the bounds declared."),
    "repeated_key": lambda: _("The same key stands in several rows."),
    "missing_parent": lambda: _("What it refers to is not in the data."),
}


@require_safe
def conformance_csv(request: Request, key: str) -> HttpResponse:
    """The same as a table: one line for each row shown, up to two hundred of each kind."""
    rules.require_reader_of_data(request.user)
    dataset = _one(key)
    try:
        found = _broken(dataset)
    except ConditionError as error:
        raise WrongState("unreadable", _sentence(error)) from error
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{dataset.key}-conformance.csv"'
    response.write("\ufeff")
    out = csv.writer(response)
    out.writerow([_("Kind of record"), _("Field"), _("Promise broken"), _("Rows"), _("Key"), _("Value")])
    for each in found:
        of = each["of"]
        for record, value in list(zip(of.keys, of.values, strict=False)) or [("", "")]:
            cells = (of.entity, of.field, each["sentence"], of.number, record or "", value or "")
            out.writerow([safe_cell(str(cell)) for cell in cells])
    return response


def _one(key: str) -> Dataset:
    return get_object_or_404(Dataset.objects.select_related("read_by"), key=key)
