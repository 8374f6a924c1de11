"""The builder's fields: blocks as a form sends them, and what its buttons do to them.

Every block has a place, `target_lead-b` for the whole and `target_lead-b.0.2` for a part of a part, and its
values stand beside it: `target_lead-b.0-test`. `posted` and `read` are each other's opposite.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from registry.conditions.blocks import MANY, MAX_DEPTH, TESTS, Block, Group, Locked, Operand, Rows, Rule
from registry.conditions.blocks_write import free_alias, plain_number
from registry.conditions.scope import Scope
from registry.conditions.vocabulary import Vocabulary
from registry.forms.words import kind_of, reach, row_scope

FIRST_TEST = {"int": ">=", "decimal": ">=", "date": ">=", "timestamp": ">=", "text": "=", "enum": "in"}
type Place = tuple[int, ...]


def posted(block: Block, place: str) -> Iterator[tuple[str, list[str]]]:
    """The fields that a form showing the block at `place` sends."""
    yield f"{place}-is", [type(block).__name__.lower()]
    match block:
        case Locked():
            yield f"{place}-text", [block.text]
        case Rule():
            yield from _posted_rule(block, place)
        case Group():
            yield from _posted_group(block, place)
        case Rows():
            yield from ((f"{place}-{name}", [getattr(block, name)]) for name in ("relation", "alias", "test", "number"))
            yield from _posted_group(block.group, place)


def _posted_group(group: Group, place: str) -> Iterator[tuple[str, list[str]]]:
    yield f"{place}-kind", [group.kind]
    yield f"{place}-blanks", [group.blanks]
    for index, part in enumerate(group.parts):
        yield from posted(part, f"{place}.{index}")


def _posted_rule(rule: Rule, place: str) -> Iterator[tuple[str, list[str]]]:
    yield f"{place}-field", [rule.field]
    yield f"{place}-was", [rule.field]
    yield f"{place}-test", [rule.test]
    yield f"{place}-blanks", [rule.blanks]
    if rule.test in TESTS and TESTS[rule.test].operands == MANY:
        yield f"{place}-v", [each.text for each in rule.operands]
        return
    for index, each in enumerate(rule.operands):
        yield f"{place}-v{index}", [each.text]
        yield f"{place}-base{index}", [each.base]
        yield f"{place}-count{index}", [str(abs(each.count))]
        yield f"{place}-way{index}", ["before" if each.count < 0 else "after"]
        yield f"{place}-unit{index}", [each.unit]


class Builder:
    """Reads what was sent for conditions about records of one entity."""

    def __init__(self, vocabulary: Vocabulary, entity: str) -> None:
        self.vocabulary, self.entity = vocabulary, entity

    def read(self, data: Any, key: str) -> Group:
        """The blocks sent for the metric `key`; what fits nowhere is left empty, for its gap to be shown."""
        found = self._block(data, f"{key}-b", Scope(self.vocabulary, self.entity, self.entity), 0)
        return found if isinstance(found, Group) else Group()

    def _block(self, data: Any, place: str, scope: Scope, depth: int) -> Block:
        match data.get(f"{place}-is"):
            case "locked":
                return Locked(data.get(f"{place}-text", "").replace("\r\n", "\n"))
            case "rule":
                return _rule(data, place, scope)
            case "rows":
                return self._rows(data, place, scope, depth)
        return self._group(data, place, scope, depth)

    def _group(self, data: Any, place: str, scope: Scope, depth: int) -> Group:
        parts: list[Block] = []
        while depth < MAX_DEPTH and f"{place}.{len(parts)}-is" in data:
            parts.append(self._block(data, f"{place}.{len(parts)}", scope, depth + 1))
        kind = data.get(f"{place}-kind", "all")
        return Group(
            kind if kind in ("any", "none", "not all") else "all", tuple(parts), data.get(f"{place}-blanks", "")
        )

    def _rows(self, data: Any, place: str, scope: Scope, depth: int) -> Rows:
        relation, alias = data.get(f"{place}-relation", ""), data.get(f"{place}-alias", "")
        alias = alias if alias.isidentifier() else free_alias(relation, self.vocabulary, self.entity)
        group = self._group(data, place, row_scope(scope, relation, alias), depth)
        test = data.get(f"{place}-test", "some")
        return Rows(relation, alias, test, data.get(f"{place}-number", ""), group)

    def added(self, group: Group, place: Place, what: str) -> Group:
        """The blocks with an empty one more in the group or box at `place`."""
        new: dict[str, Block] = {"rule": Rule(), "group": Group("any", (Rule(),)), "rows": self._first_rows()}
        return _changed(group, place, lambda block: _with_parts(block, (*_parts(block), new[what])))

    def removed(self, group: Group, place: Place) -> Group:
        """The blocks without the one at `place`."""
        return _changed(group, place, lambda block: None) if place else group

    def _first_rows(self) -> Rows:
        relation = next(iter(reach(self.vocabulary, self.entity).relations), "")
        return Rows(relation, free_alias(relation, self.vocabulary, self.entity) if relation else "", "some", "")


def _rule(data: Any, place: str, scope: Scope) -> Rule:
    name, test = data.get(f"{place}-field", ""), data.get(f"{place}-test", "")
    kind = kind_of(name, scope)
    same = kind == kind_of(data.get(f"{place}-was", name), scope)
    if kind == "metric":
        test = test if test in ("counts", "not counts") else "counts"
    elif kind and not (test in TESTS and kind in TESTS[test].kinds and same):
        test = FIRST_TEST.get(kind, "yes")
    operands = _operands(data, place, test) if same else ()
    return Rule(name, test, operands, data.get(f"{place}-blanks", "") if same else "")


def _operands(data: Any, place: str, test: str) -> tuple[Operand, ...]:
    """The values of a rule. After a change between one value and a list, what was there is carried over."""
    wanted = TESTS[test].operands if test in TESTS else 0
    listed = [line for text in data.getlist(f"{place}-v") for line in text.replace("\r", "").split("\n") if line]
    if wanted == MANY:
        if f"{place}-v" not in data and data.get(f"{place}-v0"):
            listed = [data[f"{place}-v0"]]
        return tuple(Operand(text=text) for text in dict.fromkeys(listed))
    operands = [_operand(data, place, index) for index in range(wanted)]
    if wanted == 1 and f"{place}-v0" not in data and listed:
        operands = [Operand(text=listed[0])]
    return tuple(operands)


def _operand(data: Any, place: str, index: int) -> Operand:
    text, base = data.get(f"{place}-v{index}", ""), data.get(f"{place}-base{index}", "")
    if not base:
        return Operand(text=text)
    typed = plain_number(data.get(f"{place}-count{index}", ""))
    count = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 6 else 0
    back = data.get(f"{place}-way{index}") == "before"
    unit = "MONTH" if data.get(f"{place}-unit{index}") == "MONTH" else "DAY"
    return Operand(base, "", -count if back else count, unit if count else "DAY")


def _parts(block: Block) -> tuple[Block, ...]:
    if isinstance(block, Rows):
        return block.group.parts
    return block.parts if isinstance(block, Group) else ()


def _with_parts(block: Block, parts: tuple[Block, ...]) -> Block:
    if isinstance(block, Rows):
        return replace(block, group=replace(block.group, parts=parts))
    return replace(block, parts=parts) if isinstance(block, Group) else block


def _changed(group: Group, place: Place, change: Callable[[Block], Block | None]) -> Group:
    found = _changed_block(group, place, change)
    return found if isinstance(found, Group) else group


def _changed_block(block: Block, place: Place, change: Callable[[Block], Block | None]) -> Block | None:
    if not place:
        return change(block)
    parts = list(_parts(block))
    if place[0] < len(parts):
        new = _changed_block(parts[place[0]], place[1:], change)
        parts[place[0] : place[0] + 1] = [] if new is None else [new]
    return _with_parts(block, tuple(parts))
