"""`python -m tests.torture KIND… --times N`: maltreat a registry under eight writers, and look at its record each time.

    kill     kill -9 of all writers at a random moment
    stop     an immediate stop of the PostgreSQL server (on one of its own)
    power    a power cut on SQLite: what was not synced is dropped
    backup   a backup under load, restored and verified
    sigterm  SIGTERM to the web server under load

On SQLite, or on a server of its own with `--on postgresql`, or beside the database that DATABASE_URL names.
"""

import argparse
import os
import random
import time
from contextlib import ExitStack

from tests.needs import postgres
from tests.torture import cluster, ground

KINDS = ("kill", "stop", "power", "backup", "sigterm")


def main() -> None:
    asked = _asked()
    with ExitStack() as until_the_end:
        address = postgres()
        own = None
        if asked.on == "postgresql" and address is None:
            own = until_the_end.enter_context(cluster.started())
            address = own.address
        ground.choose(address)
        os.environ["GOI_RACE_ORIGIN"] = str(time.time())
        os.environ["GOI_TORTURE_JOURNAL"] = asked.journal
        from tests.torture import rounds

        play = rounds.Rounds(ground.Ground(address), random.Random(asked.seed), own)
        until_the_end.callback(play.ground.remove)
        for kind in asked.kinds:
            getattr(play, kind)(asked.times)
            rounds.say(f"✓ {kind}: {asked.times} of {asked.times}")


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests.torture", description=__doc__)
    parser.add_argument("kinds", choices=KINDS, nargs="+")
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--on", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--journal", default="safe", help="safe, wal; or, which lose acts: unsynced-names, careless")
    asked = parser.parse_args()
    print(f"seed {asked.seed}", flush=True)  # noqa: T201
    return asked


main()
