"""Data on screens: adding it, correcting how it is read, and what does not fit the vocabulary."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from registry.models import Dataset, Event
from registry.seeding.content import Content
from registry.workflow import datasets as workflow
from registry.workflow import vocabulary
from tests import counting
from tests.cast import Cast
from tests.data import LEADS, declare, export, kept
from tests.ledger.tampering import wrong

CSV = "text/csv"


@pytest.fixture
def client(client: Client, cast: Cast) -> Client:
    """A browser in which Megumi, a steward, is signed in and reads English."""
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    client.force_login(cast.megumi)
    return client


@pytest.fixture
def crm(cast: Cast, tmp_path: Path) -> Dataset:
    declare(cast)
    return kept(cast, tmp_path)


def words(response: Any) -> str:
    return response.content.decode()


def upload(client: Client, content: bytes, name: str = "leads.csv", **more: Any) -> Any:
    sent = {"key": "crm", "name_en": "CRM", "files": [SimpleUploadedFile(name, content, CSV)]}
    return client.post("/datasets/new/", sent | more)


def form_of(response: Any) -> dict[str, Any]:
    """Everything the mapping form would send back untouched."""
    form = response.context["form"]
    sent: dict[str, Any] = {"table": form.table}
    for row in form.rows:
        name = row["word"].name
        for asked in ("column", "fixed", "format", "nothing"):
            if asked in row:
                sent[f"{asked}-{name}"] = row[asked].value() or ""
        if row["cells"]:
            sent[f"shown-{name}"] = row["column"].value()
            sent[f"cell-{name}"] = [each["cell"] for each in row["cells"]]
            sent[f"value-{name}"] = [each["chosen"] for each in row["cells"]]
    return sent


# Adding


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932", "utf-16"])
def test_an_export_is_added_whatever_its_encoding_and_read_by_a_suggestion(cast: Cast, client: Client, encoding: str):
    declare(cast)
    response = upload(client, LEADS.encode(encoding))
    assert response.status_code == 302, words(response)
    fields = Dataset.objects.get().mapping["lead"]["fields"]
    assert fields["created_on"] == {"column": "作成日", "format": "%Y/%m/%d"}
    assert fields["job_level"]["values"] == {"一般": "staff", "不明": "unknown", "課長": "manager", "部長": "director"}
    assert fields["consent"]["values"] == {"はい": "true", "いいえ": "false"}
    assert fields["source"] == {"column": "流入元", "values": {"展示会": "exhibition"}}


def test_a_folder_below_the_opened_one_is_added_and_read_again(cast: Cast, client: Client, settings: Any):
    declare(cast)
    export(settings.IMPORTS / "crm")
    sent = {"key": "crm", "name_ja": "顧客管理", "folder": "crm"}
    assert client.post("/datasets/new/?from=folder", sent).status_code == 302
    assert "the same as what was read" in words(client.post("/datasets/crm/readings/"))
    export(settings.IMPORTS / "crm", LEADS + "L5,2026/5/9,,課長,はい,はい,見込み客,\n")
    assert client.post("/datasets/crm/readings/").status_code == 302
    assert Dataset.objects.get().rows == 5


@pytest.mark.parametrize(
    ("content", "name", "sentence"),
    [
        (b"PK\x03\x04rest", "leads.xlsx", "packed or a workbook"),
        (b"\x1f\x8b\x08rest", "leads.csv", "packed or a workbook"),
        (b"PAR1 and no more", "leads.parquet", "cannot be read as CSV or Parquet"),
        (b"\xff\xfe\xff", "leads.csv", "neither UTF-8 nor Shift_JIS"),
        (b"\n", "leads.csv", "has no heading"),
        (b'a,b\n1,"2', "leads.csv", "a quote is not closed"),
        (b"a,b\n1,2,3\n", "leads.csv", "row 2: there are more cells than columns"),
        (b"a\n" + b"x" * 30_000, "leads.csv", "a cell is too long"),
        (",".join(map(str, range(500))).encode(), "leads.csv", "more than 400 columns"),
    ],
)
def test_a_file_that_cannot_be_taken_in_is_refused_at_its_field(
    cast: Cast, client: Client, content: bytes, name: str, sentence: str
):
    declare(cast)
    response = upload(client, content, name)
    assert response.status_code == 422
    assert sentence in response.context["form"].errors["files"][0]
    assert not Dataset.objects.exists()


def test_an_upload_beyond_the_limit_is_stopped_while_it_arrives(cast: Cast, client: Client, settings: Any):
    declare(cast)
    settings.UPLOAD_MEGABYTES = 1
    response = upload(client, LEADS.encode() + b"x" * 2**20)
    assert response.status_code == 422
    assert "larger than may be uploaded" in words(response)
    assert not Dataset.objects.exists()


def test_a_taken_key_and_a_missing_name_are_refused(crm: Dataset, client: Client):
    errors = upload(client, LEADS.encode()).context["form"].errors
    assert errors["key"] == ["This is taken already. Choose another."]
    errors = upload(client, LEADS.encode(), key="other", name_en="").context["form"].errors
    assert errors["name_ja"] == ["Write the name in at least one language."]


@pytest.mark.parametrize("folder", ["../..", "/etc", "nowhere"])
def test_no_other_folder_is_read(cast: Cast, client: Client, folder: str):
    declare(cast)
    response = client.post("/datasets/new/?from=folder", {"key": "crm", "name_en": "CRM", "folder": folder})
    assert "There is no folder" in response.context["form"].errors["folder"][0]


def test_a_database_is_called_by_its_name_and_its_address_is_shown_nowhere(cast: Cast, client: Client, settings: Any):
    declare(cast)
    settings.DATASET_SECRETS = {"crm": "postgres://nobody:geheim@127.0.0.1:1/leads"}
    address = "/datasets/new/?from=postgres"
    sent = {"key": "crm", "name_en": "CRM", "connection": "crm", "tables": "leads"}
    response = client.post(address, sent)
    assert response.context["form"].errors["tables"][0].startswith("The database cannot be reached")
    for page in (client.get(address), response):
        assert "geheim" not in words(page)
        assert "127.0.0.1:1" not in words(page)
    assert client.post(address, sent | {"connection": "other"}).context["form"].errors["connection"]


# Correcting how it is read


def test_the_mapping_opens_as_it_was_saved(crm: Dataset, client: Client):
    sent = form_of(client.get("/datasets/crm/mapping/lead/"))
    assert sent["column-source"] == "流入元"
    assert dict(zip(sent["cell-source"], sent["value-source"], strict=True)) == {
        "Web": "web_form", "展示会": "exhibition", "口コミ": "",
    }  # fmt: skip
    response = client.post("/datasets/crm/mapping/lead/", sent)
    assert "Nothing differs" in words(response)
    sent["value-source"][sent["cell-source"].index("口コミ")] = "referral"
    sent["fixed-department"] = "営業部"
    assert client.post("/datasets/crm/mapping/lead/", sent).status_code == 302
    fields = Dataset.objects.get().mapping["lead"]["fields"]
    assert fields["source"]["values"]["口コミ"] == "referral"
    assert fields["department"] == {"fixed": "営業部"}
    assert form_of(client.get("/datasets/crm/mapping/lead/"))["fixed-department"] == "営業部"


def test_another_column_shows_its_values_before_anything_is_saved(crm: Dataset, client: Client):
    sent = form_of(client.get("/datasets/crm/mapping/lead/")) | {"column-source": "役職", "show": "1"}
    before = Event.objects.count()
    response = client.post("/datasets/crm/mapping/lead/", sent)
    assert response.status_code == 200
    assert set(form_of(response)["cell-source"]) == {"課長", "部長", "不明", "一般"}
    assert Event.objects.count() == before


@pytest.mark.parametrize(
    ("changed", "field", "sentence"),
    [
        ({"column-lead_id": ""}, "column-lead_id", "Without it no record"),
        ({"fixed-created_on": "2026-01-01"}, "column-created_on", "one of the two"),
        ({"column-created_on": "", "fixed-created_on": "yesterday"}, "fixed-created_on", "not a value of this kind"),
        ({"column-created_on": "", "fixed-created_on": "20260401"}, "fixed-created_on", "not a value of this kind"),
        ({"column-created_on": "nowhere"}, "column-created_on", "nowhere"),
    ],
)
def test_a_mapping_is_refused_at_the_field_that_does_not_fit(
    crm: Dataset, client: Client, changed: dict[str, str], field: str, sentence: str
):
    sent = form_of(client.get("/datasets/crm/mapping/lead/")) | changed
    response = client.post("/datasets/crm/mapping/lead/", sent)
    assert response.status_code == 422
    assert sentence in response.context["form"].errors[field][0]


def test_records_that_are_not_in_the_data_are_taken_out_of_the_mapping(crm: Dataset, client: Client):
    assert client.post("/datasets/crm/mapping/lead/removal/").status_code == 302
    assert Dataset.objects.get().mapping == {}


# After the vocabulary has changed

SMALLER = re.sub(r"(?m)^      (region|department):.*\n", "", Content().vocabulary).replace(
    "student: {ja: 学生, en: student}", "pupil: {ja: 生徒, en: pupil}"
)


@pytest.fixture
def smaller(cast: Cast, tmp_path: Path) -> Dataset:
    """Mapped to fields and a fixed value that the vocabulary no longer has; no definition spoke of them."""
    declare(cast)
    dataset = counting.kept(cast, tmp_path, counting.FILES)
    fields = {**dataset.mapping["lead"]["fields"], "relation": {"fixed": "student"}}
    mapping = {**dataset.mapping, "lead": {**dataset.mapping["lead"], "fields": fields}}
    workflow.map_dataset(dataset, mapping=mapping, by=cast.megumi)
    vocabulary.change_vocabulary(SMALLER, by=cast.megumi, reason="使わない項目を除く")
    return dataset


@pytest.mark.parametrize("entity", ["company", "lead", "meeting"])
def test_a_mapping_is_saved_without_what_the_vocabulary_no_longer_has(smaller: Dataset, client: Client, entity: str):
    address = f"/datasets/crm/mapping/{entity}/"
    assert client.post(address, form_of(client.get(address))).status_code == 302
    mapping = Dataset.objects.get().mapping
    assert not {"region", "department", "relation"} & {*mapping["company"]["fields"], *mapping["lead"]["fields"]}
    assert set(mapping) == {"company", "lead", "meeting"}


def test_records_are_taken_out_and_data_read_again_in_a_smaller_vocabulary(smaller: Dataset, client: Client):
    assert client.post("/datasets/crm/mapping/meeting/removal/").status_code == 302
    files = [SimpleUploadedFile(f"{name}.csv", f"{text}\n".encode(), CSV) for name, text in counting.FILES.items()]
    assert client.post("/datasets/crm/readings/", {"files": files}).status_code == 302
    assert wrong() == []


def test_the_fields_of_a_smaller_vocabulary_are_counted(smaller: Dataset, client: Client):
    page = words(client.get("/datasets/crm/"))
    assert "3 / 3" in page
    assert "8 / 9" in page


# What does not fit


def test_the_report_names_rows_and_leads_back_to_the_mapping(crm: Dataset, client: Client):
    page = words(client.get("/datasets/crm/conformance/"))
    assert "The value is not one of those declared." in page
    assert "口コミ" in page
    assert "It cannot be read as its kind of value" in page
    assert "未定" in page
    assert "/datasets/crm/mapping/lead/#field-source" in page


def test_the_report_is_downloaded_with_harmless_cells(cast: Cast, client: Client, tmp_path: Path):
    declare(cast)
    kept(cast, tmp_path, text=LEADS.replace("口コミ", "=1+1"))
    response = client.get("/datasets/crm/conformance.csv")
    lines = response.content.decode("utf-8-sig").splitlines()
    assert lines[0] == "Kind of record,Field,Promise broken,Rows,Key,Value"
    assert "lead,source,The value is not one of those declared.,1,L4,'=1+1" in lines


# Who may


def test_members_read_and_only_stewards_change(crm: Dataset, client: Client, cast: Cast):
    client.force_login(cast.ryo)
    for address in ("/datasets/", "/datasets/crm/", "/datasets/crm/conformance/"):
        page = client.get(address)
        assert page.status_code == 200
        assert "/mapping/" not in words(page)
    before = Event.objects.count()
    for address in ("new/", "crm/mapping/lead/", "crm/mapping/lead/removal/", "crm/readings/", "crm/choice/"):
        assert client.post(f"/datasets/{address}", {}).status_code == 403
    assert Event.objects.count() == before


def test_whoever_belongs_to_no_team_sees_no_data(crm: Dataset, client: Client, cast: Cast):
    client.force_login(cast.takuya)
    for address in ("/datasets/", "/datasets/crm/", "/datasets/crm/conformance/", "/datasets/crm/conformance.csv"):
        refused = client.get(address)
        assert refused.status_code == 403
        assert "Only members of a team can see data." in refused.content.decode()


def test_nobody_reads_it_without_signing_in(crm: Dataset, client: Client, settings: Any):
    client.logout()
    settings.PUBLIC = True
    for address in ("/datasets/", "/datasets/crm/", "/datasets/crm/conformance.csv"):
        assert client.get(address).status_code == 302


def test_a_copy_that_is_gone_is_said_and_does_not_break_the_page(crm: Dataset, client: Client, settings: Any):
    (settings.DATASETS / crm.content).rename(settings.DATASETS / "elsewhere")
    cache.clear()
    assert "Read the dataset in again" in words(client.get("/datasets/crm/conformance/"))


def test_without_a_vocabulary_no_data_is_taken_in(client: Client):
    assert "none has been declared yet" in words(client.get("/datasets/"))
    assert upload(client, LEADS.encode()).status_code == 409


@pytest.mark.parametrize(("who", "may"), [("takuya", False), ("misaki", True), ("megumi", True)])
def test_the_menu_leads_to_the_data_only_whoever_may_see_it(client: Client, cast: Cast, who: str, may: bool):
    client.force_login(getattr(cast, who))
    assert (client.get("/datasets/").status_code == 200) is may
    assert ('href="/datasets/"' in client.get("/").content.decode()) is may
