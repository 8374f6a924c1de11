"""What one act changed, word by word: in published versions, revisions, drafts, and whatever else has words."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import models
from django.db.models import Exists, OuterRef, Value
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from registry import comparison, days, wording
from registry.as_of import When
from registry.choices import Called, named
from registry.comparison import Piece
from registry.models import (
    Clause,
    Contributor,
    Dataset,
    Definition,
    Event,
    Proposal,
    Revision,
    Stage,
    Team,
    User,
    VocabularyClause,
    VocabularyDraft,
    VocabularyVersion,
    WorkingCopy,
)
from registry.models.ledger import EventQuerySet
from registry.models.proposals import HEADING

AGREED = ("published", "submitted", "resubmitted")
NAMED = ("team_changed", "stage_changed", "profile_changed", "vocabulary_changed", "dataset_mapped")
DRAFTED = ("metric_added", "draft_saved", "rebased", "vocabulary_carried")
PLAIN: dict[type[models.Model], tuple[str, ...]] = {
    Team: ("name_ja", "name_en", "mark_ja", "mark_en"),
    Stage: ("name_ja", "name_en", "position"),
    Proposal: (*HEADING, "effective_from", "retroactive"),
    Revision: (*HEADING, "effective_from", "retroactive"),
    User: ("name_ja", "name_en", "email", "language", "shortcuts"),
    Dataset: ("mapping",),
    VocabularyVersion: ("source",),
    VocabularyClause: ("source",),
    VocabularyDraft: ("source",),
}
CODE = ("mapping", "source")
LABELS: dict[str, str | Promise] = {"mapping": gettext_lazy("How it is read")}


@dataclass(frozen=True)
class Line:
    """One field that differs. `language` is that of its text, if it has one; `key` what is stored of a choice."""

    label: str
    language: str
    code: bool
    pieces: list[Piece]
    key: str = ""


@dataclass(frozen=True)
class Difference:
    """What differs in one thing; `address` shows both sides whole, where there is such a page."""

    title: str
    lines: list[Line]
    address: str = ""
    taken_out: bool = False


def noted(events: EventQuerySet, reader: User | None) -> EventQuerySet:
    """Events with `own`: whether this reader contributed to their proposal. In the same query."""
    contributing = Contributor.objects.filter(proposal=OuterRef("proposal"), user=reader)
    return events.annotate(own=Exists(contributing) if reader else Value(False))


def is_shown(event: Any) -> bool:
    """Whether the words of an event, as `noted` gives it, may be compared by that reader.

    What was written into a draft is its contributors' own until it is submitted, and then stands in the revision.
    """
    return event.act in (*AGREED, *NAMED) or (event.act in DRAFTED and event.own)


def differences(event: Event) -> list[Difference]:
    """What the act changed; whether the reader may see it is asked before, with `is_shown`."""
    when = When.at(event.at)
    match event.act:
        case "published":
            found = _published(event, Called(when))
        case "submitted" | "resubmitted":
            found = _submitted(event, when)
        case _:
            found = _written(event, Called(when, _drafted(event)))
    return [each for each in found if each.lines or each.taken_out]


def _drafted(event: Event) -> dict[str, str]:
    """What the metrics are called in the draft that was written."""
    return named(WorkingCopy.objects.filter(proposal=event.proposal_id)) if event.act in DRAFTED else {}


def _published(event: Event, called: Called) -> Iterator[Difference]:
    for key, number in sorted(event.detail["versions"].items()):
        version = Definition.objects.select_related("base").get(metric__key=key, number=number)
        address = reverse("version", args=[key, number])
        if version.base:
            address = reverse("compare", args=[key, version.base.number, number])
        old = version.base.wording if version.base else None
        yield Difference(version.name, worded(old, version.wording, called), address)
    yield from _changed_rows(event, VocabularyVersion)


def _submitted(event: Event, when: When) -> Iterator[Difference]:
    number = event.detail["revision"]
    revisions = Revision.objects.filter(proposal=event.proposal_id, number__in=[number - 1, number]).order_by("number")
    clauses: dict[int, dict[str, Clause]] = {number - 1: {}, number: {}}
    for clause in Clause.objects.filter(revision__in=revisions).select_related("revision", "base"):
        clauses[clause.revision.number][clause.key] = clause
    called = Called(when, named(clauses[number].values()))
    address = ""
    if number > 1:
        address = reverse("compare_revisions", args=[event.proposal_id, number - 1, number])
        yield Difference("", list(plain(Revision, *revisions)))
    for key, clause in clauses[number].items():
        before = clauses[number - 1].get(key)
        old = before.wording if before else clause.base_wording
        yield Difference(clause.name or key, worded(old, clause.wording, called), address)
    for key in sorted(clauses[number - 1].keys() - clauses[number].keys()):
        yield Difference(clauses[number - 1][key].name or key, [], address, taken_out=True)
    yield from _changed_rows(event, VocabularyClause)
    carried = VocabularyClause.objects.filter(revision__in=revisions).values_list("revision__number", flat=True)
    if list(carried) == [number - 1]:
        yield Difference(_("Vocabulary"), [], address, taken_out=True)


def _written(event: Event, called: Called) -> Iterator[Difference]:
    for model in PLAIN:
        yield from _changed_rows(event, model)
    for row, before in _sealed_rows(event, WorkingCopy):
        old = before.wording if before else row.base.wording if row.base else None
        name = wording.words(row.wording, "name", (get_language() or "ja")[:2])
        yield Difference(name or row.key, worded(old, row.wording, called))


def _changed_rows(event: Event, model: type[models.Model]) -> Iterator[Difference]:
    for row, before in _sealed_rows(event, model):
        if old := before or _based_on(model, row):
            yield Difference("", list(plain(model, old, row)))


def _sealed_rows(event: Event, model: Any) -> Iterator[tuple[Any, Any]]:
    """The history rows of this table that the event sealed, each with the one before it."""
    table = model.history.model
    ids = [row[1] for row in event.rows if row[0] == table._meta.db_table]
    for row in table.objects.filter(pk__in=ids).order_by("pk"):
        yield row, table.objects.filter(id=row.id, pk__lt=row.pk).order_by("-pk").first()


def _based_on(model: type[models.Model], row: Any) -> Any:
    """What the first row of a vocabulary is compared with: the one before it; nothing for what is new otherwise."""
    if model is VocabularyVersion:
        return VocabularyVersion.objects.filter(number=row.number - 1).first() or VocabularyVersion()
    if model is VocabularyClause:
        before = VocabularyClause.objects.filter(
            revision__proposal=row.revision.proposal_id, revision__number=row.revision.number - 1
        )
        return before.first() or row.base
    return row.base if model is VocabularyDraft else None


def worded(old: Any, new: Any, called: Called) -> list[Line]:
    """The fields of a wording that differ; without an old one, those that say something."""
    return [
        Line(wording.label(each.field), field.language, field.shape == "code", each.pieces, _key(field, each.new))
        for each in comparison.fields(old, new, wording.NAMES, called)
        for field in [wording.BY_NAME[each.field]]
    ]


def _key(field: wording.Field, stored: Any) -> str:
    return str(stored) if field.shape in ("choice", "metric") else ""


def plain(model: type[models.Model], before: Any, after: Any) -> Iterator[Line]:
    """The fields in which two rows of a model, or of its history, differ."""
    for name in PLAIN[model]:
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            field: Any = model._meta.get_field(name)
            language = name[-2:] if name.endswith(("_ja", "_en")) else ""
            label = str(LABELS.get(name, field.verbose_name))
            yield Line(label, language, name in CODE, comparison.words(_text(old), _text(new)))


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True)
    if isinstance(value, date):
        return days.day(value)
    return "" if value is None else str(value)
