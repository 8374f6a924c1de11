"""Writes rows by the hundred thousand, past the workflow and past Django. For measuring only."""

import itertools
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.core.management.color import no_style
from django.db import connection, models

from registry import triggers

FLUSH_AT = 20_000


class Bulk:
    """Rows waiting to be written, by table. Identifiers are given, so that tables can be filled in any order."""

    def __init__(self) -> None:
        self._rows: dict[type[models.Model], list[tuple[Any, ...]]] = defaultdict(list)
        self._ids: dict[type[models.Model], itertools.count[int]] = defaultdict(lambda: itertools.count(1))
        self._columns: dict[type[models.Model], list[tuple[str, Callable[[Any], Any]]]] = {}
        triggers.remove(connection.alias)

    def add(self, model: type[models.Model], **values: Any) -> int:
        """Keep one row, named by attribute (`metric_id`), JSON already as text. Returns its identifier."""
        columns = self._columns.get(model) or self._columns.setdefault(model, _columns(model))
        key = model._meta.pk.attname
        if key not in values:
            values[key] = next(self._ids[model])
        self._rows[model].append(tuple([adapt(values[name]) for name, adapt in columns]))
        if len(self._rows[model]) >= FLUSH_AT:
            self.flush(model)
        return values[key]

    def flush(self, *which: type[models.Model]) -> None:
        """Write what waits, for these tables or for all."""
        for model in which or list(self._rows):
            rows, self._rows[model] = self._rows[model], []
            if rows:
                _write(model, rows)

    def finish(self) -> None:
        """Write everything, and let the database's own counters go on after it."""
        self.flush()
        with connection.cursor() as cursor:
            for statement in connection.ops.sequence_reset_sql(no_style(), list(self._rows)):
                cursor.execute(statement)
        triggers.install(connection.alias)


def _columns(model: type[models.Model]) -> list[tuple[str, Callable[[Any], Any]]]:
    return [(field.attname, _adapter(field)) for field in model._meta.concrete_fields]


def _adapter(field: models.Field) -> Callable[[Any], Any]:
    if connection.vendor == "sqlite" and isinstance(field, models.DateTimeField):
        return _naive
    if connection.vendor == "sqlite" and isinstance(field, models.DateField):
        return lambda day: day and day.isoformat()
    return lambda value: value


def _naive(moment: datetime | None) -> str | None:
    """As Django keeps moments on SQLite: in UTC, without saying so."""
    return str(moment.astimezone(UTC).replace(tzinfo=None)) if moment else None


def _write(model: type[models.Model], rows: list[tuple[Any, ...]]) -> None:
    table = model._meta.db_table
    names = [connection.ops.quote_name(field.column) for field in model._meta.concrete_fields]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({', '.join(names)}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            marks = ", ".join(["%s"] * len(names))
            cursor.executemany(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})", rows)


def remember(model: Any, *, at: str, times: int = 1) -> None:
    """Give every row of a table `times` rows of history, dated by its column `at`."""
    remembered = model.history.model
    own = {field.column for field in model._meta.concrete_fields}
    names = [field.column for field in remembered._meta.concrete_fields if field.column in own]
    columns = ", ".join(map(connection.ops.quote_name, names))
    triggers.remove(connection.alias)
    with connection.cursor() as cursor:
        for turn in range(times):
            cursor.execute(
                f"INSERT INTO {remembered._meta.db_table} ({columns}, history_date, history_change_reason, "
                f"history_type, history_user_id) SELECT {columns}, {at}, %s, %s, %s FROM {model._meta.db_table}",
                ["published", "~" if turn else "+", 1],
            )
    triggers.install(connection.alias)
