"""What a proposal does to what counts: the verdict, example records, findings, and the ripple.

Everything is asked of the condition language in a capped process, and kept by the digests of what was asked,
since the answer to the same words never changes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.utils.translation import gettext as _

from registry import clock, engine, meaning
from registry.conditions import ConditionError, Moments, Vocabulary, classify
from registry.ledger.canonical import digest
from registry.models import Clause, ExampleAnswer, InForce, Use
from registry.standing import Standing
from registry.wording import Wording

VERDICTS = ("same", "wider", "narrower", "both", "undecided")


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
    def standing(self) -> ExampleAnswer | None:
        """The latest answer, which holds."""
        return self.answers[-1] if self.answers else None

    @property
    def contradicts(self) -> bool:
        """Whether the answer says the opposite of what the new condition does."""
        answer = self.standing.answer if self.standing else ExampleAnswer.UNSURE
        wrong = ExampleAnswer.NOT if self.newly_counts else ExampleAnswer.COUNTS
        return answer == wrong


@dataclass(frozen=True)
class Effect:
    """What one changed metric, or one that refers to it, counts differently."""

    key: str
    name: str
    verdict: str
    cards: list[Card]
    findings: list[str]

    @property
    def sentence(self) -> str:
        return {
            "same": _("The same records count (proved)."),
            "wider": _("More records count; none is lost (proved)."),
            "narrower": _("Fewer records count; none is new (proved)."),
            "both": _("Some records newly count, and some no longer do."),
            "undecided": _("It could not be decided in time whether the same records count."),
        }[self.verdict]


def effects(standing: Standing) -> list[Effect]:
    """The effect of each clause whose condition can be compared with the version it is based on."""
    declared = meaning.vocabulary()
    if declared is None:
        return []
    overlay = {clause.key: clause.wording for clause in standing.clauses}
    found = []
    for clause in standing.clauses:
        if clause.base and clause.wording["condition"] and clause.base.wording["condition"]:
            found.append(_effect(standing, clause, overlay, declared))
    return found


def ripple(standing: Standing) -> list[Effect]:
    """The same for every other metric whose condition refers to one that the proposal changes."""
    declared = meaning.vocabulary()
    if declared is None:
        return []
    overlay = {clause.key: clause.wording for clause in standing.clauses}
    found = []
    for words, key in _referring(set(overlay)):
        answer = _compared(words, words, overlay, declared, standing.submitted.effective_from)
        if answer and answer["verdict"] != "same":
            name = words[f"name_{meaning.language()}"]
            found.append(Effect(key, name, answer["verdict"], _cards(answer, words, declared, []), []))
    return found


def calculated_from(standing: Standing) -> list[tuple[str, str]]:
    """`(key, name)` of the calculated metrics whose numbers change with those of the proposal."""
    keys = {clause.key for clause in standing.clauses}
    spans = InForce.objects.as_of(clock.today()).filter(
        definition__uses__key__in=keys, definition__uses__how=Use.FORMULA
    )
    rows = spans.exclude(key__in=keys).distinct().values_list("key", "definition__wording")
    return [(key, words[f"name_{meaning.language()}"]) for key, words in rows]


def contradicted(standing: Standing) -> list[tuple[Clause, ExampleAnswer]]:
    """The agreed example records that the proposed conditions judge otherwise than their latest answer."""
    declared = meaning.vocabulary()
    if declared is None or not standing.answers:
        return []
    latest = {(each.key, each.record_digest): each for each in standing.answers}
    overlay = {clause.key: clause.wording for clause in standing.clauses}
    found = []
    for clause in standing.clauses:
        said = [each for (key, _digest), each in latest.items() if key == clause.key and each.judges]
        found += [(clause, each) for each in said if not _agrees(clause.wording, each, overlay, declared)]
    return found


def _agrees(words: Wording, answer: ExampleAnswer, overlay: Mapping[str, Wording], declared: Vocabulary) -> bool:
    expected = answer.answer == ExampleAnswer.COUNTS
    metrics = meaning.agreed([words["condition"]], overlay)
    try:
        (verdict,) = classify(words["condition"], [(answer.record, expected)], declared, words["counts"], metrics)
    except ConditionError:
        return False
    return verdict.right


def _referring(keys: set[str]) -> list[tuple[Wording, str]]:
    """Metrics in force whose condition refers to one of `keys`, directly or through others."""
    found: dict[str, Wording] = {}
    wanted = set(keys)
    while wanted:
        spans = InForce.objects.as_of(clock.today()).filter(
            definition__uses__key__in=wanted, definition__uses__how=Use.CONDITION, retired=False
        )
        rows = dict(spans.values_list("key", "definition__wording"))
        wanted = rows.keys() - found.keys() - keys
        found |= {key: rows[key] for key in wanted}
    return [(words, key) for key, words in sorted(found.items())]


def _effect(standing: Standing, clause: Clause, overlay: Mapping[str, Wording], declared: Vocabulary) -> Effect:
    assert clause.base is not None, "only clauses with a base are compared"
    answer = _compared(clause.base.wording, clause.wording, overlay, declared, standing.submitted.effective_from)
    answers = [each for each in standing.answers if each.key == clause.key]
    cards = _cards(answer, clause.wording, declared, answers) if answer else []
    verdict = answer["verdict"] if answer else "undecided"
    return Effect(clause.key, clause.name, verdict, cards, findings(clause.wording, overlay))


def _compared(
    old: Wording, new: Wording, overlay: Mapping[str, Wording], declared: Vocabulary, on: Any
) -> dict[str, Any] | None:
    """The library's comparison as JSON, kept by the digest of everything it was asked; `None` if refused."""
    texts = (old["condition"], new["condition"])
    before, after = meaning.agreed(texts), meaning.agreed(texts, overlay)
    question = {
        "texts": list(texts),
        "counts": new["counts"],
        "before": _asked(before),
        "after": _asked(after),
        "on": on.isoformat(),
        "vocabulary": digest("goi/vocabulary/asked", _canonical(declared.source)),
    }
    name = f"effect:{digest('goi/effect/1', question)}"
    if (kept := cache.get(name)) is not None:
        return kept
    try:
        comparison = engine.ask(
            "compare", *texts, declared, new["counts"], before, Moments(as_of=on), new_metrics=after
        )
    except ConditionError:
        return None
    cache.set(name, answer := comparison.as_json())
    return answer


