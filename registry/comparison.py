"""What differs between two texts, cut where Japanese and English readers would cut.

Anchors are found as in patience diff (Bram Cohen): what occurs once on both sides, in the longest common
order; between anchors a shortest edit script (Myers 1986) with a bound on the effort, beyond which a stretch
counts as replaced. Lines come first, then words within changed lines.
"""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Literal, NamedTuple

from django.utils.translation import gettext as _

from registry import wording

MAX_STEPS = 120_000
MAX_DEPTH = 12

_CJK = r"\u3041-\u30ff\u3400-\u9fff\uac00-\ud7ff\uf900-\ufaff\uff66-\uff9f"
_PARTICLES = "から|まで|より|[はがをにでとのもへや]"
_TOKEN = re.compile(
    rf"""\n
    | [^\S\n]+
    | \d+(?:[.,]\d+)*
    | (?:(?![{_CJK}])\w)+
    | [\u30a1-\u30fa\u30fc-\u30fe\uff66-\uff9f]+
    | [\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff々〆〇]+
    | {_PARTICLES}
    | [\u3041-\u309f]+?(?={_PARTICLES}|[^\u3041-\u309f]|$)
    | .[\u0300-\u036f\u3099\u309a\ufe00-\ufe0f\u200d]*""",
    re.VERBOSE | re.DOTALL,
)
_COMPOUND = re.compile(r"[\u30a1-\u30fa\u30fc-\u30fe\u3400-\u9fff々〆〇]+")

Match = tuple[int, int, int]


class Piece(NamedTuple):
    kind: Literal["same", "gone", "new"]
    text: str


class Change(NamedTuple):
    """One field that differs; `old` and `new` as stored, `pieces` of what they look like as lines."""

    field: str
    old: Any
    new: Any
    pieces: list[Piece]

    @property
    def added(self) -> bool:
        """Whether something is said where nothing was; a flag always says something."""
        return self.old in ("", [], None)

    @property
    def removed(self) -> bool:
        return self.new in ("", [], None)


def _as_stored(field: str, value: Any) -> Any:
    return value


def fields(
    old: Mapping[str, Any] | None,
    new: Mapping[str, Any],
    names: Sequence[str],
    called: Callable[[str, Any], Any] = _as_stored,
) -> list[Change]:
    """Those of `names` that differ, in that order; without `old`, those that say something.

    `called` gives a field's value as its readers know it.
    """
    changes = []
    for name in names:
        before, after = (old or {}).get(name, ""), new.get(name, "")
        if before != after and (before or after):
            shown = (called(name, before), called(name, after))
            told = ["\n".join(as_lines(value, kind=new.get("kind", ""))) for value in shown]
            pieces = words(*told)
            changes.append(Change(name, before, after, pieces))
    return changes


def as_lines(value: Any, *, kind: str = "") -> list[str]:
    """A field as a reader sees it: one line per synonym or worked example, a text by its own lines.

    `kind` is the metric's: nothing is counted in a worked example of a calculated one.
    """
    if isinstance(value, list):
        return [_example(item, kind) if isinstance(item, Mapping) else str(item) for item in value]
    if isinstance(value, bool):
        return [_("retired") if value else _("in use")]
    return str(value).split("\n")


def _example(item: Mapping[str, Any], kind: str) -> str:
    verdict = wording.answers(kind)[bool(item.get("counts"))]
    return f"{item.get('ja', '')} / {item.get('en', '')} → {verdict}"


def three_way(base: Any, ours: Any, theirs: Any) -> Literal["same", "ours", "theirs", "both_same", "conflict"]:
    """Who changed a value since `base`: nobody, one side, both to the same, or both differently."""
    if ours == theirs:
        return "same" if ours == base else "both_same"
    if ours == base:
        return "theirs"
    return "ours" if theirs == base else "conflict"


def side_by_side(pieces: Sequence[Piece]) -> tuple[list[Piece], list[Piece]]:
    """The pieces of the old text and those of the new one."""
    return [piece for piece in pieces if piece.kind != "new"], [piece for piece in pieces if piece.kind != "gone"]


def words(old: str, new: str) -> list[Piece]:
    """The old text turned into the new one. Same and gone join to `old`, same and new to `new`."""
    pieces: list[Piece] = []
    effort = _Effort(MAX_STEPS)
    lines = _runs(old.splitlines(keepends=True), new.splitlines(keepends=True), _Effort(MAX_STEPS))
    for same, gone, added in lines:
        pieces.append(Piece("same", same))
        pieces.extend(_within(gone, added, effort))
    return _joined(pieces)


