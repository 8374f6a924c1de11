"""The last count on a metric's page, and what reviewers said of examples."""

from typing import Any

import pytest
from django.test import Client

from registry.models import Dataset, Run
from registry.workflow import reviewing
from tests.cast import Cast, latest, refuses, seal, sealed, words
from tests.counting import FEWER, RATE, agreed, count, effect, plain, proposed


@pytest.fixture
def client(client: Client, cast: Cast) -> Client:
    """A browser in which Kenta of sales is signed in and reads English."""
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    client.force_login(cast.kenta)
    return client


def test_a_metric_shows_its_last_count_from_the_proposal_that_made_it(client: Client, cast: Cast, crm: Dataset):
    assert "has not been counted yet" in plain(client.get("/metrics/target_lead/"))
    proposal = proposed(cast)
    count(client, proposal)
    assert "Last count 2 leads — in 2 months Counted on CRM as of 15 Jun 2026" in plain(
        client.get("/metrics/target_lead/")
    )
    sealed(cast, proposal)
    assert "Last count 4 leads — in 2 months" in plain(client.get("/metrics/target_lead/"))


def test_a_metric_is_counted_as_it_is_and_a_rate_from_its_factors(client: Client, cast: Cast, crm: Dataset):
    agreed(cast, meeting_rate=words(**RATE))
    assert client.post("/metrics/meeting_rate/counts/").url == "/metrics/meeting_rate/#counted"
    assert {run.key for run in Run.objects.all()} == {"meeting", "target_lead"}
    assert "Last count 100.0% — in 2 months" in plain(client.get("/metrics/meeting_rate/"))
    assert "Last count 2 leads" in plain(client.get("/metrics/meeting/"))


def test_outside_readers_see_no_count(client: Client, cast: Cast, crm: Dataset, settings: Any):
    client.post("/metrics/target_lead/counts/")
    client.logout()
    settings.PUBLIC = True
    assert "Last count" not in plain(client.get("/metrics/target_lead/"))
    assert client.post("/metrics/target_lead/counts/").status_code in (302, 401, 403)
    assert Run.objects.count() == 1


def test_an_unanswered_example_is_still_needed_and_its_answer_becomes_a_worked_example(
    client: Client, cast: Cast, crm: Dataset
):
    proposal = proposed(cast, condition=f"{FEWER} AND created_on >= DATE '2026-04-01'")
    page = client.get(f"/proposals/{proposal.pk}/?tab=effect")
    effects = page.context["effects"]
    cards = [card for each in effects for card in each.cards]
    assert "Does this count as “Target leads”?" in plain(page)
    for card in cards:
        answer = "counts" if card.counts else "not"
        reviewing.answer_example(
            latest(proposal), by=cast.kenta, key="target_lead", record=dict(card.record), answer=answer
        )
    assert "Does this count as “Target leads”?" not in effect(client, proposal)
    assert "judged by" not in plain(client.get("/metrics/target_lead/"))
    sealed(cast, proposal)
    shown = plain(client.get("/metrics/target_lead/"))
    assert "company · employees: " in shown
    assert "judged by Kenta Sato" in shown


def test_an_answer_that_contradicts_a_condition_about_days_blocks_the_seal(client: Client, cast: Cast, crm: Dataset):
    proposal = proposed(cast, condition="company.employees >= 100 AND created_on >= as_of - INTERVAL 90 DAY")
    page = client.get(f"/proposals/{proposal.pk}/?tab=effect")
    card = next(card for each in page.context["effects"] for card in each.cards)
    answer = "not" if card.counts else "counts"
    reviewing.answer_example(
        latest(proposal), by=cast.kenta, key="target_lead", record=dict(card.record), answer=answer
    )
    with refuses("example_fails", 409):
        seal(proposal, team=cast.marketing, by=cast.ryo)
