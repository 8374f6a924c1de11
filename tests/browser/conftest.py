"""One server and one browser for each worker, and a fresh window for each person of each test."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, expect, sync_playwright

from tests.browser.person import Person
from tests.browser.server import serve
from tests.browser.words import Tongue
from tests.needs import chromium

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
PATIENCE = 30_000  # milliseconds; a busy machine renders late, and a test never waits longer than it must


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a server with the example registry. What one test does there, the next one finds."""
    with serve(Path(tmp_path_factory.mktemp("site"))) as address:
        yield address


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Closed with the package: Playwright's event loop makes Django refuse the database in this process."""
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        launched = launch(playwright)
        yield launched
        launched.close()


def launch(playwright: Playwright) -> Browser:
    path = chromium()
    assert path, "tests/plugin.py skips browser tests where there is no Chromium"
    return playwright.chromium.launch(executable_path=path, args=ARGUMENTS)


type Window = Callable[..., Person]


@pytest.fixture
def window(browser: Browser, site: str) -> Iterator[Window]:
    """`window("tanaka", "ja", scripts=False)`: that person at a window of their own, not signed in yet."""
    opened = []

    def open_window(username: str, language: str, **options: bool | str) -> Person:
        scripts = bool(options.pop("scripts", True))
        context = browser.new_context(base_url=site, java_script_enabled=scripts, **options)
        context.set_default_timeout(PATIENCE)
        opened.append(context)
        return Person(context.new_page(), Tongue(language), username)

    yield open_window
    for context in opened:
        context.close()


@dataclass
class Profiles:
    """Browsers that keep the files every page needs, and the cookies of whoever has signed in once already."""

    browser: Browser
    site: str
    contexts: dict[str, BrowserContext] = field(default_factory=dict)
    cookies: dict[str, list[Any]] = field(default_factory=dict)

    def page(self, username: str | None, language: str) -> Page:
        """A new page for that person, with nothing left of what the last one did."""
        if language not in self.contexts:
            context = self.browser.new_context(base_url=self.site, reduced_motion="reduce", locale=language)
            context.set_default_timeout(PATIENCE)
            self.contexts[language] = context
        context = self.contexts[language]
        context.clear_cookies()
        context.add_cookies(self.cookies.get(username or "", []))
        return context.new_page()


@pytest.fixture(scope="package")
def profiles(browser: Browser, site: str) -> Iterator[Profiles]:
    kept = Profiles(browser, site)
    yield kept
    for context in kept.contexts.values():
        context.close()


@pytest.fixture
def signed_in(profiles: Profiles) -> Iterator[Window]:
    """`signed_in("tanaka", "ja")`: like `window`, but through the door already, and sparing of motion."""
    opened = []

    def open_window(username: str | None, language: str) -> Person:
        person = Person(profiles.page(username, language), Tongue(language), username or "")
        opened.append(person.page)
        if username and username not in profiles.cookies:
            person.enter()
            profiles.cookies[username] = person.page.context.cookies()
        return person

    yield open_window
    for page in opened:
        page.close()
