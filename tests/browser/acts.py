"""What people do to a proposal, as far as a test needs it done before its own point."""

from playwright.sync_api import expect

from registry import clock
from tests.browser.person import Person
from tests.browser.server import PASSWORD

NOTE = {"ja": "月末の締めは翌営業日とする。", "en": "The month closes on the next working day."}


def begins_draft(me: Person, key: str) -> str:
    """A draft about that metric; its address."""
    me.page.goto(f"/proposals/new/?metric={key}")
    me.presses("Start writing")
    me.page.wait_for_url("**/draft/")
    return me.page.url


def describes(me: Person, title: str, note: dict[str, str] = NOTE) -> None:
    """Title, reason and day, and a sentence more in the definition of the draft's one metric."""
    me.field("Effective from").fill(clock.today().isoformat())
    for language in ("ja", "en"):
        me.field("Title", language).fill(title)
        me.field("Reason", language).fill(note[language])
        words = me.field("Definition", language)
        words.fill(f"{words.input_value().rstrip()}\n\n{note[language]}")


def proposes(me: Person, key: str, title: str, note: dict[str, str] = NOTE) -> str:
    """A proposal in review, with one sentence more; its address."""
    address = begins_draft(me, key)
    describes(me, title, note)
    me.presses("Submit for agreement")
    expect(me.page.get_by_role("heading", level=1)).to_contain_text(title)
    return address.removesuffix("draft/")


def seals(me: Person, address: str, team: str) -> None:
    opens_signing_page(me, address, team)
    presses_seal(me, team)
    expect(me.main.get_by_role("status")).to_contain_text(me.say.team(team))


def opens_signing_page(me: Person, address: str, team: str) -> None:
    me.page.goto(f"{address}sign-offs/?team={team}")


def presses_seal(me: Person, team: str, password: str = PASSWORD) -> None:
    me.field("I have read the words above.").check()
    me.field("Your password").fill(password)
    me.presses("Press the seal of %(team)s", team=me.say.team(team))
