"""Filters that live in the address."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from registry import clock, timeline
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


class Filter(forms.Form):
    """A form read from the address: what cannot be understood is said at its field, and left out."""

    def value(self, name: str) -> Any:
        """The understood value, or `None`."""
        self.is_valid()
        return self.cleaned_data.get(name) or None


class GlossaryFilter(Filter):
    q = forms.CharField(required=False, max_length=200, label=_("Search terms and synonyms"))
    stage = forms.ChoiceField(required=False, label=_("Stage"))
    team = forms.ChoiceField(required=False, label=_("Team"))
    state = forms.ChoiceField(
        required=False,
        label=_("State"),
        choices=[
            ("", _("All in force")),
            ("open", _("With a proposal in review")),
            ("broken", _("Published without every seal")),
            ("retired", _("Retired")),
        ],
    )
    on = DayField(required=False, label=_("As agreed on"))
    known = DayField(required=False, label=_("As recorded by"))

    def __init__(self, *args: Any, outside: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if outside:  # proposals are no business of readers who are not signed in
            shown = [choice for choice in self.fields["state"].choices if choice[0] != "open"]  # type: ignore[attr-defined]
            self.fields["state"].choices = shown  # type: ignore[attr-defined]
        stages = [(stage.key, stage.name) for stage in self.stages]
        teams = [(team.key, team.name) for team in self.teams]
        self.fields["stage"].choices = [("", _("All stages")), *stages]  # type: ignore[attr-defined]
        self.fields["team"].choices = [("", _("All teams")), *teams]  # type: ignore[attr-defined]

    @cached_property
    def stages(self) -> list[Stage]:
        return list(Stage.objects.all())

    @cached_property
    def teams(self) -> list[Team]:
        return list(Team.objects.all())

    def wanted(self) -> Wanted:
        """The filter as the glossary understands it."""
        known = self.value("known")
        return Wanted(
            valid=self.value("on") or clock.today(),
            known=end_of(known) if known else None,
            terms=search_terms(self.value("q") or ""),
            stage=next((each for each in self.stages if each.key == self.value("stage")), None),
            team=next((each for each in self.teams if each.key == self.value("team")), None),
            state=self.value("state") or "",
        )

    def page(self) -> int:
        """The page asked for, from 1; anything else is the first."""
        asked = self.data.get("page", "")
        return min(int(asked), 100_000) if asked.isascii() and asked.isdigit() and int(asked[:9]) > 0 else 1

    def kept_day(self) -> dict[str, str]:
        """The day asked for, for links that keep it."""
        return {name: self.value(name).isoformat() for name in ("on", "known") if self.value(name)}


class DayFilter(Filter):
    """The two days a metric's page understands."""

    on = DayField(required=False, label=_("As agreed on"))
    known = DayField(required=False, label=_("As recorded by"))


class ProposalFilter(Filter):
    state = forms.ChoiceField(required=False, label=_("State"), choices=[("", _("All states")), *Proposal.STATES])
    q = forms.CharField(required=False, max_length=200, label=_("Search titles and reasons"))
    mine = forms.BooleanField(required=False, label=_("Only those I write"))


class HistoryFilter(Filter):
    group = forms.ChoiceField(
        required=False,
        label=_("Kind of act"),
        choices=[("", _("All acts")), *((key, label) for key, (label, acts) in timeline.GROUPS.items())],
    )
    metric = forms.SlugField(
        required=False,
        max_length=60,
        label=_("Metric key"),
        error_messages={"invalid": _("Write a metric's key, such as target_lead.")},
    )
    person = forms.ModelChoiceField(
        required=False,
        queryset=User.objects.exclude(username=User.SYSTEM),
        to_field_name="username",
        label=_("Person"),
        empty_label=_("Everyone"),
    )
    team = forms.ModelChoiceField(
        required=False,
        queryset=Team.objects.all(),
        to_field_name="key",
        label=_("Team"),
        empty_label=_("All teams"),
    )
    since = DayField(required=False, label=_("From"))
    until = DayField(required=False, label=_("To"))


def end_of(day: date) -> datetime:
    """The last moment of a calendar day of the registry."""
    return timezone.make_aware(datetime.combine(day + timedelta(days=1), time.min)) - timedelta(microseconds=1)
