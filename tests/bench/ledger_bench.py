"""`python -m tests.bench.ledger_bench`: what the ledger and history cost a seal, and how fast verifying is.

On a database of its own that is thrown away afterwards (SQLite in a temporary folder, or DATABASE_URL's test database).
"""

import argparse
import json
import os
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import datetime
from pathlib import Path
from unittest import mock

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
os.environ.setdefault("GOI_DEBUG", "1")
os.environ["GOI_DATA"] = tempfile.mkdtemp(prefix="goi-bench-")

import django

django.setup()

from django.conf import settings
from django.db import connection, models
from django.db.models import Max
from django.test.utils import get_runner, override_settings
from django.utils import timezone

from registry import rows, triggers
from registry.ledger import chain, keys, merkle, note
from registry.models import Checkpoint, Comment, Event, Head, Mention, Proposal, User
from registry.proof import checkpoints, tree
from registry.proof.findings import Finding
from registry.proof.sealed import HISTORIES
from registry.proof.verification import Verification
from registry.workflow.record import Act
from tests import cast as actors
from tests.database import rows_of

MEBI = 1024
FLUSHED = 5_000
TURN = 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seals", type=int, default=60)
    parser.add_argument("--events", type=int, nargs="*", default=[10_000, 1_000_000], help="ledgers to verify, growing")
    parser.add_argument("--rows", type=int, default=2, help="history rows that each event of them seals")
    options = parser.parse_args()
    runner = get_runner(settings)(verbosity=0, interactive=False)
    settings.DEBUG = False  # Otherwise Django keeps the last nine thousand queries, whole.
    if connection.vendor == "sqlite":  # Else it would lie in the memory that is measured.
        connection.settings_dict["TEST"]["NAME"] = os.path.join(os.environ["GOI_DATA"], "bench.sqlite3")
    databases = runner.setup_databases()
    try:
        cast = actors.assemble()
        _signing(cast, options.seals)
        print(f"acts as they are: {_rows_per_event():.1f} history rows each")
        bare = list(_verification().findings())
        for events in options.events:
            _verifying(events, options.rows, bare)
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


def _rows_per_event() -> float:
    """Of the acts of the cast, which were done through the verbs: what `--rows` stands for."""
    sealed = [len(each) for each in Event.objects.values_list("rows", flat=True)]
    return sum(sealed) / len(sealed)


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


def _verification() -> Verification:
    return Verification(settings.CHECKPOINTS, [keys.first_key(settings.SIGNING_KEY).public_key()])


def _verifying(events: int, rows: int, bare: list[Finding]) -> None:
    """`events` in all, of which each sealed `rows` history rows, with a checkpoint as often as the settings ask.

    `bare` is what was written without ledger and history to measure that: it is found, as it should be.
    """
    began = time.perf_counter()
    Growth(rows).to(events)
    checkpoints.write()
    grown = time.perf_counter() - began
    verification = _verification()
    forget_peak()
    began = time.perf_counter()
    wrong = [finding for finding in verification.findings() if finding not in bare]
    seconds = time.perf_counter() - began
    assert not wrong, wrong[:3]
    memory = peak()
    history = sum(model.objects.count() for model in HISTORIES.values())
    print(
        f"verify: {events} events, {history} history rows, {verification.checkpoints} checkpoints: "
        f"{events / seconds:.0f} events per second, peak memory {memory:.0f} MiB (grown in {grown:.0f} s)"
    )


def forget_peak() -> None:
    """Growing a ledger takes more memory than verifying it, and is not what is measured."""
    Path("/proc/self/clear_refs").write_text("5")


def peak() -> float:
    """The most memory that this process has held since, in MiB."""
    told = Path("/proc/self/status").read_text().partition("VmHWM:")[2]
    return int(told.split()[0]) / MEBI


class Growth:
    """Comments as their acts leave them, written in bulk: event, rows, history rows, mention, checkpoints."""

    def __init__(self, rows: int) -> None:
        self._rows = rows
        self._head = Head.objects.get()
        self._proposal = Proposal.objects.filter(state=Proposal.IN_REVIEW).latest("pk")
        self._actor = User.objects.get(username="kenta")
        self._words = {"salt": "0" * 32, "name_ja": "佐藤 健太", "name_en": "", "username": "kenta", "reason": ""}
        self._personal = chain.personal_digest(self._words)
        self._next = max(_last(Comment), _last(Comment.history.model)) + 1
        self._frontier = merkle.Frontier()
        for digest in Event.objects.order_by("sequence").values_list("digest", flat=True).iterator():
            self._frontier.append(tree.leaf(digest))
        self._waiting: dict[type[models.Model], list[models.Model]] = defaultdict(list)

    def to(self, size: int) -> None:
        triggers.remove("default")
        while self._head.sequence < size:
            self._act()
            if self._head.sequence % settings.CHECKPOINT_EVENTS == 0:
                self._sign()
            if self._head.sequence % FLUSHED == 0:
                self._flush()
        self._flush()
        self._head.save()
        triggers.install("default")

    def _act(self) -> None:
        event = Event(
            sequence=self._head.sequence + 1,
            at=actors.NOW,
            actor=self._actor,
            act="commented",
            proposal=self._proposal,
            detail={"comment": self._next, "field": "", "metrics": ["target_lead"]},
            personal=self._words,
            personal_digest=self._personal,
            rows=[rows.sealed(self._comment()) for _ in range(self._rows)],
            previous=self._head.digest,
        )
        event.digest = chain.event_digest(event.document())
        self._head.sequence, self._head.digest = event.sequence, event.digest
        self._frontier.append(tree.leaf(event.digest))
        self._waiting[Event].append(event)
        self._waiting[Mention].append(Mention(event=event, key="target_lead"))

    def _comment(self) -> models.Model:
        said = {
            "proposal": self._proposal,
            "author": self._actor,
            "written_at": actors.NOW,
            "text": "商談の数え方について、月をまたいだ場合の扱いを確かめたい。",
            "key": "target_lead",
        }
        record = Comment.history.model(
            history_id=self._next,
            id=self._next,
            history_date=actors.NOW,
            history_change_reason="commented",
            history_type="+",
            history_user=self._actor,
            **said,
        )
        self._waiting[Comment].append(Comment(pk=self._next, **said))
        self._waiting[Comment.history.model].append(record)
        self._next += 1
        return record

    def _sign(self) -> None:
        key = keys.signing_key(settings.SIGNING_KEY)
        size, root = self._frontier.size, self._frontier.root()
        signed = note.sign(key, size=size, root=root, at=timezone.now())
        path = settings.CHECKPOINTS / f"{size:012d}.json"
        keys.write_once(path, json.dumps(signed, indent=1).encode() + b"\n", 0o644)
        said = signed["checkpoint"]
        kept = {"root": said["root"], "key_id": said["key_id"], "signature": signed["signature"]}
        self._waiting[Checkpoint].append(Checkpoint(size=size, at=datetime.fromisoformat(said["time"]), **kept))

    def _flush(self) -> None:
        for model in (Event, Mention, Comment, Comment.history.model, Checkpoint):
            rows_of(model).bulk_create(self._waiting.pop(model, []), batch_size=2_000)


def _last(model: type[models.Model]) -> int:
    return rows_of(model).aggregate(last=Max("pk"))["last"] or 0


if __name__ == "__main__":
    main()
