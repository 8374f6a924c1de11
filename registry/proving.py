"""One metric before and after, asked of the condition language in a capped process, told in both languages.

Everything is read as of the day from which the change applies: what other metrics then mean, and the as-of date.
"""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from registry import engine, meaning, telling, wording
from registry.conditions import ConditionError, Moments, Vocabulary
from registry.conditions.sense import senses
from registry.conditions.worker import Overrun
from registry.course import Span, spans_of
from registry.ledger.canonical import digest
from registry.meaning import Overlay
from registry.models.metrics import InForceQuerySet
from registry.wording import Wording

LANGUAGES = ("ja", "en")
COUNTING_RULES = ("kind", "counting_key", "dated_by", "first_per", "sums")


def in_both(say: Callable[[], Any]) -> dict[str, Any]:
    """What is said, by language."""
    said = {}
    for language in LANGUAGES:
        with translation.override(language):
            said[language] = say()
    return said


def unchecked() -> str:
    return _(
        "This could not be checked in time. Reload the page in a minute; "
        "if it stays so, write the condition more simply."
    )


def names(words: Wording) -> dict[str, str]:
    return {language: words[f"name_{language}"] for language in LANGUAGES}


def record_digest(record: Mapping[str, Any]) -> str:
    """What an answer is bound to: this very record."""
    return digest("goi/example/1", telling.canonical(record))


class Question:
    """Old against new: with what the changed metrics are based on, and with the whole proposal in force."""

    def __init__(self, based: Overlay, overlay: Overlay, on: date, declared: Vocabulary) -> None:
        self.based, self.overlay, self.on, self.declared = based, overlay, on, declared

    def changed(self, key: str, old: Wording | None, new: Wording) -> dict[str, Any]:
        """What a change of words does, as JSON: a verdict, example cards, findings, and the rules that changed."""
        if new["retired"]:
            return self._told(key, new, "same" if old and old["retired"] else "retired")
        if not new["condition"]:
            return self._told(key, new, "calculated")
        findings = self._findings(new)
        if old is None or old["retired"] or not old["condition"]:
            return self._told(key, new, "new", findings=findings)
        if old["counts"] != new["counts"]:
            return self._told(key, new, "other", findings=findings)
        found = self._compared(old, new)
        rules = in_both(lambda: list(_rules(old, new)))
        if rules["en"] and found["verdict"] in ("same", "redated"):
            found["verdict"] = "recounted"
        return self._told(key, new, found["verdict"], self._cards(found, new), findings, rules)

    def rippled(self, span: Span) -> dict[str, Any]:
        """The same for a metric whose own words stay, and which refers to what changes, on the first of its days.

        With `begins`, that day, where it is a later one.
        """
        asked = Question(self.based, self.overlay, max(self.on, span.begins), self.declared)
        found = asked._compared(span.words, span.words)
        if found["verdict"] == "apart" and meaning.tree(span.words, self.overlay, self.declared, asked.on) is None:
            found["verdict"] = "broken"
        told = asked._told(span.key, span.words, found["verdict"], asked._cards(found, span.words))
        return told | {"begins": asked.on if asked.on > self.on else None}

    def agreed(self, text: str) -> dict[str, Any]:
        """What the new text refers to."""
        return meaning.agreed([text], self.overlay, self.on)

    def _told(
        self,
        key: str,
        words: Wording,
        verdict: str,
        cards: list[dict[str, Any]] | None = None,
        findings: Mapping[str, Any] | None = None,
        rules: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        nothing: dict[str, Any] = {language: [] for language in LANGUAGES}
        return {
            "key": key,
            "name": names(words),
            "verdict": verdict,
            "cards": cards or [],
            "findings": findings or nothing,
            "rules": rules or nothing,
        }

    def _compared(self, old: Wording, new: Wording) -> dict[str, Any]:
        texts = (old["condition"], new["condition"])
        before, after = meaning.agreed(texts, self.based, self.on), meaning.agreed(texts, self.overlay, self.on)
        moments = Moments(as_of=self.on)
        try:
            compared: dict[str, Any] = engine.ask(
                "compare", *texts, self.declared, new["counts"], before, moments, new_metrics=after
            ).as_json()
        except ConditionError as error:
            return {"verdict": "unchecked" if isinstance(error, Overrun) else "apart", "gained": None, "lost": None}
        if compared["verdict"] == "same" and self._is_dated_otherwise(new):
            compared["verdict"] = "redated"
        return compared

    def _is_dated_otherwise(self, words: Wording) -> bool:
        """Whether the date it is counted by refers to something that changes."""
        text = words["dated_by"]
        before, after = (meaning.agreed([text], side, self.on) for side in (self.based, self.overlay))
        old, new = (senses(meaning.counting(words), self.declared, metrics) for metrics in (before, after))
        return before != after and old.get(text) != new.get(text)

    def _cards(self, compared: Mapping[str, Any], words: Wording) -> list[dict[str, Any]]:
        return [self._card(side, compared[side], words) for side in ("gained", "lost") if compared[side]]

    def _card(self, side: str, example: Mapping[str, Any], words: Wording) -> dict[str, Any]:
        return {
            "side": side,
            "counts": side == "gained",
            "record": example["record"],
            "digest": record_digest(example["record"]),
            "telling": in_both(lambda: telling.labelled(example["telling"], self.declared, words["counts"])),
        }

    def _findings(self, words: Wording) -> dict[str, Any]:
        text, entity = words["condition"], words["counts"]
        try:
            found = engine.ask("check", text, self.declared, entity, self.agreed(text), Moments(as_of=self.on))
        except Overrun:
            return in_both(lambda: [(unchecked(), [])])
        except ConditionError:
            return {language: [] for language in LANGUAGES}
        return in_both(lambda: [telling.finding(each, text, self.declared, entity) for each in found])


def _rules(old: Wording, new: Wording) -> list[tuple[str, str, str]]:
    """`(rule, before, after)` of how records are counted, in words, where it changes."""
    changed = [name for name in COUNTING_RULES if old[name] != new[name]]
    return [(wording.label(name), _rule(name, old[name]), _rule(name, new[name])) for name in changed]


def _rule(name: str, value: str) -> str:
    return str(wording.KINDS[value]) if name == "kind" else value or _("none")


def referring(keys: set[str], how: str, among: InForceQuerySet) -> list[Span]:
    """Those that use one of `keys` in their condition or formula (`how`), also through others, by metric and day."""
    found: dict[tuple[str, date], Span] = {}
    known = wanted = keys
    while wanted:
        spans = list(spans_of(using(wanted, how, among).exclude(key__in=keys)))
        wanted = {span.key for span in spans} - known
        known = known | wanted
        found |= {(span.key, span.begins): span for span in spans}
    return [found[place] for place in sorted(found)]


def using(keys: set[str], how: str, among: InForceQuerySet) -> InForceQuerySet:
    """Those that use one of `keys` in their condition, formula or text (`how`)."""
    return among.filter(definition__uses__key__in=keys, definition__uses__how=how, retired=False)
