"""What a proposal does to what counts: the verdict, example records, findings, and the ripple.

Asked of the condition language in a capped process, in both languages at once, and kept by the digest of the
revision and the stamp of the registry: the same words in the same registry always have the same effect.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from django.core.cache import cache
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from registry import answers, days, meaning, wording
from registry.conditions import Vocabulary
from registry.engine import kept
from registry.ledger.canonical import digest
from registry.meaning import Overlay
from registry.models import Clause, ExampleAnswer, Use, WorkingCopy
from registry.proving import COUNTING_RULES, Question, in_both, names, unchecked
from registry.replaced import Stretch
from registry.spans import Span
from registry.standing import Standing, based_on
from registry.wording import Wording


@dataclass(frozen=True)
class Card:
    """An example record on which the old and the new words differ, or one that was answered before."""

    side: str
    counts: bool
    record: Mapping[str, Any]
    telling: list[tuple[str, str]]
    digest: str
    answers: list[ExampleAnswer]

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to say yes or no: "not sure" leaves it to others."""
        return not self.answers or not self.answers[-1].judges

    @property
    def contradicts(self) -> bool:
        """Whether the latest answer says the opposite of what the new condition does."""
        return bool(self.answers) and self.answers[-1].contradicts(self.counts)


@dataclass(frozen=True)
class Finding:
    """What a condition does that its author may not mean, with the telling fields of a record that shows it."""

    said: str
    telling: list[tuple[str, str]]


@dataclass(frozen=True)
class Effect:
    """What one metric counts differently: one that the proposal changes, or one that refers to it.

    `rules`: how records are counted, `(rule, before, after)`, where it changes. `unread`: how many answers given
    before can no longer be read. `begins`: the day of a version that takes effect later. `firsts`: the field of which
    only the first counts, where that leaves open what is proved of the condition. `refers`: those of its counting rules
    that refer to what changes. `over`: the version and the days of which this is said, or from when on, where a
    correction replaces more than one.
    """

    key: str
    name: str
    verdict: str
    cards: list[Card]
    findings: list[Finding]
    rules: list[tuple[str, str, str]]
    unread: int = 0
    begins: date | None = None
    firsts: str = ""
    refers: Collection[str] = ()
    over: str = ""

    @property
    def tag(self) -> str:
        return {
            "new": pgettext("verdict", "new"),
            "retired": pgettext("verdict", "nothing counts any more"),
            "calculated": pgettext("verdict", "calculated"),
            "other": pgettext("verdict", "not comparable"),
            "recounted": pgettext("verdict", "counted differently"),
            "redated": pgettext("verdict", "dated differently"),
            "same": pgettext("verdict", "the same"),
            "wider": pgettext("verdict", "wider"),
            "narrower": pgettext("verdict", "narrower"),
            "both": pgettext("verdict", "gains and losses"),
            "apart": pgettext("verdict", "not comparable"),
            "broken": pgettext("verdict", "cannot be read"),
            "undecided": pgettext("verdict", "undecided"),
            "unchecked": pgettext("verdict", "not checked"),
        }[self.verdict]

    @property
    def sentence(self) -> str:
        said = self._on_firsts if self.firsts else self._verdict
        for remark in self._remarks:
            said = _("%(said)s %(more)s") % {"said": said, "more": remark}
        return said

    @property
    def _verdict(self) -> str:
        return {
            "new": _("There is no condition in force to compare it with."),
            "retired": _("It is retired: from that day on nothing counts as this any more."),
            "calculated": _("It is calculated from that day on, so no records count as this any more."),
            "other": _("Other things are counted than before, so they cannot be compared one by one."),
            "recounted": _("The condition fits the same records (proved), but they are counted in another way."),
            "same": _("The same records count (proved)."),
            "redated": _("The same records count (proved)."),
            "wider": _("More records count; none is lost (proved)."),
            "narrower": _("Fewer records count; none is new (proved)."),
            "both": _("Some records newly count, and some no longer do."),
            "apart": _(
                "The agreed condition or its date cannot be read in the proposed vocabulary: compare the words."
            ),
            "broken": _("It refers to this, and cannot be read any more from then on."),
            "undecided": _("It could not be decided in time whether the same records count."),
            "unchecked": unchecked(),
        }[self.verdict]

    @property
    def _on_firsts(self) -> str:
        """What is certain where a record counts only if no earlier one fits."""
        said = {
            "wider": _(
                "The condition is wider (proved), but only the first per “%(field)s” counts: "
                "what newly fits may take the place of what counted so far."
            ),
            "narrower": _(
                "The condition is narrower (proved), but only the first per “%(field)s” counted: "
                "what no longer fits may make room for others."
            ),
        }
        return said[self.verdict] % {"field": self.firsts}

    @property
    def _remarks(self) -> Iterator[str]:
        if "dated_by" in self.refers:
            yield _("The date they count by refers to what changes: they may count in another month.")
        if set(self.refers) - {"dated_by"}:
            yield _("How they are counted refers to what changes: the numbers may be others.")


