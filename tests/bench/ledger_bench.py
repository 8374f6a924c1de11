"""`python -m tests.bench.ledger_bench`: what the ledger and history cost a seal, and how fast verifying is.

On a database of its own that is thrown away afterwards (SQLite in a temporary folder, or DATABASE_URL's test database).
"""

import argparse
import os
import resource
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from unittest import mock

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
os.environ.setdefault("GOI_DEBUG", "1")
os.environ["GOI_DATA"] = tempfile.mkdtemp(prefix="goi-bench-")

import django

django.setup()

from django.conf import settings
from django.test.utils import get_runner, override_settings

from registry import triggers
from registry.ledger import chain, keys
from registry.models import Event, Head, User
from registry.proof import checkpoints
from registry.proof.verification import Verification
from registry.workflow.record import Act
from tests import cast as actors
from tests.database import rows_of

MEBI = 1024
TURN = 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seals", type=int, default=60)
    parser.add_argument("--events", type=int, nargs="*", default=[10_000, 1_000_000])
    options = parser.parse_args()
    runner = get_runner(settings)(verbosity=0, interactive=False)
    databases = runner.setup_databases()
    try:
        cast = actors.assemble()
        _signing(cast, options.seals)
        for events in options.events:
            _verifying(events)
    finally:
        triggers.remove("default")
        runner.teardown_databases(databases)


def _signing(cast: actors.Cast, seals: int) -> None:
    """First seals, on proposals that go on waiting for the other team; in turns, so that load falls on both alike."""
    spent = {"with": 0.0, "without": 0.0}
    with actors.on(actors.TODAY):
        waiting = [actors.in_review(cast) for _ in range(2 * seals)]
        for start in range(0, len(waiting), TURN):
            how = "without" if start // TURN % 2 else "with"
            with _bare() if how == "without" else nullcontext():
                began = time.perf_counter()
                for proposal in waiting[start : start + TURN]:
                    actors.seal(proposal, team=cast.marketing, by=cast.ryo)
                spent[how] += time.perf_counter() - began
    speed = {how: seals / seconds for how, seconds in spent.items()}
    ratio = speed["with"] / speed["without"]
    print(f"signing: {speed['with']:.0f}/s with, {speed['without']:.0f}/s without ledger and history: {ratio:.2f}")


@contextmanager
def _bare() -> Iterator[None]:
    """No guard, no history row, no event: only the rows that the act is about."""
    triggers.remove("default")
    with (
        mock.patch.multiple(Act, record=mock.DEFAULT, open=mock.DEFAULT),
        override_settings(SIMPLE_HISTORY_ENABLED=False),
    ):
        yield
    triggers.install("default")


def _verifying(events: int) -> None:
    _grow(events)
    checkpoints.write()
    trusted = [keys.first_key(settings.SIGNING_KEY).public_key()]
    verification = Verification(settings.CHECKPOINTS, trusted)
    began = time.perf_counter()
    list(verification.findings())
    seconds = time.perf_counter() - began
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MEBI
    print(f"verify: {events} events, {events / seconds:.0f} per second, peak memory {memory:.0f} MiB")


def _grow(size: int) -> None:
    """Events as acts without rows would leave them, up to `size`, written in bulk."""
    head, actor = Head.objects.get(), User.objects.system()
    words = {"salt": "0" * 32, "name_ja": "語彙", "name_en": "Goi", "username": "goi", "reason": ""}
    personal, pending = chain.personal_digest(words), []
    triggers.remove("default")
    while head.sequence < size:
        event = Event(
            sequence=head.sequence + 1,
            at=actors.NOW,
            actor=actor,
            act="reminded",
            detail={"turn": head.sequence},
            personal=words,
            personal_digest=personal,
            previous=head.digest,
        )
        event.digest = chain.event_digest(event.document())
        head.sequence, head.digest = event.sequence, event.digest
        pending.append(event)
        if len(pending) == 5_000 or head.sequence == size:
            rows_of(Event).bulk_create(pending)
            pending.clear()
    head.save()
    triggers.install("default")


if __name__ == "__main__":
    main()
