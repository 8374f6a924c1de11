"""The database's own refusals: what is published or ended never changes, whoever writes.

Django's table rebuilds on SQLite drop triggers silently, so they are not migrations: they are laid anew
after every `migrate`, from this one table.
"""

from dataclasses import dataclass

from django.db import connections


@dataclass(frozen=True)
class Guard:
    """Refuses `event` on `table` where `condition` (over OLD and NEW) holds."""

    table: str
    event: str
    condition: str = "1=1"

    @property
    def name(self) -> str:
        return f"goi_keeps_{self.table}_{self.event.lower()}"


KEPT = (
    "registry_definition",
    "registry_revision",
    "registry_clause",
    "registry_place",
    "registry_signoff",
    "registry_comment",
    "registry_vocabularyversion",
    "registry_exampleanswer",
)
ENDED = "OLD.state IN ('published', 'withdrawn', 'rejected', 'expired')"

GUARDS: tuple[Guard, ...] = (
    *(Guard(table, event) for table in KEPT for event in ("UPDATE", "DELETE")),
    Guard("registry_proposal", "UPDATE", ENDED),
    Guard("registry_proposal", "DELETE", ENDED),
    Guard("registry_event", "DELETE"),
    Guard("registry_event", "UPDATE", "NEW.personal IS NOT NULL OR OLD.digest <> NEW.digest"),
    Guard("registry_user", "DELETE"),
)


def install(using: str) -> None:
    """Lay every guard. Idempotent."""
    connection = connections[using]
    with connection.cursor() as cursor:
        for guard in GUARDS:
            for statement in _statements(guard, connection.vendor):
                cursor.execute(statement)


def missing(using: str) -> list[str]:
    """The names of guards that the database lacks."""
    connection = connections[using]
    query = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'",
    }[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(query)
        present = {name for (name,) in cursor.fetchall()}
    return [guard.name for guard in GUARDS if guard.name not in present]


def _statements(guard: Guard, vendor: str) -> list[str]:
    refusal = f"{guard.table}: what is published or ended never changes"
    if vendor == "sqlite":
        return [
            f"DROP TRIGGER IF EXISTS {guard.name}",
            f"CREATE TRIGGER {guard.name} BEFORE {guard.event} ON {guard.table} WHEN {guard.condition} "
            f"BEGIN SELECT RAISE(ABORT, '{refusal}'); END",
        ]
    return [
        f"""CREATE OR REPLACE FUNCTION {guard.name}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION '{refusal}' USING ERRCODE = 'integrity_constraint_violation'; END $$""",
        f"""CREATE OR REPLACE TRIGGER {guard.name} BEFORE {guard.event} ON {guard.table}
        FOR EACH ROW WHEN ({guard.condition}) EXECUTE FUNCTION {guard.name}()""",
    ]
