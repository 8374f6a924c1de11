"""Every way to write a governed table, and what comes of it: one event, or a refusal.

way                                      what comes of it                   test
web: each address, as a person           one event for each act             test_web_writes.py
our commands: steward, erase, …          one event                          a_command, every_command_is_known
admin: each address and action           refused: no permission             test_web_writes.py
fixture load (`loaddata`)                refused by the application         a_fixture
`createsuperuser`, `changepassword`      refused by the application         commands_of_django
`clean_old_history`, its `duplicate_…`   refused by the database            cleaning_the_history, cleaning_duplicates
`populate_history`                       refused by the database            populating_the_history
simple-history: bulk, with history, …    refused, by either                 calls_of_simple_history
`migrate`, backwards                     refused by the application         migrating_backwards
`manage.py flush`                        refused by the database            flushing
`manage.py restore`                      all or nothing, then verified      test_backup.py, tests/torture
raw ORM: save, create, delete, revert    refused by the application         raw_orm
bulk: update, delete, bulk_create, …     refused by the application         bulk_calls
raw SQL, or past the managers            refused by the database            raw_sql, past_the_managers
raw SQL against the history              refused by the database            raw_sql_on_history
REPLACE, upsert, COPY, TRUNCATE          refused by the database            replacing, copying_in, truncating
an act that writes and never records     refused when it would be kept      an_act_without_its_event
"""

import json
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.utils import translation
from simple_history.utils import bulk_create_with_history, bulk_update_with_history, update_change_reason

from registry import clock, foundations, triggers
from registry.management import commands
from registry.models import (
    GOVERNED,
    Contributor,
    Event,
    Membership,
    OpenAct,
    Proposal,
    Stage,
    Team,
    Unrecorded,
    User,
)
from registry.proof import checkpoints
from registry.workflow import people, reviewing
from registry.workflow.record import Act
from tests.cast import NOW, Cast, in_review, published
from tests.database import past_the_guards, rows_of
from tests.ledger.tampering import wrong

NO_ACT = "only an act of registry.workflow writes here"
HISTORIES = [model.history.model for model in GOVERNED]


COMMANDS = {
    "steward": (["kenta"], {}),
    "erase": (["takuya"], {"reason": "退職から5年", "yes": True}),
    "rotate_key": ([], {"reason": "年に一度の交換"}),
    "expire": ([], {}),
}
WRITE_NOTHING_GOVERNED = {"backup", "checkpoint", "example_data", "export_ledger", "reindex", "verify"}
WHOLE_REGISTRIES = {"quickstart", "restore"}  # the example, told through the verbs; and a backup, verified afterwards


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_leaves_one_event(cast: Cast, settings: Any, tmp_path: Path, name: str):
    settings.SIGNING_KEY = tmp_path / "goi.pem"
    people.deactivate(cast.takuya, by=cast.megumi)
    in_review(cast)
    arguments, options = COMMANDS[name]
    before = Event.objects.count()
    with clock.at(NOW + timedelta(days=settings.EXPIRY_DAYS + 1)):
        call_command(name, *arguments, **options, stdout=StringIO())
    assert Event.objects.count() == before + 1
    assert wrong() == []


def test_every_command_is_known():
    ours = {path.stem for path in Path(commands.__file__).parent.glob("*.py")} - {"__init__"}
    assert ours == COMMANDS.keys() | WRITE_NOTHING_GOVERNED | WHOLE_REGISTRIES


NEW_USER = {"username": "x", "name_ja": "x", "email": "x@example.com", "interactive": False}


DJANGOS: dict[str, tuple[list[str], dict[str, Any]]] = {
    "createsuperuser": ([], NEW_USER),
    "changepassword": (["ryo"], {}),
}


@pytest.mark.parametrize("name", DJANGOS)
def test_commands_of_django_are_refused(cast: Cast, monkeypatch: pytest.MonkeyPatch, name: str):
    """Whether it says so well is Django's affair; what counts is that nothing was written."""
    monkeypatch.setattr("getpass.getpass", lambda prompt: "momiji-no-ha-9")
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "momiji-no-ha-9")
    before = list(User.objects.order_by("pk").values_list("username", "password"))
    with pytest.raises((Unrecorded, AttributeError)), transaction.atomic():
        call_command(name, *DJANGOS[name][0], **DJANGOS[name][1], stdout=StringIO())
    assert list(User.objects.order_by("pk").values_list("username", "password")) == before


def test_cleaning_the_history_is_refused(cast: Cast):
    with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
        call_command("clean_old_history", auto=True, days=0, stdout=StringIO())
    assert wrong() == []


