"""What happens when several people are at work on the same words at once, or one of them is cut off."""

import re
from datetime import timedelta
from pathlib import PurePosixPath
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from registry import clock
from tests.browser import axe
from tests.browser.acts import begins_draft, describes, opens_signing_page, presses_seal, proposes, seals
from tests.browser.conftest import Window
from tests.browser.server import PASSWORD

pytestmark = pytest.mark.browser
TYPED = "まだ送っていない言葉 — not sent yet"
HOLDS_TYPED = re.compile(re.escape(TYPED))


def test_a_draft_saves_itself_and_says_so(window: Window):
    me = window("tanaka", "ja").enter()
    address = begins_draft(me, "qualified_rate")
    words = me.field("Definition", "ja")
    words.press_sequentially(TYPED)
    expect(me.page.locator("#saved")).to_have_attribute("data-state", "saved")
    expect(me.page.locator("#saved")).to_contain_text(me.say("Saved at %(at)s", at=""))
    me.page.goto(address)
    expect(words).to_have_value(HOLDS_TYPED)
    expect(me.aside.locator("ins", has_text=TYPED)).to_be_visible()


def test_a_button_pressed_again_before_the_next_page_is_there_sends_once(window: Window):
    me = window("tanaka", "ja").enter()
    me.page.goto("/proposals/new/")
    sends = me.main.locator("form[method=post]").evaluate(
        """form => {
          let sends = 0;
          window.addEventListener("submit", (event) => {
            if (!event.defaultPrevented) sends += 1;
            event.preventDefault();
          });
          form.requestSubmit();
          form.requestSubmit();
          return sends;
        }"""
    )
    assert sends == 1


def test_a_draft_that_cannot_be_saved_says_so_and_keeps_the_words(window: Window):
    me = window("tanaka", "en").enter()
    address = begins_draft(me, "qualified_rate")
    me.page.route(address, lambda route: route.abort())
    me.field("Definition", "en").press_sequentially(TYPED)
    expect(me.page.locator("#saved")).to_have_text(me.say("Not saved yet"))
    expect(me.field("Definition", "en")).to_have_value(HOLDS_TYPED)
    me.page.unroute(address)
    me.presses("Save")
    expect(me.field("Definition", "en")).to_have_value(HOLDS_TYPED)


def test_a_text_too_long_to_send_stays_on_the_page_and_is_saved_once_shortened(window: Window):
    me = window("tanaka", "ja").enter()
    begins_draft(me, "qualified_rate")
    # In a hidden field, since laying out three million characters keeps the browser busy for minutes.
    me.page.locator("#edits").evaluate("field => { field.name = 'long'; field.value = 'a'.repeat(3e6) }")
    me.field("Definition", "ja").fill(TYPED)
    expect(me.page.get_by_role("alert")).to_contain_text(me.say("What you typed is still on this page."))
    expect(me.field("Definition", "ja")).to_have_value(TYPED)
    me.page.locator("#edits").evaluate("field => { field.value = '' }")
    me.field("Definition", "en").fill(TYPED)
    expect(me.page.locator("#saved")).to_contain_text(me.say("Saved at %(at)s", at=""))


@pytest.mark.parametrize("scripts", [True, False], ids=["", "no-script"])
def test_nothing_typed_is_lost_when_the_session_ends_in_the_middle_of_a_draft(window: Window, scripts: bool):
    me = window("tanaka", "ja", scripts=scripts).enter()
    address = begins_draft(me, "win_rate")
    me.page.context.clear_cookies(name="sessionid")
    describes(me, TYPED)
    if scripts:
        expect(me.page.get_by_role("alert")).to_contain_text(me.say("You are no longer signed in"))
    me.presses("Save")
    me.sees(me.say("Sign in again"))
    me.field("User name").fill(me.username)
    me.field("Password").fill(PASSWORD)
    me.presses("Sign in")
    me.presses("Send what I typed")
    assert me.page.url == address
    expect(me.field("Title", "ja")).to_have_value(TYPED)
    me.sees(me.say("Everything is there. You can submit it."))


@pytest.mark.parametrize("language", ["ja", pytest.param("en", marks=pytest.mark.slow)])
def test_nobody_seals_words_that_changed_while_they_were_reading(window: Window, language: str):
    author = window("tanaka", language).enter()
    signatory = window("suzuki", language).enter()
    address = proposes(author, "target_rate", f"締め日をそろえる ({language})")
    opens_signing_page(signatory, address, "sales")
    author.follows("Revise")
    words = author.field("Definition", language)
    words.fill(f"{words.input_value()}\n\n{TYPED}")
    author.presses("Submit as a new revision")
    expect(author.main.get_by_role("status")).to_be_visible()
    with signatory.page.expect_response(lambda response: response.status == 409):
        presses_seal(signatory, "sales")
    signatory.sees(signatory.say("This changed while you were reading"))
    signatory.follows("See what changed")
    expect(signatory.main.locator("ins", has_text=TYPED)).to_be_visible()


@pytest.mark.slow
def test_two_stewards_break_the_glass_and_the_version_stays_flagged_until_the_team_seals(window: Window):
    author, signatory = window("tanaka", "ja").enter(), window("takahashi", "ja").enter()
    address = proposes(author, "average_order_value", "締め日をそろえる")
    seals(signatory, address, "marketing")
    first, second = window("watanabe", "ja").enter(), window("ito", "ja").enter_with_password()
    first.page.goto(address)
    asking = first.unfolds("Break glass")
    asking.get_by_role("textbox").fill("営業の承認者が全員不在で、締め日に間に合わない。")
    first.presses("Ask a second steward")
    second.page.goto(address)
    second.presses("Confirm: publish without %(team)s", team=second.say.team("sales"))
    flag = second.say("A seal is missing")
    second.page.goto("/?state=broken")
    second.sees("平均受注単価", flag)
    second.opens("平均受注単価")
    second.sees(
        second.say("Published by two stewards without every seal. It stays flagged until the missing team seals it.")
    )
    assert axe.violations(second.page) == []
    sales = window("suzuki", "ja").enter()
    seals(sales, address, "sales")
    second.page.goto("/?state=broken")
    expect(second.main).not_to_contain_text("平均受注単価")


@pytest.mark.slow
def test_an_author_brings_a_stale_proposal_up_to_date_field_by_field(window: Window):
    author, rival = window("tanaka", "en").enter(), window("sato", "en").enter()
    address = proposes(author, "meeting_rate", "Round the rate", {"ja": "小数第一位まで。", "en": "One decimal place."})
    newer = proposes(rival, "meeting_rate", "Name the closing day")
    for username, team in (("takahashi", "marketing"), ("suzuki", "sales")):
        seals(window(username, "en").enter(), newer, team)
    author.page.goto(address)
    author.sees(author.say("One of its metrics has a newer version, so nobody can seal this now."))
    author.follows("Bring it up to date")
    author.sees(author.say("both changed it"))
    assert axe.violations(author.page) == []
    author.presses("Take these words")
    assert axe.violations(author.page) == []
    for choices in author.main.get_by_role("group").all():
        choices.get_by_role("radio").first.check()
    author.presses("Take these words")
    assert PurePosixPath(urlsplit(author.page.url).path).name == "draft"
    author.presses("Submit as a new revision")
    author.sees(author.say("Saved, but not submitted yet"))
    author.field("Effective from").fill((clock.today() + timedelta(days=7)).isoformat())
    author.presses("Submit as a new revision")
    author.page.wait_for_url("**/proposals/*/")
    expect(author.main.get_by_role("status")).to_be_visible()
    expect(author.main).not_to_contain_text(author.say("Bring it up to date"))
