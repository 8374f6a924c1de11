"""One real server with the example registry, as `manage.py quickstart` starts it, for whoever drives a browser.

It runs in a process of its own, on the same kind of database as the other tests: a file of its own on SQLite,
or, where DATABASE_URL names a PostgreSQL, a database of its own on that server.
"""

import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from registry.management.commands.quickstart import DEMO_PASSWORD as PASSWORD
from tests.needs import postgres

ROOT = Path(__file__).parent.parent.parent
START_SECONDS = 400  # ten seconds of work, on a machine that may be busy with a dozen other things
LEFT_BEHIND = ("GOI_PUBLIC", "GOI_LANGUAGE", "GOI_TIME_ZONE", "GOI_ALLOWED_HOSTS", "DATABASE_URL")

__all__ = ["PASSWORD", "serve"]


@contextmanager
def serve(folder: Path) -> Iterator[str]:
    """The address (`http://127.0.0.1:port`) of a server whose data and log lie in `folder`.

    Raises `RuntimeError` with the end of the log if it does not answer within START_SECONDS.
    """
    port = _free_port()
    settings = {"GOI_DATA": str(folder), "PORT": str(port), "DJANGO_SETTINGS_MODULE": "tests.settings"}
    inherited = {name: value for name, value in os.environ.items() if name not in LEFT_BEHIND}
    log = folder / "server.log"
    with _database() as database, log.open("w") as out:
        command = [sys.executable, "manage.py", "quickstart"]
        process = subprocess.Popen(
            command, cwd=ROOT, env=inherited | settings | database, stdout=out, stderr=subprocess.STDOUT
        )
        try:
            _wait_for(f"http://127.0.0.1:{port}/readyz", process, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(timeout=20)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return listening.getsockname()[1]


def _wait_for(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    for _attempt in range(START_SECONDS * 5):
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            pass
        try:
            process.wait(timeout=0.2)
        except subprocess.TimeoutExpired:
            continue
        break
    raise RuntimeError(f"{address} does not answer. The server said:\n{log.read_text()[-3000:]}")


@contextmanager
def _database() -> Iterator[dict[str, str]]:
    """Environment that names a fresh database, which is gone afterwards."""
    address = postgres()
    if address is None:
        yield {}
        return
    name = f"goi_browser_{os.getpid()}"
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield {"DATABASE_URL": urlunsplit(urlsplit(address)._replace(path=f"/{name}"))}
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
