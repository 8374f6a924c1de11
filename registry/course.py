"""The course of definitions: which wording each metric has on which days, as agreed or with a change in force."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date

from registry import conditions_syntax, meaning
from registry.conditions import Agreed
from registry.meaning import Overlay
from registry.models import FOREVER, InForce
from registry.models.metrics import InForceQuerySet
from registry.wording import Wording

# What is read of a wording, and its name: a whole course leaves all else where it is, since it can be long.
READ = ("counts", "counting_key", "dated_by", "first_per", "sums", "condition", "retired", "name_ja", "name_en")


@dataclass(frozen=True)
class Span:
    """A wording and its days: from `begins` up to, and not including, `ends`."""

    key: str
    words: Wording
    begins: date
    ends: date

    @property
    def is_read(self) -> bool:
        """Whether records are judged by it."""
        return bool(self.words["condition"]) and not self.words["retired"]


class Course:
    """Spans by metric, asked what a condition refers to on each of its days."""

    def __init__(self, spans: Iterable[Span]) -> None:
        self._spans: dict[str, list[Span]] = defaultdict(list)
        for span in spans:
            self._spans[span.key].append(span)

    @property
    def keys(self) -> list[str]:
        return list(self._spans)

    def followed_by(self, overlay: Overlay, on: date) -> "Course":
        """As it would be with these wordings in force from a day on, for good."""
        spans = (each for spans in self._spans.values() for each in spans)
        kept = (replace(each, ends=min(each.ends, on)) if each.key in overlay else each for each in spans)
        new = (Span(key, words, on, FOREVER) for key, words in overlay.items())
        return Course([*(each for each in kept if each.begins < each.ends), *new])

    def agreed(self, span: Span, day: date) -> dict[str, Agreed]:
        """What the span refers to on a day, as `meaning.agreed` gives it."""
        texts = (span.words["condition"], span.words["dated_by"])
        return meaning.referred_to(texts, lambda keys: self._wordings(keys, day))

    def readings(self, key: str) -> Iterator[tuple[Span, date, dict[str, Agreed]]]:
        """The spans of a metric by which records are judged, with each day from which they may read otherwise.

        That is their first and every one on which something they refer to changes; with what they then refer to.
        """
        for span in self._spans.get(key, ()):
            for day in self._turns(span) if span.is_read else ():
                yield span, day, self.agreed(span, day)

    def _turns(self, span: Span) -> list[date]:
        others = (each.begins for key in self._reached(span) for each in self._spans.get(key, ()))
        return sorted({span.begins, *(day for day in others if span.begins < day < span.ends)})

    def _wordings(self, keys: set[str], day: date) -> dict[str, Wording]:
        spans = (each for key in keys for each in self._spans.get(key, ()))
        return {each.key: each.words for each in spans if each.begins <= day < each.ends}

    def _reached(self, span: Span) -> set[str]:
        """The metrics it refers to on any day, directly or through others."""
        found: set[str] = set()
        wanted = references_in([span.words])
        while wanted:
            found |= wanted
            wanted = references_in(each.words for key in wanted for each in self._spans.get(key, ())) - found
        return found


def references_in(wordings: Iterable[Wording]) -> set[str]:
    """The metrics that wordings refer to by themselves."""
    texts = (text for words in wordings for text in (words["condition"], words["dated_by"]))
    return {key for text in texts for key in conditions_syntax.references(text)}


def whole(since: date) -> Course:
    """Everything that is agreed for a day and those after it."""
    spans = spans_of(InForce.objects.since(since), since)
    return Course(replace(each, words={name: each.words[name] for name in READ}) for each in spans)


def of(keys: Iterable[str], since: date) -> Course:
    """The same of these metrics and of all that they refer to."""
    found: list[Span] = []
    known: set[str] = set()
    wanted = set(keys)
    while wanted:
        known |= wanted
        spans = list(spans_of(InForce.objects.since(since).filter(key__in=wanted), since))
        wanted = references_in(span.words for span in spans) - known
        found += spans
    return Course(found)


def spans_of(rows: InForceQuerySet, since: date = date.min) -> Iterator[Span]:
    """The rows as spans, of whose days only those from `since` on are asked about."""
    columns = ("key", "definition__wording", "valid_from", "valid_to")
    for key, words, begins, ends in rows.order_by("key", "valid_from").values_list(*columns).iterator():
        yield Span(key, words, max(begins, since), ends)
