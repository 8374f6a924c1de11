"""What is shown of a retired metric, and of what was built on one."""

import pytest
from django.test import Client

from registry import retirement
from registry.models import Dataset
from registry.workflow import submitting
from tests.cast import MEETING_RATE, Cast, fresh, retired, started, write
from tests.counting import agreed, count, effect, plain


@pytest.fixture
def client(client: Client, cast: Cast) -> Client:
    """A browser in which Kenta of sales is signed in and reads English."""
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    client.force_login(cast.kenta)
    return client


@pytest.fixture
def rates(cast: Cast, crm: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    """Meetings per target lead, and a rate of that rate; target leads were retired under both, when one still could."""
    agreed(cast, meeting_rate=MEETING_RATE, doubled=MEETING_RATE | DOUBLED)
    with monkeypatch.context() as patch:
        patch.setattr(retirement, "troubles", lambda worded, on, any_retired: [])
        retired(cast, cast.target_lead)


DOUBLED = {"name_ja": "商談化率の二重", "name_en": "Doubled rate", "formula": "meeting_rate × meeting ÷ target_lead"}
NO_VALUE = "can no longer be calculated, since its formula is made of what has been retired: Target leads"


def test_a_retired_metric_has_a_page_without_numbers(client: Client, cast: Cast, crm: Dataset):
    retired(cast, cast.target_lead)
    shown = plain(client.get("/metrics/target_lead/"))
    assert "Do not report it any more" in shown
    assert "Last count" not in shown


@pytest.mark.parametrize("key", ["meeting_rate", "doubled"])
def test_a_rate_that_comes_down_to_one_says_that_and_why_it_has_no_value(client: Client, rates: None, key: str):
    shown = plain(client.get(f"/metrics/{key}/"))
    assert shown.count(NO_VALUE) == 1
    assert "Last count" not in shown


@pytest.mark.parametrize("key", ["target_lead", "meeting_rate", "doubled"])
def test_what_is_left_to_count_is_counted(client: Client, rates: None, key: str):
    assert client.post(f"/metrics/{key}/counts/").status_code == 302


def test_the_effect_of_a_proposal_that_mends_such_a_rate_is_shown(client: Client, cast: Cast, rates: None):
    proposal = started(cast.misaki, retroactive=True)
    write(proposal, by=cast.misaki, change={"meeting_rate": {"formula": "meeting ÷ meeting"}})
    submitting.submit(proposal, by=cast.misaki)
    assert count(client, proposal).status_code == 302
    assert "Meeting rate no value → 1" in effect(client, fresh(proposal))
