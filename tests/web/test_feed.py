"""The feed: valid Atom, for whoever may see what is in it."""

import re
from typing import Any
from xml.etree import ElementTree

import pytest
from django.test import Client

from registry import feeds
from registry.models import Event, User
from registry.workflow import erasure, people, reviewing
from tests.cast import Cast, drafted, in_review, published

ATOM = "{http://www.w3.org/2005/Atom}"
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
IRI = re.compile(r"[a-z][a-z0-9+.-]*:\S+")


@pytest.fixture
def reader(client: Client, cast: Cast) -> Client:
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    client.force_login(cast.takuya)
    return client


def feed(client: Client, address: str = "/history/feed/") -> ElementTree.Element:
    """The feed, checked against what RFC 4287 demands in sections 4.1.1 and 4.1.2."""
    response = client.get(address)
    assert response.status_code == 200, address
    assert response["Content-Type"].startswith("application/atom+xml")
    root = ElementTree.fromstring(response.content)
    assert root.tag == f"{ATOM}feed"
    for element in (root, *root.iter(f"{ATOM}entry")):
        for name in ("id", "title", "updated"):
            assert len(element.findall(ATOM + name)) == 1, name
        assert IRI.fullmatch(text(element, "id"))
        assert MOMENT.fullmatch(text(element, "updated"))
        assert element.findall(f"{ATOM}author/{ATOM}name")
        alternates = [link for link in element.findall(f"{ATOM}link") if link.get("rel") == "alternate"]
        assert len(alternates) == 1
        assert IRI.fullmatch(alternates[0].get("href", ""))
    assert [link for link in root.findall(f"{ATOM}link") if link.get("rel") == "self"]
    ids = [text(entry, "id") for entry in root.iter(f"{ATOM}entry")]
    assert len(ids) == len(set(ids))
    return root


def text(element: ElementTree.Element, name: str) -> str:
    found = element.find(ATOM + name)
    assert found is not None
    return found.text or ""


def titles(root: ElementTree.Element) -> list[str]:
    return [text(entry, "title") for entry in root.iter(f"{ATOM}entry")]


def test_it_tells_every_act_in_a_sentence_with_why_and_where(reader: Client, cast: Cast):
    proposal = in_review(cast)
    reviewing.reject(proposal, by=cast.naoko, reason="<b>数</b>が半分になります & more")
    newest = next(feed(reader).iter(f"{ATOM}entry"))
    assert text(newest, "title") == "Naoko Suzuki rejected “Reword it”."
    assert text(newest, "summary") == "&lt;b&gt;数&lt;/b&gt;が半分になります &amp; more"
    link = newest.find(f"{ATOM}link")
    assert link is not None
    assert reader.get(link.get("href", "")).status_code == 200


def test_an_entry_keeps_its_id_whatever_the_language(reader: Client, cast: Cast):
    published(cast)
    english, japanese = feed(reader), feed(reader, "/history/feed/?lang=ja")
    assert titles(english) != titles(japanese)
    assert [text(each, "id") for each in english.iter(f"{ATOM}entry")] == [
        text(each, "id") for each in japanese.iter(f"{ATOM}entry")
    ]


def test_it_is_filtered_like_the_history_and_linked_from_it(reader: Client, cast: Cast):
    published(cast)
    page = reader.get("/history/?group=agreement&metric=target_lead").content.decode()
    assert "/history/feed/?group=agreement&amp;metric=target_lead" in page
    assert len(titles(feed(reader, "/history/feed/?group=agreement&metric=target_lead"))) == 6
    assert titles(feed(reader, "/history/feed/?group=discussion")) == []
    assert "/history/feed/?metric=meeting" in reader.get("/metrics/meeting/history/").content.decode()


UNREADABLE = ["since=2026-13-40", "person=nobody", "team=salse", "metric=ターゲット", "group=gossip"]


@pytest.mark.parametrize("query", UNREADABLE)
def test_a_filter_nobody_understands_is_refused_in_a_sentence(reader: Client, cast: Cast, query: str):
    for address in ("/history/feed/", f"/history/feed/{feeds.key(User.objects.get(pk=cast.misaki.pk))}/"):
        response = reader.get(f"{address}?{query}&lang=en")
        assert response.status_code == 400
        assert response["Content-Type"].startswith("text/plain")
        assert "copy the address of its feed" in response.content.decode()


