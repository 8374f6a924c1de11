"""`manage.py verify` and verify.py: what they say of a sound record and of a falsified one, and how they exit."""

import subprocess
import sys
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import translation

from registry import clock, rows
from registry.ledger import keys
from registry.models import (
    STILL_KNOWN,
    Checkpoint,
    Definition,
    Event,
    InForce,
    Mention,
    Metric,
    Revision,
    SignOff,
    Stage,
    Use,
)
from registry.models.proposals import HEADING
from registry.proof import checkpoints, export
from registry.workflow import publication
from tests.cast import NOW, Cast, agreed_rate, in_review, latest, published, seal
from tests.database import left_open, past_the_guards, rows_of
from tests.ledger.tampering import wrong, wrong_offline

VERIFIER = Path(__file__).parents[2] / "verify.py"


def verified(**options: Any) -> str:
    out = StringIO()
    with translation.override("en"):
        call_command("verify", stdout=out, **options)
    return out.getvalue()


def falsified(**options: Any) -> str:
    out = StringIO()
    with translation.override("en"), pytest.raises(CommandError, match="does not verify"):
        call_command("verify", stdout=out, **options)
    return out.getvalue()


def test_a_sound_record_verifies_and_says_how_fast(cast: Cast):
    checkpoints.write()
    said = verified()
    assert "Everything is as it was recorded" in said
    assert "events per second" in said


def test_without_a_checkpoint_it_says_what_cannot_be_seen(cast: Cast):
    assert "no checkpoint yet" in verified()


FALSIFICATIONS: dict[str, tuple[Any, dict[str, Any], str]] = {
    "an event": (Event, {"detail": {}}, "changed after it was recorded"),
    "a reason": (Event, {"personal": {"reason": "別"}}, "its names or its reason were changed"),
    "a version": (Definition, {"wording": {"name_ja": "別"}}, "words of this version"),
    "a seal": (SignOff, {"digest": "0" * 64}, "given for other words"),
    "a history row": (Stage.history.model, {"name_ja": "別"}, "the history row was changed"),
    "a row": (Stage, {"name_ja": "別"}, "not what its history says (name_ja)"),
    "what is in force": (InForce, {"valid_from": "2020-01-01"}, "are in force"),
    "the broken glass": (InForce, {"sealed": False}, "how they are listed"),
    "the name it is found by": (InForce, {"search_text": "別"}, "how they are listed"),
    "what a version is built from": (Use, {"key": "elsewhere"}, "built from"),
    "what an act is about": (Mention, {"key": "elsewhere"}, "under other metrics"),
}


@pytest.mark.parametrize("what", FALSIFICATIONS)
def test_it_says_what_is_wrong(cast: Cast, what: str):
    model, values, sentence = FALSIFICATIONS[what]
    agreed_rate(cast)
    row = rows_of(model).order_by("pk").last()
    with past_the_guards():
        rows_of(model).filter(pk=row.pk).update(**values)
    assert sentence in falsified()


def test_it_finds_two_metrics_that_changed_places(cast: Cast):
    one, other = rows_of(InForce).order_by("pk")[:2]
    with past_the_guards():
        rows_of(InForce).filter(pk=one.pk).update(key=other.key)
        rows_of(InForce).filter(pk=other.pk).update(key=one.key)
    said = falsified()
    assert said.count("how they are listed") == 2


@pytest.mark.parametrize("model", [InForce, Use, Mention], ids=lambda model: model.__name__)
def test_it_finds_that_something_can_no_longer_be_found(cast: Cast, model: Any):
    agreed_rate(cast)
    assert wrong() == []
    with past_the_guards():
        rows_of(model).filter(pk=rows_of(model).latest("pk").pk)._raw_delete("default")
    assert len(wrong()) == 1


def test_it_finds_a_span_that_is_there_twice(cast: Cast):
    published(cast)
    span = InForce.objects.exclude(known_to=STILL_KNOWN).get()
    span.pk = None
    with past_the_guards():
        rows_of(InForce).bulk_create([span])
    assert "how they are listed" in falsified()


