"""Fields and manners that several forms share."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from registry import text


class Line(forms.CharField):
    """One line of text made tidy, refused where it holds what deceives the eye."""

    def to_python(self, value: Any) -> str:
        return text.clean(super().to_python(value) or "", lines=False)

    def validate(self, value: str) -> None:
        super().validate(value)
        if sentence := text.problem(value, lines=False, limit=self.max_length or 400):
            raise ValidationError(sentence, code="refused")


def accepted(form: forms.Form | forms.ModelForm, act: Callable[[], Any]) -> bool:
    """Whether the form is valid and `act` took what it holds; what it refused is said at its field."""
    if not form.is_valid():
        return False
    try:
        act()
    except ValidationError as error:
        problems = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
        for name, sentences in problems.items():
            for sentence in sentences:
                form.add_error(name if name in form.fields else None, sentence)
        return False
    return True


class SearchField(forms.CharField):
    """What somebody looks for."""

    def __init__(self, **rest: Any) -> None:
        sentence = _("Search for at most %(limit_value)d characters.")
        super().__init__(required=False, max_length=200, error_messages={"max_length": sentence}, **rest)
