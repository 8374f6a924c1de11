"""Whoever kept a checkpoint can have it proved, and check offline, that today's ledger still begins with it."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

import verify
from registry.ledger import keys, merkle, note
from registry.models import Checkpoint, Event, User
from registry.proof import certificate, checkpoints, continuation, rotation
from tests.cast import Cast, published
from tests.database import past_the_guards, rows_of
from tests.ledger.test_certificate import leaves
from tests.ledger.test_verify import ran

type Proof = dict[str, Any]


@pytest.fixture(autouse=True)
def _own_key(settings: Any, tmp_path: Path) -> None:
    settings.SIGNING_KEY = tmp_path / "keys" / "goi.pem"


@pytest.fixture
def kept(cast: Cast, tmp_path: Path) -> Path:
    """The checkpoint that somebody took away; afterwards, more was agreed and signed."""
    signed = checkpoints.write()
    path = tmp_path / "kept" / "000.json"
    path.parent.mkdir()
    path.write_bytes(checkpoints.files(settings.CHECKPOINTS)[0].read_bytes())
    published(cast)
    assert checkpoints.write().size > signed.size
    return path


def size_of(kept: Path) -> int:
    return json.loads(kept.read_text())["checkpoint"]["size"]


@pytest.fixture
def proof(kept: Path) -> Proof:
    return json.loads(json.dumps(continuation.build(size_of(kept))))


def found(proof: Proof, kept: Path | None, key: Any = None) -> list[str]:
    path = settings.CHECKPOINTS.with_name("continuation.json")
    path.write_text(json.dumps(proof), encoding="utf-8")
    return list(verify.findings(path, kept, key))


def test_it_is_fetched_and_checked_with_the_kept_checkpoint_and_key(kept: Path, cast: Cast, client: Client, tmp_path):
    client.force_login(cast.takuya)
    response = client.get(f"/ledger/checkpoints/{size_of(kept)}/continuation")
    assert "attachment" in response.headers["Content-Disposition"]
    file, key = tmp_path / "proof.json", tmp_path / "goi.pem"
    file.write_bytes(response.content)
    key.write_bytes(keys.public_pem(keys.signing_key(settings.SIGNING_KEY).public_key()))
    for given in (kept, kept.parent):
        done = ran(tmp_path, file, "--checkpoints", given, "--key", key)
        assert done.returncode == 0, done.stdout
        assert f"{size_of(kept)} events" in done.stdout


def test_a_certificate_is_a_kept_checkpoint_too(cast: Cast, tmp_path: Path):
    (version,) = published(cast)
    kept = tmp_path / "certificate.json"
    kept.write_text(json.dumps(certificate.build(version)))
    size = json.loads(kept.read_text())["checkpoint"]["checkpoint"]["size"]
    published(cast, "meeting")
    checkpoints.write()
    assert found(continuation.build(size), kept) == []


def test_without_a_kept_checkpoint_it_says_with_what_to_compare(proof: Proof, capsys: Any):
    assert found(proof, None) == []
    assert proof["before"]["checkpoint"]["root"] in capsys.readouterr().out


def test_the_newest_continues_itself(kept: Path):
    newest = checkpoints.newest(settings.CHECKPOINTS)
    assert newest is not None
    proof = continuation.build(newest["checkpoint"]["size"])
    assert proof["proof"] == found(proof, None) == []


def test_a_key_from_before_an_exchange_leads_to_the_one_after(kept: Path, cast: Cast):
    first = keys.signing_key(settings.SIGNING_KEY).public_key()
    rotation.rotate(by=User.objects.system(), reason="年に一度の交換")
    published(cast, "meeting")
    checkpoints.write()
    second = keys.signing_key(settings.SIGNING_KEY).public_key()
    proof = continuation.build(size_of(kept))
    assert proof["after"]["checkpoint"]["key_id"] == note.key_id(second)
    assert found(proof, kept, first) == found(proof, kept, second) == []


def test_no_value_in_it_can_be_changed(kept: Path, proof: Proof):
    key = keys.signing_key(settings.SIGNING_KEY).public_key()
    for path in leaves(proof):
        if path[-1] == "public_key":
            continue
        forged = json.loads(json.dumps(proof))
        holder = forged
        for step in path[:-1]:
            holder = holder[step]
        holder[path[-1]] = holder[path[-1]] + 1 if isinstance(holder[path[-1]], int) else f"{holder[path[-1]]}0"
        assert found(forged, kept, key), path


def test_a_past_that_was_written_anew_and_signed_anew_is_found(kept: Path, cast: Cast, capsys: Any):
    """Whoever owns the server and the key can make all of it fit but what others kept."""
    size = size_of(kept)
    for path in checkpoints.files(settings.CHECKPOINTS):
        path.unlink()
    with past_the_guards():
        rows_of(Checkpoint)._raw_delete("default")
        rows_of(Event).filter(sequence=3).update(digest="0" * 64)
    root = merkle.root(size, checkpoints.tree.StoredTree())
    forged = note.sign(keys.signing_key(settings.SIGNING_KEY), size=size, root=root, at=cast.meeting.created_at)
    (settings.CHECKPOINTS / f"{size:012d}.json").write_text(json.dumps(forged))
    checkpoints.write()
    told = continuation.build(size)
    assert ["not the one that you kept" in sentence for sentence in found(told, kept)] == [True]
    told["before"] = json.loads(kept.read_text())
    capsys.readouterr()
    assert ["do not begin with" in sentence for sentence in found(told, kept)] == [True]
    assert "are the beginning of" not in capsys.readouterr().out


def test_one_about_another_checkpoint_than_the_kept_one_says_so(kept: Path):
    newest = checkpoints.newest(settings.CHECKPOINTS)
    assert newest is not None
    (sentence,) = found(continuation.build(newest["checkpoint"]["size"]), kept)
    assert f"those over {size_of(kept)}" in sentence


@pytest.mark.parametrize("size", [0, 1, 10**300])
def test_a_checkpoint_that_was_never_signed_here_is_refused(kept: Path, cast: Cast, client: Client, size: int):
    client.force_login(cast.takuya)
    response = client.get(f"/ledger/checkpoints/{size}/continuation", headers={"Accept-Language": "en"})
    assert response.status_code == 404
    assert "keep your file" in response.content.decode()


def test_a_ledger_that_does_not_continue_its_newest_checkpoint_says_why(kept: Path, cast: Cast, client: Client):
    with past_the_guards():
        rows_of(Event).filter(sequence=3).update(digest="0" * 64)
    client.force_login(cast.takuya)
    address = f"/ledger/checkpoints/{size_of(kept)}/continuation"
    response = client.get(address, headers={"Accept-Language": "en"})
    assert response.status_code == 409
    assert "does not continue the checkpoint" in response.content.decode()


def test_the_certificates_page_leads_to_it(cast: Cast, client: Client):
    published(cast)
    client.force_login(cast.takuya)
    page = client.get("/metrics/target_lead/versions/2/certificate/").content.decode()
    newest = checkpoints.newest(settings.CHECKPOINTS)
    assert newest is not None
    assert f'href="/ledger/checkpoints/{newest["checkpoint"]["size"]}/continuation"' in page


def test_the_verifier_agrees_with_the_registry_on_every_small_tree():
    @cache
    def node(level: int, position: int) -> bytes:
        if level == 0:
            return merkle.leaf(position.to_bytes(2))
        return merkle.join(node(level - 1, 2 * position), node(level - 1, 2 * position + 1))

    roots = [merkle.root(size, node) for size in range(41)]
    for new in range(1, 41):
        for old in range(1, new + 1):
            proof = merkle.consistency(old, new, node)
            assert verify.consistent(old, new, roots[old], roots[new], proof)
            assert not verify.consistent(old, new, roots[old - 1], roots[new], proof)
            assert not verify.consistent(old, new, roots[old], roots[new], [*proof, merkle.EMPTY])
