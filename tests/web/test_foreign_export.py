"""A real export that nobody here designed: uploaded as it is, mapped on the screen, counted right.

9,240 leads of an online school, 37 columns and no date. It is public, lies beside the checkout, and is no part
of the product.
"""

import csv
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from registry import datasets, engine, meaning
from registry.conditions import ConditionError, Definition, Moments
from registry.models import Dataset
from tests.cast import Cast
from tests.data import declare
from tests.web.test_datasets import form_of

FILE = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "leads_real.csv"
pytestmark = pytest.mark.skipif(
    not FILE.exists(), reason="needs the public export leads_real.csv in ../shared/data beside the checkout"
)
YEAR = Moments(None, date(2026, 1, 1), date(2027, 1, 1))
SOURCES = {
    "Google": "advertisement", "google": "advertisement", "Facebook": "advertisement", "bing": "advertisement",
    "Pay per Click Ads": "advertisement", "Direct Traffic": "web_form", "Olark Chat": "web_form",
    "Organic Search": "web_form", "Welingak Website": "web_form", "Reference": "referral",
}  # fmt: skip


@pytest.fixture
def school(cast: Cast, client: Client) -> Dataset:
    """The export uploaded unedited, and its suggested mapping corrected on the screen."""
    declare(cast)
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    client.force_login(cast.megumi)
    file = SimpleUploadedFile(FILE.name, FILE.read_bytes(), "text/csv")
    assert client.post("/datasets/new/", {"key": "school", "name_en": "School", "files": [file]}).status_code == 302
    address = "/datasets/school/mapping/lead/"
    sent = form_of(client.get(address)) | {"fixed-created_on": "2026-01-01", "fixed-job_level": "unknown"}
    sent |= {"column-relation": "What is your current occupation", "fixed-email_valid": "true", "show": "1"}
    sent = form_of(client.post(address, sent))
    choose(sent, "source", SOURCES)
    occupations = ("Unemployed", "Working Professional", "Other", "Housewife", "Businessman", "Select")
    choose(sent, "relation", {"Student": "student"} | dict.fromkeys(occupations, "prospect"))
    response = client.post(address, sent)
    assert response.status_code == 302, response.context["form"].errors
    return Dataset.objects.get()


def choose(sent: dict[str, Any], field: str, meanings: dict[str, str]) -> None:
    """What a steward chooses beside each cell; cells that are not in `meanings` stay as they are."""
    pairs = zip(sent[f"cell-{field}"], sent[f"value-{field}"], strict=True)
    sent[f"value-{field}"] = [meanings.get(cell, value) for cell, value in pairs]


def counted(dataset: Dataset, new: str) -> dict[str, int]:
    old, changed = (Definition("lead", text, "created_on") for text in ("consent = TRUE", new))
    found = engine.ask("count", old, changed, meaning.vocabulary(), datasets.opened(dataset), YEAR, seconds=60)
    return dict(found.total)


def test_it_is_mapped_on_the_screen_and_counted_as_a_plain_reading_of_the_file_counts_it(school: Dataset):
    with FILE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    willing = [row for row in rows if row["Do Not Email"] == "No"]
    advertised = [row for row in willing if SOURCES.get(row["Lead Source"]) == "advertisement"]
    assert len(rows) == school.rows == 9240
    assert counted(school, "consent = TRUE AND source = 'advertisement'") == {
        "old": len(willing),
        "new": len(advertised),
        "gained": 0,
        "lost": len(willing) - len(advertised),
        "unknown": sum(not row["Lead Source"] for row in willing),
    }
    with pytest.raises(ConditionError, match="no table for company"):
        counted(school, "company.employees >= 100")
    unsaid = sum(not row["What is your current occupation"] for row in rows)
    assert report(school)["relation", "blank"] == unsaid > 2_000
    assert 0 < report(school)["source", "unknown_value"] < 200


def report(dataset: Dataset) -> dict[tuple[str, str], int]:
    """How many rows break each promise."""
    vocabulary = meaning.vocabulary()
    assert vocabulary
    return {(each.field, each.code): each.number for each in datasets.broken(dataset, vocabulary)}
