"""The declared words that extraction conditions are written in, and what reviewers said of example records."""

from typing import Any

from django.db import models
from django.db.models import OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from registry.conditions import ConditionError, Vocabulary
from registry.conditions.revive import revived
from registry.ledger.canonical import digest
from registry.models.base import Governed, GovernedQuerySet, HistoricalRecords
from registry.models.metrics import Definition
from registry.models.people import User
from registry.models.proposals import Clause, Proposal, Revision


class VocabularyVersion(Governed):
    """One version of the vocabulary, as YAML. The latest holds; the row never changes."""

    number = models.PositiveIntegerField(_("version"), unique=True)
    source = models.TextField(_("vocabulary (YAML)"))
    digest = models.CharField(max_length=64)
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()
    reason = models.TextField(_("reason"))

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("vocabulary")
        verbose_name_plural = _("vocabularies")
        ordering = ["-number"]

    def __str__(self) -> str:
        return str(self.number)


def vocabulary_digest(source: str) -> str:
    return digest("goi/vocabulary/1", source)


class VocabularyDraft(Governed):
    """The vocabulary a proposal is going to carry, while its contributors still write it."""

    proposal = models.OneToOneField(Proposal, models.PROTECT, related_name="vocabulary_draft")
    base = models.ForeignKey(VocabularyVersion, models.PROTECT, related_name="+")
    source = models.TextField(_("vocabulary (YAML)"))

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("vocabulary in a draft")
        verbose_name_plural = _("vocabularies in drafts")

    def __str__(self) -> str:
        return f"{self.proposal_id}: {self.base}"

    @property
    def number(self) -> int:
        return self.base.number + 1

    def document(self) -> dict[str, Any]:
        """Its part of the revision's canonical document."""
        return {"number": self.number, "base": self.base.digest, "source": self.source}


class VocabularyClause(Governed):
    """The vocabulary that a revision carries. Frozen, and part of what its digest is taken over."""

    revision = models.OneToOneField(Revision, models.PROTECT, related_name="vocabulary_clause")
    base = models.ForeignKey(VocabularyVersion, models.PROTECT, related_name="+")
    source = models.TextField(_("vocabulary (YAML)"))

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("vocabulary in a revision")
        verbose_name_plural = _("vocabularies in revisions")

    def __str__(self) -> str:
        return f"{self.revision_id}: {self.base}"

    @property
    def number(self) -> int:
        return self.base.number + 1

    def document(self) -> dict[str, Any]:
        """Its part of the revision's canonical document."""
        return {"number": self.number, "base": self.base.digest, "source": self.source}


class ExampleAnswerQuerySet(GovernedQuerySet["ExampleAnswer"]):
    def with_entity(self) -> "ExampleAnswerQuerySet":
        """With `about`: the entity that the metric counted when the answer was given.

        A metric that only refers to those of the proposal has no clause there: it counted what was agreed for its day.
        """
        clauses = Clause.objects.filter(revision=OuterRef("revision"), key=OuterRef("key"))
        agreed = Definition.objects.filter(
            metric__key=OuterRef("key"),
            recorded_at__lte=OuterRef("answered_at"),
            effective_from__lte=OuterRef("revision__effective_from"),
        ).order_by("-number")
        asked = (Subquery(versions.values("wording__counts")[:1]) for versions in (clauses, agreed))
        return self.annotate(about=Coalesce(*asked))

    def holding(self, proposal: Proposal) -> "ExampleAnswerQuerySet":
        """Those that bind the proposal: its own, and those of others that did not end without agreement."""
        ended = (Proposal.WITHDRAWN, Proposal.REJECTED, Proposal.EXPIRED)
        return self.filter(Q(proposal=proposal) | ~Q(proposal__state__in=ended))


class ExampleAnswer(Governed):
    """Whether an example record counts, in the eyes of one reviewer. The latest answer on a record holds."""

    COUNTS, NOT, UNSURE = "counts", "not", "unsure"
    ANSWERS = [(COUNTS, _("counts")), (NOT, _("does not count")), (UNSURE, _("not sure"))]

    proposal = models.ForeignKey(Proposal, models.PROTECT, related_name="answers")
    revision = models.ForeignKey(Revision, models.PROTECT, related_name="answers")
    key = models.SlugField(max_length=60)
    record = models.JSONField()
    record_digest = models.CharField(max_length=64)
    answer = models.CharField(max_length=10, choices=ANSWERS)
    answered_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    answered_at = models.DateTimeField()

    history = HistoricalRecords()
    objects = ExampleAnswerQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        verbose_name = _("example answer")
        verbose_name_plural = _("example answers")
        ordering = ["pk"]
        indexes = [models.Index(fields=["key", "record_digest"], name="answer_of_record")]

    def __str__(self) -> str:
        return f"{self.key}: {self.answer}"

    @property
    def judges(self) -> bool:
        """Whether it says yes or no, so that a condition can agree or disagree with it."""
        return self.answer != self.UNSURE

    def read(self, vocabulary: Vocabulary, entity: str) -> dict[str, Any] | None:
        """The record as conditions about `entity` see it, or None where it can no longer be read.

        Needs `about`. The vocabulary may have changed since, or the metric may count other things now.
        """
        if self.about != entity:  # type: ignore[attr-defined]
            return None
        try:
            return revived(self.record, vocabulary, entity)
        except ConditionError:
            return None

    def contradicts(self, counts: bool | None) -> bool:
        """Whether a condition that does count the record, or does not, says the opposite; None says nothing."""
        return self.judges and counts is not None and (self.answer == self.COUNTS) is not counts
