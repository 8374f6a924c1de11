"""Kind, stage, teams and successor are stored as keys; whoever reads what changes reads what they are called."""

from datetime import timedelta
from html import unescape

import pytest
from django.test import Client

from registry.as_of import When, today
from registry.choices import Called
from registry.models import Event, Proposal
from registry.workflow import drafting, people, submitting
from tests.cast import TODAY, Cast, fresh, on, published, sealed, started, words, write


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


@pytest.fixture
def handing_over(cast: Cast) -> Proposal:
    """Meetings are retired in ten days in favour of a metric that begins then, both in one proposal."""
    proposal = started(cast.misaki, effective_from=TODAY + timedelta(days=10))
    write(proposal, by=cast.misaki, new={"held": words(name_ja="開催済み商談", name_en="Held meetings")})
    drafting.add_retirement(proposal, metric=cast.meeting, by=cast.misaki)
    write(fresh(proposal), by=cast.misaki, change={"meeting": {"successor": "held"}})
    return fresh(proposal)


def test_a_successor_that_is_only_proposed_is_called_as_proposed(reader: Client, cast: Cast, handing_over: Proposal):
    address = f"/proposals/{handing_over.pk}/"
    assert "開催済み商談" in successor_on(reader, address)
    submitting.submit(handing_over, by=cast.misaki)
    assert "開催済み商談" in successor_on(reader, address)
    act = Event.objects.filter(act="submitted", proposal=handing_over).latest("sequence")
    assert "開催済み商談" in successor_on(reader, f"/history/{act.sequence}/")
    reader.force_login(cast.naoko)
    assert "開催済み商談" in successor_on(reader, f"{address}sign-offs/?team=sales")


def test_a_successor_that_came_with_a_later_revision_is_called_as_there(reader: Client, cast: Cast):
    proposal = started(cast.misaki)
    drafting.add_retirement(proposal, metric=cast.meeting, successor=cast.target_lead, by=cast.misaki)
    submitting.submit(fresh(proposal), by=cast.misaki)
    write(fresh(proposal), by=cast.misaki, new={"held": words(name_ja="開催済み商談", name_en="Held meetings")})
    write(fresh(proposal), by=cast.misaki, change={"meeting": {"successor": "held"}})
    submitting.submit(fresh(proposal), by=cast.misaki)
    assert "開催済み商談" in successor_on(reader, f"/proposals/{proposal.pk}/revisions/1...2/")


def test_a_successor_in_a_draft_that_was_saved_is_called_as_there(reader: Client, cast: Cast, handing_over: Proposal):
    act = Event.objects.filter(act="draft_saved", proposal=handing_over).latest("sequence")
    assert "開催済み商談" in successor_on(reader, f"/history/{act.sequence}/")


def test_a_successor_that_lies_ahead_is_called_by_its_first_version(reader: Client, cast: Cast, handing_over: Proposal):
    submitting.submit(handing_over, by=cast.misaki)
    sealed(cast, handing_over)
    act = Event.objects.filter(act="published", proposal=handing_over).latest("sequence")
    for address in ("/metrics/meeting/compare/1...2/", "/metrics/meeting/versions/2/certificate/"):
        assert "開催済み商談" in successor_on(reader, address)
    assert "開催済み商談" in successor_on(reader, f"/history/{act.sequence}/")
    with on(TODAY + timedelta(days=11)):
        assert "開催済み商談" in successor_on(reader, "/metrics/meeting/versions/2/certificate/")


def test_a_name_that_was_recorded_later_is_not_known_before(cast: Cast, handing_over: Proposal):
    submitting.submit(handing_over, by=cast.misaki)
    sealed(cast, handing_over)
    assert Called(When(TODAY - timedelta(days=1)))("successor", "held") == "held"
    assert Called(When(TODAY))("successor", "held") == "開催済み商談"


def test_a_proposed_successor_is_named_where_a_proposal_is_brought_up_to_date(
    reader: Client, cast: Cast, handing_over: Proposal
):
    published(cast, "meeting")
    assert "開催済み商談" in successor_on(reader, f"/proposals/{handing_over.pk}/rebase/")
