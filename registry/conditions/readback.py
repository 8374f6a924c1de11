"""SQL text back to a tree, by sqlglot's parser for its dialect, and the proof that it means the same.

Node types *and their arguments* are allow-listed: sqlglot says NOT LIKE either as NOT around LIKE or as LIKE
with `negate=True`, and whoever overlooks an argument reads the opposite. What is not listed is unreadable.
"""

from collections.abc import Callable
from typing import Any

import sqlglot
from sqlglot import exp

from registry.conditions.compare import compare_trees
from registry.conditions.dialects import dialect_named
from registry.conditions.meaning import Moments
from registry.conditions.problems import ConditionError, refuse
from registry.conditions.raw import RawLiteral, RawName, RawOp, RawSelect, RawTest
from registry.conditions.readback_values import Unreadable, ValueReader, only, word
from registry.conditions.resolve import resolve_written
from registry.conditions.scope import Scope
from registry.conditions.sql import ROOT, Writer
from registry.conditions.tree import Condition, Node
from registry.conditions.vocabulary import Vocabulary

COMPARE = {exp.EQ: "=", exp.NEQ: "<>", exp.LT: "<", exp.LTE: "<=", exp.GT: ">", exp.GTE: ">="}


def proved_sql(tree: Condition, vocabulary: Vocabulary, entity: str, dialect_name: str, moments: Moments) -> str:
    """`SELECT 1 … WHERE <condition>` of the dialect, proved to mean the tree; raises ConditionError."""
    dialect = dialect_named(dialect_name)
    writer = Writer(dialect, vocabulary, entity, moments)
    condition = writer.write(tree)
    text = f"SELECT 1 AS found\n{writer.source()}\nWHERE {condition}"
    try:
        again = read_back(text, vocabulary, entity, dialect_name)
    except RecursionError as error:
        raise refuse("readback_deep", tree.span, dialect=dialect.label) from error
    except (Unreadable, ConditionError, sqlglot.ParseError) as error:
        raise refuse("readback", tree.span, dialect=dialect.label) from error
    if compare_trees(tree, again, vocabulary, entity, moments).verdict != "same":
        raise refuse("readback", tree.span, dialect=dialect.label)
    return text


def read_back(text: str, vocabulary: Vocabulary, entity: str, dialect_name: str) -> Condition:
    """The typed condition a written query asks; raises Unreadable at anything not allow-listed."""
    query = sqlglot.parse_one(text, dialect=dialect_name)
    reader = _Reader(vocabulary, entity)
    raw = reader.query(query)
    return resolve_written(raw, Scope(vocabulary, entity, entity))


