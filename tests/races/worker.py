"""The processes of a race. This one sets up Django once and forks them, each at a database that it is told.

`python -m tests.races.worker` reads a line of JSON for each race, `{address, origin, tasks: [[TASK, ARGUMENT, …], …]}`,
lets its tasks begin together, each in a process of its own, and answers with a line: what each of them returned.
"""

import json
import multiprocessing
import os
import random
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection, connections, transaction  # noqa: E402

from registry import clock  # noqa: E402
from registry.models import Event, Membership, Objection, Proposal, SignOff, Team, User  # noqa: E402
from registry.refusals import Refused  # noqa: E402
from registry.settings import database  # noqa: E402
from registry.standing import Standing  # noqa: E402
from registry.workflow import people, reviewing, submitting  # noqa: E402
from tests import verification  # noqa: E402
from tests.cast import NOW, assemble, latest, reworded, seal, started, words, write  # noqa: E402
from tests.races import proofs  # noqa: E402

KEYS = ("target_lead", "meeting")
PATIENCE = 200  # seconds that a process may take, on a machine that is busy with other things
forked = multiprocessing.get_context("fork")
origin = 0.0


def now() -> Any:
    """Let it be as long after the cast's morning as the race has lasted, in every process alike."""
    return clock.at(NOW + timedelta(seconds=time.time() - origin))


def user(name: str) -> User:
    return User.objects.get(username=name)


# Before and after


def found() -> None:
    """Tables and the cast."""
    call_command("migrate", verbosity=0)
    assemble()


def rivals(rounds: int, second: str = "rival") -> list[list[int]]:
    """So many pairs of proposals, `[[first, second], …]`, rivals for a name and, unless `second` differs, for a key."""
    pairs = []
    with now():
        for number in range(rounds):
            said = words(name_ja=f"競合{number}号", name_en=f"Rival number {number}")
            pair = [started(user(name), retroactive=True) for name in ("misaki", "kenta")]
            for proposal, key in zip(pair, ("rival", second), strict=True):
                write(proposal, by=proposal.author, new={f"{key}_{number}": said})
                submitting.submit(proposal, by=proposal.author)
            pairs.append([proposal.pk for proposal in pair])
    return pairs


def verify() -> dict[str, Any]:
    """What the tables say afterwards."""
    return {
        "flaws": verification.flaws(),
        "states": dict(Proposal.objects.values_list("pk", "state")),
        "seals": list(SignOff.history.filter(history_type="+").values_list("id", flat=True)),
        "objections": list(Objection.history.filter(history_type="+").values_list("id", flat=True)),
        "acts": list(Event.objects.order_by("sequence").values_list("act", flat=True)),
        "stewards": list(User.objects.filter(is_steward=True, is_active=True).values_list("username", flat=True)),
    }


# Many at once


