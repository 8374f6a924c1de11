"""The record the solver looks for: variables for each field it is asked about, kept to the vocabulary."""

from dataclasses import dataclass, field
from itertools import pairwise

import z3

from registry.conditions.logic import Bool, Int, Term, any_of, both, no
from registry.conditions.plan import Plan, RelationKey, TextGroup
from registry.conditions.scope import MOMENT_TYPE
from registry.conditions.text_automata import Ask, TextClass, classes
from registry.conditions.tree import Type
from registry.conditions.vocabulary import Entity, FieldWord, Vocabulary

MICROSECONDS = 86_400_000_000
MAX_COPIES = 1_000_000


@dataclass(frozen=True)
class TextVariable:
    """A text: which class it is in, and which of the class's texts it is."""

    group: TextGroup
    kind: Int
    which: Int


@dataclass
class Row:
    """One imagined row. `there` is whether it exists; `copies` how many the same there are."""

    name: str
    entity: Entity
    there: Bool = True
    copies: Int = 1
    terms: dict[str, Term] = field(default_factory=dict)


class Rows:
    """All imagined rows of one question; `rules` is what the vocabulary promises about them."""

    def __init__(self, vocabulary: Vocabulary, entity: str, plan: Plan) -> None:
        self.vocabulary, self.entity, self.plan = vocabulary, entity, plan
        self.rules: list[z3.BoolRef] = []
        self.root = Row("r", vocabulary.entity(entity))
        self.above: dict[tuple[str, ...], Row] = {(): self.root}
        self.below: dict[RelationKey, list[Row]] = {}
        self.moments: dict[str, Int] = {}
        self.texts: dict[TextGroup, list[TextClass]] = {}

    def moment(self, name: str) -> Int:
        if name not in self.moments:
            self.moments[name] = z3.Int(name)
            self._bound(self.moments[name], MOMENT_TYPE)
            if "period_start" in self.moments and "period_end" in self.moments:
                self.rules.append(self.moments["period_start"] < self.moments["period_end"])
        return self.moments[name]

    def up(self, path: tuple[str, ...]) -> Row:
        """The parent at `path`; it exists when every link to it is filled."""
        if path not in self.above:
            child = self.up(path[:-1])
            parent = child.entity.parents[path[-1]]
            link = self.term(child, parent.link)
            row = Row("_".join(("r", *path)), self.vocabulary.entity(parent.entity))
            row.there = both(child.there, no(link.null))
            row.terms[row.entity.key] = link
            self.above[path] = row
        return self.above[path]

    def term(self, row: Row, name: str) -> Term:
        if name not in row.terms:
            row.terms[name] = self._variable(row, row.entity.fields[name])
        return row.terms[name]

    def down(self, key: RelationKey) -> list[Row]:
        """The imagined rows of a relation, the record itself first where it is one of them."""
        if key not in self.below:
            path, name = key
            holder = self.up(path)
            word = holder.entity.relations[name]
            entity = self.vocabulary.entity(word.entity)
            planned = self.plan.relations[key]
            rows = [self.root] if planned.mirror else []
            for index in range(len(rows), planned.rows):
                row = Row("_".join(("x", *path, name, str(index))), entity)
                row.there = both(holder.there, z3.Bool(f"{row.name}.there"))
                row.terms[word.link] = self.term(holder, holder.entity.key)
                if not planned.keyed:
                    row.copies = z3.Int(f"{row.name}.copies")
                    self.rules += [row.copies >= 1, row.copies <= MAX_COPIES]
                rows.append(row)
            self.below[key] = rows
            self._tell_apart(rows, planned.keyed)
        return self.below[key]

    def _tell_apart(self, rows: list[Row], keyed: bool) -> None:
        """Imagined rows fill up from the front; where keys are asked about, no two are the same."""
        for one, other in pairwise(rows):
            if one is not self.root and not isinstance(other.there, bool):
                self.rules.append(z3.Implies(other.there, one.there))
        if keyed:
            key = rows[0].entity.key if rows else ""
            for index, one in enumerate(rows):
                for other in rows[:index]:
                    same = self.same(self.term(one, key), self.term(other, key))
                    self.rules.append(z3.Not(z3.And(one.there, other.there, same)))

    def same(self, one: Term, other: Term) -> Bool:
        """Whether two values that are not blank are equal."""
        if isinstance(one.value, TextVariable):
            return both(one.value.kind == other.value.kind, one.value.which == other.value.which)
        return one.value == other.value

    # --- variables ---

    def _variable(self, row: Row, word: FieldWord) -> Term:
        name = f"{row.name}.{word.name}"
        absent = no(row.there) if row is not self.root and row.name.startswith("r_") else False
        blank = z3.Bool(f"{name}.blank") if word.type.nullable else False
        null = any_of(absent, blank)
        match word.type.kind:
            case "text":
                return Term(null, self._text(name, (row.entity.name, word.name)))
            case "bool":
                return Term(null, z3.Bool(name))
            case "timestamp":
                return Term(null, self._timestamp(name, word.type))
        value = z3.Int(name)
        self._bound(value, word.type)
        return Term(null, value, word.type.scale)

    def _bound(self, value: Int, kind: Type) -> None:
        if kind.kind == "enum":
            self.rules += [value >= 0, value < len(kind.values)]
        if kind.low is not None:
            self.rules.append(value >= int(kind.low * 10**kind.scale))
        if kind.high is not None:
            self.rules.append(value <= int(kind.high * 10**kind.scale))

    def _timestamp(self, name: str, kind: Type) -> Int:
        day, time = z3.Int(f"{name}.day"), z3.Int(f"{name}.time")
        self._bound(day, kind)
        self.rules += [time >= 0, time < MICROSECONDS]
        return day * MICROSECONDS + time

    def _text(self, name: str, group: TextGroup) -> TextVariable:
        kinds = self.classes(group)
        variable = TextVariable(group, z3.Int(f"{name}.class"), z3.Int(f"{name}.which"))
        self.rules += [variable.kind >= 0, variable.kind < len(kinds), variable.which >= 0]
        for index, kind in enumerate(kinds):
            self.rules.append(z3.Implies(variable.kind == index, variable.which < len(kind.texts)))
        return variable

    def classes(self, group: TextGroup) -> list[TextClass]:
        if group not in self.texts:
            identified = group in self.plan.identified
            shared = next((other for other in self.texts if identified and other in self.plan.identified), None)
            asks = self.plan.asks.get(group, set())
            self.texts[group] = self.texts[shared] if shared else self._readable(group, asks, identified)
        return self.texts[group]

    def _readable(self, group: TextGroup, asks: set[Ask], identified: bool) -> list[TextClass]:
        """The classes, texts people know first: the field's typical value and examples, then the shortest."""
        word = self.vocabulary.entity(group[0]).fields[group[1]]
        known = [str(each) for each in (word.typical, *word.examples) if each is not None]
        known += [str(ask.argument) for ask in asks if ask.kind == "equal"]
        wanted = 12 if identified else 1
        found = classes(asks, wanted)
        for kind in found:
            fitting = [text for text in known if all(ask.holds(text) == kind.answers[ask] for ask in asks)]
            kind.texts = list(dict.fromkeys([*fitting, *kind.texts]))[:wanted]
        return found
