"""The key that signs can be exchanged, and any of the keys leads to all others, with the registry and without."""

import json
import shutil
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat
from django.conf import settings
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone, translation

import verify
from registry.ledger import keys, lineage, merkle, note
from registry.models import Event, Head, User
from registry.proof import certificate, checkpoints, export, rotation, tree
from registry.proof.verification import Verification
from registry.workflow import people
from registry.workflow.rotation import announce_key
from tests.cast import Cast, published
from tests.database import undone

WHY = "年に一度の交換"


@pytest.fixture(autouse=True)
def _own_key(settings: Any, tmp_path: Path) -> None:
    settings.SIGNING_KEY = tmp_path / "keys" / "goi.pem"


def rotate() -> tuple[Any, Any]:
    """The public keys before and after."""
    before = keys.signing_key(settings.SIGNING_KEY).public_key()
    rotation.rotate(by=User.objects.system(), reason=WHY)
    return before, keys.signing_key(settings.SIGNING_KEY).public_key()


def sign_anyway() -> None:
    """With the key at hand, whatever it is, as somebody would who cares for no rule."""
    head = Head.objects.get()
    root = merkle.root(head.sequence, tree.StoredTree())
    signed = note.sign(keys.first_key(settings.SIGNING_KEY), size=head.sequence, root=root, at=timezone.now())
    (settings.CHECKPOINTS / f"{head.sequence:012d}.json").write_text(json.dumps(signed))


def damage(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:40])


def act(cast: Cast, name: str) -> None:
    people.change_profile(cast.kenta, by=cast.kenta, values={"name_en": name})


def wrong(trusted: list[Any]) -> list[str]:
    with translation.override("en"):
        found = Verification(settings.CHECKPOINTS, trusted).findings()
        return [str(each) for each in found]


def wrong_offline(folder: Path, key: Any = None) -> list[str]:
    path = folder / "ledger.jsonl"
    path.write_text("".join(export.lines()), encoding="utf-8")
    return list(verify.findings(path, settings.CHECKPOINTS, key))


@pytest.fixture
def rotated(cast: Cast) -> list[Any]:
    """Three keys, each of which signed something."""
    checkpoints.write()
    first, second = rotate()
    act(cast, "Ken")
    checkpoints.write()
    _second, third = rotate()
    act(cast, "Kenta")
    checkpoints.write()
    return [first, second, third]


def test_every_key_leads_to_all_others(rotated: list[Any], tmp_path: Path):
    signers = {note_of(path)["checkpoint"]["key_id"] for path in checkpoints.files(settings.CHECKPOINTS)}
    assert signers == {note.key_id(key) for key in rotated}
    for key in rotated:
        assert wrong([key]) == []
        assert wrong_offline(tmp_path, key) == []
    assert wrong_offline(tmp_path) == []


def note_of(path: Path) -> dict[str, Any]:
    return json.loads(path.read_bytes())


def test_a_key_that_nobody_attested_is_not_followed(cast: Cast, settings: Any, tmp_path: Path):
    checkpoints.write()
    first = keys.signing_key(settings.SIGNING_KEY).public_key()
    settings.SIGNING_KEY = tmp_path / "thief.pem"
    act(cast, "Ken")
    sign_anyway()
    for found in (wrong([first]), wrong_offline(tmp_path, first)):
        assert any("not signed with the registry's key" in sentence for sentence in found)


def test_a_change_of_keys_that_only_the_new_key_claims_is_not_followed(cast: Cast, settings: Any, tmp_path: Path):
    """Whoever can write to the database cannot bring in a key of theirs: the old one would have to sign that."""
    checkpoints.write()
    first = keys.signing_key(settings.SIGNING_KEY).public_key()
    settings.SIGNING_KEY = tmp_path / "thief.pem"
    thief = keys.first_key(settings.SIGNING_KEY)
    announce_key(first, thief, by=User.objects.system(), reason=WHY)
    checkpoints.write()
    for found in (wrong([first]), wrong_offline(tmp_path, first)):
        assert any("not signed with the registry's key" in sentence for sentence in found)


