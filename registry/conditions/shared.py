"""What two conditions ask alike, so that one pass asks it once, and what only one of them asks."""

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
)


def shared_parts(old: Condition, new: Condition) -> tuple[list[Condition], tuple[Condition, Condition]]:
    """The parts both ask (joined by AND at the top, through metrics), and what each still has to ask.

    A shared part that can be unknown stays in both rests too, so that unknown is still told from false.
    """
    first, second = _parts(old), _parts(new)
    common = [part for part in first if part in second]
    done = [part for part in common if never_unknown(part)]
    rests = tuple(_joined([part for part in parts if part not in done]) for parts in (first, second))
    return common, (rests[0], rests[1])


def differing_parts(old: Condition, new: Condition) -> list[Condition]:
    """The parts that only one of them asks."""
    first, second = _parts(old), _parts(new)
    return [*(part for part in first if part not in second), *(part for part in second if part not in first)]


def never_unknown(node: Condition) -> bool:
    """Whether the condition is true or false for every record that keeps the vocabulary's promises."""
    match node:
        case IsNull() | IsTruth() | Exists() | Distinct() | Always():
            return True
        case And() | Or():
            return all(never_unknown(part) for part in node.parts)
        case Not():
            return never_unknown(node.part)
        case Metric():
            return never_unknown(node.body)
        case Compare():
            return not (node.left.type.nullable or node.right.type.nullable)
        case Between():
            return not any(value.type.nullable for value in (node.value, node.low, node.high))
        case In() | Like() | Holds():
            return not node.value.type.nullable
    return False


def _parts(node: Condition) -> list[Condition]:
    if isinstance(node, Metric):
        return _parts(node.body)
    if isinstance(node, And):
        return [part for each in node.parts for part in _parts(each)]
    return [node]


def _joined(parts: list[Condition]) -> Condition:
    if not parts:
        return Always(True)
    return parts[0] if len(parts) == 1 else And(tuple(parts))
