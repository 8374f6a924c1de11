"""What a condition does that its author may not mean: each finding with its place and an example record."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime, time
from typing import Any

from registry.conditions.compare import plain, telling
from registry.conditions.confirm import confirmed
from registry.conditions.encode import Encoder
from registry.conditions.logic import both, no
from registry.conditions.meaning import Moments
from registry.conditions.problems import Span
from registry.conditions.records import TYPICAL_DAY, Record
from registry.conditions.search import Found, Search
from registry.conditions.shared import never_unknown
from registry.conditions.tree import (
    Aggregate,
    Always,
    And,
    Between,
    Compare,
    Condition,
    Exists,
    Field,
    In,
    IsNull,
    IsTruth,
    Like,
    Literal,
    Metric,
    Node,
    Not,
    Or,
    walk,
)
from registry.conditions.vocabulary import Vocabulary
from registry.conditions.wording import FINDINGS


@dataclass(frozen=True)
class Finding:
    """`example` is a record that shows it (None where there can be none); `fix` replaces start..end."""

    code: str
    start: int
    end: int
    message_en: str
    message_ja: str
    example: Record | None = None
    telling: dict[str, Any] | None = None
    fix: str | None = None

    def message(self, lang: str) -> str:
        return self.message_ja if lang == "ja" else self.message_en

    def as_json(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "start": self.start,
            "end": self.end,
            "message": {"en": self.message_en, "ja": self.message_ja},
            "telling": plain(self.telling),
            "example": plain(self.example),
            "fix": self.fix,
        }


def check_tree(
    tree: Condition, text: str, vocabulary: Vocabulary, entity: str, moments: Moments | None = None
) -> list[Finding]:
    """Every finding, in the order of the text; none means nothing odd was found."""
    return _Checker(tree, text, vocabulary, entity, moments or Moments(as_of=TYPICAL_DAY)).findings()


class _Checker:
    def __init__(self, tree: Condition, text: str, vocabulary: Vocabulary, entity: str, moments: Moments) -> None:
        self.tree, self.text, self.vocabulary, self.entity, self.moments = (
            tree,
            text,
            vocabulary,
            entity,
            moments,
        )
        self.blanks = [each for each in _negative(tree) if not never_unknown(each.test)]
        self.others = list(_weakened(tree))
        self.filled = [_with(tree, each.test, each.settled) for each in self.blanks]
        self.search = Search(vocabulary, entity, [tree, *(each.tree for each in self.others), *self.filled], moments)

    def findings(self) -> list[Finding]:
        if not isinstance(self.tree, Always):
            for code, truth in (("never", True), ("always", False)):
                outcome = self._any(self.tree, truth)
                if outcome.outcome == "none":
                    return [self._finding(code, self.tree.span)]
        found = [*self._no_effect(), *self._drops_blanks(), *self._midnight()]
        return sorted(found, key=lambda finding: finding.start)

    def _any(self, tree: Condition, counts: bool) -> Found:
        """A record that `tree` counts (or does not)."""

        def wanted(record: Record) -> bool:
            return (self.search.truth(tree, record) is True) is counts

        def formula(encoder: Encoder) -> Any:
            true = encoder.truth(tree).true
            return true if counts else no(true)

        return self.search.find(wanted, formula)

    def _no_effect(self) -> Iterator[Finding]:
        """A part can go when what the rest counts is neither more nor less: one of the two is certain."""
        for other in self.others:
            one, two = (other.tree, self.tree) if other.wider else (self.tree, other.tree)
            if self._apart(one, two).outcome == "none":
                yield self._finding("no_effect", other.part.span)

    def _apart(self, one: Condition, two: Condition) -> Found:
        """A record that counts by `one` and not by `two`."""

        def wanted(record: Record) -> bool:
            return self.search.truth(one, record) is True and self.search.truth(two, record) is not True

        return self.search.find(wanted, lambda e: both(e.truth(one).true, no(e.truth(two).true)))

    def _drops_blanks(self) -> Iterator[Finding]:
        """A negative rule that can be unknown: if whatever is unknown passed it, another record would count."""
        for blank, filled in zip(self.blanks, self.filled, strict=True):
            found = self._apart(filled, self.tree)
            if found.record is not None and self._confirmed(found.record, filled):
                yield self._finding(blank.code, blank.test.span, found.record, self._fix(blank), self._label(blank))

    def _confirmed(self, record: Record, other: Condition) -> bool:
        """Whether DuckDB too says that `other` counts the record and the condition does not."""
        judged = confirmed([other, self.tree], record, self.search.records, self.moments)
        return [truth is True for truth in judged] == [True, False]

    def _fix(self, blank: "Blank") -> str:
        written = self._written(blank.test)
        if blank.field is None:
            return f"({written} IS TRUE)"
        name = self._written(blank.field)
        return f"({written} AND {name} IS NOT NULL)" if blank.negated else f"({written} OR {name} IS NULL)"

    def _label(self, blank: "Blank") -> Mapping[str, str]:
        if blank.field is None:
            return dict.fromkeys(("en", "ja"), self._written(blank.test))
        return self.vocabulary.entity(blank.field.entity).fields[blank.field.name].label

    def _written(self, node: Node) -> str:
        return self.text[node.span.start : node.span.end]

    def _midnight(self) -> Iterator[Finding]:
        for node in walk(self.tree):
            for moment in _upper_ends(node):
                if isinstance(moment.value, datetime) and moment.value.time() == time(0):
                    yield self._finding("midnight", moment.span, fix=None)

    def _finding(
        self,
        code: str,
        span: Span,
        example: Record | None = None,
        fix: str | None = None,
        label: Mapping[str, str] | None = None,
    ) -> Finding:
        english, japanese = FINDINGS[code]
        label = label or {"en": "", "ja": ""}
        told = telling(example, self.search.records) if example else None
        messages = (english.format(field=label["en"]), japanese.format(field=f"「{label['ja']}」"))
        return Finding(code, span.start, span.end, *messages, example, told, fix)


@dataclass(frozen=True)
class Weakened:
    """The tree without one part; `wider` when leaving it out can only let more records count."""

    tree: Condition
    part: Condition
    wider: bool


def _weakened(tree: Condition) -> Iterator[Weakened]:
    """The tree without one part of an AND or OR written in it, for each such part."""
    for node, negated in _own(tree, False):
        if isinstance(node, (And, Or)):
            for part in node.parts:
                if isinstance(part, IsNull):
                    continue  # saying what happens to blanks is a virtue even where it changes nothing
                rest = tuple(other for other in node.parts if other is not part)
                changed = _with(tree, node, rest[0] if len(rest) == 1 else replace(node, parts=rest))
                yield Weakened(changed, part, isinstance(node, And) is not negated)


def _own(node: Condition, negated: bool) -> Iterator[tuple[Condition, bool]]:
    """The conditions written in this text at the record's level: not inside metrics, relations or values."""
    yield node, negated
    if isinstance(node, (And, Or)):
        for part in node.parts:
            yield from _own(part, negated)
    elif isinstance(node, Not):
        yield from _own(node.part, not negated)


