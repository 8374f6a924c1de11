"""Old against new over a million leads and two million meetings: one pass, beside the ways people do it by hand.

And as the product does it: taken in as an export, and counted in a capped worker with its promises checked.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import psycopg

from registry.conditions import Definition, Moments, Source, counting
from registry.conditions.counting import Counting
from registry.conditions.dialects import DIALECTS
from registry.conditions.months import by_month, months_sql
from registry.conditions.sql import Writer
from registry.conditions.tally import Asked, World
from registry.conditions.worker import Workers
from tests.conditions.example import EXAMPLE

LEADS, MEETINGS, COMPANIES = 1_000_000, 2_000_000, 100_000
POSTGRES = os.environ.get("GOI_BENCH_POSTGRES", "postgres://goi:goi@localhost:5432/goi_bench")
PERIOD = Moments(date(2026, 1, 1), date(2024, 1, 1), date(2026, 1, 1))
OLD = (
    "company.employees >= 100 AND consent = TRUE AND job_level <> 'unknown' "
    "AND EXISTS (SELECT 1 FROM lead.meetings m WHERE m.status = 'held' AND m.minutes >= 20)"
)
NEW = OLD.replace(">= 100", ">= 50")
DATA = {
    "company": f"""SELECT 'C' || i AS company_id, CASE i % 3 WHEN 0 THEN 'it' WHEN 1 THEN 'retail' END AS industry,
        CASE WHEN i % 7 = 0 THEN NULL ELSE (i * 7919) % 400 + 1 END AS employees, '東京' AS region
        FROM {{series}}(0, {COMPANIES - 1}) AS s(i)""",
    "lead": f"""SELECT 'L' || i AS lead_id, 'C' || (i * 31) % {COMPANIES} AS company_id,
        DATE '2024-01-01' + CAST((i * 7) % 731 AS INTEGER) AS created_on, 'seminar' AS source,
        CASE i % 5 WHEN 0 THEN 'unknown' WHEN 1 THEN 'staff' ELSE 'manager' END AS job_level,
        '営業部' AS department, TRUE AS email_valid, i % 11 <> 0 AS consent, CAST(NULL AS DATE) AS unsubscribed_on,
        'prospect' AS relation FROM {{series}}(0, {LEADS - 1}) AS s(i)""",
    "meeting": f"""SELECT 'M' || i AS meeting_id, 'L' || (CAST(i AS BIGINT) * 17) % {LEADS} AS lead_id,
        DATE '2025-01-01' AS booked_on, DATE '2025-02-01' AS held_on,
        CASE i % 4 WHEN 0 THEN 'cancelled' ELSE 'held' END AS status, CAST(NULL AS INTEGER) AS days_since_previous,
        'online' AS format, CASE WHEN i % 9 = 0 THEN NULL ELSE (i * 13) % 60 END AS minutes, 'confirmed' AS need,
        'decides' AS authority, 6 AS purchase_within_months, 'qualified' AS verdict,
        CAST(NULL AS DATE) AS verdict_on FROM {{series}}(0, {MEETINGS - 1}) AS s(i)""",
}


def large_counts() -> Iterator[str]:
    """A line per engine, each in a process of its own so that its memory is its own; then whether they agree."""
    cells = []
    for name in ("duckdb", "postgres", "worker"):
        if name == "postgres" and not _answers():
            yield "postgres: no server answers at GOI_BENCH_POSTGRES, so it is left out"
            continue
        command = [sys.executable, "-m", "tests.bench.large_count", name]
        line, counted = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
        cells.append(counted)
        yield line
    yield f"the cells of all of them are {'identical' if len(set(cells)) == 1 else 'DIFFERENT'}"


def _answers() -> bool:
    try:
        psycopg.connect(POSTGRES, connect_timeout=5).close()
    except psycopg.OperationalError:
        return False
    return True


def main(name: str) -> None:
    """The figures of one engine, or of a worker, and a line with every cell of every month."""
    if name == "worker":
        for line in _worker():
            sys.stdout.write(line + "\n")
        return
    connection = _duckdb() if name == "duckdb" else _postgres()
    cells: dict[str, Any] = {}
    for line in _engine(name, connection, cells):
        sys.stdout.write(line + "\n")
    sys.stdout.write(repr(cells[name]) + "\n")


def _peak(name: str, connection: Any) -> float:
    """The most memory, in megabytes, of the process that counts: this one, or the server's for this connection."""
    pid = "self"
    if name == "postgres":
        (pid,) = connection.execute("SELECT pg_backend_pid()").fetchone()
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def _engine(name: str, connection: Any, cells: dict[str, Any]) -> Iterator[str]:
    old, new = (counting(Definition("lead", text, "created_on"), EXAMPLE) for text in (OLD, NEW))
    one, rows = _best(lambda: connection.execute(months_sql(old, new, PERIOD, name)).fetchall())
    single, _ = _best(lambda: connection.execute(_single(old, name)).fetchall())
    many, _ = _best(lambda: [connection.execute(sql).fetchall() for sql in _by_hand(old, new, name)])
    cells[name] = by_month(rows)
    total = {
        key: sum(getattr(month, key) for month in cells[name]) for key in ("old", "new", "gained", "lost", "unknown")
    }
    yield (
        f"{name}: one pass {one:.0f} ms; single count {single:.0f} ms (× {one / single:.2f}); "
        f"two counts and two anti-joins {many:.0f} ms (one pass is {one / many:.0%} of it); "
        f"memory {_peak(name, connection):.0f} MB; {total}"
    )


