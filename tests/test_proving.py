"""What is proved of a change is what the numbers then say: of records with their date, in their month."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from registry import containments, counts, effect
from registry.effect import Effect
from registry.models import Proposal, Run
from registry.seeding.content import Content
from registry.standing import Standing
from registry.workflow import reviewing, vocabulary
from tests.cast import Cast, agreed_rate, fresh, latest, sealed, words
from tests.counting import FILES, agreed, changing, kept, plain
from tests.data import declare

FIVE, HELD = "company.employees >= 5", "status = 'held'"
TARGETED = "CASE WHEN is_target_lead THEN created_on END"
LATER = "CASE WHEN is_target_lead THEN created_on ELSE created_on + INTERVAL 40 DAY END"
FIFTY = {"target_lead": {"condition": "company.employees >= 50"}}
BEE: dict[str, Any] = words(name_ja="ビー数", name_en="Bees", condition=FIVE)
MEETINGS = """M3,L1,2026-03-01,2026-03-10,no_show,,online,30,confirmed,decides,6,qualified,2026-04-21
M4,L2,2026-05-05,,held,,online,30,confirmed,decides,6,qualified,2026-05-21
"""


@pytest.fixture(autouse=True)
def _declared(cast: Cast, in_this_process: None) -> None:
    declare(cast)


def found(proposal: Proposal) -> dict[str, Effect]:
    standing = Standing(fresh(proposal))
    return {each.key: each for each in (*effect.effects(standing), *effect.ripple(standing))}


def numbers(client: Client, cast: Cast, proposal: Proposal, key: str) -> tuple[int, int]:
    """How many are gained and lost on the data, over all months."""
    client.force_login(cast.misaki)
    client.post(f"/proposals/{proposal.pk}/counts/")
    months = counts.months_of(Run.objects.get(key=key))
    return sum(int(each.gained) for each in months), sum(int(each.lost) for each in months)


def shown(client: Client, cast: Cast, address: str) -> str:
    client.force_login(cast.misaki)
    return plain(client.get(address, headers={"accept-language": "en"}))


# --- a condition is not yet what counts ---


def test_a_record_without_its_date_never_newly_counts(client: Client, cast: Cast, tmp_path: Path):
    kept(cast, tmp_path, FILES | {"meeting": FILES["meeting"] + MEETINGS})
    agreed(cast, meeting={"condition": f"{HELD} AND held_on IS NOT NULL"})
    proposal = changing(cast, meeting={"condition": HELD})
    assert (found(proposal)["meeting"].verdict, found(proposal)["meeting"].cards) == ("same", [])
    assert numbers(client, cast, proposal, "meeting") == (0, 0)
    sealed(cast, proposal)


def test_an_answer_that_a_record_without_its_date_does_not_count_stops_no_seal(cast: Cast):
    proposal = changing(cast, meeting={"condition": f"{HELD} OR status = 'no_show'"})
    (card,) = found(proposal)["meeting"].cards
    record = dict(card.record) | {"held_on": None}
    reviewing.answer_example(latest(proposal), by=cast.kenta, key="meeting", record=record, answer="not")
    assert not any(each.contradicts for each in found(proposal)["meeting"].cards)
    sealed(cast, proposal)


def test_the_period_of_a_condition_is_the_month_of_each_record(client: Client, cast: Cast, tmp_path: Path):
    kept(cast, tmp_path, FILES)
    agreed(cast, bee=BEE | {"condition": f"{FIVE} AND created_on >= period_start"})
    proposal = changing(cast, bee={"condition": FIVE})
    assert found(proposal)["bee"].verdict == "same"
    assert numbers(client, cast, proposal, "bee") == (0, 0)


def test_a_date_that_more_records_have_lets_more_count(client: Client, cast: Cast, tmp_path: Path):
    kept(cast, tmp_path, FILES)
    agreed(cast, bee=BEE | {"dated_by": TARGETED})
    proposal = changing(cast, **FIFTY)
    bee = found(proposal)["bee"]
    assert (bee.verdict, [card.side for card in bee.cards]) == ("wider", ["gained"])
    gained, lost = numbers(client, cast, proposal, "bee")
    assert (gained > 0, lost) == (True, 0)


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        ({}, "redated"),
        ({"condition": "company.employees >= 4"}, "wider"),
        ({"counting_key": "company_id"}, "recounted"),
        ({"first_per": "company_id"}, "recounted"),
    ],
)
def test_that_the_date_refers_to_what_changes_is_said_whatever_else_is_proved(
    client: Client, cast: Cast, change: dict[str, str], verdict: str
):
    agreed(cast, bee=BEE | {"dated_by": LATER})
    proposal = changing(cast, **FIFTY, **({"bee": change} if change else {}))
    assert found(proposal)["bee"].verdict == verdict
    assert "they may count in another month" in shown(client, cast, f"/proposals/{proposal.pk}/?tab=effect")


def test_where_only_the_first_counts_it_is_not_said_that_none_is_lost(client: Client, cast: Cast, tmp_path: Path):
    """An earlier one that newly fits takes the place of the one that counted."""
    kept(cast, tmp_path, FILES | {"meeting": FILES["meeting"] + MEETINGS})
    agreed(cast, meeting={"first_per": "lead_id"})
    proposal = changing(cast, meeting={"condition": f"{HELD} OR status = 'no_show'"})
    assert found(proposal)["meeting"].verdict == "wider"
    page = shown(client, cast, f"/proposals/{proposal.pk}/?tab=effect")
    assert "none is lost" not in page
    assert "only the first per “lead_id” counts" in page
    assert numbers(client, cast, proposal, "meeting") == (1, 1)


@pytest.mark.parametrize("own", ["meeting_id", "meeting.meeting_id"])
def test_every_record_is_the_first_of_its_own_key(cast: Cast, own: str):
    agreed(cast, meeting={"first_per": own})
    meeting = found(changing(cast, meeting={"condition": f"{HELD} OR status = 'no_show'"}))["meeting"]
    assert (meeting.verdict, meeting.firsts) == ("wider", "")


@pytest.mark.parametrize(
    ("before", "after", "old", "new", "certain"),
    [
        ("lead_id", "lead_id", f"{HELD} OR status = 'no_show'", HELD, "none is new"),
        ("", "lead_id", f"{HELD} OR status = 'no_show'", HELD, ""),
        ("lead_id", "", HELD, f"{HELD} OR status = 'no_show'", ""),
    ],
)
def test_what_is_certain_of_firsts_is_still_said(
    client: Client, cast: Cast, before: str, after: str, old: str, new: str, certain: str
):
    """None is new where all that fitted counted; none is lost where all that fits will count."""
    agreed(cast, meeting={"first_per": before, "condition": old})
    proposal = changing(cast, meeting={"first_per": after, "condition": new})
    page = shown(client, cast, f"/proposals/{proposal.pk}/?tab=effect")
    assert ("(proved)" in page, bool(certain) and certain in page) == (True, False)
    assert ("only the first per “lead_id”" in page) == bool(certain)


def test_within_what_only_counts_the_first_not_everything_is_counted(client: Client, cast: Cast):
    source = Content().vocabulary
    start, end = source.index("containments:"), source.index("entities:")
    within = f"{source[:start]}containments:\n  - {{inner: bee, outer: meeting}}\n{source[end:]}"
    vocabulary.change_vocabulary(within, by=cast.megumi, reason="ビーは商談")
    bee = BEE | {"counts": "meeting", "counting_key": "meeting_id", "dated_by": "booked_on", "condition": "is_meeting"}
    agreed(cast, bee=bee)
    proposal = changing(cast, meeting={"condition": f"{HELD} AND minutes >= 0"})
    (broken,) = containments.concerned(Standing(proposal))
    assert (broken.verdict, [value for _label, value in broken.telling if value == "空欄"]) == ("broken", ["空欄"])
    dated = changing(cast, meeting={"condition": f"{HELD} AND held_on >= booked_on", "first_per": "lead_id"})
    (proved,) = containments.concerned(Standing(dated))
    assert proved.verdict == "proved"
    page = shown(client, cast, f"/proposals/{dated.pk}/?tab=effect")
    assert "is counted in “Meetings” too (proved)" not in page
    assert "only the first per “lead_id” counts" in page


def test_other_words_alone_change_no_rate(cast: Cast):
    """What is calculated from it is named where its numbers change: by itself, or through what it refers to."""
    agreed_rate(cast)
    reworded = {"text_en": "New words only."}
    assert effect.calculated(Standing(changing(cast, meeting=reworded))) == []
    assert effect.calculated(Standing(changing(cast, meeting={"counting_key": "lead_id"}))) != []
    agreed(cast, meeting={"condition": f"{HELD} AND is_target_lead"})
    joint = changing(cast, meeting=reworded, **FIFTY)
    assert found(joint)["meeting"].verdict == "wider"
    assert {key for key, _name in effect.calculated(Standing(joint))} == {"meeting_rate"}
    assert effect.calculated(Standing(changing(cast, meeting_rate=reworded))) == []
