"""Tree to blocks: what the builder can show of a condition, everything else locked."""

from registry.conditions.blocks import (
    INCLUDED,
    LEFT_OUT,
    LIKE_SHAPES,
    MAX_DEPTH,
    MAX_PARTS,
    Block,
    Group,
    Locked,
    Operand,
    Rows,
    Rule,
)
from registry.conditions.blocks_write import write_blocks
from registry.conditions.problems import Span
from registry.conditions.resolve import Metrics, resolve_text
from registry.conditions.tokens import tokenize
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
    Like,
    Literal,
    Metric,
    Moment,
    Not,
    Or,
    Relation,
    Shift,
    Value,
    walk,
)
from registry.conditions.vocabulary import Vocabulary


def read_blocks(text: str, vocabulary: Vocabulary, entity: str, metrics: Metrics | None = None) -> Group:
    """The blocks of a condition, an empty group for an empty text; raises ConditionError where it does not parse.

    `write_blocks` of the answer parses to the same tree; should a part ever not, the whole stays locked.
    """
    if not text.strip():
        return Group()
    tree = resolve_text(text, vocabulary, entity, metrics)
    reader = _Reader(text, vocabulary, entity)
    found = reader.group(tree, 0)
    written, gaps = write_blocks(found, vocabulary, entity)
    if gaps or resolve_text(written, vocabulary, entity, metrics) != tree:
        return Group("all", (reader.locked(tree),))
    return found


