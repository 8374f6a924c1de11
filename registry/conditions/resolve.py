"""Raw conditions to typed conditions: names, types, relations, and the metrics a condition refers to."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import islice

from registry.conditions.grammar import COMPARISONS, parse_raw
from registry.conditions.literals import NUMBERS, aggregate_type
from registry.conditions.problems import ConditionError, Problem, Span, problem, refuse
from registry.conditions.raw import RawLiteral, RawName, RawOp, RawSelect, RawTest
from registry.conditions.scope import Scope
from registry.conditions.tree import (
    Aggregate,
    Always,
    And,
    Between,
    Compare,
    Condition,
    Distinct,
    Exists,
    Field,
    Holds,
    In,
    IsNull,
    IsTruth,
    Length,
    Like,
    Literal,
    Metric,
    Node,
    Not,
    Or,
    Relation,
    Value,
    levels,
    walk,
)
from registry.conditions.values import Values
from registry.conditions.vocabulary import Vocabulary

MAX_NODES, MAX_LEVELS = 5_000, 40  # with the metrics it refers to
MOST_PROBLEMS = 20
BEYOND = ("too_large_expanded", "too_deep_expanded")
ORDERED = (*NUMBERS, "date", "timestamp")
CONDITIONS = ("AND", "OR", "NOT", *COMPARISONS)


@dataclass(frozen=True)
class Agreed:
    """What another metric counts (an entity) and its agreed condition of the day."""

    counts: str
    condition: str


Metrics = Mapping[str, Agreed]


def resolve_text(text: str, vocabulary: Vocabulary, entity: str, metrics: Metrics | None = None) -> Condition:
    """The typed condition of `text` about a record of `entity`; raises ConditionError."""
    return resolve_in(text, Scope(vocabulary, vocabulary.entity(entity).name, entity), metrics)


def resolve_in(text: str, scope: Scope, metrics: Metrics | None = None) -> Condition:
    """The same, seen from where the record of `scope` stands."""
    return _resolved(parse_raw(text), text, scope, _References(metrics or {}))


def resolve_written(raw: Node, scope: Scope) -> Condition:
    """The typed condition of a dialect's text, which spells out in several levels what the language says in one."""
    return _resolved(raw, "", scope, _References({}, deepest=4 * MAX_LEVELS))


def _resolved(raw: Node, text: str, scope: Scope, references: "_References") -> Condition:
    found = _Resolver(scope, text, references).condition(raw)
    if next(islice(walk(found), MAX_NODES, None), None) is not None:
        raise refuse("too_large_expanded", found.span, limit=MAX_NODES)
    if sum(1 for _ in levels(found)) > references.deepest:
        raise refuse("too_deep_expanded", found.span, limit=references.deepest)
    return found


def resolve_value(text: str, vocabulary: Vocabulary, entity: str, metrics: Metrics | None = None) -> Value:
    """A typed value, such as the date a metric is counted by; raises ConditionError."""
    return resolve_value_in(text, Scope(vocabulary, entity, entity), metrics)


def resolve_value_in(text: str, scope: Scope, metrics: Metrics | None = None) -> Value:
    """The same, seen from where the record of `scope` stands."""
    return _Resolver(scope, text, _References(metrics or {})).values.value(parse_raw(text))


@dataclass
class _References:
    """What the metrics that a condition refers to stand for, each understood once, seen from one place.

    `path` holds the keys of the metrics being understood, so that a circle is refused with its path; `depth` is
    how deep in all of their conditions it stands.
    """

    metrics: Metrics
    deepest: int = MAX_LEVELS
    path: tuple[str, ...] = ()
    depth: int = 0
    known: dict[tuple[str, tuple[str, ...]], Condition | ConditionError] = field(default_factory=dict)

    @contextmanager
    def within(self, key: str) -> Iterator[None]:
        self.path += (key,)
        try:
            yield
        finally:
            self.path = self.path[:-1]

    @contextmanager
    def deeper(self, span: Span) -> Iterator[None]:
        if self.depth >= self.deepest:
            raise refuse("too_deep_expanded", span, limit=self.deepest)
        self.depth += 1
        try:
            yield
        finally:
            self.depth -= 1


class _Values(Values):
    """Values that may look down a relation: only outside relations."""

    def __init__(self, resolver: "_Resolver") -> None:
        super().__init__(resolver.scope, resolver.text, resolver.condition)
        self.resolver = resolver

    def measured(self, raw: Node) -> Value:
        if isinstance(raw, RawSelect) and raw.kind != "EXISTS" and not self.scope.alias:
            return self.resolver.aggregate(raw)
        return super().measured(raw)


