"""What a condition says while it is being written: its flaws with their places, its words, and what it does."""

from collections.abc import Mapping
from dataclasses import dataclass

from registry import effect, meaning
from registry.conditions import Problem
from registry.effect import Effect
from registry.meaning import Overlay
from registry.models import WorkingCopy
from registry.standing import Standing
from registry.wording import CALCULATED


@dataclass(frozen=True)
class Flaw:
    """One problem in the reader's language. The place counts as browsers do, in UTF-16 units."""

    number: int
    start: int
    end: int
    sentence: str
    fix: str | None

    @property
    def index(self) -> str:
        return str(self.number)


@dataclass(frozen=True)
class Reading:
    """`pending` says that what the condition does is still being worked out.

    `alone`: that it is told against one version of several which the correction replaces.
    """

    copy: WorkingCopy
    text: str
    flaws: list[Flaw]
    lines: list[tuple[int, str]]
    effect: Effect | None
    pending: bool
    alone: bool = False

    @property
    def length(self) -> int:
        """Of the text it was said of, so that nobody takes it for a later one's."""
        return _units(self.text)

    @property
    def name(self) -> str:
        return self.copy.name or self.copy.key


def of(copy: WorkingCopy, overlay: Overlay, standing: Standing, *, wait: bool = True) -> Reading | None:
    """The reading of a copy as it stands in `overlay`; None for a calculated metric, which has no condition.

    Without `wait` the slow part, what it does to the records, is only given where it is known already.
    """
    words = overlay[copy.key]
    if words["kind"] == CALCULATED:
        return None
    carried = standing.drafted_vocabulary
    problems = meaning.condition_problems(words, overlay, carried, standing.drafted_from) if words["condition"] else []
    flaws = _flaws(words["condition"], problems)
    if flaws:
        return Reading(copy, words["condition"], flaws, [], None, pending=False)
    lines = meaning.in_words(words, standing.stamp, overlay, carried, standing.drafted_from)
    does = effect.preview(copy, overlay, standing, wait=wait)
    pending = bool(lines) and does is None and not wait and not words["retired"]
    return Reading(copy, words["condition"], [], lines, does, pending, standing.begins_earlier(copy))


def every(standing: Standing, typed: Mapping[str, Mapping[str, str]] | None = None) -> dict[str, Reading]:
    """The reading of every copy of a draft by key, with what was typed standing in for what is saved."""
    overlay = saved_with(standing, typed or {})
    found = {copy.key: of(copy, overlay, standing) for copy in standing.copies}
    return {key: reading for key, reading in found.items() if reading}


def saved_with(standing: Standing, typed: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, object]]:
    """The wordings of the draft by key, those fields that were typed in place of the saved ones."""
    return {copy.key: dict(copy.wording) | dict(typed.get(copy.key, {})) for copy in standing.copies}


def _flaws(text: str, problems: list[Problem]) -> list[Flaw]:
    language = meaning.language()
    return [
        Flaw(
            number,
            _units(text[: each.start]),
            _units(text[: each.end]),
            each.message(language),
            each.fix,
        )
        for number, each in enumerate(problems)
    ]


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
