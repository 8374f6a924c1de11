"""Records that reviewers judged, as worked examples of what was then agreed."""

from dataclasses import dataclass
from typing import Any

from django.db.models import OuterRef, Subquery

from registry import meaning, telling
from registry.conditions import ConditionError, parse
from registry.conditions.compare import telling as telling_fields
from registry.conditions.records import Records, shape
from registry.counts import hashed
from registry.engine import kept
from registry.models import ExampleAnswer, Proposal
from registry.wording import Wording


@dataclass(frozen=True)
class Judged:
    """One record, whether it counts, and who said so; nothing telling where it can no longer be read."""

    telling: list[tuple[str, str]]
    counts: bool
    who: str


def noted(metrics: Any) -> Any:
    """Metrics with `last_answer`, in the same query, so that those nobody judged ask nothing more."""
    answers = ExampleAnswer.objects.filter(key=OuterRef("key"), proposal__state=Proposal.PUBLISHED)
    return metrics.annotate(last_answer=Subquery(answers.order_by("-pk").values("pk")[:1]))


def judged(metric: Any, words: Wording) -> list[Judged]:
    """The latest answer on every record that was judged on the way to a published version, newest first.

    `metric` as `noted` gives it.
    """
    if metric.last_answer is None:
        return []
    asked = (metric.key, metric.last_answer, meaning.stamp(metric), hashed(repr(words)), meaning.language())
    name = f"judged:{hashed(repr(asked))}"
    found: list[Judged] = kept(name, lambda: _told(metric.key, words))
    return found


def _told(key: str, words: Wording) -> list[Judged]:
    answers = (
        ExampleAnswer.objects.with_entity()
        .filter(key=key, proposal__state=Proposal.PUBLISHED)
        .select_related("answered_by")
    )
    latest = {each.record_digest: each for each in answers.order_by("pk")}
    told = [each for each in latest.values() if each.judges]
    declared = meaning.vocabulary() if told else None
    if declared is None or words["counts"] not in declared.entities:
        return []
    try:
        tree = parse(words["condition"], declared, words["counts"], meaning.agreed([words["condition"]]))
    except ConditionError:
        return []
    records = Records(declared, words["counts"], shape([tree]))
    return [_judged(each, records) for each in reversed(told)]


def _judged(answer: ExampleAnswer, records: Records) -> Judged:
    record = answer.read(records.vocabulary, records.entity)
    fields = {} if record is None else telling_fields(record, records)
    return Judged(
        telling.labelled(fields, records.vocabulary, records.entity),
        answer.answer == ExampleAnswer.COUNTS,
        answer.answered_by.name,
    )
