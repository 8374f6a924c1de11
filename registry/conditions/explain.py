"""A condition in plain words: blanks and inclusive ends spelled out, NOT turned into what it means.

Negation is pushed down to the comparisons (De Morgan holds in three values), so every line says what a record
must be, and a blank that leaves a comparison unknown is said to not match, which is then exactly true.
"""

from registry.conditions.explain_values import Names, ValueWords
from registry.conditions.shared import never_unknown
from registry.conditions.tree import (
    Always,
    And,
    Between,
    Compare,
    Condition,
    Distinct,
    Exists,
    Holds,
    In,
    IsNull,
    IsTruth,
    Like,
    Metric,
    Not,
    Or,
    Relation,
    Value,
)
from registry.conditions.vocabulary import Vocabulary

QUOTED = ("text", "enum")
OPPOSITE = {"=": "<>", "<>": "=", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}


type Line = tuple[int, str]


def explain_tree(tree: Condition, vocabulary: Vocabulary, entity: str, lang: str, names: Names | None = None) -> str:
    """The reading as text, one line per rule, groups indented. `names` gives metrics' names by key and language."""
    reader = _Reader(vocabulary, entity, lang, names or {})
    return "\n".join(reader.indented(line) for line in reader.lines(tree, False))


def explain_lines(
    tree: Condition, vocabulary: Vocabulary, entity: str, lang: str, names: Names | None = None
) -> list[Line]:
    """The same as `(depth, rule)`, one per line: depth 1 lies inside the group that the line before opens."""
    return _Reader(vocabulary, entity, lang, names or {}).lines(tree, False)


class _Reader(ValueWords):
    # --- whole lines ---

    def lines(self, node: Condition, negated: bool) -> list[Line]:
        match node:
            case Not():
                return self.lines(node.part, not negated)
            case And() | Or():
                every = isinstance(node, And) is not negated
                return self._group("all" if every else "any", node.parts, negated)
            case Between() if _decides_beside_a_blank(node, negated):
                return self.lines(node.within, node.negated is not negated)
            case Exists() if not isinstance(node.where, Always):
                head = self.say("not exists" if negated else "exists", a=self._relation(node.relation))
                return [(0, head), *_deeper(self._inside(node.relation, node.where))]
        return [(0, self.phrase(node, negated))]

    def _group(self, head: str, parts: tuple[Condition, ...], negated: bool) -> list[Line]:
        return [(0, self.words[head]), *_deeper([line for part in parts for line in self.lines(part, negated)])]

    def _inside(self, relation: Relation, where: Condition) -> list[Line]:
        self.relation = relation
        found = self.lines(where, False)
        self.relation = None
        return found

    def indented(self, line: Line) -> str:
        depth, rule = line
        if not depth:
            return rule
        bullet = self.words["bullet"]
        space = " " if self.lang == "en" else "\u3000"
        return space * len(bullet) * (depth - 1) + bullet + rule

    # --- one rule in one phrase ---

    def phrase(self, node: Condition, negated: bool) -> str:
        match node:
            case Not():
                return self.phrase(node.part, not negated)
            case And() | Or():
                every = isinstance(node, And) is not negated
                parts = [self.phrase(part, negated) for part in node.parts]
                return self.words["group"].format(self.words["and" if every else "or"].join(parts))
            case Between() if _decides_beside_a_blank(node, negated):
                return self.phrase(node.within, node.negated is not negated)
            case Always():
                return self.words["always" if node.truth is not negated else "never"]
            case Compare():
                return self._compare(node, negated)
            case Metric():
                name = self.names.get(node.key, {}).get(self.lang, node.key)
                name = self.words["quote"].format(name)
                if not negated:
                    return self.say("metric", a=name)
                return self.say("not metric", a=name) + ("" if never_unknown(node) else self.words["unknown_no"])
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
        left, right = self.value(node.left, unit, node.right), self.value(node.right, unit, node.left)
        return self.say(f"{table} {op}", a=left, b=right) + self._blank(node.left, node.right)

    def _items(self, node: In) -> str:
        unit = self._unit(node.value)
        separator = self.words["quoted list" if node.value.type.kind in QUOTED else "list"]
        return separator.join(self.value(item, unit, node.value) for item in node.items)

    def _blank(self, *values: Value) -> str:
        return self.words["blank_no"] if any(value.type.nullable for value in values) else ""

    def _test(self, node: Condition, negated: bool) -> str:
        negated = bool(getattr(node, "negated", False)) is not negated
        match node:
            case Distinct():
                key = "same" if negated else "differs"
                return self.say(key, a=self.value(node.left, of=node.right), b=self.value(node.right, of=node.left))
            case In():
                items = self._items(node)
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
        return self.say(f"{prefix}exists", a=relation) + " " + self.rows(node.relation, node.where)

    def rows(self, relation: Relation, where: Condition) -> str:
        before, self.relation = self.relation, relation
        found = self.phrase(where, False)
        self.relation = before
        return found


def _decides_beside_a_blank(node: Between, negated: bool) -> bool:
    """Whether one end may decide while the other is blank: outside, beyond either end is enough."""
    return node.negated is not negated and (node.low.type.nullable or node.high.type.nullable)


def _deeper(lines: list[Line]) -> list[Line]:
    return [(depth + 1, rule) for depth, rule in lines]
