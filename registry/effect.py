"""What a proposal does to what counts: the verdict, example records, findings, and the ripple.

Asked of the condition language in a capped process, in both languages at once, and kept by the digest of the
revision and the stamp of the registry: the same words in the same registry always have the same effect.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

from django.core.cache import cache
from django.utils import translation
from django.utils.translation import gettext as _

from registry import clock, engine, meaning, telling
from registry.conditions import ConditionError, Moments, Vocabulary, classify
from registry.conditions.revive import revived
from registry.conditions.worker import Overrun
from registry.ledger.canonical import digest
from registry.meaning import Overlay
from registry.models import Clause, ExampleAnswer, InForce, Use, WorkingCopy
from registry.standing import Standing
from registry.wording import Wording

LANGUAGES = ("ja", "en")


@dataclass(frozen=True)
class Card:
    """One example record on which the old and the new words differ."""

    side: str
    record: Mapping[str, Any]
    telling: list[tuple[str, str]]
    digest: str
    answers: list[ExampleAnswer]

    @property
    def newly_counts(self) -> bool:
        return self.side == "gained"

    @property
    def contradicts(self) -> bool:
        """Whether the latest answer says the opposite of what the new condition does."""
        wrong = ExampleAnswer.NOT if self.newly_counts else ExampleAnswer.COUNTS
        return bool(self.answers) and self.answers[-1].answer == wrong


@dataclass(frozen=True)
class Effect:
    """What one metric counts differently: one that the proposal changes, or one that refers to it."""

    key: str
    name: str
    verdict: str
    cards: list[Card]
    findings: list[str]

    @property
    def sentence(self) -> str:
        return {
            "": "",
            "same": _("The same records count (proved)."),
            "wider": _("More records count; none is lost (proved)."),
            "narrower": _("Fewer records count; none is new (proved)."),
            "both": _("Some records newly count, and some no longer do."),
            "apart": _("The agreed condition cannot be read in the proposed vocabulary: compare the words."),
            "undecided": _("It could not be decided in time whether the same records count."),
            "unchecked": unchecked(),
        }[self.verdict]


def unchecked() -> str:
    return _(
        "This could not be checked in time. Reload the page in a minute; "
        "if it stays so, write the condition more simply."
    )


def effects(standing: Standing) -> list[Effect]:
    """The effect of each clause whose condition can be compared with the version it is based on."""
    return [_effect(found, standing) for found in _known(standing)["effects"]]


def preview(copy: WorkingCopy, overlay: Overlay, standing: Standing, *, wait: bool = True) -> Effect | None:
    """What a working copy's condition does, as it stands in `overlay`, against the version it is based on.

    None where it does not read correctly; without `wait` also where it is not known yet.
    """
    words = overlay[copy.key]
    if not words["condition"] or words["retired"] or not standing.has_vocabulary:
        return None
    on = standing.proposal.effective_from or clock.today()
    said = {key: [each["counts"], each["condition"]] for key, each in overlay.items()}
    drafted = standing.drafted_vocabulary
    read_by = meaning.source_digest(drafted) if drafted else ""
    asked = digest("goi/preview/3", [copy.base.digest if copy.base else "", copy.key, str(on), said, read_by])
    name = f"preview:{standing.stamp}:{asked}"
    based = based_on(standing.copies)
    found = kept(name, partial(_previewed, copy, based, overlay, on, drafted)) if wait else cache.get(name)
    return _effect(found[0], standing) if found else None


def _previewed(
    copy: WorkingCopy, based: Overlay, overlay: Overlay, on: date, drafted: meaning.Carried | None
) -> list[dict[str, Any]]:
    declared, words = meaning.read_in(drafted), overlay[copy.key]
    if declared is None or words["counts"] not in declared.entities:
        return []
    if meaning.condition_problems(words, overlay, drafted):
        return []
    question = _Question(based, overlay, on, declared)
    if copy.base is None or not copy.base.wording["condition"]:
        return [question.first(copy.key, words)]
    return [question.answer(copy.key, copy.base.wording, words)]


def ripple(standing: Standing) -> list[Effect]:
    """The same for every other metric whose condition refers to one that the proposal changes."""
    return [_effect(found, standing) for found in _known(standing)["ripple"]]


def calculated(standing: Standing) -> list[tuple[str, str]]:
    """`(key, name)` of the calculated metrics whose numbers change with those."""
    return [(each["key"], each["name"][meaning.language()]) for each in _known(standing)["calculated"]]


def contradicted(standing: Standing) -> list[tuple[str, str]]:
    """`(key, name)` of the metrics whose proposed condition judges an answered example otherwise."""
    if not (standing.has_vocabulary and standing.answers):
        return []
    name = f"contradicted:{standing.submitted.digest}:{standing.stamp}:{standing.answers[-1].pk}"
    found = kept(name, lambda: _contradicted(standing))
    return [(each["key"], each["name"][meaning.language()]) for each in found]


def record_digest(record: Mapping[str, Any]) -> str:
    """What an answer is bound to: this very record."""
    return digest("goi/example/1", telling.canonical(record))


def _effect(found: Mapping[str, Any], standing: Standing) -> Effect:
    language = meaning.language()
    cards = [
        Card(
            side=card["side"],
            record=card["record"],
            telling=[(label, value) for label, value in card["telling"][language]],
            digest=card["digest"],
            answers=[
                each for each in standing.answers if (each.key, each.record_digest) == (found["key"], card["digest"])
            ],
        )
        for card in found["cards"]
    ]
    return Effect(found["key"], found["name"][language], found["verdict"], cards, found["findings"][language])


def _known(standing: Standing) -> dict[str, Any]:
    if standing.revision is None or not standing.has_vocabulary:
        return {"effects": [], "ripple": [], "calculated": []}
    on = standing.revision.effective_from.isoformat()
    return kept(f"effect:{standing.revision.digest}:{on}:{standing.stamp}", lambda: _computed(standing))


def kept(name: str, compute: Callable[[], Any]) -> Any:
    """What `compute` gives, kept under a name that says all it depends on."""
    return engine.kept(name, compute)


def _computed(standing: Standing) -> dict[str, Any]:
    declared = meaning.read_in(standing.carried)
    if declared is None:
        return {"effects": [], "ripple": [], "calculated": []}
    overlay = {clause.key: clause.wording for clause in standing.clauses}
    question = _Question(based_on(standing.clauses), overlay, standing.submitted.effective_from, declared)
    changed = [
        question.answer(clause.key, clause.base.wording, clause.wording)
        for clause in standing.clauses
        if clause.base and clause.wording["condition"] and clause.base.wording["condition"]
    ]
    dependents = [question.answer(key, words, words) for key, words in referring(set(question.overlay))]
    rippled = [each for each in dependents if each["verdict"] != "same"]
    return {
        "effects": changed,
        "ripple": rippled,
        "calculated": _calculated_from({*question.overlay, *(each["key"] for each in rippled)}),
    }


def based_on(worded: Iterable[Clause] | Iterable[WorkingCopy]) -> dict[str, Wording]:
    """What the changed metrics meant before, by key; a published proposal is still told from what it changed."""
    return {each.key: each.base.wording for each in worded if each.base}


class _Question:
    """Old against new: with what the changed metrics are based on, and with the whole proposal in force."""

    def __init__(self, based: Overlay, overlay: Overlay, on: date, declared: Vocabulary) -> None:
        self.declared = declared
        self.based = based
        self.overlay = overlay
        self.on = on

    def answer(self, key: str, old: Wording, new: Wording) -> dict[str, Any]:
        """The comparison as JSON, with everything said in both languages."""
        texts = (old["condition"], new["condition"])
        before, after = meaning.agreed(texts, self.based), meaning.agreed(texts, self.overlay)
        try:
            compared = engine.ask(
                "compare", *texts, self.declared, new["counts"], before, Moments(as_of=self.on), new_metrics=after
            ).as_json()
        except ConditionError as error:
            verdict = "unchecked" if isinstance(error, Overrun) else "apart"
            compared = {"verdict": verdict, "gained": None, "lost": None}
        return {
            "key": key,
            "name": {language: new[f"name_{language}"] for language in LANGUAGES},
            "verdict": compared["verdict"],
            "cards": [self._card(side, compared[side], new) for side in ("gained", "lost") if compared[side]],
            "findings": self._findings(new, after) if old is not new else {"ja": [], "en": []},
        }

    def first(self, key: str, words: Wording) -> dict[str, Any]:
        """Likewise where there is nothing to compare with: the findings alone."""
        return {
            "key": key,
            "name": {language: words[f"name_{language}"] for language in LANGUAGES},
            "verdict": "",
            "cards": [],
            "findings": self._findings(words, meaning.agreed([words["condition"]], self.overlay)),
        }

    def _card(self, side: str, example: Mapping[str, Any], words: Wording) -> dict[str, Any]:
        return {
            "side": side,
            "record": example["record"],
            "digest": record_digest(example["record"]),
            "telling": in_both(lambda: telling.labelled(example["telling"], self.declared, words["counts"])),
        }

    def _findings(self, words: Wording, metrics: Mapping[str, Any]) -> dict[str, Any]:
        try:
            found = engine.ask("check", words["condition"], self.declared, words["counts"], metrics)
        except Overrun:
            return in_both(lambda: [unchecked()])
        except ConditionError:
            return {"ja": [], "en": []}
        return {
            language: [telling.finding(each, words["condition"], language) for each in found] for language in LANGUAGES
        }


def in_both(say: Callable[[], Any]) -> dict[str, Any]:
    """What is said, by language."""
    said = {}
    for language in LANGUAGES:
        with translation.override(language):
            said[language] = say()
    return said


def _contradicted(standing: Standing) -> list[dict[str, Any]]:
    declared = meaning.read_in(standing.carried)
    if declared is None:
        return []
    latest = {(each.key, each.record_digest): each for each in standing.answers}
    overlay = {clause.key: clause.wording for clause in standing.clauses}
    return [
        {"key": clause.key, "name": {language: clause.wording[f"name_{language}"] for language in LANGUAGES}}
        for clause in standing.clauses
        if any(
            not _agrees(clause, each, overlay, declared, standing.submitted.effective_from)
            for (key, _record), each in latest.items()
            if key == clause.key and each.judges
        )
    ]


def _agrees(
    clause: Clause, answer: ExampleAnswer, overlay: Mapping[str, Wording], declared: Vocabulary, on: date
) -> bool:
    words, expected = clause.wording, answer.answer == ExampleAnswer.COUNTS
    metrics = meaning.agreed([words["condition"]], overlay)
    try:
        record = revived(answer.record, declared, words["counts"])
        (verdict,) = classify(
            words["condition"], [(record, expected)], declared, words["counts"], metrics, Moments(as_of=on)
        )
    except ConditionError:
        return False
    return verdict.right


def referring(keys: set[str]) -> list[tuple[str, Wording]]:
    """Metrics in force whose condition refers to one of `keys`, directly or through others."""
    found: dict[str, Wording] = {}
    wanted = set(keys)
    while wanted:
        rows = dict(using(wanted, Use.CONDITION).values_list("key", "definition__wording"))
        wanted = rows.keys() - found.keys() - keys
        found |= {key: rows[key] for key in wanted}
    return sorted(found.items())


def _calculated_from(keys: set[str]) -> list[dict[str, Any]]:
    rows = using(keys, Use.FORMULA).exclude(key__in=keys).values_list("key", "definition__wording")
    return [
        {"key": key, "name": {language: words[f"name_{language}"] for language in LANGUAGES}}
        for key, words in dict(rows).items()
    ]


def using(keys: set[str], how: str) -> Any:
    """What is in force today and uses one of `keys` in its condition, formula or text (`how`)."""
    return InForce.objects.as_of(clock.today()).filter(
        definition__uses__key__in=keys, definition__uses__how=how, retired=False
    )