class _Resolver:
    def __init__(self, scope: Scope, text: str, references: _References) -> None:
        self.scope, self.text, self.references = scope, text, references
        self.values = _Values(self)

    def condition(self, raw: Node) -> Condition:
        with self.references.deeper(raw.span):
            return self._condition(raw)

    def _condition(self, raw: Node) -> Condition:
        match raw:
            case RawOp(op="AND" | "OR"):
                kind = And if raw.op == "AND" else Or
                return kind(self._all(raw.parts), span=raw.span)
            case RawOp(op="NOT"):
                return Not(self.condition(raw.parts[0]), span=raw.span)
            case RawOp() if raw.op in COMPARISONS:
                return self._compare(raw)
            case RawTest():
                return self._test(raw)
            case RawSelect(kind="EXISTS"):
                relation, where = self._rows(raw)
                return Exists(relation, where, span=raw.span)
            case RawName() if raw.parts[-1].startswith("is_"):
                return self._metric(raw)
            case RawLiteral(kind="bool"):
                return Always(bool(raw.value), span=raw.span)
        raise self._not_a_condition(raw)

    def _all(self, parts: tuple[Node, ...]) -> tuple[Condition, ...]:
        """Every part resolved; the problems of all of them are reported together."""
        found: list[Condition] = []
        problems: list[Problem] = []
        for part in parts:
            try:
                found.append(self.condition(part))
            except ConditionError as error:
                problems += error.problems
                if problems[-1].code in BEYOND:
                    raise
        if problems:
            raise ConditionError(_few(problems))
        return tuple(found)

    def _not_a_condition(self, raw: Node) -> Exception:
        value = self.values.value(raw)
        fix = f"{self.values.written(raw.span)} = TRUE" if value.type.kind == "bool" else None
        return refuse("value_as_condition", raw.span, fix)

    def _compare(self, raw: RawOp) -> Condition:
        for index, part in enumerate(raw.parts):
            if isinstance(part, RawLiteral) and part.kind == "null":
                other = self.values.written(raw.parts[1 - index].span)
                fix = {"=": f"{other} IS NULL", "<>": f"{other} IS NOT NULL"}.get(raw.op)
                raise refuse("null_compared", raw.span, fix)
        values = [self.values.measured(part) for part in raw.parts]
        left, right = self._comparable(values, raw.span, raw.op)
        return Compare(raw.op, left, right, span=raw.span)

    def _comparable(self, values: list[Value], span: Span, op: str = "=") -> list[Value]:
        if any(isinstance(value, Length) for value in values):
            others = [value for value in values if not isinstance(value, Length)]
            if len(others) != len(values) - 1 or not all(_is_count(value) for value in others):
                raise refuse("length_compared", span)
            return values
        values = self.values.together(values, span)
        kind = values[0].type.kind
        if op not in ("=", "<>", "IN") and kind not in ORDERED:
            raise refuse("text_order" if kind == "text" else "no_order", span)
        texts = [value for value in values if kind == "text" and not isinstance(value, Literal)]
        if len(texts) > 1 and not all(isinstance(value, Field) for value in texts):
            raise refuse("text_with_text", span)
        return values

    def _test(self, raw: RawTest) -> Condition:
        match raw.test:
            case "IS NULL":
                return IsNull(self.values.value(raw.parts[0]), raw.negated, span=raw.span)
            case "IS TRUE" | "IS FALSE":
                part = self._truth(raw.parts[0])
                return IsTruth(part, raw.test == "IS TRUE", raw.negated, span=raw.span)
            case "IN":
                return self._in(raw)
            case "BETWEEN":
                values = [self.values.measured(part) for part in raw.parts]
                value, low, high = self._comparable(values, raw.span, "<=")
                return Between(value, low, high, raw.negated, span=raw.span)
            case "DISTINCT":
                return self._distinct(raw)
        return self._like(raw)

    def _truth(self, raw: Node) -> Condition:
        if _is_condition(raw):
            return self.condition(raw)
        value = self.values.value(raw)
        if value.type.kind != "bool":
            raise refuse("truth_of_value", raw.span)
        return Holds(value, span=raw.span)

    def _in(self, raw: RawTest) -> Condition:
        for item in raw.parts[1:]:
            if isinstance(item, RawLiteral) and item.kind == "null":
                raise self._null_in_list(raw)
        values = self._comparable([self.values.measured(part) for part in raw.parts], raw.span, "IN")
        literals = tuple(value for value in values[1:] if isinstance(value, Literal))
        if len(literals) != len(values) - 1:
            raise refuse("in_literals", raw.span)
        return In(values[0], literals, raw.negated, span=raw.span)

    def _null_in_list(self, raw: RawTest) -> Exception:
        value = self.values.written(raw.parts[0].span)
        kept = [part for part in raw.parts[1:] if not (isinstance(part, RawLiteral) and part.kind == "null")]
        items = ", ".join(self.values.written(part.span) for part in kept)
        word, blank, glue = ("NOT IN", "IS NOT NULL", "AND") if raw.negated else ("IN", "IS NULL", "OR")
        fix = f"({value} {word} ({items}) {glue} {value} {blank})" if kept else f"{value} {blank}"
        return refuse("null_in_list", raw.span, fix)

    def _distinct(self, raw: RawTest) -> Condition:
        for index, part in enumerate(raw.parts):
            if isinstance(part, RawLiteral) and part.kind == "null":
                other = self.values.written(raw.parts[1 - index].span)
                fix = f"{other} IS NULL" if raw.negated else f"{other} IS NOT NULL"
                raise refuse("null_compared", raw.span, fix)
        values = [self.values.value(part) for part in raw.parts]
        left, right = self._comparable(values, raw.span)
        return Distinct(left, right, raw.negated, span=raw.span)

    def _like(self, raw: RawTest) -> Condition:
        value = self.values.value(raw.parts[0])
        pattern = raw.parts[1]
        if not isinstance(pattern, RawLiteral) or pattern.kind != "text":
            raise refuse("like_literal", pattern.span)
        if value.type.kind != "text":
            raise refuse("not_a_text", raw.span, written=raw.test)
        text = str(pattern.value)
        if "\\" in text:
            raise refuse("like_backslash", pattern.span)
        return Like(value, text, raw.test == "ILIKE", raw.negated, span=raw.span)

    # --- relations and other metrics ---

    def aggregate(self, raw: RawSelect) -> Value:
        relation, where = self._rows(raw)
        inside = self._inside(raw, relation)
        argument = inside.values.aggregate_argument(raw)
        kind = aggregate_type(raw.kind, argument)
        return Aggregate(raw.kind, relation, argument, where, span=raw.span, type=kind)

    def _rows(self, raw: RawSelect) -> tuple[Relation, Condition]:
        if self.scope.alias:
            raise refuse("nested_relation", raw.span)
        relation = self.scope.relation(raw.relation)
        if raw.where is None:
            return relation, Always(True)
        return relation, self._inside(raw, relation).condition(raw.where)

    def _inside(self, raw: RawSelect, relation: Relation) -> "_Resolver":
        entity = self.scope.vocabulary.entity(self.scope.entity)
        if raw.alias == self.scope.entity or raw.alias in entity.parents:
            raise refuse("alias_taken", raw.span, alias=raw.alias)
        scope = self.scope.inside(raw.alias, relation.entity)
        return _Resolver(scope, self.text, self.references)

    def _metric(self, raw: RawName) -> Condition:
        key = raw.parts[-1].removeprefix("is_")
        if self.scope.alias:
            raise refuse("metric_in_relation", raw.span, name=raw.parts[-1])
        path, metrics = self.references.path, self.references.metrics
        if key in path:
            circle = " → ".join((*path[path.index(key) :], key))
            raise refuse("circle", raw.span, circle=circle)
        if key not in metrics:
            raise refuse("unknown_metric", raw.span, name=raw.parts[-1], known=", ".join(metrics) or "-")
        if not metrics[key].condition:
            raise refuse("metric_calculated", raw.span, name=raw.parts[-1])
        way = self.scope.metric_path(raw, metrics[key].counts)
        return Metric(key, way, self._stands_for(key, way, raw.span), span=raw.span)

    def _stands_for(self, key: str, way: tuple[str, ...], span: Span) -> Condition:
        known = self.references.known
        if (key, way) not in known:
            known[key, way] = self._expanded(key, way)
        found = known[key, way]
        if isinstance(found, ConditionError):
            raise ConditionError(_few(_carried(each, key, span) for each in found.problems)) from found
        return found

    def _expanded(self, key: str, way: tuple[str, ...]) -> Condition | ConditionError:
        agreed = self.references.metrics[key]
        scope = Scope(self.scope.vocabulary, self.scope.root, agreed.counts, way)
        try:
            with self.references.within(key):
                return _resolved(parse_raw(agreed.condition), agreed.condition, scope, self.references)
        except ConditionError as error:
            return error


def _few(problems: Iterable[Problem]) -> list[Problem]:
    return list(dict.fromkeys(problems))[:MOST_PROBLEMS]


def _carried(found: Problem, key: str, span: Span) -> Problem:
    """A problem inside another metric's condition, shown where this condition refers to it."""
    if found.code in ("circle", "metric_broken", *BEYOND):
        return replace(found, start=span.start, end=span.end, fix=None)
    return problem("metric_broken", span, key=key, reason_en=found.message_en, reason_ja=found.message_ja)


def _is_condition(raw: Node) -> bool:
    if isinstance(raw, RawOp):
        return raw.op in CONDITIONS
    if isinstance(raw, RawName):
        return raw.parts[-1].startswith("is_")
    return isinstance(raw, RawTest) or (isinstance(raw, RawSelect) and raw.kind == "EXISTS")


def _is_count(value: Value) -> bool:
    return isinstance(value, Literal) and isinstance(value.value, int) and 0 <= value.value <= 1_000
