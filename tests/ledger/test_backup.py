"""One file holds everything, is written whole or not at all, and is put back only where that is meant."""

import errno
import json
import os
import shutil
import stat
import tarfile
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, connections
from django.utils import translation

from registry.backup import archive, databases
from registry.ledger import keys
from registry.models import Event
from registry.proof import checkpoints
from tests.cast import Cast


def refused(sentence: str, command: str, *arguments: object, **options: Any) -> None:
    with translation.override("en"), pytest.raises(CommandError, match=sentence):
        call_command(command, *map(str, arguments), stdout=StringIO(), **options)


def backed_up(file: Path) -> Path:
    call_command("backup", str(file), stdout=StringIO())
    return file


@pytest.fixture
def copied(monkeypatch: pytest.MonkeyPatch) -> None:
    """The database's part is proven below, and under load in tests/torture: a test's transaction is never kept."""

    def copy(target: Path) -> databases.Copied:
        target.write_bytes(b"CREATE TABLE" * 5_000)
        return databases.Copied(Event.objects.count(), "0001_initial")

    monkeypatch.setattr(databases, "copy", copy)


def test_a_backup_holds_every_checkpoint_and_the_public_key(cast: Cast, copied: None, settings: Any, tmp_path: Path):
    checkpoints.write()
    file = backed_up(tmp_path / "goi.backup")
    folder = tmp_path / "out"
    manifest = archive.unpack(file, folder)
    assert (manifest.vendor, manifest.events) == (connection.vendor, Event.objects.count())
    signed = [path.name for path in checkpoints.files(settings.CHECKPOINTS)]
    assert sorted(path.name for path in (folder / archive.CHECKPOINTS).iterdir()) == signed
    found = {path.name: path.read_bytes() for path in (folder / archive.KEYS).iterdir()}
    assert found == keys.public_files(settings.SIGNING_KEY)


