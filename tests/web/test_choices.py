"""Kind, stage, teams and successor are stored as keys; whoever reads what changes reads what they are called."""

from datetime import timedelta
from html import unescape

import pytest
from django.test import Client

from registry.as_of import When, today
from registry.choices import Called
from registry.models import Proposal
from registry.workflow import drafting, people, submitting
from tests.cast import TODAY, Cast, fresh, on, sealed, started, words, write


@pytest.fixture
def reader(client: Client, cast: Cast) -> Client:
    client.force_login(cast.misaki)
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "ja"
    return client


@pytest.fixture
def retiring(cast: Cast) -> Proposal:
    proposal = started(cast.misaki)
    drafting.add_retirement(proposal, metric=cast.meeting, successor=cast.target_lead, by=cast.misaki)
    submitting.submit(fresh(proposal), by=cast.misaki)
    return fresh(proposal)


def successor_on(client: Client, address: str) -> str:
    """The part of the page that begins with the successor's label."""
    response = client.get(address)
    assert response.status_code == 200, address
    return unescape(response.content.decode()).split("後継")[1][:400]


def test_whoever_is_asked_to_agree_reads_the_successors_name(reader: Client, cast: Cast, retiring: Proposal):
    assert "ターゲットリード数" in successor_on(reader, f"/proposals/{retiring.pk}/")


def test_the_same_on_what_was_agreed(reader: Client, cast: Cast, retiring: Proposal):
    sealed(cast, retiring)
    for page in ("compare/1...2/", "versions/2/certificate/"):
        assert "ターゲットリード数" in successor_on(reader, f"/metrics/meeting/{page}")


def test_the_teams_of_a_new_metric_are_named(reader: Client, cast: Cast):
    adding = write(started(cast.misaki), by=cast.misaki, new={"bee": words(name_ja="ビー数", name_en="Bees")})
    page = reader.get(f"/proposals/{adding.pk}/").content.decode()
    assert "<ins>マーケティング</ins>" in page
    assert "<ins>marketing</ins>" not in page


def test_a_team_is_called_as_it_was_then(cast: Cast):
    with on(TODAY + timedelta(days=2)):
        cast.sales.name_ja = "営業本部"
        people.change_team(cast.sales, by=cast.megumi)
        assert Called()("judge", "sales") == "営業本部"
        assert Called(When(TODAY))("judge", "sales") == "営業"


def test_what_is_called_nothing_is_shown_as_it_is(cast: Cast):
    called = Called(today())
    assert [called("stage", "nowhere"), called("successor", "nothing"), called("text_ja", "sales")] == [
        "nowhere", "nothing", "sales",
    ]  # fmt: skip
