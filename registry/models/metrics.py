"""Stages, metrics, the versions of their definitions, and which of them is in force when."""

from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime
from typing import Any

from django.db import connections, models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.expressions import RawSQL
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from registry import search_index, text
from registry.ledger.canonical import digest
from registry.models.base import Bilingual, Governed, HistoricalRecords
from registry.models.people import Team
from registry.wording import words

FOREVER = date(9999, 12, 31)
STILL_KNOWN = datetime(9999, 12, 31, tzinfo=UTC)


class Stage(Bilingual, Governed):
    """A column of the key point map."""

    key = models.SlugField(_("key"), max_length=40, unique=True)
    name_ja = models.CharField(_("name in Japanese"), max_length=40)
    name_en = models.CharField(_("name in English"), max_length=40)
    position = models.PositiveSmallIntegerField(_("position from the left"))

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("stage")
        verbose_name_plural = _("stages")
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.in_language("name")

    @property
    def name(self) -> str:
        return self.in_language("name")


class Metric(Governed):
    """The identity of a thing that is counted; what it means is in its versions."""

    key = models.SlugField(_("key"), max_length=60, unique=True)
    latest = models.ForeignKey(
        "Definition", models.PROTECT, null=True, related_name="+", verbose_name=_("latest version")
    )
    created_at = models.DateTimeField()

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("metric")
        verbose_name_plural = _("metrics")
        ordering = ["key"]

    def __str__(self) -> str:
        return self.key


class Worded:
    """Reads one JSON wording in the reader's language."""

    wording: Any

    def say(self, stem: str, language: str | None = None) -> str:
        """The text of `stem`, falling back to the other language where one is missing."""
        return words(self.wording, stem, (language or translation.get_language() or "ja")[:2])

    @property
    def name(self) -> str:
        return self.say("name")

    @property
    def summary(self) -> str:
        return self.say("summary")


class Definition(Worded, Governed):
    """One published version. The row never changes; a database trigger sees to it."""

    metric = models.ForeignKey(Metric, models.PROTECT, related_name="versions", verbose_name=_("metric"))
    number = models.PositiveIntegerField(_("version"))
    base = models.OneToOneField("self", models.PROTECT, null=True, related_name="next", verbose_name=_("based on"))
    revision = models.ForeignKey("Revision", models.PROTECT, related_name="definitions")
    wording = models.JSONField()
    terms = models.JSONField(default=list, help_text="[surface, metric key] found in the texts when published")
    effective_from = models.DateField(_("effective from"))
    recorded_at = models.DateTimeField(_("recorded"))
    digest = models.CharField(max_length=64)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("version")
        verbose_name_plural = _("versions")
        ordering = ["metric_id", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["metric", "number"], name="one_version_per_number"),
            models.CheckConstraint(
                condition=Q(number=1, base=None) | Q(number__gt=1, base__isnull=False),
                name="first_version_alone_has_no_base",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.metric.key} {self.number}"

    @property
    def heading(self) -> str:
        return _("Version %(number)d") % {"number": self.number}

    @property
    def base_number(self) -> int:
        """Versions have no gaps, so the one before is known without asking."""
        return self.number - 1

    def document(self) -> dict[str, Any]:
        """What its digest is taken over."""
        return definition_document(
            self.metric.key, self.number, self.base.digest if self.base else None, self.effective_from, self.wording
        )


def definition_document(key: str, number: int, base: str | None, effective_from: date, wording: Any) -> dict[str, Any]:
    """The canonical document of one version, published or proposed. `base` is the previous digest."""
    return {
        "metric": key,
        "number": number,
        "base": base,
        "effective_from": effective_from.isoformat(),
        "wording": wording,
    }


def definition_digest(document: dict[str, Any]) -> str:
    return digest("goi/definition/1", document)


# PostgreSQL takes what a recursive query gives for millions of rows and reads whole tables; an array it takes for ten.
AMONG = {"sqlite": "IN ({})", "postgresql": "= ANY(ARRAY({}))"}
# Through all versions, past ones included. SQLite has no statistics: it joins in the order in which the tables stand.
AROUND = """
WITH RECURSIVE affected(id) AS (
    SELECT id FROM registry_metric WHERE key IN ({keys})
    UNION
    SELECT version.metric_id FROM affected CROSS JOIN registry_metric metric
        CROSS JOIN registry_use used CROSS JOIN registry_definition version
    WHERE metric.id = affected.id AND used.key = metric.key AND used.how <> 'text' AND version.id = used.definition_id
),
reached(id) AS (
    SELECT id FROM registry_metric WHERE id {affected} OR key IN ({besides})
    UNION
    SELECT (SELECT metric.id FROM registry_metric metric WHERE metric.key = used.key)
    FROM reached CROSS JOIN registry_definition version CROSS JOIN registry_use used
    WHERE version.metric_id = reached.id AND used.definition_id = version.id AND used.how <> 'text'
)
SELECT id FROM reached
"""


