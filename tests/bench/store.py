"""Filled databases, kept between runs: a file each on SQLite, a schema each on PostgreSQL.

They are named by a hash of the migrations and of what fills them, so that a change to either fills anew.
"""

import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.core.cache import caches
from django.core.cache.backends.locmem import LocMemCache
from django.core.management import call_command
from django.db import connections
from django.db.utils import load_backend

from registry.proof import checkpoints
from registry.settings import BASE_DIR, database
from tests.bench import data
from tests.bench.yardstick.mirror import mirror

HERE = Path(__file__).resolve().parent
FOLDER = Path(os.environ.get("GOI_BENCH_DIR") or Path(tempfile.gettempdir()) / "goi-bench")
SERVER = os.environ.get("DATABASE_URL", "")
POSTGRES = os.environ.get("GOI_BENCH_POSTGRES") or (
    f"{SERVER.rsplit('/', 1)[0]}/goi_bench"
    if SERVER.startswith("postgres")
    else "postgres://goi:goi@localhost:5432/goi_bench"
)
"""Where GOI_BENCH_POSTGRES is not set, the database goi_bench of the server in DATABASE_URL, or of this machine."""
SOURCES = (
    "registry/migrations/*.py",
    "registry/triggers.py",
    "registry/wording.py",
    "registry/text.py",
    "registry/search_index.py",
    "fixtures/example/**/*.yaml",
    "tests/bench/bulk.py",
    "tests/bench/data.py",
    "tests/bench/wordings.py",
    "tests/bench/yardstick/m*.py",
)


class Registry:
    """One filled database with a connection, a cache and checkpoints of its own, which stand in for the default."""

    def __init__(self, name: str, size: int, entry: dict[str, Any]) -> None:
        self.size = size
        # Another registry's ledger does not continue what was signed of this one, so that would be refused.
        self.checkpoints = FOLDER / f"{name}-checkpoints"
        self._newest: Any = None
        ready = {**connections.settings["default"], **entry, "CONN_MAX_AGE": None}
        self.connection = load_backend(ready["ENGINE"]).DatabaseWrapper(ready, "default")
        self.cache = LocMemCache(f"bench-{name}", settings.CACHES["default"])

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """Everything inside reads and writes this database."""
        connections["default"], caches["default"] = self.connection, self.cache
        settings.CHECKPOINTS, checkpoints._newest = self.checkpoints, self._newest
        yield
        self._newest = checkpoints._newest


def fingerprint() -> str:
    files = sorted({file for pattern in SOURCES for file in BASE_DIR.glob(pattern)})
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]


def sqlite(size: int) -> Registry:
    """The SQLite registry of `size` metrics, filled if need be."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    name = f"{size}-{fingerprint()}"
    file = FOLDER / f"{name}.sqlite3"
    if not file.exists():
        for old in FOLDER.glob(f"{size}-*.sqlite3*"):
            old.unlink()
        partial = file.with_suffix(".partial")
        partial.unlink(missing_ok=True)
        _fill(Registry(name, size, database(f"sqlite:///{partial}")))
        partial.rename(file)
    return Registry(name, size, database(f"sqlite:///{file}"))


def postgres(size: int) -> Registry:
    """The PostgreSQL registry of `size` metrics, filled if need be. Raises `psycopg.Error` if none answers."""
    name = f"n{size}_{fingerprint()}"
    with _server() as server:
        found = [schema for (schema,) in server.execute("SELECT nspname FROM pg_namespace").fetchall()]
        if name not in found:
            for old in found:
                if old.startswith(f"n{size}_"):
                    server.execute(f'DROP SCHEMA "{old}" CASCADE')
            server.execute(f'CREATE SCHEMA "{name}_partial"')
            _fill(Registry(name, size, _in_schema(f"{name}_partial")))
            server.execute(f'ALTER SCHEMA "{name}_partial" RENAME TO "{name}"')
    return Registry(name, size, _in_schema(name))


def _server() -> psycopg.Connection[Any]:
    """The bench database, made if this role may make it."""
    try:
        return psycopg.connect(POSTGRES, autocommit=True, connect_timeout=5)
    except psycopg.OperationalError as error:
        if "does not exist" not in str(error):
            raise
    address, name = POSTGRES.split("?")[0].rsplit("/", 1)
    with psycopg.connect(f"{address}/postgres", autocommit=True, connect_timeout=5) as server:
        server.execute(f'CREATE DATABASE "{name}"')
    return psycopg.connect(POSTGRES, autocommit=True)


def _in_schema(schema: str) -> dict[str, Any]:
    entry: dict[str, Any] = database(POSTGRES)
    return entry | {"OPTIONS": {**entry["OPTIONS"], "options": f"-c search_path={schema}"}}


def _fill(registry: Registry) -> None:
    began = time.perf_counter()
    shutil.rmtree(registry.checkpoints, ignore_errors=True)
    with registry.in_use():
        call_command("migrate", verbosity=0)
        call_command("migrate", run_syncdb=True, verbosity=0)  # The yardstick refers to the tables made above.
        data.fill(registry.size)
        mirror()
        if registry.connection.vendor == "postgresql":
            with registry.connection.cursor() as cursor:
                cursor.execute("VACUUM ANALYZE")  # As autovacuum would have by the next day.
    registry.connection.close()
    taken = time.perf_counter() - began
    print(f"filled {registry.size} metrics on {registry.connection.vendor} in {taken:.0f} s", flush=True)  # noqa: T201
