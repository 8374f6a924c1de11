"""A whole draft as one form: its heading and one wording for each metric."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError

from registry.forms.conditions import BUILDER, ConditionPart, Told
from registry.forms.drafts import Choices, HeadingForm, WordingForm
from registry.models import WorkingCopy
from registry.standing import Standing


class DraftForms:
    """The heading and the wordings of one draft, as one form on the page."""

    def __init__(self, standing: Standing, data: Any = None, prefer: str = BUILDER) -> None:
        self.standing = standing
        self.told = Told.of(standing)
        self.parts = {copy.key: _part(copy, self.told, data, prefer) for copy in standing.copies}
        data = data and _with_conditions(data, self.parts)
        choices = Choices()
        self.heading = HeadingForm.of(standing.proposal, data)
        self.wordings = [WordingForm(copy, choices, self.parts[copy.key], data) for copy in standing.copies]

    def are_valid(self, *, unfinished: bool = False) -> bool:
        """Whether all can be saved; `unfinished` rows of the builder are let pass, and their condition stays."""
        valid = all([self.heading.is_valid(), *(form.is_valid() for form in self.wordings)])
        if not unfinished:
            for form in self.wordings:
                form.refuse_gaps()
        return valid and all(form.is_valid() for form in self.wordings)

    def typed(self) -> dict[str, dict[str, str]]:
        """What the form says of each condition, saved or not."""
        return {key: {"condition": part.text, "counts": part.entity} for key, part in self.parts.items()}

    def refuse(self, error: ValidationError) -> None:
        """Show what the workflow refused at the fields it concerns."""
        for name, sentences in error.message_dict.items():
            if name in self.heading.fields:
                self.heading.add_error(name, sentences)
        for form in self.wordings:
            form.refuse(error.message_dict)

    def errors(self) -> list[tuple[str, str, str]]:
        """`(id of the field, its label, sentence)` for the summary that links to fields."""
        return [
            (form[name].auto_id if name in form.fields else "", _label(form, name), str(sentence))
            for form in (self.heading, *self.wordings)
            for name, sentences in form.errors.items()
            for sentence in sentences
        ]


def _part(copy: WorkingCopy, told: Told, data: Any, prefer: str) -> ConditionPart:
    was_sent = data and f"{copy.key}-condition" in data
    return ConditionPart.typed(copy, told, data) if was_sent else ConditionPart.saved(copy, told, prefer)


def _with_conditions(data: Any, parts: Mapping[str, ConditionPart]) -> Any:
    """What was sent, with the builder's rows written out as the conditions they say."""
    data = data.copy()
    for key, part in parts.items():
        if part.group is not None and f"{key}-condition" in data:
            data[f"{key}-condition"] = part.text
    return data


def _label(form: Any, name: str) -> str:
    return str(form.fields[name].label) if name in form.fields else ""
