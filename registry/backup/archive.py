"""The file: a plain tar of a manifest, the database's copy, the checkpoints and the public keys."""

import hashlib
import io
import json
import os
import secrets
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from registry.ledger import keys

FORMAT = "goi/backup/1"
MANIFEST, DATABASE, CHECKPOINTS, KEYS = "manifest.json", "database", "checkpoints", "public_keys"


class Unreadable(RuntimeError):
    """The file is no backup, or not the one that was written."""


@dataclass(frozen=True)
class Manifest:
    """What the file holds. `migration` is the last one its tables have seen, `sha256` is over the database's copy."""

    vendor: str
    events: int
    migration: str
    made_at: str
    sha256: str


def pack(
    file: Path, manifest: Manifest, database: Path, checkpoints: dict[str, bytes], public: dict[str, bytes]
) -> None:
    """Write everything under a temporary name, sync it, and only then give it its own. Never overwrites."""
    with _whole(file) as part, tarfile.open(part, "w") as tar:
        head = json.dumps({"format": FORMAT, **asdict(manifest)}, indent=1).encode()
        _add(tar, MANIFEST, head)
        tar.add(database, DATABASE)
        for name, signed in checkpoints.items():
            _add(tar, f"{CHECKPOINTS}/{name}", signed)
        for name, pem in public.items():
            _add(tar, f"{KEYS}/{name}", pem)


@contextmanager
def _whole(file: Path) -> Iterator[Path]:
    """A name to write to that becomes `file` at the end, synced; for its owner alone, since it holds names."""
    part = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    try:
        yield part
        keys.sync(part)
        keys.name_once(part, file)
    finally:
        part.unlink(missing_ok=True)
    keys.sync(file.parent)


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    tar.addfile(member, io.BytesIO(content))


def unpack(file: Path, folder: Path) -> Manifest:
    """Lay out the file in `folder` and say what it holds.

    Raises `Unreadable` before anything is touched elsewhere, and `OSError` where the disk does not let it.
    """
    try:
        with tarfile.open(file, "r:") as tar:
            tar.extractall(folder, filter="data")
            if not {MANIFEST, DATABASE} <= set(tar.getnames()):
                raise Unreadable(str(file))
        told: dict[str, Any] = json.loads((folder / MANIFEST).read_bytes())
        if told.pop("format") != FORMAT:
            raise Unreadable(str(file))
        manifest = Manifest(**told)
    except (tarfile.TarError, ValueError, KeyError, TypeError) as error:
        raise Unreadable(str(file)) from error
    if sha256(folder / DATABASE) != manifest.sha256:
        raise Unreadable(str(file))
    return manifest


def sha256(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
