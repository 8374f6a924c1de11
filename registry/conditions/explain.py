"""A condition in plain words: blanks and inclusive ends spelled out, NOT turned into what it means.

Negation is pushed down to the comparisons (De Morgan holds in three values), so every line says what a record
must be, and a blank that leaves a comparison unknown is said to not match, which is then exactly true.
"""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

from registry.conditions import en, ja
from registry.conditions.tree import (
    Aggregate,
    Always,
    And,
    Between,
    Case,
    Coalesce,
    Compare,
    Condition,
    DateOf,
    Days,
    Distinct,
    Exists,
    Extract,
    Field,
    Fold,
    Holds,
    In,
    IsNull,
    IsTruth,
    Length,
    Like,
    Literal,
    Metric,
    Moment,
    Not,
    Or,
    Plus,
    Relation,
    Shift,
    Times,
    Truncate,
    Value,
)
from registry.conditions.vocabulary import FieldWord, Vocabulary

LANGUAGES = {"en": en.WORDS, "ja": ja.WORDS}
OPPOSITE = {"=": "<>", "<>": "=", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}
Names = Mapping[str, Mapping[str, str]]


def explain_tree(
    tree: Condition, vocabulary: Vocabulary, entity: str, lang: str, names: Names | None = None
) -> str:
    """The reading, one line per rule, groups indented. `names` gives metrics' names by key and language."""
    return "\n".join(_Reader(vocabulary, entity, lang, names or {}).lines(tree, False))


