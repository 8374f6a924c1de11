"""What reviewers said of example records, held against the condition that a proposal would have, and its date.

Judged by the reference evaluator, without the solver, so that the rule which blocks a seal never waits for a proof.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any

from registry import meaning, telling
from registry.conditions import Moments, Vocabulary
from registry.conditions.compare import telling as telling_fields
from registry.conditions.evaluate import evaluator
from registry.conditions.records import Records, shape
from registry.conditions.shared import differing_parts
from registry.conditions.tree import Condition
from registry.engine import kept
from registry.ledger.canonical import digest
from registry.models import ExampleAnswer
from registry.proving import in_both, names
from registry.standing import Standing
from registry.wording import Wording


def judged(standing: Standing) -> list[dict[str, Any]]:
    """Every record that was answered, with what the proposed condition now says of it, as JSON.

    Of the metrics that refer to the proposal's, only those of which it makes them say something else: what others
    did does not hold it up. `counts` is None where the record can no longer be read: the vocabulary has changed, or
    other things are counted.
    """
    if standing.revision is None or not (standing.has_vocabulary and standing.answers):
        return []
    asked = digest("goi/answers/1", [each.pk for each in standing.latest_answers])
    name = f"answers/2:{standing.revision.digest}:{standing.stamp}:{asked}"
    found: list[dict[str, Any]] = kept(name, lambda: list(_judged(standing)))
    return found


def contradicted(standing: Standing) -> list[tuple[str, str]]:
    """`(key, name)` of the metrics that, with the proposal in force, judge an answered record otherwise."""
    said = {(each.key, each.record_digest): each for each in standing.latest_answers}
    found = {
        each["key"]: each["name"][meaning.language()]
        for each in judged(standing)
        if said[each["key"], each["digest"]].contradicts(each["counts"])
    }
    return list(found.items())


def _judged(standing: Standing) -> Iterator[dict[str, Any]]:
    declared = meaning.read_in(standing.read_by)
    if declared is None:
        return
    given: dict[str, list[ExampleAnswer]] = {}
    for answer in standing.latest_answers:
        given.setdefault(answer.key, []).append(answer)
    for key, said in given.items():
        for judge in _judges(key, standing, declared):
            yield from (judge.of(each) for each in said if key in standing.overlay or judge.changes(each))


def _judges(key: str, standing: Standing, declared: Vocabulary) -> Iterator["_Judge"]:
    """One for each wording the metric is going to have, and each day from which what it refers to changes otherwise.

    None where it has no condition that can be read.
    """
    on = standing.submitted.effective_from
    spans = [span for span in standing.dependents if span.key == key]
    others = [(span.words, span.words, day) for span in spans for day in standing.turns(span)]
    own = [(standing.based.get(key), standing.overlay[key], on)] if key in standing.overlay else []
    for base, words, day in own or others:
        new = None if words["retired"] else meaning.what_counts(words, standing.overlay, declared, day)
        alike = base and base["counts"] == words["counts"]
        old = meaning.what_counts(base, standing.before(day), declared, day) if base and alike else None
        if new is not None:
            yield _Judge(key, words, old, new, declared, day, day if day > on else None)


class _Judge:
    """Old against new for one metric, record by record, on a day; `begins` is that day where it is a later one."""

    def __init__(
        self,
        key: str,
        words: Wording,
        old: Condition | None,
        new: Condition,
        declared: Vocabulary,
        day: date,
        begins: date | None,
    ) -> None:
        self.key, self.words, self.declared, self.begins = key, words, declared, begins
        trees = [new, old] if old else [new]
        self.differing = differing_parts(old, new) if old else []
        self.records = Records(declared, self.entity, shape(trees))
        self.truths = [evaluator(tree, declared, self.entity, Moments(as_of=day)) for tree in trees]

    @property
    def entity(self) -> str:
        return self.words["counts"]

    def changes(self, answer: ExampleAnswer) -> bool:
        """Whether the old and the new condition judge the record differently."""
        record = answer.read(self.declared, self.entity)
        return record is not None and len({truth(record) is True for truth in self.truths}) > 1

    def of(self, answer: ExampleAnswer) -> dict[str, Any]:
        record = answer.read(self.declared, self.entity)
        counts = None if record is None else self.truths[0](record) is True
        fields = {} if record is None else telling_fields(record, self.records, self.differing)
        return {
            "side": "answered",
            "key": self.key,
            "begins": self.begins,
            "name": names(self.words),
            "counts": counts,
            "record": answer.record,
            "digest": answer.record_digest,
            "telling": in_both(lambda: telling.labelled(fields, self.declared, self.entity)),
        }
