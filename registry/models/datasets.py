"""Data that conditions are counted on: where it came from, how it is read, and which copy of it is kept."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from registry.models.base import Bilingual, Governed, GovernedQuerySet, HistoricalRecords
from registry.models.people import User


class DatasetQuerySet(GovernedQuerySet["Dataset"]):
    def current(self) -> "Dataset | None":
        """The one that proposals are counted on; `None` until a steward chose one."""
        return self.filter(is_current=True).first()


class Dataset(Bilingual, Governed):
    """Foreign tables and how they are read. What is counted is a copy kept under `content`, never the origin."""

    FOLDER, UPLOAD, POSTGRES = "folder", "upload", "postgres"
    KINDS = [(FOLDER, _("folder")), (UPLOAD, _("upload")), (POSTGRES, _("PostgreSQL"))]

    key = models.SlugField(_("key"), max_length=60, unique=True)
    name_ja = models.CharField(_("name in Japanese"), max_length=60, blank=True)
    name_en = models.CharField(_("name in English"), max_length=60, blank=True)
    kind = models.CharField(_("kind"), max_length=10, choices=KINDS)
    place = models.CharField(
        _("place"), max_length=300, help_text="Below GOI_IMPORTS, names of files, or a name in GOI_DATASETS; no secret"
    )
    content = models.CharField(max_length=64, help_text="SHA-256 over the files; the name of the kept copy")
    tables = models.JSONField(help_text="name, rows, columns and encoding of every table of the copy")
    mapping = models.JSONField(default=dict, help_text="See registry.conditions.dataset")
    fingerprint = models.CharField(max_length=64, help_text="Over content and mapping: what a count depends on")
    is_current = models.BooleanField(_("counted by default"), default=False)
    read_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    read_at = models.DateTimeField()

    history = HistoricalRecords()
    objects = DatasetQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        verbose_name = _("dataset")
        verbose_name_plural = _("datasets")
        ordering = ["-is_current", "key"]
        constraints = [
            models.UniqueConstraint(fields=["is_current"], condition=Q(is_current=True), name="one_current_dataset")
        ]

    def __str__(self) -> str:
        return self.key

    @property
    def name(self) -> str:
        return self.in_language("name") or self.key

    @property
    def rows(self) -> int:
        return sum(each["rows"] for each in self.tables)

    @property
    def columns(self) -> dict[str, list[str]]:
        """The columns of every table."""
        return {each["name"]: each["columns"] for each in self.tables}
