"""Proposals: the working copies, what was submitted, and what people said and sealed."""

from datetime import date, datetime
from functools import cached_property
from typing import Any

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from registry.ledger.canonical import digest
from registry.models.base import Bilingual, Governed, GovernedQuerySet, HistoricalRecords
from registry.models.metrics import Definition, Metric, Worded, definition_document
from registry.models.people import Delegation, Membership, Team, User
from registry.wording import whole


class ProposalQuerySet(GovernedQuerySet["Proposal"]):
    def visible_to(self, user: User) -> "ProposalQuerySet":
        """Submitted ones for everyone signed in; those never submitted for their contributors only."""
        return self.filter(Q(revision__isnull=False) | Q(Exists(_contributing(user))))

    def hidden_from(self, user: User) -> "ProposalQuerySet":
        """The drafts and never-submitted proposals of others."""
        return self.filter(revision=None).exclude(Exists(_contributing(user)))

    def contributed_by(self, user: User) -> "ProposalQuerySet":
        return self.filter(Exists(_contributing(user)))

    def in_review(self) -> "ProposalQuerySet":
        return self.filter(state=Proposal.IN_REVIEW)

    def awaiting(self, user: User, day: date) -> "ProposalQuerySet":
        """In review, with a place still empty that `user` may fill on `day`."""
        held = Membership.objects.signatories().filter(user=user).values("team")
        wrote = Contributor.objects.filter(
            proposal=OuterRef(OuterRef("revision__proposal")), user=OuterRef("membership__user")
        )
        lender = OuterRef("membership__user")
        agreed = SignOff.objects.standing(day).filter(revision=OuterRef(OuterRef("revision")))
        agreed = agreed.filter(Q(signed_by=lender) | Q(membership__user=lender))
        lent = Delegation.objects.active(day).filter(stand_in=user, membership__team=OuterRef("team"))
        sealed = SignOff.objects.standing(day).filter(revision=OuterRef("revision"), team=OuterRef("team"))
        places = (
            Place.objects.filter(revision=OuterRef("revision"))
            .filter(Q(team__in=held) | Exists(lent.exclude(Exists(wrote)).exclude(Exists(agreed))))
            .exclude(Exists(sealed))
        )
        return (
            self.in_review()
            .filter(Exists(places))
            .exclude(Exists(_contributing(user)))
            .exclude(has_sealed(user, SignOff.objects.standing(day)))
        )

    def on_metric(self, key: str) -> "ProposalQuerySet":
        return self.filter(Exists(Clause.objects.filter(revision=OuterRef("revision"), key=key)))


def has_sealed(who: "User | OuterRef", filling: "SignOffQuerySet") -> Q:
    """Whether `who` sealed the row's revision, or another for them by one of the seals that are `filling` a place."""
    signed = SignOff.objects.filter(revision=OuterRef("revision"), signed_by=who)
    return Q(Exists(signed) | Exists(filling.filter(revision=OuterRef("revision"), membership__user=who)))


def _contributing(user: User) -> "models.QuerySet[Contributor]":
    return Contributor.objects.filter(proposal=OuterRef("pk"), user=user.pk)


class Headed(Bilingual, models.Model):
    """A title and a reason in both languages."""

    title_ja = models.CharField(_("title in Japanese"), max_length=120, blank=True)
    title_en = models.CharField(_("title in English"), max_length=120, blank=True)
    reason_ja = models.TextField(_("reason in Japanese"), blank=True)
    reason_en = models.TextField(_("reason in English"), blank=True)

    class Meta:
        abstract = True

    @property
    def title(self) -> str:
        return self.in_language("title") or str(_("Untitled proposal"))

    @property
    def reason(self) -> str:
        return self.in_language("reason")


HEADING = ("title_ja", "title_en", "reason_ja", "reason_en")


def heading_of(headed: Headed) -> dict[str, str]:
    """Title and reason by field."""
    return {name: getattr(headed, name) for name in HEADING}


