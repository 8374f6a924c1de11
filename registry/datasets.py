"""Datasets for the web: taken in by a capped process, kept as copies, and opened for counting.

A count asks `engine.ask("count", old, new, vocabulary, datasets.opened(dataset), moments, …)`.
"""

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.utils.translation import gettext as _

from registry import engine, meaning
from registry.conditions import Broken, Intake, Look, Source, Vocabulary
from registry.conditions.dataset import still_fitting
from registry.conditions.look import Looks
from registry.ledger.canonical import digest
from registry.models import Dataset
from registry.refusals import WrongState

READ_SECONDS = 60.0
ROWS_LISTED = 200
ENDINGS = (".csv", ".parquet")


def declared() -> Vocabulary:
    """The vocabulary that data is read in. Raises `WrongState` before there is one."""
    found = meaning.vocabulary()
    if found is None:
        raise WrongState("no_vocabulary", _("Declare the vocabulary first: a dataset is read in its words."))
    return found


def still_read(dataset: Dataset) -> dict[str, Mapping[str, Any]]:
    """Its mapping, without what the vocabulary has lost since it was saved."""
    return still_fitting(dataset.mapping, declared())


def path_of(dataset: Dataset) -> Path:
    """The folder of the kept copy: one Parquet file of text for each table. Raises `WrongState` if it is gone."""
    folder = settings.DATASETS / dataset.content
    if not folder.is_dir():
        raise WrongState(
            "data_gone", _("The kept copy of %(name)s is missing. Read the dataset in again.") % {"name": dataset.name}
        )
    return folder


def opened(dataset: Dataset) -> Source:
    """What the functions of `registry.conditions` take as data, here and in the capped workers."""
    return Source(str(path_of(dataset)), dataset.mapping)


def take_in(files: Sequence[tuple[str, Path]]) -> Intake:
    """Copy files (name to show, path) into the registry's own form. Raises ConditionError with a sentence."""
    settings.DATASETS.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix="taking-", dir=settings.DATASETS))
    try:
        given = [(name, str(path)) for name, path in files]
        intake: Intake = engine.ask("take_in", given, str(fresh), _most(), seconds=READ_SECONDS)
        kept = settings.DATASETS / intake.fingerprint
        if not kept.is_dir():
            fresh.rename(kept)
        return intake
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def pull(name: str, tables: Sequence[str]) -> Intake:
    """Read tables of the database called `name` in GOI_DATASETS. Raises ConditionError with a sentence."""
    address = settings.DATASET_SECRETS.get(name)
    if address is None:
        sentence = _("There is no connection “%(name)s” in GOI_DATASETS. Choose one of those there are.")
        raise WrongState("no_connection", sentence % {"name": name})
    settings.DATASETS.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="pulling-", dir=settings.DATASETS) as folder:
        files = engine.ask("pull", address, list(tables), folder, _most(), seconds=READ_SECONDS)
        return take_in(files)


def _most() -> int:
    return int(settings.UPLOAD_MEGABYTES) * 2**20


def looks(content: str, tables: Mapping[str, Sequence[str]]) -> Looks:
    """A look at every column of these tables of a kept copy; a copy never changes, so one look is enough."""
    found: dict[str, Mapping[str, Look]] = {}
    for table, columns in tables.items():
        name = f"look/{digest('goi/look/2', [content, table])}"
        seen = cache.get(name)
        if seen is None:
            folder = str(settings.DATASETS / content)
            seen = engine.ask("look", folder, {table: list(columns)}, seconds=READ_SECONDS)[table]
            cache.set(name, seen)
        found[table] = seen
    return found


def suggested(intake: Intake, vocabulary: Vocabulary) -> dict[str, Any]:
    """The mapping that fits what was taken in best."""
    seen = looks(intake.fingerprint, {table.name: table.columns for table in intake.tables})
    return dict(engine.ask("suggest", seen, vocabulary, seconds=READ_SECONDS))


def broken(dataset: Dataset, vocabulary: Vocabulary) -> list[Broken]:
    """The promises of the vocabulary that the data breaks as it is mapped, with the first rows of each."""
    name = f"broken/{digest('goi/broken/1', [dataset.fingerprint, repr(vocabulary)])}"
    found: list[Broken] | None = cache.get(name)
    if found is None:
        found = engine.ask("conformance_of", opened(dataset), vocabulary, ROWS_LISTED, seconds=READ_SECONDS)
        cache.set(name, found)
    return found


def files_in(place: str) -> list[tuple[str, Path]]:
    """The CSV and Parquet files of a folder below GOI_IMPORTS. Raises `WrongState` for any other place."""
    root = settings.IMPORTS.resolve()
    folder = (root / place.replace("\0", "")).resolve()
    if not folder.is_relative_to(root) or not folder.is_dir():
        raise WrongState(
            "no_folder",
            _("There is no folder “%(place)s” among those an administrator opened (GOI_IMPORTS).") % {"place": place},
        )
    found = sorted(path for path in folder.iterdir() if path.suffix.lower() in ENDINGS)
    return [(path.name, path) for path in found if path.is_file() and path.resolve().is_relative_to(root)]
