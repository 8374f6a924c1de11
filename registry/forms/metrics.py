"""Choosing a metric by typing its key or its name: two thousand are no list to choose from.

A browser completes the first of them by itself; whatever else is typed is looked up here, with or without a script.
"""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from registry import clock, text
from registry.models import InForce, Metric
from registry.models.metrics import InForceQuerySet

OFFERED, NEAR = 50, 5


class MetricField(forms.CharField):
    """The metric itself. What names none is refused with those that are near it."""

    def __init__(self, **options: Any) -> None:
        attrs = {"list": "offered-metrics", "autocomplete": "off", "spellcheck": "false"}
        super().__init__(max_length=200, widget=forms.TextInput(attrs=attrs), **options)

    def clean(self, value: Any) -> Any:
        written = super().clean(value)
        return self.meant(written) if written else None

    def meant(self, written: str) -> Any:
        if metric := found(written):
            return metric
        near = _listed(InForce.objects.as_of(clock.today()).matching(text.search_terms(written)), NEAR)
        names = _(", ").join(_("%(name)s (%(key)s)") % {"name": name, "key": key} for key, name in near)
        sentence = _("No metric is called “%(written)s”. Write the key or the whole name.") % {"written": written}
        raise ValidationError(sentence + " " + _("Similar ones: %(names)s") % {"names": names} if near else sentence)


class MetricKeyField(MetricField):
    """The metric's key; what names none is kept as it was typed, since a draft need not be finished."""

    def clean(self, value: Any) -> str:
        return super().clean(value) or ""

    def meant(self, written: str) -> str:
        metric = found(written)
        return metric.key if metric else written


def found(written: str) -> Metric | None:
    """The one metric with this key or, written in whatever widths and cases, this name."""
    published = Metric.objects.exclude(latest=None).select_related("latest")
    if metric := published.filter(key=written).first():
        return metric
    spans = InForce.objects.recorded(of_few=True).filter(valid_to__gt=clock.today()).looking_like([written])
    called = list(published.filter(pk__in=spans.values("metric"))[:2])
    return called[0] if len(called) == 1 else None


def offered() -> list[tuple[str, str]]:
    """Key and name of the first metrics in force, for the browser to complete."""
    return _listed(InForce.objects.as_of(clock.today()).filter(retired=False).order_by("key"), OFFERED)


def _listed(spans: InForceQuerySet, most: int) -> list[tuple[str, str]]:
    first, second = ("ja", "en") if get_language() == "ja" else ("en", "ja")
    names = [f"definition__wording__name_{language}" for language in (first, second)]
    return [(key, own or other) for key, own, other in spans.values_list("key", *names)[:most]]
