"""One metric before and after, asked of the condition language in a capped process, told in both languages.

Everything is read as of the day from which the change applies: what other metrics then mean, and the as-of date.
"""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from registry import conditions_syntax, engine, meaning, telling, wording
from registry.conditions import Agreed, ConditionError, Moments, Vocabulary
from registry.conditions.sense import senses
from registry.conditions.worker import Overrun
from registry.conditions_syntax import COUNTED_BY
from registry.ledger.canonical import digest
from registry.meaning import Overlay
from registry.spans import Span
from registry.wording import Wording

LANGUAGES = ("ja", "en")
NOT_COMPARED: Mapping[str, Any] = {"gained": None, "lost": None, "firsts": "", "refers": []}
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
        if not wording.is_counted(new):
            return self._told(key, new, "calculated")
        findings = self._findings(new)
        if old is None or old["retired"] or not wording.is_counted(old):
            return self._told(key, new, "new", findings=findings)
        if old["counts"] != new["counts"]:
            return self._told(key, new, "other", findings=findings)
        found = self._compared(old, new)
        rules = in_both(lambda: list(_rules(old, new)))
        if rules["en"] and found["verdict"] in ("same", "redated"):
            found["verdict"] = "recounted"
        return self._told(key, new, found["verdict"], findings=findings, rules=rules, found=found)

    def rippled(self, span: Span) -> dict[str, Any]:
        """The same for a metric whose own words stay, and which refers to what changes."""
        found = self._compared(span.words, span.words)
        verdict = found["verdict"]
        if verdict == "apart" and meaning.what_counts(span.words, self.overlay, self.declared, self.on) is None:
            verdict = "broken"
        return self._told(span.key, span.words, verdict, found=found)

    def agreed(self, text: str) -> dict[str, Any]:
        """What the new text refers to."""
        return meaning.agreed([text], self.overlay, self.on)

    def _told(
        self,
        key: str,
        words: Wording,
        verdict: str,
        findings: Mapping[str, Any] | None = None,
        rules: Mapping[str, Any] | None = None,
        found: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """`found`: as `_compared` gives it, where there was something to compare."""
        nothing: dict[str, Any] = {language: [] for language in LANGUAGES}
        found = found or NOT_COMPARED
        return {
            "key": key,
            "name": names(words),
            "verdict": verdict,
            "cards": self._cards(found, words),
            "findings": findings or nothing,
            "rules": rules or nothing,
            "firsts": found["firsts"],
            "refers": found["refers"],
        }

    def _compared(self, old: Wording, new: Wording) -> dict[str, Any]:
        """What counts by the old words and by the new: the condition, and the date without which nothing counts.

        With `firsts`, the field of which only the first counts, so that what is proved of the conditions is not
        certain of what counts; and `refers`, the counting rules that refer to something that changes.
        """
        texts = meaning.texts_of(old, new)
        before, after = (meaning.agreed(texts, side, self.on) for side in (self.based, self.overlay))
        asked = (meaning.counting(old), meaning.counting(new))
        moments = Moments(as_of=self.on)
        try:
            compared: dict[str, Any] = engine.ask(
                "compare", *asked, self.declared, new["counts"], before, moments, new_metrics=after
            ).as_json()
        except ConditionError as error:
            return {**NOT_COMPARED, "verdict": "unchecked" if isinstance(error, Overrun) else "apart"}
        refers = [name for name in self._referring_to_change(new, before, after) if old[name] == new[name]]
        if compared["verdict"] == "same" and refers:
            in_order = meaning.firsts(new, self.declared)  # by another date another one is the first
            compared["verdict"] = "redated" if refers == ["dated_by"] and not in_order else "recounted"
        one = {"wider": new, "narrower": old}.get(compared["verdict"])
        return compared | {"firsts": meaning.firsts(one, self.declared) if one else "", "refers": refers}

    def _referring_to_change(
        self, words: Wording, before: Mapping[str, Agreed], after: Mapping[str, Agreed]
    ) -> list[str]:
        """The counting rules that mean something else once the proposal is in force: those that name a metric can."""
        rules = [name for name in COUNTED_BY if conditions_syntax.references(words[name])]
        if before == after or not rules:
            return []
        counting = meaning.counting(words)
        old, new = (senses(counting, self.declared, metrics) for metrics in (before, after))

        def parts(name: str) -> tuple[str, ...]:
            return counting.counting_key if name == "counting_key" else (words[name],)

        return [name for name in rules if any(old.get(text) != new.get(text) for text in parts(name))]

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
