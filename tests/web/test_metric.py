"""One metric: today's meaning, another day's, its permanent versions, their differences, its history."""

import html
import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.staticfiles.storage import staticfiles_storage
from django.test import Client

from registry import conditions, engine
from registry.conditions.problems import refuse
from registry.conditions.worker import Overrun
from registry.models import Definition
from registry.workflow import erasure, people
from tests.cast import FOUNDED, NOW, TODAY, Cast, in_review, on, published, sealed, started, write
from tests.counting import agreed
from tests.data import declare


@pytest.fixture
def reader(client: Client, cast: Cast) -> Client:
    client.force_login(cast.takuya)
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "ja"
    return client


def text(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200, address
    return response.content.decode()


def test_the_page_says_the_words_who_agreed_and_what_is_open(reader: Client, cast: Cast):
    proposal = in_review(cast)
    page = text(reader, "/metrics/target_lead/")
    for said in ("高橋", "鈴木", f"/proposals/{proposal.pk}/", "/metrics/target_lead/versions/1/"):
        assert said in page


def test_another_day_shows_what_it_meant_then_and_says_so(reader: Client, cast: Cast):
    (new,) = published(cast, "target_lead", effective_from=TODAY + timedelta(days=5))
    assert new.wording["text_ja"] not in text(reader, "/metrics/target_lead/")
    later = text(reader, f"/metrics/target_lead/?on={TODAY + timedelta(days=5)}")
    assert new.wording["text_ja"] in later
    assert "banner-as-of" in later


def test_before_it_existed_there_is_nothing_and_a_way_back(reader: Client):
    page = text(reader, f"/metrics/target_lead/?on={FOUNDED - timedelta(days=1)}")
    assert 'href="/metrics/target_lead/"' in page


def test_a_correction_of_the_past_is_known_only_since_it_was_recorded(reader: Client, cast: Cast):
    (new,) = published(cast, "target_lead", effective_from=FOUNDED, retroactive=True)
    corrected, believed = f"?on={FOUNDED}", f"?on={FOUNDED}&known={TODAY - timedelta(days=1)}"
    assert new.wording["text_ja"] in text(reader, f"/metrics/target_lead/{corrected}")
    assert new.wording["text_ja"] not in text(reader, f"/metrics/target_lead/{believed}")


def versions_on(client: Client, day: str = "") -> str:
    return text(client, f"/metrics/target_lead/?lang=en{day}").partition('<ol class="versions">')[2]


NEVER, NO_MORE = "replaced before it took effect", "was in force, until a correction replaced all of it"


def test_a_version_that_a_correction_replaced_whole_is_said_to_have_been_in_force(reader: Client, cast: Cast):
    reader.cookies["goi_language"] = "en"
    published(cast, "target_lead", effective_from=FOUNDED, retroactive=True)
    assert NO_MORE in versions_on(reader)
    assert NEVER not in versions_on(reader)


def test_a_version_that_was_replaced_before_its_first_day_is_said_not_to_have_been(reader: Client, cast: Cast):
    reader.cookies["goi_language"] = "en"
    published(cast, "target_lead", effective_from=TODAY + timedelta(days=30))
    with on(TODAY + timedelta(days=5)):
        published(cast, "target_lead", effective_from=TODAY + timedelta(days=2), retroactive=True)
    with on(TODAY + timedelta(days=40)):
        assert NEVER in versions_on(reader)
        assert NO_MORE not in versions_on(reader)


def test_a_version_that_was_replaced_on_its_first_day_was_in_force_until_then(reader: Client, cast: Cast):
    reader.cookies["goi_language"] = "en"
    published(cast, "target_lead", effective_from=TODAY)
    published(cast, "target_lead", effective_from=TODAY, retroactive=True)
    assert NO_MORE in versions_on(reader)


def test_a_permanent_page_never_changes_and_is_cached_as_such(reader: Client, cast: Cast):
    address = "/metrics/target_lead/versions/1/?lang=ja"
    first = reader.get(address)
    assert "immutable" in first["Cache-Control"]
    assert "private" in first["Cache-Control"]
    published(cast, "target_lead")
    second = reader.get(address)
    assert second.content == first.content
    assert reader.get(address, headers={"If-None-Match": first["ETag"]}).status_code == 304


def test_a_permanent_page_keeps_the_names_of_its_seals(reader: Client, cast: Cast):
    address = "/metrics/target_lead/versions/1/?lang=ja"
    first = reader.get(address)
    with on(TODAY + timedelta(days=1)):
        cast.marketing.name_ja, cast.marketing.mark_ja = "集客部", "集"
        people.change_team(cast.marketing, by=cast.megumi)
        people.change_profile(cast.ryo, by=cast.megumi, values={"name_ja": "佐々木 亮"})
        second = reader.get(address)
    assert second.content == first.content
    assert second.headers["ETag"] == first.headers["ETag"]
    assert "佐々木" not in second.content.decode()


def test_a_permanent_page_without_a_name_that_was_erased_is_another_page(reader: Client, cast: Cast):
    address = "/metrics/target_lead/versions/1/?lang=ja"
    first = reader.get(address)
    erasure.erase_person(people.deactivate(cast.ryo, by=cast.megumi), by=cast.megumi, reason="退職から5年")
    second = reader.get(address, headers={"If-None-Match": first.headers["ETag"]})
    assert second.status_code == 200
    assert "高橋" not in second.content.decode()


def test_a_permanent_page_shows_nothing_that_passes(reader: Client, cast: Cast):
    address = "/metrics/target_lead/versions/1/?lang=ja"
    first = reader.get(address)
    reader.post("/account/", {"name_ja": "小林 拓也", "email": cast.takuya.email, "language": ""})
    second = reader.get(address)
    assert second.content == first.content or second.headers["ETag"] != first.headers["ETag"]
    assert 'class="messages"' not in second.content.decode()
    assert 'class="messages"' in text(reader, "/metrics/target_lead/")


def test_a_permanent_page_asks_as_often_however_many_sealed_it(
    reader: Client, cast: Cast, django_assert_max_num_queries: Any
):
    with django_assert_max_num_queries(12):
        reader.get("/metrics/target_lead/versions/1/?lang=ja")


def test_a_new_release_never_shows_a_kept_page_with_the_old_look(
    reader: Client, cast: Cast, monkeypatch: pytest.MonkeyPatch
):
    address = "/metrics/target_lead/versions/1/?lang=ja"
    old = reader.get(address)
    monkeypatch.setattr(staticfiles_storage, "manifest_hash", "1a2b3c", raising=False)
    new = reader.get(address, headers={"If-None-Match": old["ETag"]})
    assert new.status_code == 200
    assert "immutable" not in new["Cache-Control"]
    page = reader.get("/metrics/target_lead/").content.decode()
    (linked,) = re.findall(r'href="(/metrics/target_lead/versions/1/\?[^"]*look=[^"]*)"', page)
    assert "immutable" in reader.get(linked.replace("&amp;", "&"))["Cache-Control"]


def test_without_a_language_in_the_address_the_page_is_asked_for_again(reader: Client):
    response = reader.get("/metrics/target_lead/versions/1/")
    assert "no-cache" in response["Cache-Control"]
    assert "immutable" not in response["Cache-Control"]


def test_every_old_version_leads_to_the_one_in_force(reader: Client):
    page = text(reader, "/metrics/target_lead/versions/1/")
    assert "banner-old" in page
    assert 'href="/metrics/target_lead/"' in page


@pytest.mark.parametrize(
    "address", ["/metrics/nothing/", "/metrics/target_lead/versions/9/", "/metrics/target_lead/compare/1...9/"]
)
def test_what_does_not_exist_is_not_found(reader: Client, address: str):
    assert reader.get(address).status_code == 404


def test_any_two_versions_are_compared_word_by_word(reader: Client, cast: Cast):
    proposal = started(cast.misaki)
    write(proposal, by=cast.misaki, change={"target_lead": {"text_ja": "従業員50名以上の会社の人。"}})
    before = Definition.objects.get(metric=cast.target_lead).wording["text_ja"]
    from registry.workflow import submitting

    submitting.submit(proposal, by=cast.misaki)
    sealed(cast, proposal)
    for view in ("", "?view=inline"):
        page = text(reader, f"/metrics/target_lead/compare/1...2/{view}")
        assert "<ins>" in page
        assert "<del>" in page
    assert before != "従業員50名以上の会社の人。"


def test_a_seal_bears_the_surname_also_of_a_name_written_in_its_own_order(reader: Client, cast: Cast):
    names = {"name_ja": "エミリー・カーター", "name_en": "Emily Carter"}
    people.change_profile(cast.ryo, by=cast.megumi, values=names)
    with on(TODAY + timedelta(days=1)):
        published(cast, "target_lead", effective_from=TODAY + timedelta(days=2))
    assert ">カーター</text>" in text(reader, "/metrics/target_lead/versions/2/?lang=ja")
    assert ">Carter</text>" in text(reader, "/metrics/target_lead/versions/2/?lang=en")


def test_a_comparison_leads_to_every_other_from_the_earlier_to_the_later(reader: Client, cast: Cast):
    for number in (1, 2):
        published(cast, "target_lead", effective_from=TODAY + timedelta(days=number))
    compared = "/metrics/target_lead/compare"
    others = {"1...2": ["1...3", "2...3"], "2...3": ["1...2", "1...3"], "3...1": ["1...2", "2...3"]}
    for shown, led_to in others.items():
        page = text(reader, f"{compared}/{shown}/?view=inline")
        assert re.findall(rf'href="{compared}/(\d\.\.\.\d)/\?view=inline"', page) == led_to


def test_its_history_holds_what_happened_to_it_and_nothing_else(reader: Client, cast: Cast):
    published(cast, "target_lead")
    mine, other = text(reader, "/metrics/target_lead/history/"), text(reader, "/metrics/meeting/history/")
    assert mine.count('class="sealed"') > other.count('class="sealed"')


def test_terms_in_a_text_lead_to_their_metric_and_show_its_meaning(reader: Client, cast: Cast):
    from registry.workflow import submitting

    named = {"text_ja": "商談に進んだターゲットリード。商談数は別に数える。"}
    proposal = started(cast.misaki)
    write(proposal, by=cast.misaki, change={"target_lead": named})
    submitting.submit(proposal, by=cast.misaki)
    sealed(cast, proposal)
    page = text(reader, "/metrics/target_lead/")
    assert 'class="term" href="/metrics/meeting/"' in page
    summary = Definition.objects.get(metric=cast.meeting).wording["summary_ja"]
    assert summary in page


def test_what_depends_on_a_metric_is_listed(reader: Client, cast: Cast):
    from registry.workflow import submitting

    proposal = started(cast.misaki)
    condition = {"condition": "is_target_lead AND minutes >= 20"}
    write(proposal, by=cast.misaki, change={"meeting": condition})
    submitting.submit(proposal, by=cast.misaki)
    sealed(cast, proposal)
    page = reader.get("/metrics/target_lead/").context["page"]
    assert [each.metric.key for each in page.built_on_this] == ["meeting"]


def test_a_text_missing_in_the_readers_language_is_shown_in_the_other_and_says_so(cast: Cast):
    from registry.models import WorkingCopy
    from registry.templatetags.goi import other_tongue, say

    copy = WorkingCopy(wording={"text_ja": "日本語だけ", "text_en": ""})
    from django.utils import translation

    with translation.override("en"):
        assert say(copy, "text") == "日本語だけ"
        assert other_tongue(copy, "text")


def test_the_day_is_the_registrys_own(reader: Client, cast: Cast):
    with on(TODAY):
        assert reader.get("/metrics/target_lead/").context["page"].valid == NOW.date()


def test_an_engine_that_cannot_say_it_is_named_with_the_reason(reader: Client, cast: Cast, asked: list[str]):
    declare(cast)
    agreed(cast, target_lead={"condition": r"department = 'a\b'"})
    page = text(reader, "/metrics/target_lead/sql/")
    assert "このエンジン向けのSQLはありません。Redshift ではこれを正確に書き表せません" in page
    assert "PostgreSQL" in page
    assert r"'a\b'" in html.unescape(page)


def test_the_proofs_behind_the_queries_are_made_once(reader: Client, cast: Cast, asked: list[str]):
    declare(cast)
    agreed(cast, target_lead={"condition": "company.employees >= 90"})
    for _ in range(2):
        assert "company" in text(reader, "/metrics/target_lead/sql/")
        assert len(asked) == 7


def test_what_could_not_be_proved_in_time_is_said_and_asked_again(
    reader: Client, cast: Cast, monkeypatch: pytest.MonkeyPatch
):
    declare(cast)
    agreed(cast, target_lead={"condition": "company.employees >= 91"})
    monkeypatch.setattr(engine, "_workers", Slow)
    monkeypatch.setattr(engine, "SOON", -1)
    assert text(reader, "/metrics/target_lead/sql/").count("中断しました") == 7
    monkeypatch.setattr(engine, "_workers", InProcess)
    assert "SELECT" in text(reader, "/metrics/target_lead/sql/")


class InProcess:
    def run(self, function: str, *asked: Any, seconds: float, **named: Any) -> Any:
        return getattr(conditions, function)(*asked, **named)


class Slow:
    def run(self, function: str, *asked: Any, seconds: float, **named: Any) -> Any:
        raise Overrun(refuse("worker_time", seconds="10").problems)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The functions that were asked, in this process."""
    functions: list[str] = []

    class Noted(InProcess):
        def run(self, function: str, *asked: Any, seconds: float, **named: Any) -> Any:
            functions.append(function)
            return super().run(function, *asked, seconds=seconds, **named)

    monkeypatch.setattr(engine, "_workers", Noted)
    return functions
