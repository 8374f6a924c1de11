"""Times requests in turn, so that whatever else the machine does falls on all of them alike."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from statistics import median
from typing import Any

from tests.bench.pages import ADMIN, GOI, KINDS, LEAN, Reader

WARM = 2
AIM_LEAN, AIM_ADMIN, AIM_SIGN_OFF, AIM_GROWTH = 2.0, 0.5, 1.0, 1.3


@dataclass(frozen=True)
class Ratio:
    value: float
    aim: float

    def __str__(self) -> str:
        verdict = "met" if self.value <= self.aim else "missed"
        return f"{self.value:5.2f} ≤ {self.aim} {verdict}"


class Times:
    """Seconds of each request to one page, by size and kind."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.taken: dict[tuple[int, str], list[float]] = defaultdict(list)

    def middle(self, size: int, kind: str) -> float:
        """Milliseconds, median."""
        return median(self.taken[size, kind]) * 1000

    def ratios(self, sizes: list[int]) -> list[Ratio]:
        """Goi to lean and Goi to admin at each size, then Goi's growth from the first size to the last."""
        admin = AIM_SIGN_OFF if self.name == "sign-off" else AIM_ADMIN
        found = []
        for size in sizes:
            goi = self.middle(size, GOI)
            found += [Ratio(goi / self.middle(size, LEAN), AIM_LEAN), Ratio(goi / self.middle(size, ADMIN), admin)]
        return [*found, Ratio(self.middle(sizes[-1], GOI) / self.middle(sizes[0], GOI), AIM_GROWTH)]


def measured(page: Any, readers: list[Reader], rounds: int, clock: Callable[[], float] = time.perf_counter) -> Times:
    """Each round asks every kind at every size once."""
    times = Times(page.name)
    turns = [(reader, kind, page.send(reader, kind)) for reader in readers for kind in KINDS]
    for turn in range(-WARM, rounds):
        for reader, kind, requests in turns:
            with reader.registry.in_use():
                send = next(requests)
                began = clock()
                send()
                taken = clock() - began
            if turn >= 0:
                times.taken[reader.registry.size, kind].append(taken)
    return times


def table(title: str, found: Iterable[Times], sizes: list[int]) -> str:
    """Milliseconds and ratios, a line for each page."""
    heads = [f"{kind} {size:,}" for size in sizes for kind in KINDS]
    ratios = [f"to {kind} {size:,}" for size in sizes for kind in (LEAN, ADMIN)] + ["growth"]
    lines = [title, "", f"{'':<20}" + "".join(f"{head:>14}" for head in heads) + "  (median, ms)"]
    found = list(found)
    for times in found:
        cells = "".join(f"{times.middle(size, kind):>14.2f}" for size in sizes for kind in KINDS)
        lines.append(f"{times.name:<20}{cells}")
    lines += ["", f"{'Goi':<20}" + "".join(f"{head:>20}" for head in ratios)]
    for times in found:
        lines.append(f"{times.name:<20}" + "".join(f"{ratio!s:>20}" for ratio in times.ratios(sizes)))
    return "\n".join(lines)
