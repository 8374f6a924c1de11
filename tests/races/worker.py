"""One process of a race: sets up Django on the race's database, says it is ready, and acts when told to.

`python -m tests.races.worker TASK ARGUMENT…` prints "ready", waits for a line, and prints one JSON object.
"""

import json
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import transaction  # noqa: E402

from registry import clock  # noqa: E402
from registry.models import Event, Membership, Objection, Proposal, SignOff, Team, User  # noqa: E402
from registry.refusals import Refused  # noqa: E402
from registry.standing import Standing  # noqa: E402
from registry.workflow import people, reviewing, submitting  # noqa: E402
from tests import verification  # noqa: E402
from tests.cast import NOW, assemble, latest, reworded, seal, started, words, write  # noqa: E402

KEYS = ("target_lead", "meeting")
ORIGIN = float(os.environ["GOI_RACE_ORIGIN"])


def now() -> Any:
    """Let it be as long after the cast's morning as the race has lasted, in every process alike."""
    return clock.at(NOW + timedelta(seconds=time.time() - ORIGIN))


def user(name: str) -> User:
    return User.objects.get(username=name)


# Before and after


def prepare(*rounds: str) -> dict[str, Any]:
    """Tables, the cast, and as many pairs of rival proposals as asked: `[[first, second], …]`."""
    call_command("migrate", verbosity=0)
    assemble()
    return {"pairs": rivals(int(rounds[0]) if rounds else 0)}


def rivals(count: int) -> list[list[int]]:
    pairs = []
    misaki, kenta = user("misaki"), user("kenta")
    with now():
        for number in range(count):
            new = {f"rival_{number}": words(name_ja=f"競合{number}号", name_en=f"Rival number {number}")}
            pair = [started(misaki, retroactive=True), started(kenta, retroactive=True)]
            for proposal in pair:
                write(proposal, by=proposal.author, new=new)
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

    def __init__(self, seed: str) -> None:
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


def write_away(seed: str, seconds: str) -> dict[str, Any]:
    return Writer(seed).run(float(seconds))


# Two at once


def seal_each(name: str, team: str, *proposals: str) -> list[str]:
    """Seal them one after the other; "done" or the refusal's code for each."""
    row = Team.objects.get(key=team)
    by = user(name)
    return [outcome(lambda: seal(Proposal(pk=int(pk)), team=row, by=by)) for pk in proposals]  # noqa: B023


def deactivate(name: str, by: str) -> list[str]:
    leaving, steward = user(name), user(by)
    return [outcome(lambda: people.deactivate(leaving, by=steward))]


def deactivate_at_length(name: str, by: str, seconds: str) -> list[str]:
    """Deactivate, and keep the others waiting for so long before it is kept."""
    leaving, steward = user(name), user(by)
    with transaction.atomic():
        found = outcome(lambda: people.deactivate(leaving, by=steward))
        time.sleep(float(seconds))
    return [found]


def outcome(act: Callable[[], Any]) -> str:
    try:
        with now():
            act()
    except Refused as refused:
        return refused.code
    return "done"


TASKS: dict[str, Callable[..., Any]] = {
    task.__name__: task for task in (prepare, verify, write_away, seal_each, deactivate, deactivate_at_length)
}

if __name__ == "__main__":
    print("ready", flush=True)
    sys.stdin.readline()
    print(json.dumps(TASKS[sys.argv[1]](*sys.argv[2:]), default=str))