def effects(standing: Standing) -> list[Effect]:
    """The effect of each clause that has, or had, a condition: against every version it replaces, the newest last."""
    known = _known(standing)["effects"]
    shown = {(each["key"], card["digest"]) for each in known for card in each["cards"]}
    last = {each["key"]: each for each in known}
    judged = [each for each in answers.judged(standing) if (each["key"], each["digest"]) not in shown]
    return [_effect(found, standing, judged if found is last[found["key"]] else []) for found in known]


def preview(copy: WorkingCopy, overlay: Overlay, standing: Standing, *, wait: bool = True) -> Effect | None:
    """What a working copy's condition does, as it stands in `overlay`, against the version it is based on.

    None where it does not read correctly; without `wait` also where it is not known yet.
    """
    words = overlay[copy.key]
    if not wording.is_counted(words) or words["retired"] or not standing.has_vocabulary:
        return None
    on = standing.drafted_from
    said = {key: [each[name] for name in ("counts", "condition", *COUNTING_RULES)] for key, each in overlay.items()}
    drafted = standing.drafted_vocabulary
    read_by = meaning.source_digest(drafted) if drafted else ""
    asked = digest("goi/preview/4", [copy.base.digest if copy.base else "", copy.key, str(on), said, read_by])
    name = f"preview:{standing.stamp}:{asked}"
    based = based_on(standing.copies)
    found = kept(name, partial(_previewed, copy, based, overlay, on, drafted)) if wait else cache.get(name)
    return _effect(found[0], standing, []) if found else None


def _previewed(
    copy: WorkingCopy, based: Overlay, overlay: Overlay, on: date, drafted: meaning.Carried | None
) -> list[dict[str, Any]]:
    declared, words = meaning.read_in(drafted), overlay[copy.key]
    if declared is None or words["counts"] not in declared.entities:
        return []
    if not _can_be_read(words, overlay, drafted, on):
        return []
    question = Question(based, overlay, on, declared)
    return [question.changed(copy.key, copy.base.wording if copy.base else None, words)]


def _can_be_read(words: Wording, overlay: Overlay, drafted: meaning.Carried | None, on: date) -> bool:
    """Whether it says what counts; a date that nobody wrote yet is not asked for."""
    find = meaning.counting_problems if words["dated_by"] else meaning.condition_problems
    return not find(words, overlay, drafted, on)


def ripple(standing: Standing) -> list[Effect]:
    """The same for every other metric whose condition refers to one that the proposal changes."""
    judged = answers.judged(standing)
    return [_effect(found, standing, judged) for found in _known(standing)["ripple"]]


def calculated(standing: Standing) -> list[tuple[str, str]]:
    """`(key, name)` of the calculated metrics whose numbers change with those, then or from a later day."""
    return [(each["key"], each["name"][meaning.language()]) for each in _known(standing)["calculated"]]


