"""What was agreed is read in the vocabulary of its time, whatever the vocabulary says today."""

import re
from datetime import date, timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client

from registry import answers, effect
from registry.standing import Standing
from registry.workflow import reviewing, submitting, vocabulary
from tests.cast import FOUNDED, TODAY, Cast, fresh, latest, on, published, sealed, started, write
from tests.test_effect import answer, only
from tests.workflow.test_carrying import ADDED, SOURCE, submitted

DAY = timedelta(days=1)
RELABELLED = SOURCE.replace("label: {ja: 従業員数, en: employees}", "label: {ja: 社員数, en: staff members}")

RETYPED = re.sub("      region: .*", "      region: {type: int, nullable: true, label: {ja: 地域, en: region}}", SOURCE)


@pytest.fixture
def reader(client: Client, cast: Cast) -> Client:
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    client.force_login(cast.takuya)
    return client


@pytest.fixture(autouse=True)
def _declared(cast: Cast) -> None:
    with on(FOUNDED + DAY):
        vocabulary.change_vocabulary(SOURCE, by=cast.megumi, reason="例の語彙")


def shown(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200, address
    return unescape(response.content.decode())


def metric_on(client: Client, day: date) -> str:
    return shown(client, f"/metrics/target_lead/?on={day}")


def agree(cast: Cast, key: str, condition: str, **day: Any) -> None:
    proposal = write(started(cast.misaki, **day), by=cast.misaki, change={key: {"condition": condition}})
    submitting.submit(fresh(proposal), by=cast.misaki)
    sealed(cast, proposal)


def test_a_condition_that_todays_vocabulary_cannot_read_is_read_in_that_of_its_time(reader: Client, cast: Cast):
    sealed(cast, submitted(cast))
    with on(TODAY + DAY):
        assert 'class="reading"' in metric_on(reader, TODAY - DAY)
        assert 'class="reading"' in metric_on(reader, TODAY)


def test_words_of_a_day_are_those_of_that_day(reader: Client, cast: Cast):
    with on(TODAY + 5 * DAY):
        vocabulary.change_vocabulary(RELABELLED, by=cast.megumi, reason="呼び方を揃える")
    with on(TODAY + 6 * DAY):
        assert "staff members" in shown(reader, "/metrics/target_lead/")
        assert "staff members" not in metric_on(reader, TODAY)
        assert "employees" in metric_on(reader, TODAY)
        assert "staff members" not in metric_on(reader, FOUNDED), "before the first vocabulary it is read in that one"


def test_a_correction_of_the_past_is_read_in_the_words_it_was_written_in(reader: Client, cast: Cast):
    with on(TODAY + DAY):
        vocabulary.change_vocabulary(ADDED, by=cast.megumi, reason="設立年")
    with on(TODAY + 2 * DAY):
        agree(cast, "target_lead", "company.founded_in >= 2000", effective_from=FOUNDED, retroactive=True)
        assert "year founded" in metric_on(reader, TODAY - DAY).split('class="reading"')[1]


def test_a_metric_that_refers_to_a_correction_is_read_in_the_words_of_the_correction(reader: Client, cast: Cast):
    agree(cast, "meeting", "status = 'held' AND lead.is_target_lead")
    with on(TODAY + DAY):
        vocabulary.change_vocabulary(ADDED, by=cast.megumi, reason="設立年")
    with on(TODAY + 2 * DAY):
        agree(cast, "target_lead", "company.founded_in >= 2000", effective_from=FOUNDED, retroactive=True)
        assert 'class="reading"' in shown(reader, f"/metrics/meeting/?on={TODAY}")


def test_a_proposal_that_has_ended_is_read_in_the_words_of_then(reader: Client, cast: Cast):
    (version,) = published(cast, "target_lead")
    address = f"/proposals/{version.revision.proposal_id}/"
    effect = shown(reader, f"{address}?tab=effect")
    with on(TODAY + 5 * DAY):
        vocabulary.change_vocabulary(RELABELLED, by=cast.megumi, reason="呼び方を揃える")
        assert "staff members" not in shown(reader, address)
        assert ("employees" in shown(reader, f"{address}?tab=effect")) == ("employees" in effect)


def test_what_was_answered_on_a_proposal_that_has_ended_stays_readable(reader: Client, cast: Cast):
    proposal = started(cast.misaki)
    write(proposal, by=cast.misaki, change={"target_lead": {"condition": "company.employees >= 50"}})
    submitting.submit(fresh(proposal), by=cast.misaki)
    for number in range(len(only(fresh(proposal)).cards)):
        answer(cast, fresh(proposal), "counts", number)
    sealed(cast, proposal)
    with on(TODAY + 2 * DAY):
        vocabulary.change_vocabulary(RETYPED, by=cast.megumi, reason="地域は番号で記録する")
        assert [each["counts"] for each in answers.judged(Standing(fresh(proposal)))] == [True]
        assert "can no longer be read" not in shown(reader, f"/proposals/{proposal.pk}/?tab=effect")


def judged_on_the_way(cast: Cast, **day: Any) -> None:
    """Version 2 of the target leads, agreed once Kenta said that a company of 99 counts, too."""
    proposal = started(cast.misaki, **day)
    write(proposal, by=cast.misaki, change={"target_lead": {"condition": "company.employees >= 50"}})
    submitting.submit(fresh(proposal), by=cast.misaki)
    for number in range(len(only(fresh(proposal)).cards)):
        answer(cast, fresh(proposal), "counts", number)
    sealed(cast, proposal)


def test_a_record_judged_later_is_no_example_of_an_earlier_day(reader: Client, cast: Cast):
    published(cast, "target_lead")
    with on(TODAY + 2 * DAY):
        judged_on_the_way(cast)
        assert "judged by Kenta Sato" in shown(reader, "/metrics/target_lead/")
        assert "judged by" not in metric_on(reader, TODAY)


def test_a_record_judged_for_a_version_that_lies_ahead_is_no_example_before(reader: Client, cast: Cast):
    judged_on_the_way(cast, effective_from=TODAY + 30 * DAY)
    for address in ("", f"?on={TODAY + 5 * DAY}", f"?on={TODAY}&known={TODAY}"):
        assert "judged by" not in shown(reader, f"/metrics/target_lead/{address}")
    assert "judged by Kenta Sato" in metric_on(reader, TODAY + 30 * DAY)
    with on(TODAY + 30 * DAY):
        assert "judged by Kenta Sato" in shown(reader, "/metrics/target_lead/")


def test_a_record_judged_for_what_it_refers_to_is_an_example_once_that_is_in_force(reader: Client, cast: Cast):
    agree(cast, "meeting", "status = 'held' AND lead.is_target_lead")
    ahead = started(cast.misaki, effective_from=TODAY + 30 * DAY)
    write(ahead, by=cast.misaki, change={"target_lead": {"condition": "company.employees >= 50"}})
    submitting.submit(fresh(ahead), by=cast.misaki)
    for found in effect.ripple(Standing(fresh(ahead))):
        for card in found.cards:
            reviewing.answer_example(
                latest(ahead), by=cast.kenta, key="meeting", record=dict(card.record), answer="counts"
            )
    sealed(cast, ahead)
    assert "judged by" not in shown(reader, "/metrics/meeting/")
    assert "judged by Kenta Sato" in shown(reader, f"/metrics/meeting/?on={TODAY + 30 * DAY}")
