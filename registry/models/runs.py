"""What a metric counted on a dataset, before and after a change: the numbers people had in front of them."""

from collections.abc import Iterable

from django.db import models
from django.utils.translation import gettext_lazy as _

from registry.models.base import Governed, GovernedQuerySet, HistoricalRecords
from registry.models.datasets import Dataset
from registry.models.people import User
from registry.models.proposals import Revision


class RunQuerySet(GovernedQuerySet["Run"]):
    def answering(self, questions: Iterable[str], fingerprint: str) -> "RunQuerySet":
        """Those that asked one of these questions of exactly this data."""
        return self.filter(question__in=list(questions), fingerprint=fingerprint)


class Run(Governed):
    """One question asked of one state of the data. The row never changes: people sealed with its numbers in mind."""

    key = models.SlugField(_("metric"), max_length=60)
    question = models.CharField(max_length=64, help_text="SHA-256 of what was asked: its query of data as promised")
    sql = models.TextField("SQL")
    sql_digest = models.CharField(max_length=64, help_text="SHA-256 of the SQL that ran")
    as_of = models.DateField(_("as of"))
    dataset = models.ForeignKey(Dataset, models.PROTECT, related_name="runs")
    fingerprint = models.CharField(max_length=64, help_text="The dataset's, when it was counted")
    revision = models.ForeignKey(Revision, models.PROTECT, null=True, related_name="runs")
    revision_digest = models.CharField(max_length=64, blank=True)
    old_meaning = models.CharField(max_length=64, help_text="SHA-256 of one side's query, whatever the day")
    new_meaning = models.CharField(max_length=64)
    months = models.JSONField(help_text="[month, old, new, gained, lost, unknown] for every month with a number")
    broken = models.JSONField(help_text="[entity, field, code, rows] for every promise broken that the query reads")
    counted_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    counted_at = models.DateTimeField()

    history = HistoricalRecords()
    objects = RunQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        verbose_name = _("run")
        verbose_name_plural = _("runs")
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["question", "fingerprint"], name="one_run_per_question")]
        indexes = [models.Index(fields=["key", "-id"], name="run_of_metric")]

    def __str__(self) -> str:
        return f"{self.key} {self.as_of}"