def test_a_broken_glass_verifies_before_and_after_the_missing_seal(cast: Cast):
    proposal = in_review(cast)
    seal(proposal, team=cast.marketing, by=cast.ryo)
    publication.ask_break_glass(proposal, by=cast.megumi, reason="急ぐ")
    publication.confirm_break_glass(proposal, by=cast.makoto, digest=latest(proposal).digest)
    assert wrong() == []
    with clock.at(NOW + timedelta(hours=1)):
        seal(proposal, team=cast.sales, by=cast.naoko)
    assert wrong() == []


def test_it_finds_rows_that_nobody_recorded(cast: Cast):
    with past_the_guards():
        rows_of(Metric).bulk_create([Metric(key="smuggled", created_at=cast.meeting.created_at)])
    assert "written past the registry" in falsified()


def test_it_finds_rows_that_are_gone(cast: Cast):
    with past_the_guards():
        rows_of(Stage).filter(key="deal")._raw_delete("default")
    assert "no act removed it" in falsified()


def test_it_finds_history_that_no_event_seals(cast: Cast):
    row = Stage.history.first()
    row.pk = None
    with past_the_guards():
        rows_of(Stage.history.model).bulk_create([row])
    assert "that no event seals" in falsified()


def test_it_finds_a_missing_guard(cast: Cast):
    from django.db import connection

    from registry import triggers

    with connection.cursor() as cursor:
        cursor.execute(triggers._removal(triggers.guards(connection.vendor)[0], connection.vendor))
    assert "lacks this guard" in falsified()


@pytest.mark.parametrize("values", [{"root": "0" * 64}, {"at": NOW}, {"key_id": "f" * 16}, {"signature": "0" * 128}])
def test_it_finds_that_the_database_remembers_a_checkpoint_otherwise(cast: Cast, values: dict[str, Any]):
    checkpoints.write()
    with past_the_guards():
        rows_of(Checkpoint).update(**values)
    assert "other than the database remembers" in falsified()


def test_it_finds_that_the_guards_were_left_open(cast: Cast):
    with left_open():
        assert "lets everybody write past the guards" in falsified()
    assert "Everything is as it was recorded" in verified()


def test_it_finds_a_checkpoint_that_is_gone_forged_or_damaged(cast: Cast, settings: Any, tmp_path: Path):
    checkpoints.write()
    path = checkpoints.files(settings.CHECKPOINTS)[0]
    content = path.read_text()
    path.unlink()
    assert any("its file is missing" in sentence for sentence in english(wrong))
    settings.SIGNING_KEY = tmp_path / "other.pem"
    path.write_text(content)
    assert any("not signed with the registry's key" in sentence for sentence in english(wrong))
    path.write_text(content[:40])
    assert any("no checkpoint, or was damaged" in sentence for sentence in english(wrong))


def test_with_a_damaged_signing_key_it_says_so_and_verifies_the_rest(cast: Cast, settings: Any, tmp_path: Path):
    settings.SIGNING_KEY = tmp_path / "goi.pem"
    checkpoints.write()
    key = keys.signing_key(settings.SIGNING_KEY).public_key()
    settings.SIGNING_KEY.write_bytes(settings.SIGNING_KEY.read_bytes()[:40])
    said = StringIO()
    assert "not signed with the registry's key" in falsified(stderr=said)
    assert "The key in goi.pem cannot be read" in said.getvalue()
    keys.keep_public(settings.SIGNING_KEY, key)
    assert "Everything is as it was recorded" in verified(stderr=StringIO())


@pytest.mark.parametrize("content", [None, b"half"], ids=["missing", "damaged"])
def test_a_key_to_trust_that_cannot_be_read_is_named(db: None, tmp_path: Path, content: bytes | None):
    if content:
        (tmp_path / "goi.pem").write_bytes(content)
    with translation.override("en"), pytest.raises(CommandError, match=r"goi\.pem"):
        call_command("verify", key=[tmp_path / "goi.pem"])


