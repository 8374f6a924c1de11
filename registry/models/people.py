"""People, the teams they belong to, and who stands in for whom."""

from datetime import date, datetime
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.hashers import check_password
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from registry.models.base import Bilingual, Governed, GovernedQuerySet, HistoricalRecords, PersonalHistory

LANGUAGES = [("ja", "日本語"), ("en", "English")]


class UserManager(BaseUserManager["User"]):
    def get_queryset(self) -> GovernedQuerySet["User"]:
        return GovernedQuerySet(self.model, using=self._db)

    def system(self) -> "User":
        """The registry itself, on whose behalf commands act. Made by the first migration; cannot sign in."""
        return self.get(username=User.SYSTEM)


class User(Bilingual, AbstractBaseUser, Governed):
    """A person. Deactivated when they leave, never deleted: the record names them."""

    SYSTEM = "goi"

    username = models.CharField(_("user name"), max_length=60, unique=True)
    name_ja = models.CharField(_("name in Japanese"), max_length=60, blank=True)
    name_en = models.CharField(_("name in English"), max_length=60, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    language = models.CharField(_("language"), max_length=2, choices=LANGUAGES, blank=True)
    shortcuts = models.BooleanField(_("keyboard shortcuts"), default=True)
    is_steward = models.BooleanField(_("steward"), default=False)
    is_active = models.BooleanField(_("active"), default=True)
    joined_at = models.DateTimeField(_("joined"))

    # Of whoever reads a page; see `accounts.reader`.
    in_a_team: bool
    awaited: list[int]

    # Signing in is not an act on the registry, so no history row may come of it.
    last_login = None

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS = ["name_ja", "email"]

    objects = UserManager()  # type: ignore[misc, assignment]
    history = HistoricalRecords(excluded_fields=["password"], bases=[PersonalHistory])

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        ordering = ["username"]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return self.in_language("name") or self.username

    def check_password(self, raw_password: str | None) -> bool:
        """Without Django's hashing anew on the way: signing in changes no governed row."""
        return check_password(raw_password, self.password)

    @property
    def is_staff(self) -> bool:
        """Stewards open the admin, where governed tables are read-only."""
        return self.is_active and self.is_steward

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        return self.is_staff

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_staff

    @property
    def is_erased(self) -> bool:
        """Everybody else has a name in at least one language."""
        return not (self.name_ja or self.name_en)

    @property
    def is_system(self) -> bool:
        return self.username == self.SYSTEM


class Team(Bilingual, Governed):
    """A party whose agreement counts. Its mark is what its seal shows."""

    key = models.SlugField(_("key"), max_length=40, unique=True)
    name_ja = models.CharField(_("name in Japanese"), max_length=40)
    name_en = models.CharField(_("name in English"), max_length=40)
    mark_ja = models.CharField(_("mark on the seal in Japanese"), max_length=2)
    mark_en = models.CharField(_("mark on the seal in English"), max_length=2)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("team")
        verbose_name_plural = _("teams")
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return self.in_language("name")

    @property
    def mark(self) -> str:
        return self.in_language("mark")


class MembershipQuerySet(GovernedQuerySet["Membership"]):
    def current(self) -> "MembershipQuerySet":
        return self.filter(until=None, user__is_active=True)

    def signatories(self) -> "MembershipQuerySet":
        return self.current().filter(role=Membership.SIGNATORY)


class Membership(Governed):
    """A person's place in a team for a time. A new role is a new row, so that any day can be asked about."""

    MEMBER, SIGNATORY = "member", "signatory"
    ROLES = [(MEMBER, _("member")), (SIGNATORY, _("signatory"))]

    team = models.ForeignKey(Team, models.PROTECT, related_name="memberships", verbose_name=_("team"))
    user = models.ForeignKey(User, models.PROTECT, related_name="memberships", verbose_name=_("person"))
    role = models.CharField(_("role"), max_length=10, choices=ROLES)
    since = models.DateTimeField(_("since"))
    until = models.DateTimeField(_("until"), null=True, blank=True)

    objects = MembershipQuerySet.as_manager()  # type: ignore[misc]
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        ordering = ["team_id", "-role", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["team", "user"], condition=Q(until=None), name="one_open_membership_per_team"
            )
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.team}"

    @property
    def holds(self) -> bool:
        """Whether this is, right now, the place of an active signatory."""
        return self.until is None and self.role == self.SIGNATORY and self.user.is_active


class DelegationQuerySet(GovernedQuerySet["Delegation"]):
    def to_come(self, day: date) -> "DelegationQuerySet":
        """Those of `day` and of the days after it."""
        return self.filter(withdrawn_at=None, ends_on__gte=day).select_related(
            "membership__team", "membership__user", "stand_in"
        )

    def active(self, day: date) -> "DelegationQuerySet":
        """Those that let the stand-in sign on `day`."""
        return self.filter(
            starts_on__lte=day,
            ends_on__gte=day,
            withdrawn_at=None,
            membership__until=None,
            membership__role=Membership.SIGNATORY,
            membership__user__is_active=True,
            stand_in__is_active=True,
        )


class Delegation(Governed):
    """A signatory's stand-in for a dated absence. It never lets a contributor sign their own proposal."""

    membership = models.ForeignKey(Membership, models.PROTECT, related_name="delegations", verbose_name=_("signatory"))
    stand_in = models.ForeignKey(User, models.PROTECT, related_name="standing_in", verbose_name=_("stand-in"))
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("last day"))
    # Not written: it is in the event alone, where it can be erased. Sealed rows of before still hold theirs.
    reason = models.CharField(_("reason"), max_length=400)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects = DelegationQuerySet.as_manager()  # type: ignore[misc]
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("delegation")
        verbose_name_plural = _("delegations")
        ordering = ["-starts_on", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="delegation_ends_after_start")
        ]

    def __str__(self) -> str:
        return f"{self.membership} → {self.stand_in}"

    def holds(self, day: date) -> bool:
        """Whether the stand-in may sign on `day`."""
        return (
            self.starts_on <= day <= self.ends_on
            and self.withdrawn_at is None
            and self.membership.holds
            and self.stand_in.is_active
        )

    def held(self, at: datetime) -> bool:
        """Whether the stand-in could sign at a moment that has passed: whoever left the team stood in no more."""
        in_time = self.starts_on <= timezone.localdate(at) <= self.ends_on
        return in_time and (self.withdrawn_at is None or self.withdrawn_at > at)
