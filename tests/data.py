"""Small exports for tests about datasets, and a registry that has declared its words."""

from pathlib import Path
from typing import Any

from registry import datasets
from registry.models import Dataset
from registry.seeding.content import Content
from registry.workflow import datasets as workflow
from registry.workflow import vocabulary
from tests.cast import Cast

LEADS = """\
番号,作成日,流入元,役職,メール可,同意,関係,メモ
L1,2026/4/1,Web,課長,はい,はい,見込み客,
L2,2026/4/20,展示会,部長,はい,いいえ,見込み客,"二行の
メモ"
L3,2026/5/3,,不明,いいえ,はい,学生,
L4,未定,口コミ,一般,はい,はい,見込み客,
"""
LEAD: dict[str, Any] = {
    "lead_id": {"column": "番号"},
    "created_on": {"column": "作成日", "format": "%Y/%m/%d"},
    "source": {"column": "流入元", "values": {"Web": "web_form", "展示会": "exhibition"}},
    "job_level": {
        "column": "役職",
        "values": {"課長": "manager", "部長": "director", "不明": "unknown", "一般": "staff"},
    },
    "email_valid": {"column": "メール可", "values": {"はい": "true", "いいえ": "false"}},
    "consent": {"column": "同意", "values": {"はい": "true", "いいえ": "false"}},
    "relation": {"column": "関係", "values": {"見込み客": "prospect", "学生": "student"}},
}
MAPPING = {"lead": {"table": "leads", "fields": LEAD}}


def declare(cast: Cast) -> None:
    """The example's vocabulary, recorded by a steward."""
    vocabulary.change_vocabulary(Content().vocabulary, by=cast.megumi, reason="CRM の項目")


def export(folder: Path, text: str = LEADS, name: str = "leads.csv", encoding: str = "utf-8") -> Path:
    """A file as somebody might have exported it."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / name
    file.write_bytes(text.encode(encoding))
    return file


def kept(cast: Cast, folder: Path, key: str = "crm", text: str = LEADS) -> Dataset:
    """A dataset of the small export, mapped."""
    intake = datasets.take_in([("leads.csv", export(folder, text))])
    dataset = Dataset(key=key, name_ja="顧客管理", name_en="CRM", kind=Dataset.UPLOAD, place="leads.csv")
    return workflow.add_dataset(dataset, intake=intake, mapping=MAPPING, by=cast.megumi)
