"""What reviewers said of example records, held against the condition that a proposal would have.

Judged by the reference evaluator, without the solver, so that the rule which blocks a seal never waits for a proof.
"""

from collections.abc import Iterator
from typing import Any

from registry import meaning, telling
from registry.conditions import Moments, Vocabulary
from registry.conditions.compare import telling as telling_fields
from registry.conditions.evaluate import evaluator
from registry.conditions.records import Records, shape
from registry.conditions.tree import Condition
from registry.engine import kept
from registry.ledger.canonical import digest
from registry.models import Clause, ExampleAnswer
from registry.proving import in_both, names
from registry.standing import Standing


def judged(standing: Standing) -> list[dict[str, Any]]:
    """Every record that was answered, with what the proposed condition now says of it, as JSON.

    `counts` is None where the record can no longer be read: the vocabulary has changed, or other things are counted.
    """
    if standing.revision is None or not (standing.has_vocabulary and standing.answers):
        return []
    asked = digest("goi/answers/1", [each.pk for each in standing.latest_answers])
    name = f"answers:{standing.revision.digest}:{standing.stamp}:{asked}"
    found: list[dict[str, Any]] = kept(name, lambda: list(_judged(standing)))
    return found


def contradicted(standing: Standing) -> list[tuple[str, str]]:
    """`(key, name)` of the metrics whose proposed condition judges an answered record otherwise."""
    said = {(each.key, each.record_digest): each for each in standing.latest_answers}
    found = {
        each["key"]: each["name"][meaning.language()]
        for each in judged(standing)
        if said[each["key"], each["digest"]].contradicts(each["counts"])
    }
    return list(found.items())


def _judged(standing: Standing) -> Iterator[dict[str, Any]]:
    declared = meaning.read_in(standing.carried)
    on = standing.submitted.effective_from
    for clause in standing.clauses:
        tree = None if clause.wording["retired"] else meaning.tree(clause.wording, standing.overlay, declared, on)
        if tree is None or declared is None:
            continue
        judge = _Judge(clause, tree, declared, Moments(as_of=on))
        for answer in standing.latest_answers:
            if answer.key == clause.key:
                yield judge.of(answer)


class _Judge:
    def __init__(self, clause: Clause, tree: Condition, declared: Vocabulary, moments: Moments) -> None:
        self.clause, self.declared, self.entity = clause, declared, clause.wording["counts"]
        self.records = Records(declared, self.entity, shape([tree]))
        self.truth = evaluator(tree, declared, self.entity, moments)

    def of(self, answer: ExampleAnswer) -> dict[str, Any]:
        record = answer.read(self.declared, self.entity)
        counts = None if record is None else self.truth(record) is True
        fields = {} if record is None else telling_fields(record, self.records)
        return {
            "side": "answered",
            "key": self.clause.key,
            "name": names(self.clause.wording),
            "counts": counts,
            "record": answer.record,
            "digest": answer.record_digest,
            "telling": in_both(lambda: telling.labelled(fields, self.declared, self.entity)),
        }
