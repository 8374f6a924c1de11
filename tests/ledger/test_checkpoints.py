"""Signed checkpoints: when they are written, what they say, and that nothing is signed over a falsified past."""

import json
import shutil
import stat
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import translation

from registry.ledger import keys, merkle, note
from registry.models import Checkpoint, Event, Head, Node
from registry.proof import checkpoints, tree
from registry.workflow import people
from tests.cast import Cast, published
from tests.database import past_the_guards, rows_of
from tests.ledger.tampering import wrong

type Capture = Any


@pytest.fixture(autouse=True)
def _fresh_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoints, "_newest", None)


def test_a_checkpoint_says_how_much_was_signed_and_with_which_key(cast: Cast, settings: Any):
    signed = checkpoints.write()
    said = checkpoints.newest(settings.CHECKPOINTS)
    public = keys.signing_key(settings.SIGNING_KEY).public_key()
    assert said["checkpoint"]["size"] == signed.size == Event.objects.count()
    assert said["checkpoint"]["key_id"] == note.key_id(public)
    assert note.is_signed(said, public)
    said["checkpoint"]["size"] += 1
    assert not note.is_signed(said, public)


@pytest.fixture
def low_nodes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nodes are kept from four events on, so that a small ledger has some."""
    monkeypatch.setattr(tree, "KEPT_FROM", 2)
    monkeypatch.setattr(tree, "BLOCK", 4)


def test_its_root_is_that_of_the_events_in_order(cast: Cast, low_nodes: None):
    """Also where high nodes are kept and read back."""
    frontier = merkle.Frontier()
    for digest in Event.objects.order_by("sequence").values_list("digest", flat=True):
        frontier.append(tree.leaf(digest))
    assert checkpoints.write().root == frontier.root().hex()
    published(cast)
    for digest in (
        Event.objects.filter(sequence__gt=frontier.size).order_by("sequence").values_list("digest", flat=True)
    ):
        frontier.append(tree.leaf(digest))
    assert checkpoints.write().root == frontier.root().hex()
    size = frontier.size
    assert Node.objects.count() == sum(size >> level for level in range(2, size.bit_length()))
    stored = tree.StoredTree()
    for index in range(size):
        proof = merkle.inclusion(index, size, stored)
        assert merkle.included(stored(0, index), index, size, proof, frontier.root())


def test_a_kept_hash_that_was_altered_is_found_and_made_anew(cast: Cast, low_nodes: None):
    """At any height; at the top nothing can be signed over it, although the events are as they were."""
    checkpoints.write()
    assert wrong() == []
    Node.objects.filter(level=2, position=0).update(digest="0" * 64)
    with translation.override("en"):
        assert any("manage.py reindex" in sentence for sentence in wrong())
    Node.objects.update(digest="0" * 64)
    with pytest.raises(CommandError, match=r"manage\.py verify"):
        call_command("checkpoint")
    call_command("reindex", stdout=StringIO())
    assert wrong() == []
    call_command("checkpoint", stdout=StringIO())


def test_kept_hashes_beyond_the_events_are_found(cast: Cast, low_nodes: None):
    checkpoints.write()
    Node.objects.create(level=2, position=1_000, digest="0" * 64)
    assert len(wrong()) == 1


def test_over_a_ledger_with_a_gap_no_hash_is_made(cast: Cast, low_nodes: None):
    checkpoints.write()
    before = set(Node.objects.values_list("level", "position", "digest"))
    with past_the_guards():
        rows_of(Event).filter(sequence=3)._raw_delete("default")
        with translation.override("en"), pytest.raises(CommandError, match="Event 3 is not in the ledger"):
            call_command("reindex")
    assert set(Node.objects.values_list("level", "position", "digest")) == before


def test_hashing_a_block_reads_it_once(cast: Cast, django_assert_num_queries: Any):
    """Every node in it is made from what was read."""
    size = Event.objects.count()
    assert 1 < size < tree.BLOCK
    with django_assert_num_queries(1):
        merkle.root(size, tree.StoredTree())


def test_many_acts_kept_together_are_signed_once(
    cast: Cast, settings: Any, django_capture_on_commit_callbacks: Capture, monkeypatch: pytest.MonkeyPatch
):
    settings.CHECKPOINT_EVENTS = 3
    written: list[int] = []
    write = checkpoints.write
    monkeypatch.setattr(checkpoints, "write", lambda: written.append(Head.objects.get().sequence) or write())
    with django_capture_on_commit_callbacks(execute=True):
        for language in ("en", "ja", "en", "ja"):
            people.change_profile(cast.kenta, by=cast.kenta, values={"language": language})
    assert written == [Event.objects.count()]


@pytest.mark.parametrize(("events", "minutes", "written"), [(1, 60, True), (10_000, 0, True), (10_000, 60, False)])
def test_one_is_written_after_so_many_events_or_minutes(
    cast: Cast,
    settings: Any,
    django_capture_on_commit_callbacks: Capture,
    events: int,
    minutes: int,
    written: bool,
):
    settings.CHECKPOINT_EVENTS, settings.CHECKPOINT_MINUTES = events, minutes
    with django_capture_on_commit_callbacks(execute=True):
        people.change_profile(cast.kenta, by=cast.kenta, values={"language": "en"})
    assert bool(checkpoints.files(settings.CHECKPOINTS)) == Checkpoint.objects.exists() == written


def test_an_act_that_is_not_kept_is_not_signed(cast: Cast, settings: Any, django_capture_on_commit_callbacks: Capture):
    settings.CHECKPOINT_EVENTS = 1
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        people.change_profile(cast.kenta, by=cast.kenta, values={"language": "en"})
        transaction.set_rollback(True)
    assert not checkpoints.files(settings.CHECKPOINTS)


def test_signing_twice_keeps_the_first(cast: Cast, settings: Any):
    first = checkpoints.write()
    content = checkpoints.files(settings.CHECKPOINTS)[0].read_bytes()
    assert checkpoints.write() == first
    assert checkpoints.files(settings.CHECKPOINTS)[0].read_bytes() == content


def test_a_ledger_that_does_not_continue_what_was_signed_is_not_signed(cast: Cast):
    checkpoints.write()
    last = Event.objects.latest("sequence")
    with past_the_guards():
        rows_of(Event).filter(pk=last.pk).update(digest="0" * 64)
    with pytest.raises(checkpoints.Forked), transaction.atomic():
        checkpoints.write()
    with pytest.raises(CommandError, match=r"manage\.py verify"):
        call_command("checkpoint")


def test_a_ledger_shorter_than_what_was_signed_is_not_signed(cast: Cast):
    checkpoints.write()
    Head.objects.update(sequence=3)
    with pytest.raises(checkpoints.Forked):
        checkpoints.write()


def test_nothing_is_signed_where_the_earlier_checkpoints_are_missing(cast: Cast, settings: Any):
    """The bare place of a disk that is not mounted looks like a registry that never signed."""
    checkpoints.write()
    shutil.rmtree(settings.CHECKPOINTS)
    people.change_profile(cast.kenta, by=cast.kenta, values={"language": "en"})
    with translation.override("en"), pytest.raises(CommandError, match="mounted"):
        call_command("checkpoint")
    assert not settings.CHECKPOINTS.exists()


def test_a_ledger_with_a_gap_is_not_signed(cast: Cast):
    with past_the_guards():
        rows_of(Event).filter(sequence=3)._raw_delete("default")
        with pytest.raises(checkpoints.Forked, match="3"):
            checkpoints.write()


def test_checkpoints_that_are_gone_are_put_back_as_they_were(cast: Cast, settings: Any):
    checkpoints.write()
    people.change_profile(cast.kenta, by=cast.kenta, values={"language": "en"})
    checkpoints.write()
    written = {path: path.read_bytes() for path in checkpoints.files(settings.CHECKPOINTS)}
    for path in written:
        path.unlink()
    with translation.override("en"), pytest.raises(CommandError, match="--put-back"):
        call_command("checkpoint")
    said = StringIO()
    call_command("checkpoint", "--put-back", stdout=said)
    assert all(str(int(path.stem)) in said.getvalue() for path in written)
    assert {path: path.read_bytes() for path in written} == written
    assert wrong() == []


def test_no_checkpoint_is_put_back_that_was_not_signed(cast: Cast, settings: Any):
    checkpoints.write()
    (path,) = checkpoints.files(settings.CHECKPOINTS)
    path.unlink()
    with past_the_guards():
        rows_of(Checkpoint).update(root="0" * 64)
    with translation.override("en"), pytest.raises(CommandError, match="not signed by a key known here"):
        call_command("checkpoint", "--put-back")
    assert not path.exists()


def test_what_keeps_a_checkpoint_from_being_written_is_said(cast: Cast, settings: Any, tmp_path: Path):
    (tmp_path / "file").touch()
    settings.CHECKPOINTS = tmp_path / "file" / "checkpoints"
    with translation.override("en"), pytest.raises(CommandError, match="Not a directory"):
        call_command("checkpoint")


def test_a_copy_of_a_checkpoint_under_another_name_is_none(cast: Cast, settings: Any):
    """Programs that carry files elsewhere leave such names behind."""
    checkpoints.write()
    (path,) = checkpoints.files(settings.CHECKPOINTS)
    path.with_name(f"{path.stem} (conflict).json").write_text("{")
    assert checkpoints.files(settings.CHECKPOINTS) == [path]


def test_a_stored_checkpoint_never_changes(cast: Cast):
    checkpoints.write()
    with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
        rows_of(Checkpoint).update(root="0" * 64)


def test_the_key_is_made_once_for_its_owner_alone(tmp_path: Any):
    path = tmp_path / "keys" / "goi.pem"
    first = keys.first_key(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for again in (keys.first_key(path), keys.signing_key(path)):
        assert again.private_bytes_raw() == first.private_bytes_raw()


def test_anyone_can_fetch_the_public_key(settings: Any, client: Client, cast: Cast):
    checkpoints.write()
    response = client.get("/ledger/key")
    assert response.content == keys.public_pem(keys.signing_key(settings.SIGNING_KEY).public_key())


def test_asking_for_the_public_key_makes_none(settings: Any, client: Client, db: None, tmp_path: Path):
    settings.SIGNING_KEY = tmp_path / "goi.pem"
    response = client.get("/ledger/key", headers={"Accept-Language": "en"})
    assert response.status_code == 404
    assert "There is no signing key here" in response.content.decode()
    assert not settings.SIGNING_KEY.exists()


def test_the_file_is_readable_json_without_the_private_key(cast: Cast, settings: Any):
    checkpoints.write()
    said = json.loads(checkpoints.files(settings.CHECKPOINTS)[0].read_text())
    assert set(said) == {"checkpoint", "public_key", "signature"}
    assert set(said["checkpoint"]) == {"size", "root", "time", "key_id"}