class _Reader(ValueReader):
    def query(self, node: Any) -> Node:
        if not isinstance(node, exp.Select):
            raise Unreadable(node)
        only(node, "expressions", "from_", "joins", "where")
        if self._table(node.args["from_"].this) != (self.entity, ROOT):
            raise Unreadable(node)
        for join in node.args.get("joins") or []:
            self._join(join)
        return self.condition(node.args["where"].this)

    def _join(self, node: Any) -> None:
        """LEFT JOIN parent AS alias ON alias.key = child.link, for a declared parent."""
        only(node, "this", "side", "on")
        entity, alias = self._table(node.this)
        on = node.args["on"]
        only(on, "this", "expression")
        above, key = self._parts(on.this)
        child, link = self._parts(on.expression)
        holder = self.vocabulary.up(self.entity, self.paths[child])
        steps = [each.name for each in holder.parents.values() if (each.entity, each.link) == (entity, link)]
        right = node.args["side"] == "LEFT" and isinstance(on, exp.EQ) and above == alias
        if not right or key != self.vocabulary.entity(entity).key:
            raise Unreadable(node)
        matching = [step for step in steps if "_".join((child, step)) == alias]
        if len(matching) != 1:
            raise Unreadable(node)
        self.paths[alias] = (*self.paths[child], matching[0])

    def _table(self, node: Any) -> tuple[str, str]:
        if not isinstance(node, exp.Table):
            raise Unreadable(node)
        only(node, "this", "alias")
        return word(node.this), word(node.args["alias"].this)

    # --- conditions ---

    def condition(self, node: Any) -> Node:
        reader = _CONDITIONS.get(type(node))
        if reader is not None:
            return reader(self, node)
        if type(node) in COMPARE:
            only(node, "this", "expression")
            return RawOp(COMPARE[type(node)], (self.value(node.this), self.value(node.expression)))
        if isinstance(node, (exp.Column, exp.Case)):
            return RawOp("=", (self.value(node), RawLiteral("bool", True)))
        raise Unreadable(node)

    def _paren(self, node: Any) -> Node:
        only(node, "this")
        return self.condition(node.this)

    def _both(self, node: Any) -> Node:
        only(node, "this", "expression")
        parts = (self.condition(node.this), self.condition(node.expression))
        op = "AND" if isinstance(node, exp.And) else "OR"
        first = parts[0].parts if isinstance(parts[0], RawOp) and parts[0].op == op else (parts[0],)
        return RawOp(op, (*first, parts[1]))

    def _not(self, node: Any) -> Node:
        only(node, "this")
        return RawOp("NOT", (self.condition(node.this),))

    def _is(self, node: Any) -> Node:
        only(node, "this", "expression", "negate")
        if not isinstance(node.expression, exp.Null):
            raise Unreadable(node)
        return RawTest("IS NULL", (self.value(node.this),), bool(node.args.get("negate")))

    def _in(self, node: Any) -> Node:
        only(node, "this", "expressions", "negate")
        parts = (self.value(node.this), *(self.value(item) for item in node.expressions))
        return RawTest("IN", parts, bool(node.args.get("negate")))

    def _between(self, node: Any) -> Node:
        only(node, "this", "low", "high", "negate")
        parts = tuple(self.value(node.args[name]) for name in ("this", "low", "high"))
        return RawTest("BETWEEN", parts, bool(node.args.get("negate")))

    def _like(self, node: Any) -> Node:
        only(node, "this", "expression", "negate")
        parts = (self.value(node.this), self.value(node.expression))
        return RawTest("LIKE", parts, bool(node.args.get("negate")))

    def _distinct(self, node: Any) -> Node:
        only(node, "this", "expression")
        parts = (self.value(node.this), self.value(node.expression))
        return RawTest("DISTINCT", parts, isinstance(node, exp.NullSafeEQ))

    def _coalesce(self, node: Any) -> Node:
        """COALESCE(a, b) of truths: a where it is known, else b."""
        only(node, "this", "expressions")
        if len(node.expressions) != 1:
            raise Unreadable(node)
        first, other = self.condition(node.this), node.expressions[0]
        surely = RawTest("IS TRUE", (first,))
        if isinstance(other, exp.Boolean) and other.this is False:
            return surely
        unknown = (RawOp("NOT", (surely,)), RawTest("IS FALSE", (first,), True))
        return RawOp("OR", (surely, RawOp("AND", (*unknown, self.condition(other)))))

    def _boolean(self, node: Any) -> Node:
        return RawLiteral("bool", bool(node.this))

    def _exists(self, node: Any) -> Node:
        only(node, "this")
        return self.select(node.this)

    # --- relations ---

    def select(self, node: Any) -> RawSelect:
        if not isinstance(node, exp.Select):
            raise Unreadable(node)
        only(node, "expressions", "from_", "where")
        entity, alias = self._table(node.args["from_"].this)
        where = node.args["where"].this
        if not isinstance(where, exp.And) or alias in self.paths:
            raise Unreadable(node)
        only(where, "this", "expression")
        relation = self._relation(where.this, entity, alias)
        kind, argument = self._selected(node.expressions, alias)
        return RawSelect(kind, argument, relation, alias, self.condition(where.expression))

    def _relation(self, link: Any, entity: str, alias: str) -> RawName:
        """The declared relation that `alias.link = holder.key` follows."""
        if not isinstance(link, exp.EQ):
            raise Unreadable(link)
        row, name = self._parts(link.this)
        holder_alias, key = self._parts(link.expression)
        path = self.paths[holder_alias]
        holder = self.vocabulary.up(self.entity, path)
        found = [each.name for each in holder.relations.values() if (each.entity, each.link) == (entity, name)]
        if row != alias or key != holder.key or len(found) != 1:
            raise Unreadable(link)
        self.rows.add(alias)
        return RawName((self.entity, *path, found[0]))

    def _selected(self, expressions: list[Any], alias: str) -> tuple[str, Node | None]:
        if len(expressions) != 1:
            raise Unreadable(expressions)
        node = expressions[0]
        if isinstance(node, exp.Literal):
            return "EXISTS", None
        if isinstance(node, (exp.Min, exp.Max)):
            only(node, "this")
            return type(node).__name__.upper(), self.value(node.this)
        if not isinstance(node, exp.Count):
            raise Unreadable(node)
        only(node, "this", "big_int")
        if isinstance(node.this, exp.Star):
            return "COUNT", None
        if isinstance(node.this, exp.Distinct) and len(node.this.expressions) == 1:
            only(node.this, "expressions")
            return "COUNT_DISTINCT", self.value(node.this.expressions[0])
        raise Unreadable(node)


_CONDITIONS: dict[type, Callable[[_Reader, Any], Node]] = {
    exp.Paren: _Reader._paren,
    exp.And: _Reader._both,
    exp.Or: _Reader._both,
    exp.Not: _Reader._not,
    exp.Is: _Reader._is,
    exp.In: _Reader._in,
    exp.Between: _Reader._between,
    exp.Like: _Reader._like,
    exp.NullSafeEQ: _Reader._distinct,
    exp.NullSafeNEQ: _Reader._distinct,
    exp.Coalesce: _Reader._coalesce,
    exp.Boolean: _Reader._boolean,
    exp.Exists: _Reader._exists,
}