def test_the_feed_of_somebody_who_was_erased_does_not_become_everybodys(reader: Client, cast: Cast):
    address = "/history/feed/?person=kenta"
    assert titles(feed(reader, address))
    people.deactivate(cast.kenta, by=cast.megumi)
    erasure.erase_person(cast.kenta, by=cast.megumi, reason="退職から5年")
    assert reader.get(address).status_code == 400


def test_drafts_of_others_are_not_in_it(reader: Client, cast: Cast):
    hidden = drafted(cast)
    links = [link.get("href", "") for link in feed(reader).iter(f"{ATOM}link")]
    for event in Event.objects.filter(proposal=hidden):
        assert not [link for link in links if link.endswith(f"/history/{event.sequence}/")]
    reader.force_login(cast.misaki)
    assert "Misaki Tanaka edited “Reword it”." in titles(feed(reader))


def test_without_a_session_it_asks_for_a_sign_in(client: Client, cast: Cast):
    assert client.get("/history/feed/").status_code == 302


def test_readers_outside_get_publications_alone_and_no_names(client: Client, cast: Cast, settings: Any):
    settings.PUBLIC = True
    in_review(cast, "meeting")
    published(cast)
    root = feed(client, "/history/feed/?lang=en")
    told = titles(root)
    assert len(told) == 2
    assert all("was published" in title for title in told)
    assert titles(feed(client, "/history/feed/?person=naoko&group=agreement&lang=en")) == told
    assert client.get("/history/feed/?person=nobody&lang=en").status_code == 200, "nor is it told who is registered"
    assert client.get("/history/feed/?since=2026-13-40&lang=en").status_code == 400
    whole = ElementTree.tostring(root, encoding="unicode")
    assert "Naoko" not in whole
    assert "鈴木" not in whole
    for entry in root.iter(f"{ATOM}entry"):
        (link,) = [each.get("href", "") for each in entry.findall(f"{ATOM}link")]
        assert client.get(link).status_code == 200


class TestSecretAddress:
    @pytest.fixture
    def address(self, cast: Cast) -> str:
        return f"/history/feed/{feeds.key(User.objects.get(pk=cast.misaki.pk))}/"

    def test_it_needs_no_session_and_stands_on_the_account_page(self, client: Client, cast: Cast, address: str):
        published(cast)
        assert titles(feed(client, address + "?lang=en&group=agreement"))
        client.force_login(cast.misaki)
        assert address in client.get("/account/").content.decode()

    def test_it_shows_what_every_member_may_read_and_not_even_ones_own_drafts(
        self, client: Client, cast: Cast, address: str
    ):
        before = titles(feed(client, address))
        drafted(cast)
        assert titles(feed(client, address)) == before != []
        in_review(cast)
        assert titles(feed(client, address)) != before

    def test_it_is_not_named_in_the_feed_where_ids_must_last(self, client: Client, cast: Cast, address: str):
        assert feeds.key(cast.misaki) not in text(feed(client, address), "id")

    def test_a_new_password_makes_it_void(self, client: Client, cast: Cast, address: str):
        people.change_password(cast.misaki, by=cast.misaki, password="another-good-one-8")
        assert client.get(address).status_code == 404

    def test_leaving_makes_it_void(self, client: Client, cast: Cast, address: str):
        people.deactivate(cast.misaki, by=cast.megumi)
        assert client.get(address).status_code == 404

    @pytest.mark.parametrize("wrong", ["1-abc", "x", "9" * 40, "-", "１-a"])
    def test_nothing_else_opens_it(self, client: Client, cast: Cast, wrong: str):
        assert client.get(f"/history/feed/{wrong}/").status_code == 404

    def test_the_key_of_one_is_not_that_of_another(self, client: Client, cast: Cast, address: str):
        other = address.replace(f"/{cast.misaki.pk}-", f"/{cast.ryo.pk}-")
        assert other != address
        assert client.get(other).status_code == 404
