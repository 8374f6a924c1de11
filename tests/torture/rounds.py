"""The rounds of each kind of torture. Imported after `ground.choose`, since it sets Django up."""

import os
import random
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.db import InterfaceError, OperationalError, connection

import tests.races.worker as worker
from tests.torture import disk, visitors, writers
from tests.torture.cluster import Cluster
from tests.torture.ground import FOLDER, Ground
from tests.torture.writers import awaited, noted, require_whole, say, writing

LIFE = 20  # rounds until the registry is taken anew, so that looking at it stays quick
LONGEST = 1.0  # seconds
PATIENCE = 60
RECORDED = 5
PROPOSAL = FOLDER / "proposal"


class Rounds:
    def __init__(self, ground: Ground, chance: random.Random, cluster: Cluster | None) -> None:
        self.ground = ground
        self.chance = chance
        self.cluster = cluster
        awaited(worker.found)
        ground.keep_as_template()

    def kill(self, times: int) -> None:
        for number in self._each(times):
            with writing(self.chance):
                self._wait()
            awaited(lambda: require_whole(noted()))
            say(f"kill {number}: {len(noted())} acts acknowledged so far, none lost, all verifies")

    def stop(self, times: int) -> None:
        assert self.cluster is not None, "only a server of one's own is stopped: --on postgresql, and no DATABASE_URL"
        for number in self._each(times):
            with writing(self.chance, expected=(OperationalError, InterfaceError)):
                self._wait()
                self.cluster.stop_at_once()
            self.cluster.start()
            awaited(lambda: require_whole(noted()))
            say(f"stop {number}: {len(noted())} acts acknowledged so far, none lost, all verifies")

    def backup(self, times: int) -> None:
        for number in self._each(times):
            file = FOLDER / f"{number}.goi"
            with writing(self.chance):
                self._wait()
                before = noted()
                awaited(partial(call_command, "backup", str(file), stdout=_nowhere()))
                during = len(noted()) - len(before)
            awaited(partial(self._restore, file, before, self.ground.empty("restored")))
            file.unlink()
            say(f"backup {number}: restored with all {len(before)} acts, {during} more went on meanwhile")

    def power(self, times: int) -> None:
        """One recorded run of each LIFE, cut at random calls."""
        done = 0
        while done < times:
            self.ground.renew()
            writers.NOTED.unlink(missing_ok=True)
            trace = self._recorded()
            cuts = min(LIFE, times - done)
            lived = disk.Disk(FOLDER, writers.NOTED)
            moments = self._moments(trace, cuts)
            for moment in lived.live(trace):
                for _cut in range(moments.count(moment)):
                    done += 1
                    self._cut(done, lived)
            trace.unlink()

    def _recorded(self) -> Path:
        """What four writers tell the disk in a while. The files themselves are put back as they were."""
        trace = FOLDER.with_name(f"{FOLDER.name}.trace")
        strace = [
            "strace",
            "-f",
            "--seccomp-bpf",
            "-y",
            "-xx",
            "-s",
            "10000000",
            "-e",
            f"trace={disk.CALLS}",
            "-o",
            trace,
        ]
        scribe = [sys.executable, "-W", "ignore", "-m", "tests.torture.scribe", self.chance.randrange(10**9), RECORDED]
        subprocess.run([str(each) for each in (*strace, *scribe)], check=True)
        self.ground.renew()
        return trace

    def _moments(self, trace: Path, count: int) -> list[int]:
        """Calls to cut after, from the first acknowledgement on."""
        lived = disk.Disk(FOLDER, writers.NOTED)
        calls = [number for number in lived.live(trace) if lived.told]
        assert calls, "nobody acted while it was recorded"
        return self.chance.choices(calls, k=count)

    def _cut(self, number: int, lived: disk.Disk) -> None:
        elsewhere = FOLDER.with_name(f"{FOLDER.name}.cut")
        self.ground.lay_out(lived.after_a_cut(self.chance), elsewhere)
        acknowledged = writers.read(lived.told.decode())
        awaited(partial(_look_at, elsewhere, acknowledged))
        shutil.rmtree(elsewhere)
        say(f"power {number}: {len(acknowledged)} acts acknowledged by then, none lost, all verifies")

    def sigterm(self, times: int) -> None:
        """The server is told to leave while eight people comment, and does so only after it has answered them."""
        for number in self._each(times):
            if number % LIFE == 1:
                awaited(_open_for_comments)
            with visitors.server() as (port, server):
                people = visitors.visit(port, int(PROPOSAL.read_text()))
                self._until(visitors.answers)
                visitors.send_away(server)
                for person in people:
                    assert os.waitpid(person, 0)[1] == 0, writers.ERRORS.read_text()
            awaited(_look_at_comments)
            told = Counter(answer for _words, answer in visitors.answers())
            say(f"sigterm {number}: {told['302']} answered and kept, {told['none']} neither, none half")

    def _restore(self, file: Path, before: dict[int, str], name: str) -> None:
        elsewhere = FOLDER / "restored-checkpoints" / file.stem
        connection.settings_dict["NAME"] = name
        settings.CHECKPOINTS = elsewhere
        call_command("restore", str(file), stdout=_nowhere())
        require_whole(before, elsewhere)

    def _each(self, times: int) -> Any:
        for number in range(1, times + 1):
            if number % LIFE == 1:
                self.ground.renew()
                writers.NOTED.unlink(missing_ok=True)
            yield number

    def _wait(self) -> None:
        """Until something was acknowledged, and then a random while."""
        start = len(noted())
        self._until(lambda: len(noted()) > start)

    def _until(self, acted: Callable[[], Any]) -> None:
        give_up = time.monotonic() + PATIENCE
        while not acted():
            assert time.monotonic() < give_up, f"nobody acted within {PATIENCE} seconds"
            time.sleep(0.02)
        time.sleep(self.chance.uniform(0, LONGEST))


def _open_for_comments() -> None:
    PROPOSAL.write_text(str(worker.rivals(1)[0][0]))
    visitors.sign_in("kenta")


def _look_at_comments() -> None:
    visitors.require_kept()
    require_whole({})


def _look_at(folder: Path, acknowledged: dict[int, str]) -> None:
    connection.settings_dict["NAME"] = str(folder / Path(connection.settings_dict["NAME"]).name)
    settings.CHECKPOINTS = folder / "checkpoints"
    require_whole(acknowledged)


def _nowhere() -> Any:
    return open(os.devnull, "w")