class Proposal(Headed, Governed):
    """A request to change one or several metrics at once. Its own fields are the draft of the next revision."""

    DRAFT, IN_REVIEW, PUBLISHED = "draft", "in_review", "published"
    WITHDRAWN, REJECTED, EXPIRED = "withdrawn", "rejected", "expired"
    STATES = [
        (DRAFT, _("draft")),
        (IN_REVIEW, _("in review")),
        (PUBLISHED, _("published")),
        (WITHDRAWN, _("withdrawn")),
        (REJECTED, _("rejected")),
        (EXPIRED, _("expired")),
    ]
    OPEN = (DRAFT, IN_REVIEW)
    ENDED_UNAGREED = (WITHDRAWN, REJECTED, EXPIRED)

    author = models.ForeignKey(User, models.PROTECT, related_name="proposals", verbose_name=_("author"))
    state = models.CharField(_("state"), max_length=10, choices=STATES, default=DRAFT)
    effective_from = models.DateField(_("effective from"), null=True, blank=True)
    retroactive = models.BooleanField(_("retroactive correction"), default=False)
    revision = models.OneToOneField(
        "Revision", models.PROTECT, null=True, related_name="+", verbose_name=_("latest revision")
    )
    edits = models.PositiveIntegerField(default=0, help_text="Counts saves, so that none overwrites another")
    created_at = models.DateTimeField(_("created"))
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    objects = ProposalQuerySet.as_manager()  # type: ignore[misc]
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("proposal")
        verbose_name_plural = _("proposals")
        ordering = ["-pk"]
        indexes = [models.Index(fields=["state", "-id"], name="proposal_state")]

    def __str__(self) -> str:
        return self.title

    def in_language(self, stem: str, language: str | None = None) -> str:
        """As submitted: what is saved afterwards is its contributors' own until they submit it too."""
        return self.revision.in_language(stem, language) if self.revision else super().in_language(stem, language)

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN

    @property
    def ended_unagreed(self) -> bool:
        return self.state in self.ENDED_UNAGREED


class Contributor(Governed):
    """Somebody who writes the proposal, its author included, and who therefore never signs it."""

    proposal = models.ForeignKey(Proposal, models.PROTECT, related_name="contributors")
    user = models.ForeignKey(User, models.PROTECT, related_name="contributions")
    invited_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    since = models.DateTimeField()
    wrote = models.BooleanField(default=False, help_text="Saved something, or was there at a submission")

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("contributor")
        verbose_name_plural = _("contributors")
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["proposal", "user"], name="contributes_once")]

    def __str__(self) -> str:
        return str(self.user)


class WorkingCopy(Worded, Governed):
    """What a proposal is going to say about one metric, while its contributors still write it."""

    proposal = models.ForeignKey(Proposal, models.PROTECT, related_name="working_copies")
    key = models.SlugField(_("key"), max_length=60)
    metric = models.ForeignKey(Metric, models.PROTECT, null=True, related_name="+")
    base = models.ForeignKey(Definition, models.PROTECT, null=True, related_name="+")
    wording = models.JSONField()

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("working copy")
        verbose_name_plural = _("working copies")
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["proposal", "key"], name="one_working_copy_per_metric")]

    def __str__(self) -> str:
        return self.key

    @property
    def number(self) -> int:
        return self.base.number + 1 if self.base else 1

    @property
    def changes_something(self) -> bool:
        return self.base is None or whole(self.wording) != whole(self.base.wording)


class Revision(Headed, Governed):
    """The content of a proposal as submitted. Frozen, and named by its digest."""

    proposal = models.ForeignKey(Proposal, models.PROTECT, related_name="revisions")
    number = models.PositiveIntegerField(_("revision"))
    effective_from = models.DateField(_("effective from"))
    retroactive = models.BooleanField(_("retroactive correction"))
    submitted_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    submitted_at = models.DateTimeField(_("submitted"))
    digest = models.CharField(max_length=64)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("revision")
        verbose_name_plural = _("revisions")
        ordering = ["proposal_id", "number"]
        constraints = [models.UniqueConstraint(fields=["proposal", "number"], name="one_revision_per_number")]

    def __str__(self) -> str:
        return f"{self.proposal_id}.{self.number}"

    def in_language(self, stem: str, language: str | None = None) -> str:
        """Revisions from before title and reason were frozen hold none: they are told by those of the proposal."""
        return super().in_language(stem, language) or Bilingual.in_language(self.proposal, stem, language)

    @property
    def heading(self) -> str:
        return _("Revision %(number)d") % {"number": self.number}

    @property
    def previous_number(self) -> int:
        return self.number - 1

    def document(self) -> dict[str, Any]:
        """What its digest is taken over, from its stored clauses and places."""
        carried = getattr(self, "vocabulary_clause", None)
        return revision_document(
            definitions=[clause.document() for clause in self.clauses.all()],
            effective_from=self.effective_from,
            retroactive=self.retroactive,
            signed_by=[place.team.key for place in self.places.all()],
            vocabulary=carried.document() if carried else None,
            heading=heading_of(self),
        )


