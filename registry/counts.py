"""What a proposal, or a metric as it is, counts on the data: the questions, their kept answers, and the rates.

A question is one metric before and after. Its query on data as promised is its identity, so the same question
on the same data is asked once, whoever asks and for whichever proposal.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from registry import clock, conditions_syntax, datasets, engine, meaning, wording
from registry.conditions import ConditionError, Moments, MonthCount, Source, Vocabulary
from registry.conditions.dataset import require_readable
from registry.conditions.months import months_sql
from registry.conditions.tally import Asked, Counted, World, both
from registry.engine import kept
from registry.models import Dataset, Revision, Run, Use
from registry.standing import Standing
from registry.wording import CALCULATED, Wording

SECONDS = 20.0
ROWS = 20
LOOKED_THROUGH = 50
WHATEVER_DAY = Moments(as_of=date(2000, 1, 1))
CHANGED, RIPPLE, FACTOR = "changed", "ripple", "factor"


@dataclass(frozen=True)
class Line:
    """One metric of a plan: what is asked, and its kept answer or why it cannot be asked of this dataset."""

    asked: Asked
    part: str
    words: Wording
    question: str = ""
    meanings: tuple[str, str] = ("", "")
    problems: tuple[str, ...] = ()
    run: Run | None = None

    @property
    def key(self) -> str:
        return self.asked.key

    @property
    def name(self) -> str:
        return _name(self.words, self.key)


@dataclass(frozen=True)
class Sides:
    """Wordings as they are and as they are to be, by metric; a metric that is not there on a side is absent."""

    old: dict[str, Wording]
    new: dict[str, Wording]

    def definition(self, key: str) -> Asked:
        old, new = (side.get(key) for side in (self.old, self.new))
        return Asked(key, _countable(old), _countable(new))

    def counts(self, key: str) -> bool:
        """Whether it counts anything on either side: what is retired or calculated on both does not."""
        asked = self.definition(key)
        return (asked.old or asked.new) is not None

    def words(self, key: str) -> Wording:
        return self.new.get(key) or self.old[key]

    def name(self, key: str) -> str:
        """What it is called, or its key where it is on neither side."""
        return _name(self.words(key), key) if key in self.new or key in self.old else key


@dataclass(frozen=True)
class Plan:
    """Everything to count on one dataset for one proposal or one metric."""

    dataset: Dataset
    source: Source
    world: World
    sides: Sides
    lines: tuple[Line, ...]
    rates: tuple[str, ...] = ()
    revision: Revision | None = None

    @property
    def missing(self) -> list[Line]:
        """What can be asked of the dataset and was not yet."""
        return [line for line in self.lines if line.run is None and not line.problems]

    def line(self, key: str) -> Line | None:
        return next((line for line in self.lines if line.key == key), None)


def of_proposal(standing: Standing) -> Plan | None:
    """The plan of its latest revision; `None` without a revision, declared words, or a dataset.

    What is asked depends on the revision, the state of the registry and the dataset, and is kept by them.
    """
    dataset = Dataset.objects.current()
    if standing.revision is None or not standing.has_vocabulary or dataset is None:
        return None
    source = datasets.opened(dataset)
    name = f"plan:{standing.revision.digest}:{standing.stamp}:{dataset.fingerprint}:{meaning.language()}"
    plan: Plan = kept(name, lambda: _of_clauses(standing, dataset, source))
    return replace(plan, dataset=dataset, lines=_answered(plan.lines, dataset), revision=standing.revision)


def of_metric(key: str, words: Wording, stamp: str) -> Plan | None:
    """The plan of one metric as it is, with what its formula is made of; `None` without words or a dataset.

    `stamp` as `meaning.stamp` gives it: what is asked is kept by it.
    """
    dataset = Dataset.objects.current()
    if dataset is None:
        return None
    source = datasets.opened(dataset)

    def made() -> Plan | str:
        rates = [key] if words["kind"] == CALCULATED else []
        sides = Sides({key: words}, {key: words})
        declared = meaning.vocabulary()
        if declared is None:
            return "none"
        return _plan(sides, {key: CHANGED}, rates, dataset, source, declared, clock.today())

    name = f"plan:{key}:{hashed(repr(words))}:{stamp}:{dataset.fingerprint}:{meaning.language()}"
    plan = kept(name, made)
    if not isinstance(plan, Plan):
        return None
    return replace(plan, dataset=dataset, lines=_answered(plan.lines, dataset))


def _of_clauses(standing: Standing, dataset: Dataset, source: Source) -> Plan:
    """Read in the vocabulary that the proposal carries, if any: what its field is mapped to is not known yet."""
    old, new = standing.based, standing.overlay
    changed = {key for key in old | new if wording.numbers_may_differ(old.get(key), new.get(key))}
    old, new = ({key: side[key] for key in changed & side.keys()} for side in (old, new))
    on = standing.submitted.effective_from
    around = standing.surroundings
    rippled = {span.key: span.words for span in around.referring(changed, Use.CONDITION, on)}
    parts = dict.fromkeys(sorted(changed), CHANGED) | dict.fromkeys(sorted(rippled), RIPPLE)
    calculated = {span.key: span.words for span in around.referring(parts, Use.FORMULA, on)}
    sides = Sides(rippled | calculated | old, rippled | calculated | new)
    rates = {key for key in changed if sides.words(key)["kind"] == CALCULATED} | calculated.keys()
    return _plan(sides, parts, sorted(rates), dataset, source, meaning.read_in(standing.carried), on)


def _plan(
    sides: Sides,
    parts: Mapping[str, str],
    rates: Sequence[str],
    dataset: Dataset,
    source: Source,
    declared: Vocabulary | None,
    on: date,
) -> Plan:
    """`on`: the day whose meaning of other metrics is asked for."""
    assert declared is not None, "asked for only where words are declared"
    sides = _with_factors(sides, on)
    world = _world(sides, declared, on)
    countable = [key for key in [*parts, *sorted(sides.new.keys() - parts.keys())] if sides.counts(key)]
    lines = tuple(_line(sides, key, parts.get(key, FACTOR), world, source) for key in countable)
    return Plan(dataset, source, world, sides, lines, tuple(rates))


def _with_factors(sides: Sides, on: date) -> Sides:
    """With every metric that a formula of theirs is made of, as it is in force."""
    old, new = dict(sides.old), dict(sides.new)
    while True:
        needed = {key for words in [*old.values(), *new.values()] for key in conditions_syntax.made_of(words)}
        fresh = meaning.in_force(needed - old.keys() - new.keys(), on)
        if not fresh:
            return Sides(old, new)
        old, new = fresh | old, fresh | new


def _world(sides: Sides, declared: Vocabulary, on: date) -> World:
    def agreed(side: Mapping[str, Wording]) -> Any:
        return meaning.agreed(meaning.texts_of(*side.values()), side, on)

    return World(declared, Moments(as_of=clock.today()), agreed(sides.old), agreed(sides.new))


def _line(sides: Sides, key: str, part: str, world: World, source: Source) -> Line:
    line = Line(sides.definition(key), part, sides.words(key))
    try:
        old, new = both(line.asked, world)
        require_readable(source, (old, new))
        return replace(
            line,
            question=_question(months_sql(old, new, world.moments), world.vocabulary),
            meanings=(hashed(months_sql(old, old, WHATEVER_DAY)), hashed(months_sql(new, new, WHATEVER_DAY))),
        )
    except ConditionError as error:
        return replace(line, problems=tuple(each.message(meaning.language()) for each in error.problems))


def _answered(lines: Sequence[Line], dataset: Dataset) -> tuple[Line, ...]:
    kept = Run.objects.answering((line.question for line in lines if line.question), dataset.fingerprint)
    runs = {run.question: run for run in kept.select_related("counted_by", "dataset")}
    return tuple(replace(line, run=runs.get(line.question)) for line in lines)


def ask(plan: Plan) -> tuple[list[Run], dict[str, tuple[str, ...]]]:
    """Counts what is missing, in a capped process: runs to keep, and for the others why not. May raise `Overrun`."""
    asked = plan.missing
    found: list[Counted] = engine.ask("tally", [line.asked for line in asked], plan.world, plan.source, seconds=SECONDS)
    pairs = list(zip(asked, found, strict=True))
    failed = {
        line.key: tuple(each.message(meaning.language()) for each in counted.problems)
        for line, counted in pairs
        if counted.count is None
    }
    return [_run(plan, line, counted) for line, counted in pairs if counted.count is not None], failed


def _run(plan: Plan, line: Line, counted: Counted) -> Run:
    as_of = plan.world.moments.as_of
    assert counted.count is not None
    assert as_of is not None, "a plan is made for a day"
    return Run(
        key=line.key,
        question=line.question,
        sql=counted.count.sql,
        sql_digest=hashed(counted.count.sql),
        as_of=as_of,
        dataset=plan.dataset,
        fingerprint=plan.dataset.fingerprint,
        revision=plan.revision,
        revision_digest=plan.revision.digest if plan.revision else "",
        old_meaning=line.meanings[0],
        new_meaning=line.meanings[1],
        months=[_kept(month) for month in counted.count.months],
        broken=[[each.entity, each.field, each.code, each.number] for each in counted.broken],
    )


def rows(plan: Plan, line: Line, outcome: str, month: date | None) -> list[dict[str, Any]]:
    """The first records behind one number. Raises ConditionError."""
    found: list[dict[str, Any]] = engine.ask(
        "rows_behind", line.asked, plan.world, plan.source, outcome, ROWS, month, seconds=SECONDS
    )
    return found


def months_of(run: Run) -> list[MonthCount]:
    """The kept numbers of a run."""
    return [MonthCount(date.fromisoformat(month), *map(_number, numbers)) for month, *numbers in run.months]


def last_run(key: str, words: Wording, stamp: str) -> tuple[Run, str] | None:
    """The newest run of this very meaning, and on which side of it (`old` or `new`) it stood."""
    digest = kept(f"meaning:{key}:{hashed(repr(words))}:{stamp}", lambda: _meaning(key, words))
    newest = Run.objects.filter(key=key).select_related("counted_by", "dataset").order_by("-pk")[:LOOKED_THROUGH]
    for run in newest if digest else ():
        for side, counted in (("new", run.new_meaning), ("old", run.old_meaning)):
            if counted == digest:
                return run, side
    return None


def _meaning(key: str, words: Wording) -> str:
    """What one side's query is known by, whatever the day; empty where there is none."""
    declared = meaning.vocabulary()
    sides = Sides({key: words}, {key: words})
    if declared is None or not sides.counts(key):
        return ""
    try:
        _, new = both(sides.definition(key), _world(sides, declared, clock.today()))
        return hashed(months_sql(new, new, WHATEVER_DAY))
    except ConditionError:
        return ""


def _name(words: Wording, key: str) -> str:
    return str(words[f"name_{meaning.language()}"] or words["name_ja"] or words["name_en"] or key)


def _countable(words: Wording | None) -> Any:
    """What a wording counts; `None` where it counts nothing: not there, retired, or calculated."""
    return meaning.counting(words) if words and wording.is_counted(words) and not words["retired"] else None


def _question(sql: str, declared: Vocabulary) -> str:
    words = ((entity.name, each) for entity in declared.entities.values() for each in entity.fields.values())
    types = [(name, word.name, repr(word.type)) for name, word in words]
    return hashed(repr((sql, types, declared.time_zone)))


def hashed(text: str) -> str:
    """What a query is known by."""
    return hashlib.sha256(text.encode()).hexdigest()


def _kept(month: MonthCount) -> list[Any]:
    """As JSON holds it without loss: amounts with a fraction as text."""
    numbers = (month.old, month.new, month.gained, month.lost, month.unknown)
    return [month.month.isoformat(), *(int(each) if each == int(each) else str(each) for each in numbers)]


def _number(kept: int | str) -> int | Decimal:
    return kept if isinstance(kept, int) else Decimal(kept)
