"""Records that reviewers judged, as worked examples of what was then agreed."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Q, Subquery

from registry import as_of, meaning, telling
from registry.conditions.compare import telling as telling_fields
from registry.conditions.records import Records, shape
from registry.counts import hashed
from registry.engine import kept
from registry.metric_page import MetricPage
from registry.models import Definition, ExampleAnswer, Proposal
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


def judged(page: MetricPage) -> list[Judged]:
    """The latest answer on every record that was judged on the way to a published version, newest first.

    The metric of `page` as `noted` gives it.
    """
    metric: Any = page.metric
    if page.definition is None or metric.last_answer is None:
        return []
    words, stamp = page.definition.wording, meaning.stamp(metric) + page.kept
    asked = (metric.key, metric.last_answer, stamp, hashed(repr(words)), meaning.language())
    name = f"judged:{hashed(repr(asked))}"
    found: list[Judged] = kept(name, lambda: _told(page, words))
    return found


def _told(page: MetricPage, words: Wording) -> list[Judged]:
    told = _answers(page)
    declared = meaning.read_in(page.vocabulary) if told else None
    tree = meaning.what_counts(words, page.agreed_then, declared)
    if declared is None or tree is None:
        return []
    records = Records(declared, words["counts"], shape([tree]))
    people = as_of.then({each.answered_by for each in told}, page.when)
    return [_judged(each, records, people[each.answered_by].name) for each in reversed(told)]


def _answers(page: MetricPage) -> list[ExampleAnswer]:
    """The last one on each record, where it says yes or no, oldest first.

    Those that led to the version shown or to one before it; and those given where only something changed that it
    refers to, which has taken effect.
    """
    assert page.definition is not None
    own = Definition.objects.filter(revision=OuterRef("proposal__revision"), metric=page.metric)
    by_then = Exists(own.filter(number__lte=page.definition.number))
    referring = ~Exists(own) & Q(proposal__revision__effective_from__lte=page.valid)
    answers = (
        ExampleAnswer.objects.with_entity()
        .filter(by_then | referring, key=page.metric.key, proposal__state=Proposal.PUBLISHED)
        .select_related("answered_by")
    )
    if not page.when.is_now:
        answers = answers.filter(proposal__ended_at__lte=page.read_at)
    latest = {each.record_digest: each for each in answers.order_by("pk")}
    return [each for each in latest.values() if each.judges]


def _judged(answer: ExampleAnswer, records: Records, who: str) -> Judged:
    record = answer.read(records.vocabulary, records.entity)
    fields = {} if record is None else telling_fields(record, records)
    return Judged(
        telling.labelled(fields, records.vocabulary, records.entity),
        answer.answer == ExampleAnswer.COUNTS,
        who,
    )
