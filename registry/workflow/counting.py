"""Keeping what was counted, so that everybody sees the same numbers and nobody changes them afterwards."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from registry import rules
from registry.models import Dataset, Proposal, Run, User
from registry.refusals import WrongState
from registry.workflow.locking import locked
from registry.workflow.record import Act, verb


@verb
def keep_runs(runs: Sequence[Run], *, by: User, proposal: Proposal | None = None) -> list[Run]:
    """Keep counts of one dataset, in one act. Those that somebody kept meanwhile are left as they are.

    Whoever may read may count: a count agrees to nothing, and the next reader finds it done.
    """
    rules.require_active(by)
    dataset = locked(Dataset.objects.all()).get(pk=runs[0].dataset_id)
    if any(run.fingerprint != dataset.fingerprint for run in runs):
        raise WrongState("data_changed", _("The data was read in anew while it was counted. Count again."))
    questions = [run.question for run in runs]
    kept = set(Run.objects.answering(questions, dataset.fingerprint).values_list("question", flat=True))
    fresh = [run for run in runs if run.question not in kept]
    if not fresh:
        return []
    act = Act("counted", by=by)
    for run in fresh:
        run.counted_by, run.counted_at = by, act.at
        act.save(run)
    act.record(
        proposal=proposal,
        metrics={run.key for run in fresh},
        detail={
            "dataset": dataset.key,
            "name_ja": dataset.name_ja,
            "name_en": dataset.name_en,
            "fingerprint": dataset.fingerprint,
            "queries": {run.question: run.sql_digest for run in fresh},
        },
    )
    return fresh
