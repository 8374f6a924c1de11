"""The course of definitions: which wording each metric has on which days, as agreed or with a change in force."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date

from registry import meaning, spans
from registry.conditions import Agreed, Problem, Vocabulary
from registry.meaning import Overlay
from registry.models import FOREVER, InForce, Use
from registry.spans import WAYS, Span, references_in, spans_of
from registry.wording import Wording

# What is read of a wording, and its name: a whole course leaves all else where it is, since it can be long.
READ = (
    *("kind", "counts", "counting_key", "dated_by", "first_per", "sums", "condition"),
    *("formula", "unit_en", "retired", "name_ja", "name_en"),
)


class Course:
    """Spans by metric, asked what a condition or formula refers to on each of its days."""

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
        return meaning.referred_to(meaning.texts_of(span.words), lambda keys: self._wordings(keys, day))

    def problems(self, span: Span, day: date, declared: Vocabulary | None) -> list[Problem]:
        """Why the span cannot be read on a day. Without declared words, no condition is judged."""
        if span.is_calculated:
            return meaning.formula_problems(span.key, span.words, lambda keys: self._wordings(keys, day))
        return meaning.problems_in(span.words, declared, self.agreed(span, day)) if declared else []

    def readings(self, key: str) -> Iterator[tuple[Span, date]]:
        """The spans of a metric that there is something to read of, with each day from which they may read otherwise.

        That is their first and every one on which something they refer to changes.
        """
        for span in self._spans.get(key, ()):
            for day in self._turns(span) if span.is_read else ():
                yield span, day

    def _turns(self, span: Span) -> list[date]:
        others = (each.begins for key in self._reached(span) for each in self._spans.get(key, ()))
        return sorted({span.begins, *(day for day in others if span.begins < day < span.ends)})

    def _wordings(self, keys: set[str], day: date) -> dict[str, Wording]:
        spans = (each for key in keys for each in self._spans.get(key, ()))
        return {each.key: each.words for each in spans if each.begins <= day < each.ends}

    def _reached(self, span: Span) -> set[str]:
        """The metrics it refers to on any day, directly or through others."""
        way = Use.FORMULA if span.is_calculated else Use.CONDITION
        found: set[str] = set()
        wanted = references_in([span.words], way)
        while wanted:
            found |= wanted
            wanted = references_in((each.words for key in wanted for each in self._spans.get(key, ())), way) - found
        return found


def whole(since: date) -> Course:
    """Everything that is agreed for a day and those after it."""
    every = spans_of(InForce.objects.since(since), since)
    return Course(replace(each, words={name: each.words[name] for name in READ}) for each in every)


def of(keys: Iterable[str], overlay: Overlay, since: date) -> Course:
    """The same of these metrics, and of all that they or the wordings of `overlay` refer to."""
    found = spans.since(since)
    found.read({*keys, *(key for way in WAYS for key in references_in(overlay.values(), way))})
    return Course(replace(each, begins=max(each.begins, since)) for each in found)
