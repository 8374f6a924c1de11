"""What a page must hold in every language, colour scheme and width: WCAG 2.2 AA by axe, and nothing sticking out."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

SOURCE = (Path(__file__).parent / "vendor" / "axe-4.14.1.min.js").read_text(encoding="utf-8")
WCAG_2_2_AA = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# Evaluated as the debugger does, which the page's Content-Security-Policy, left in force, does not see.
RUN = """async (tags) => {
    const result = await axe.run(document, {runOnly: {type: "tag", values: tags}, resultTypes: ["violations"]});
    const say = (rule, node) => `${rule.id}: ${node.target.join(" ")} ${node.failureSummary}`;
    return result.violations.flatMap(rule => rule.nodes.map(node => say(rule, node)));
}"""
WIDER = """() => {
    const limit = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= limit) return [];
    const out = [...document.querySelectorAll("body *")].filter(each => each.getBoundingClientRect().right > limit + 1);
    return out.map(each => `${each.localName}.${each.className}`).slice(0, 5).concat([`wider than ${limit}px`]);
}"""
MOVING = """() => document.getAnimations()
    .filter(each => each.timeline === document.timeline && each.playState === "running")
    .map(each => `moves: ${each.animationName ?? each.transitionProperty}`)"""
# Sees what a policy blocked from the first line of a page on.
LISTEN = """addEventListener("securitypolicyviolation", event =>
    console.error(`blocked: ${event.violatedDirective} ${event.blockedURI}`))"""


def violations(page: Page) -> list[str]:
    """What axe finds on the page as it stands, one line for each element."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(SOURCE)
    return page.evaluate(RUN, WCAG_2_2_AA)


def sticking_out(page: Page) -> list[str]:
    """Elements that make the whole page scroll sideways."""
    return page.evaluate(WIDER)


def moving(page: Page) -> list[str]:
    return page.evaluate(MOVING)


class Watch:
    """Listens to one page: script errors, blocked content, and requests that leave for another host."""

    def __init__(self, page: Page, home: str) -> None:
        """`home` is the address of the one host that may be asked for anything."""
        self.heard: list[str] = []
        page.add_init_script(LISTEN)
        page.on("console", lambda message: self._said(message))
        page.on("pageerror", lambda error: self.heard.append(f"error: {error}"))
        page.on("request", lambda request: self._left_for(request.url, home))

    def _said(self, message: Any) -> None:
        # A refusal's own status (404, 422 …) is reported as an error by the browser; that one is meant.
        meant = message.text.startswith("Failed to load resource") and not _is_file(message.location.get("url", ""))
        if message.type == "error" and not meant:
            self.heard.append(f"{message.type}: {message.text}")

    def _left_for(self, url: str, home: str) -> None:
        if not url.startswith((home, "data:", "about:")):
            self.heard.append(f"request to another host: {url}")


def _is_file(url: str) -> bool:
    return "/static/" in url