def revision_document(
    *,
    definitions: list[dict[str, Any]],
    effective_from: date,
    retroactive: bool,
    signed_by: list[str],
    vocabulary: dict[str, Any] | None = None,
    heading: dict[str, str],
) -> dict[str, Any]:
    """The canonical document of a proposal's content: every definition, the date, the reason, and who must sign.

    `vocabulary` is there only where one is carried, and `heading` where there is one, so that every digest from
    before is still the same. Title and reason enter by digest, since certificates are shown outside.
    """
    document = {
        "definitions": sorted(definitions, key=lambda each: each["metric"]),
        "effective_from": effective_from.isoformat(),
        "retroactive": retroactive,
        "signed_by": sorted(signed_by),
    }
    return (
        document
        | ({"vocabulary": vocabulary} if vocabulary else {})
        | ({"heading": digest("goi/heading/1", heading)} if any(heading.values()) else {})
    )


def revision_digest(document: dict[str, Any]) -> str:
    return digest("goi/revision/1", document)


class Clause(Worded, Governed):
    """What a revision says about one metric."""

    revision = models.ForeignKey(Revision, models.PROTECT, related_name="clauses")
    key = models.SlugField(_("key"), max_length=60)
    metric = models.ForeignKey(Metric, models.PROTECT, null=True, related_name="clauses")
    base = models.ForeignKey(Definition, models.PROTECT, null=True, related_name="+")
    wording = models.JSONField()

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("clause")
        verbose_name_plural = _("clauses")
        ordering = ["key"]
        constraints = [models.UniqueConstraint(fields=["revision", "key"], name="one_clause_per_metric")]
        indexes = [models.Index(fields=["key", "revision"], name="clause_of_metric")]

    def __str__(self) -> str:
        return self.key

    @property
    def number(self) -> int:
        return self.base.number + 1 if self.base else 1

    @cached_property
    def base_wording(self) -> Any:
        return self.base.wording if self.base else None

    def document(self) -> dict[str, Any]:
        return definition_document(
            self.key,
            self.number,
            self.base.digest if self.base else None,
            self.revision.effective_from,
            self.wording,
        )


class Dismissal(Governed):
    """That a contributor leaves a passage as it is although it was advised against, and why.

    Bound to the digest of the passage and of what was found in it, so that a changed text is asked about again.
    """

    proposal = models.ForeignKey(Proposal, models.PROTECT, related_name="dismissals")
    key = models.SlugField(max_length=60)
    field = models.CharField(max_length=40)
    code = models.CharField(max_length=40)
    passage = models.CharField(max_length=64)
    reason = models.TextField(_("reason"))
    dismissed_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    dismissed_at = models.DateTimeField()

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("advice left aside")
        verbose_name_plural = _("advice left aside")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["proposal", "key", "field", "code", "passage"], name="dismissed_once")
        ]

    def __str__(self) -> str:
        return f"{self.key}.{self.field}: {self.code}"


class Place(Governed):
    """A team's place in the seal row of a revision: that this team must agree."""

    revision = models.ForeignKey(Revision, models.PROTECT, related_name="places")
    team = models.ForeignKey(Team, models.PROTECT, related_name="places")

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("seal place")
        verbose_name_plural = _("seal places")
        ordering = ["team_id"]
        constraints = [models.UniqueConstraint(fields=["revision", "team"], name="one_place_per_team")]

    def __str__(self) -> str:
        return str(self.team)


class SignOffQuerySet(GovernedQuerySet["SignOff"]):
    def standing(self, day: date) -> "SignOffQuerySet":
        """Those whose signatory still holds the seat they signed from on `day`."""
        seat = Q(membership__until=None, membership__role=Membership.SIGNATORY, membership__user__is_active=True)
        lent = Q(delegation=None) | Q(
            delegation__withdrawn_at=None,
            delegation__starts_on__lte=day,
            delegation__ends_on__gte=day,
            signed_by__is_active=True,
        )
        return self.filter(seat & lent)

    def counted(self) -> "SignOffQuerySet":
        """Of what was published, the seals it was agreed by: each team's last, if the glass was not broken after it."""
        same_place = {"revision": OuterRef("revision"), "team": OuterRef("team")}
        broken = BreakGlass.objects.filter(**same_place, confirmed_at__gte=OuterRef("signed_at"))
        later = SignOff.objects.filter(**same_place, pk__gt=OuterRef("pk"))
        return self.exclude(Exists(broken)).exclude(Exists(later))