@dataclass(frozen=True)
class Blank:
    """A test that says what a record is not, and the field it asks about; none for another metric.

    `negated`: it stands under a NOT, so that it is its being false that lets the record through.
    """

    test: Condition
    field: Field | None
    negated: bool

    @property
    def settled(self) -> Condition:
        """The test with unknown taken as what lets the record through."""
        return IsTruth(self.test, self.negated, not self.negated)

    @property
    def code(self) -> str:
        return "drops_blanks" if self.field else "drops_unknown"


def _negative(tree: Condition, negated: bool = False) -> Iterator[Blank]:
    """The tests that say what a record is not, in the text itself and in what it asks of rows below."""
    match tree:
        case And() | Or():
            for part in tree.parts:
                yield from _negative(part, negated)
        case Not():
            yield from _negative(tree.part, not negated)
        case Metric() if negated:
            yield Blank(tree, None, negated)
        case Exists():
            yield from _negative(tree.where)
        case Compare() | In() | Like() | Between():
            value = tree.left if isinstance(tree, Compare) else tree.value
            field = next((each for each in _fields(value) if each.type.nullable), None)
            if field is not None and _says_not(tree) is not negated:
                yield Blank(tree, field, negated)
            for each in walk(tree):
                if isinstance(each, Aggregate):
                    yield from _negative(each.where)


def _fields(value: Node) -> Iterator[Field]:
    """The fields of a value, but not those that rows below are chosen by."""
    if isinstance(value, Field):
        yield value
    elif not isinstance(value, Aggregate):
        for child in value.children():
            yield from _fields(child)


def _says_not(node: Any) -> bool:
    return node.op == "<>" if isinstance(node, Compare) else bool(node.negated)


def _with(node: Any, old: Node, new: Node) -> Any:
    """The tree with one node (this very one) put in the place of another."""
    if node is old:
        return new
    if isinstance(node, tuple):
        return tuple(_with(each, old, new) for each in node)
    if not isinstance(node, Node):
        return node
    return replace(node, **{each.name: _with(getattr(node, each.name), old, new) for each in fields(node)})


def _upper_ends(node: Any) -> Iterator[Literal]:
    match node:
        case Compare(op="<=" | "=", left=left, right=Literal() as right) if left.type.kind == "timestamp":
            yield right
        case Compare(op=">=" | "=", left=Literal() as left, right=right) if right.type.kind == "timestamp":
            yield left
        case Between(value=value, high=Literal() as high) if value.type.kind == "timestamp":
            yield high
