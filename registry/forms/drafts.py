"""Writing a proposal: its heading, and one form per metric made from the table of wording fields."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.forms.boundfield import BoundField
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext_lazy as _

from registry import wording
from registry.forms.builder_sheet import Sheet, Shown
from registry.forms.conditions import ConditionPart
from registry.forms.filters import DayField
from registry.forms.metrics import MetricField, MetricKeyField
from registry.models import Definition, Membership, Proposal, Stage, Team, User, WorkingCopy
from registry.standing import Standing

SPARE_EXAMPLES = 2


class HeadingForm(forms.Form):
    """Title, reason and date of a proposal. Nothing is required while it is a draft."""

    title_ja = forms.CharField(required=False, label=_("Title"), max_length=120)
    title_en = forms.CharField(required=False, label=_("Title"), max_length=120)
    reason_ja = forms.CharField(
        required=False, label=_("Reason"), strip=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    reason_en = forms.CharField(
        required=False, label=_("Reason"), strip=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    effective_from = DayField(required=False, label=_("Effective from"))
    retroactive = forms.BooleanField(
        required=False,
        label=_("Retroactive correction"),
        help_text=_("It applies to days that have passed: numbers already reported may change."),
    )

    @classmethod
    def of(cls, proposal: Proposal, data: Any = None) -> "HeadingForm":
        form = cls(data, initial={name: getattr(proposal, name) for name in cls.base_fields})
        for name in ("title_ja", "title_en", "reason_ja", "reason_en"):
            form.fields[name].widget.attrs["lang"] = name[-2:]
        return form

    @property
    def pairs(self) -> list[tuple[BoundField, BoundField]]:
        return [(self[f"{stem}_ja"], self[f"{stem}_en"]) for stem in ("title", "reason")]

    def heading(self) -> dict[str, str]:
        return {name: value for name, value in self.cleaned_data.items() if name[:-3] in {"title", "reason"}}


@dataclass(frozen=True)
class Row:
    """One line of the form: a field in both languages side by side, or one without a language."""

    stem: str
    fields: Sequence[BoundField]

    @property
    def paired(self) -> bool:
        return len(self.fields) == 2


@dataclass(frozen=True)
class ExampleRow:
    number: int
    ja: BoundField
    en: BoundField
    counts: BoundField


class WordingForm(forms.Form):
    """One metric of a proposal. Its fields are those of `wording.FIELDS`, under the metric's key."""

    def __init__(self, copy: WorkingCopy, choices: "Choices", part: ConditionPart, data: Any = None) -> None:
        super().__init__(data, prefix=copy.key, initial=_initial(copy.wording))
        self.copy = copy
        self.part = part
        for field in wording.FIELDS:
            if field.shape != "examples":
                self.fields[field.name] = _form_field(field, choices)
        for number in range(self._example_count(data)):
            self.fields |= _example_fields(number, copy.wording["kind"])

    def _example_count(self, data: Any) -> int:
        typed = 0
        if data is not None:
            pattern = re.compile(rf"{re.escape(self.copy.key)}-example_(\d{{1,2}})_(?:ja|en)")
            numbers = [int(match[1]) for name in data if (match := pattern.fullmatch(name))]
            typed = max(numbers, default=-1) + 1
        wanted = max(typed, len(self.copy.wording["examples"]) + SPARE_EXAMPLES)
        return min(wanted, wording.MAX_LISTED + SPARE_EXAMPLES)

    def wording(self) -> dict[str, Any]:
        """What was typed, as a wording. Valid forms only."""
        typed: dict[str, Any] = {}
        for field in wording.FIELDS:
            if field.shape == "examples":
                typed[field.name] = [self._example(row.number) for row in self.examples]
            elif field.shape == "list":
                typed[field.name] = self.cleaned_data[field.name].splitlines()
            else:
                typed[field.name] = self.cleaned_data[field.name]
        return typed

    def _example(self, number: int) -> dict[str, Any]:
        values = {name: self.cleaned_data[f"example_{number}_{name}"] for name in ("ja", "en")}
        return values | {"counts": self.cleaned_data[f"example_{number}_counts"] != "no"}

    @property
    def groups(self) -> Iterator[tuple[Any, list[Row]]]:
        """The rows under their headings, in the order in which people think about a metric."""
        for heading, stems in GROUPS:
            yield heading, [self._row(stem) for stem in stems]

    def _row(self, stem: str) -> Row:
        names = [field.name for field in wording.FIELDS if field.stem == stem]
        return Row(stem, [self[name] for name in names])

    @property
    def examples(self) -> list[ExampleRow]:
        numbers = range(sum(name.endswith("_counts") for name in self.fields))
        return [
            ExampleRow(number, *(self[f"example_{number}_{part}"] for part in ("ja", "en", "counts")))
            for number in numbers
        ]

    @property
    def sheet(self) -> Shown | None:
        """The builder, where the condition is shown in it."""
        declared = self.part.told.vocabulary
        return Sheet(self.part, declared).root() if declared and self.part.group is not None else None

    def refuse_gaps(self) -> None:
        """Say that the builder's rows are not complete, so that the condition is still the one before."""
        if self.part.gaps:
            self.add_error("condition", _("Complete the marked rules in the builder, or remove them."))

    def refuse(self, problems: dict[str, list[str]]) -> None:
        """Show what the workflow refused, `<key>-<field>` by `<key>-<field>`, at this form's fields."""
        for name, sentences in problems.items():
            key, _dash, field = name.partition("-")
            if key == self.copy.key:
                for sentence in sentences:
                    self.add_error(field if field in self.fields else None, sentence)


