"""Signing in, one's own password and settings, and who stands in for oneself."""

from typing import Any

from django import forms
from django.contrib.auth.backends import AllowAllUsersModelBackend
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.utils.translation import gettext_lazy as _

from registry.forms.fields import Line
from registry.forms.filters import DayField
from registry.models import Membership, User


class SignInForm(AuthenticationForm):
    """User name and password. Whoever knows a deactivated account's password is told why it stays shut."""

    error_messages = {
        "invalid_login": _("This user name and password do not belong together. Check both and try again."),
        "inactive": _("This account has been deactivated. Ask a steward if that is a mistake."),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = _("User name")
        self.fields["password"].label = _("Password")

    def clean(self) -> dict[str, Any]:
        """Asks the backend that answers for deactivated people too, and hashes once whoever it is."""
        given = self.cleaned_data
        if given.get("username") and given.get("password"):
            user = AllowAllUsersModelBackend().authenticate(
                self.request, username=given["username"], password=given["password"]
            )
            if user is None:
                raise self.get_invalid_login_error()
            self.confirm_login_allowed(user)
            self.user_cache = user
        return given


class PasswordForm(PasswordChangeForm):
    """The current password once, the new one twice. `workflow.people.change_password` keeps it."""

    error_messages = {
        "password_mismatch": _("The two new passwords differ. Type the same one twice."),
        "password_incorrect": _("That is not your current password. Try again."),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["old_password"].label = _("Current password")
        self.fields["new_password1"].label = _("New password")
        self.fields["new_password2"].label = _("New password again")
        self.fields["new_password2"].help_text = ""


class ProfileForm(forms.ModelForm):
    """What a person may change about themselves. Holds the values; `workflow.people` keeps them."""

    class Meta:
        model = User
        fields = ["name_ja", "name_en", "email", "language", "shortcuts"]
        field_classes = {"name_ja": Line, "name_en": Line}
        help_texts = {"shortcuts": _("Single keys such as / for search. Press ? on any page to see them.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, language in (("name_ja", "ja"), ("name_en", "en")):
            self.fields[name].widget.attrs["lang"] = language
        languages = [choice for choice in self.fields["language"].choices if choice[0]]  # type: ignore[attr-defined]
        self.fields["language"].choices = [("", _("as the browser asks")), *languages]  # type: ignore[attr-defined]

    def values(self) -> dict[str, Any]:
        """The fields as `change_profile` takes them. Valid forms only."""
        return {name: self.cleaned_data[name] for name in ProfileForm.Meta.fields}


class DelegationForm(forms.Form):
    """Who signs in one's stead, for which team and which days."""

    membership = forms.ModelChoiceField(
        label=_("For which team"), queryset=Membership.objects.none(), empty_label=_("Choose …")
    )
    stand_in = forms.ModelChoiceField(
        label=_("Who stands in"), queryset=User.objects.none(), to_field_name="username", empty_label=_("Choose …")
    )
    starts_on = DayField(label=_("First day"))
    ends_on = DayField(label=_("Last day"))
    reason = Line(label=_("Reason"), max_length=400, help_text=_("For example: parental leave until the end of May."))

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.seats = seats = Membership.objects.signatories().filter(user=user).select_related("team")
        mates = Membership.objects.current().filter(team__in=seats.values("team")).exclude(user=user)
        membership: Any = self.fields["membership"]
        membership.queryset, membership.label_from_instance = seats, lambda seat: seat.team.name
        if not self.is_bound:
            membership.initial = seats.first()
        stand_in: Any = self.fields["stand_in"]
        stand_in.queryset = User.objects.filter(pk__in=mates.values("user"))
