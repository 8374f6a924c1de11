"""Datasets for the web: taken in by a capped process, kept as copies, and opened for counting.

A count asks `engine.ask("count", old, new, vocabulary, datasets.opened(dataset), moments, …)`.
"""

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from registry import engine
from registry.conditions import Intake, Source
from registry.models import Dataset
from registry.refusals import WrongState

READ_SECONDS = 60.0
ENDINGS = (".csv", ".parquet")


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
    most = settings.UPLOAD_MEGABYTES * 2**20
    fresh = Path(tempfile.mkdtemp(prefix="taking-", dir=settings.DATASETS))
    try:
        given = [(name, str(path)) for name, path in files]
        intake: Intake = engine.ask("take_in", given, str(fresh), most, seconds=READ_SECONDS)
        kept = settings.DATASETS / intake.fingerprint
        if not kept.is_dir():
            fresh.rename(kept)
        return intake
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


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
