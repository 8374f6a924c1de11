"""What a condition does that its author may not mean: each finding with its place and an example record."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, time
from typing import Any

from registry.conditions.compare import plain, telling
from registry.conditions.encode import Encoder
from registry.conditions.logic import both, no
from registry.conditions.meaning import Moments
from registry.conditions.problems import Span
from registry.conditions.records import TYPICAL_DAY, Record
from registry.conditions.search import Found, Search
from registry.conditions.tree import (
    Always,
    And,
    Between,
    Compare,
    Condition,
    Field,
    In,
    IsNull,
    Like,
    Literal,
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
        self.blanks = list(_negative(tree))
        self.others = list(_weakened(tree))
        self.filled = [_with(tree, test, Always(truth)) for test, _, truth in self.blanks]
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
        """A negative rule over a blank: with the rule true instead, the record would count."""
        for (test, field, truth), filled in zip(self.blanks, self.filled, strict=True):
            found = self._blank_example(field, filled)
            if found.record is not None:
                label = self.vocabulary.entity(field.entity).fields[field.name].label
                fix = self._blank_fix(test, field, truth)
                yield self._finding("drops_blanks", test.span, found.record, fix, label)

    def _blank_example(self, field: Field, filled: Condition) -> Found:
        def wanted(record: Record) -> bool:
            holder = self.search.records.holder(record, field.path)
            blank = holder is None or holder.get(field.name) is None
            truth = self.search.truth
            return blank and truth(self.tree, record) is not True and truth(filled, record) is True

        def formula(encoder: Encoder) -> Any:
            null = encoder.term(field).null
            return both(null, no(encoder.truth(self.tree).true), encoder.truth(filled).true)

        return self.search.find(wanted, formula)

    def _blank_fix(self, test: Condition, field: Field, truth: bool) -> str | None:
        written = self.text[test.span.start : test.span.end]
        name = self.text[field.span.start : field.span.end]
        return f"({written} OR {name} IS NULL)" if truth else f"({written} AND {name} IS NOT NULL)"

    def _midnight(self) -> Iterator[Finding]:
        for node in walk(self.tree):
            for moment in _upper_ends(node):
                if isinstance(moment.value, datetime) and moment.value.time() == time(0):
                    yield self._finding("midnight", moment.span, fix=None)

    def _finding(
        self, code: str, span: Span, example: Record | None = None, fix: str | None = None, label: Any = None
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


def _negative(tree: Condition, negated: bool = False) -> Iterator[tuple[Condition, Field, bool]]:
    """Comparisons that say what a field is not: the test, the field that may be blank, and the truth of
    the test that would let the record through."""
    match tree:
        case And() | Or():
            for part in tree.parts:
                yield from _negative(part, negated)
        case Not():
            yield from _negative(tree.part, not negated)
        case Compare() | In() | Like() | Between() if _says_not(tree) is not negated:
            value = tree.left if isinstance(tree, Compare) else tree.value
            fields = (each for each in walk(value) if isinstance(each, Field) and each.type.nullable)
            field = next(fields, None)
            if field is not None:
                yield tree, field, not negated


def _says_not(node: Any) -> bool:
    return node.op == "<>" if isinstance(node, Compare) else bool(node.negated)


def _with(tree: Condition, old: Condition, new: Condition) -> Condition:
    """The tree with one node (this very one) put in the place of another."""
    if tree is old:
        return new
    if isinstance(tree, (And, Or)):
        return replace(tree, parts=tuple(_with(part, old, new) for part in tree.parts))
    if isinstance(tree, Not):
        return replace(tree, part=_with(tree.part, old, new))
    return tree


def _upper_ends(node: Any) -> Iterator[Literal]:
    match node:
        case Compare(op="<=" | "=", left=left, right=Literal() as right) if left.type.kind == "timestamp":
            yield right
        case Compare(op=">=" | "=", left=Literal() as left, right=right) if right.type.kind == "timestamp":
            yield left
        case Between(value=value, high=Literal() as high) if value.type.kind == "timestamp":
            yield high
