"""Looking after the data that conditions are counted on: a steward's acts, each with its event."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from registry import datasets, meaning, rules
from registry.conditions import ConditionError, Intake
from registry.conditions.dataset import checked
from registry.ledger.canonical import digest
from registry.models import Dataset, User
from registry.refusals import WrongState
from registry.workflow.inputs import optional
from registry.workflow.locking import locked
from registry.workflow.record import Act, verb

MAX_NAME = 60


@verb
def add_dataset(dataset: Dataset, *, intake: Intake, mapping: Mapping[str, Any], by: User) -> Dataset:
    """Keep a dataset that was taken in: key, names, kind and place are given, the rest follows from `intake`.

    The first one is counted from now on. Raises `ValidationError` for a name, key or mapping that does not fit.
    """
    rules.require_steward(by)
    for name in ("name_ja", "name_en"):
        setattr(dataset, name, optional(getattr(dataset, name), name, limit=MAX_NAME, lines=False))
    if not (dataset.name_ja or dataset.name_en):
        raise ValidationError({"name_ja": _("Write the name in at least one language.")}, code="required")
    dataset.is_current = not locked(Dataset.objects.all()).filter(is_current=True).exists()
    _take(dataset, intake)
    dataset.mapping = _fitting(dataset, mapping)
    act = Act("dataset_added", by=by)
    dataset.read_by, dataset.read_at = by, act.at
    _seal(dataset)
    dataset.full_clean()
    act.save(dataset)
    act.record(detail=_told(dataset))
    return dataset


@verb
def map_dataset(dataset: Dataset, *, mapping: Mapping[str, Any], by: User) -> Dataset:
    """Change how its columns and values are read."""
    rules.require_steward(by)
    dataset = _again(dataset)
    fitting = _fitting(dataset, mapping)
    if fitting == dataset.mapping:
        raise WrongState("identical", _("Nothing differs from how the dataset is read now. Change something first."))
    dataset.mapping = fitting
    _seal(dataset)
    act = Act("dataset_mapped", by=by)
    act.save(dataset, "mapping", "fingerprint")
    act.record(detail=_told(dataset))
    return dataset


@verb
def read_again(dataset: Dataset, *, intake: Intake, by: User, place: str = "") -> Dataset:
    """Replace its copy by what was taken in now.

    The mapping stays, as far as the vocabulary still has it, so every column it names must still be there.
    """
    rules.require_steward(by)
    dataset = _again(dataset)
    if intake.fingerprint == dataset.content:
        raise WrongState("identical", _("The data is the same as what was read last time. Export it anew first."))
    _take(dataset, intake)
    dataset.mapping = _fitting(dataset, datasets.still_read(dataset))
    act = Act("dataset_read", by=by)
    dataset.place = place or dataset.place
    dataset.read_by, dataset.read_at = by, act.at
    _seal(dataset)
    act.save(dataset, "content", "tables", "mapping", "fingerprint", "place", "read_by", "read_at")
    act.record(detail=_told(dataset))
    return dataset


@verb
def choose_dataset(dataset: Dataset, *, by: User) -> Dataset:
    """From now on proposals are counted on this one."""
    rules.require_steward(by)
    everyone = {each.pk: each for each in locked(Dataset.objects.order_by("pk"))}
    chosen = everyone[dataset.pk]
    if chosen.is_current:
        raise WrongState("identical", _("This dataset is the one that is counted already."))
    act = Act("dataset_chosen", by=by)
    for each in everyone.values():
        if each.is_current:
            each.is_current = False
            act.save(each, "is_current")
    chosen.is_current = True
    act.save(chosen, "is_current")
    act.record(detail=_told(chosen))
    return chosen


def _again(dataset: Dataset) -> Dataset:
    return locked(Dataset.objects.all()).get(pk=dataset.pk)


def _take(dataset: Dataset, intake: Intake) -> None:
    dataset.content = intake.fingerprint
    dataset.tables = [{**asdict(table), "columns": list(table.columns)} for table in intake.tables]


def _fitting(dataset: Dataset, mapping: Mapping[str, Any]) -> dict[str, Any]:
    """The mapping, when it fits vocabulary and tables. Raises `ValidationError` with a sentence where not."""
    try:
        return dict(checked(mapping, datasets.declared(), dataset.columns))
    except ConditionError as error:
        language = meaning.language()
        refusals = [ValidationError(each.message(language), code=each.code) for each in error.problems]
        raise ValidationError({"mapping": refusals}) from error


def _seal(dataset: Dataset) -> None:
    dataset.fingerprint = digest("goi/dataset/1", [dataset.content, dataset.mapping])


def _told(dataset: Dataset) -> dict[str, Any]:
    """What the event says: names and numbers, never the data."""
    return {
        "dataset": dataset.key,
        "name_ja": dataset.name_ja,
        "name_en": dataset.name_en,
        "fingerprint": dataset.fingerprint,
        "rows": dataset.rows,
    }
