"""Small formulas for the solver: Python booleans and integers stay constants, the rest becomes z3.

Terms are pairs of “is blank” and a value; truths are pairs of “is true” and “is false”.
"""

from dataclasses import dataclass
from typing import Any

import z3

Bool = Any  # bool | z3.BoolRef
Int = Any  # int | z3.ArithRef


def both(*parts: Bool) -> Bool:
    kept = [part for part in parts if part is not True]
    if any(part is False for part in kept):
        return False
    if not kept:
        return True
    return kept[0] if len(kept) == 1 else z3.And(kept)


def any_of(*parts: Bool) -> Bool:
    kept = [part for part in parts if part is not False]
    if any(part is True for part in kept):
        return True
    if not kept:
        return False
    return kept[0] if len(kept) == 1 else z3.Or(kept)


def no(part: Bool) -> Bool:
    return not part if isinstance(part, bool) else z3.Not(part)


def choose(test: Bool, one: Any, other: Any) -> Any:
    if isinstance(test, bool):
        return one if test else other
    return one if one is other else z3.If(test, one, other)


@dataclass(frozen=True)
class Truth:
    """What a condition is: `true`, `false`, and unknown where neither holds."""

    true: Bool
    false: Bool

    def negated(self) -> "Truth":
        return Truth(self.false, self.true)


@dataclass(frozen=True)
class Term:
    """A value and whether it is blank. Decimals are whole numbers times 10^-scale; days are ordinals."""

    null: Bool
    value: Any
    scale: int = 0

    def at(self, scale: int) -> Any:
        return self.value if scale == self.scale else self.value * 10 ** (scale - self.scale)
