"""Tasks of the races: what is proved of the record while others act. Each is the only task of its process."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, redirect_stdout
from datetime import timedelta
from io import StringIO
from itertools import count
from pathlib import Path
from typing import Any
from unittest import mock

from django.conf import settings
from django.db import connection

import verify
from registry import clock
from registry.ledger import keys
from registry.models import User
from registry.proof import checkpoints, export
from registry.proof.verification import Verification
from registry.workflow import erasure, people
from tests.cast import NOW

numbers = count(1)


def verify_while_others_sign(folder: str, journal: str) -> list[str]:
    """What is found while somebody acts and signs before and after each look into the folder of checkpoints."""
    _settle(Path(folder), journal)
    verification = Verification(settings.CHECKPOINTS, keys.public_keys(settings.SIGNING_KEY))
    with _at_every_listing(_act_and_sign):
        found = [str(finding) for finding in verification.findings()]
    assert verification.checkpoints
    return found


def export_while_somebody_is_erased(folder: str, journal: str) -> list[str]:
    """What verify.py finds in an export that was half sent when a person was erased, and something signed."""
    _settle(Path(folder), journal)
    export.CHUNK = 4
    lines = export.lines()
    head = [next(lines) for _line in range(6)]
    _elsewhere(_erase)
    file = Path(folder) / "ledger.jsonl"
    file.write_text("".join([*head, *lines]), encoding="utf-8")
    with redirect_stdout(StringIO()):
        return list(verify.findings(file))


def _settle(folder: Path, journal: str) -> None:
    """Sign into this folder, and keep this kind of journal on SQLite."""
    settings.CHECKPOINTS, settings.SIGNING_KEY = folder / "checkpoints", folder / "goi.pem"
    if journal:
        connection.close()
        connection.settings_dict["OPTIONS"]["init_command"] = f"PRAGMA journal_mode={journal};PRAGMA synchronous=OFF;"
    checkpoints.write()


@contextmanager
def _at_every_listing(act: Callable[[], object]) -> Iterator[None]:
    here, glob = threading.current_thread(), Path.glob

    def listed(folder: Path, pattern: str) -> list[Path]:
        if threading.current_thread() is not here:
            return list(glob(folder, pattern))
        _elsewhere(act)
        found = list(glob(folder, pattern))
        _elsewhere(act)
        return found

    with mock.patch.object(Path, "glob", listed):
        yield


def _elsewhere(act: Callable[[], object]) -> None:
    """On another connection, done before this one goes on."""

    def acted() -> None:
        with clock.at(NOW + timedelta(hours=1)):
            act()
        connection.close()

    with ThreadPoolExecutor(1) as other:
        other.submit(acted).result()


def _act_and_sign() -> None:
    kenta = User.objects.get(username="kenta")
    people.change_profile(kenta, by=kenta, values={"name_en": f"Kenta {next(numbers)}"})
    checkpoints.write()


def _erase() -> None:
    """Somebody whom events of before and after name."""
    megumi, ryo = (User.objects.get(username=name) for name in ("megumi", "ryo"))
    people.deactivate(ryo, by=megumi)
    erasure.erase_person(ryo, by=megumi, reason="退職")
    checkpoints.write()


TASKS: tuple[Callable[..., Any], ...] = (verify_while_others_sign, export_while_somebody_is_erased)
