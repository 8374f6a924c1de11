"""How many rows of each relation the solver must imagine so that nothing is missed, and which texts it asks.

A row is a kind of row with a number of copies. EXISTS and COUNT only see in which of k conditions a row
falls, so 2^k - 1 kinds are enough; and a threshold n never needs more than n + 1 rows, so the sum of those
is enough too. MIN and MAX need the row that attains them; COUNT(DISTINCT) n + 1 rows; a record that is one
of its parent's rows, itself. Where the bound is not reached, a proof is not claimed (`complete` is False).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from registry.conditions.meaning import FOLDS
from registry.conditions.text_automata import Ask
from registry.conditions.tree import (
    Aggregate,
    Between,
    Case,
    Coalesce,
    Compare,
    Condition,
    Distinct,
    Exists,
    Field,
    Fold,
    In,
    Length,
    Like,
    Literal,
    Node,
    Value,
    walk,
)
from registry.conditions.vocabulary import Vocabulary

MAX_ROWS = 9
RelationKey = tuple[tuple[str, ...], str]
TextGroup = tuple[str, str]


@dataclass
class RowPlan:
    rows: int
    complete: bool
    keyed: bool
    mirror: bool


@dataclass
class Plan:
    relations: dict[RelationKey, RowPlan] = field(default_factory=dict)
    asks: dict[TextGroup, set[Ask]] = field(default_factory=dict)
    identified: set[TextGroup] = field(default_factory=set)

    @property
    def complete(self) -> bool:
        return all(each.complete for each in self.relations.values())


def plan(trees: Iterable[Node], vocabulary: Vocabulary, entity: str) -> Plan:
    found = Plan()
    nodes = [node for tree in trees for node in walk(tree)]
    _plan_texts(nodes, found, vocabulary)
    looks: dict[RelationKey, list[Exists | Aggregate]] = {}
    for node in nodes:
        if isinstance(node, (Exists, Aggregate)):
            uses = looks.setdefault((node.relation.path, node.relation.name), [])
            if node not in uses:
                uses.append(node)
    for key, uses in looks.items():
        found.relations[key] = _plan_rows(key, uses, nodes, vocabulary, entity)
        if found.relations[key].keyed:
            word = vocabulary.entity(uses[0].relation.entity)
            _join(found, [(word.name, word.key)])
    return found


def _plan_rows(
    key: RelationKey, uses: list[Exists | Aggregate], nodes: list[Node], vocabulary: Vocabulary, entity: str
) -> RowPlan:
    word = vocabulary.entity(uses[0].relation.entity)
    mirror = vocabulary.is_mirror(entity, *key)
    keyed = any(
        isinstance(node, Field) and node.row and node.name == word.key for use in uses for node in walk(use.where)
    )
    thresholds = _thresholds(nodes)
    limits: dict[Condition, int | None] = {}
    fixed, complete = int(mirror), True
    for use in uses:
        limit = 0 if isinstance(use, Exists) else thresholds.get(use)
        if isinstance(use, Aggregate) and use.kind in ("MIN", "MAX"):
            fixed += 1
        elif isinstance(use, Aggregate) and use.kind == "COUNT_DISTINCT" and not _counts_keys(use, word.key):
            fixed, complete = fixed + (limit or 0) + 1, complete and limit is not None
        else:
            limits[use.where] = _larger(limits.get(use.where, 0), limit)
    kinds = 2 ** min(len(limits), 20) - 1
    total = None if None in limits.values() else sum((limit or 0) + 1 for limit in limits.values())
    if keyed:
        complete = complete and total is not None
        needed = total or kinds
    else:
        needed = kinds if total is None else min(kinds, total)
    rows = fixed + needed
    return RowPlan(min(rows, MAX_ROWS), complete and rows <= MAX_ROWS, keyed, mirror)


def _counts_keys(use: Aggregate, key: str) -> bool:
    return isinstance(use.argument, Field) and use.argument.name == key


def _larger(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else max(one, other)


def _thresholds(nodes: list[Node]) -> dict[Node, int]:
    """For each count that is only ever compared with fixed numbers, the largest of them."""
    found: dict[Node, int] = {}
    elsewhere: dict[Node, int] = {}
    for node in nodes:
        if isinstance(node, Aggregate):
            elsewhere[node] = elsewhere.get(node, 0) + 1
    for node in nodes:
        if isinstance(node, Compare):
            for one, other in ((node.left, node.right), (node.right, node.left)):
                if isinstance(one, Aggregate) and isinstance(other, Literal) and isinstance(other.value, int):
                    found[one] = max(found.get(one, 0), max(other.value, 0))
                    elsewhere[one] -= 1
    return {node: limit for node, limit in found.items() if elsewhere[node] <= 0}


# --- texts ---


def _plan_texts(nodes: list[Node], found: Plan, vocabulary: Vocabulary) -> None:
    for node in nodes:
        for value, ask in _questions(node):
            for base, folds in bases(value):
                if isinstance(base, Field):
                    asks = found.asks.setdefault(group_of(base), set())
                    asks.add(Ask((*folds, *ask.folds), ask.kind, ask.argument, ask.op))
    for node in nodes:
        for pair in _pairs(node):
            _join(
                found,
                [group_of(base) for value in pair for base, _ in bases(value) if isinstance(base, Field)],
            )
        if isinstance(node, Aggregate) and isinstance(node.argument, Field) and node.argument.type.kind == "text":
            _join(found, [group_of(node.argument)])


def group_of(one: Field) -> TextGroup:
    """Texts that can be equal share their classes; one group for all keeps every equality exact."""
    return (one.entity, one.name)


def _join(found: Plan, groups: list[TextGroup]) -> None:
    for group in groups:
        found.identified.add(group)
        found.asks.setdefault(group, set())
    merged: set[Ask] = set().union(*(found.asks[group] for group in found.identified))
    for group in found.identified:
        found.asks[group] = merged


def _questions(node: Node) -> Iterator[tuple[Value, Ask]]:
    match node:
        case Like(value=value, pattern=pattern, folded=folded):
            yield value, like_ask(pattern, folded)
        case In(value=value, items=items) if value.type.kind == "text":
            for item in items:
                yield value, Ask((), "equal", str(item.value))
        case Compare(left=left, right=right) | Distinct(left=left, right=right):
            for one, other in ((left, right), (right, left)):
                if isinstance(one, Length) and isinstance(other, Literal):
                    op = node.op if isinstance(node, Compare) else "="
                    yield one.value, length_ask(op if one is left else turned(op), other)
                elif one.type.kind == "text":
                    for base, folds in bases(other):
                        if isinstance(base, str) and not folds:
                            yield one, Ask((), "equal", base)
        case _:
            yield from _length_questions(node)


def _length_questions(node: Node) -> Iterator[tuple[Value, Ask]]:
    match node:
        case In(value=Length(value=text), items=items):
            for item in items:
                yield text, length_ask("=", item)
        case Between(value=Length(value=text), low=low, high=high):
            yield text, length_ask(">=", low)
            yield text, length_ask("<=", high)


def _pairs(node: Node) -> Iterator[tuple[Value, Value]]:
    if isinstance(node, (Compare, Distinct)) and node.left.type.kind == "text":
        sides = (node.left, node.right)
        if not any(isinstance(side, Literal) for side in sides):
            yield sides


def like_ask(pattern: str, folded: bool) -> Ask:
    return Ask(("LOWER",), "like", FOLDS["LOWER"](pattern)) if folded else Ask((), "like", pattern)


def length_ask(op: str, literal: Value) -> Ask:
    return Ask((), "length", int(literal.value), op)  # type: ignore[attr-defined]


def turned(op: str) -> str:
    return {"<": ">", "<=": ">=", ">": "<", ">=": "<="}.get(op, op)


def bases(value: Value) -> list[tuple[Field | str, tuple[str, ...]]]:
    """The fields and literals a text can come from, each with the folds applied to it (first one first)."""
    match value:
        case Literal():
            return [(str(value.value), ())]
        case Fold(how=how, value=inner):
            return [
                (FOLDS[how](base), ()) if isinstance(base, str) else (base, (*folds, how))
                for base, folds in bases(inner)
            ]
        case Coalesce(items=items):
            return [found for item in items for found in bases(item)]
        case Case(whens=whens, default=default):
            results = [result for _, result in whens] + ([default] if default else [])
            return [found for result in results for found in bases(result)]
        case Field():
            return [(value, ())]
    return []
