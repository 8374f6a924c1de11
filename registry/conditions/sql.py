"""A typed tree to SQL text: the predicate, written from the tree and never from what was typed.

The counted record is `r`, its parents `r_company`, `r_lead_company` …, a relation's row `x`. Every test that
must not be unknown is COALESCE(…, FALSE): some engines' writers lose IS TRUE.
"""

from registry.conditions.dialects import Dialect
from registry.conditions.meaning import LOWER, UPPER, Moments
from registry.conditions.problems import refuse
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
    Node,
    Not,
    Or,
    Plus,
    Relation,
    Shift,
    Times,
    Truncate,
    Value,
)
from registry.conditions.vocabulary import Vocabulary

ROOT, ROW = "r", "x"


class Writer:
    """Writes trees about one entity in one dialect; `paths` collects the parents that must be joined."""

    def __init__(self, dialect: Dialect, vocabulary: Vocabulary, entity: str, moments: Moments) -> None:
        self.dialect, self.vocabulary, self.entity, self.moments = dialect, vocabulary, entity, moments
        self.paths: list[tuple[str, ...]] = []

    def write(self, node: Node) -> str:
        found: str = getattr(self, "_" + type(node).__name__.lower())(node)
        return found

    def source(self) -> str:
        """FROM and the joins of every parent the written trees looked up to; call it after `write`."""
        lines = [f"FROM {self.dialect.name_of(self.entity)} AS {ROOT}"]
        for path in self.paths:
            above = self.vocabulary.up(self.entity, path[:-1])
            parent = above.parents[path[-1]]
            key = self.vocabulary.entity(parent.entity).key
            lines.append(
                f"LEFT JOIN {self.dialect.name_of(parent.entity)} AS {_alias(path)} "
                f"ON {self._column(_alias(path), key)} = {self._column(_alias(path[:-1]), parent.link)}"
            )
        return "\n".join(lines)

    def _column(self, alias: str, name: str) -> str:
        return f"{alias}.{self.dialect.name_of(name)}"

    def _join(self, path: tuple[str, ...]) -> str:
        for end in range(1, len(path) + 1):
            if path[:end] not in self.paths:
                self.paths.append(path[:end])
        return _alias(path)

    # --- conditions ---

    def _and(self, node: And) -> str:
        return "(" + " AND ".join(self.write(each) for each in node.parts) + ")"

    def _or(self, node: Or) -> str:
        return "(" + " OR ".join(self.write(each) for each in node.parts) + ")"

    def _not(self, node: Not) -> str:
        return f"(NOT {self.write(node.part)})"

    def _always(self, node: Always) -> str:
        return "(1 = 1)" if node.truth else "(1 = 0)"

    def _compare(self, node: Compare) -> str:
        return f"({self.write(node.left)} {node.op} {self.write(node.right)})"

    def _distinct(self, node: Distinct) -> str:
        left, right = self.write(node.left), self.write(node.right)
        if self.dialect.native_distinct:
            return f"({left} IS {'NOT ' if node.negated else ''}DISTINCT FROM {right})"
        same = f"COALESCE({left} = {right}, {left} IS NULL AND {right} IS NULL)"
        return same if node.negated else f"(NOT {same})"

    def _in(self, node: In) -> str:
        items = ", ".join(self.write(each) for each in node.items)
        return f"({self.write(node.value)} {'NOT ' if node.negated else ''}IN ({items}))"

    def _between(self, node: Between) -> str:
        word = "NOT BETWEEN" if node.negated else "BETWEEN"
        return f"({self.write(node.value)} {word} {self.write(node.low)} AND {self.write(node.high)})"

    def _like(self, node: Like) -> str:
        value, pattern = self.write(node.value), node.pattern
        if node.folded:
            value, pattern = self._folded("LOWER", value), pattern.translate(str.maketrans(UPPER, LOWER))
        return f"({value} {'NOT ' if node.negated else ''}LIKE {self.dialect.text(pattern, node.span)})"

    def _isnull(self, node: IsNull) -> str:
        return f"({self.write(node.value)} IS {'NOT ' if node.negated else ''}NULL)"

    def _istruth(self, node: IsTruth) -> str:
        part = self.write(node.part)
        known = f"COALESCE({part if node.truth else f'NOT {part}'}, FALSE)"
        return f"(NOT {known})" if node.negated else known

    def _holds(self, node: Holds) -> str:
        return self.write(node.value)

    def _metric(self, node: Metric) -> str:
        return self.write(node.body)

    def _exists(self, node: Exists) -> str:
        return f"EXISTS (SELECT 1 {self._rows(node.relation, node.where)})"

    def _rows(self, relation: Relation, where: Condition) -> str:
        holder = self.vocabulary.up(self.entity, relation.path)
        link = holder.relations[relation.name].link
        alias = self._join(relation.path) if relation.path else ROOT
        linked = f"{self._column(ROW, link)} = {self._column(alias, holder.key)}"
        return f"FROM {self.dialect.name_of(relation.entity)} AS {ROW} WHERE {linked} AND {self.write(where)}"

    # --- values ---

    def _field(self, node: Field) -> str:
        if node.row:
            return self._column(ROW, node.name)
        return self._column(self._join(node.path) if node.path else ROOT, node.name)

    def _literal(self, node: Literal) -> str:
        return self.dialect.literal(node.value, node.span)

    def _moment(self, node: Moment) -> str:
        day = self.moments.get(node.name)
        if day is None:
            raise refuse("moment_missing", node.span, name=node.name)
        return self.dialect.literal(day, node.span)

    def _plus(self, node: Plus) -> str:
        return f"({self._wide(node.left)} {'+' if node.sign > 0 else '-'} {self._wide(node.right)})"

    def _times(self, node: Times) -> str:
        return f"({self._wide(node.value)} * {self.write(node.factor)})"

    def _wide(self, value: Value) -> str:
        """A whole number in 64 bits, so that no engine overflows where the bounds do not."""
        written = self.write(value)
        narrow = value.type.kind == "int" and isinstance(value, (Field, Aggregate))
        return f"CAST({written} AS BIGINT)" if narrow else written

    def _shift(self, node: Shift) -> str:
        return self.dialect.shift(self.write(node.value), node.count, node.unit)

    def _days(self, node: Days) -> str:
        return self.dialect.days(self.write(node.left), self.write(node.right))

    def _coalesce(self, node: Coalesce) -> str:
        return "COALESCE(" + ", ".join(self.write(each) for each in node.items) + ")"

    def _case(self, node: Case) -> str:
        whens = " ".join(f"WHEN {self.write(one)} THEN {self.write(other)}" for one, other in node.whens)
        return f"CASE {whens} ELSE {self.write(node.default) if node.default else 'NULL'} END"

    def _dateof(self, node: DateOf) -> str:
        return f"CAST({self.write(node.value)} AS DATE)"

    def _truncate(self, node: Truncate) -> str:
        return self.dialect.truncated(self.write(node.value), node.unit, node.span)

    def _extract(self, node: Extract) -> str:
        return f"EXTRACT({node.unit} FROM {self.write(node.value)})"

    def _fold(self, node: Fold) -> str:
        value = self.write(node.value)
        return self.dialect.trim(value) if node.how == "TRIM" else self._folded(node.how, value)

    def _folded(self, how: str, value: str) -> str:
        """Letter case for A–Z only: engines disagree about every other letter."""
        before, after = (UPPER, LOWER) if how == "LOWER" else (LOWER, UPPER)
        return f"TRANSLATE({value}, '{before}', '{after}')"

    def _length(self, node: Length) -> str:
        return f"LENGTH({self.write(node.value)})"

    def _aggregate(self, node: Aggregate) -> str:
        argument = self.write(node.argument) if node.argument else "*"
        counted = f"COUNT(DISTINCT {argument})" if node.kind == "COUNT_DISTINCT" else f"{node.kind}({argument})"
        return f"(SELECT {counted} {self._rows(node.relation, node.where)})"


def _alias(path: tuple[str, ...]) -> str:
    return "_".join((ROOT, *path))
