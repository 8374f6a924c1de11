"""The builder as the page shows it: every block with its choices and what is still missing in it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _

from registry import meaning
from registry.conditions import ConditionError, explain
from registry.conditions.blocks import (
    MANY,
    MAX_DEPTH,
    MAX_PARTS,
    ROW_TESTS,
    TESTS,
    Block,
    Group,
    Locked,
    Operand,
    Rows,
    Rule,
)
from registry.conditions.blocks_write import may_be_blank
from registry.conditions.scope import Scope
from registry.conditions.vocabulary import FieldWord, Vocabulary
from registry.forms.builder_labels import (
    BLANKS,
    DAY_LABELS,
    GAP_SENTENCES,
    KINDS,
    MOMENT_LABELS,
    ROW_LABELS,
    TEST_LABELS,
    UNOFFERED,
    Choices,
)
from registry.forms.conditions import ConditionPart
from registry.forms.words import Reach, kind_of, metrics_within, of, reach, row_scope


@dataclass
class OperandShown:
    """One value of a rule with the fields it is typed into."""

    index: int
    operand: Operand
    bases: Choices
    declared: Choices
    kind: str

    @property
    def count(self) -> int:
        return abs(self.operand.count)

    @property
    def before(self) -> bool:
        return self.operand.count < 0


@dataclass
class Shown:
    """A block at its place on the page. `number` is how people call it: 2.1 is the first part of the second."""

    place: str
    path: str
    number: str
    block: Block
    sentences: list[Any]
    parts: list["Shown"] = field(default_factory=list)
    fields: list[tuple[str, Choices]] = field(default_factory=list)
    tests: Choices = field(default_factory=list)
    operands: list[OperandShown] = field(default_factory=list)
    declared: Choices = field(default_factory=list)
    relations: Choices = field(default_factory=list)
    unit: str = ""
    words: list[str] = field(default_factory=list)
    asks_blanks: bool = False
    deep: bool = False
    in_rows: bool = False

    kinds, blanks_choices = KINDS, BLANKS

    @property
    def shape(self) -> str:
        return type(self.block).__name__.lower()

    @property
    def is_list(self) -> bool:
        return isinstance(self.block, Rule) and self.block.test in TESTS and TESTS[self.block.test].operands == MANY

    @property
    def counts(self) -> bool:
        """Whether a box asks for a number."""
        return isinstance(self.block, Rows) and self.block.test not in ("some", "none")

    @property
    def may_hold_rows(self) -> bool:
        """A box cannot stand inside a box, nor where nothing is related."""
        return not self.in_rows and not isinstance(self.block, Rows) and bool(self.relations)

    @property
    def full(self) -> bool:
        return len(self.parts) >= MAX_PARTS

    @property
    def relation_name(self) -> str:
        return dict(self.relations).get(self.block.relation, "") if isinstance(self.block, Rows) else ""

    @property
    def about(self) -> str:
        """What tells its buttons from those of another group, to whoever hears them."""
        return self.number

    @property
    def chosen(self) -> list[str]:
        return [each.text for each in self.block.operands] if isinstance(self.block, Rule) else []

    @property
    def listed(self) -> str:
        return "\n".join(self.chosen)


class Sheet:
    """Draws the blocks of one condition."""

    def __init__(self, part: ConditionPart, vocabulary: Vocabulary) -> None:
        self.part, self.vocabulary, self.entity = part, vocabulary, part.entity
        self.language = meaning.language()
        self.gaps = {gap.place: GAP_SENTENCES[gap.code] for gap in reversed(part.gaps)}

    def root(self) -> Shown:
        assert self.part.group is not None, "only a condition in the builder has a sheet"
        return self._shown(self.part.group, (), Scope(self.vocabulary, self.entity, self.entity), None)

    @cached_property
    def reach(self) -> Reach:
        return reach(self.vocabulary, self.entity)

    def _shown(self, block: Block, place: tuple[int, ...], scope: Scope, rows: Rows | None) -> Shown:
        path = "".join(f".{step}" for step in place)
        number = ".".join(str(step + 1) for step in place)
        gap = self.gaps.get(place)
        shown = Shown(
            f"{self.part.key}-b{path}", path[1:], number, block, [gap] if gap else [], in_rows=rows is not None
        )
        shown.deep = len(place) >= MAX_DEPTH - 1
        shown.relations = [(name, label[self.language]) for name, label in self.reach.relations.items()]
        match block:
            case Rule():
                self._draw_rule(shown, block, scope, rows)
            case Locked():
                shown.words = self._in_words(block, rows)
            case Group():
                shown.asks_blanks = block.negative
                shown.parts = [self._shown(each, (*place, i), scope, rows) for i, each in enumerate(block.parts)]
            case Rows():
                inside = row_scope(scope, block.relation, block.alias)
                shown.asks_blanks = block.group.negative
                shown.tests = [(test, ROW_LABELS[test]) for test in ROW_TESTS]
                parts = enumerate(block.group.parts)
                shown.parts = [self._shown(each, (*place, i), inside, block) for i, each in parts]
        return shown

    # --- a rule ---

    def _draw_rule(self, shown: Shown, rule: Rule, scope: Scope, rows: Rows | None) -> None:
        shown.fields = self._fields(scope)
        kind = kind_of(rule.field, scope)
        if not kind:
            return
        labels = TEST_LABELS | (DAY_LABELS if kind == "date" else {})
        offered = [test for test, about in TESTS.items() if kind in about.kinds and _offered(test, kind, rule)]
        shown.tests = [(test, labels[test]) for test in offered]
        if kind == "metric":
            shown.asks_blanks = TESTS[rule.test].negative
            return
        word = self._word(rule.field, scope)
        shown.unit = word.unit[self.language] if word.unit else ""
        shown.declared = self._values(word, rule)
        shown.asks_blanks = TESTS[rule.test].negative and may_be_blank(rule, self.vocabulary, self.entity, rows)
        if TESTS[rule.test].operands != MANY:
            wanted = TESTS[rule.test].operands
            given = [*rule.operands, *[Operand()] * wanted][:wanted]
            bases = self._bases(kind, rule, scope)
            shown.operands = [OperandShown(i, each, bases, shown.declared, kind) for i, each in enumerate(given)]

    def _fields(self, scope: Scope) -> list[tuple[str, Choices]]:
        """What a rule can be about, by whose it is; what is not the record's own names its owner as well."""
        (own, fields), *above = self.reach.fields
        prefix = f"{self.entity}." if scope.alias else ""
        owner = own[self.language]
        found = [(owner, self._labels(fields, prefix, owner if scope.alias else ""))]
        found += [(label[self.language], self._labels(words, prefix, label[self.language])) for label, words in above]
        if scope.alias:
            row = self.vocabulary.entity(scope.row_entity)
            mine = self._labels(row.fields, f"{scope.alias}.", "")
            return [(_("the row: %(name)s") % {"name": row.label[self.language]}, mine), *found]
        metrics = metrics_within(self.vocabulary, self.entity, self.part.told.metrics, self.part.key)
        named: Choices = [(f"is_{each.key}", each.name[self.language]) for each in metrics]
        return [*found, (str(_("another metric")), named)] if named else found

    def _labels(self, fields: Mapping[str, FieldWord], prefix: str, owner: str) -> Choices:
        labels = {written: word.label[self.language] for written, word in fields.items()}
        named = {written: of(owner, label, self.language) if owner else label for written, label in labels.items()}
        return [(f"{prefix}{written}", label) for written, label in named.items()]

    def _word(self, name: str, scope: Scope) -> FieldWord:
        *way, last = name.split(".")
        if scope.alias and way == [scope.alias]:
            return self.vocabulary.entity(scope.row_entity).fields[last]
        steps = tuple(way[1:] if way and way[0] == self.entity else way)
        return self.vocabulary.up(self.entity, steps).fields[last]

    def _values(self, word: FieldWord, rule: Rule) -> Choices:
        """The declared values, those chosen first and in their order, so that sending them changes nothing."""
        chosen = [each.text for each in rule.operands if each.text in word.value_labels]
        rest = [value for value in word.value_labels if value not in chosen]
        return [(value, word.value_labels[value][self.language]) for value in (*chosen, *rest)]

    def _bases(self, kind: str, rule: Rule, scope: Scope) -> Choices:
        """What a value can be beside a written one: for dates a moment or another date."""
        used = {each.base for each in rule.operands if each.base}
        if kind != "date" and not used:
            return []
        moments: Choices = list(MOMENT_LABELS.items()) if kind == "date" else []
        others = [
            (name, label)
            for _owner, fields in self._fields(scope)
            for name, label in fields
            if name != rule.field and kind_of(name, scope) == kind
        ]
        written = _("a certain day") if kind == "date" else _("a certain value")
        return [("", written), *moments, *others]

    def _in_words(self, locked: Locked, rows: Rows | None) -> list[str]:
        text = locked.text
        if rows is not None:
            text = f"EXISTS (SELECT 1 FROM {rows.relation} {rows.alias} WHERE {text})"
        metrics = self.part.told.agreed(text)
        names = {each.key: each.name for each in self.part.told.metrics}
        try:
            said = explain(text, self.vocabulary, self.entity, self.language, metrics, names).splitlines()
        except ConditionError:
            return []
        return [line.lstrip(" \u3000・-") for line in (said[1:] if rows else said)]


def _offered(test: str, kind: str, rule: Rule) -> bool:
    if test == rule.test:
        return True
    return test not in UNOFFERED and not (kind == "bool" and test in ("=", "<>"))
