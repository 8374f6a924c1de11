"""Verifying what the events seal: history rows, the governed rows they describe, and every digest in them."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from django.db import models
from django.db.models import Exists, Max, OuterRef
from django.utils.translation import gettext as _

from registry import rows
from registry.models import GOVERNED, Definition, Event, Revision, SignOff, VocabularyVersion
from registry.models.metrics import definition_digest
from registry.models.proposals import revision_digest
from registry.models.vocabulary import vocabulary_digest
from registry.proof.erasures import Erasures
from registry.proof.findings import Finding

CHUNK = 500
HISTORIES: dict[str, Any] = {model.history.model._meta.db_table: model.history.model for model in GOVERNED}  # type: ignore[attr-defined]


class SealedRows:
    """History rows against the digests in the events. Counts them, so that a row no event seals is found too."""

    def __init__(self, erased: Erasures) -> None:
        self._erased = erased
        self._count: Counter[str] = Counter()

    def inspect(self, events: list[Event]) -> Iterator[Finding]:
        wanted: dict[str, dict[int, tuple[int, list[Any]]]] = defaultdict(dict)
        for event in events:
            for entry in _entries(event):
                wanted[entry[0]][entry[1]] = (event.sequence, entry)
        for table, entries in wanted.items():
            self._count[table] += len(entries)
            found = HISTORIES[table].objects.order_by().in_bulk(list(entries))
            for number, (sequence, entry) in entries.items():
                if sentence := self._flaw(found.get(number), entry, sequence):
                    said = _("Event %(number)d") % {"number": sequence}
                    yield Finding(f"{_place(table, number)} ({said})", sentence)

    def _flaw(self, row: Any, entry: list[Any], sequence: int) -> str:
        if row is None:
            return _("the history row is gone.")
        if rows.sealed(row)[2] != entry[2]:
            return _("the history row was changed after it was recorded.")
        return self._personal_flaw(row, entry, sequence) if entry[3:] else ""

    def _personal_flaw(self, row: Any, entry: list[Any], sequence: int) -> str:
        erased = self._erased.of_person(row.id, sequence)
        if not any(rows.personal_values(row).values()):
            return "" if erased else _("the personal data of the history row are gone, and no act erased them.")
        if rows.sealed(row)[3:] != entry[3:]:
            return _("the personal data of the history row were changed after they were recorded.")
        return _("the history row still holds personal data that an act erased.") if erased else ""

    def unsealed(self) -> Iterator[Finding]:
        """History rows in the tables beyond those that events seal. Call after every event was inspected."""
        for table, model in HISTORIES.items():
            extra = model.objects.count() - self._count[table]
            if extra > 0:
                sentence = _("%(count)d history rows were written that no event seals.") % {"count": extra}
                yield Finding(table, sentence)


def _entries(event: Event) -> Iterator[list[Any]]:
    """The seals of an event, without what cannot be one; a changed event is found by its own digest."""
    for entry in event.rows if isinstance(event.rows, list) else []:
        if isinstance(entry, list) and len(entry) >= 3 and entry[0] in HISTORIES and isinstance(entry[1], int):
            yield entry


def _place(table: str, number: int) -> str:
    return f"{table} {number}"


def present_rows() -> Iterator[Finding]:
    """Governed rows against the latest history row of each."""
    for model in GOVERNED:
        for chunk in _chunks(model._base_manager.all()):
            yield from _against_history(model, chunk)
        yield from _vanished(model)


def _against_history(model: Any, chunk: list[Any]) -> Iterator[Finding]:
    history = model.history.model.objects.order_by()
    keys = [row.pk for row in chunk]
    latest = history.filter(id__in=keys).values("id").annotate(newest=Max("history_id"))
    numbers = {each["id"]: each["newest"] for each in latest}
    records = history.in_bulk(list(numbers.values()))
    for row in chunk:
        record = records.get(numbers.get(row.pk))
        place = _place(model._meta.db_table, row.pk)
        if record is None:
            yield Finding(place, _("the row has no history: it was written past the registry."))
        elif changed := _differences(row, record):
            sentence = _("the row is not what its history says (%(fields)s).")
            yield Finding(place, sentence % {"fields": ", ".join(changed)})


def _differences(row: Any, record: Any) -> list[str]:
    if record.history_type == "-":
        return ["history_type"]
    names = [field.attname for field in type(record).tracked_fields]
    return [name for name in names if rows.plain(getattr(row, name)) != rows.plain(getattr(record, name))]


def _vanished(model: Any) -> Iterator[Finding]:
    history = model.history.model.objects.order_by()
    removed = history.filter(id=OuterRef("id"), history_type="-")
    gone = history.filter(~Exists(model._base_manager.filter(pk=OuterRef("id"))), ~Exists(removed))
    for key in gone.values_list("id", flat=True).distinct():
        yield Finding(_place(model._meta.db_table, key), _("the row is gone, and no act removed it."))


def agreed_words() -> Iterator[Finding]:
    """The digests of versions and revisions against their words, and every seal against what it was given for."""
    for version in _rows(Definition.objects.select_related("metric", "base")):
        if definition_digest(version.document()) != version.digest:
            yield Finding(str(version), _("the words of this version are not those of its digest."))
    for vocabulary in _rows(VocabularyVersion.objects.all()):
        if vocabulary_digest(vocabulary.source) != vocabulary.digest:
            place = _("Vocabulary, version %(number)d") % {"number": vocabulary.number}
            yield Finding(place, _("its text is not that of its digest."))
    related = Revision.objects.select_related("vocabulary_clause__base")
    for revision in _rows(related.prefetch_related("clauses__base", "places__team")):
        for clause in revision.clauses.all():
            clause.revision = revision
        if revision_digest(revision.document()) != revision.digest:
            place = _("Revision %(number)s") % {"number": revision}
            yield Finding(place, _("the words of this revision are not those that were submitted."))
    for seal in _rows(SignOff.objects.select_related("revision", "team", "signed_by")):
        if seal.digest != seal.revision.digest:
            place = _("Seal %(seal)s on revision %(revision)s") % {"seal": seal, "revision": seal.revision}
            yield Finding(place, _("it was given for other words than those of the revision."))


def _rows[M: models.Model](query: models.QuerySet[M]) -> Iterator[M]:
    for chunk in _chunks(query):
        yield from chunk


def _chunks[M: models.Model](query: models.QuerySet[M]) -> Iterator[list[M]]:
    """By primary key, `CHUNK` rows at a time, so that memory stays flat on both databases."""
    query, last = query.order_by("pk"), 0
    while chunk := list(query.filter(pk__gt=last)[:CHUNK]):
        yield chunk
        if len(chunk) < CHUNK:
            return
        last = chunk[-1].pk
