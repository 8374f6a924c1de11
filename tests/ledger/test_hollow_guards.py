"""A guard that is there by name and refuses nothing counts as missing, and is laid anew."""

import pytest
from django.db import connection

from registry import triggers
from tests.cast import Cast

GUARD = "goi_records_team_update"
REMOVED = f"DROP TRIGGER {GUARD}"
LAID = f"CREATE TRIGGER {GUARD} {{}} EXECUTE FUNCTION {GUARD}()"

ON_SQLITE = {
    "an empty body": f"CREATE TRIGGER {GUARD} BEFORE UPDATE ON registry_team BEGIN SELECT 1; END",
    "another table": f"CREATE TRIGGER {GUARD} BEFORE UPDATE ON registry_node BEGIN SELECT RAISE(ABORT, 'no'); END",
}
ON_POSTGRESQL = {
    "never": LAID.format("BEFORE UPDATE ON registry_team FOR EACH ROW WHEN (false)"),
    "too late": LAID.format("AFTER UPDATE ON registry_team FOR EACH ROW"),
    "once": LAID.format("BEFORE UPDATE ON registry_team FOR EACH STATEMENT"),
    "of one column": LAID.format("BEFORE UPDATE OF id ON registry_team FOR EACH ROW"),
    "another table": LAID.format("BEFORE UPDATE ON registry_node FOR EACH ROW"),
}
HOLLOWED = {
    "switched off": f"ALTER TABLE registry_team DISABLE TRIGGER {GUARD}",
    "for replicas": f"ALTER TABLE registry_team ENABLE REPLICA TRIGGER {GUARD}",
    "an empty body": f"CREATE OR REPLACE FUNCTION {GUARD}() RETURNS trigger LANGUAGE plpgsql AS "
    "$$BEGIN RETURN NEW; END$$",
    "elsewhere": f"ALTER FUNCTION {GUARD}() SET search_path = elsewhere",
}


def counts_as_missing(*statements: str) -> None:
    connection.check_constraints()
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
    assert triggers.missing("default") == [GUARD]
    triggers.install("default")
    assert triggers.missing("default") == []


@pytest.mark.sqlite
@pytest.mark.parametrize("how", ON_SQLITE)
def test_a_hollow_guard_counts_as_missing_on_sqlite(cast: Cast, how: str):
    counts_as_missing(REMOVED, ON_SQLITE[how])


@pytest.mark.postgres
@pytest.mark.parametrize("how", ON_POSTGRESQL)
def test_a_hollow_guard_counts_as_missing_on_postgresql(cast: Cast, how: str):
    counts_as_missing(f"{REMOVED} ON registry_team", ON_POSTGRESQL[how])


@pytest.mark.postgres
@pytest.mark.parametrize("how", HOLLOWED)
def test_a_guard_that_was_hollowed_out_counts_as_missing_on_postgresql(cast: Cast, how: str):
    counts_as_missing(HOLLOWED[how])
