"""What stewards look after: people, their places in teams, the teams and the stages."""

from typing import Any

from django import forms
from django.contrib.auth.forms import SetPasswordForm
from django.contrib.auth.password_validation import password_validators_help_text_html, validate_password
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from registry.forms.account import ProfileForm
from registry.forms.fields import Line, SearchField
from registry.models import Membership, Stage, Team, User

USERNAME = RegexValidator(
    r"^(?!new$)[a-z0-9][a-z0-9._@+-]*\Z",
    _("Use lower-case letters, digits and . _ - @ + only, beginning with a letter or digit."),
)

TAKEN = {"unique": _("This is taken already. Choose another.")}


class PeopleFilter(forms.Form):
    q = SearchField(label=_("Search names"))


class NewPersonForm(ProfileForm):
    """Somebody new. Without a password they cannot sign in until a steward gives them one."""

    password = forms.CharField(
        required=False,
        strip=False,
        label=_("First password"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    class Meta(ProfileForm.Meta):
        fields = ["username", "name_ja", "name_en", "email", "language"]
        error_messages = {"username": TAKEN}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        username = self.fields["username"]
        username.validators.append(USERNAME)
        username.widget.attrs |= {"autocapitalize": "none", "autocomplete": "off", "spellcheck": "false"}
        username.help_text = _("For signing in. It never changes afterwards.")
        self.fields["password"].help_text = password_validators_help_text_html()

    def clean_password(self) -> str:
        password = self.cleaned_data["password"]
        if password:
            validate_password(password, User(**{name: self.data.get(name, "") for name in self.Meta.fields}))
        return password


class GivePasswordForm(SetPasswordForm):
    """A first or forgotten password, given by a steward."""

    error_messages = {"password_mismatch": _("The two passwords differ. Type the same one twice.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["new_password1"].label = _("New password")
        self.fields["new_password2"].label = _("New password again")
        self.fields["new_password2"].help_text = ""


class ErasureForm(forms.Form):
    """Forgetting somebody. It cannot be taken back, so it is said twice."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("It stays in the record for good, so do not name the person in it."),
    )
    understood = forms.BooleanField(
        label=_("I understand that this cannot be undone."),
        error_messages={"required": _("Confirm that it cannot be undone.")},
    )


class MembershipForm(forms.Form):
    team = forms.ModelChoiceField(
        label=_("Team"), queryset=Team.objects.all(), to_field_name="key", empty_label=_("Choose …")
    )
    role = forms.ChoiceField(label=_("Role"), choices=Membership.ROLES)


class TeamForm(forms.ModelForm):
    """A team's names and the marks its seal shows."""

    class Meta:
        model = Team
        fields = ["name_ja", "name_en", "mark_ja", "mark_en"]
        field_classes: dict[str, type[forms.Field]] = dict.fromkeys(fields, Line)
        help_texts = {
            "mark_ja": _("One or two characters, as on a seal."),
            "mark_en": _("One or two letters: S."),
        }


class KeyField(forms.SlugField):
    """What addresses and agreements name a team or stage by."""

    default_validators = [
        RegexValidator(
            r"^[a-z0-9][a-z0-9_-]*\Z",
            _("Use lower-case letters, digits, - and _ only, beginning with a letter or digit."),
        )
    ]


class NewTeamForm(TeamForm):
    class Meta(TeamForm.Meta):
        fields = ["key", *TeamForm.Meta.fields]
        field_classes = TeamForm.Meta.field_classes | {"key": KeyField}
        error_messages = {"key": TAKEN}
        help_texts = TeamForm.Meta.help_texts | {
            "key": _("Lower-case letters, digits and hyphens. It never changes afterwards.")
        }


class StageForm(forms.ModelForm):
    """A stage's names and where it stands on the key point map."""

    class Meta:
        model = Stage
        fields = ["name_ja", "name_en", "position"]
        field_classes: dict[str, type[forms.Field]] = {"name_ja": Line, "name_en": Line}


class NewStageForm(StageForm):
    class Meta(StageForm.Meta):
        fields = ["key", *StageForm.Meta.fields]
        field_classes = StageForm.Meta.field_classes | {"key": KeyField}
        error_messages = {"key": TAKEN}
        help_texts = {"key": _("Lower-case letters, digits and hyphens. It never changes afterwards.")}
