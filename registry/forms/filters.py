"""Filters that live in the address."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from registry import as_of, clock, days, timeline
from registry.as_of import When
from registry.changes import Between
from registry.forms.fields import SearchField
from registry.glossary import Wanted
from registry.models import Proposal, Stage, Team, User
from registry.text import search_terms

FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(9999, 12, 30)


class DayField(forms.DateField):
    """A calendar day as the browser's own picker writes it."""

    widget = forms.DateInput(attrs={"type": "date", "min": "1900-01-01", "max": "9999-12-30"}, format="%Y-%m-%d")

    def __init__(self, **rest: Any) -> None:
        sentence = _("Write the day as year-month-day, such as 2026-04-01.")
        super().__init__(input_formats=["%Y-%m-%d"], error_messages={"invalid": sentence}, **rest)

    def to_python(self, value: Any) -> date | None:
        day = super().to_python(value)
        if day is not None and not FIRST_DAY <= day <= LAST_DAY:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return day


def page_number(data: Mapping[str, str]) -> int:
    """The page asked for, from 1; anything else is the first."""
    asked = data.get("page", "")
    return min(int(asked), 100_000) if asked.isascii() and asked.isdigit() and int(asked[:9]) > 0 else 1


SWAPPED = _("The first day lies after the second. Swap them.")
UNLISTED = {"invalid_choice": _("The list does not have this. Choose one from the list.")}


class Filter(forms.Form):
    """A form read from the address: what cannot be understood is said at its field, and left out."""

    def value(self, name: str) -> Any:
        """The understood value, or `None`."""
        self.is_valid()
        return self.cleaned_data.get(name) or None

    def not_understood(self) -> list[str]:
        """What cannot be understood, each in a sentence with the field it is about."""
        return [
            _("%(field)s: %(sentence)s") % {"field": self.fields[name].label, "sentence": sentence}
            for name, sentences in self.errors.items()
            for sentence in sentences
        ]


class DayFilter(Filter):
    """The two days that pages about meanings understand: the day itself, and by which day it was recorded."""

    on = DayField(required=False, label=_("As agreed on"))
    known = DayField(required=False, label=_("As recorded by"))

    def when(self) -> When:
        """The question that the address asks; without days, or with days nobody understands, about today."""
        known = self.value("known")
        return When(self.value("on") or clock.today(), days.end_of(known) if known else None)

    def kept_day(self) -> dict[str, str]:
        """The days asked for, for links that keep them."""
        return {name: self.value(name).isoformat() for name in ("on", "known") if self.value(name)}

    def kept(self) -> str:
        """Likewise as the query of an address, or nothing."""
        return f"?{urlencode(self.kept_day())}" if self.kept_day() else ""


