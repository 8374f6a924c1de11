"""What a retirement forbids: nothing in use is made of, or replaced by, what is not in use any more.

A retired condition still says which records it meant, so that references to it stay readable, and reviewers are only
told of them. A formula made of a retired metric has no value at all.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from registry import clock, conditions_syntax
from registry.models import STILL_KNOWN, Clause, InForce, Metric, Use, WorkingCopy
from registry.wording import Wording, words

NO_SUCCESSOR, RETIRED_SUCCESSOR = "no_successor", "retired_successor"
MADE_OF_RETIRED, STILL_NEEDED, STILL_REFERRED = "made_of_retired", "still_needed", "still_referred"
SENTENCES = {
    NO_SUCCESSOR: _(
        "The successor %(other)s of “%(metric)s” is no other metric of the registry or of this proposal. "
        "Choose one that is."
    ),
    RETIRED_SUCCESSOR: _(
        "“%(other)s” is retired too, so it cannot succeed “%(metric)s”. "
        "Choose a metric that stays in use, or leave the successor empty."
    ),
    MADE_OF_RETIRED: _(
        "“%(metric)s” is made of “%(other)s”, which is retired. Write it with metrics that stay in use."
    ),
    STILL_NEEDED: _(
        "“%(other)s” is calculated from “%(metric)s” and would have no value any more. "
        "Add it to this proposal, to give it another formula or to retire it too."
    ),
    STILL_REFERRED: _(
        "“%(other)s” still refers to “%(metric)s” in its condition, and goes on meaning what was agreed last."
    ),
}


@dataclass(frozen=True)
class Trouble:
    """What is wrong about one metric of a proposal: `other` is the metric it has to do with; `field` settles it."""

    code: str
    key: str
    wording: Wording
    other: str
    other_wording: Wording | None = None
    field: str = ""

    @property
    def blocks(self) -> bool:
        """Whether it has to be settled, where the rest is only told."""
        return self.code != STILL_REFERRED

    @property
    def for_reviewers(self) -> str:
        """What is wrong, or only told."""
        if not self.blocks:
            return self.sentence
        return _("%(trouble)s The author has to revise the proposal.") % {"trouble": self.sentence}

    @property
    def sentence(self) -> str:
        """What is wrong, in the reader's language, and what to do about it."""
        language = (get_language() or "ja")[:2]
        other = words(self.other_wording, "name", language) if self.other_wording else ""
        names = {"metric": words(self.wording, "name", language) or self.key, "other": other or self.other}
        return str(SENTENCES[self.code]) % names


def troubles(worded: Sequence[Clause] | Sequence[WorkingCopy], on: date, *, any_retired: bool = True) -> list[Trouble]:
    """Everything a proposal that takes effect `on` that day has to settle, and what its reviewers have to know.

    At most three queries: nothing is asked where nothing is retired (`any_retired`: by others) or has a successor.
    """
    day = max(on, clock.today())
    proposed = {each.key: each.wording for each in worded}
    mentioned = {key for said in proposed.values() for key, _field in _mentions(said)}
    ended = _retired(mentioned - proposed.keys(), day) if any_retired else {}
    ended |= {key: said for key, said in proposed.items() if said["retired"]}
    return [
        *(each for key, said in proposed.items() for each in _mentioning_retired(key, said, ended)),
        *_without_successor(proposed),
        *_left_behind({key: said for key, said in ended.items() if key in proposed}, proposed, day),
    ]


def _mentions(said: Wording) -> Iterator[tuple[str, str]]:
    """The metrics that a wording leads its readers to, each with the field that does."""
    if said["retired"]:
        yield from [(said["successor"], "successor")] if said["successor"] else []
        return
    yield from ((key, "formula") for key in conditions_syntax.made_of(said))
    yield from ((key, "condition") for key in conditions_syntax.referred_to(said))


def _retired(keys: set[str], day: date) -> dict[str, Wording]:
    """Those that are retired on that day or will be."""
    if not keys:
        return {}
    spans = InForce.objects.recorded(of_few=True).filter(metric__key__in=keys, retired=True, valid_to__gt=day)
    return dict(spans.values_list("key", "definition__wording"))


def _mentioning_retired(key: str, said: Wording, ended: dict[str, Wording]) -> Iterator[Trouble]:
    for other, field in _mentions(said):
        if other in ended and other != key:
            code = RETIRED_SUCCESSOR if field == "successor" else MADE_OF_RETIRED
            yield Trouble(code, key, said, other, ended[other], field)


def _without_successor(proposed: dict[str, Wording]) -> Iterator[Trouble]:
    named = {key: said["successor"] for key, said in proposed.items() if said["successor"]}
    unknown = set(named.values()) - proposed.keys()
    known = set(Metric.objects.filter(key__in=unknown).values_list("key", flat=True)) if unknown else set()
    for key, successor in named.items():
        if successor == key or successor in unknown - known:
            yield Trouble(NO_SUCCESSOR, key, proposed[key], successor, field="successor")


def _left_behind(ended: dict[str, Wording], proposed: dict[str, Wording], day: date) -> Iterator[Trouble]:
    """What uses, on that day or later, a metric that the proposal retires, and is not in the proposal itself."""
    if not ended:
        return
    uses = Use.objects.filter(key__in=ended, how__in=(Use.FORMULA, Use.CONDITION))
    uses = uses.filter(
        # SQLite without statistics takes `known_to =` for rare and would walk every span, hence `__gte`.
        definition__spans__known_to__gte=STILL_KNOWN,
        definition__spans__valid_to__gt=day,
        definition__spans__retired=False,
    )
    uses = uses.exclude(definition__metric__key__in=proposed).order_by("definition__metric__key", "key", "how")
    rows = uses.values_list("key", "how", "definition__metric__key", "definition__wording")
    for (key, how, other), wording in {tuple(use): wording for *use, wording in rows}.items():
        yield Trouble(STILL_NEEDED if how == Use.FORMULA else STILL_REFERRED, key, ended[key], other, wording)
