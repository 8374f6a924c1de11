"""Blocks to text, and what is still missing in them."""

import unicodedata
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from registry.conditions.blocks import (
    INCLUDED,
    LEFT_OUT,
    LIKE_SHAPES,
    MANY,
    ROW_TESTS,
    SUFFIX,
    TESTS,
    UNASKED,
    Block,
    Group,
    Locked,
    Operand,
    Rows,
    Rule,
)
from registry.conditions.problems import ConditionError
from registry.conditions.raw import RawName
from registry.conditions.scope import MOMENTS, Scope
from registry.conditions.tree import Field, Type
from registry.conditions.vocabulary import Vocabulary

WORDED = {
    "between": "BETWEEN {} AND {}", "not between": "NOT BETWEEN {} AND {}",
    "same": "IS NOT DISTINCT FROM {}", "differs": "IS DISTINCT FROM {}",
}  # fmt: skip
JOIN = {"all": "AND", "any": "OR", "none": "OR", "not all": "AND"}


@dataclass(frozen=True)
class Gap:
    """What keeps the block at `place` (the way through the groups) from being written: a code of GAPS."""

    place: tuple[int, ...]
    code: str


GAPS = (
    "field", "test", "value", "number", "date", "moment", "enum", "pattern", "empty", "relation", "count", "shift",
)  # fmt: skip


def write_blocks(group: Group, vocabulary: Vocabulary, entity: str) -> tuple[str, list[Gap]]:
    """The text of the blocks ("" for none), and the gaps that keep it from being complete."""
    writer = _Writer(vocabulary, Scope(vocabulary, entity, entity))
    return (writer.group(group, (), "") if group.parts else ""), writer.gaps


def free_alias(relation: str, vocabulary: Vocabulary, entity: str) -> str:
    """A short name for a relation's row that names nothing else."""
    letter = relation.rsplit(".", 1)[-1][:1]
    here = vocabulary.entity(entity)
    taken = {entity, *here.parents}
    return next(name for name in (letter, *(f"{letter}{number}" for number in range(2, 99))) if name not in taken)


class _Writer:
    def __init__(self, vocabulary: Vocabulary, scope: Scope) -> None:
        self.vocabulary, self.scope = vocabulary, scope
        self.gaps: list[Gap] = []

    def group(self, group: Group, place: tuple[int, ...], pad: str) -> str:
        if not group.parts:
            self.gaps.append(Gap(place, "empty"))
        negative, inner = group.negative, pad + "  " if group.negative else pad
        texts = [self._part(part, (*place, index), inner) for index, part in enumerate(group.parts)]
        joined = f"\n{inner}{JOIN[group.kind]} ".join(texts)
        if not negative:
            return joined
        bracketed = f"(\n{inner}{joined}\n{pad})" if len(texts) > 1 else f"({joined})"
        ending = {INCLUDED: " IS NOT TRUE", LEFT_OUT: " IS FALSE"}
        return f"{bracketed}{ending[group.blanks]}" if group.blanks in ending else f"NOT {bracketed}"

    def _part(self, block: Block, place: tuple[int, ...], pad: str) -> str:
        match block:
            case Group() if block.negative or len(block.parts) < 2:
                return self.group(block, place, pad)
            case Group():
                return f"(\n{pad}  {self.group(block, place, pad + '  ')}\n{pad})"
            case Rows():
                return self._rows(block, place, pad)
            case Locked():
                return block.text
        return self._rule(block, place)

    # --- relation rows ---

    def _rows(self, rows: Rows, place: tuple[int, ...], pad: str) -> str:
        try:
            relation = self.scope.relation(RawName(tuple(rows.relation.split("."))))
        except ConditionError:
            self.gaps.append(Gap(place, "relation"))
            return ""
        if rows.test not in ROW_TESTS or not (rows.test in ("some", "none") or _whole(rows.number)):
            self.gaps.append(Gap(place, "count"))
        outside, self.scope = self.scope, self.scope.inside(rows.alias, relation.entity)
        inner = pad + "    "
        where = f"\n{pad}  WHERE {self.group(rows.group, place, inner)}" if rows.group.parts else ""
        self.scope = outside
        what = "1" if rows.test in ("some", "none") else "COUNT(*)"
        select = f"(\n{pad}  SELECT {what} FROM {rows.relation} {rows.alias}{where}\n{pad})"
        if rows.test in ("some", "none"):
            return f"{'NOT ' if rows.test == 'none' else ''}EXISTS {select}"
        return f"{select} {rows.test} {plain_number(rows.number)}"

    # --- one rule ---

    def _rule(self, rule: Rule, place: tuple[int, ...]) -> str:
        if rule.test in ("counts", "not counts"):
            return _metric(rule)
        found = self._field(rule.field)
        test = TESTS.get(rule.test)
        if found is None:
            self.gaps.append(Gap(place, "field"))
            return ""
        if test is None or found.type.kind not in test.kinds:
            self.gaps.append(Gap(place, "test"))
            return ""
        if len(rule.operands) != test.operands and not (test.operands == MANY and rule.operands):
            self.gaps.append(Gap(place, "value"))
            return ""
        values = [self._operand(each, found.type, place) for each in rule.operands]
        if rule.test.removeprefix("not ") in LIKE_SHAPES and set(rule.operands[0].text) & set("%_\\"):
            self.gaps.append(Gap(place, "pattern"))
        return self._about_blanks(rule, f"{rule.field} {_predicate(rule, values)}")

    def _about_blanks(self, rule: Rule, bare: str) -> str:
        """The rule with what it says of blanks; a test of what is never blank has nothing to say."""
        names = self.nullable(rule)
        if not TESTS[rule.test].negative or rule.blanks == UNASKED or not names:
            return bare
        word, test = ("OR", "IS NULL") if rule.blanks == INCLUDED else ("AND", "IS NOT NULL")
        return f"({' '.join([bare, *(f'{word} {name} {test}' for name in names)])})"

    def nullable(self, rule: Rule) -> list[str]:
        """Those of the rule's fields that can be blank."""
        names = dict.fromkeys([rule.field, *(each.base for each in rule.operands if each.base not in ("", *MOMENTS))])
        return [name for name in names if (found := self._field(name)) and found.type.nullable]

    def _field(self, name: str) -> Field | None:
        try:
            found = self.scope.value(RawName(tuple(name.split("."))))
        except ConditionError:
            return None
        return found if isinstance(found, Field) else None

    def _operand(self, operand: Operand, kind: Type, place: tuple[int, ...]) -> str:
        if not operand.base:
            if not operand.text:
                self.gaps.append(Gap(place, "value"))
                return ""
            text, gap = literal(operand.text, kind)
            if gap:
                self.gaps.append(Gap(place, gap))
            return text
        if operand.base not in MOMENTS and self._field(operand.base) is None:
            self.gaps.append(Gap(place, "value"))
        if not operand.count:
            return operand.base
        if kind.kind != "date" or abs(operand.count) > 99_999:
            self.gaps.append(Gap(place, "shift"))
        sign = "+" if operand.count > 0 else "-"
        return f"{operand.base} {sign} INTERVAL {abs(operand.count)} {operand.unit}"


