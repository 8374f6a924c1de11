"""One server and one browser for each worker, and a fresh window for each person of each test."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, StorageState, expect, sync_playwright

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


@pytest.fixture(scope="package")
def sessions() -> dict[str | None, StorageState | None]:
    """The cookies of whoever has been signed in once already; nobody has none."""
    return {None: None}


@pytest.fixture
def signed_in(browser: Browser, site: str, sessions: dict[str | None, StorageState | None]) -> Iterator[Window]:
    """`signed_in("tanaka", "ja")`: like `window`, but through the door already, and sparing of motion."""
    opened = []

    def open_window(username: str | None, language: str) -> Person:
        known = username in sessions
        context = browser.new_context(
            base_url=site, storage_state=sessions.get(username), reduced_motion="reduce", locale=language
        )
        context.set_default_timeout(PATIENCE)
        opened.append(context)
        person = Person(context.new_page(), Tongue(language), username or "")
        if not known:
            person.enter()
            sessions[username] = context.storage_state()
        return person

    yield open_window
    for context in opened:
        context.close()
