"""A database to be maltreated: made once with its cast, and taken anew from that whenever it has grown."""

import os
import shutil
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

# Handed on to the processes that are started from here.
FOLDER = Path(os.environ.get("GOI_TORTURE_FOLDER") or tempfile.mkdtemp(prefix="goi-torture-")).resolve()
os.environ["GOI_TORTURE_FOLDER"] = str(FOLDER)
CHECKPOINTS, TEMPLATE = FOLDER / "checkpoints", FOLDER / "checkpoints.template"
CHECKPOINT_EVENTS = 20


def choose(address: str | None) -> None:
    """Point the settings, which are read after this, at a database of one's own: SQLite, or beside `address`."""
    os.environ["DATABASE_URL"] = (
        f"{address.rsplit('/', 1)[0]}/goi_torture_{os.getpid()}" if address else f"sqlite:///{FOLDER / 'goi.sqlite3'}"
    )
    os.environ |= {
        "GOI_DEBUG": "1",
        "GOI_DATA": str(FOLDER),
        "GOI_CHECKPOINT_EVENTS": str(CHECKPOINT_EVENTS),
        "DJANGO_SETTINGS_MODULE": "tests.torture.settings",
    }


class Ground:
    """Use from the parent process, which keeps no connection open."""

    def __init__(self, address: str | None) -> None:
        self._server = f"{address.rsplit('/', 1)[0]}/postgres" if address else ""
        self.name = urlsplit(os.environ["DATABASE_URL"]).path[1:]
        if address:
            self._do(f"CREATE DATABASE {self.name}")

    def keep_as_template(self) -> None:
        shutil.copytree(CHECKPOINTS, TEMPLATE, dirs_exist_ok=True)
        if self._server:
            self._copy(self.name, f"{self.name}_template")
        else:
            shutil.copy(self.name, f"{self.name}.template")

    def renew(self) -> None:
        """The database and the checkpoints as they were made."""
        shutil.rmtree(CHECKPOINTS, ignore_errors=True)
        shutil.copytree(TEMPLATE, CHECKPOINTS)
        if self._server:
            self._do(f"DROP DATABASE {self.name} WITH (FORCE)")
            self._copy(f"{self.name}_template", self.name)
        else:
            for beside in ("-wal", "-shm", "-journal"):
                Path(f"{self.name}{beside}").unlink(missing_ok=True)
            shutil.copy(f"{self.name}.template", self.name)

    def empty(self, suffix: str) -> str:
        """The name of another database with nothing in it."""
        name = f"{self.name}_{suffix}"
        if self._server:
            self._do(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            self._do(f"CREATE DATABASE {name}")
        else:
            Path(name).unlink(missing_ok=True)
        return name

    def lay_out(self, files: dict[str, bytes], folder: Path) -> None:
        """Files of this ground, elsewhere."""
        shutil.rmtree(folder, ignore_errors=True)
        for name, content in files.items():
            path = folder / Path(name).relative_to(FOLDER)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)

    def remove(self) -> None:
        for suffix in ("", "_template", "_restored") if self._server else ():
            self._do(f"DROP DATABASE IF EXISTS {self.name}{suffix} WITH (FORCE)")
        shutil.rmtree(FOLDER, ignore_errors=True)

    def _copy(self, source: str, target: str) -> None:
        """By files: a copy through the log takes over how far sequences were logged, but not the log.

        After an immediate stop they would begin again below what they had given out, which is no fault of ours.
        """
        self._do(f"CREATE DATABASE {target} TEMPLATE {source} STRATEGY file_copy")

    def _do(self, statement: str) -> None:
        import psycopg

        with psycopg.connect(self._server, autocommit=True) as connection:
            connection.execute(statement)
