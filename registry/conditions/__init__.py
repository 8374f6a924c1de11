"""Extraction conditions that mean one thing: a small language with proofs, plain words and SQL.

    >>> vocabulary = Vocabulary.from_yaml(text)
    >>> parse("company.employees >= 100", vocabulary, "lead")
    >>> compare("company.employees >= 100", "company.employees >= 50", vocabulary, "lead").verdict
    'wider'

Every function takes texts, checks them first and raises ConditionError with positions and fixes. `metrics`
maps the keys that conditions may refer to (`is_<key>`) to what is agreed on the day. `moments` gives the
as-of date and the period; without one the proofs hold for every date. Nothing here imports Django.

`compare`, `contains`, `check` and `count` run here, in this process; `worker.Workers` runs the same functions
in capped processes that are killed when they overrun.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from registry.conditions.check import Finding, check_tree
from registry.conditions.compare import Comparison, Containment, Example, compare_trees, contains_trees
from registry.conditions.conformance import Broken, conformance_of
from registry.conditions.count import Count, count_months, open_dataset
from registry.conditions.counted import understood
from registry.conditions.counting import Counting, Definition, counting, counting_sql
from registry.conditions.dataset import Source, readable, require_readable
from registry.conditions.dialects import DIALECTS
from registry.conditions.evaluate import evaluator
from registry.conditions.explain import Line, Names, explain_lines, explain_tree
from registry.conditions.formula import Formula, Known, calculate, parse_formula, unit_of
from registry.conditions.intake import Intake, Taken, take_in
from registry.conditions.look import Look, look
from registry.conditions.meaning import Moments
from registry.conditions.months import MonthCount
from registry.conditions.problems import ConditionError, Problem
from registry.conditions.pull import pull
from registry.conditions.readback import proved_sql
from registry.conditions.resolve import Agreed, Metrics, resolve_text
from registry.conditions.suggest import suggest
from registry.conditions.tally import Asked, Counted, World, rows_behind, tally
from registry.conditions.tree import Condition, Metric, walk
from registry.conditions.vocabulary import Vocabulary, VocabularyError


def parse(text: str, vocabulary: Vocabulary, entity: str, metrics: Metrics | None = None) -> Condition:
    """The typed tree; raises ConditionError with every problem found."""
    return resolve_text(text, vocabulary, entity, metrics)


def problems(text: str, vocabulary: Vocabulary, entity: str, metrics: Metrics | None = None) -> list[Problem]:
    """What is wrong with the text, in its order; empty when it parses."""
    try:
        resolve_text(text, vocabulary, entity, metrics)
    except ConditionError as error:
        return sorted(error.problems, key=lambda each: (each.start, each.end))
    return []


def explain(
    text: str,
    vocabulary: Vocabulary,
    entity: str,
    lang: str,
    metrics: Metrics | None = None,
    names: Names | None = None,
) -> str:
    """The condition in plain words (`lang`: ja or en), one rule a line; `names`: metrics' names by key."""
    return explain_tree(parse(text, vocabulary, entity, metrics), vocabulary, entity, lang, names)


def reading(
    text: str,
    vocabulary: Vocabulary,
    entity: str,
    lang: str,
    metrics: Metrics | None = None,
    names: Names | None = None,
) -> list[Line]:
    """The same as `(depth, rule)`, one per line, for a screen that indents by itself."""
    return explain_lines(parse(text, vocabulary, entity, metrics), vocabulary, entity, lang, names)


def to_sql(
    definition: Definition,
    vocabulary: Vocabulary,
    dialect: str,
    moments: Moments,
    metrics: Metrics | None = None,
) -> str:
    """The whole counting query in one of DIALECTS, read back and proved the same before it is given out."""
    found = counting(definition, vocabulary, metrics)
    proved_sql(found.condition, vocabulary, definition.counts, dialect, moments)
    return counting_sql(found, dialect, moments)


