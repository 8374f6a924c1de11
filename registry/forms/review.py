"""Judging a proposal: the password asked again, reasons, remarks."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from registry.models import User


class SignOffForm(forms.Form):
    """The seal. The digest says which words were on the screen; the password says who is pressing."""

    team = forms.SlugField(widget=forms.HiddenInput)
    digest = forms.CharField(widget=forms.HiddenInput, max_length=64)
    agreed = forms.BooleanField(
        label=_("I have read the words above."), error_messages={"required": _("Confirm that you read the words.")}
    )
    password = forms.CharField(
        label=_("Your password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": _("Enter your password to seal.")},
    )

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_password(self) -> str:
        """Raises `ValidationError` unless it is the password of whoever is signed in."""
        password = self.cleaned_data["password"]
        if not self.user.check_password(password):
            raise forms.ValidationError(_("That is not your password. Nothing was sealed; try again."))
        return password


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=5_000,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": _("Write a sentence or two, so that others can follow.")},
    )


class OptionalReasonForm(ReasonForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].required = False


class RemarkForm(forms.Form):
    """A comment or an objection, tied to a field of one metric or to nothing."""

    words = forms.CharField(
        label=_("Text"),
        max_length=5_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Write a sentence or two, so that others can follow.")},
    )
    about = forms.ChoiceField(
        required=False,
        label=_("About"),
        error_messages={
            "invalid_choice": _(
                "This place is not part of the proposal any more: see what changed, then choose another."
            )
        },
    )
    parent = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, places: list[tuple[str, str]], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["about"].choices = [("", _("the whole proposal")), *places]  # type: ignore[attr-defined]

    def place(self) -> dict[str, str]:
        """The metric key and field it is tied to; both empty for the whole proposal."""
        key, _dot, field = self.cleaned_data["about"].partition(".")
        return {"key": key, "field": field}
