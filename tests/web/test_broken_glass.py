"""What two stewards published without a team is told as such everywhere, although a lapsed seal of that team exists."""

import csv
import io
import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from registry.models import Proposal
from registry.proof import certificate
from registry.workflow import people, publication
from tests.cast import TODAY, Cast, in_review, latest, on, seal, versions_of


@pytest.fixture
def proposal(cast: Cast) -> Proposal:
    """Naoko seals for sales and leaves, so that her seal lapses; marketing seals; two stewards publish."""
    proposal = in_review(cast)
    seal(proposal, team=cast.sales, by=cast.naoko)
    people.leave(cast.seat(cast.naoko), by=cast.megumi)
    seal(proposal, team=cast.marketing, by=cast.ryo)
    publication.ask_break_glass(proposal, by=cast.megumi, reason="監査の期限が今日")
    publication.confirm_break_glass(proposal, by=cast.makoto, digest=latest(proposal).digest)
    return proposal


@pytest.fixture
def reader(client: Client, cast: Cast) -> Client:
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "ja"
    client.force_login(cast.koji)
    return client


FLAGGED = {
    "/metrics/target_lead/": "足りない印が押されるまで",
    "/metrics/target_lead/versions/2/?lang=ja": "足りない印が押されるまで",
    "/metrics/target_lead/versions/2/certificate/": "営業はまだ押印していません",
    "/changes/?since=2026-06-14": "営業の押印がないまま",
    "/inbox/": "営業の印がないまま公開",
    "/history/": "営業の印なしで公開されました",
    "/history/?format=csv": "営業の印なしで公開されました",
    "/": "印が不足",
}


@pytest.mark.parametrize("address", FLAGGED)
def test_it_is_flagged(reader: Client, proposal: Proposal, address: str):
    assert FLAGGED[address] in content(reader.get(address))


def test_the_files_of_the_history_name_the_missing_team_in_a_place_of_its_own(reader: Client, proposal: Proposal):
    table = csv.DictReader(io.StringIO(content(reader.get("/history/?format=csv")).removeprefix("\ufeff")))
    assert {row["act"]: row["missing_seals"] for row in table if row["missing_seals"]} == {"published": "sales"}
    objects = map(json.loads, content(reader.get("/history/?format=jsonl")).splitlines())
    assert {each["act"]: each["missing_seals"] for each in objects if each["missing_seals"]} == {"published": ["sales"]}


@pytest.mark.parametrize("address", ["/metrics/target_lead/", "/metrics/target_lead/versions/2/"])
def test_the_lapsed_seal_is_not_shown(reader: Client, proposal: Proposal, address: str):
    page = content(reader.get(address))
    assert "営業が承認" not in page
    assert "鈴木" not in page


def test_its_card_shows_only_the_seal_of_marketing(reader: Client, proposal: Proposal):
    """Beside it stands the card of the meetings, which both have sealed."""
    page = content(reader.get("/"))
    assert page.count("マーケティングが承認") == 2 * page.count("営業が承認") > 0


def test_its_page_may_change_until_the_missing_team_seals(reader: Client, cast: Cast, proposal: Proposal):
    address = "/metrics/target_lead/versions/2/?lang=ja"
    before = reader.get(address)
    assert "immutable" not in before.headers["Cache-Control"]
    with on(TODAY + timedelta(days=1)):
        seal(proposal, team=cast.sales, by=cast.koji)
    after = reader.get(address, headers={"If-None-Match": before.headers["ETag"]})
    assert (after.status_code, "immutable" in after.headers["Cache-Control"]) == (200, True)


def test_its_certificate_holds_only_seals_that_counted(cast: Cast, proposal: Proposal):
    (version,) = versions_of(proposal)
    assert [each["team"] for each in certificate.build(version)["seals"]] == ["marketing"]


def test_of_two_seals_of_a_team_the_one_that_lapsed_is_not_counted(reader: Client, cast: Cast):
    proposal = in_review(cast)
    seal(proposal, team=cast.sales, by=cast.naoko)
    people.leave(cast.seat(cast.naoko), by=cast.megumi)
    seal(proposal, team=cast.sales, by=cast.koji)
    seal(proposal, team=cast.marketing, by=cast.ryo)
    for address in ("/metrics/target_lead/versions/2/", "/changes/?since=2026-06-14"):
        page = content(reader.get(address))
        assert "鈴木" not in page
        assert "山本" in page


def content(response: Any) -> str:
    body = b"".join(response.streaming_content) if response.streaming else response.content
    return body.decode()