class InForceQuerySet(models.QuerySet["InForce"]):
    def recorded(self, known: datetime | None = None, *, of_few: bool = False) -> "InForceQuerySet":
        """What held, on whatever day, as recorded by the moment `known` (default: by now).

        `of_few`: of metrics that are named, or called, in some way. SQLite without statistics takes `known_to =` for
        rare, and would look through all that is in force instead of finding those.
        """
        if known is not None:
            return self.filter(known_from__lte=known, known_to__gt=known)
        return self.filter(known_to__gte=STILL_KNOWN) if of_few else self.filter(known_to=STILL_KNOWN)

    def as_of(self, valid: date, known: datetime | None = None, *, of_few: bool = False) -> "InForceQuerySet":
        """What was in force on the day `valid`, as recorded by the moment `known` (default: by now)."""
        return self.filter(valid_from__lte=valid, valid_to__gt=valid).recorded(known, of_few=of_few)

    def since(self, day: date, before: datetime | None = None) -> "InForceQuerySet":
        """What is in force on a day or from a later one, as recorded by now, or as was recorded `before` a moment."""
        spans = self.filter(valid_to__gt=day)
        if before is None:
            return spans.filter(known_to=STILL_KNOWN)
        return spans.filter(known_from__lt=before, known_to__gte=before)

    def with_references(self, keys: Collection[str]) -> "InForceQuerySet":
        """Those of `keys`, and of all that their versions refer to in conditions and formulas, also through others."""
        return self.around((), keys)

    def around(self, keys: Collection[str], besides: Collection[str] = ()) -> "InForceQuerySet":
        """Those of `keys`, of what refers to them, and of all that any of these or `besides` refer to. No more queries.

        References are followed through every version, so that there may be more than counts on some day.
        """
        among = AMONG[connections[self.db].vendor].format
        affected = among("SELECT id FROM affected")
        walk = AROUND.format(keys=_places(keys), besides=_places(besides), affected=affected)
        reached = f"registry_inforce.metric_id {among(walk)}"
        return self.filter(RawSQL(reached, (*keys, *besides), models.BooleanField()))

    def matching(self, terms: Sequence[str]) -> "InForceQuerySet":
        """Those in which every folded term occurs; see `text.search_terms`. Asks the index at once."""
        query = Q()
        for term in terms:
            query &= Q(search_text__contains=term)
        named = search_index.candidates(terms, using=self.db)
        if named is None:
            # Each text on its own, so that both databases read down the list in its order and stop with the page.
            spoken = self.model._default_manager.using(self.db).filter(query, pk=OuterRef("pk"))
            return self.filter(Exists(spoken))
        # By their own ids: told the metrics alone, SQLite would rather read down the whole list in its order.
        few = (
            self.model._default_manager.using(self.db).filter(metric__in=named).order_by().values_list("pk", flat=True)
        )
        return self.filter(query, pk__in=list(few))

    def looking_like(self, names: Sequence[str]) -> "InForceQuerySet":
        """Those whose name could be taken for one of `names`."""
        keys = [text.skeleton(name) for name in names if name]
        return self.filter(Q(look_ja__in=keys) | Q(look_en__in=keys))


def _places(values: Collection[str]) -> str:
    """As many parameters as there are values."""
    return ", ".join(["%s"] * len(values)) or "NULL"


class InForce(models.Model):
    """From when until when a version is the meaning of its metric, and in what span that was believed.

    An index derived from the versions, so that a day can be asked about without walking history: half-open
    in both directions, one current row per metric and day. A later version ends what it replaces by closing
    `known_to` and writing the shortened span anew; see `workflow.publication`.
    """

    definition = models.ForeignKey(Definition, models.PROTECT, related_name="spans")
    metric = models.ForeignKey(Metric, models.PROTECT, related_name="spans")
    key = models.SlugField(max_length=60)
    stage = models.ForeignKey(Stage, models.PROTECT, related_name="+")
    producer = models.ForeignKey(Team, models.PROTECT, related_name="+")
    judge = models.ForeignKey(Team, models.PROTECT, related_name="+")
    rank = models.PositiveSmallIntegerField(help_text="Counted before summed before calculated")
    retired = models.BooleanField(default=False)
    sealed = models.BooleanField(default=True, help_text="False while a broken glass awaits its seal")
    look_ja = models.CharField(max_length=80)
    look_en = models.CharField(max_length=80)
    search_text = models.TextField()
    valid_from = models.DateField()
    valid_to = models.DateField(default=FOREVER)
    known_from = models.DateTimeField()
    known_to = models.DateTimeField(default=STILL_KNOWN)

    objects = InForceQuerySet.as_manager()

    class Meta:
        ordering = ["stage_id", "rank", "key"]
        constraints = [
            models.CheckConstraint(condition=Q(valid_from__lt=F("valid_to")), name="span_holds_a_day"),
            models.CheckConstraint(condition=Q(known_from__lte=F("known_to")), name="span_was_believed_forward"),
            models.UniqueConstraint(
                fields=["metric", "valid_from"], condition=Q(known_to=STILL_KNOWN), name="one_meaning_per_day"
            ),
        ]
        indexes = [
            # The dates stand at the end so that ended spans are passed over inside the index.
            models.Index(
                fields=["known_to", "retired", "stage", "rank", "key", "valid_to", "valid_from"], name="in_force_list"
            ),
            models.Index(fields=["known_to", "key"], name="in_force_key"),
            # Holds all that the whole glossary of a day needs, so that no row is read for it.
            models.Index(
                fields=["known_to", "valid_to", "valid_from", "known_from", "stage", "rank", "key", "definition"],
                name="in_force_day",
            ),
            models.Index(fields=["look_ja"], name="in_force_look_ja"),
            models.Index(fields=["look_en"], name="in_force_look_en"),
        ]

    def __str__(self) -> str:
        return f"{self.definition_id}: {self.valid_from} – {self.valid_to}"


class Use(models.Model):
    """That a version is built from, or names, another metric. Derived from its wording when published."""

    FORMULA, CONDITION, TEXT = "formula", "condition", "text"

    definition = models.ForeignKey(Definition, models.PROTECT, related_name="uses")
    key = models.SlugField(max_length=60)
    how = models.CharField(max_length=10)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key", "definition", "how"], name="used_once")]

    def __str__(self) -> str:
        return f"{self.definition_id} → {self.key}"
