"""Figures of the condition language, printed in one run: python -m tests.bench.conditions_bench [--large]

Comparing 500 generated pairs, all checks of one condition, and (--large) old against new over a million leads
and two million meetings in one pass, beside a single count and two counts with anti-joins.
"""

import argparse
import resource
import statistics
import sys
import time
from collections.abc import Callable
from random import Random
from typing import Any

from registry.conditions import ConditionError, check, compare
from registry.conditions.compare import compare_trees
from registry.conditions.resolve import resolve_text
from tests.bench.large_count import large_counts
from tests.conditions.example import AS_OF, EXAMPLE, METRICS
from tests.conditions.generate import MOMENTS, WORLD, Conditions

CHECKED = "is_follow_lead AND company.industry <> 'it' AND (department LIKE '%営業%' OR company.employees >= 300)"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--large", action="store_true", help="count over 1 million leads, 2 million meetings")
    parser.add_argument("--pairs", type=int, default=500)
    options = parser.parse_args()
    compared(options.pairs)
    checked()
    if options.large:
        for line in large_counts():
            say(line)
    largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    say(f"memory of this process at its largest: {largest:.0f} MB")


def say(line: str) -> None:
    sys.stdout.write(line + "\n")


def pairs(number: int) -> list[tuple[str, str]]:
    """Conditions of everyday size, each beside one that changes a part of it."""
    random = Random(20)
    found = []
    while len(found) < number:
        parts = [Conditions(random).condition(2) for _ in range(random.randint(2, 4))]
        other = list(parts)
        other[random.randrange(len(parts))] = Conditions(random).condition(1)
        texts = tuple(" AND ".join(f"({part})" for part in each) for each in (parts, other))
        found.append((texts[0], random.choice([texts[1], f"NOT (NOT ({texts[0]}))"])))
    return found


def compared(number: int) -> None:
    times, verdicts = [], []
    for old, new in pairs(number):
        trees = [resolve_text(text, WORLD, "visit") for text in (old, new)]
        took, found = timed(lambda trees=trees: compare_trees(*trees, WORLD, "visit", MOMENTS))
        times.append(took)
        verdicts.append(found.verdict)
    times.sort()
    counted = ", ".join(f"{name} {verdicts.count(name)}" for name in sorted(set(verdicts)))
    middle, rare = statistics.median(times), times[int(number * 0.99)]
    say(f"{number} pairs compared: median {middle:.1f} ms, 99th percentile {rare:.0f} ms; {counted}")
    took, _ = timed(lambda: compare("company.employees >= 100", "company.employees >= 50", EXAMPLE, "lead"))
    say(f"smallest example of an everyday change: {took:.1f} ms")


def checked() -> None:
    times = [timed(lambda: check(CHECKED, EXAMPLE, "lead", METRICS, AS_OF))[0] for _ in range(15)]
    say(f"all checks of one condition: median {statistics.median(times):.1f} ms")


def timed(what: Callable[[], Any]) -> tuple[float, Any]:
    started = time.perf_counter()
    found = what()
    return (time.perf_counter() - started) * 1000, found


if __name__ == "__main__":
    try:
        main()
    except ConditionError as error:
        sys.exit(str(error))