@dataclass
class _Effort:
    """Steps that searching may still take; counted, not timed, so that the answer is always the same."""

    left: int


def _within(old: str, new: str, effort: _Effort) -> list[Piece]:
    """Changed lines word by word, told in few and whole changes."""
    runs = list(_runs(_TOKEN.findall(old), _TOKEN.findall(new), effort))
    pieces: list[Piece] = []
    for same, gone, added in _settled(_without_coincidences(runs)):
        pieces.append(Piece("same", same))
        pieces.extend(_narrowed(gone, added))
    return pieces


class _Run(NamedTuple):
    """What stays, then what goes and what comes after it."""

    same: str
    gone: str
    added: str


def _runs(old: Sequence[str], new: Sequence[str], effort: _Effort) -> Iterator[_Run]:
    at_old = at_new = 0
    same = ""
    for start_old, start_new, size in [*_matches(old, new, effort), (len(old), len(new), 0)]:
        gone, added = "".join(old[at_old:start_old]), "".join(new[at_new:start_new])
        if gone or added:
            yield _Run(same, gone, added)
            same = ""
        same += "".join(old[start_old : start_old + size])
        at_old, at_new = start_old + size, start_new + size
    if same:
        yield _Run(same, "", "")


def _without_coincidences(runs: list[_Run]) -> list[_Run]:
    """Merges changes parted only by a scrap shorter than what changes on either side of it.

    As in the semantic clean-up of diff-match-patch; a scrap that ends a line or sentence is never swallowed.
    """
    kept: list[_Run] = []
    for run in runs:
        while kept and _is_scrap(kept[-1], run):
            last = kept.pop()
            run = _Run(last.same, last.gone + run.same + run.gone, last.added + run.same + run.added)
        kept.append(run)
    return kept


def _is_scrap(before: _Run, run: _Run) -> bool:
    if not (run.gone or run.added) or any(mark in run.same for mark in "\n。、"):
        return False
    around = min(max(len(one.gone), len(one.added)) for one in (before, run))
    return len(run.same) <= around


def _settled(runs: list[_Run]) -> Iterator[_Run]:
    """Moves what was only added or only dropped to where a reader would cut: 「役職、」 and not 「、役職」."""
    for place, run in enumerate(runs):
        if bool(run.gone) == bool(run.added) or place + 1 == len(runs):
            yield run
            continue
        after = runs[place + 1]
        before, moved, rest = _best_cut(run.same, run.gone or run.added, after.same)
        yield _Run(before, moved if run.gone else "", moved if run.added else "")
        runs[place + 1] = after._replace(same=rest)


def _best_cut(before: str, moved: str, after: str) -> tuple[str, str, str]:
    while before and before[-1] == moved[-1]:
        before, moved, after = before[:-1], before[-1] + moved[:-1], moved[-1] + after
    best, cut = -1, (before, moved, after)
    while True:
        rank = _cut_rank(before[-1:], moved[0]) + _cut_rank(moved[-1], after[:1])
        if rank > best:
            best, cut = rank, (before, moved, after)
        if not after or moved[0] != after[0]:
            return cut
        before, moved, after = before + moved[0], moved[1:] + after[0], after[1:]


def _cut_rank(left: str, right: str) -> int:
    """How good a place to cut lies between two characters; empty is an end of the text."""
    if not left or not right or left in "\n。":
        return 4
    if left in "、,;:）」 ":
        return 3
    if right in "、,;:。）」)] ":
        return 2
    return 0 if len(_TOKEN.findall(left + right)) == 1 else 1


def _narrowed(gone: str, added: str) -> list[Piece]:
    """A compound that only grew or shrank shows what was added or dropped: 商談 → 有効商談."""
    if gone and added and gone != added and _COMPOUND.fullmatch(gone) and _COMPOUND.fullmatch(added):
        head = _common(gone, added)
        tail = _common(gone[head:][::-1], added[head:][::-1])
        if head + tail == min(len(gone), len(added)):
            middle = [Piece("gone", gone[head : len(gone) - tail]), Piece("new", added[head : len(added) - tail])]
            return [Piece("same", gone[:head]), *middle, Piece("same", gone[len(gone) - tail :])]
    return [Piece("gone", gone), Piece("new", added)]