GROUPS: tuple[tuple[Any, tuple[str, ...]], ...] = (
    (_("Words"), ("name", "summary", "text", "excludes", "synonyms", "unit")),
    (
        _("How it is counted"),
        (
            "kind",
            "counts",
            "counting_key",
            "dated_by",
            "first_per",
            "sums",
            "condition",
            "formula",
            "counting",
        ),
    ),
    (_("Where it belongs"), ("stage", "producer", "judge", "retired", "successor")),
)


class Choices:
    """The choices every wording form offers, read once."""

    def __init__(self) -> None:
        teams = [(team.key, team.name) for team in Team.objects.all()]
        stages = [(stage.key, stage.name) for stage in Stage.objects.all()]
        self.by_field: dict[str, list[tuple[str, Any]]] = {
            "kind": list(wording.KINDS.items()),
            "stage": [("", _("Choose …")), *stages],
            "producer": [("", _("Choose …")), *teams],
            "judge": [("", _("Choose …")), *teams],
        }


def _form_field(field: wording.Field, choices: Choices) -> forms.Field:
    common: dict[str, Any] = {"required": False, "label": field.label, "help_text": field.help}
    attrs: dict[str, Any] = {"lang": field.language} if field.language else {}
    match field.shape:
        case "flag":
            return forms.BooleanField(**common)
        case "choice":
            return forms.ChoiceField(choices=choices.by_field[field.name], **common)
        case "metric":
            return MetricKeyField(**common)
        case "prose":
            attrs["rows"] = 8 if field.stem == "text" else 4
        case "code":
            attrs |= {"rows": 8 if field.name == "condition" else 2, "class": "code", "spellcheck": "false"}
        case "list":
            attrs["rows"] = 3
        case _:
            return forms.CharField(widget=forms.TextInput(attrs=attrs), **common)
    return forms.CharField(strip=False, widget=forms.Textarea(attrs=attrs), **common)


def _example_fields(number: int, kind: str) -> dict[str, forms.Field]:
    def line(language: str) -> forms.Field:
        widget = forms.Textarea(attrs={"lang": language, "rows": 2})
        return forms.CharField(required=False, label=_("Example"), widget=widget)

    said = wording.answers(kind)
    answers = [("yes", said[True]), ("no", said[False])]
    return {
        f"example_{number}_ja": line("ja"),
        f"example_{number}_en": line("en"),
        f"example_{number}_counts": forms.ChoiceField(required=False, label=_("Answer"), choices=answers),
    }


def _initial(words: wording.Wording) -> dict[str, Any]:
    words = wording.whole(words)
    initial = dict(words)
    for field in wording.FIELDS:
        if field.shape == "list":
            initial[field.name] = "\n".join(words[field.name])
    for number, example in enumerate(words["examples"]):
        initial |= {
            f"example_{number}_ja": example["ja"],
            f"example_{number}_en": example["en"],
            f"example_{number}_counts": "yes" if example["counts"] else "no",
        }
    return initial