def _worker() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder, Workers() as workers:
        given, kept = _exported(Path(folder)), Path(folder) / "taken in"
        kept.mkdir()
        reading, _ = _timed(lambda: workers.run("take_in", given, str(kept), seconds=300))
        fields = {name: {field: {"column": field} for field in EXAMPLE.entities[name].fields} for name in DATA}
        source = Source(str(kept), {name: {"table": name, "fields": fields[name]} for name in DATA})
        asked = [Asked("lead", *(Definition("lead", text, "created_on") for text in (OLD, NEW)))]
        world = World(EXAMPLE, PERIOD)
        counting, [found] = _timed(lambda: workers.run("tally", asked, world, source, seconds=300))
    assert found.count, found.problems
    assert not found.broken
    largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    yield f"worker: taken in {reading:.0f} ms; counted, promises checked {counting:.0f} ms; memory {largest:.0f} MB"
    yield repr(list(found.count.months))


def _exported(folder: Path) -> list[tuple[str, str]]:
    """The data as three Parquet files: name and path of each."""
    files = [(f"{name}.parquet", str(folder / f"{name}.parquet")) for name in DATA]
    with duckdb.connect() as connection:
        for query, (_, path) in zip(DATA.values(), files, strict=True):
            connection.execute(f"COPY ({query.format(series='generate_series')}) TO '{path}' (FORMAT parquet)")
    return files


def _timed(what: Callable[[], Any]) -> tuple[float, Any]:
    started = time.perf_counter()
    found = what()
    return (time.perf_counter() - started) * 1000, found


def _single(found: Counting, name: str) -> str:
    """The old metric alone, per month."""
    writer = Writer(DIALECTS[name], EXAMPLE, "lead", PERIOD)
    condition, day = writer.write(found.condition), writer.write(found.dated_by)
    month = DIALECTS[name].truncate(day, "MONTH")
    return f"SELECT {month}, COUNT(*) {writer.source()} WHERE {condition} GROUP BY 1"


def _by_hand(old: Counting, new: Counting, name: str) -> list[str]:
    """What is done without the registry: two counts, and two lists of keys of which one lacks the other's."""
    found = [_single(old, name), _single(new, name)]
    for one, other in ((new, old), (old, new)):
        lists = []
        for each in (one, other):
            writer = Writer(DIALECTS[name], EXAMPLE, "lead", PERIOD)
            condition = writer.write(each.condition)
            lists.append(f"SELECT r.lead_id, r.created_on {writer.source()} WHERE {condition}")
        month = DIALECTS[name].truncate("a.created_on", "MONTH")
        found.append(
            f"SELECT {month}, COUNT(*) FROM ({lists[0]}) AS a "
            f"WHERE NOT EXISTS (SELECT 1 FROM ({lists[1]}) AS b WHERE b.lead_id = a.lead_id) GROUP BY 1"
        )
    return found


def _best(what: Callable[[], Any], times: int = 3) -> tuple[float, Any]:
    took, found = [], None
    for _ in range(times):
        needed, found = _timed(what)
        took.append(needed)
    return min(took), found


def _duckdb() -> Any:
    connection = duckdb.connect(":memory:", config={"threads": 2, "memory_limit": "384MB"})
    for name, query in DATA.items():
        connection.execute(f"CREATE TABLE {name} AS {query.format(series='generate_series')}")
    return connection


def _postgres() -> Any:
    connection = psycopg.connect(POSTGRES, autocommit=True)
    connection.execute("CREATE SCHEMA IF NOT EXISTS goi_bench")
    connection.execute("SET search_path TO goi_bench")
    for name, query in DATA.items():
        connection.execute(f"DROP TABLE IF EXISTS {name}")
        connection.execute(f"CREATE UNLOGGED TABLE {name} AS {query.format(series='generate_series')}")
        connection.execute(f"ANALYZE {name}")
    connection.execute("CREATE INDEX ON meeting (lead_id)")
    return connection


if __name__ == "__main__":
    main(sys.argv[1])