def _joined(pieces: Sequence[Piece]) -> list[Piece]:
    """Neighbours of one kind as one piece, empty ones dropped."""
    told = (piece for piece in pieces if piece.text)
    return [
        Piece(kind, "".join(piece.text for piece in group))
        for kind, group in groupby(told, key=lambda piece: piece.kind)
    ]


def _matches(old: Sequence[str], new: Sequence[str], effort: _Effort, depth: int = 0) -> Iterator[Match]:
    """`(place in old, place in new, size)` of what stays, in order."""
    head = _common(old, new)
    tail = _common(old[head:][::-1], new[head:][::-1])
    if head:
        yield 0, 0, head
    middle_old, middle_new = old[head : len(old) - tail], new[head : len(new) - tail]
    if middle_old and middle_new:
        for at_old, at_new, size in _between(middle_old, middle_new, effort, depth):
            yield at_old + head, at_new + head, size
    if tail:
        yield len(old) - tail, len(new) - tail, tail


def _between(old: Sequence[str], new: Sequence[str], effort: _Effort, depth: int) -> Iterator[Match]:
    anchors = _anchors(old, new) if depth < MAX_DEPTH else []
    if not anchors:
        yield from _shortest(old, new, effort)
        return
    at_old = at_new = 0
    for anchor_old, anchor_new in [*anchors, (len(old), len(new))]:
        gaps = _matches(old[at_old:anchor_old], new[at_new:anchor_new], effort, depth + 1)
        for start_old, start_new, size in gaps:
            yield start_old + at_old, start_new + at_new, size
        if anchor_old < len(old):
            yield anchor_old, anchor_new, 1
        at_old, at_new = anchor_old + 1, anchor_new + 1


def _anchors(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """Places of what occurs exactly once on each side, in the longest order common to both."""
    once_old, once_new = _once(old), _once(new)
    pairs = [(place, once_new[item]) for item, place in once_old.items() if item in once_new]
    ends: list[int] = []
    chosen: list[int] = []
    previous: list[int] = []
    for index, (_old, place) in enumerate(pairs):
        at = bisect_left(ends, place)
        ends[at : at + 1] = [place]
        chosen[at : at + 1] = [index]
        previous.append(chosen[at - 1] if at else -1)
    order = []
    index = chosen[-1] if chosen else -1
    while index >= 0:
        order.append(pairs[index])
        index = previous[index]
    return order[::-1]


def _once(items: Sequence[str]) -> dict[str, int]:
    counted = Counter(items)
    return {item: place for place, item in enumerate(items) if counted[item] == 1}


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """How many items the two begin with in common."""
    for place, (mine, theirs) in enumerate(zip(one, other, strict=False)):
        if mine != theirs:
            return place
    return min(len(one), len(other))


def _shortest(old: Sequence[str], new: Sequence[str], effort: _Effort) -> list[Match]:
    """Matches of a shortest edit script; none once the effort is spent."""
    reach = {1: 0}
    history: list[dict[int, int]] = []
    edits = 0
    while effort.left > edits:
        effort.left -= edits + 1
        history.append(dict(reach))
        for diagonal in range(-edits, edits + 1, 2):
            down = diagonal == -edits or (diagonal != edits and reach[diagonal - 1] < reach[diagonal + 1])
            place = reach[diagonal + 1] if down else reach[diagonal - 1] + 1
            while place < len(old) and 0 <= place - diagonal < len(new) and old[place] == new[place - diagonal]:
                place += 1
            reach[diagonal] = place
            if place >= len(old) and place - diagonal >= len(new):
                return _walked_back(history, len(old), len(new))
        edits += 1
    return []


def _walked_back(history: list[dict[int, int]], end_old: int, end_new: int) -> list[Match]:
    matches: list[Match] = []
    for edits in range(len(history) - 1, -1, -1):
        reach, diagonal = history[edits], end_old - end_new
        down = diagonal == -edits or (diagonal != edits and reach[diagonal - 1] < reach[diagonal + 1])
        before = diagonal + 1 if down else diagonal - 1
        start_old = reach[before] if edits else 0
        start = start_old if down or not edits else start_old + 1
        if end_old > start:
            matches.append((start, start - diagonal, end_old - start))
        end_old, end_new = start_old, start_old - before
    return matches[::-1]