def _effect(found: Mapping[str, Any], standing: Standing, judged: Iterable[Mapping[str, Any]]) -> Effect:
    language = meaning.language()
    about = (found["key"], found.get("begins"))
    judged = [each for each in judged if (each["key"], each["begins"]) == about]
    shown = {card["digest"] for card in found["cards"]}
    standing_out = [each for each in judged if each["digest"] not in shown and each["counts"] is not None]
    cards = [_card(each, found["key"], standing) for each in (*found["cards"], *standing_out)]
    return Effect(
        found["key"],
        found["name"][language],
        found["verdict"],
        [card for card in cards if card.side != "answered" or card.contradicts or _answered_here(card, standing)],
        [Finding(said, telling) for said, telling in found["findings"][language]],
        found["rules"][language],
        sum(each["counts"] is None for each in judged),
        found.get("begins"),
        found["firsts"],
        found["refers"],
        found["over"][language] if found.get("over") else "",
    )


def _card(found: Mapping[str, Any], key: str, standing: Standing) -> Card:
    said = [each for each in standing.answers if (each.key, each.record_digest) == (key, found["digest"])]
    telling = found["telling"][meaning.language()]
    return Card(found["side"], found["counts"], found["record"], telling, found["digest"], said)


def _answered_here(card: Card, standing: Standing) -> bool:
    return card.answers[-1].proposal_id == standing.proposal.pk


def _known(standing: Standing) -> dict[str, Any]:
    if standing.revision is None or not standing.has_vocabulary:
        return {"effects": [], "ripple": [], "calculated": []}
    on = standing.revision.effective_from.isoformat()
    return kept(f"effect/2:{standing.revision.digest}:{on}:{standing.stamp}", lambda: _computed(standing))


def _computed(standing: Standing) -> dict[str, Any]:
    declared = meaning.read_in(standing.read_by)
    if declared is None:
        return {"effects": [], "ripple": [], "calculated": []}
    around = standing.surroundings  # Read before all else asks for parts of it.
    effects = [told for clause in standing.clauses for told in _changed(clause, standing, declared)]
    dependents = [told for span in standing.dependents for told in _rippled(span, standing, declared)]
    rippled = [each for each in dependents if each["verdict"] != "same"]
    touched = {each.key for each in standing.clauses if _numbers_may_differ(each, standing)}
    touched |= {each["key"] for each in (*effects, *rippled) if each["verdict"] != "same"}
    rates = around.referring(touched, Use.FORMULA)
    calculated = {span.key: {"key": span.key, "name": names(span.words)} for span in rates}
    return {"effects": effects, "ripple": rippled, "calculated": list(calculated.values())}


def _numbers_may_differ(clause: Clause, standing: Standing) -> bool:
    """Whether it counts otherwise than what it is based on, or than a version that it replaces."""
    before = [standing.based.get(clause.key), *(each.words for each in standing.replaced if each.key == clause.key)]
    return any(wording.numbers_may_differ(words, clause.wording) for words in before)


def _changed(clause: Clause, standing: Standing, declared: Vocabulary) -> Iterator[dict[str, Any]]:
    """Against what it is based on; with `over`, against each version that a correction replaces with it, in order."""
    stretches = [each for each in standing.stretches if each.key == clause.key]
    asked: list[tuple[Wording | None, date, Stretch | None]] = [(each.words, each.begins, each) for each in stretches]
    if all(each.is_base for each in stretches):
        asked = [(standing.based.get(clause.key), standing.submitted.effective_from, None)]
    for old, day, over in asked:
        if wording.is_counted(clause.wording) or (old and wording.is_counted(old)):
            told = _question(standing, day, declared).changed(clause.key, old, clause.wording)
            yield told | {"over": in_both(over.heading)} if over else told


def _rippled(span: Span, standing: Standing, declared: Vocabulary) -> Iterator[dict[str, Any]]:
    """With `begins`, the day asked about, where it is a later one; with `over`, where its own words began before."""
    for day in standing.turns(span):
        told = _question(standing, day, declared).rippled(span)
        if day > standing.submitted.effective_from:
            told |= {"begins": day}
            if day > span.begins:
                told |= {"over": in_both(partial(_from, day))}
        yield told


def _from(day: date) -> str:
    return _("From %(day)s on") % {"day": days.day(day)}


def _question(standing: Standing, on: date, declared: Vocabulary) -> Question:
    return Question(standing.before(on), standing.overlay, on, declared)