class Writer:
    """Proposes, revises, objects and seals as whoever may, and keeps what was acknowledged."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.acknowledged: dict[str, list[int]] = {"proposals": [], "seals": [], "objections": []}
        self.outcomes: Counter[str] = Counter()

    def run(self, seconds: float) -> dict[str, Any]:
        acts = [self.propose, self.revise, self.object, self.close, self.seal, self.seal, self.seal]
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            act = self.random.choice(acts)
            try:
                with now():
                    act()
                self.outcomes[act.__name__] += 1
            except Refused as refused:
                self.outcomes[refused.code] += 1
        return {"acknowledged": self.acknowledged, "outcomes": self.outcomes}

    def propose(self) -> None:
        by = user(self.random.choice(["misaki", "kenta"]))
        proposal = started(by, retroactive=True)
        keys = self.random.sample(KEYS, self.random.choice([1, 1, 2]))
        write(proposal, by=by, change={key: reworded(proposal) for key in keys})
        submitting.submit(proposal, by=by)
        self.acknowledged["proposals"].append(proposal.pk)

    def revise(self) -> None:
        if proposal := self.one_of(Proposal.objects.in_review().select_related("author")):
            standing = Standing(proposal)
            chosen = {clause.key: reworded(proposal) for clause in standing.stale}
            if chosen:
                submitting.rebase(proposal, by=proposal.author, wordings=chosen)
            else:
                write(
                    proposal,
                    by=proposal.author,
                    change={copy.key: reworded(proposal) for copy in standing.copies},
                )
            submitting.submit(proposal, by=proposal.author)

    def object(self) -> None:
        if proposal := self.one_of(Proposal.objects.in_review()):
            by = user(self.random.choice(["ryo", "naoko", "megumi"]))
            raised = reviewing.raise_objection(latest(proposal), by=by, reason="まだ早い")
            self.acknowledged["objections"].append(raised.pk)

    def close(self) -> None:
        for objection in Objection.objects.filter(closed_at=None, proposal__state=Proposal.IN_REVIEW)[:5]:
            reviewing.close_objection(objection, by=user("makoto"), reason="答えを読んだ")

    def seal(self) -> None:
        if proposal := self.one_of(Proposal.objects.in_review()):
            seat = self.one_of(Membership.objects.signatories().select_related("user", "team"))
            assert seat is not None, "the cast has signatories"
            self.acknowledged["seals"].append(seal(proposal, team=seat.team, by=seat.user).pk)

    def one_of(self, rows: Any) -> Any:
        return self.random.choice(found) if (found := list(rows[:10])) else None


def write_away(seed: int, seconds: float) -> dict[str, Any]:
    return Writer(seed).run(seconds)


# Two at once


def seal_each(name: str, team: str, *proposals: int) -> list[str]:
    """Seal them one after the other; "done" or the refusal's code for each."""
    row = Team.objects.get(key=team)
    by = user(name)
    return [outcome(lambda: seal(Proposal(pk=pk), team=row, by=by)) for pk in proposals]  # noqa: B023


def deactivate(name: str, by: str) -> list[str]:
    leaving, steward = user(name), user(by)
    return [outcome(lambda: people.deactivate(leaving, by=steward))]


def deactivate_at_length(name: str, by: str, seconds: float) -> list[str]:
    """Deactivate, and keep the others waiting for so long before it is kept."""
    leaving, steward = user(name), user(by)
    with transaction.atomic():
        found = outcome(lambda: people.deactivate(leaving, by=steward))
        time.sleep(seconds)
    return [found]


def outcome(act: Callable[[], Any]) -> str:
    try:
        with now():
            act()
    except Refused as refused:
        return refused.code
    return "done"


TASKS: dict[str, Callable[..., Any]] = {
    task.__name__: task
    for task in (found, rivals, verify, write_away, seal_each, deactivate, deactivate_at_length, *proofs.TASKS)
}


# The processes


def together(address: str, origin: float, tasks: list[list[Any]]) -> list[Any]:
    """What each task returns, or the trace of what ended it, as `[whether it returned, that]`."""
    start = forked.Barrier(len(tasks))
    pipes = [forked.Pipe(duplex=False) for _ in tasks]
    runners = [
        forked.Process(target=run, args=(writing, start, address, origin, *task), daemon=True)
        for (_, writing), task in zip(pipes, tasks, strict=True)
    ]
    for runner in runners:
        runner.start()
    answers = [reading.recv() if reading.poll(PATIENCE) else [False, "no answer"] for reading, _ in pipes]
    for runner in runners:
        runner.kill()
        runner.join()
    return answers


def run(answers: Any, start: Any, address: str, began: float, task: str, *arguments: Any) -> None:
    """One process: goes to its database, waits until all others have too, and does its task."""
    global origin
    origin = began
    connections.settings = connections.configure_settings({"default": database(address)})
    connections["default"] = connections.create_connection("default")
    try:
        connection.ensure_connection()
        start.wait(PATIENCE)
        answers.send([True, TASKS[task](*arguments)])
    except BaseException:
        answers.send([False, traceback.format_exc()])
    finally:
        connection.close()


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(together(**json.loads(line)), default=str), flush=True)
