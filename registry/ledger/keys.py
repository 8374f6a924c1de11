"""The key that signs checkpoints: a file of its own, made for the first of them, readable by its owner alone.

When it is replaced, the private part goes and the public one stays, in a folder beside it and under its name.
"""

import fcntl
import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from registry.ledger.note import key_id


def signing_key(path: Path) -> Ed25519PrivateKey:
    """The private key in `path` (PEM). Raises `OSError`, or `ValueError` for what is no such key or is encrypted."""
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (TypeError, UnsupportedAlgorithm) as error:
        raise ValueError(str(error)) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError(f"{path.name} holds no Ed25519 key")
    return key


def first_key(path: Path) -> Ed25519PrivateKey:
    """Likewise, made there first if there is none."""
    if not path.exists():
        write_once(path, _pem(Ed25519PrivateKey.generate()))
    return signing_key(path)


def public_files(path: Path) -> dict[str, bytes]:
    """The public keys known beside the private one in `path`, its own included, as PEM by file name.

    Without those that are `unreadable`.
    """
    return {f"{key_id(key)}.pem": public_pem(key) for key in public_keys(path)}


def public_keys(path: Path) -> list[Ed25519PublicKey]:
    """Likewise as keys: what this registry trusts by itself."""
    return _readable(_known(path))


def public_keys_in(folder: Path) -> list[Ed25519PublicKey]:
    """Those in the files of a folder, without what is none."""
    return _readable(_kept(folder))


def _readable(known: Mapping[Path, Ed25519PublicKey | Exception]) -> list[Ed25519PublicKey]:
    """Each once."""
    return list({key_id(key): key for key in known.values() if isinstance(key, Ed25519PublicKey)}.values())


def unreadable(path: Path) -> dict[Path, str]:
    """The files among them, the private key's included, of which nothing can be made, and why."""
    known = _known(path).items()
    return {file: reason(error) for file, error in known if isinstance(error, Exception)}


def _known(path: Path) -> dict[Path, Ed25519PublicKey | Exception]:
    kept, own = _kept(public_folder(path)), _or_why(path, lambda path: signing_key(path).public_key())
    return kept if isinstance(own, FileNotFoundError) else {**kept, path: own}


def _kept(folder: Path) -> dict[Path, Ed25519PublicKey | Exception]:
    return {path: _or_why(path, read_public) for path in sorted(folder.glob("*.pem"))}


def _or_why(path: Path, read: Callable[[Path], Ed25519PublicKey]) -> Ed25519PublicKey | Exception:
    try:
        return read(path)
    except (OSError, ValueError) as error:
        return error


def reason(error: Exception) -> str:
    """Without the place on the disk, since it may stand on a page."""
    return getattr(error, "strerror", None) or str(error)


def read_public(path: Path) -> Ed25519PublicKey:
    """The public key in `path` (PEM). Raises `OSError`, or `ValueError` for what is none."""
    return public_key(path.read_bytes())


def public_key(pem: bytes) -> Ed25519PublicKey:
    try:
        key = load_pem_public_key(pem)
    except UnsupportedAlgorithm as error:
        raise ValueError(str(error)) from error
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError("no Ed25519 public key")
    return key


def next_key(path: Path) -> Ed25519PrivateKey:
    """The key that is to follow the one in `path`; the same until `promote_next`, however often it is asked for."""
    return first_key(next_path(path))


def promote_next(path: Path) -> None:
    """Let the next key sign from now on, and keep of the old one what it takes to check its signatures."""
    if path.exists():
        keep_public(path, signing_key(path).public_key())
    next_path(path).replace(path)
    sync(path.parent)


def keep_public(path: Path, key: Ed25519PublicKey) -> None:
    """Trust what this key signs, though it is not the one in `path` or not any more."""
    write_once(public_folder(path) / f"{key_id(key)}.pem", public_pem(key), 0o644)


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Nobody else on this machine signs or exchanges the key in `path` meanwhile."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path.with_name(f"{path.name}.lock"), os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def next_path(path: Path) -> Path:
    return path.with_name(f"{path.name}.next")


def public_folder(path: Path) -> Path:
    return path.with_name(f"{path.stem}_public")


def public_pem(key: Ed25519PublicKey) -> bytes:
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def _pem(key: Ed25519PrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def write_once(path: Path, content: bytes, mode: int = 0o600) -> bool:
    """Put a whole, synced file at `path` unless there is one already; says whether it did."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    handle = os.open(new, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    try:
        name_once(new, path)
    except FileExistsError:
        return False
    finally:
        new.unlink(missing_ok=True)
    sync(path.parent)
    return True


def name_once(written: Path, path: Path) -> None:
    """Let the file be found at `path` too, or only there. Raises `FileExistsError` if something is.

    Where there are no hard links, as on SMB and exFAT, the name is taken first and is an empty file for a moment.
    """
    try:
        os.link(written, path)
    except FileExistsError:
        raise
    except OSError:
        path.open("x").close()
        written.replace(path)


def sync(path: Path) -> None:
    """See to it that a file's content, or the names in a directory, outlive a power cut."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
