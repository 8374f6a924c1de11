"""Datasets as governed records: kept by stewards' acts, read through their mapping, counted by capped workers."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from registry import datasets, engine, meaning
from registry.conditions import ConditionError, Definition, Moments
from registry.models import Dataset, Event
from registry.refusals import NotPermitted, WrongState
from registry.workflow import datasets as workflow
from tests.cast import Cast
from tests.data import LEADS, MAPPING, declare, export, kept
from tests.ledger.tampering import wrong

YEAR = Moments(None, date(2026, 1, 1), date(2027, 1, 1))


@pytest.fixture
def crm(cast: Cast, tmp_path: Path) -> Dataset:
    declare(cast)
    return kept(cast, tmp_path)


def counted(dataset: Dataset, new: str, old: str = "relation = 'prospect'") -> Any:
    """Old against new on the dataset, in a capped worker."""
    before, after = (Definition("lead", text, "created_on") for text in (old, new))
    return engine.ask("count", before, after, meaning.vocabulary(), datasets.opened(dataset), YEAR, seconds=60)


def test_adding_leaves_one_event_and_its_history(crm: Dataset, cast: Cast):
    event = Event.objects.first()
    assert (event.act, event.actor, event.detail["rows"]) == ("dataset_added", cast.megumi, 4)
    assert crm.history.get().history_user == cast.megumi
    assert wrong() == []


def test_the_first_dataset_is_the_one_that_is_counted_and_a_steward_chooses_another(
    crm: Dataset, cast: Cast, tmp_path: Path
):
    other = kept(cast, tmp_path / "other", key="other", text=LEADS + "L5,2026/5/9,,課長,はい,はい,見込み客,\n")
    assert [crm.is_current, other.is_current] == [True, False]
    workflow.choose_dataset(other, by=cast.megumi)
    assert Dataset.objects.current() == other
    assert Dataset.objects.filter(is_current=True).count() == 1
    with pytest.raises(WrongState):
        workflow.choose_dataset(other, by=cast.megumi)


def test_only_stewards_look_after_data(crm: Dataset, cast: Cast):
    before = Event.objects.count()
    for act in (
        lambda: workflow.choose_dataset(crm, by=cast.ryo),
        lambda: workflow.map_dataset(crm, mapping={}, by=cast.ryo),
    ):
        with pytest.raises(NotPermitted):
            act()
    assert Event.objects.count() == before


def test_it_is_counted_through_its_mapping_in_a_capped_worker(crm: Dataset):
    found = counted(crm, "relation = 'prospect' AND consent = TRUE AND source IN ('exhibition', 'web_form', 'seminar')")
    assert found.total == {"old": 2, "new": 1, "gained": 0, "lost": 1, "unknown": 0}
    assert found.samples["lost"][0]["lead_id"] == "L2"
    assert found.samples["lost"][0]["source"] == "exhibition"


def test_what_the_dataset_lacks_is_refused_with_its_name(crm: Dataset):
    with pytest.raises(ConditionError, match="no table for company"):
        counted(crm, "company.employees >= 100")
    with pytest.raises(ConditionError, match=r"nothing for lead\.department"):
        counted(crm, "department = '営業部'")


def test_another_mapping_is_another_fingerprint_and_an_identical_one_is_refused(crm: Dataset, cast: Cast):
    with pytest.raises(WrongState):
        workflow.map_dataset(crm, mapping=MAPPING, by=cast.megumi)
    fields = {**MAPPING["lead"]["fields"], "relation": {"fixed": "prospect"}}
    changed = workflow.map_dataset(crm, mapping={"lead": {"table": "leads", "fields": fields}}, by=cast.megumi)
    assert changed.fingerprint != crm.fingerprint
    assert counted(changed, "relation = 'prospect'").total["old"] == 3
    assert wrong() == []


@pytest.mark.parametrize(
    ("field", "given", "code"),
    [
        ("created_on", {"column": "なし"}, "mapping_column"),
        ("created_on", {"column": "作成日", "format": "%s"}, "mapping_format"),
        ("created_on", {"column": "作成日", "fixed": "2026-01-01"}, "mapping_field"),
        ("nothing", {"fixed": ""}, "mapping_field"),
    ],
)
def test_a_mapping_that_does_not_fit_is_refused(crm: Dataset, cast: Cast, field: str, given: Any, code: str):
    fields = {**MAPPING["lead"]["fields"], field: given}
    with pytest.raises(ValidationError) as refused:
        workflow.map_dataset(crm, mapping={"lead": {"table": "leads", "fields": fields}}, by=cast.megumi)
    assert refused.value.error_dict["mapping"][0].code == code


def test_reading_again_replaces_the_copy_and_keeps_the_mapping(crm: Dataset, cast: Cast, tmp_path: Path):
    with pytest.raises(WrongState):
        workflow.read_again(crm, intake=datasets.take_in([("leads.csv", tmp_path / "leads.csv")]), by=cast.megumi)
    longer = export(tmp_path, LEADS + "L5,2026/5/9,,課長,はい,はい,見込み客,\n")
    fresh = workflow.read_again(crm, intake=datasets.take_in([("leads.csv", longer)]), by=cast.megumi)
    assert counted(fresh, "relation = 'prospect'").total["old"] == 3
    assert wrong() == []


def test_reading_again_is_refused_where_a_mapped_column_is_gone(crm: Dataset, cast: Cast, tmp_path: Path):
    other = export(tmp_path, LEADS.replace("関係", "間柄"))
    with pytest.raises(ValidationError, match="関係"):
        workflow.read_again(crm, intake=datasets.take_in([("leads.csv", other)]), by=cast.megumi)


@pytest.mark.parametrize("place", ["..", "../outside", "/etc", "nowhere", "nowhere\0"])
def test_a_folder_outside_the_opened_one_is_refused(settings: Any, tmp_path: Path, place: str):
    (tmp_path / "outside").mkdir()
    settings.IMPORTS.mkdir()
    with pytest.raises(WrongState):
        datasets.files_in(place)


def test_a_link_that_leads_outside_is_not_followed(settings: Any, tmp_path: Path):
    inside = settings.IMPORTS / "crm"
    export(inside)
    (inside / "secret.csv").symlink_to(export(tmp_path / "outside", name="secret.csv"))
    assert [name for name, _ in datasets.files_in("crm")] == ["leads.csv"]
