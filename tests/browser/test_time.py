"""Walking through a metric's life with the keyboard, and without a script."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Window

pytestmark = pytest.mark.browser


def test_the_slider_walks_by_keyboard_and_says_the_day(signed_in: Window):
    person = signed_in("kobayashi", "en")
    page = person.page
    page.goto("/metrics/target_lead/?lang=en")
    slider = page.get_by_label(person.say("Walk through its life"), exact=True).and_(page.locator("input"))
    slider.focus()
    slider.press("Home")
    expect(page.locator("#meaning .banner-as-of")).to_contain_text("This is what was in force on")
    expect(page).to_have_url(re.compile(r"on=\d{4}-\d\d-\d\d"))
    expect(slider).to_be_focused()
    said = page.locator("#life-now").inner_text()
    assert "Version 1" in said
    assert slider.get_attribute("aria-valuetext") == said
    expect(page.locator("#metric-head")).to_contain_text("Version 1")


def test_a_day_that_is_typed_is_said_by_the_slider_too_and_can_be_asked_as_recorded_by_another(signed_in: Window):
    person = signed_in("kobayashi", "en")
    page = person.page
    page.goto("/metrics/target_lead/")
    person.field("As agreed on").fill("2025-12-24")
    person.field("As agreed on").blur()
    expect(page.locator("#life-now")).to_have_text("24 Dec 2025 · Version 1")
    expect(page.locator("#life")).to_have_attribute("aria-valuetext", "24 Dec 2025 · Version 1")
    person.presses("Show")
    expect(page.locator("#life-now")).to_have_text("24 Dec 2025 · Version 1")
    person.field("As recorded by").fill("2025-03-01")
    person.presses("Show")
    person.sees("Nothing was in force on 24 Dec 2025.")


def test_without_a_script_a_plain_form_asks_for_the_day(window: Window):
    person = window("kobayashi", "en", scripts=False)
    person.enter()
    page = person.page
    page.goto("/metrics/target_lead/?lang=en")
    expect(page.locator("#life")).to_be_hidden()
    page.locator("#id_on").fill("2025-06-01")
    person.presses("Show")
    expect(page.locator(".banner-as-of")).to_contain_text("1 Jun 2025")


def test_the_words_of_an_act_open_in_place(signed_in: Window):
    person = signed_in("kobayashi", "ja")
    page = person.page
    page.goto("/history/?group=agreement&lang=ja")
    page.locator("[hx-get^='/history/']").first.click()
    expect(page.locator(".word-by-word").first).to_be_visible()
    expect(page).to_have_url(re.compile(r"/history/\?group=agreement"))
