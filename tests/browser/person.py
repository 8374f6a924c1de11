"""Somebody at a window of their own: finds things by what they are called, and presses what a person presses."""

from playwright.sync_api import Locator, Page, expect

from tests.browser.server import PASSWORD
from tests.browser.words import Tongue


class Person:
    """`username` is empty for somebody who is not going to sign in."""

    def __init__(self, page: Page, say: Tongue, username: str = "") -> None:
        self.page = page
        self.say = say
        self.username = username
        self.name = say.name(username) if username else ""
        chosen = {"name": "goi_language", "value": say.code, "domain": "127.0.0.1", "path": "/"}
        page.context.add_cookies([chosen])  # as the switch on every page leaves it

    # Coming in

    def enter(self) -> "Person":
        """Through the demo's door."""
        self.page.goto("/sign-in/")
        self.page.get_by_role("button", name=self.say.door(self.username)).click()
        self.is_signed_in()
        return self

    def enter_with_password(self, password: str = PASSWORD) -> "Person":
        self.page.goto("/sign-in/")
        self.page.get_by_label(self.say("User name"), exact=True).fill(self.username)
        self.page.get_by_label(self.say("Password"), exact=True).fill(password)
        self.page.get_by_role("main").get_by_role("button", name=self.say("Sign in"), exact=True).click()
        self.is_signed_in()
        return self

    def is_signed_in(self) -> None:
        expect(self.page.locator(".menu summary")).to_have_text(self.name)

    # Finding the way

    def goes_to(self, place: str) -> None:
        """One of the places in the bar, by its English name."""
        self.page.get_by_role("navigation", name=self.say("Main")).get_by_role("link", name=self.say(place)).click()

    def opens(self, title: str) -> None:
        """A proposal or metric in the middle of the page, by what it is called."""
        self.main.get_by_role("link", name=title, exact=True).first.click()
        expect(self.page.get_by_role("heading", level=1)).to_contain_text(title)

    def opens_tab(self, tab: str) -> None:
        tabs = self.page.get_by_role("navigation", name=self.say("The proposal"))
        tabs.get_by_role("link", name=self.say(tab)).click()

    @property
    def main(self) -> Locator:
        return self.page.get_by_role("main")

    @property
    def aside(self) -> Locator:
        return self.main.get_by_role("complementary")

    # Doing and seeing

    def presses(self, button: str, **values: str) -> None:
        self.main.get_by_role("button", name=self.say(button, **values), exact=True).click()

    def follows(self, link: str, **values: object) -> None:
        self.main.get_by_role("link", name=self.say(link, **values), exact=True).first.click()

    def unfolds(self, summary: str) -> Locator:
        """The part of the page behind that word, open."""
        heading = self.main.locator("summary", has_text=self.say(summary)).first
        part = heading.locator("xpath=..")
        if part.get_attribute("open") is None:
            heading.click()
        return part

    def sees(self, *texts: str) -> None:
        for text in texts:
            expect(self.main).to_contain_text(text)

    def field(self, label: str, language: str = "", **values: str) -> Locator:
        """A field of the form, or the Japanese or English one of a pair."""
        name = self.say(label, **values)
        if language:
            name += {"ja": ": 日本語", "en": ": English"}[language]
        return self.main.get_by_label(name, exact=True).and_(self.page.locator("input, select, textarea"))
