"""What was agreed for a day and those after it: the wordings of metrics, read with all that hangs together."""

import copy
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from registry import conditions_syntax
from registry.models import Definition, InForce, Use
from registry.models.metrics import InForceQuerySet
from registry.once import once
from registry.wording import CALCULATED, Wording


@dataclass(frozen=True)
class Span:
    """A wording and its days: from `begins` up to, and not including, `ends`."""

    key: str
    words: Wording
    begins: date
    ends: date

    @property
    def is_calculated(self) -> bool:
        return bool(self.words["kind"] == CALCULATED)

    @property
    def is_read(self) -> bool:
        """Whether it says by which condition or formula there are numbers."""
        return bool(self.words["formula" if self.is_calculated else "condition"]) and not self.words["retired"]


def spans_of(rows: InForceQuerySet, since: date = date.min) -> Iterator[Span]:
    """The rows as spans, of whose days only those from `since` on are asked about."""
    columns = ("key", "definition__wording", "valid_from", "valid_to")
    for key, words, begins, ends in rows.order_by("key", "valid_from").values_list(*columns).iterator():
        yield Span(key, words, max(begins, since), ends)


# Followed apart: a formula looks at the units of what it names, and at no condition.
WAYS = {Use.CONDITION: conditions_syntax.referred_to, Use.FORMULA: conditions_syntax.made_of}


def references_in(wordings: Iterable[Wording], way: str) -> set[str]:
    """The metrics that wordings refer to by themselves, in their conditions or in their formulas."""
    return {key for words in wordings for key in WAYS[way](words)}


class Spans:
    """What is in force on a day or later, as recorded by a moment (`None`: by now). Read when asked for, and kept.

    Whatever is read comes with all that it refers to, so that what hangs together takes one query.
    """

    def __init__(self, since: date, known: datetime | None = None) -> None:
        self.since = since
        self._recorded = InForce.objects.filter(valid_to__gt=since).recorded(known, of_few=True)
        self._rows: dict[str, list[InForce]] = {}
        self._surrounded: set[str] = set()

    def later(self, day: date) -> "Spans":
        """The same from a later day on, with all that was read and will be."""
        found = copy.copy(self)
        found.since = day
        return found

    def read(self, keys: Iterable[str]) -> None:
        """Read these metrics, where they are not there yet, and what they refer to."""
        if missing := set(keys) - self._rows.keys():
            self._take(self._recorded.with_references(missing), missing)

    def surround(self, keys: Iterable[str], besides: Iterable[str] = ()) -> None:
        """Read at once these metrics, all that refers to them, and all that any of those or `besides` refer to."""
        centre, further = set(keys), set(besides)
        if centre - self._surrounded:
            self._take(self._recorded.around(centre, further), centre | further)
            self._surrounded |= centre | {span.key for span in self._using(centre, set(WAYS))}

    def __iter__(self) -> Iterator[Span]:
        """All that was read, where it still holds on the first day or later, by metric and day."""
        for key in sorted(self._rows):
            for row in self._rows[key]:
                if row.valid_to > self.since:
                    yield Span(key, row.definition.wording, row.valid_from, row.valid_to)

    def versions(self, keys: Iterable[str], day: date) -> dict[str, Definition]:
        """The versions of these metrics on a day that is not before the first one, by key."""
        wanted = sorted(set(keys))
        self.read(wanted)
        rows = (row for key in wanted for row in self._rows[key])
        return {row.key: row.definition for row in rows if row.valid_from <= day < row.valid_to}

    def wordings(self, keys: Iterable[str], day: date) -> dict[str, Wording]:
        """The same, what they say."""
        return {key: version.wording for key, version in self.versions(keys, day).items()}

    def referring(self, keys: Iterable[str], how: str, on: date | None = None) -> list[Span]:
        """Those that use one of `keys` in their condition or formula (`how`), also through others, by metric and day.

        `on`: only what is in force on that day, otherwise on any.
        """
        centre = set(keys)
        self.surround(centre)
        return self._using(centre, {how}, on)

    def _using(self, keys: set[str], ways: set[str], on: date | None = None) -> list[Span]:
        left = [span for span in self if span.key not in keys and not span.words["retired"]]
        left = [span for span in left if on is None or span.begins <= on < span.ends]
        reached, found = set(keys), list[Span]()
        while fresh := [span for span in left if any(references_in([span.words], way) & reached for way in ways)]:
            found += fresh
            reached = {span.key for span in fresh}
            left = [span for span in left if span not in fresh]
        return sorted(found, key=lambda span: (span.key, span.begins))

    def _take(self, rows: InForceQuerySet, asked: set[str]) -> None:
        """Keep the rows; of what is asked for and not among them, nothing is in force."""
        read: dict[str, list[InForce]] = {key: [] for key in asked}
        for row in rows.order_by("key", "valid_from").select_related("definition__metric").defer("search_text"):
            read.setdefault(row.key, []).append(row)
        for key, found in read.items():
            self._rows.setdefault(key, found)


def surroundings(overlay: Mapping[str, Wording], day: date) -> Spans:
    """What is in force from a day on of all that refers to these metrics, and of all that any of these refer to.

    `overlay`: what they are to say from then on, by key.
    """
    found = since(day)
    found.surround(overlay, {key for way in WAYS for key in references_in(overlay.values(), way)})
    return found


def since(day: date, known: datetime | None = None) -> Spans:
    """What is in force from a day on. Within one reading, what was read for an earlier day serves a later one."""
    opened: list[Spans] = once(("spans", known), list)
    found = next((each for each in opened if each.since <= day), None)
    if found is None:
        opened.append(found := Spans(day, known))
    return found.later(day)
