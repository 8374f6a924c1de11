"""Looking things up: by typing, by keyboard alone, on another day, in the other language, by a link one was sent."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from tests.browser import axe
from tests.browser.conftest import Window
from tests.browser.pages import REVIEW
from tests.browser.person import Person

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("商談", "商談数"),
        ("アポイント", "商談数"),
        ("ﾀｰｹﾞｯﾄﾘｰﾄﾞ", "ターゲットリード数"),
        ("ｍｑｌ", "ターゲットリード数"),
        ("Qualified", "有効商談数"),
    ],
)
def test_the_list_follows_what_one_types_in_either_language_or_width(window: Window, typed: str, found: str):
    me = window("kobayashi", "ja").enter()
    listed = me.main.locator("#listed")
    me.page.get_by_role("searchbox").press_sequentially(typed)
    expect(listed.get_by_role("link", name=found, exact=True)).to_be_visible()
    expect(listed.get_by_role("link", name="粗利", exact=True)).to_have_count(0)
    assert parse_qs(urlsplit(me.page.url).query)["q"] == [typed]
    me.page.reload()
    expect(me.page.get_by_role("searchbox")).to_have_value(typed)
    expect(listed.get_by_role("link", name=found, exact=True)).to_be_visible()


def test_filters_live_in_the_address_and_work_without_scripts(window: Window):
    me = window("kobayashi", "en", scripts=False).enter()
    me.field("Stage").select_option("Meeting")
    me.page.get_by_role("searchbox").fill("meeting")
    me.presses("Show")
    assert parse_qs(urlsplit(me.page.url).query)["stage"] == ["meeting"]
    listed = me.main.locator("#listed")
    expect(listed.get_by_role("link", name="Meeting rate", exact=True)).to_be_visible()
    expect(listed.get_by_role("link", name="Qualified meetings", exact=True)).to_have_count(0)


def test_what_was_found_stands_where_the_map_stood_until_nothing_is_asked_for(window: Window):
    me = window("kobayashi", "ja").enter()
    key_point_map = me.page.get_by_role("region", name="キーポイントマップ")
    expect(key_point_map).to_be_visible()
    me.page.get_by_role("searchbox").press_sequentially("粗利")
    expect(key_point_map).to_have_count(0)
    expect(me.main.get_by_role("link", name="粗利", exact=True)).to_be_in_viewport()
    expect(me.page.get_by_role("searchbox")).to_be_focused()
    me.page.get_by_role("searchbox").clear()
    expect(key_point_map).to_be_visible()


@pytest.mark.parametrize(
    ("filter_", "choice", "query"),
    [("Stage", "商談", "stage=meeting"), ("Team", "経理・管理", "team=finance"), ("State", "廃止", "state=retired")],
)
def test_a_filter_narrows_the_list_as_soon_as_it_is_chosen(window: Window, filter_: str, choice: str, query: str):
    me = window("kobayashi", "ja").enter()
    me.field(filter_).select_option(choice)
    me.page.wait_for_url(f"**{query}*")
    me.sees(me.say("Found"))


def test_a_day_that_was_typed_and_not_yet_asked_for_is_named_by_what_is_found_on_it(window: Window):
    me = window("kobayashi", "en").enter()
    me.field("As agreed on").fill("2025-06-01")
    me.page.get_by_role("searchbox").press_sequentially("MQL")
    me.sees("This is what was in force on 1 Jun 2025.", "Found")
    me.opens("Target leads")
    me.sees("Version 1")


@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.parametrize("language", ["ja", "en"])
def test_another_day_shows_the_meaning_of_that_day(window: Window, language: str, scripts: bool):
    me = window("kobayashi", language, scripts=scripts).enter()
    me.field("As agreed on").fill("2025-06-01")
    me.presses("Show")
    day = {"ja": "2025年6月1日", "en": "1 Jun 2025"}[language]
    me.sees(me.say("This is what was in force on %(day)s.", day=day))
    me.opens({"ja": "ターゲットリード数", "en": "Target leads"}[language])
    me.sees(me.say("This is what was in force on %(day)s.", day=day), me.say("Version %(number)s", number=1))
    me.follows("Back to today")
    expect(me.page.locator(".banner-as-of")).to_have_count(0)


def test_the_language_switch_keeps_the_page(window: Window):
    me = window("kobayashi", "ja").enter()
    me.page.goto("/metrics/target_lead/?on=2025-06-01")
    expect(me.page.get_by_role("heading", level=1)).to_have_text("ターゲットリード数")
    before = me.page.url
    me.page.get_by_role("button", name="English", exact=True).click()
    expect(me.page.get_by_role("heading", level=1)).to_have_text("Target leads")
    assert me.page.url == before
    expect(me.page.locator("html")).to_have_attribute("lang", "en")


def test_a_term_shows_its_meaning_to_whoever_reaches_it_by_keyboard(window: Window):
    me = window("kobayashi", "ja").enter()
    me.page.goto("/metrics/meeting/")
    term = me.main.locator("a.term").first
    meaning = me.page.get_by_role("tooltip").first
    expect(meaning).to_be_hidden()
    term.focus()
    expect(meaning).to_be_visible()
    assert axe.violations(me.page) == []
    term.press("Enter")
    expect(me.page).to_have_url(re.compile(r"/metrics/\w+/$"))


def test_escape_puts_a_meaning_away_until_one_comes_to_its_word_anew(window: Window):
    me = window("kobayashi", "ja").enter()
    me.page.goto("/metrics/qualified_meeting/")
    word = me.main.locator(".definition a.term").first
    meaning = me.main.locator(".definition .term-meaning").first
    for comes, leaves in ((word.hover, me.page.locator("h1").hover), (word.focus, word.blur)):
        comes()
        expect(meaning).to_be_visible()
        me.page.keyboard.press("Escape")
        expect(meaning).to_be_hidden()
        leaves()
        comes()
        expect(meaning).to_be_visible()
        leaves()


def test_the_link_to_a_version_is_copied_and_leads_to_words_that_never_change(window: Window):
    me = window("kobayashi", "ja", permissions=["clipboard-read", "clipboard-write"]).enter()
    me.page.goto("/metrics/qualified_meeting/")
    me.follows("Copy link to this version")
    expect(me.main.get_by_role("link", name=me.say("Copied"))).to_be_visible()
    expect(me.page.get_by_role("status").filter(has_text=me.say("Copied"))).to_have_count(1)
    copied = me.page.evaluate("navigator.clipboard.readText()")
    assert urlsplit(copied).path == "/metrics/qualified_meeting/versions/3/"
    me.page.goto(copied)
    me.sees("2026年10月1日")


@pytest.fixture
def keyboard(window: Window) -> Person:
    """Somebody who touches no mouse, at the glossary."""
    return window("kobayashi", "en").enter()


def test_the_first_tab_leads_past_the_bars_to_the_content(keyboard: Person):
    keyboard.page.goto("/")
    keyboard.page.keyboard.press("Tab")
    skip = keyboard.page.get_by_role("link", name=keyboard.say("Skip to the content"))
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    keyboard.page.keyboard.press("Enter")
    expect(keyboard.main).to_be_focused()


def test_single_keys_search_and_lead_about(keyboard: Person):
    page = keyboard.page
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("gi?n")
    expect(page.get_by_role("searchbox")).to_have_value("gi?n")
    page.get_by_role("searchbox").blur()
    for keys, path in ((("g", "i"), "/inbox/"), (("g", "h"), "/history/"), (("n",), "/proposals/new/")):
        for key in keys:
            page.keyboard.press(key)
        page.wait_for_url(f"**{path}")


def test_a_question_mark_lists_the_keys_and_escape_closes_the_list(keyboard: Person):
    page = keyboard.page
    keys = page.get_by_role("dialog", name=keyboard.say("Keyboard shortcuts"))
    page.keyboard.press("?")
    expect(keys).to_be_visible()
    assert axe.violations(page) == []
    page.keyboard.press("Escape")
    expect(keys).to_be_hidden()


def test_single_keys_can_be_turned_off(window: Window):
    me = window("yamamoto", "en").enter_with_password()
    me.page.goto("/account/")
    me.main.get_by_role("checkbox").first.uncheck()
    me.presses("Save")
    expect(me.main.get_by_role("status")).to_be_visible()
    me.page.keyboard.press("n")
    me.page.keyboard.press("?")
    expect(me.page.get_by_role("dialog")).to_have_count(0)
    expect(me.page).to_have_url(re.compile("/account/$"))


def test_the_vocabulary_is_read_on_a_phone_without_sliding(window: Window):
    me = window("kobayashi", "ja").enter()
    me.page.set_viewport_size({"width": 360, "height": 800})
    me.page.goto("/vocabulary/")
    slide = me.page.locator(".scroll-x").evaluate_all(
        "all => all.filter(one => one.scrollWidth > one.clientWidth).length"
    )
    assert slide == 0
    expect(me.main.get_by_role("row").filter(has_text="industry")).to_contain_text("製造")
    assert axe.violations(me.page) == []


@pytest.mark.parametrize("address", ["/metrics/target_lead/", REVIEW, f"{REVIEW}?tab=discussion"])
def test_a_printed_sheet_has_its_words_and_seals_and_nothing_to_fill_in(window: Window, address: str):
    me = window("suzuki", "ja").enter()
    me.page.goto(address)
    me.page.emulate_media(media="print")
    expect(me.main.locator("input, select, textarea, button").filter(visible=True)).to_have_count(0)
    expect(me.main.locator(".seals svg").first).to_be_visible()
