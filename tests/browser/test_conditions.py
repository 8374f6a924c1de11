"""A marketer changes a condition without writing an expression, and whoever writes one is helped at every word."""

import pytest
from playwright.sync_api import Locator, expect

from tests.browser import axe
from tests.browser.acts import begins_draft
from tests.browser.conftest import Window
from tests.browser.person import Person

pytestmark = pytest.mark.browser


def condition_of(me: Person, key: str = "target_lead") -> Locator:
    return me.page.locator(f"#condition-{key}")


def suggested(me: Person) -> Locator:
    return me.page.locator(".cm-tooltip-autocomplete").get_by_role("option")


def takes_the_suggestion(me: Person, editor: Locator) -> None:
    """With Enter, once the editor listens to it: a list younger than 75 ms is taken to be one nobody has seen yet."""
    expect(me.page.locator(".cm-tooltip-autocomplete:not(.cm-tooltip-autocomplete-disabled)")).to_be_visible()
    me.page.wait_for_timeout(100)
    editor.press("Enter")


@pytest.mark.parametrize(("language", "scripts"), [("ja", True), ("en", False)], ids=["ja", "en-no-script"])
def test_a_marketer_lowers_the_threshold_in_the_builder_and_sees_who_is_gained(
    window: Window, language: str, scripts: bool
):
    me = window("tanaka", language, scripts=scripts).enter()
    begins_draft(me, "target_lead")
    threshold = me.field("Rule %(number)s: value", number="2")
    expect(threshold).to_have_value("100")
    threshold.fill("50")
    if not scripts:
        me.presses("Save")
    said = condition_of(me)
    expect(said).to_contain_text({"ja": "従業員数が50名以上", "en": "employees is at least 50 people"}[language])
    expect(said).to_contain_text(me.say("Would newly count"))
    expect(said.locator(".does-card")).to_contain_text({"ja": "99 名", "en": "99 people"}[language])
    if scripts:
        expect(said.get_by_role("status")).to_contain_text(me.say("More records count; none is lost (proved)."))
        expect(me.page.locator("#saved")).to_contain_text(me.say("Saved at %(at)s", at=""))
        me.page.reload()
    expect(me.field("Rule %(number)s: value", number="2")).to_have_value("50")


def test_rows_are_added_and_removed_by_keyboard_and_what_was_typed_stays(window: Window):
    me = window("tanaka", "en").enter()
    begins_draft(me, "new_lead")
    me.field("Name", "en").fill("Typed before")
    me.main.get_by_role("button", name=me.say("Add a rule"), exact=True).press("Enter")
    field = me.field("Rule %(number)s: what it is about", number="2")
    expect(field).to_be_focused()
    field.select_option("source")
    expect(me.field("Rule %(number)s: how it is compared", number="2")).to_have_value("in")
    condition_of(me, "new_lead").get_by_label("seminar").check()
    expect(condition_of(me, "new_lead")).to_contain_text("source is “seminar”")
    me.main.get_by_role("button", name=f"{me.say('Remove')} 2", exact=True).press("Enter")
    expect(condition_of(me, "new_lead")).not_to_contain_text("source is “seminar”")
    expect(me.field("Name", "en")).to_have_value("Typed before")


def test_the_editor_completes_a_field_by_its_japanese_name_and_mends_with_one_click(window: Window, site: str):
    me = window("tanaka", "ja").enter()
    watch = axe.Watch(me.page, site)
    begins_draft(me, "target_lead")
    me.presses("Expression")
    editor = me.page.locator(".cm-content")
    editor.fill("")
    editor.press_sequentially("従業員数")
    expect(suggested(me).first).to_contain_text("company.employees")
    takes_the_suggestion(me, editor)
    editor.press_sequentially(" => 50")
    mending = me.main.get_by_role("button", name=me.say("Write %(fix)s", fix=">="))
    expect(me.page.locator(".cm-lintRange-error")).to_have_text("=>")
    expect(editor).to_have_attribute("aria-invalid", "true")
    mending.click()
    expect(editor).to_have_text("company.employees >= 50")
    expect(editor).to_be_focused()
    expect(condition_of(me)).to_contain_text("従業員数が50名以上")
    expect(me.page.locator(".cm-lintRange-error")).to_have_count(0)
    editor.press("Tab")
    expect(editor).not_to_be_focused()
    assert watch.heard == []
    me.presses("Builder")
    expect(me.field("Rule %(number)s: value", number="1")).to_have_value("50")


def test_a_mistake_is_mended_with_one_click_without_a_script(window: Window):
    me = window("tanaka", "ja", scripts=False).enter()
    begins_draft(me, "target_lead")
    me.presses("Expression")
    me.field("Extraction condition").fill("従業員数 >= 50")
    me.presses("Save")
    me.presses("Write %(fix)s", fix="company.employees")
    expect(me.field("Extraction condition")).to_have_value("company.employees >= 50")


def test_a_value_is_completed_with_what_is_declared_for_its_field(window: Window):
    me = window("tanaka", "ja").enter()
    begins_draft(me, "target_lead")
    me.presses("Expression")
    editor = me.page.locator(".cm-content")
    editor.fill("")
    editor.press_sequentially("company.industry = '製")
    expect(suggested(me)).to_have_count(1)
    takes_the_suggestion(me, editor)
    expect(editor).to_have_text("company.industry = 'manufacturing'")
    editor.press_sequentially(" AND フォロー")
    expect(suggested(me).first).to_contain_text("is_follow_lead")
