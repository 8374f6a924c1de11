"""Values in plain words: fields by their labels, dates spelled out, numbers with their units."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal

from registry.conditions import en, ja
from registry.conditions.tree import (
    Aggregate,
    Always,
    Case,
    Coalesce,
    Condition,
    DateOf,
    Days,
    Extract,
    Field,
    Fold,
    Length,
    Literal,
    Moment,
    Plus,
    Relation,
    Shift,
    Times,
    Truncate,
    Value,
)
from registry.conditions.vocabulary import FieldWord, Vocabulary

LANGUAGES = {"en": en.WORDS, "ja": ja.WORDS}
Names = Mapping[str, Mapping[str, str]]


class ValueWords:
    """The value half of the reading; `phrase` reads the conditions inside values."""

    phrase: Callable[[Condition, bool], str]
    rows: Callable[[Relation, Condition], str]

    def __init__(self, vocabulary: Vocabulary, entity: str, lang: str, names: Names) -> None:
        self.vocabulary, self.entity, self.lang, self.names = vocabulary, entity, lang, names
        self.words = LANGUAGES[lang]
        self.relation: Relation | None = None

    def say(self, key: str, **parts: str) -> str:
        return self.words[key].format(**parts)

    def value(self, node: Value, unit: str = "", of: Value | None = None) -> str:
        """`of`: what a written value stands beside, so that it is called as that field calls it."""
        match node:
            case Field():
                return self._field(node)
            case Literal():
                return self._literal(node, unit, of)
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
                first, *rest = [self.value(item, of=node) for item in node.items]
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
            self.say("case when", a=self.phrase(condition, False), b=self.value(result, of=node))
            for condition, result in node.whens
        ]
        default = node.default and self.say("case else", b=self.value(node.default, of=node))
        return self.words["group"].format(self.words["list"].join([*parts, default or self.words["case blank"]]))

    def _aggregate(self, node: Aggregate) -> str:
        where = node.where
        some = "" if isinstance(where, Always) else self.say("such that", a=self.rows(node.relation, where))
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

    def _literal(self, node: Literal, unit: str, of: Value | None) -> str:
        match node.value:
            case bool():
                return self.words["true" if node.value else "false"]
            case datetime():
                return f"{node.value:%Y-%m-%d %H:%M:%S}"
            case date():
                return spelled(node.value, self.lang)
            case int() | Decimal():
                number = f"{node.value:,}" if abs(Decimal(node.value)) >= 10_000 else str(node.value)
                return self.say("unit", n=number, unit=unit) if unit else number
        text = str(node.value)
        field = next((each for each in _chosen_from(of) if each.type.kind == "enum"), None)
        labels = self._word(field).value_labels.get(text, {}) if field else {}
        return self.words["quote"].format(labels.get(self.lang, text))


def _chosen_from(value: Value | None) -> Iterator[Field]:
    """The fields whose value it can be."""
    match value:
        case Field():
            yield value
        case Coalesce():
            for item in value.items:
                yield from _chosen_from(item)
        case Case():
            for result in (*(result for _, result in value.whens), value.default):
                yield from _chosen_from(result)


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