class SignOff(Governed):
    """A person's yes, on behalf of one team, to one exact revision. Never changed, never carried over."""

    revision = models.ForeignKey(Revision, models.PROTECT, related_name="sign_offs")
    team = models.ForeignKey(Team, models.PROTECT, related_name="sign_offs")
    signed_by = models.ForeignKey(User, models.PROTECT, related_name="sign_offs")
    membership = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    delegation = models.ForeignKey(Delegation, models.PROTECT, null=True, related_name="+")
    digest = models.CharField(max_length=64)
    meaning = models.TextField(help_text="The sentence the person agreed to, as it was on the screen")
    signed_at = models.DateTimeField()

    objects = SignOffQuerySet.as_manager()  # type: ignore[misc]
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("sign-off")
        verbose_name_plural = _("sign-offs")
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["revision", "signed_by"], name="one_person_fills_one_place")]
        # Without statistics SQLite would look for a place's seal among all seals of the team.
        indexes = [models.Index(fields=["revision", "team"], name="sign_off_of_place")]

    def __str__(self) -> str:
        return f"{self.team}: {self.signed_by}"

    @property
    def agreed_ids(self) -> set[int]:
        """Who agreed by it: whoever pressed it, and the absent signatory it was pressed for."""
        return {self.signed_by_id, self.membership.user_id}

    def holds(self, day: date) -> bool:
        """Whether the seat it was signed from is still held on `day`. Once lost, it does not come back."""
        return self.delegation.holds(day) if self.delegation else self.membership.holds

    def held(self, at: datetime) -> bool:
        """Whether the seat it was signed from was still held at a moment that has passed."""
        kept = self.membership.until is None or self.membership.until > at
        return kept and (self.delegation is None or self.delegation.held(at))


class Objection(Governed):
    """A reviewer's "not yet", with a reason. While it is open nothing is published."""

    proposal = models.ForeignKey(Proposal, models.PROTECT, related_name="objections")
    revision = models.ForeignKey(Revision, models.PROTECT, related_name="objections")
    raised_by = models.ForeignKey(User, models.PROTECT, related_name="objections")
    raised_at = models.DateTimeField()
    reason = models.TextField(_("reason"))
    key = models.SlugField(max_length=60, blank=True)
    field = models.CharField(max_length=40, blank=True)
    closed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    closed_at = models.DateTimeField(null=True)
    closing_reason = models.TextField(blank=True)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("objection")
        verbose_name_plural = _("objections")
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.reason

    @property
    def is_open(self) -> bool:
        return self.closed_at is None


class Comment(Governed):
    """A remark in the discussion, tied to a field where it concerns one."""

    proposal = models.ForeignKey(Proposal, models.PROTECT, related_name="comments")
    parent = models.ForeignKey("self", models.PROTECT, null=True, related_name="replies")
    author = models.ForeignKey(User, models.PROTECT, related_name="comments")
    written_at = models.DateTimeField()
    text = models.TextField(_("comment"))
    key = models.SlugField(max_length=60, blank=True)
    field = models.CharField(max_length=40, blank=True)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("comment")
        verbose_name_plural = _("comments")
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.text


class BreakGlassQuerySet(GovernedQuerySet["BreakGlass"]):
    def awaiting(self, known: datetime | None = None) -> "BreakGlassQuerySet":
        """Those confirmed whose team has not sealed since, as recorded by `known` (default: by now)."""
        since = SignOff.objects.filter(
            revision=OuterRef("revision"), team=OuterRef("team"), signed_at__gt=OuterRef("confirmed_at")
        )
        if known is None:
            return self.filter(~Exists(since), confirmed_at__isnull=False)
        return self.filter(~Exists(since.filter(signed_at__lte=known)), confirmed_at__lte=known)


class BreakGlass(Governed):
    """Two stewards, together and with a reason, standing in for one team's missing seal."""

    revision = models.OneToOneField(Revision, models.PROTECT, related_name="break_glass")
    team = models.ForeignKey(Team, models.PROTECT, related_name="+")
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    reason = models.TextField(_("reason"))
    confirmed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True)

    objects = BreakGlassQuerySet.as_manager()  # type: ignore[misc]
    history = HistoricalRecords()

    class Meta:
        verbose_name = _("break glass")
        verbose_name_plural = _("break glass")
        constraints = [
            models.CheckConstraint(
                condition=Q(confirmed_by=None) | ~Q(confirmed_by=F("asked_by")), name="two_stewards_break_glass"
            )
        ]

    def __str__(self) -> str:
        return self.reason

    def went_without(self, seal: SignOff) -> bool:
        """Whether it was broken because this seal did not hold any more; only a later one takes the flag off."""
        return bool(self.confirmed_at and self.team_id == seal.team_id and seal.signed_at <= self.confirmed_at)
