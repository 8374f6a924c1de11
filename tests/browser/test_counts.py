"""The quarrel the example is about: marketing lowers a threshold, and sales sees what it does before sealing."""

import pytest
from playwright.sync_api import expect

from tests.browser import axe
from tests.browser.acts import begins_draft, describes, seals
from tests.browser.conftest import Window
from tests.browser.person import Person

pytestmark = pytest.mark.browser


def lowers_the_threshold(me: Person) -> None:
    """In the builder, and sees what it does before anything is submitted."""
    me.field("Rule %(number)s: value", number="2").fill("50")
    expect(me.page.locator("#condition-target_lead")).to_contain_text(me.say("Would newly count"))


@pytest.mark.slow
@pytest.mark.parametrize("language", ["ja", "en"])
def test_marketing_lowers_the_threshold_and_sales_sees_the_ripple_answers_the_card_and_seals(
    window: Window, language: str
):
    author = window("tanaka", language).enter()
    begins_draft(author, "target_lead")
    describes(author, f"従業員50名から ({language})")
    lowers_the_threshold(author)
    author.presses("Submit for agreement")
    address = author.page.url.split("?")[0]

    sales = window("sato", language).enter()
    sales.page.goto(f"{address}?tab=effect")
    numbers = sales.page.locator("#counts")
    expect(numbers.locator("#counted-target_lead .gained")).to_contain_text("＋", timeout=60_000)
    expect(numbers.locator("#counted-meeting .gained")).to_contain_text("＋")
    expect(numbers.locator("#rate-meeting_rate")).to_contain_text(sales.say("falls"))
    assert axe.violations(sales.page) == []
    numbers.locator("summary", has_text=sales.say("The numbers per month, and the records behind them")).first.click()
    numbers.locator("td a[href*='/gained/']").first.click()
    sales.sees(sales.say("Records that would newly count"))

    sales.page.goto(f"{address}?tab=effect")
    sales.presses("It counts")
    sales.sees(sales.say("Your answer is recorded."))
    seals(window("suzuki", language).enter(), address, "sales")


def test_counts_come_without_a_script_too(window: Window):
    me = window("sato", "en", scripts=False).enter()
    me.page.goto("/metrics/revenue/")
    me.presses("Count on the data of today")
    expect(me.page.locator("#counted .tally")).to_be_visible(timeout=60_000)
