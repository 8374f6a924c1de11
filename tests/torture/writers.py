"""Eight processes that write and note down what was acknowledged to them, and the look at the record afterwards."""

import logging
import os
import random
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models.signals import post_save

from registry.ledger import keys
from registry.models import Event
from registry.proof.verification import Verification
from tests import verification
from tests.races.worker import Writer
from tests.torture.ground import FOLDER

WRITERS = 8
FOREVER = 3_600

NOTED = FOLDER / "acknowledged"
ERRORS = FOLDER / "errors"


def apart(task: Callable[[], Any]) -> int:
    """Run `task` in a process of its own, forked from this one, and return its number."""
    connection.close()
    child = os.fork()
    if child:
        return child
    try:
        task()
        connection.close()
    except SystemExit as end:
        os._exit(int(end.code or 0))
    except BaseException:
        ERRORS.write_text(traceback.format_exc())
        os._exit(1)
    os._exit(0)


def awaited(task: Callable[[], Any]) -> None:
    """Likewise, to the end. What it raised is raised here."""
    _child, status = os.waitpid(apart(task), 0)
    if status:
        raise AssertionError(ERRORS.read_text() if ERRORS.exists() else f"ended with status {status}")


@contextmanager
def writing(
    chance: random.Random, *, count: int = WRITERS, expected: tuple[type[Exception], ...] = ()
) -> Iterator[None]:
    """Writers at work inside; afterwards they are killed, each in the middle of whatever it did.

    One that met another error than those `expected` fails the round.
    """
    ERRORS.unlink(missing_ok=True)
    children = [apart(partial(_write, chance.randrange(10**9), expected)) for _ in range(count)]
    try:
        yield
    finally:
        chance.shuffle(children)
        for child in children:
            os.kill(child, signal.SIGKILL)
        for child in children:
            os.waitpid(child, 0)
    assert not ERRORS.exists(), ERRORS.read_text()


def _write(seed: int, expected: tuple[type[Exception], ...]) -> None:
    logging.disable()
    note_down()
    with suppress(*expected):
        Writer(str(seed)).run(FOREVER)


def note_down() -> None:
    """From now on, the number and digest of every event stand in NOTED as soon as its act is kept, and not before."""
    handle = os.open(NOTED, os.O_CREAT | os.O_APPEND | os.O_WRONLY)

    def follow(instance: Event, **rest: Any) -> None:
        line = f"{instance.sequence} {instance.digest}\n".encode()
        transaction.on_commit(partial(os.write, handle, line))

    post_save.connect(follow, sender=Event, weak=False)


def noted() -> dict[int, str]:
    """What was acknowledged so far, by event."""
    return read(NOTED.read_text() if NOTED.exists() else "")


def read(lines: str) -> dict[int, str]:
    return {int(number): digest for number, digest in (line.split() for line in lines.splitlines())}


def require_whole(acknowledged: dict[int, str], checkpoints: Path | None = None) -> None:
    """Every acknowledged event is there as it was, and everything verifies."""
    kept = dict(Event.objects.values_list("sequence", "digest"))
    lost = [number for number, digest in acknowledged.items() if kept.get(number) != digest]
    assert not lost, f"acknowledged and lost: {lost}"
    trusted = [keys.first_key(settings.SIGNING_KEY).public_key()]
    found = [str(each) for each in Verification(checkpoints or settings.CHECKPOINTS, trusted).findings()]
    assert not found, found
    flaws = verification.flaws()
    assert not flaws, flaws


def say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()
