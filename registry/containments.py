"""Declared containments — "every qualified meeting is a meeting" — proved, broken with an example, or undecided.

They are part of the vocabulary, and asked of the condition language in a capped process: with a proposal in
force, or as the registry is. Where `inner` counts what lies below what `outer` counts, the record above is meant.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from registry import clock, engine, meaning, telling, wording
from registry.conditions import ConditionError, Moments, Vocabulary
from registry.conditions.worker import Overrun
from registry.proving import in_both, names
from registry.standing import Standing
from registry.wording import Wording

PROVED, BROKEN, UNDECIDED, UNREADABLE = "proved", "broken", "undecided", "unreadable"


@dataclass(frozen=True)
class Containment:
    """One declared containment and what was found of it; `telling` is of the record that breaks it.

    `firsts`: the field of which only the first counts in `outer`, so that what fits does not always count.
    """

    inner: str
    outer: str
    inner_name: str
    outer_name: str
    verdict: str
    telling: list[tuple[str, str]]
    firsts: str = ""

    @property
    def sentence(self) -> str:
        template = {
            PROVED: _("Everything counted in “%(inner)s” is counted in “%(outer)s” too (proved)."),
            BROKEN: _("This record counts in “%(inner)s” and not in “%(outer)s”:"),
            UNDECIDED: _("It could not be decided in time whether “%(inner)s” lies within “%(outer)s”."),
            UNREADABLE: _("“%(inner)s” and “%(outer)s” cannot be compared: one cannot be read, or is unrelated."),
        }[self.verdict]
        if self.firsts:
            template = _(
                "Everything counted in “%(inner)s” fits the condition of “%(outer)s” too (proved), "
                "of which only the first per “%(field)s” counts."
            )
        return template % {"inner": self.inner_name, "outer": self.outer_name, "field": self.firsts}


def concerned(standing: Standing) -> list[Containment]:
    """Those a proposal touches, as they would be with the whole proposal in force."""
    if standing.revision is None or not standing.has_vocabulary:
        return []

    def asked() -> list[dict[str, Any]]:
        overlay, on = standing.overlay, standing.submitted.effective_from
        touched = {*overlay, *(span.key for span in standing.dependents if span.begins <= on)}
        return _asked(meaning.read_in(standing.read_by), overlay, on, touched)

    name = f"containments:{standing.revision.digest}:{standing.stamp}"
    return [_told(each) for each in engine.kept(name, asked)]


def in_force(stamp: str) -> list[Containment]:
    """Every declared one as the registry is. Kept by its stamp."""

    def asked() -> list[dict[str, Any]]:
        return _asked(meaning.vocabulary(), {}, clock.today(), None)

    return [_told(each) for each in engine.kept(f"containments:{stamp}", asked)]


def of(key: str, stamp: str) -> list[Containment]:
    """Those of one metric, likewise."""
    return [each for each in in_force(stamp) if key in (each.inner, each.outer)]


def _asked(
    declared: Vocabulary | None, overlay: Mapping[str, Wording], on: date, touched: set[str] | None
) -> list[dict[str, Any]]:
    promises = declared.containments if declared else ()
    wanted = [each for each in promises if touched is None or touched & {each.inner, each.outer}]
    if declared is None or not wanted:
        return []
    keys = {key for each in wanted for key in (each.inner, each.outer)}
    wordings = meaning.in_force(keys - overlay.keys(), on) | {key: overlay[key] for key in keys & overlay.keys()}
    alive = {key: words for key, words in wordings.items() if wording.is_counted(words) and not words["retired"]}
    metrics = meaning.agreed(meaning.texts_of(*alive.values()), overlay, on)
    return [
        _question(each.inner, each.outer, alive, declared, metrics, Moments(as_of=on))
        for each in wanted
        if each.inner in alive and each.outer in alive
    ]


def _question(
    inner: str,
    outer: str,
    wordings: Mapping[str, Wording],
    declared: Vocabulary,
    metrics: Mapping[str, Any],
    moments: Moments,
) -> dict[str, Any]:
    entity = wordings[inner]["counts"]
    asked = (meaning.counting(wordings[key]) for key in (inner, outer))
    try:
        found = engine.ask("contains", *asked, declared, entity, metrics, moments).as_json()
    except ConditionError as error:
        found = {"verdict": UNDECIDED if isinstance(error, Overrun) else UNREADABLE, "example": None}
    example = found["example"]
    told = example["telling"] if example else {}
    return {
        "inner": inner,
        "outer": outer,
        "names": {key: names(wordings[key]) for key in (inner, outer)},
        "verdict": found["verdict"],
        "telling": in_both(lambda: telling.labelled(told, declared, entity)),
        "firsts": meaning.firsts(wordings[outer], declared) if found["verdict"] == PROVED else "",
    }


def _told(found: Mapping[str, Any]) -> Containment:
    language = meaning.language()
    inner, outer = found["inner"], found["outer"]
    called = {key: each[language] for key, each in found["names"].items()}
    told = found["telling"][language]
    return Containment(inner, outer, called[inner], called[outer], found["verdict"], told, found["firsts"])
