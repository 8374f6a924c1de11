"""Data to count on: adding it, and saying how its columns and values are the vocabulary's."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.conf import settings
from django.core.validators import RegexValidator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from registry import meaning
from registry.conditions import ConditionError, Look
from registry.conditions.dataset import FORMATS, check_field
from registry.conditions.suggest import suggest_field
from registry.conditions.vocabulary import Entity, FieldWord
from registry.forms.fields import Line
from registry.models import Dataset

KEY = RegexValidator(
    r"^(?!new$)[a-z][a-z0-9_]*\Z", _("Use lower-case letters, digits and _ only, beginning with a letter.")
)
BLANK = "(blank)"  # stands in the form for "this cell says nothing"; no value of a vocabulary is written so


class ManyFiles(forms.FileField):
    """Any number of files at once."""

    class Widget(forms.ClearableFileInput):
        allow_multiple_selected = True

    widget = Widget

    def clean(self, data: Any, initial: Any = None) -> Any:
        files = [super(ManyFiles, self).clean(each, initial) for each in data or []]
        return files or super().clean(None, initial)


class DatasetForm(forms.Form):
    """What every dataset has; where it comes from is added by its kind."""

    key = forms.SlugField(
        max_length=60,
        validators=[KEY],
        label=_("Key"),
        help_text=_("Its name in addresses. It never changes."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    name_ja = Line(required=False, max_length=60, label=_("Name in Japanese"))
    name_en = Line(required=False, max_length=60, label=_("Name in English"))

    def __init__(self, data: Any, files: Any, *, kind: str) -> None:
        super().__init__(data, files)
        self.kind = kind
        self.fields |= place_fields(kind)

    def clean_key(self) -> str:
        key: str = self.cleaned_data["key"]
        if Dataset.objects.filter(key=key).exists():
            raise forms.ValidationError(gettext("This is taken already. Choose another."))
        return key

    def dataset(self) -> Dataset:
        given = self.cleaned_data
        names = {name: given[name] for name in ("key", "name_ja", "name_en")}
        return Dataset(**names, kind=self.kind, place=place_of(self))


class ReadingForm(forms.Form):
    """The data once more, from where it came from."""

    def __init__(self, data: Any, files: Any, *, dataset: Dataset) -> None:
        super().__init__(data, files)
        self.kind = dataset.kind
        if self.kind == Dataset.UPLOAD:
            self.fields |= place_fields(self.kind)


def place_fields(kind: str) -> dict[str, forms.Field]:
    """The fields that say where data of this kind comes from."""
    if kind == Dataset.UPLOAD:
        sentence = _("CSV (UTF-8 or Shift_JIS) or Parquet, one for each kind of record; %(limit)d MB together at most.")
        field = ManyFiles(label=_("Files"), help_text=sentence % {"limit": settings.UPLOAD_MEGABYTES})
        field.widget.attrs["accept"] = ".csv,.parquet"
        return {"files": field}
    if kind == Dataset.FOLDER:
        sentence = _("Its name below the folder an administrator opened (GOI_IMPORTS), such as example.")
        return {"folder": forms.CharField(max_length=200, label=_("Folder"), help_text=sentence)}
    names = [(name, name) for name in settings.DATASET_SECRETS]
    tables = forms.CharField(
        max_length=2_000, label=_("Tables"), help_text=_("One a line: name or schema.name."), widget=forms.Textarea
    )
    return {"connection": forms.ChoiceField(choices=names, label=_("Connection")), "tables": tables}


def place_of(form: Any) -> str:
    """Where the data is, in words that hold no secret."""
    given = form.cleaned_data
    match form.kind:
        case Dataset.UPLOAD:
            return ", ".join(each.name for each in given["files"])[:300]
        case Dataset.FOLDER:
            return str(given["folder"])
    return f"{given['connection']}: {', '.join(given['tables'].split())}"[:300]


class EntityForm(forms.Form):
    """How one table becomes one entity of the vocabulary: a column, a form of days and values for each field."""

    def __init__(
        self, data: Any, *, entity: Entity, table: str, looks: Mapping[str, Look], given: Mapping[str, Any]
    ) -> None:
        super().__init__(data)
        self.entity, self.table, self.looks, self.given = entity, table, looks, given
        for word in entity.fields.values():
            self._add(word, given.get(word.name) or {})

    def _add(self, word: FieldWord, given: Mapping[str, Any]) -> None:
        columns = [("", gettext("— nothing —")), *((name, name) for name in self.looks)]
        column = forms.ChoiceField(choices=columns, required=False, label=gettext("Column"))
        column.initial = given.get("column", "")
        fixed = _fixed_field(word)
        fixed.initial = given.get("fixed", "")
        self.fields[f"column-{word.name}"], self.fields[f"fixed-{word.name}"] = column, fixed
        if word.type.kind in FORMATS:
            self.fields[f"format-{word.name}"] = _format_field(word, given)
        if word.type.kind not in ("enum", "bool"):
            nothing = forms.CharField(required=False, max_length=500, label=gettext("Blank where it says"))
            nothing.initial = ", ".join(cell for cell, value in (given.get("values") or {}).items() if not value)
            self.fields[f"nothing-{word.name}"] = nothing

    @property
    def rows(self) -> Iterable[dict[str, Any]]:
        """Every field with what the form asks about it."""
        for word in self.entity.fields.values():
            names = ("column", "fixed", "format", "nothing")
            asked = {name: self[f"{name}-{word.name}"] for name in names if f"{name}-{word.name}" in self.fields}
            choices = [("", gettext("as it is")), (BLANK, gettext("blank")), *_choices(word).items()]
            label = word.label[meaning.language()]
            yield {"word": word, "label": label, **asked, "cells": self._cells(word), "choices": choices}

    def _cells(self, word: FieldWord) -> list[dict[str, Any]]:
        """The cells of the chosen column, with what each stands for; only where values are declared."""
        column = self._chosen(word)
        if word.type.kind not in ("enum", "bool") or column not in self.looks:
            return []
        seen = dict(self.looks[column].values)
        values = self._values(word)
        known = (*_choices(word), "")
        return [
            {
                "cell": cell,
                "number": seen.get(cell, 0),
                "chosen": _chosen_value(value := values.get(cell, cell), known),
                "known": value in known,
            }
            for cell in (*seen, *(each for each in values if each not in seen))
        ]

    def _chosen(self, word: FieldWord) -> str:
        return str(self[f"column-{word.name}"].value() or "")

    def _values(self, word: FieldWord) -> dict[str, str]:
        """What cells stand for: as sent, or as kept, or, for a column newly chosen, as it may be meant."""
        column = self._chosen(word)
        if self.is_bound and self.data.get(f"shown-{word.name}") == column:
            return dict(self._sent(word))
        kept = self.given.get(word.name) or {}
        if kept.get("column") == column:
            return dict(kept.get("values") or {})
        return dict(suggest_field(word, column, self.looks[column]).get("values") or {})

    def _sent(self, word: FieldWord) -> Iterable[tuple[str, str]]:
        sent: Any = self.data
        cells, values = (sent.getlist(f"{name}-{word.name}") for name in ("cell", "value"))
        for cell, value in zip(cells, values, strict=False):
            if value and value != cell and "\0" not in cell:
                yield cell, "" if value == BLANK else value

    def clean(self) -> None:
        """Every field on its own, so that each refusal stands at its place."""
        for word in self.entity.fields.values():
            given = self._entry(word)
            try:
                if given:
                    check_field(self.entity, word.name, given, set(self.looks))
                elif word.name == self.entity.key:
                    self.add_error(f"column-{word.name}", gettext("Without it no record can be told from another."))
            except ConditionError as error:
                for problem in error.problems:
                    name = "fixed" if problem.code == "mapping_fixed" else "column"
                    self.add_error(f"{name}-{word.name}", problem.message(meaning.language()))

    def _entry(self, word: FieldWord) -> dict[str, Any]:
        data = self.cleaned_data
        column, fixed = data.get(f"column-{word.name}", ""), data.get(f"fixed-{word.name}", "").strip()
        given: dict[str, Any] = {"column": column} if column else {}
        if fixed:
            given["fixed"] = fixed
        if written := column and data.get(f"format-{word.name}"):
            given["format"] = written
        nothing = {each.strip(): "" for each in data.get(f"nothing-{word.name}", "").split(",") if each.strip()}
        declared = word.type.kind in ("enum", "bool")
        if column in self.looks and (values := self._values(word) if declared else nothing):
            given["values"] = values
        return given

    def mapped(self) -> dict[str, Any]:
        """The entity's part of the mapping."""
        entries = {word.name: self._entry(word) for word in self.entity.fields.values()}
        return {"table": self.table, "fields": {name: given for name, given in entries.items() if given}}