def may_be_blank(rule: Rule, vocabulary: Vocabulary, entity: str, rows: Rows | None = None) -> bool:
    """Whether a field of the rule can be blank, so that a negative test has to say what happens then."""
    scope = Scope(vocabulary, entity, entity)
    if rows is not None:
        scope = scope.inside(rows.alias, scope.relation(RawName(tuple(rows.relation.split(".")))).entity)
    return rule.test == "not counts" or bool(_Writer(vocabulary, scope).nullable(rule))


def _metric(rule: Rule) -> str:
    if rule.test == "counts":
        return rule.field
    return {INCLUDED: f"{rule.field} IS NOT TRUE", LEFT_OUT: f"{rule.field} IS FALSE"}.get(
        rule.blanks, f"NOT {rule.field}"
    )


def _predicate(rule: Rule, values: list[str]) -> str:
    if rule.test in SUFFIX:
        return SUFFIX[rule.test]
    if rule.test in WORDED:
        return WORDED[rule.test].format(*values)
    if rule.test in ("in", "not in"):
        return f"{rule.test.upper()} ({', '.join(values)})"
    shape = rule.test.removeprefix("not ")
    if shape in LIKE_SHAPES:
        pattern = quoted(LIKE_SHAPES[shape].format(rule.operands[0].text))
        return f"{'NOT ' if shape != rule.test else ''}LIKE {pattern}"
    return f"{rule.test} {values[0]}"


def literal(typed: str, kind: Type) -> tuple[str, str]:
    """The value as the language writes it, and the code of what is wrong with it or ""."""
    match kind.kind:
        case "text":
            return quoted(typed), ""
        case "enum":
            return quoted(typed), "" if typed in kind.values else "enum"
        case "bool":
            return ("TRUE" if typed == "yes" else "FALSE"), "" if typed in ("yes", "no") else "value"
        case "date":
            return f"DATE '{typed}'", "" if _reads(date, typed) else "date"
        case "timestamp":
            moment = typed.replace("T", " ")
            return f"TIMESTAMP '{moment}'", "" if _reads(datetime, moment) else "moment"
    return plain_number(typed), "" if _is_number(typed) else "number"


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def plain_number(typed: str) -> str:
    """１，０００ as people type it, as 1000."""
    return unicodedata.normalize("NFKC", typed).replace(",", "").strip()


def _is_number(typed: str) -> bool:
    plain = plain_number(typed)
    try:
        return plain.isascii() and Decimal(plain).is_finite() and set(plain) <= set("-.0123456789")
    except InvalidOperation:
        return False


def _whole(typed: str) -> bool:
    plain = plain_number(typed)
    return plain.isascii() and plain.isdigit() and len(plain) < 7


def _reads(kind: type[date], typed: str) -> bool:
    try:
        return kind.fromisoformat(typed).year >= 1
    except ValueError:
        return False
