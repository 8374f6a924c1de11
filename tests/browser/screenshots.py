"""Takes the README's pictures anew from the example registry: `make screenshots`."""

# ruff: noqa: E402, T201

import os
import tempfile
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")

import django

django.setup()

from playwright.sync_api import Browser, sync_playwright

from tests.browser.conftest import launch
from tests.browser.pages import REVIEW, WAITING
from tests.browser.person import Person
from tests.browser.server import serve
from tests.browser.words import Tongue

FOLDER = Path(__file__).parent.parent.parent / "docs" / "images"
WIDTH = 1280
# What is shown, to whom, and how much of it in pixels of height.
PICTURES = {
    "glossary": ("/", "kobayashi", 860),
    "metric": ("/metrics/target_lead/", "kobayashi", 800),
    "proposal": (REVIEW, "suzuki", 860),
    "signing": (f"{WAITING}sign-offs/?team=sales", "suzuki", 760),
}


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, serve(Path(folder)) as site, sync_playwright() as playwright:
        browser = launch(playwright)
        for language in ("ja", "en"):
            for name in PICTURES:
                take(browser, site, name, language)
        browser.close()


def take(browser: Browser, site: str, name: str, language: str) -> None:
    """One picture. The demo's own bar is left out: no registry that people run has it."""
    address, who, height = PICTURES[name]
    context = browser.new_context(
        base_url=site, viewport={"width": WIDTH, "height": height}, locale=language, reduced_motion="reduce"
    )
    person = Person(context.new_page(), Tongue(language), who).enter()
    person.page.goto(address)
    person.page.locator(".demo-bar").evaluate_all("bars => bars.forEach(bar => bar.remove())")
    path = FOLDER / f"{name}-{language}.png"
    person.page.screenshot(path=path)
    context.close()
    print(f"{path.relative_to(FOLDER.parent.parent)}  {path.stat().st_size // 1024} KB")


if __name__ == "__main__":
    main()