def test_cleaning_duplicates_from_the_history_is_refused(cast: Cast):
    twice = Stage.history.latest()
    twice.pk = None
    with past_the_guards():
        rows_of(Stage.history.model).bulk_create([twice])
    with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
        call_command("clean_duplicate_history", auto=True, stdout=StringIO())


def test_populating_the_history_is_refused(cast: Cast):
    """Where there is any, the command leaves it be; so somebody has emptied it."""
    with past_the_guards():
        rows_of(Stage.history.model)._raw_delete("default")
    with pytest.raises(IntegrityError, match=NO_ACT), transaction.atomic():
        call_command("populate_history", auto=True, stdout=StringIO(), stderr=StringIO())


CALLS_OF_SIMPLE_HISTORY = {
    "bulk_history_create": lambda team: Team.history.bulk_history_create([team]),
    "bulk_create_with_history": lambda team: bulk_create_with_history([Team(key="x")], Team),
    "bulk_update_with_history": lambda team: bulk_update_with_history([team], Team, ["name_ja"]),
    "create_historical_record": lambda team: team.history.model.objects.create(
        **{name: getattr(team, name) for name in ("id", "key")}, history_date=NOW, history_type="~"
    ),
    "update_change_reason": lambda team: update_change_reason(team, "x"),
    "delete": lambda team: team.history.all().delete(),
}


@pytest.mark.parametrize("way", CALLS_OF_SIMPLE_HISTORY)
def test_calls_of_simple_history_are_refused(cast: Cast, way: str):
    with (
        pytest.raises((Unrecorded, IntegrityError), match=r"only an act|never changes|governed table"),
        transaction.atomic(),
    ):
        CALLS_OF_SIMPLE_HISTORY[way](cast.sales)
    assert wrong() == []


def test_migrating_backwards_is_refused(cast: Cast):
    """It would drop tables, with what they hold and the history of it."""
    with translation.override("en"), pytest.raises(CommandError, match="backwards"), transaction.atomic():
        call_command("migrate", "registry", "0003", verbosity=0)
    assert wrong() == []


def test_a_fixture_is_refused(cast: Cast, tmp_path: Path):
    fields = {"key": "deal", "name_ja": "別の名", "name_en": "Other", "position": 9}
    file = tmp_path / "stages.json"
    file.write_text(json.dumps([{"model": "registry.stage", "pk": Stage.objects.first().pk, "fields": fields}]))
    with pytest.raises(Unrecorded), transaction.atomic():
        call_command("loaddata", str(file), verbosity=0)


def test_flushing_is_refused(cast: Cast):
    connection.check_constraints()
    with pytest.raises((CommandError, IntegrityError)), transaction.atomic():
        call_command("flush", interactive=False, verbosity=0)
    assert Event.objects.exists()


RAW_ORM = {
    "save": lambda team: team.save(),
    "save of some fields": lambda team: team.save(update_fields=["name_ja"]),
    "create": lambda team: Team.objects.create(key="x", name_ja="x", name_en="x", mark_ja="x", mark_en="x"),
    "get_or_create": lambda team: Team.objects.get_or_create(key="x"),
    "update_or_create": lambda team: Team.objects.update_or_create(key="sales", defaults={"name_ja": "x"}),
    "delete": lambda team: Contributor.objects.first().delete(),
    "an earlier row of the history": lambda team: team.history.latest().instance.save(),
    "a related manager": lambda team: team.memberships.create(role="member", since=NOW),
}


@pytest.mark.parametrize("way", RAW_ORM)
def test_raw_orm_is_refused(cast: Cast, way: str):
    with pytest.raises(Unrecorded), transaction.atomic():
        RAW_ORM[way](cast.sales)
    assert wrong() == []


BULK = {
    "update": lambda team: Team.objects.update(name_ja="x"),
    "filtered update": lambda team: Membership.objects.current().update(role="member"),
    "related update": lambda team: team.memberships.update(role="member"),
    "delete": lambda team: Contributor.objects.all().delete(),
    "bulk_create": lambda team: Team.objects.bulk_create([Team(key="x")]),
    "bulk_update": lambda team: Proposal.objects.bulk_update(Proposal.objects.all(), ["state"]),
}


@pytest.mark.parametrize("way", BULK)
def test_bulk_calls_are_refused(cast: Cast, way: str):
    with pytest.raises(Unrecorded):
        BULK[way](cast.sales)


@pytest.mark.parametrize("model", GOVERNED, ids=lambda model: model.__name__)
@pytest.mark.parametrize("statement", ["INSERT", "UPDATE", "DELETE"])
def test_raw_sql_is_refused(cast: Cast, model: type, statement: str):
    reviewing.comment(in_review(cast), by=cast.kenta, words="承知しました")
    table = model._meta.db_table
    if statement != "INSERT" and not rows_of(model).exists():
        table = "registry_team"
    with pytest.raises(IntegrityError, match=r"only an act|never changes"), transaction.atomic():
        execute(statement, table)