class GlossaryFilter(DayFilter):
    q = SearchField(label=_("Search terms and synonyms"))
    stage = forms.ChoiceField(required=False, label=_("Stage"), error_messages=UNLISTED)
    team = forms.ChoiceField(required=False, label=_("Team"), error_messages=UNLISTED)
    state = forms.ChoiceField(
        required=False,
        label=_("State"),
        error_messages=UNLISTED,
        choices=[
            ("", _("All in force")),
            ("open", _("With a proposal in review")),
            ("broken", _("Published without every seal")),
            ("retired", _("Retired")),
        ],
    )

    def __init__(self, *args: Any, outside: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # What can be chosen is named as on the day asked for, so the day is understood first.
        self.asked_when = DayFilter(self.data).when()
        if outside:  # proposals are no business of readers who are not signed in
            shown = [choice for choice in self.fields["state"].choices if choice[0] != "open"]  # type: ignore[attr-defined]
            self.fields["state"].choices = shown  # type: ignore[attr-defined]
        stages = [(stage.key, stage.name) for stage in self.stages]
        teams = [(team.key, team.name) for team in self.teams]
        self.fields["stage"].choices = [("", _("All stages")), *stages]  # type: ignore[attr-defined]
        self.fields["team"].choices = [("", _("All teams")), *teams]  # type: ignore[attr-defined]

    @cached_property
    def stages(self) -> list[Stage]:
        return as_of.stages(self.asked_when)

    @cached_property
    def teams(self) -> list[Team]:
        return as_of.teams(self.asked_when)

    def wanted(self) -> Wanted:
        """The filter as the glossary understands it."""
        return Wanted(
            valid=self.asked_when.valid,
            known=self.asked_when.known,
            terms=search_terms(self.value("q") or ""),
            stage=next((each for each in self.stages if each.key == self.value("stage")), None),
            team=next((each for each in self.teams if each.key == self.value("team")), None),
            state=self.value("state") or "",
        )

    def page(self) -> int:
        return page_number(self.data)


class ChangesFilter(Filter):
    """Two days to compare; by default the last thirty days."""

    SPAN = timedelta(days=30)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["from"] = DayField(required=False, label=_("From"))
        self.fields["to"] = DayField(required=False, label=_("To"))
        self.fields["known"] = DayField(required=False, label=_("As recorded by"))

    def clean(self) -> None:
        until = self.cleaned_data.get("to") or clock.today()
        since = self.cleaned_data.get("from") or until - self.SPAN
        if since > until:
            raise forms.ValidationError(SWAPPED, code="swapped")

    def between(self) -> Between | None:
        """The two days; `None` where one of them makes no sense, which the form says."""
        if not self.is_valid():
            return None
        known, until = self.value("known"), self.value("to") or clock.today()
        return Between(self.value("from") or until - self.SPAN, until, days.end_of(known) if known else None)

    def page(self) -> int:
        return page_number(self.data)


class ProposalFilter(Filter):
    state = forms.ChoiceField(
        required=False,
        label=_("State"),
        choices=[("", _("All states")), *Proposal.STATES],
        error_messages=UNLISTED,
    )
    q = SearchField(label=_("Search titles and reasons"))
    mine = forms.BooleanField(required=False, label=_("Only those I write"))


class PublicationsFilter(Filter):
    """What readers outside may ask of the feed: who did it is no question for them."""

    of_metric = ""
    metric = forms.SlugField(
        required=False,
        max_length=60,
        label=_("Metric key"),
        error_messages={"invalid": _("Write a metric's key, such as target_lead.")},
    )
    since = DayField(required=False, label=_("From"))
    until = DayField(required=False, label=_("To"))

    def clean(self) -> None:
        since, until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        if since and until and since > until:
            self.add_error("until", forms.ValidationError(SWAPPED, code="swapped"))


class HistoryFilter(PublicationsFilter):
    """What members may ask of the history. With `metric` it is that one's, and no other can be asked for."""

    group = forms.ChoiceField(
        required=False,
        label=_("Kind of act"),
        choices=[("", _("All acts")), *((key, label) for key, (label, acts) in timeline.GROUPS.items())],
        error_messages=UNLISTED,
    )
    person = forms.ModelChoiceField(
        required=False,
        queryset=User.objects.exclude(username=User.SYSTEM),
        to_field_name="username",
        label=_("Person"),
        empty_label=_("Everyone"),
        error_messages=UNLISTED,
    )
    team = forms.ModelChoiceField(
        required=False,
        queryset=Team.objects.all(),
        to_field_name="key",
        label=_("Team"),
        empty_label=_("All teams"),
        error_messages=UNLISTED,
    )
    proposal = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=10**12,
        label=_("Proposal number"),
        widget=forms.TextInput,
        error_messages=dict.fromkeys(
            ("invalid", "min_value", "max_value"), _("Write the number of a proposal, such as 12.")
        ),
    )
    field_order = ("group", "metric", "person", "team", "proposal", "since", "until")

    def __init__(self, data: Mapping[str, str], metric: str = "") -> None:
        super().__init__(data)
        self.of_metric = metric
        if metric:
            del self.fields["metric"]

    def address_of_feed(self) -> str:
        """The query that asks the feed for the same acts, those of one metric included."""
        kept = {name: self.data[name] for name in self.fields if self.data.get(name) and self.value(name)}
        kept |= {"metric": self.of_metric} if self.of_metric else {}
        return f"?{urlencode(kept)}" if kept else ""
