"""What a vocabulary that is to replace the one in force does to agreed definitions."""

from collections.abc import Iterator

from registry import clock, meaning
from registry.comparison import Piece, words
from registry.conditions import ConditionError, Vocabulary, parse
from registry.conditions.tree import Field, walk
from registry.engine import kept
from registry.models import InForce, VocabularyDraft
from registry.models.metrics import STILL_KNOWN
from registry.standing import Standing
from registry.wording import Wording


def altered(old: Vocabulary, new: Vocabulary) -> dict[str, Wording]:
    """The definitions, in force now or later, that `new` breaks or whose words it redefines, by metric key.

    Labels, typical values and examples redefine nothing; type, values, bounds, blanks, links and the time
    zone do, wherever a condition looks at them.
    """
    spans = InForce.objects.filter(known_to=STILL_KNOWN, valid_to__gt=clock.today(), retired=False)
    rows = spans.values_list("key", "definition__wording").iterator()
    return {key: said for key, said in rows if said["condition"] and _differs(said, old, new)}


def _differs(said: Wording, old: Vocabulary, new: Vocabulary) -> bool:
    texts = [said["condition"], said["dated_by"]]
    metrics = meaning.agreed(texts)
    try:
        before = parse(said["condition"], old, said["counts"], metrics)
    except ConditionError:
        return False  # it does not check today either, so nothing proved depends on it
    try:
        after = parse(said["condition"], new, said["counts"], metrics)
    except ConditionError:
        return True
    return before != after or _types(before) != _types(after) or old.time_zone != new.time_zone


def _types(tree: object) -> list[object]:
    return [node.type for node in walk(tree) if isinstance(node, Field)]  # type: ignore[arg-type]


def altered_by_draft(standing: Standing) -> dict[str, Wording]:
    """What the vocabulary being written in a proposal would change of what is agreed, by metric key."""
    drafted = standing.drafted_vocabulary
    return dict(_changed(drafted, standing.stamp)) if drafted else {}


def left_out(standing: Standing) -> list[str]:
    """The names of what the submitted vocabulary would change and the proposal does not speak of."""
    if standing.carried is None:
        return []
    spoken_of = {clause.key for clause in standing.clauses}
    found = _changed(standing.carried, standing.stamp)
    return sorted(said[f"name_{meaning.language()}"] for key, said in found if key not in spoken_of)


def unreadable(standing: Standing) -> list[str]:
    """The names of what was submitted with a condition that cannot be read any more.

    A steward may have recorded another vocabulary since.
    """
    if standing.revision is None:
        return []
    name = f"unreadable:{standing.revision.digest}:{standing.stamp}"
    return [said[f"name_{meaning.language()}"] for said in kept(name, lambda: list(_unreadable(standing)))]


def _unreadable(standing: Standing) -> Iterator[Wording]:
    for said in standing.overlay.values():
        measured = said["condition"] and not said["retired"]
        if measured and meaning.counting_problems(said, standing.overlay, standing.carried):
            yield said


def _changed(carried: "meaning.Carried", stamp: str) -> list[tuple[str, Wording]]:
    kind = "draft" if isinstance(carried, VocabularyDraft) else "clause"
    name = f"altered:{kind}:{carried.pk}:{meaning.source_digest(carried)}:{stamp}"
    found: list[tuple[str, Wording]] = kept(name, lambda: list(_compared(carried)))
    return found


def _compared(carried: "meaning.Carried") -> Iterator[tuple[str, Wording]]:
    current = meaning.vocabulary()
    if current is not None:
        yield from altered(current, meaning.declared_by(carried.source)).items()


def difference(carried: "meaning.Carried", around: int = 3) -> list[Piece]:
    """What a carried vocabulary says differently from its base, with `around` lines on either side."""
    pieces = words(carried.base.source, carried.source)
    last = len(pieces) - 1
    return [_shortened(piece, around, place == 0, place == last) for place, piece in enumerate(pieces)]


def _shortened(piece: Piece, around: int, first: bool, last: bool) -> Piece:
    lines = piece.text.splitlines(keepends=True)
    if piece.kind != "same" or len(lines) <= 2 * around + 1:
        return piece
    head, tail = ([] if first else lines[:around]), ([] if last else lines[-around:])
    return Piece("same", "".join([*head, "⋯\n", *tail]))