def _asked(metrics: Mapping[str, Any]) -> dict[str, list[str]]:
    return {key: [each.counts, each.condition] for key, each in metrics.items()}


def _canonical(source: Any) -> Any:
    if isinstance(source, Mapping):
        return {str(key): _canonical(value) for key, value in source.items()}
    return [_canonical(each) for each in source] if isinstance(source, list) else str(source)


def _cards(answer: Mapping[str, Any], words: Wording, declared: Vocabulary, answers: list[ExampleAnswer]) -> list[Card]:
    cards = []
    for side in ("gained", "lost"):
        if example := answer[side]:
            name = record_digest(example["record"])
            said = [each for each in answers if each.record_digest == name]
            telling = labelled(example["telling"], declared, words["counts"])
            cards.append(Card(side, example["record"], telling, name, said))
    return cards


def record_digest(record: Mapping[str, Any]) -> str:
    """What an answer is bound to: this very record."""
    return digest("goi/example/1", _canonical(record))


def labelled(telling: Mapping[str, Any], declared: Vocabulary, entity: str) -> list[tuple[str, str]]:
    """The telling fields with their names and values in the reader's language."""
    return [_labelled(name, value, declared, entity) for name, value in telling.items()]


def _labelled(path: str, value: Any, declared: Vocabulary, entity: str) -> tuple[str, str]:
    here, labels, language = declared.entities[entity], [], meaning.language()
    for part in path.split("."):
        name, _bracket, rest = part.partition("[")
        if name in here.parents:
            labels.append(here.parents[name].label[language])
            here = declared.entities[here.parents[name].entity]
        elif name in here.relations:
            number = rest.rstrip("]")
            labels.append(f"{here.relations[name].label[language]}{' ' + number if number else ''}")
            here = declared.entities[here.relations[name].entity]
        elif name in here.fields:
            word = here.fields[name]
            labels.append(word.label[language])
            return " · ".join(labels), _value(value, word, language)
    return " · ".join(labels), _("none") if value in (None, []) else str(value)


def _value(value: Any, word: Any, language: str) -> str:
    if value is None:
        return _("blank")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if str(value) in word.value_labels:
        return word.value_labels[str(value)][language]
    return f"{value} {word.unit[language]}" if word.unit else str(value)


def findings(words: Wording, overlay: Mapping[str, Wording]) -> list[str]:
    """What a condition does that its author may not mean, one sentence each."""
    declared = meaning.vocabulary()
    if declared is None or not words["condition"]:
        return []
    metrics = meaning.agreed([words["condition"]], overlay)
    name = f"findings:{meaning.language()}:" + digest(
        "goi/findings/1",
        {"text": words["condition"], "metrics": _asked(metrics), "vocabulary": _canonical(declared.source)},
    )
    if (kept := cache.get(name)) is not None:
        return kept
    try:
        found = engine.ask("check", words["condition"], declared, words["counts"], metrics)
    except ConditionError:
        return []
    said = [_finding(each, words["condition"]) for each in found]
    cache.set(name, said)
    return said


def _finding(finding: Any, text: str) -> str:
    place = text[finding.start : finding.end].strip()
    message = finding.message(meaning.language())
    return f"{place} — {message}" if place and place != text.strip() else message
