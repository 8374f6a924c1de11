"""Looking for an example record: small changes to a typical one first, then the solver; then made small.

Sampling the values at which a comparison changes finds nearly all in a few milliseconds; the solver finds the
rest or proves that there is none. What the solver cannot decide in time is `unknown`, never a guess.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import z3

from registry.conditions.encode import Encoder
from registry.conditions.evaluate import Compiler, evaluator
from registry.conditions.logic import Bool
from registry.conditions.meaning import Moments
from registry.conditions.model import record_from
from registry.conditions.records import Place, Record, Records, shape, typical
from registry.conditions.text_automata import TooComplex
from registry.conditions.tree import Between, Compare, Condition, Field, In, Node, Value, walk
from registry.conditions.vocabulary import Vocabulary

SOLVER_MILLISECONDS = 2_000
MAX_TRIES = 1_500
FEW_COPIES = 100


@dataclass(frozen=True)
class Found:
    """`outcome`: found (with `record`), none (proved) or unknown."""

    outcome: str
    record: Record | None = None


class Search:
    """Searches for records of one entity on which conditions differ; all trees are given at the start."""

    def __init__(self, vocabulary: Vocabulary, entity: str, trees: list[Condition], moments: Moments) -> None:
        self.vocabulary, self.entity, self.moments = vocabulary, entity, moments
        self.records = Records(vocabulary, entity, shape(trees))
        self.trees = trees
        self.judges = {id(tree): evaluator(tree, vocabulary, entity, moments) for tree in trees}
        self.boundaries = _boundaries(trees, vocabulary, entity, moments)
        self._made: list[Record] = []
        self._making = self.samples()
        self._encoder: Encoder | None = None
        self._solver: Any = None

    def truth(self, tree: Condition, record: Record) -> bool | None:
        found: bool | None = self.judges[id(tree)](record)
        return found

    def find(self, wanted: Callable[[Record], bool], formula: Callable[[Encoder], Bool]) -> Found:
        """A small record for which `wanted` holds; `formula` says the same to the solver."""
        sampled = next((record for record in self.known_samples() if wanted(record)), None)
        if sampled is not None:
            return Found("found", self.shrunk(sampled, wanted))
        return self.prove(wanted, formula)

    def prove(self, wanted: Callable[[Record], bool], formula: Callable[[Encoder], Bool]) -> Found:
        try:
            encoder, solver = self.solver()
            goal = formula(encoder)
        except TooComplex:
            return Found("unknown")
        if goal is False:
            return Found("none" if encoder.plan.complete else "unknown")
        solver.push()
        try:
            solver.add(*encoder.rules[self._ruled :], goal)
            return self._answer(solver, encoder, wanted)
        finally:
            solver.pop()

    def _answer(self, solver: Any, encoder: Encoder, wanted: Callable[[Record], bool]) -> Found:
        outcome = solver.check()
        if outcome == z3.unsat:
            return Found("none" if encoder.plan.complete else "unknown")
        if outcome != z3.sat:
            return Found("unknown")
        record = record_from(solver.model(), encoder.rows, self.records)
        if record is None:
            solver.add(*(row.copies <= FEW_COPIES for rows in encoder.rows.below.values() for row in rows))
            if solver.check() == z3.sat:
                record = record_from(solver.model(), encoder.rows, self.records)
        if record is None or not wanted(record):
            return Found("unknown")
        return Found("found", self.shrunk(record, wanted))

    def solver(self) -> tuple[Encoder, Any]:
        if self._encoder is None:
            self._encoder = Encoder(self.vocabulary, self.entity, self.moments, list(self.trees))
            self._solver = z3.SimpleSolver()
            self._solver.set("timeout", SOLVER_MILLISECONDS)
            self._ruled = 0
        return self._encoder, self._solver

    # --- samples around a typical record ---

    def known_samples(self) -> Iterator[Record]:
        """The samples, made once however often they are looked through."""
        yield from self._made
        for record in self._making:
            self._made.append(record)
            yield record

    def samples(self) -> Iterator[Record]:
        """The typical record, then records one field away from it, with and without rows below."""
        tried = 0
        for base in self._bases():
            yield base
            for place in self.records.places(base):
                for value in self.candidates(base, place):
                    tried += 1
                    if tried > MAX_TRIES:
                        return
                    yield self.records.put(base, place, value)

    def _bases(self) -> Iterator[Record]:
        plain = self.records.typical()
        yield plain
        filled = plain
        for key in self.records.shape.relations:
            filled = self.records.with_row(filled, key)
        if filled is not plain and self.records.shape.relations:
            yield filled

    def candidates(self, record: Record, place: Place) -> list[Any]:
        """Values at which something the conditions ask of this place changes; blanks included."""
        word = self.records.word(place)
        found: list[Any] = [None] if word.type.nullable else []
        if word.type.kind == "enum":
            found += word.type.values
        elif word.type.kind == "bool":
            found += [True, False]
        for other in self.boundaries.get((place.relation, place.path if not place.relation else (), place.name), []):
            found += _around(other(record, self._row(record, place)), word.type.scale)
        return [value for value in dict.fromkeys(found) if _fits(word.type, value)]

    def _row(self, record: Record, place: Place) -> Record | None:
        holder = self.records.holder(record, place.path)
        return holder[place.relation][place.index] if place.relation and holder else None

    # --- making an example small ---

    def shrunk(self, record: Record, wanted: Callable[[Record], bool]) -> Record:
        """The same example with as few rows and as few fields away from typical as single steps reach."""
        for _ in range(3):
            smaller = self._plainer(self._fewer_rows(record, wanted), wanted)
            if smaller == record:
                break
            record = smaller
        return record

    def _fewer_rows(self, record: Record, wanted: Callable[[Record], bool]) -> Record:
        for key in self.records.shape.relations:
            holder = self.records.holder(record, key[0])
            for index in reversed(range(len(holder.get(key[1]) or []) if holder else 0)):
                smaller = self.records.without_row(record, key, index)
                if wanted(smaller):
                    record = smaller
        return record

    def _plainer(self, record: Record, wanted: Callable[[Record], bool]) -> Record:
        for place in list(self.records.places(record)):
            if self.records.holder(record, place.path) is None:
                continue
            now, plain = self.records.get(record, place), typical(self.records.word(place))
            if now == plain:
                continue
            for value in (plain, *self.candidates(record, place)):
                if value == now:
                    break
                changed = self.records.put(record, place, value)
                if wanted(changed):
                    record = changed
                    break
        return record


Boundary = Callable[[Record, Record | None], Any]


def _boundaries(
    trees: list[Condition], vocabulary: Vocabulary, entity: str, moments: Moments
) -> dict[tuple[str, tuple[str, ...], str], list[Boundary]]:
    """For each field, what it is compared with; rows of every relation share one entry per name."""
    compiler = Compiler(vocabulary, entity, moments)
    found: dict[tuple[str, tuple[str, ...], str], list[Boundary]] = {}
    for relation, node in _with_relation(trees):
        for field, other in _compared(node):
            key = (relation if field.row else "", field.path, field.name)
            found.setdefault(key, []).append(compiler.compile(other))
    return found


def _with_relation(trees: list[Condition]) -> Iterator[tuple[str, Node]]:
    for tree in trees:
        for node in walk(tree):
            relation = getattr(node, "relation", None)
            if relation is None:
                yield "", node
            else:
                yield from ((relation.name, each) for each in walk(node))


def _compared(node: Node) -> Iterator[tuple[Field, Value]]:
    match node:
        case Compare():
            pairs = [(node.left, node.right), (node.right, node.left)]
        case Between():
            pairs = [(node.value, node.low), (node.value, node.high)]
        case In():
            pairs = [(node.value, item) for item in node.items]
        case _:
            pairs = []
    for one, other in pairs:
        if isinstance(one, Field):
            yield one, other


def _around(value: Any, scale: int) -> list[Any]:
    match value:
        case bool() | None:
            return []
        case datetime():
            return [value, value - timedelta(microseconds=1), value + timedelta(microseconds=1)]
        case date():
            return [value, value - timedelta(days=1), value + timedelta(days=1)]
        case int():
            return [value, value - 1, value + 1]
        case Decimal():
            step = Decimal(1).scaleb(-scale)
            near = value.quantize(step)
            return [near, near - step, near + step]
    return [value]


def _fits(kind: Any, value: Any) -> bool:
    if value is None or kind.low is None:
        return True
    if isinstance(value, date):
        return bool(kind.low <= value.toordinal() <= kind.high)
    if kind.kind == "int" and value != int(value):
        return False
    return bool(kind.low <= value <= kind.high)
