"""Reading a PostgreSQL database: only by a role that can only read, and never with a word about its address."""

import secrets
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from psycopg import sql

from registry.conditions import ConditionError, pull, take_in
from tests.needs import postgres

pytestmark = pytest.mark.postgres
PASSWORD = "hana-no-iro-9"
READER, READER_PASSWORD = "goi_reader", "goi"  # made by .ci/run


@pytest.fixture(scope="module")
def owner() -> Iterator[str]:
    """A database with one small table, of its own; its address for whoever owns it."""
    address, name = postgres() or "", f"goi_pull_{secrets.token_hex(4)}"
    own = urlunsplit(urlsplit(address)._replace(path=f"/{name}"))
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            with psycopg.connect(own) as inside:
                inside.execute(
                    sql.SQL("ALTER DATABASE {} SET timezone = 'America/New_York'").format(sql.Identifier(name))
                )
                inside.execute("CREATE TABLE visits (no text, seen_at timestamptz)")
                inside.execute("INSERT INTO visits VALUES ('V1', '2026-04-02 05:00+09')")
                inside.execute("CREATE TABLE leads (no text, day date, note text)")
                inside.execute("INSERT INTO leads VALUES ('L2', '2026-04-02', NULL), ('L1', '2026-04-01', 'a,\"b')")
            yield own
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def test_a_role_that_can_write_is_refused_before_anything_is_read(owner: str, tmp_path: Path):
    with pytest.raises(ConditionError) as refused:
        pull(owner, ["leads"], str(tmp_path), 2**20)
    assert refused.value.problems[0].code == "pull_may_write"
    assert list(tmp_path.iterdir()) == []


def test_no_refusal_names_the_address(owner: str, tmp_path: Path):
    host = urlsplit(owner)
    wrong = urlunsplit(host._replace(netloc=f"nobody:{PASSWORD}@{host.hostname}:{host.port or 5432}"))
    for address in (wrong, "postgres://nobody:geheim@127.0.0.1:1/x", "postgres://u:p@@@/[", "not an address"):
        with pytest.raises(ConditionError) as refused:
            pull(address, ["leads"], str(tmp_path), 2**20)
        said = str(refused.value)
        assert refused.value.problems[0].code in ("pull_sign_in", "pull_unreachable")
        assert not any(word in said for word in (PASSWORD, "geheim", "nobody", "127.0.0.1", "address'"))
        assert refused.value.__cause__ is None


@pytest.fixture
def reader(owner: str) -> Iterator[str]:
    """The same database for a role that may read one table of it and nothing else."""
    with psycopg.connect(owner, autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [READER]).fetchone():
            pytest.skip(f"needs a role that owns nothing: CREATE ROLE {READER} LOGIN PASSWORD '{READER_PASSWORD}'")
        connection.execute(f"GRANT SELECT ON leads, visits TO {READER}")
        host = urlsplit(owner)
        yield urlunsplit(host._replace(netloc=f"{READER}:{READER_PASSWORD}@{host.hostname}:{host.port or 5432}"))
        connection.execute(f"REVOKE ALL ON leads, visits FROM {READER}")


def test_a_reader_gets_the_rows_in_one_order_as_a_file_like_any_other(reader: str, tmp_path: Path):
    (tmp_path / "pulled").mkdir()
    (tmp_path / "kept").mkdir()
    files = pull(reader, ["public.leads"], str(tmp_path / "pulled"), 2**20)
    assert Path(files[0][1]).read_text() == 'no,day,note\nL1,2026-04-01,"a,""b"\nL2,2026-04-02,\n'
    (table,) = take_in(files, str(tmp_path / "kept")).tables
    assert (table.name, table.rows, table.columns) == ("public_leads", 2, ("no", "day", "note"))


def test_what_is_not_there_or_too_large_is_refused(reader: str, tmp_path: Path):
    for tables, most, code in (
        (["nothing"], 2**20, "pull_table"),
        (["leads; DROP TABLE leads"], 2**20, "pull_table"),
        (["pg_catalog.pg_authid"], 2**20, "pull_table"),
        (["leads"], 10, "pull_bytes"),
        ([], 10, "pull_tables"),
    ):
        with pytest.raises(ConditionError) as refused:
            pull(reader, tables, str(tmp_path), most)
        assert refused.value.problems[0].code == code


def test_one_granted_column_is_enough_to_be_a_writer(reader: str, owner: str, tmp_path: Path):
    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute(f"GRANT UPDATE (note) ON leads TO {READER}")
    with pytest.raises(ConditionError) as refused:
        pull(reader, ["leads"], str(tmp_path), 2**20)
    assert refused.value.problems[0].code == "pull_may_write"


def test_a_view_that_writes_behind_its_back_is_stopped_by_the_read_only_transaction(
    reader: str, owner: str, tmp_path: Path
):
    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute(
            "CREATE FUNCTION sly() RETURNS int LANGUAGE sql SECURITY DEFINER AS "
            "$$INSERT INTO public.leads VALUES ('L9'); SELECT 1$$"
        )
        connection.execute("CREATE VIEW lure AS SELECT sly() AS no")
        connection.execute(f"GRANT SELECT ON lure TO {READER}")
        with pytest.raises(ConditionError) as refused:
            pull(reader, ["lure"], str(tmp_path), 2**20)
        assert refused.value.problems[0].code == "pull_may_write"
        assert connection.execute("SELECT COUNT(*) FROM leads WHERE no = 'L9'").fetchone() == (0,)


def test_a_moment_is_the_same_bytes_wherever_the_server_hangs_its_clock(reader: str, tmp_path: Path):
    ((_, file),) = pull(reader, ["visits"], str(tmp_path), 2**20)
    assert Path(file).read_text() == "no,seen_at\nV1,2026-04-01 20:00:00+00\n"
