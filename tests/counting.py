# ruff: noqa: E501 -- an export is as wide as it is.
"""A small CRM, and proposals that are counted on it through the screens."""

import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django.test import Client

from registry import datasets
from registry.models import Dataset, Metric, Proposal, Run
from registry.workflow import datasets as keeping
from registry.workflow import submitting
from tests.cast import TODAY, Cast, fresh, sealed, started, write
from tests.data import export

COMPANY = """company_id,industry,employees,region
C1,it,200,
C2,it,60,
C3,it,,
C4,it,20,
"""
LEAD = """lead_id,company_id,created_on,source,job_level,department,email_valid,consent,unsubscribed_on,relation
L1,C1,2026-04-02,seminar,manager,,true,true,,prospect
L2,C2,2026-04-03,seminar,manager,,true,true,,prospect
L3,C3,2026-04-04,seminar,manager,,true,true,,prospect
L4,C1,2026-05-02,seminar,manager,,true,true,,prospect
L5,C2,2026-05-03,seminar,fax,,true,true,,prospect
L6,C4,2026-05-04,seminar,manager,,true,true,,prospect
"""
MEETING = """meeting_id,lead_id,booked_on,held_on,status,days_since_previous,format,minutes,need,authority,purchase_within_months,verdict,verdict_on
M1,L1,2026-04-05,2026-04-20,held,,online,30,confirmed,decides,6,qualified,2026-04-21
M2,L2,2026-05-05,2026-05-20,held,,online,30,confirmed,decides,6,qualified,2026-05-21
"""
FILES = {"company": COMPANY, "lead": LEAD, "meeting": MEETING}
FEWER = "company.employees >= 50"
RATE = {
    "kind": "calculated", "name_ja": "商談化率", "name_en": "Meeting rate", "summary_ja": "商談の割合",
    "summary_en": "Share of meetings", "unit_ja": "%", "unit_en": "%", "formula": "meeting ÷ target_lead",
    "counts": "", "counting_key": "", "dated_by": "", "condition": "",
}  # fmt: skip


def kept(cast: Cast, folder: Path, files: dict[str, str]) -> Dataset:
    given = [(f"{name}.csv", export(folder, text, f"{name}.csv")) for name, text in files.items()]
    mapping = {
        name: {"table": name, "fields": {field: {"column": field} for field in text.split("\n")[0].split(",")}}
        for name, text in files.items()
    }
    dataset = Dataset(key="crm", name_ja="顧客管理", name_en="CRM", kind=Dataset.UPLOAD, place="crm")
    return keeping.add_dataset(dataset, intake=datasets.take_in(given), mapping=mapping, by=cast.megumi)


def agreed(cast: Cast, **changes: Any) -> None:
    """Published at once, whatever is new and whatever changes."""
    proposal = started(cast.misaki)
    known = set(Metric.objects.values_list("key", flat=True))
    new = {key: change for key, change in changes.items() if key not in known}
    write(proposal, by=cast.misaki, change={key: changes[key] for key in changes.keys() - new}, new=new)
    submitting.submit(proposal, by=cast.misaki)
    sealed(cast, proposal)


def proposed(cast: Cast, **change: Any) -> Proposal:
    proposal = started(cast.misaki)
    write(proposal, by=cast.misaki, change={"target_lead": change or {"condition": FEWER}})
    submitting.submit(proposal, by=cast.misaki)
    return fresh(proposal)


def changing(cast: Cast, day: date = TODAY + timedelta(days=1), /, **changes: Any) -> Proposal:
    """A change of several metrics for tomorrow (or `day`), submitted."""
    proposal = started(cast.misaki, effective_from=day)
    write(proposal, by=cast.misaki, change=changes)
    submitting.submit(proposal, by=cast.misaki)
    return fresh(proposal)


def effect(client: Client, proposal: Proposal) -> str:
    return plain(client.get(f"/proposals/{proposal.pk}/?tab=effect"))


def count(client: Client, proposal: Proposal, **headers: str) -> Any:
    return client.post(f"/proposals/{proposal.pk}/counts/", headers=headers)


def plain(response: Any) -> str:
    """What the page says, without its drawings and tags."""
    assert response.status_code == 200, response.content.decode()[:500]
    text = re.sub(r"(?s)<svg.*?</svg>|<[^>]+>", " ", response.content.decode())
    return re.sub(r"\s+", " ", text)


def cells(run: Run) -> list[list[Any]]:
    return [[month[:7], *numbers] for month, *numbers in run.months]