@pytest.mark.parametrize("place", ["file", "folder/file"], ids=["there is one", "there is no folder"])
def test_an_export_overwrites_nothing_and_says_why(cast: Cast, tmp_path: Path, place: str):
    (tmp_path / "file").write_text("an older one")
    with translation.override("en"), pytest.raises(CommandError, match="could not be written"):
        call_command("export_ledger", str(tmp_path / place))
    assert (tmp_path / "file").read_text() == "an older one"


def english(find: Any) -> list[str]:
    with translation.override("en"):
        return find()


def test_the_verifier_needs_nothing_of_goi(cast: Cast, settings: Any, tmp_path: Path):
    published(cast)
    checkpoints.write()
    ledger, key = tmp_path / "ledger.jsonl", tmp_path / "goi.pem"
    key.write_bytes(keys.public_pem(keys.signing_key(settings.SIGNING_KEY).public_key()))
    ledger.write_text("".join(export.lines()), encoding="utf-8")
    assert run(tmp_path, ledger, "--checkpoints", settings.CHECKPOINTS, "--key", key) == 0
    text = ledger.read_text(encoding="utf-8")
    ledger.write_text(text.replace("高橋", "低橋"), encoding="utf-8")
    assert run(tmp_path, ledger) == 1
    ledger.write_text(text[: len(text) // 2], encoding="utf-8")
    assert run(tmp_path, ledger) == 1
    assert run(tmp_path, tmp_path / "nowhere.jsonl") == 2


def run(folder: Path, *arguments: object) -> int:
    return ran(folder, *arguments).returncode


def ran(folder: Path, *arguments: object) -> "subprocess.CompletedProcess[str]":
    """In a folder and an interpreter that know nothing of the registry."""
    command = [sys.executable, "-I", str(VERIFIER), *map(str, arguments)]
    return subprocess.run(command, cwd=folder, capture_output=True, check=False, encoding="utf-8")


@pytest.mark.parametrize(
    ("option", "content"),
    [
        ("--checkpoints", "nowhere"),
        ("--checkpoints", "empty"),
        ("--checkpoints", "goi.txt"),
        ("--key", "goi.txt"),
        ("--key", "other.pem"),
    ],
)
def test_the_verifier_refuses_what_it_cannot_check_against(cast: Cast, tmp_path: Path, option: str, content: str):
    """A directory or a key that was mistyped would otherwise check nothing, and say that all is well."""
    ledger = tmp_path / "ledger.jsonl"
    ledger.write_text("".join(export.lines()), encoding="utf-8")
    (tmp_path / "empty").mkdir()
    (tmp_path / "goi.txt").write_text("goi")
    other = ec.generate_private_key(ec.SECP256R1()).public_key()
    (tmp_path / "other.pem").write_bytes(other.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    done = ran(tmp_path, ledger, option, tmp_path / content)
    assert done.returncode == 2
    assert done.stdout.startswith("✗ Cannot be read")
    assert content in done.stdout
    assert done.stderr == ""


def test_the_command_and_the_page_export_the_same(cast: Cast, client: Client, tmp_path: Path):
    checkpoints.write()
    file = tmp_path / "out.jsonl"
    call_command("export_ledger", str(file), stdout=StringIO())
    client.force_login(cast.megumi)
    assert b"".join(client.get("/ledger/").streaming_content).decode() == file.read_text(encoding="utf-8")
    assert wrong_offline(tmp_path) == []


def test_the_whole_ledger_is_for_stewards(cast: Cast, client: Client):
    client.force_login(cast.kenta)
    assert client.get("/ledger/").status_code == 403


def test_a_revision_from_before_its_reason_was_frozen_keeps_its_digests(cast: Cast):
    """Its row had no such columns, and its document no such part."""
    revision = Revision.objects.latest("pk")
    now = rows.values(revision.history.latest())
    for name in HEADING:
        setattr(revision, name, "")
    then = rows.values(Revision.history.model(**now | dict.fromkeys(HEADING, "")))
    assert then == {name: value for name, value in now.items() if name not in HEADING}
    assert set(revision.document()) == {"definitions", "effective_from", "retroactive", "signed_by"}
    assert revision.title == revision.proposal.title == "定義を改める"