def test_the_old_key_signs_nothing_after_the_new_one(rotated: list[Any], cast: Cast, settings: Any, tmp_path: Path):
    kept = tmp_path / "kept.pem"
    first = settings.SIGNING_KEY
    kept.write_bytes(first.read_bytes())
    _third, fourth = rotate()
    act(cast, "K")
    checkpoints.write()
    settings.SIGNING_KEY = kept
    act(cast, "Kt")
    sign_anyway()
    assert any("not the registry's at that time" in sentence for sentence in wrong([fourth]))
    assert any("not its time's" in sentence for sentence in wrong_offline(tmp_path, fourth))


def test_the_old_public_key_is_kept_under_its_name_and_the_private_one_is_not(cast: Cast, settings: Any):
    checkpoints.write()
    first, second = rotate()
    assert set(keys.public_files(settings.SIGNING_KEY)) == {f"{note.key_id(key)}.pem" for key in (first, second)}
    found = [
        path for path in settings.SIGNING_KEY.parent.rglob("*") if path.is_file() and b"PRIVATE" in path.read_bytes()
    ]
    assert found == [settings.SIGNING_KEY]


def test_anyone_can_fetch_an_earlier_key_by_its_name(cast: Cast, client: Client):
    checkpoints.write()
    first, second = rotate()
    for key in (first, second):
        assert client.get("/ledger/key", {"name": note.key_id(key)}).content == keys.public_pem(key)
    assert client.get("/ledger/key", {"name": "../goi"}).status_code == 404


def test_a_certificate_names_its_key_and_is_checked_with_an_earlier_or_later_one(
    cast: Cast, tmp_path: Path, capsys: Any
):
    (version,) = published(cast)
    checkpoints.write()
    before = json.loads(json.dumps(certificate.build(version)))
    first, second = rotate()
    act(cast, "Ken")
    checkpoints.write()
    after = json.loads(json.dumps(certificate.build(version)))
    path = tmp_path / "certificate.json"
    for proof, key in ((before, first), (after, first), (after, second)):
        path.write_text(json.dumps(proof))
        assert list(verify.findings(path, key=key)) == []
        assert proof["checkpoint"]["checkpoint"]["key_id"] in capsys.readouterr().out
    after["keys"] = []
    path.write_text(json.dumps(after))
    assert any("not signed with the registry's key" in each for each in verify.findings(path, key=first))


def test_an_exchange_that_was_interrupted_goes_on(cast: Cast, settings: Any, monkeypatch: pytest.MonkeyPatch):
    first = interrupted(monkeypatch)
    assert keys.signing_key(settings.SIGNING_KEY).public_key() == first
    assert wrong([first]) == []
    _first, second = rotate()
    assert Event.objects.filter(act=lineage.ACT).count() == 1
    assert wrong([first]) == wrong([second]) == []


def interrupted(monkeypatch: pytest.MonkeyPatch) -> Any:
    """An exchange that stops once the next key is announced; the key that it was to replace."""
    checkpoints.write()
    first = keys.signing_key(settings.SIGNING_KEY).public_key()
    with monkeypatch.context() as patched:
        patched.setattr(checkpoints, "sign_held", _stop)
        with pytest.raises(KeyboardInterrupt):
            rotate()
    return first


def _stop() -> None:
    raise KeyboardInterrupt


def test_a_missing_key_is_not_replaced_silently(cast: Cast, settings: Any):
    checkpoints.write()
    settings.SIGNING_KEY.unlink()
    act(cast, "Ken")
    with translation.override("en"), pytest.raises(CommandError, match="rotate_key --lost"):
        call_command("checkpoint")
    assert not settings.SIGNING_KEY.exists()