@pytest.fixture
def new_machine(cast: Cast, copied: None, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A backup, where there is nothing yet but the database that it holds."""
    file = backed_up(tmp_path / "goi.backup")
    settings.CHECKPOINTS, settings.SIGNING_KEY = tmp_path / "new" / "checkpoints", tmp_path / "new" / "goi.pem"
    monkeypatch.setattr(databases, "load", lambda source: None)
    return file


def test_on_a_new_machine_the_record_verifies_from_then_on(new_machine: Path, settings: Any):
    """With the public keys, but without a key that could sign."""
    said = StringIO()
    call_command("restore", str(new_machine), overwrite=True, stdout=said)
    (name,) = keys.public_files(settings.SIGNING_KEY)
    assert name.removesuffix(".pem") in said.getvalue()
    call_command("verify", stdout=StringIO())
    assert not settings.SIGNING_KEY.exists()


def test_a_backup_brings_in_no_key_where_there_is_one(new_machine: Path, settings: Any):
    """Whoever can hand over a backup would otherwise choose what is trusted."""
    keys.first_key(settings.SIGNING_KEY)
    before = keys.public_files(settings.SIGNING_KEY)
    refused("does not verify", "restore", new_machine, overwrite=True)
    assert keys.public_files(settings.SIGNING_KEY) == before


@pytest.mark.sqlite
def test_sqlite_is_copied_whole_and_put_back_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, db: None):
    """With its triggers, while it is open; and what was there before is gone."""
    here = opened(tmp_path / "here.sqlite3")
    monkeypatch.setattr(databases, "connection", here)
    run(
        here,
        *TABLES,
        "INSERT INTO registry_head VALUES (7)",
        "INSERT INTO django_migrations VALUES (1, 'registry', 'm')",
    )
    assert databases.copy(tmp_path / "copy") == databases.Copied(7, "m")
    assert not list(tmp_path.glob("copy-*"))
    there = opened(tmp_path / "there.sqlite3")
    monkeypatch.setattr(databases, "connection", there)
    assert databases.is_empty()
    run(there, "CREATE TABLE other (x)")
    assert not databases.is_empty()
    databases.load(tmp_path / "copy")
    assert sorted(there.introspection.table_names()) == ["django_migrations", "registry_head"]
    with pytest.raises(IntegrityError, match="never"):
        run(there, "DELETE FROM registry_head")


@pytest.fixture
def elsewhere(django_db_blocker: Any) -> Iterator[None]:
    """A PostgreSQL database of its own in the place of the tests', which holds the record that is to be backed up."""
    before = connections["default"]
    name = f"{before.settings_dict['NAME']}_restored"
    with django_db_blocker.unblock():
        asked = before.settings_dict | {"NAME": "postgres"}
        server = opened_with(asked)
        run(server, f"DROP DATABASE IF EXISTS {name}", f"CREATE DATABASE {name}")
        connections["default"] = opened_with(before.settings_dict | {"NAME": name})
        run(connection, *TABLES[:-1], "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'")
        yield
        connection.close()
        connections["default"] = before
        run(server, f"DROP DATABASE {name}")
        server.close()


@pytest.mark.postgres
def test_postgresql_is_copied_whole_and_put_in_the_place_of_what_is_there(elsewhere: None, tmp_path: Path):
    assert databases.copy(tmp_path / "copy") == databases.Copied(7, "m")
    run(connection, "DROP FUNCTION f", "UPDATE registry_head SET sequence = 9", "CREATE TABLE later (x int)")
    databases.load(tmp_path / "copy")
    assert sorted(connection.introspection.table_names()) == ["django_migrations", "registry_head"]
    assert asked(databases.EVENTS) == 7


HINDRANCES = ["pg_restore is missing", "psql is missing", "the copy is cut off", "the copy does not fit in"]


@pytest.mark.postgres
@pytest.mark.parametrize("hindrance", HINDRANCES)
def test_what_postgresql_cannot_put_in_place_changes_nothing(
    elsewhere: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hindrance: str
):
    """The function of the copy is there already in the last case, which shows only after the tables were dropped."""
    copied = tmp_path / "copy"
    databases.copy(copied)
    run(connection, "UPDATE registry_head SET sequence = 9")
    which, (tool, *_rest) = shutil.which, hindrance.split()
    monkeypatch.setattr(shutil, "which", lambda name: None if name == tool else which(name))
    if hindrance == "the copy is cut off":
        copied.write_bytes(copied.read_bytes()[:-100])
    with pytest.raises(databases.Failed):
        databases.load(copied)
    assert asked(databases.EVENTS) == 9


TABLES = (
    "CREATE TABLE registry_head (sequence int)",
    "CREATE TABLE django_migrations (id int, app text, name text)",
    "INSERT INTO registry_head VALUES (7)",
    "INSERT INTO django_migrations VALUES (1, 'registry', 'm')",
    "CREATE TRIGGER t BEFORE DELETE ON registry_head BEGIN SELECT RAISE(ABORT, 'never'); END",
)


def opened(file: Path) -> Any:
    return opened_with(connection.settings_dict | {"NAME": str(file)})


def opened_with(settings: dict[str, Any]) -> Any:
    other = connections.create_connection("default")
    other.settings_dict = settings
    return other


def run(other: Any, *statements: str) -> None:
    with other.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def asked(query: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchone()[0]


def test_a_backup_is_for_its_owner_alone_and_never_holds_the_signing_key(cast: Cast, copied: None, tmp_path: Path):
    file = backed_up(tmp_path / "goi.backup")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert b"PRIVATE KEY" not in file.read_bytes()


def test_a_backup_ends_with_a_checkpoint_over_all_that_it_holds(cast: Cast, copied: None, tmp_path: Path):
    manifest = archive.unpack(backed_up(tmp_path / "goi.backup"), tmp_path / "out")
    last = max((tmp_path / "out" / archive.CHECKPOINTS).iterdir())
    assert json.loads(last.read_bytes())["checkpoint"]["size"] == manifest.events


def test_a_checkpoint_signed_after_the_copy_was_taken_is_left_out(
    cast: Cast, copied: None, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """It covers events that the copy lacks, so the restored copy would seem to have lost them."""
    copy = databases.copy

    def then_somebody_acts(target: Path) -> databases.Copied:
        copied = copy(target)
        later = checkpoints.files(settings.CHECKPOINTS)[0].with_name(f"{copied.events + 1:012d}.json")
        later.write_text("{}")
        return copied

    monkeypatch.setattr(databases, "copy", then_somebody_acts)
    manifest = archive.unpack(backed_up(tmp_path / "goi.backup"), tmp_path / "out")
    assert max(int(path.stem) for path in (tmp_path / "out" / archive.CHECKPOINTS).iterdir()) == manifest.events


@pytest.fixture
def no_links(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on SMB and exFAT."""

    def refuses(*arguments: Any) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", refuses)


def test_a_backup_can_be_made_where_there_are_no_hard_links(cast: Cast, copied: None, no_links: None, tmp_path: Path):
    file = backed_up(tmp_path / "goi.backup")
    assert archive.unpack(file, tmp_path / "out").events == Event.objects.count()
    assert [path.name for path in tmp_path.iterdir() if "backup" in path.name] == ["goi.backup"]


def test_a_file_is_written_once_where_there_are_no_hard_links(no_links: None, tmp_path: Path):
    assert keys.write_once(tmp_path / "goi.pem", b"first")
    assert not keys.write_once(tmp_path / "goi.pem", b"second")
    assert (tmp_path / "goi.pem").read_bytes() == b"first"
    assert stat.S_IMODE((tmp_path / "goi.pem").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["goi.pem"]


def test_nothing_is_left_of_a_backup_that_failed(
    cast: Cast, copied: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def fails(*arguments: Any) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(archive, "_add", fails)
    refused("No backup was made: No space left", "backup", tmp_path / "goi.backup")
    assert [path.name for path in tmp_path.iterdir() if "backup" in path.name] == []


def test_a_ledger_that_cannot_be_signed_is_copied_all_the_same(cast: Cast, copied: None, settings: Any, tmp_path: Path):
    (tmp_path / "file").touch()
    settings.CHECKPOINTS = tmp_path / "file" / "checkpoints"
    said = StringIO()
    with translation.override("en"):
        call_command("backup", str(tmp_path / "goi.backup"), stdout=StringIO(), stderr=said)
    assert "Not a directory" in said.getvalue()
    assert archive.unpack(tmp_path / "goi.backup", tmp_path / "out").events == Event.objects.count()


def test_with_a_damaged_signing_key_everything_is_copied_all_the_same(
    cast: Cast, copied: None, settings: Any, tmp_path: Path
):
    damaged_key(settings, tmp_path)
    said = StringIO()
    with translation.override("en"):
        call_command("backup", str(tmp_path / "goi.backup"), stdout=StringIO(), stderr=said)
    assert "The key in goi.pem cannot be read" in said.getvalue()
    assert archive.unpack(tmp_path / "goi.backup", tmp_path / "out").events == Event.objects.count()


def damaged_key(settings: Any, folder: Path) -> None:
    settings.SIGNING_KEY = folder / "keys" / "goi.pem"
    keys.first_key(settings.SIGNING_KEY)
    settings.SIGNING_KEY.write_bytes(settings.SIGNING_KEY.read_bytes()[:40])


def test_beside_a_damaged_signing_key_nothing_is_put_in_place(
    new_machine: Path, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """What it is to be verified with is looked at before the database is replaced."""
    damaged_key(settings, tmp_path)
    loaded: list[Path] = []
    monkeypatch.setattr(databases, "load", loaded.append)
    refused(r"goi\.pem cannot be read.*Nothing was changed", "restore", new_machine, overwrite=True)
    assert not loaded


@pytest.mark.parametrize(("folder", "setting"), [("checkpoints", "GOI_CHECKPOINTS"), ("goi_public", "GOI_SIGNING_KEY")])
def test_where_nothing_can_be_laid_beside_the_database_nothing_is_put_in_place(
    new_machine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str, setting: str
):
    """Whether there is room is tried before the database is replaced."""
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / folder).touch()
    loaded: list[Path] = []
    monkeypatch.setattr(databases, "load", loaded.append)
    before = sorted(tmp_path.rglob("*"))
    sentence = rf"{folder} \(Not a directory\).*Nothing was changed.*{setting}"
    refused(sentence, "restore", new_machine, overwrite=True)
    assert not loaded
    assert sorted(tmp_path.rglob("*")) == before


def test_checkpoints_that_are_there_already_need_no_folder_that_can_be_written_to(
    cast: Cast, copied: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    file = backed_up(tmp_path / "goi.backup")
    monkeypatch.setattr(databases, "load", lambda source: None)

    def fails(*arguments: Any, **options: Any) -> bool:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(keys, "write_once", fails)
    call_command("restore", str(file), overwrite=True, stdout=StringIO())


def test_a_damaged_public_key_in_a_backup_does_not_keep_it_from_being_put_back(
    new_machine: Path, settings: Any, tmp_path: Path
):
    """As an earlier version of Goi packed it; the others are as good as before."""
    with tarfile.open(new_machine, "a") as tar:
        archive._add(tar, f"{archive.KEYS}/0.pem", b"half")
    call_command("restore", str(new_machine), overwrite=True, stdout=StringIO())
    assert len(keys.public_files(settings.SIGNING_KEY)) == 1


def test_a_checkpoint_that_cannot_be_read_is_left_out(cast: Cast, copied: None, settings: Any, tmp_path: Path):
    checkpoints.write()
    (settings.CHECKPOINTS / "000000000002.json").mkdir()
    said = StringIO()
    with translation.override("en"):
        call_command("backup", str(tmp_path / "goi.backup"), stdout=StringIO(), stderr=said)
    assert "000000000002.json cannot be read" in said.getvalue()
    archive.unpack(tmp_path / "goi.backup", tmp_path / "out")
    assert len(list((tmp_path / "out" / archive.CHECKPOINTS).iterdir())) == 1


def test_a_backup_never_overwrites_a_file(db: None, tmp_path: Path):
    file = tmp_path / "goi.backup"
    file.write_text("an older one")
    refused("never overwritten", "backup", file)
    assert file.read_text() == "an older one"


def test_a_registry_is_not_overwritten_without_being_told(cast: Cast, tmp_path: Path):
    before = Event.objects.count()
    refused("add --overwrite", "restore", tmp_path / "goi.backup")
    assert Event.objects.count() == before


def damaged(file: Path, part: bytes) -> None:
    content = bytearray(file.read_bytes())
    place = content.index(part)
    content[place] ^= 1
    file.write_bytes(content)


@pytest.mark.parametrize("what", ["no file", "another file", "cut off", "one bit changed"])
def test_what_is_no_whole_backup_changes_nothing(cast: Cast, copied: None, tmp_path: Path, what: str):
    file = tmp_path / "goi.backup"
    if what == "another file":
        file.write_text("hello")
    elif what != "no file":
        backed_up(file)
        damaged(file, b"CREATE TABLE") if what == "one bit changed" else file.write_bytes(file.read_bytes()[:20_000])
    before = Event.objects.count()
    refused("Nothing was changed", "restore", file, overwrite=True)
    assert Event.objects.count() == before


def test_a_full_disk_is_not_taken_for_a_damaged_backup(
    cast: Cast, copied: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def fails(*arguments: Any, **options: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    file = backed_up(tmp_path / "goi.backup")
    monkeypatch.setattr(tarfile.TarFile, "extractall", fails)
    refused("No space left on device.*Nothing was changed", "restore", file, overwrite=True)


def test_a_backup_is_unpacked_beside_itself(cast: Cast, copied: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Where there was room for it; the folder for temporary files is often small."""
    file = backed_up(tmp_path / "goi.backup")
    loaded: list[Path] = []
    monkeypatch.setattr(databases, "load", loaded.append)
    call_command("restore", str(file), overwrite=True, stdout=StringIO())
    assert loaded[0].parent.parent == tmp_path
    assert not loaded[0].parent.exists()


@pytest.mark.parametrize(
    ("value", "sentence"),
    [({"vendor": "oracle"}, "Set DATABASE_URL"), ({"migration": "9999_later"}, "newer version of Goi")],
    ids=["another kind of database", "a later version"],
)
def test_a_backup_that_does_not_fit_changes_nothing(cast: Cast, tmp_path: Path, value: Any, sentence: str):
    database = tmp_path / "database"
    database.write_bytes(b"")
    manifest = {"vendor": connection.vendor, "events": 1, "migration": "0001_initial", "made_at": ""}
    manifest |= {"sha256": archive.sha256(database), **value}
    file = tmp_path / "goi.backup"
    archive.pack(file, archive.Manifest(**manifest), database, {}, {})
    before = Event.objects.count()
    refused(sentence, "restore", file, overwrite=True)
    assert Event.objects.count() == before


def test_a_backup_cannot_write_beside_the_folder_it_is_laid_out_in(tmp_path: Path):
    file = tmp_path / "goi.backup"
    with tarfile.open(file, "w") as tar:
        archive._add(tar, "../outside", b"x")
    with pytest.raises(archive.Unreadable):
        archive.unpack(file, tmp_path / "in")
    assert not (tmp_path / "outside").exists()