@pytest.mark.parametrize("model", [*HISTORIES, Event], ids=lambda model: model.__name__)
def test_raw_sql_on_history_is_refused(cast: Cast, model: type):
    table, key = model._meta.db_table, model._meta.pk.column
    for statement in ("INSERT", "UPDATE", "DELETE") if rows_of(model).exists() else ("INSERT",):
        with pytest.raises(IntegrityError, match=r"only an act|never changes"), transaction.atomic():
            execute(statement, table, key)


def execute(statement: str, table: str, key: str = "id") -> None:
    """One statement on the table as somebody at the database's own prompt would write it."""
    sql = {
        "INSERT": f"INSERT INTO {table} ({key}) VALUES (999999)",
        "UPDATE": f"UPDATE {table} SET {key} = {key}",
        "DELETE": f"DELETE FROM {table}",
    }[statement]
    with connection.cursor() as cursor:
        cursor.execute(sql)


@pytest.mark.parametrize("statement", ["INSERT", "UPDATE", "DELETE"])
def test_past_the_managers_is_refused(cast: Cast, statement: str):
    teams = rows_of(Membership)
    seat = Membership(team=cast.sales, user=cast.takuya, role="member", since=NOW)
    write = {
        "INSERT": lambda: teams.bulk_create([seat]),
        "UPDATE": lambda: teams.update(role="signatory"),
        "DELETE": lambda: teams._raw_delete("default"),
    }[statement]
    with pytest.raises(IntegrityError, match=NO_ACT), transaction.atomic():
        write()


UPSERT = "INSERT INTO registry_team SELECT * FROM registry_team WHERE true ON CONFLICT (id) DO UPDATE SET name_ja = 'x'"
REPLACE = "REPLACE INTO registry_checkpoint SELECT * FROM registry_checkpoint"


@pytest.mark.parametrize("sql", [UPSERT, pytest.param(REPLACE, marks=pytest.mark.sqlite)], ids=["UPSERT", "REPLACE"])
def test_replacing_is_refused(cast: Cast, sql: str):
    """SQLite would REPLACE without asking the triggers of DELETE, were they not recursive."""
    checkpoints.write()
    refused = pytest.raises(IntegrityError, match=r"only an act|never changes")
    with refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


@pytest.mark.postgres
def test_copying_in_is_refused(cast: Cast):
    copying = "COPY registry_team (id, key, name_ja, name_en, mark_ja, mark_en) FROM STDIN"
    refused = pytest.raises(psycopg.IntegrityError, match=NO_ACT)  # Django does not translate what COPY raises.
    with refused, transaction.atomic(), connection.cursor() as cursor, cursor.copy(copying) as copy:
        copy.write_row((999, "x", "x", "x", "x", "x"))


@pytest.mark.postgres
def test_truncating_is_refused(cast: Cast):
    connection.check_constraints()
    with pytest.raises(IntegrityError, match="never changes"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("TRUNCATE registry_event CASCADE")


def test_an_act_without_its_event_is_not_kept(cast: Cast):
    """The row that opens the act names an event that never exists, and the database checks that at the end."""
    with pytest.raises(IntegrityError), transaction.atomic():
        _leave_unrecorded(cast)
    assert Team.objects.get(key="sales").name_ja == "営業"


def _leave_unrecorded(cast: Cast) -> None:
    cast.sales.name_ja = "別の名"
    Act("team_changed", by=cast.megumi).save(cast.sales, "name_ja")
    connection.check_constraints()


def test_an_act_that_is_recorded_leaves_nothing_open(cast: Cast):
    published(cast)
    assert not OpenAct.objects.exists()
    with pytest.raises(IntegrityError, match=NO_ACT), transaction.atomic():
        rows_of(Team).update(name_ja="別の名")


@pytest.mark.sqlite
def test_a_table_that_django_rebuilt_is_guarded_again_by_migrate(cast: Cast):
    """SQLite changes a column by making the table anew, and forgets its triggers without a word."""
    connection.check_constraints()
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER goi_records_team_update")
    assert triggers.missing("default") == ["goi_records_team_update"]
    triggers.install("default")
    assert triggers.missing("default") == []


def test_the_server_does_not_start_over_unguarded_tables(cast: Cast, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(connection, "close", lambda: None)  # The test's own transaction would end with it.
    foundations.require_guards()
    connection.check_constraints()
    triggers.remove("default")
    with pytest.raises(ImproperlyConfigured, match=r"manage\.py migrate"):
        foundations.require_guards()