class StartForm(forms.Form):
    """What a new proposal, or a further metric of one, is about."""

    CHANGE, NEW, RETIRE, RESTORE = "change", "new", "retire", "restore"

    act = forms.ChoiceField(
        label=_("What do you want to propose?"),
        choices=[
            (CHANGE, _("Change a metric")),
            (NEW, _("Add a new metric")),
            (RETIRE, _("Retire a metric")),
            (RESTORE, _("Restore an old version")),
        ],
        widget=forms.RadioSelect,
        initial=CHANGE,
    )
    metric = MetricField(required=False, label=_("Metric"), help_text=_("Its key or its name."))
    version = forms.IntegerField(required=False, min_value=1, label=_("Version to restore"))
    successor = MetricField(
        required=False, label=_("Successor"), help_text=_("What people should use instead of the retired metric.")
    )
    key = forms.CharField(
        required=False,
        max_length=60,
        label=_("Key of the new metric"),
        help_text=_("Lower-case letters, digits and underscores. It never changes afterwards."),
    )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        act = given.get("act")
        if act == self.NEW and not given.get("key"):
            self.add_error("key", _("Give the new metric a key, such as target_lead."))
        if act in {self.CHANGE, self.RETIRE, self.RESTORE} and not (given.get("metric") or "metric" in self.errors):
            self.add_error("metric", _("Choose a metric."))
        if act == self.RESTORE and given.get("metric") and not self.chosen_version():
            self.add_error("version", _("Choose one of the metric's versions before the latest."))
        return given

    def chosen_version(self) -> Definition | None:
        """The version to restore, or `None`."""
        metric, number = self.cleaned_data.get("metric"), self.cleaned_data.get("version")
        if not (metric and number):
            return None
        earlier = metric.versions.exclude(pk=metric.latest_id)
        return earlier.filter(number=number).select_related("metric").first()

    @property
    def is_begun(self) -> bool:
        """Whether anything is filled in but the kind of proposal, which always is."""
        return any(self[name].value() for name in self.fields if name != "act")

    @property
    def names_it(self) -> str:
        """The field that names the metric."""
        return "key" if self.cleaned_data.get("act") == self.NEW else "metric"

    def restored(self) -> Definition:
        """The version to restore, of a valid form that restores one."""
        version = self.chosen_version()
        assert version is not None, "the form is invalid without it"
        return version


class InviteForm(forms.Form):
    """Stands beside the draft and is sent with it, so that pressing its button keeps what was typed.

    Offers whoever can be invited; whether the one who is chosen still can, the workflow says.
    """

    user = forms.ModelChoiceField(
        label=_("Person"),
        queryset=User.objects.filter(is_active=True),
        to_field_name="username",
        empty_label=_("Choose …"),
        error_messages={"required": _("Choose a person from the list.")},
        widget=forms.Select(attrs={"form": "draft"}),
    )

    def __init__(self, standing: Standing, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["user"]

        @cache  # Django asks twice for one select
        def offered() -> list[tuple[str, Any]]:
            return [("", field.empty_label), *((each.username, each) for each in _invitable(standing))]

        field.choices = offered


def _invitable(standing: Standing) -> QuerySet[User]:
    """Active members who neither contribute yet nor have sealed what was submitted."""
    taken = standing.contributor_ids | {who for seal in standing.sign_offs for who in seal.agreed_ids}
    members = Q(is_steward=True) | Q(pk__in=Membership.objects.current().values("user"))
    return User.objects.filter(members, is_active=True).exclude(pk__in=taken)


class RebaseForm(forms.Form):
    """For each field of one outdated metric: which side's words to take, or words of one's own."""

    def __init__(self, copy: WorkingCopy, fields: Sequence[str], data: MultiValueDict[str, str] | None = None) -> None:
        super().__init__(data, prefix=f"rebase-{copy.key}")
        answers = [("ours", _("the proposal's")), ("theirs", _("the new version's"))]
        for name in fields:
            self.fields[name] = forms.ChoiceField(
                label=name,
                choices=answers,
                widget=forms.RadioSelect,
                error_messages={"required": _("Choose whose words to keep.")},
            )
