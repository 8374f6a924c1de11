"""What a team would build without Goi: a row for each metric, its versions kept by django-simple-history."""

from django.db import models
from simple_history.models import HistoricalRecords

from registry.models import Membership, Proposal, Revision, Stage, Team, User


class Term(models.Model):
    """The columns of the version in force and of its span. History holds a row for each version."""

    key = models.SlugField(max_length=60, unique=True)
    name_ja = models.CharField(max_length=80)
    name_en = models.CharField(max_length=80)
    summary_ja = models.CharField(max_length=120)
    summary_en = models.CharField(max_length=120)
    number = models.PositiveIntegerField()
    wording = models.JSONField()
    terms = models.JSONField(default=list, blank=True)
    digest = models.CharField(max_length=64)
    stage = models.ForeignKey(Stage, models.PROTECT, related_name="+")
    producer = models.ForeignKey(Team, models.PROTECT, related_name="+")
    judge = models.ForeignKey(Team, models.PROTECT, related_name="+")
    rank = models.PositiveSmallIntegerField()
    retired = models.BooleanField(default=False)
    sealed = models.BooleanField(default=True)
    search_text = models.TextField()
    effective_from = models.DateField()
    recorded_at = models.DateTimeField()

    history = HistoricalRecords()

    class Meta:
        ordering = ["stage_id", "rank", "key"]

    def __str__(self) -> str:
        return self.name_ja


class Seal(models.Model):
    """The columns of a sign-off, row for row."""

    revision = models.ForeignKey(Revision, models.PROTECT, related_name="+")
    team = models.ForeignKey(Team, models.PROTECT, related_name="+")
    signed_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    membership = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    digest = models.CharField(max_length=64)
    meaning = models.TextField()
    signed_at = models.DateTimeField()

    history = HistoricalRecords()

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["revision", "signed_by"], name="yardstick_seals_once")]

    def __str__(self) -> str:
        return f"{self.team}: {self.signed_by}"


class Happening(models.Model):
    """The columns of an event, row for row."""

    at = models.DateTimeField(db_index=True)
    actor = models.ForeignKey(User, models.PROTECT, related_name="+")
    act = models.CharField(max_length=40)
    proposal = models.ForeignKey(Proposal, models.PROTECT, null=True, related_name="+")
    team = models.ForeignKey(Team, models.PROTECT, null=True, related_name="+")
    detail = models.JSONField(default=dict)
    personal = models.JSONField(null=True)
    personal_digest = models.CharField(max_length=64)
    rows = models.JSONField(default=list)
    previous = models.CharField(max_length=64)
    digest = models.CharField(max_length=64, unique=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.act
