"""The vocabulary as text."""

from django import forms
from django.utils.translation import gettext_lazy as _


class CarriedForm(forms.Form):
    source = forms.CharField(
        label=_("Vocabulary (YAML)"),
        strip=False,
        widget=forms.Textarea(attrs={"rows": 30, "class": "code", "spellcheck": "false"}),
    )


class VocabularyForm(CarriedForm):
    reason = forms.CharField(label=_("Reason"), max_length=5_000, widget=forms.Textarea(attrs={"rows": 2}))