class _Reader:
    def __init__(self, text: str, vocabulary: Vocabulary, entity: str, alias: str = "") -> None:
        self.text, self.vocabulary, self.entity, self.alias = text, vocabulary, entity, alias

    def group(self, node: Condition, depth: int) -> Group:
        found = self.block(node, depth)
        return found if isinstance(found, Group) else Group("all", (found,))

    def block(self, node: Condition, depth: int) -> Block:
        """`depth` says within how many groups and boxes it stands."""
        found: Block | None = self._rule(node) or self._answered(node)
        if found is None and depth < MAX_DEPTH:
            found = self._grouped(node, depth) or self._boxed(node, depth)
        return found or self.locked(node)

    def locked(self, node: Condition) -> Locked:
        """The part as it was written, in parentheses where other rules beside it would otherwise mix with its own."""
        written = self._written(node.span)
        bare = isinstance(node, And | Or) and node.span.start == node.parts[0].span.start
        return Locked(f"({written})" if bare else written)

    def _written(self, span: Span) -> str:
        return self.text[span.start : span.end]

    # --- groups ---

    def _grouped(self, node: Condition, depth: int) -> Group | None:
        match node:
            case And() | Or():
                return self._of_parts("all" if isinstance(node, And) else "any", node.parts, "", depth)
            case Not(part) if not isinstance(part, Exists):
                return self._negated(part, "", depth)
            case IsTruth(part, truth=True, negated=True) if not isinstance(part, Holds):
                return self._negated(part, INCLUDED, depth)
            case IsTruth(part, truth=False, negated=False) if not isinstance(part, Holds):
                return self._negated(part, LEFT_OUT, depth)
        return None

    def _negated(self, part: Condition, blanks: str, depth: int) -> Group | None:
        if isinstance(part, And | Or):
            return self._of_parts("not all" if isinstance(part, And) else "none", part.parts, blanks, depth)
        return self._of_parts("none", (part,), blanks, depth)

    def _of_parts(self, kind: str, parts: tuple[Condition, ...], blanks: str, depth: int) -> Group | None:
        if len(parts) > MAX_PARTS:
            return None
        return Group(kind, tuple(self.block(each, depth + 1) for each in parts), blanks)

    # --- relation rows ---

    def _boxed(self, node: Condition, depth: int) -> Rows | None:
        match node:
            case Exists(relation, where):
                return self._rows(node.span, relation, where, ("some", ""), depth)
            case Not(Exists(relation, where) as inner):
                return self._rows(inner.span, relation, where, ("none", ""), depth)
            case Compare(op, Aggregate("COUNT", relation, None, where) as left, Literal(int(number))) if number >= 0:
                return self._rows(left.span, relation, where, (op, str(number)), depth)
        return None

    def _rows(self, span: Span, relation: Relation, where: Condition, asked: tuple[str, str], depth: int) -> Rows:
        alias = _alias(self._written(span))
        inside = _Reader(self.text, self.vocabulary, self.entity, alias)
        group = Group() if isinstance(where, Always) and where.truth else inside.group(where, depth)
        name = ".".join((*(relation.path or (self.entity,)), relation.name))
        return Rows(name, alias, *asked, group)

    # --- one rule ---

    def _answered(self, node: Condition) -> Rule | None:
        """A negative rule with what happens to blanks said beside it: `x <> 1 OR x IS NULL`."""
        if not isinstance(node, And | Or):
            return None
        rule = self._rule(node.parts[0])
        if rule is None or not self._is_negative(node.parts[0]):
            return None
        fields = dict.fromkeys(each for each in walk(node.parts[0]) if isinstance(each, Field) and each.type.nullable)
        said = tuple(IsNull(each, isinstance(node, And)) for each in fields)
        if not said or node.parts[1:] != said:
            return None
        return Rule(rule.field, rule.test, rule.operands, INCLUDED if isinstance(node, Or) else LEFT_OUT)

    def _is_negative(self, node: Condition) -> bool:
        if isinstance(node, Compare):
            return node.op == "<>"
        return isinstance(node, In | Between | Like) and node.negated

    def _rule(self, node: Condition) -> Rule | None:
        match node:
            case Compare(op, Field() as left, right):
                return self._compared(left, op, (right,))
            case Distinct(Field() as left, right):
                return self._compared(left, "differs" if not node.negated else "same", (right,))
            case In(Field() as left, items):
                return self._compared(left, _signed("in", node.negated), items)
            case Between(Field() as left, low, high):
                return self._compared(left, _signed("between", node.negated), (low, high))
            case Like(Field() as left, pattern, folded=False):
                return self._like(left, pattern, node.negated)
            case IsNull(Field() as left, negated):
                return Rule(self._name(left), "filled" if negated else "blank")
            case IsTruth(Holds(Field() as left), truth, negated):
                return Rule(self._name(left), _signed("yes" if truth else "no", negated))
        return self._metric(node)

    def _metric(self, node: Condition) -> Rule | None:
        match node:
            case Metric():
                return Rule(self._metric_name(node), "counts")
            case Not(Metric() as metric):
                return Rule(self._metric_name(metric), "not counts")
            case IsTruth(Metric() as metric, truth=True, negated=True):
                return Rule(self._metric_name(metric), "not counts", blanks=INCLUDED)
            case IsTruth(Metric() as metric, truth=False, negated=False):
                return Rule(self._metric_name(metric), "not counts", blanks=LEFT_OUT)
        return None

    def _compared(self, left: Field, test: str, values: tuple[Value, ...]) -> Rule | None:
        operands = [found for value in values if (found := self._operand(value)) is not None]
        repeated = len(set(operands)) < len(operands) and not test.endswith("between")
        return Rule(self._name(left), test, tuple(operands)) if len(operands) == len(values) and not repeated else None

    def _like(self, left: Field, pattern: str, negated: bool) -> Rule | None:
        inner = pattern.strip("%")
        if not inner or "%" in inner or "_" in inner or inner != inner.strip():
            return None
        for shape, form in LIKE_SHAPES.items():
            if form.format(inner) == pattern:
                return Rule(self._name(left), _signed(shape, negated), (Operand(text=inner),))
        return None

    def _operand(self, value: Value) -> Operand | None:
        match value:
            case Literal():
                return Operand(text=shown) if (shown := _as_typed(value)) else None
            case Field():
                return Operand(self._name(value))
            case Moment():
                return Operand(value.name)
            case Shift(Field() | Moment() as base, count, unit) if count:
                name = base.name if isinstance(base, Moment) else self._name(base)
                return Operand(name, count=count, unit=unit)
        return None

    def _name(self, node: Field) -> str:
        if node.row:
            return f"{self.alias}.{node.name}"
        return ".".join(((self.entity,) if self.alias else ()) + (*node.path, node.name))

    def _metric_name(self, node: Metric) -> str:
        counts = self.vocabulary.up(self.entity, node.path).name
        found = [self.vocabulary.up(self.entity, way).name for way in self.vocabulary.paths[self.entity]]
        return ".".join((*(node.path if found.count(counts) > 1 else ()), f"is_{node.key}"))


def _signed(test: str, negated: bool) -> str:
    return f"not {test}" if negated else test


def _alias(select: str) -> str:
    """The short name of the row in `… FROM lead.meetings m …`."""
    tokens = tokenize(select)
    place = next(index for index, token in enumerate(tokens) if token.value == "FROM") + 2
    while tokens[place].value == ".":
        place += 2
    return tokens[place + 1 if tokens[place].value == "AS" else place].value


def _as_typed(node: Literal) -> str:
    """A literal's value as a person types it; an empty text cannot be told from a value still missing."""
    value = node.value
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
