"""A condition as people build it: groups of rules, boxes of relation rows, and parts that stay locked.

Blocks stand between text and tree: `read_blocks` makes them of a text, `write_blocks` writes them out again,
and what was read is always written as the same tree. What no block can show is kept word for word.
"""

from dataclasses import dataclass, field

NUMBERS = ("int", "decimal")
ORDERED = (*NUMBERS, "date", "timestamp")
EVERY = (*ORDERED, "text", "enum", "bool")
LIKE_SHAPES = {"contains": "%{}%", "begins": "{}%", "ends": "%{}"}
MANY = -1
MAX_PARTS, MAX_DEPTH = 80, 8  # of a group, and of groups in groups: what goes beyond stays locked


@dataclass(frozen=True)
class Test:
    """What a rule can ask of a field. `operands` counts the values it takes (MANY: a list)."""

    kinds: tuple[str, ...]
    operands: int
    negative: bool = False


TESTS: dict[str, Test] = {
    "=": Test(EVERY, 1),
    "<>": Test(EVERY, 1, negative=True),
    ">=": Test(ORDERED, 1),
    "<=": Test(ORDERED, 1),
    ">": Test(ORDERED, 1),
    "<": Test(ORDERED, 1),
    "between": Test(ORDERED, 2),
    "not between": Test(ORDERED, 2, negative=True),
    "in": Test((*ORDERED, "text", "enum"), MANY),
    "not in": Test((*ORDERED, "text", "enum"), MANY, negative=True),
    "contains": Test(("text",), 1),
    "begins": Test(("text",), 1),
    "ends": Test(("text",), 1),
    "not contains": Test(("text",), 1, negative=True),
    "not begins": Test(("text",), 1, negative=True),
    "not ends": Test(("text",), 1, negative=True),
    "yes": Test(("bool",), 0),
    "no": Test(("bool",), 0),
    "not yes": Test(("bool",), 0),
    "not no": Test(("bool",), 0),
    "blank": Test(EVERY, 0),
    "filled": Test(EVERY, 0),
    "same": Test(EVERY, 1),
    "differs": Test(EVERY, 1),
    "counts": Test(("metric",), 0),
    "not counts": Test(("metric",), 0, negative=True),
}
SUFFIX = {
    "yes": "IS TRUE",
    "no": "IS FALSE",
    "not yes": "IS NOT TRUE",
    "not no": "IS NOT FALSE",
    "blank": "IS NULL",
    "filled": "IS NOT NULL",
}
ROW_TESTS = ("some", "none", ">=", "<=", "=", "<>", ">", "<")
UNASKED, LEFT_OUT, INCLUDED = "", "out", "in"


@dataclass(frozen=True)
class Operand:
    """A value a rule compares with: a written one (`base` empty), a moment or a field, dates moved by `count`."""

    base: str = ""
    text: str = ""
    count: int = 0
    unit: str = "DAY"


@dataclass(frozen=True)
class Rule:
    """`blanks` answers, for a negative test, what happens to blanks: UNASKED, LEFT_OUT or INCLUDED."""

    field: str = ""
    test: str = ""
    operands: tuple[Operand, ...] = ()
    blanks: str = UNASKED


@dataclass(frozen=True)
class Locked:
    """A part that only the expression can say, as it was written."""

    text: str


@dataclass(frozen=True)
class Group:
    """`kind`: all, any, none of these, or not all of these (`not all`); the last two ask about blanks."""

    kind: str = "all"
    parts: tuple["Block", ...] = ()
    blanks: str = UNASKED

    @property
    def negative(self) -> bool:
        return self.kind in ("none", "not all")


@dataclass(frozen=True)
class Rows:
    """How many rows of a relation fulfil `group`, all of whose rules speak of one and the same row."""

    relation: str = ""
    alias: str = ""
    test: str = "some"
    number: str = ""
    group: Group = field(default_factory=Group)


Block = Rule | Locked | Group | Rows