class _Reader:
    def __init__(self, vocabulary: Vocabulary, entity: str, lang: str, names: Names) -> None:
        self.vocabulary, self.entity, self.lang, self.names = vocabulary, entity, lang, names
        self.words = LANGUAGES[lang]
        self.relation: Relation | None = None

    def say(self, key: str, **parts: str) -> str:
        return self.words[key].format(**parts)

    # --- whole lines ---

    def lines(self, node: Condition, negated: bool) -> list[str]:
        match node:
            case Not():
                return self.lines(node.part, not negated)
            case And() | Or():
                every = isinstance(node, And) is not negated
                return self._group("all" if every else "any", node.parts, negated)
            case Exists() if not isinstance(node.where, Always):
                head = self.say("not exists" if negated else "exists", a=self._relation(node.relation))
                return [head, *self._indented([self._inside(node.relation, node.where)])]
        return [self.phrase(node, negated)]

    def _group(self, head: str, parts: tuple[Condition, ...], negated: bool) -> list[str]:
        return [self.words[head], *self._indented([self.lines(part, negated) for part in parts])]

    def _indented(self, blocks: list[list[str]]) -> list[str]:
        bullet = self.words["bullet"]
        space = " " if self.lang == "en" else "\u3000"
        pad = space * len(bullet)
        return [
            (bullet if index == 0 else pad) + line for block in blocks for index, line in enumerate(block)
        ]

    def _inside(self, relation: Relation, where: Condition) -> list[str]:
        self.relation = relation
        found = self.lines(where, False)
        self.relation = None
        return found

    # --- one rule in one phrase ---

    def phrase(self, node: Condition, negated: bool) -> str:
        match node:
            case Not():
                return self.phrase(node.part, not negated)
            case And() | Or():
                every = isinstance(node, And) is not negated
                parts = [self.phrase(part, negated) for part in node.parts]
                return self.words["group"].format(self.words["and" if every else "or"].join(parts))
            case Always():
                return self.words["always" if node.truth is not negated else "never"]
            case Compare():
                return self._compare(node, negated)
            case Metric():
                name = self.names.get(node.key, {}).get(self.lang, node.key)
                name = self.words["quote"].format(name)
                return self.say("not metric" if negated else "metric", a=name)
            case Exists():
                return self._exists(node, negated)
            case IsTruth():
                return self._truth(node, negated)
        return self._test(node, negated)

    def _compare(self, node: Compare, negated: bool) -> str:
        op = OPPOSITE[node.op] if negated else node.op
        kind = node.left.type.kind
        table = {"int": "number", "decimal": "number", "date": "date"}.get(kind, "other")
        if kind == "timestamp" and op not in ("=", "<>"):
            table = "number"
        unit = self._unit(node.left) or self._unit(node.right)
        left, right = self.value(node.left, unit), self.value(node.right, unit)
        return self.say(f"{table} {op}", a=left, b=right) + self._blank(node.left, node.right)

    def _blank(self, *values: Value) -> str:
        return self.words["blank_no"] if any(value.type.nullable for value in values) else ""

    def _test(self, node: Condition, negated: bool) -> str:
        negated = bool(getattr(node, "negated", False)) is not negated
        match node:
            case Distinct():
                key = "same" if negated else "differs"
                return self.say(key, a=self.value(node.left), b=self.value(node.right))
            case In():
                items = self.words["list"].join(self.value(item) for item in node.items)
                key = "not in" if negated else "in"
                if len(node.items) == 1:
                    key = "other <>" if negated else "other ="
                return self.say(key, a=self.value(node.value), b=items) + self._blank(node.value)
            case Between():
                unit = self._unit(node.value)
                low, high = self.value(node.low, unit), self.value(node.high, unit)
                key = "not between" if negated else "between"
                said = self.say(key, a=self.value(node.value), b=low, c=high)
                return said + self._blank(node.value, node.low, node.high)
            case Like():
                return self._like(node, negated)
            case IsNull():
                return self.say("filled" if negated else "blank", a=self.value(node.value))
            case Holds():
                return self.say("no" if negated else "yes", a=self.value(node.value))
        raise TypeError(node)

    def _like(self, node: Like, negated: bool) -> str:
        inner = node.pattern.strip("%")
        plain = "_" not in node.pattern and "%" not in inner and inner
        begins, ends = not node.pattern.startswith("%"), not node.pattern.endswith("%")
        shapes = {(False, False): "contains", (True, False): "begins", (False, True): "ends"}
        key = shapes.get((begins, ends), "fits") if plain else "fits"
        shown = self.words["quote"].format(node.pattern if key == "fits" else inner)
        said = self.say(("not " if negated else "") + key, a=self.value(node.value), b=shown)
        return said + (self.words["case"] if node.folded else "") + self._blank(node.value)

    def _truth(self, node: IsTruth, negated: bool) -> str:
        negated = node.negated is not negated
        prefix = "not " if negated else ""
        if isinstance(node.part, Holds):
            return self.say(prefix + ("yes" if node.truth else "no"), a=self.value(node.part.value))
        key = prefix + ("surely" if node.truth else "surely not")
        return self.say(key, a=self.phrase(node.part, False))

    def _exists(self, node: Exists, negated: bool) -> str:
        prefix = "not " if negated else ""
        relation = self._relation(node.relation)
        if isinstance(node.where, Always):
            return self.say(f"{prefix}exists any", a=relation)
        return self.say(f"{prefix}exists", a=relation) + " " + self._rows(node.relation, node.where)

    def _rows(self, relation: Relation, where: Condition) -> str:
        before, self.relation = self.relation, relation
        found = self.phrase(where, False)
        self.relation = before
        return found

    # --- values ---

    def value(self, node: Value, unit: str = "") -> str:
        match node:
            case Field():
                return self._field(node)
            case Literal():
                return self._literal(node, unit)
            case Moment():
                return self.words[node.name]
            case Plus():
                key = "plus" if node.sign > 0 else "minus"
                return self.say(key, a=self.value(node.left), b=self.value(node.right))
            case Times():
                return self.say("times", a=self.value(node.value), b=self.value(node.factor))
            case Shift():
                key = f"{'after' if node.count >= 0 else 'before'} {node.unit}"
                return self.say(key, a=self.value(node.value), n=str(abs(node.count)))
            case Days():
                return self.say("days", a=self.value(node.left), b=self.value(node.right))
            case Coalesce():
                first, *rest = [self.value(item) for item in node.items]
                return self.say("coalesce", a=first, b=self.words["or"].join(rest))
            case Case():
                return self._case(node)
            case Aggregate():
                return self._aggregate(node)
        return self._function(node)

    def _function(self, node: Value) -> str:
        match node:
            case DateOf():
                return self.say("date of", a=self.value(node.value))
            case Truncate() | Extract():
                key = f"{type(node).__name__.lower()} {node.unit}"
                return self.say(key, a=self.value(node.value))
            case Fold():
                return self.say(node.how, a=self.value(node.value))
            case Length():
                return self.say("length", a=self.value(node.value))
        raise TypeError(node)

    def _case(self, node: Case) -> str:
        parts = [
            self.say("case when", a=self.phrase(condition, False), b=self.value(result))
            for condition, result in node.whens
        ]
        parts.append(
            self.say("case else", b=self.value(node.default)) if node.default else self.words["case blank"]
        )
        return self.words["group"].format((self.words["list"] or "、").join(parts))

    def _aggregate(self, node: Aggregate) -> str:
        where = node.where
        some = "" if isinstance(where, Always) else self.say("such that", a=self._rows(node.relation, where))
        dated = node.argument is not None and node.argument.type.kind == "date"
        key = {"COUNT": "count", "COUNT_DISTINCT": "count distinct"}.get(
            node.kind, node.kind.lower() + (" date" if dated else "")
        )
        inner = ""
        if node.argument is not None:
            inner = self.value(node.argument)
            if isinstance(node.argument, Field) and node.argument.row:
                inner = self._word(node.argument).label[self.lang]
        return self.say(key, a=self._relation(node.relation), b=some, c=inner)

    def _relation(self, relation: Relation) -> str:
        word = self.vocabulary.up(self.entity, relation.path).relations[relation.name]
        return self._owned(relation.path, word.label[self.lang])

    def _owned(self, path: tuple[str, ...], label: str) -> str:
        for end in range(len(path), 0, -1):
            parent = self.vocabulary.up(self.entity, path[: end - 1]).parents[path[end - 1]]
            label = self.say("of", a=parent.label[self.lang], b=label)
        return label

    def _field(self, node: Field) -> str:
        label = self._word(node).label[self.lang]
        if node.row:
            return self.say("row", b=label)
        if self.relation is not None and not node.path:
            return self.say("this", a=self.vocabulary.entity(self.entity).label[self.lang], b=label)
        return self._owned(node.path, label)

    def _word(self, node: Field) -> FieldWord:
        return self.vocabulary.entity(node.entity).fields[node.name]

    def _unit(self, node: Value) -> str:
        if isinstance(node, Field) and node.type.kind in ("int", "decimal"):
            unit = self._word(node).unit
            return unit[self.lang] if unit else ""
        return ""

    def _literal(self, node: Literal, unit: str) -> str:
        match node.value:
            case bool():
                return self.words["true" if node.value else "false"]
            case datetime():
                return f"{node.value:%Y-%m-%d %H:%M:%S}"
            case date():
                return spelled(node.value, self.lang)
            case int() | Decimal():
                number = f"{node.value:,}" if abs(node.value) >= 10_000 else str(node.value)
                return self.say("unit", n=number, unit=unit) if unit else number
        text = str(node.value)
        labels = self._enum_labels(node, text)
        return self.words["quote"].format(labels.get(self.lang, text))

    def _enum_labels(self, node: Literal, text: str) -> Mapping[str, str]:
        if node.type.kind == "enum":
            for entity in self.vocabulary.entities.values():
                for word in entity.fields.values():
                    if word.type.values == node.type.values:
                        return word.value_labels[text]
        return {}


def spelled(day: date, lang: str) -> str:
    months = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ]
    if lang == "ja":
        return f"{day.year}年{day.month}月{day.day}日"
    return f"{day.day} {months[day.month - 1]} {day.year}"
