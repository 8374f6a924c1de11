"""`make bench`: fills what is not filled yet, measures on both databases, prints one table for each."""

# ruff: noqa: T201

import argparse
import os
import platform
import sqlite3
import time
from collections.abc import Callable
from importlib.metadata import version

import django
import psycopg

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.bench.settings"
django.setup()

from django.contrib.auth.hashers import check_password, make_password  # noqa: E402

from tests.bench import store  # noqa: E402
from tests.bench.measure import WARM, Times, measured, table  # noqa: E402
from tests.bench.pages import PAGES, Reader, SignOffs, clear_desks  # noqa: E402


def main() -> None:
    asked = _asked()
    print(_machine(), flush=True)
    print(_password(), flush=True)
    for name, opened in (("SQLite", store.sqlite), ("PostgreSQL", store.postgres)):
        if name.lower() not in asked.on:
            continue
        try:
            readers = [Reader(opened(size)) for size in asked.sizes]
        except psycopg.OperationalError as error:
            print(f"\nNo PostgreSQL answers at GOI_BENCH_POSTGRES, so it is left out: {str(error).strip()}")
            continue
        _measure(f"\n{name}, {asked.rounds} rounds{', processor time' if asked.cpu else ''}", readers, asked)


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000], help="numbers of metrics")
    parser.add_argument("--rounds", type=int, default=30, help="requests to each page at each size")
    parser.add_argument("--on", nargs="+", default=["sqlite", "postgresql"], help="sqlite, postgresql")
    parser.add_argument("--only", default="", help="pages whose name contains this")
    parser.add_argument(
        "--cpu",
        action="store_true",
        help="count this process's processor time, for a busy machine; leaves out what PostgreSQL does",
    )
    return parser.parse_args()


def _measure(title: str, readers: list[Reader], asked: argparse.Namespace) -> None:
    clock = time.process_time if asked.cpu else time.perf_counter
    found: list[Times] = []
    clear_desks(readers)
    for page in PAGES:
        if asked.only in page.name:
            for reader in readers:
                with reader.registry.in_use():
                    page.check(reader)
            found.append(measured(page, readers, asked.rounds, clock))
    if asked.only in SignOffs.name:
        sign_offs = SignOffs(readers, asked.rounds + WARM)
        found.append(measured(sign_offs, readers, asked.rounds, clock))
        clear_desks(readers)
    print(table(title, found, asked.sizes), flush=True)


def _machine() -> str:
    with open("/proc/cpuinfo") as told:
        models = [line.split(":")[1].strip() for line in told if line.startswith("model name")]
    packages = ", ".join(f"{name} {version(name)}" for name in ("django", "django-simple-history", "psycopg"))
    return (
        f"{models[0] if models else platform.machine()}, {os.cpu_count()} cores, "
        f"load {os.getloadavg()[0]:.1f}; Python {platform.python_version()}, {packages}, "
        f"SQLite {sqlite3.sqlite_version}"
    )


def _password() -> str:
    """Passwords are hashed with MD5 here, so that sign-off shows its own cost; this says what argon2 adds."""
    kept = make_password("sakura-no-hana-7", hasher="argon2")
    taken = _timed(lambda: check_password("sakura-no-hana-7", kept))
    return f"Passwords are hashed with MD5 while measuring; argon2 adds {taken * 1000:.0f} ms to every sign-off."


def _timed(act: Callable[[], object]) -> float:
    taken = []
    for _ in range(5):
        began = time.perf_counter()
        act()
        taken.append(time.perf_counter() - began)
    return sorted(taken)[2]


main()