@pytest.mark.parametrize("lost", [False, True])
def test_a_damaged_key_is_said_and_not_replaced(cast: Cast, settings: Any, lost: bool):
    checkpoints.write()
    settings.SIGNING_KEY.write_text("-----BEGIN PRIVATE KEY-----\nhalf")
    with translation.override("en"), pytest.raises(CommandError, match="Look into GOI_CHECKPOINTS and GOI_SIGNING_KEY"):
        call_command("rotate_key", reason=WHY, lost=lost)
    assert settings.SIGNING_KEY.read_text().endswith("half")


@pytest.mark.parametrize("lost", [False, True])
def test_a_damaged_next_key_is_said_and_changes_nothing(cast: Cast, settings: Any, lost: bool):
    checkpoints.write()
    if lost:
        settings.SIGNING_KEY.unlink()
    following = settings.SIGNING_KEY.with_name("goi.pem.next")
    following.write_text("-----BEGIN PRIVATE KEY-----\nhalf")
    files, events = contents(settings.SIGNING_KEY.parent), Event.objects.count()
    with translation.override("en"), pytest.raises(CommandError, match=r"goi\.pem\.next can be neither .* remove it"):
        call_command("rotate_key", reason=WHY, lost=lost)
    assert (contents(settings.SIGNING_KEY.parent), Event.objects.count()) == (files, events)
    following.unlink()
    call_command("rotate_key", reason=WHY, lost=lost, stdout=StringIO())
    assert not following.exists()


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_next_key_that_was_announced_can_be_removed(cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The exchange begins anew with another one, which the old key attests as well."""
    first = interrupted(monkeypatch)
    settings.SIGNING_KEY.with_name("goi.pem.next").unlink()
    _first, second = rotate()
    act(cast, "Ken")
    checkpoints.write()
    assert wrong([first]) == wrong([second]) == []
    assert wrong_offline(tmp_path, first) == wrong_offline(tmp_path, second) == []


def test_a_lost_key_is_replaced_when_one_says_so(cast: Cast, settings: Any):
    checkpoints.write()
    first = keys.signing_key(settings.SIGNING_KEY).public_key()
    with translation.override("en"), pytest.raises(CommandError, match="leave out --lost"):
        call_command("rotate_key", reason=WHY, lost=True)
    settings.SIGNING_KEY.unlink()
    said = StringIO()
    call_command("rotate_key", reason=WHY, lost=True, stdout=said)
    second = keys.signing_key(settings.SIGNING_KEY).public_key()
    assert note.key_id(second) in said.getvalue()
    assert wrong([second]) == []
    assert any("not signed with the registry's key" in sentence for sentence in wrong([first]))


@pytest.fixture
def restored(cast: Cast) -> list[Any]:
    """The keys before and after an exchange that the ledger does not know of, having been restored from before it."""
    size = checkpoints.write().size
    with undone():
        first, second = rotate()
        act(cast, "Ken")
        checkpoints.write()
    for path in checkpoints.files(settings.CHECKPOINTS):
        if int(path.stem) > size:
            path.unlink()
    act(cast, "Kenta")
    return [first, second]


def test_a_key_of_which_the_ledger_does_not_know_signs_nothing(restored: list[Any], client: Client):
    first, second = map(note.key_id, restored)
    said = rf"{second}\) is not the one that signed last \({first}\).*rotate_key --lost"
    for command, options in (("checkpoint", {}), ("rotate_key", {"reason": WHY})):
        with translation.override("en"), pytest.raises(CommandError, match=said):
            call_command(command, **options)
    assert not Event.objects.filter(act=lineage.ACT).exists()
    assert wrong(restored) == []


def test_a_new_key_goes_on_after_an_older_backup_was_restored(restored: list[Any], cast: Cast, tmp_path: Path):
    call_command("rotate_key", reason=WHY, lost=True, stdout=StringIO())
    third = keys.signing_key(settings.SIGNING_KEY).public_key()
    act(cast, "K")
    checkpoints.write()
    assert wrong(keys.public_keys(settings.SIGNING_KEY)) == wrong([third]) == []
    assert wrong_offline(tmp_path, third) == wrong_offline(tmp_path) == []


def test_a_key_that_came_unannounced_is_found_by_the_registry_that_trusts_it(restored: list[Any], cast: Cast):
    sign_anyway()
    assert any("not the registry's at that time" in sentence for sentence in wrong(restored))


def test_the_timeline_tells_of_it(cast: Cast, client: Client):
    checkpoints.write()
    first, second = rotate()
    client.force_login(cast.takuya)
    page = client.get("/history/").content.decode()
    assert note.key_id(first) in page
    assert note.key_id(second) in page


@pytest.mark.parametrize("address", ["/ledger/key", "/ledger/key?name=0123456789abcdef"])
def test_a_damaged_key_does_not_break_the_page_of_keys(cast: Cast, client: Client, address: str):
    checkpoints.write()
    damage(settings.SIGNING_KEY)
    assert client.get(address).status_code == 404


def test_an_earlier_key_can_be_fetched_beside_a_damaged_one(cast: Cast, client: Client):
    checkpoints.write()
    first, _second = rotate()
    damage(settings.SIGNING_KEY)
    assert client.get(f"/ledger/key?name={note.key_id(first)}").content == keys.public_pem(first)


@pytest.mark.parametrize("content", [b"half", b"\0\xff", None], ids=["cut off", "no text", "encrypted"])
def test_a_damaged_key_is_left_out_and_named(tmp_path: Path, content: bytes | None):
    path = tmp_path / "goi.pem"
    key = keys.first_key(path)
    encrypted = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret"))
    path.write_bytes(content or encrypted)
    keys.keep_public(path, key.public_key())
    (tmp_path / "goi_public" / "other.pem").write_bytes(b"half")
    assert keys.public_keys(path) == [key.public_key()]
    assert set(keys.unreadable(path)) == {path, tmp_path / "goi_public" / "other.pem"}


def put_back(folder: Path) -> None:
    """The checkpoints are gone, and written again from the database."""
    before = {path: path.read_bytes() for path in checkpoints.files(folder)}
    shutil.rmtree(folder)
    call_command("checkpoint", "--put-back", stdout=StringIO())
    assert {path: path.read_bytes() for path in before} == before


def test_checkpoints_by_an_earlier_key_are_put_back_where_only_the_present_one_is_known(cast: Cast, settings: Any):
    """As on a new machine where the signing key was there before the backup was restored."""
    checkpoints.write()
    _first, second = rotate()
    published(cast)
    checkpoints.write()
    shutil.rmtree(settings.SIGNING_KEY.with_name("goi_public"))
    put_back(settings.CHECKPOINTS)
    assert wrong([second]) == []


def test_checkpoints_by_a_lost_key_are_put_back(cast: Cast, settings: Any):
    checkpoints.write()
    first = keys.signing_key(settings.SIGNING_KEY).public_key()
    settings.SIGNING_KEY.unlink()
    call_command("rotate_key", reason=WHY, lost=True, stdout=StringIO())
    put_back(settings.CHECKPOINTS)
    assert keys.public_files(settings.SIGNING_KEY)[f"{note.key_id(first)}.pem"] == keys.public_pem(first)


def test_a_checkpoint_by_a_key_that_leads_nowhere_is_not_put_back(restored: list[Any], cast: Cast, settings: Any):
    sign_anyway()
    for path in checkpoints.files(settings.CHECKPOINTS):
        checkpoints._keep(checkpoints.read(path))
    shutil.rmtree(settings.CHECKPOINTS)
    shutil.rmtree(settings.SIGNING_KEY.with_name("goi_public"))
    with translation.override("en"), pytest.raises(CommandError, match="not signed by a key known here"):
        call_command("checkpoint", "--put-back")
    assert not settings.CHECKPOINTS.exists()
