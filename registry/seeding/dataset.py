"""The example CRM data as a dataset of the example registry, taken in and recorded as a steward would."""

from typing import Any

from django.conf import settings

from registry import datasets, meaning
from registry.conditions import Vocabulary
from registry.models import Dataset, User
from registry.seeding import crm
from registry.workflow import datasets as workflow

KEY = FOLDER = "example"


def write() -> dict[str, int]:
    """The files, below GOI_IMPORTS; rows by file."""
    return crm.write(settings.IMPORTS / FOLDER)


def register(*, by: User) -> Dataset:
    """Take the written files in and record them. The registry needs its vocabulary first."""
    vocabulary = meaning.vocabulary()
    assert vocabulary is not None, "the story declares the vocabulary before its data is read"
    dataset = Dataset(
        key=KEY, name_ja="例の会社の CRM", name_en="The example company’s CRM", kind=Dataset.FOLDER, place=FOLDER
    )
    intake = datasets.take_in(datasets.files_in(FOLDER))
    return workflow.add_dataset(dataset, intake=intake, mapping=mapping(vocabulary), by=by)


def mapping(vocabulary: Vocabulary) -> dict[str, Any]:
    """Every field from the column of its name; industries are spelled in several ways."""
    found = {
        entity.name: {"table": entity.name, "fields": {name: {"column": name} for name in entity.fields}}
        for entity in vocabulary.entities.values()
    }
    industry: dict[str, Any] = {"column": "industry", "values": crm.translations()}
    found["company"]["fields"]["industry"] = industry  # type: ignore[index]
    return found
