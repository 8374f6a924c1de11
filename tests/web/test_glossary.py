"""The glossary: what is in force on a day, found in both languages, narrowed by the address."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from registry.models import Proposal
from registry.workflow import drafting, submitting
from tests.cast import FOUNDED, TODAY, Cast, in_review, on, published, sealed, started, words, write


@pytest.fixture
def reader(client: Client, cast: Cast) -> Client:
    client.force_login(cast.takuya)
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "ja"
    return client


def listed(client: Client, address: str = "/") -> list[str]:
    """The metric keys of the list, in order."""
    response = client.get(address)
    assert response.status_code == 200
    return [card.span.key for card in response.context["cards"]]


def test_it_shows_what_is_in_force_with_its_seals(reader: Client):
    page = reader.get("/").content.decode()
    assert listed(reader) == ["target_lead", "meeting"]
    assert "マーケティングが合意" in page or "マーケティング" in page
    assert "第1版" in page


@pytest.mark.parametrize("asked", ["商談", "meetings", "ＭＥＥＴＩＮＧ", "会 合", "ﾐｰﾃｨﾝｸﾞ", "話し"])
def test_a_search_finds_in_both_languages_by_synonym_and_in_any_width(reader: Client, cast: Cast, asked: str):
    names = {"synonyms_ja": ["会合", "ミーティング"], "text_ja": "20分以上の話し合い。"}
    proposal = started(cast.misaki, title="同義語")
    write(proposal, by=cast.misaki, change={"meeting": names})
    submitting.submit(proposal, by=cast.misaki)
    sealed(cast, proposal)
    assert listed(reader, f"/?q={asked.replace(' ', '')}") == ["meeting"]


def test_every_word_asked_for_has_to_occur(reader: Client):
    assert listed(reader, "/?q=ターゲット リード") == ["target_lead"]
    assert listed(reader, "/?q=ターゲット　商談なし") == []


def test_nothing_found_says_what_to_do_next(reader: Client):
    page = reader.get("/?q=存在しない言葉").content.decode()
    assert "存在しない言葉" in page
    assert "/proposals/new/?act=new" in page


def test_filters_live_in_the_address(reader: Client, cast: Cast):
    assert listed(reader, "/?stage=targeting") == ["target_lead"]
    assert listed(reader, "/?team=marketing") == ["target_lead", "meeting"]
    assert listed(reader, "/?state=open") == []
    in_review(cast)
    assert listed(reader, "/?state=open") == ["target_lead"]


def test_a_filter_that_means_nothing_is_said_at_its_field_and_left_out(reader: Client):
    response = reader.get("/?stage=nowhere&on=yesterday&page=-3")
    assert response.status_code == 200
    assert set(response.context["filter"].errors) == {"stage", "on"}
    assert [card.span.key for card in response.context["cards"]] == ["target_lead", "meeting"]


def test_what_is_too_long_to_look_for_is_said_at_the_search(reader: Client):
    page = reader.get(f"/?q={'商' * 201}").content.decode()
    assert "200文字" in page.split('id="id_q_error"')[1].split("</div>")[0]


@pytest.mark.parametrize("name", ["stage", "team", "state"])
def test_a_choice_that_the_list_does_not_have_is_said_in_our_words(reader: Client, name: str):
    assert "一覧にない値です。一覧から選んでください。" in reader.get(f"/?{name}=nowhere").content.decode()


def test_a_day_before_all_agreement_says_so_and_leads_to_today(reader: Client):
    day = FOUNDED - timedelta(days=1)
    page = reader.get(f"/?on={day}").content.decode().split('id="listed"')[1]
    assert "時点で適用されていた定義はありません。" in page
    assert '<a href="/">今日の定義を見る</a>' in page
    assert "条件に合う用語はありません" not in page


def test_another_day_shows_that_days_meaning(reader: Client, cast: Cast):
    published(cast, "target_lead", effective_from=TODAY + timedelta(days=30))
    assert "第1版" in reader.get(f"/?on={TODAY}").content.decode()
    later = reader.get(f"/?on={TODAY + timedelta(days=31)}")
    assert "第2版" in later.content.decode()
    assert listed(reader, f"/?on={FOUNDED - timedelta(days=1)}") == []


def test_a_retired_metric_leaves_the_list_from_its_day(reader: Client, cast: Cast):
    proposal = started(cast.misaki, effective_from=TODAY)
    drafting.add_retirement(proposal, metric=cast.meeting, successor=cast.target_lead, by=cast.misaki)
    submitting.submit(Proposal.objects.get(pk=proposal.pk), by=cast.misaki)
    sealed(cast, proposal)
    assert listed(reader) == ["target_lead"]
    assert listed(reader, "/?state=retired") == ["meeting"]


def test_typing_in_the_search_field_gets_the_list_alone(reader: Client):
    part = reader.get("/?q=商談", headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    assert 'id="listed"' in part


def test_long_lists_come_in_pages(reader: Client, cast: Cast, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("registry.glossary.PAGE", 1)
    first = reader.get("/")
    assert first.context["listed"].has_next
    assert listed(reader, "/?page=2") == ["meeting"]


def test_a_page_past_the_last_is_the_first(reader: Client):
    found = reader.get("/?page=99").context["listed"]
    assert (len(found.spans), found.page, found.count) == (2, 1, 2)


def test_the_map_shows_every_stage_from_left_to_right(reader: Client):
    stages: list[Any] = reader.get("/").context["stages"]
    assert [stage.key for stage, _cards, _more in stages] == ["targeting", "meeting", "deal"]


def test_a_new_metric_appears_with_its_first_version_and_not_before(reader: Client, cast: Cast):
    proposal = started(cast.misaki, effective_from=TODAY)
    new = words(name_ja="新しい指標", name_en="Something new")
    write(proposal, by=cast.misaki, new={"something_new": new})
    submitting.submit(proposal, by=cast.misaki)
    assert "something_new" not in listed(reader)
    assert reader.get("/metrics/something_new/").status_code == 404
    sealed(cast, proposal)
    assert "something_new" in listed(reader)


def test_a_version_takes_effect_by_itself_when_its_day_comes(reader: Client, cast: Cast):
    published(cast, "target_lead", effective_from=TODAY + timedelta(days=10))
    assert "第2版" not in reader.get("/").content.decode().split("listed-heading")[1].split("<h2>")[0]
    with on(TODAY + timedelta(days=10)):
        assert "第2版" in reader.get("/?q=ターゲット").content.decode()
