"""What a proposal does to what counts, while it is under review and ever after."""

from registry import effect
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