def check(
    text: str,
    vocabulary: Vocabulary,
    entity: str,
    metrics: Metrics | None = None,
    moments: Moments | None = None,
) -> list[Finding]:
    """Never or always true, parts without effect, blanks dropped silently, midnight: each with an example."""
    tree = parse(text, vocabulary, entity, metrics)
    return check_tree(tree, text, vocabulary, entity, moments)


def compare(
    old: str | Definition,
    new: str | Definition,
    vocabulary: Vocabulary,
    entity: str,
    metrics: Metrics | None = None,
    moments: Moments | None = None,
    new_metrics: Metrics | None = None,
) -> Comparison:
    """What changing `old` to `new` does. `new_metrics`: what the new text refers to, in a joint change.

    Of texts, the records that fit them are compared; of definitions, those that count: they have a date, too.
    """
    before = understood(old, vocabulary, entity, metrics, moments)
    after = understood(new, vocabulary, entity, metrics if new_metrics is None else new_metrics, moments)
    return compare_trees(before, after, vocabulary, entity, moments)


def contains(
    inner: str | Definition,
    outer: str | Definition,
    vocabulary: Vocabulary,
    entity: str,
    metrics: Metrics | None = None,
    moments: Moments | None = None,
) -> Containment:
    """Whether everything `inner` counts, `outer` counts too: proved, broken with an example, or undecided."""
    inside, outside = (understood(each, vocabulary, entity, metrics, moments) for each in (inner, outer))
    return contains_trees(inside, outside, vocabulary, entity, moments)


@dataclass(frozen=True)
class Verdict:
    """A worked example judged: `counts` is True, False, or None (a blank leaves it open: not counted)."""

    counts: bool | None
    expected: bool
    right: bool


def classify(
    asked: str | Definition,
    records: Iterable[tuple[Mapping[str, Any], bool]],
    vocabulary: Vocabulary,
    entity: str,
    metrics: Metrics | None = None,
    moments: Moments | None = None,
) -> list[Verdict]:
    """Worked examples, each a record and whether it was agreed to count; unknown is not counted."""
    judge = evaluator(understood(asked, vocabulary, entity, metrics, moments), vocabulary, entity, moments)
    judged = [(judge(record), expected) for record, expected in records]
    return [Verdict(truth, expected, (truth is True) is expected) for truth, expected in judged]


def count(
    old: Definition,
    new: Definition,
    vocabulary: Vocabulary,
    data: str | Path | Source,
    moments: Moments,
    metrics: Metrics | None = None,
    new_metrics: Metrics | None = None,
) -> Count:
    """Old against new, per month, with sample rows: over a folder of <entity>.csv or .parquet, or a `Source`."""
    before = counting(old, vocabulary, metrics)
    after = counting(new, vocabulary, metrics if new_metrics is None else new_metrics)
    require_readable(data, (before, after))
    connection = open_dataset(data, vocabulary)
    try:
        with readable():
            return count_months(connection, before, after, moments)
    finally:
        connection.close()


def refers_to(tree: Condition) -> tuple[str, ...]:
    """The keys of the metrics a condition refers to, directly and through others."""
    return tuple(dict.fromkeys(node.key for node in walk(tree) if isinstance(node, Metric)))


__all__ = [
    "DIALECTS",
    "Agreed",
    "Asked",
    "Broken",
    "Comparison",
    "ConditionError",
    "Containment",
    "Count",
    "Counted",
    "Counting",
    "Definition",
    "Example",
    "Finding",
    "Formula",
    "Intake",
    "Known",
    "Line",
    "Look",
    "Metrics",
    "Moments",
    "MonthCount",
    "Names",
    "Problem",
    "Source",
    "Taken",
    "Verdict",
    "Vocabulary",
    "VocabularyError",
    "World",
    "calculate",
    "check",
    "classify",
    "compare",
    "conformance_of",
    "contains",
    "count",
    "counting",
    "counting_sql",
    "explain",
    "look",
    "parse",
    "parse_formula",
    "problems",
    "pull",
    "reading",
    "refers_to",
    "rows_behind",
    "suggest",
    "take_in",
    "tally",
    "to_sql",
    "understood",
    "unit_of",
]  # fmt: skip
