"""The exported ledger: refused before its first line where it could not be sent whole."""

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import translation

from registry.proof import checkpoints
from tests.cast import Cast


@pytest.fixture
def damaged(cast: Cast, settings: Any) -> str:
    """The name of a checkpoint's file that was only half written."""
    checkpoints.write()
    (path,) = checkpoints.files(settings.CHECKPOINTS)
    path.write_text('{"half')
    return path.name


def test_the_command_names_a_damaged_checkpoint_and_leaves_no_file(damaged: str, tmp_path: Path):
    file = tmp_path / "ledger.jsonl"
    with translation.override("en"), pytest.raises(CommandError, match=f"{damaged} cannot be read .* from a backup"):
        call_command("export_ledger", str(file), stdout=StringIO())
    assert not file.exists()


def test_the_page_names_a_damaged_checkpoint_and_sends_nothing(damaged: str, cast: Cast, client: Client):
    client.force_login(cast.megumi)
    response = client.get("/ledger/", headers={"Accept-Language": "en"})
    assert response.status_code == 409
    assert damaged in response.content.decode()


@pytest.mark.parametrize("content", ["[]", '{"checkpoint": {"size": "7"}, "signature": ""}', "\xff"])
def test_what_is_no_checkpoint_is_none(cast: Cast, settings: Any, content: str):
    """Whatever lies in its place is told of, not stumbled over."""
    checkpoints.write()
    (path,) = checkpoints.files(settings.CHECKPOINTS)
    path.write_bytes(content.encode("latin-1"))
    out = StringIO()
    with translation.override("en"), pytest.raises(CommandError, match="does not verify"):
        call_command("verify", stdout=out)
    assert f"✗ {path.name}: the file is no checkpoint" in out.getvalue()
