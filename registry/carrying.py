"""What a change would do to agreed definitions: a vocabulary that replaces the one in force, or other definitions.

Each definition is read on each of its days, from the one on which the change takes effect.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from registry import clock, course, days, meaning, spans
from registry.comparison import Piece, words
from registry.conditions import Agreed, Problem, Vocabulary
from registry.conditions.sense import senses
from registry.engine import kept
from registry.ledger.canonical import digest
from registry.meaning import Overlay
from registry.models import Use, VocabularyDraft
from registry.proving import names
from registry.standing import Standing
from registry.wording import CALCULATED, Wording


def altered(old: Vocabulary, new: Vocabulary) -> dict[str, Wording]:
    """The definitions, in force now or later, that `new` breaks or whose words it redefines, by metric key.

    Labels, typical values and examples redefine nothing; type, values, bounds, blanks, keys, links and the time
    zone do, wherever counting looks at them.
    """
    agreed = course.whole(clock.today())
    return {
        key: span.words
        for key in agreed.keys
        for span, day in agreed.readings(key)
        if not span.is_calculated and _differs(span.words, agreed.agreed(span, day), old, new)
    }


def _differs(said: Wording, metrics: Mapping[str, Agreed], old: Vocabulary, new: Vocabulary) -> bool:
    """Whether anything that can be read of it comes to something else. What cannot, nothing depends on."""
    before, after = (senses(meaning.counting(said), declared, metrics) for declared in (old, new))
    return any(after.get(part) != sense for part, sense in before.items())


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


@dataclass(frozen=True)
class Unreadable:
    """A definition that could not be read from a day on: one that is proposed (`own`), or one that refers to such.

    `field` is where it says so: its condition or its formula.
    """

    key: str
    names: dict[str, str]
    field: str
    own: bool
    day: date
    problem: Problem

    @property
    def code(self) -> str:
        return f"{self.field}_broken" if self.own else "breaks_others"

    @property
    def for_its_authors(self) -> str:
        """What they have to do about it, while they write."""
        if self.own:
            return self._filled(_("From %(day)s on, “%(metric)s” could not be read: %(problem)s"))
        return self._filled(
            _(
                "“%(metric)s” is built on what this changes and could not be read from %(day)s on: %(problem)s "
                "Add “%(metric)s” to the proposal and change it as well."
            )
        )

    @property
    def for_reviewers(self) -> str:
        """Why it cannot be agreed on as it is."""
        if self.own:
            sentence = _(
                "From %(day)s on, “%(metric)s” could not be read: %(problem)s The author has to revise the proposal."
            )
        else:
            sentence = _(
                "“%(metric)s” is built on what this changes and could not be read from %(day)s on: %(problem)s "
                "The author has to add it to the proposal."
            )
        return self._filled(sentence)

    def _filled(self, sentence: str) -> str:
        language = meaning.language()
        said = {"metric": self.names[language], "day": days.day(self.day), "problem": self.problem.message(language)}
        return sentence % said


def unreadable(standing: Standing) -> list[Unreadable]:
    """What could not be read with the submitted revision in force, because of what it says or was agreed since."""
    revision = standing.revision
    if revision is None:
        return []
    name = f"unreadable/2:{revision.digest}:{standing.stamp}"
    asked = (standing.overlay, revision.effective_from, standing.carried)
    return kept(name, lambda: _unreadable(standing, *asked))


def unreadable_draft(standing: Standing) -> list[Unreadable]:
    """The same of what is being written."""
    overlay = {copy.key: copy.wording for copy in standing.copies}
    on, drafted = standing.drafted_from, standing.drafted_vocabulary
    said = {key: [each[name] for name in course.READ] for key, each in overlay.items()}
    asked = digest("goi/unreadable/2", [said, on.isoformat(), meaning.source_digest(drafted) if drafted else ""])
    return kept(f"unreadable:{asked}:{standing.stamp}", lambda: _unreadable(standing, overlay, on, drafted))


def _unreadable(standing: Standing, overlay: Overlay, on: date, carried: "meaning.Carried | None") -> list[Unreadable]:
    """Its own definitions first: while one cannot be read, nothing is said of what refers to it.

    What refers to it is named only where it could be read before: the change does not answer for other faults.
    Where no vocabulary has been declared, that is said of formulas alone.
    """
    current = meaning.vocabulary() if standing.has_vocabulary else None
    proposed = meaning.declared_by(carried.source) if carried else current
    own = {key: words for key, words in overlay.items() if current or words["kind"] == CALCULATED}
    dependents = _dependents(overlay, on, conditions=current is not None)
    if not (own or dependents):
        return []
    agreed = course.of({*overlay, *dependents}, overlay, on)
    changed = agreed.followed_by(overlay, on)

    def first(key: str) -> Unreadable | None:
        is_own = key in overlay
        for span, day in changed.readings(key):
            problems = changed.problems(span, day, proposed)
            if problems and (is_own or not agreed.problems(span, day, current)):
                field = "formula" if span.is_calculated else "condition"
                return Unreadable(key, names(span.words), field, is_own, day, problems[0])
        return None

    broken = [found for key in own if (found := first(key))]
    return broken or [found for key in sorted(dependents) if (found := first(key))]


def _dependents(overlay: Overlay, on: date, *, conditions: bool) -> set[str]:
    """What a change from a day on may leave unreadable: what refers to it, or is calculated from what is new in it.

    A formula looks at nothing but units and other formulas.
    """
    around = spans.surroundings(overlay, on)
    before = [span for span in around if span.key in overlay]
    recast = {span.key for span in before if meaning.factor(span.words) != meaning.factor(overlay[span.key])}
    calculated = {span.key for span in around.referring(recast, Use.FORMULA)}
    if not conditions:
        return calculated
    return calculated | {span.key for span in around.referring(overlay, Use.CONDITION)}


def _changed(carried: "meaning.Carried", stamp: str) -> list[tuple[str, Wording]]:
    kind = "draft" if isinstance(carried, VocabularyDraft) else "clause"
    name = f"altered:{kind}:{carried.pk}:{meaning.source_digest(carried)}:{stamp}"
    found: list[tuple[str, Wording]] = kept(name, lambda: list(_compared(carried)))
    return found


def _compared(carried: "meaning.Carried") -> Iterator[tuple[str, Wording]]:
    current = meaning.vocabulary()
    if current is not None:
        yield from altered(current, meaning.declared_by(carried.source)).items()


def difference(carried: "meaning.Carried") -> list[Piece]:
    """What a carried vocabulary says differently from its base."""
    return differing(carried.base.source, carried.source)


def differing(old: str, new: str, around: int = 3) -> list[Piece]:
    """What one vocabulary says differently from another, with `around` lines on either side."""
    pieces = words(old, new)
    last = len(pieces) - 1
    return [_shortened(piece, around, place == 0, place == last) for place, piece in enumerate(pieces)]


def _shortened(piece: Piece, around: int, first: bool, last: bool) -> Piece:
    lines = piece.text.splitlines(keepends=True)
    if piece.kind != "same" or len(lines) <= 2 * around + 1:
        return piece
    head, tail = ([] if first else lines[:around]), ([] if last else lines[-around:])
    return Piece("same", "".join([*head, "⋯\n", *tail]))
