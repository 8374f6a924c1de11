"""`python -m tests.bench.as_of_bench`: what a day's whole glossary costs, beside a table of one's own making.

The yardstick is what somebody would write who needs the question "what held on that day" and nothing else: one
table with `valid_from` and `valid_to` and an index over both, asked through Django as Goi asks its own. Goi's table
answers what was known by a moment as well. Both return key and version of every metric, in the same order; they are
asked in turns, so that load falls on both alike. The same question in SQL by hand is printed, too: beside ten rows it
shows what Django costs, and not the table. On a database that is thrown away afterwards.
"""

import argparse
import os
import random
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from statistics import median

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
os.environ.setdefault("GOI_DEBUG", "1")
os.environ["GOI_DATA"] = tempfile.mkdtemp(prefix="goi-bench-")

import django

django.setup()

from django.conf import settings
from django.db import connection, models, transaction
from django.test.utils import get_runner

from registry import as_of, clock, days, triggers
from registry.as_of import When
from tests.bench import data

AIM, AIM_GROWTH = 1.3, 1.3
BY_HAND = """
    CREATE TABLE by_hand AS
    SELECT key, definition_id, stage_id, rank, valid_from, valid_to
    FROM registry_inforce WHERE known_to = (SELECT MAX(known_to) FROM registry_inforce)
"""
ASKED = "SELECT key, definition_id FROM by_hand WHERE valid_from <= %s AND valid_to > %s ORDER BY stage_id, rank, key"


class ByHand(models.Model):
    key = models.TextField()
    definition_id = models.BigIntegerField(primary_key=True)
    stage_id = models.BigIntegerField()
    rank = models.IntegerField()
    valid_from = models.DateField()
    valid_to = models.DateField()

    class Meta:
        app_label, db_table, managed = "registry", "by_hand", False


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10, 1_000, 10_000])
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--cpu", action="store_true", help="count processor time, on a busy machine; not PostgreSQL's")
    asked = parser.parse_args()
    timer = time.process_time if asked.cpu else time.perf_counter
    settings.DEBUG = False  # which would ask the database once more, to show each statement
    print(
        f"as_of on {connection.vendor}, load {os.getloadavg()[0]:.1f}, {asked.rounds} rounds, median"
        + ", processor time" * asked.cpu
    )
    per_metric = [_size(size, asked.rounds, timer) for size in asked.sizes]
    growth = per_metric[-1] / per_metric[-2]
    print(f"cost per metric shown, {asked.sizes[-1]:,} to {asked.sizes[-2]:,}: {_verdict(growth, AIM_GROWTH)}")


def _size(size: int, rounds: int, timer: Callable[[], float]) -> float:
    """Seconds of Goi for each metric shown, in a registry of `size` metrics."""
    runner = get_runner(settings)(verbosity=0, interactive=False)
    databases = runner.setup_databases()
    try:
        with transaction.atomic():
            with clock.at(clock.now() - data.VERSIONS * data.ROUND - timedelta(days=30)):
                data._set_up()
            data.Filler(size).fill()
        _write_by_hand()
        taken = _in_turns(size, rounds, timer)
    finally:
        triggers.remove("default")
        runner.teardown_databases(databases)
    goi, known, hand, sql = (median(taken[name]) for name in ("goi", "known", "hand", "sql"))
    times = {"Goi": goi, "as known by then": known, "by hand": hand, "in SQL": sql}
    print(f"{size:>7,} metrics: " + ", ".join(f"{name} {seconds * 1000:.3f} ms" for name, seconds in times.items()))
    print(f"        Goi to by hand {_verdict(goi / hand, AIM)}, as known by then {_verdict(known / hand, AIM)}")
    return goi / size


def _write_by_hand() -> None:
    with connection.cursor() as cursor:
        cursor.execute(BY_HAND)
        cursor.execute("CREATE INDEX by_hand_days ON by_hand (valid_from, valid_to)")
        # What PostgreSQL does by itself after a while: before, no table can be answered for by its index alone.
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


def _in_turns(size: int, rounds: int, timer: Callable[[], float]) -> dict[str, list[float]]:
    """Seconds of every question, about days all over the life of the registry."""
    taken: dict[str, list[float]] = {"goi": [], "known": [], "hand": [], "sql": []}
    chance = random.Random(20260615)
    for turn in range(-3, rounds):
        day = clock.today() - timedelta(days=chance.randrange(60, 700))
        ways: dict[str, Callable[[], list[tuple[str, int]]]] = {
            "goi": lambda day=day: _asked(When(day)),
            "known": lambda day=day: _asked(When(day, days.end_of(day))),
            "hand": lambda day=day: _by_hand(day),
            "sql": lambda day=day: _in_sql(day),
        }
        found = {}
        for name in chance.sample(sorted(ways), len(ways)):
            began = timer()
            found[name] = ways[name]()
            if turn >= 0:
                taken[name].append(timer() - began)
        assert found["goi"] == found["hand"] == found["known"] == found["sql"], "one answer, however it is asked"
        assert len(found["goi"]) <= size
    return taken


def _asked(when: When) -> list[tuple[str, int]]:
    return list(as_of.glossary(when).values_list("key", "definition_id"))


def _by_hand(day: date) -> list[tuple[str, int]]:
    found = ByHand.objects.filter(valid_from__lte=day, valid_to__gt=day).order_by("stage_id", "rank", "key")
    return list(found.values_list("key", "definition_id"))


def _in_sql(day: date) -> list[tuple[str, int]]:
    with connection.cursor() as cursor:
        cursor.execute(ASKED, [day, day])
        return [tuple(row) for row in cursor.fetchall()]


def _verdict(ratio: float, aim: float) -> str:
    return f"{ratio:.2f} ≤ {aim} {'met' if ratio <= aim else 'missed'}"


if __name__ == "__main__":
    main()
