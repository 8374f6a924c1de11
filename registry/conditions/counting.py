"""How a metric counts: its condition with the key, the date, and "only the first", as one whole query."""

from dataclasses import dataclass

from registry.conditions.dialects import Dialect, dialect_named
from registry.conditions.meaning import Moments
from registry.conditions.problems import refuse
from registry.conditions.resolve import Metrics, resolve_text, resolve_value_in
from registry.conditions.scope import Scope
from registry.conditions.sql import Writer
from registry.conditions.tree import Condition, Value
from registry.conditions.vocabulary import Vocabulary


@dataclass(frozen=True)
class Definition:
    """What a counted or summed metric holds beside its text, as written.

    `counts` is an entity; `counting_key` its fields that make two rows the same thing (empty: the entity's
    key); `dated_by` a date field or MIN/MAX over a relation; `first_per` a field of which only the first by
    date counts; `sums` a number to add up instead of counting.
    """

    counts: str
    condition: str
    dated_by: str
    counting_key: tuple[str, ...] = ()
    first_per: str | None = None
    sums: str | None = None


@dataclass(frozen=True)
class Counting:
    """A definition that checks: everything in it is a tree."""

    vocabulary: Vocabulary
    entity: str
    condition: Condition
    dated_by: Value
    key: tuple[Value, ...]
    first_per: Value | None
    sums: Value | None

    @property
    def by_record(self) -> bool:
        """Whether every record is its own thing, so that counting rows is counting things."""
        own = self.vocabulary.entity(self.entity).key
        return len(self.key) == 1 and getattr(self.key[0], "name", "") == own and not self.key[0].path  # type: ignore[attr-defined]


def counting(definition: Definition, vocabulary: Vocabulary, metrics: Metrics | None = None) -> Counting:
    """The definition resolved; raises ConditionError at whichever part does not check."""
    entity = definition.counts
    scope = Scope(vocabulary, entity, entity)

    def value(text: str) -> Value:
        return resolve_value_in(text, scope, metrics)

    dated_by = resolve_date(definition.dated_by, scope, metrics)
    sums = value(definition.sums) if definition.sums else None
    if sums is not None and sums.type.kind not in ("int", "decimal"):
        raise refuse("sums_not_number", sums.span)
    names = definition.counting_key or (vocabulary.entity(entity).key,)
    return Counting(
        vocabulary,
        entity,
        resolve_text(definition.condition, vocabulary, entity, metrics),
        dated_by,
        tuple(value(name) for name in names),
        value(definition.first_per) if definition.first_per else None,
        sums,
    )


def resolve_date(text: str, scope: Scope, metrics: Metrics | None = None) -> Value:
    """The date by which a record is counted; raises ConditionError where it does not check, or is no date."""
    found = resolve_value_in(text, scope, metrics)
    if found.type.kind != "date":
        raise refuse("dated_by_not_date", found.span)
    return found


def counting_sql(found: Counting, dialect_name: str, moments: Moments) -> str:
    """One query that gives one number, `counted`: the metric over period_start <= date < period_end."""
    dialect = dialect_named(dialect_name)
    for name in ("period_start", "period_end"):
        if moments.get(name) is None:
            raise refuse("moment_missing", name=name)
    start, end = (dialect.literal(moments.get(name), found.condition.span) for name in ("period_start", "period_end"))
    place = " AND place = 1" if found.first_per else ""
    rows = _first(_rows(found, dialect, moments)) if found.first_per else _rows(found, dialect, moments)
    period = f"WHERE counted_on >= {start} AND counted_on < {end}{place}"
    if found.sums:
        return f"SELECT SUM(amount) AS counted\nFROM (\n{_indent(rows)}\n) AS matching\n{period}"
    keys = ", ".join(f"key{index + 1}" for index in range(len(found.key)))
    inner = f"SELECT DISTINCT {keys}\nFROM (\n{_indent(rows)}\n) AS matching\n{period}"
    return f"SELECT COUNT(*) AS counted\nFROM (\n{_indent(inner)}\n) AS things"


def _rows(found: Counting, dialect: Dialect, moments: Moments) -> str:
    """One row per record that matches, with its key, its date and what is summed."""
    writer = Writer(dialect, found.vocabulary, found.entity, moments)
    columns = [f"{writer.write(value)} AS key{index + 1}" for index, value in enumerate(found.key)]
    columns.append(f"{writer.write(found.dated_by)} AS counted_on")
    if found.sums:
        columns.append(f"{writer.write(found.sums)} AS amount")
    if found.first_per:
        columns.append(f"{writer.write(found.first_per)} AS firsts")
        columns.append(f"r.{dialect.name_of(found.vocabulary.entity(found.entity).key)} AS record_key")
    condition = writer.write(found.condition)
    return f"SELECT {', '.join(columns)}\n{writer.source()}\nWHERE {condition}"


def _first(rows: str) -> str:
    """The rows numbered by date within each `first_per`, those of one day by the record, as where months are counted.

    Rows without a date are never first.
    """
    number = "ROW_NUMBER() OVER (PARTITION BY firsts ORDER BY counted_on, record_key) AS place"
    return f"SELECT dated.*, {number}\nFROM (\n{_indent(rows)}\n) AS dated\nWHERE dated.counted_on IS NOT NULL"


def _indent(text: str) -> str:
    return "\n".join("  " + line for line in text.splitlines())
