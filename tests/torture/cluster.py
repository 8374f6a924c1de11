"""A PostgreSQL server of one's own, to be stopped at will, and gone afterwards. It refuses to run as root."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests import needs


@dataclass(frozen=True)
class Cluster:
    programs: Path
    folder: Path
    port: int

    @property
    def address(self) -> str:
        return f"postgres://goi:goi@127.0.0.1:{self.port}/goi"

    def start(self) -> None:
        # A vacuum under way belongs to nobody, so that the database's owner could not drop it.
        kept = "-c listen_addresses=127.0.0.1 -c max_connections=100 -c autovacuum=off"
        options = f"-p {self.port} -k {self.folder} {kept}"
        self._control("start", f"--log={self.folder / 'log'}", f"--options={options}")

    def stop_at_once(self) -> None:
        """As if the machine had gone: no shutdown checkpoint; the next start recovers from the log."""
        self._control("stop", "--mode=immediate")

    def make(self) -> None:
        self._run(
            "initdb",
            "--pgdata",
            f"{self.folder / 'data'}",
            "--username=postgres",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            "--auth=trust",
        )
        self.start()
        psql = ("psql", f"--host={self.folder}", f"--port={self.port}", "--username=postgres")
        self._run(
            *psql, "--command=CREATE ROLE goi LOGIN CREATEDB PASSWORD 'goi'", "--command=CREATE DATABASE goi OWNER goi"
        )

    def _control(self, what: str, *options: str) -> None:
        self._run("pg_ctl", what, "--wait", "--silent", f"--pgdata={self.folder / 'data'}", *options)

    def _run(self, program: str, *options: str) -> None:
        command = [str(self.programs / program), *options]
        if os.geteuid() == 0:
            command = ["runuser", "-u", "postgres", "--", "env", "--chdir=/", *command]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


@contextmanager
def started() -> Iterator[Cluster]:
    folder = Path(tempfile.mkdtemp(prefix="goi-cluster-"))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
    cluster = Cluster(_programs(), folder, _free_port())
    cluster.make()
    try:
        yield cluster
    finally:
        cluster.stop_at_once()
        shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Path:
    """Debian does not put initdb on the PATH."""
    found = sorted(needs.DEBIANS_POSTGRES.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    elsewhere = shutil.which("initdb")
    if not found and elsewhere is None:
        raise SystemExit("PostgreSQL's server programs are missing: apt install postgresql")
    return found[-1].parent if found else Path(str(elsewhere)).parent


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])
