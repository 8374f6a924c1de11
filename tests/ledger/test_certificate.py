"""The certificate of a version: it proves the words, the seals and the moment, and nothing else passes."""

import copy
import json
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

import verify
from registry import clock
from registry.ledger import keys
from registry.models import Checkpoint, Event, Head
from registry.proof import certificate, checkpoints
from registry.workflow import erasure, people
from tests.cast import NOW, Cast, published
from tests.database import past_the_guards, rows_of


@pytest.fixture
def proof(cast: Cast) -> dict[str, Any]:
    return json.loads(json.dumps(certificate.build(published(cast)[0])))


def found(proof: dict[str, Any], folder: Path, key: Any = None) -> list[str]:
    path = folder / "certificate.json"
    path.write_text(json.dumps(proof, ensure_ascii=False), encoding="utf-8")
    return list(verify.findings(path, key=key))


def test_it_verifies_offline_and_tells_who_agreed_to_what(proof: dict[str, Any], settings: Any, tmp_path, capsys):
    assert found(proof, tmp_path, keys.signing_key(settings.SIGNING_KEY).public_key()) == []
    told = capsys.readouterr().out
    for words in ("ターゲットリード数", "高橋 亮", "鈴木 直子", "マーケティング", proof["definition"]["digest"]):
        assert words in told


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where every text and number of a document is."""
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(inner, (*path, key))
    elif value is not None:
        yield path


def test_no_value_in_it_can_be_changed(proof: dict[str, Any], settings: Any, tmp_path: Path):
    """Every one, save the file's own copy of the key where the reader brings theirs."""
    key = keys.signing_key(settings.SIGNING_KEY).public_key()
    for path in leaves(proof):
        if path == ("checkpoint", "public_key"):
            continue
        forged = copy.deepcopy(proof)
        holder = forged
        for step in path[:-1]:
            holder = holder[step]
        value = holder[path[-1]]
        holder[path[-1]] = (
            not value if isinstance(value, bool) else value + 1 if isinstance(value, int) else f"{value}0"
        )
        assert found(forged, tmp_path, key), path


def test_a_seal_cannot_be_left_out(proof: dict[str, Any], tmp_path: Path):
    proof["seals"].pop()
    assert any("is missing" in sentence for sentence in found(proof, tmp_path))


def test_another_key_does_not_pass(proof: dict[str, Any], tmp_path: Path):
    other = keys.first_key(tmp_path / "other.pem").public_key()
    assert any("not signed with the registry's key" in sentence for sentence in found(proof, tmp_path, other))


def test_it_verifies_after_a_signatory_was_forgotten(cast: Cast, tmp_path: Path, capsys):
    (version,) = published(cast)
    people.deactivate(cast.ryo, by=cast.megumi)
    erasure.erase_person(cast.ryo, by=cast.megumi, reason="退職から5年")
    assert found(json.loads(json.dumps(certificate.build(version))), tmp_path) == []
    told = capsys.readouterr().out
    assert "高橋" not in told
    assert "(erased)" in told


def test_the_page_shows_it_and_gives_the_file(cast: Cast, client: Client, tmp_path: Path):
    published(cast)
    client.force_login(cast.takuya)
    address = reverse("certificate", args=["target_lead", 2])
    assert address in client.get(reverse("version", args=["target_lead", 2])).content.decode()
    page = client.get(address).content.decode()
    answer = client.get(address, {"format": "json"})
    assert "attachment" in answer.headers["Content-Disposition"]
    file = json.loads(answer.content)
    assert file["definition"]["digest"] in page
    assert file["checkpoint"]["checkpoint"]["root"] in page
    assert found(file, tmp_path) == []


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("ja", {"kind": "件数", "stage": "ターゲット", "producer": "マーケティング", "judge": "営業"}),
        ("en", {"kind": "counted", "stage": "Targeting", "producer": "Marketing", "judge": "Sales"}),
    ],
)
def test_kind_stage_and_teams_are_said_in_words_as_they_were_called_then(
    cast: Cast, client: Client, language: str, said: dict[str, str]
):
    (version,) = published(cast)
    with clock.at(NOW + timedelta(days=1)):
        cast.sales.name_ja, cast.sales.name_en = "法人営業", "Field sales"
        people.change_team(cast.sales, by=cast.megumi)
        client.force_login(cast.takuya)
        page = client.get(f"{reverse('certificate', args=['target_lead', 2])}?lang={language}").content.decode()
    for field, name in said.items():
        assert f"{name} <code>{version.wording[field]}</code>" in page


def no_key(cast: Cast, folder: Path) -> None:
    checkpoints.write()
    settings.SIGNING_KEY.unlink()
    published(cast)


def no_folder(cast: Cast, folder: Path) -> None:
    (folder / "file").touch()
    settings.CHECKPOINTS = folder / "file" / "checkpoints"
    published(cast)


def another_ledger(cast: Cast, folder: Path) -> None:
    published(cast)
    checkpoints.write()
    with past_the_guards():
        rows_of(Event).filter(sequence=3).update(digest="0" * 64)


def an_older_copy(cast: Cast, folder: Path) -> None:
    """Which holds fewer events than were signed."""
    published(cast)
    people.change_profile(cast.kenta, by=cast.kenta, values={"language": "en"})
    last = checkpoints.write().size
    with past_the_guards():
        rows_of(Checkpoint)._raw_delete("default")
        rows_of(Event).filter(sequence=last)._raw_delete("default")
        Head.objects.update(sequence=last - 1)


@pytest.mark.parametrize(
    ("hinder", "sentence"),
    [
        (no_key, "signing key"),
        (no_folder, "GOI_CHECKPOINTS"),
        (another_ledger, "manage.py verify"),
        (an_older_copy, "manage.py verify"),
    ],
)
def test_where_none_can_be_made_the_page_says_why(
    cast: Cast, client: Client, settings: Any, tmp_path: Path, hinder: Any, sentence: str
):
    settings.SIGNING_KEY = tmp_path / "goi.pem"
    hinder(cast, tmp_path)
    client.force_login(cast.takuya)
    answer = client.get(reverse("certificate", args=["target_lead", 2]), headers={"Accept-Language": "en"})
    assert answer.status_code == 409
    assert "no certificate at the moment" in answer.content.decode()
    assert sentence in answer.content.decode()


def test_the_page_says_all_that_was_sealed_as_it_was_then(cast: Cast, client: Client):
    (version,) = published(cast)
    sealed = cast.naoko.name
    with clock.at(NOW + timedelta(hours=1)):
        people.change_profile(cast.naoko, by=cast.naoko, values={"name_ja": "改姓 直子"})
        cast.sales.name_ja = "営業統括"
        people.change_team(cast.sales, by=cast.megumi)
    client.force_login(cast.takuya)
    page = unescape(client.get(reverse("certificate", args=["target_lead", 2]), {"lang": "ja"}).content.decode())
    for name in ("text_ja", "text_en", "counting_ja", "counting_en", "summary_en", "condition", "counting_key"):
        assert version.wording[name] in page, name
    for synonym in version.wording["synonyms_ja"]:
        assert synonym in page
    assert sealed in page
    assert "改姓" not in page
    assert "営業統括" not in page


def test_a_version_that_is_not_there_has_none(cast: Cast, client: Client):
    client.force_login(cast.takuya)
    assert client.get(reverse("certificate", args=["target_lead", 9])).status_code == 404
