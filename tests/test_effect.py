"""What a proposal does to what counts, while it is under review and ever after."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache

from registry import conditions, containments, effect, engine
from registry.conditions.problems import refuse
from registry.conditions.worker import Overrun
from registry.models import Proposal
from registry.standing import Standing
from tests.cast import Cast, fresh, seal
from tests.counting import agreed, proposed
from tests.data import declare


def test_a_published_proposal_is_still_told_from_what_it_changed(cast: Cast):
    declare(cast)
    agreed(cast, meeting={"condition": "status = 'held' AND is_target_lead"})
    proposal = proposed(cast)
    assert told(proposal) == [("target_lead", "wider"), ("meeting", "wider")]
    seal(proposal, team=cast.marketing, by=cast.ryo)
    seal(proposal, team=cast.sales, by=cast.naoko)
    assert told(proposal) == [("target_lead", "wider"), ("meeting", "wider")]


def told(proposal: Proposal) -> list[tuple[str, str]]:
    standing = Standing(fresh(proposal))
    return [(each.key, each.verdict) for each in (*effect.effects(standing), *effect.ripple(standing))]


class Busy:
    """Workers that answer nothing until `free`."""

    def __init__(self, error: Callable[[], Exception]) -> None:
        self.error, self.free = error, False

    def run(self, function: str, *asked: Any, seconds: float, **named: Any) -> Any:
        if not self.free:
            raise self.error()
        return getattr(conditions, function)(*asked, **named)


ERRORS: dict[str, Callable[[], Exception]] = {
    "overrun": lambda: Overrun(refuse("worker_time", seconds="2.8").problems),
    "failed": lambda: refuse("worker_failed", reason="KeyError"),
}


@pytest.mark.parametrize("error", ERRORS.values(), ids=ERRORS)
def test_what_could_not_be_checked_says_so_and_is_asked_again(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, error: Callable[[], Exception]
):
    declare(cast)
    agreed(cast, meeting={"condition": "status = 'held' AND is_target_lead"})
    proposal = proposed(cast)
    cache.clear()
    busy = Busy(error)
    monkeypatch.setattr(engine, "_workers", lambda: busy)
    monkeypatch.setattr(engine, "SOON", -1)
    assert told(proposal) == [("target_lead", "unchecked"), ("meeting", "unchecked")]
    (changed,) = effect.effects(Standing(fresh(proposal)))
    assert "確認できませんでした" in changed.sentence
    assert changed.findings == [changed.sentence]
    assert {each.verdict for each in containments.concerned(Standing(fresh(proposal)))} <= {"undecided"}
    busy.free = True
    assert told(proposal) == [("target_lead", "wider"), ("meeting", "wider")]
    assert {each.verdict for each in containments.concerned(Standing(fresh(proposal)))} <= {"proved", "broken"}
