"""Tables of a PostgreSQL database as files, read in one read-only transaction by a role that can only read.

Nothing the server answers is repeated: its messages name hosts and people. A refusal says what kind it was.
"""

from collections.abc import Sequence
from pathlib import Path

import psycopg
from psycopg import sql

from registry.conditions.problems import ConditionError, refuse

CONNECT_SECONDS, STATEMENT_SECONDS, LOCK_SECONDS = 5, 40, 2
MAX_TABLES = 20

SYSTEM = "('pg_catalog', 'information_schema', 'pg_toast')"
MAY_WRITE = f"""
SELECT EXISTS (
  SELECT 1 FROM pg_roles AS r WHERE pg_has_role(current_user, r.oid, 'MEMBER') AND (
    r.rolsuper OR r.rolcreaterole OR r.rolcreatedb OR r.rolreplication
    OR r.rolname IN ('pg_write_all_data', 'pg_write_server_files', 'pg_execute_server_program')
    OR has_database_privilege(r.oid, current_database(), 'CREATE')
    OR EXISTS (SELECT 1 FROM pg_namespace AS n WHERE n.nspname NOT IN {SYSTEM} AND n.nspname NOT LIKE 'pg\\_%'
               AND has_schema_privilege(r.oid, n.oid, 'CREATE'))
    OR EXISTS (SELECT 1 FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
               WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname NOT IN {SYSTEM}
               AND n.nspname NOT LIKE 'pg\\_%'
               AND (has_table_privilege(r.oid, c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')
                    OR has_any_column_privilege(r.oid, c.oid, 'INSERT, UPDATE')))))
"""
KINDS = {"28": "pull_sign_in", "57": "pull_time", "42": "pull_table", "55": "pull_time", "25": "pull_may_write"}


def pull(url: str, tables: Sequence[str], target: str, most: int) -> list[tuple[str, str]]:
    """The tables (`name` or `schema.name`) as CSV files in `target`: (name to show, path) as `take_in` wants.

    Raises ConditionError with a sentence; no part of `url` is ever in it.
    """
    if not 0 < len(tables) <= MAX_TABLES:
        raise refuse("pull_tables", limit=MAX_TABLES)
    try:
        with psycopg.connect(url, connect_timeout=CONNECT_SECONDS, options=_options()) as connection:
            connection.read_only = True
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            if (connection.execute(MAY_WRITE).fetchone() or (True,))[0]:
                raise refuse("pull_may_write")
            left = most
            files: list[tuple[str, str]] = []
            for table in tables:
                file = Path(target) / f"{len(files)}.csv"
                left -= _copied(connection, table, file, left)
                files.append((f"{table}.csv", str(file)))
            return files
    except psycopg.Error as error:
        raise _refused(error) from None


def _options() -> str:
    milliseconds = {"statement_timeout": STATEMENT_SECONDS, "lock_timeout": LOCK_SECONDS,
                    "idle_in_transaction_session_timeout": STATEMENT_SECONDS}  # fmt: skip
    limits = [f"-c {name}={seconds * 1000}" for name, seconds in milliseconds.items()]
    fixed = ("default_transaction_read_only=on", "datestyle=ISO", "timezone=UTC", "client_encoding=UTF8")
    return " ".join([*limits, *(f"-c {each}" for each in fixed)])


def _copied(connection: "psycopg.Connection[tuple[object, ...]]", table: str, file: Path, left: int) -> int:
    """The rows in one fixed order, so that the same data is the same bytes; how many bytes it took."""
    name = sql.Identifier(*table.split(".", 1))
    query = sql.SQL("COPY (SELECT * FROM {} ORDER BY 1) TO STDOUT (FORMAT csv, HEADER)").format(name)
    size = 0
    with file.open("wb") as out, connection.cursor().copy(query) as copy:
        for block in copy:
            size += len(block)
            if size > left:
                raise refuse("pull_bytes", table=table)
            out.write(block)
    return size


def _refused(error: psycopg.Error) -> ConditionError:
    state = getattr(error, "sqlstate", None) or ""
    return refuse(KINDS.get(state[:2], "pull_unreachable"))