def _chosen_value(value: str, known: Iterable[str]) -> str:
    """What the form shows as chosen: a declared value, blank, or the cell as it is."""
    return BLANK if value == "" else value if value in known else ""


def _choices(word: FieldWord) -> dict[str, str]:
    """The declared values with their labels."""
    if word.type.kind == "bool":
        return {"true": gettext("yes"), "false": gettext("no")}
    return {value: word.value_labels[value][meaning.language()] for value in word.type.values}


def _fixed_field(word: FieldWord) -> forms.Field:
    label = gettext("The same in every row")
    if word.type.kind in ("enum", "bool"):
        choices = [("", gettext("— no —")), *_choices(word).items()]
        return forms.ChoiceField(choices=choices, required=False, label=label)
    return Line(required=False, max_length=200, label=label)


def _format_field(word: FieldWord, given: Mapping[str, Any]) -> forms.Field:
    """Days as they would be written on 9 April 2026 in each form."""
    shown = [(each, _in_form(each)) for each in FORMATS[word.type.kind]]
    return forms.ChoiceField(
        choices=[("", "2026-04-09"), *shown],
        required=False,
        label=gettext("Days are written as"),
        initial=given.get("format", ""),
    )


def _in_form(written: str) -> str:
    for sign, digits in (("%Y", "2026"), ("%m", "04"), ("%d", "09"), ("%H", "15"), ("%M", "30"), ("%S", "00")):
        written = written.replace(sign, digits)
    return written
