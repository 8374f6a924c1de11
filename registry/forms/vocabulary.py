"""The vocabulary as text, typed or as a file."""

from typing import Any, Self

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from registry import uploads
from registry.workflow.vocabulary import MAX_SOURCE

LARGEST_CHARACTER = 4  # bytes, in UTF-8


class CarriedForm(forms.Form):
    """A file that is chosen replaces the text; from then on its text is the one that is shown."""

    source = forms.CharField(
        label=gettext_lazy("Vocabulary (YAML)"),
        strip=False,
        required=False,
        widget=forms.Textarea(attrs={"rows": 30, "class": "code", "spellcheck": "false"}),
    )
    file = forms.FileField(
        label=gettext_lazy("Or a file (YAML, UTF-8)"),
        required=False,
        allow_empty_file=True,
        help_text=gettext_lazy("It replaces the text above."),
        widget=forms.FileInput(attrs={"accept": ".yaml,.yml"}),
    )

    too_large = False

    @classmethod
    def of(cls, request: HttpRequest, source: str = "") -> Self:
        """The form as it was sent, or with `source` to begin from."""
        if request.method != "POST":
            return cls(initial={"source": source})
        form = cls(request.POST, request.FILES)
        form.too_large = uploads.too_large(request)
        return form

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if self.too_large:
            raise _too_long()
        if given.get("file"):
            given["source"] = _text_of(given["file"])
            self.data = {**self.data, "source": given["source"]}
        if not given.get("source", "").strip():
            self.add_error("source", _("Write the vocabulary, or choose a file."))
        return given


class VocabularyForm(CarriedForm):
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=5_000, widget=forms.Textarea(attrs={"rows": 2}))


def _text_of(file: Any) -> str:
    if file.size > MAX_SOURCE * LARGEST_CHARACTER:
        raise _too_long()
    try:
        return str(file.read().decode("utf-8-sig"))
    except UnicodeDecodeError:
        sentence = _("The file is not UTF-8. Save it as UTF-8 and choose it again.")
        raise forms.ValidationError({"source": sentence}) from None


def _too_long() -> forms.ValidationError:
    sentence = _("The vocabulary is longer than %(limit)d characters. Shorten labels or examples.")
    return forms.ValidationError({"source": sentence % {"limit": MAX_SOURCE}})
