"""Two people from marketing and sales do the whole job: propose, discuss, object, revise, seal, publish, look up.

Told four times, each time with another metric of the example registry, so that none stands on another's ground.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import expect

from registry import clock
from tests.browser.acts import presses_seal
from tests.browser.conftest import Window
from tests.browser.person import Person
from tests.browser.server import serve

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@dataclass(frozen=True)
class Telling:
    """One way to tell the story: in which language, with scripts or without, about which metric."""

    language: str
    scripts: bool
    key: str
    names: dict[str, str]
    version: int  # before the story
    narrower: str  # what the story adds to the extraction condition


TARGET = {"ja": "ターゲットリード数", "en": "Target leads"}
FOLLOW = {"ja": "ターゲットフォローリード数", "en": "Followed target leads"}
TELLINGS = [
    Telling("ja", True, "new_lead", {"ja": "新規リード数", "en": "New leads"}, 1, "created_on IS NOT NULL"),
    Telling("en", True, "target_lead", TARGET, 2, "created_on IS NOT NULL"),
    Telling("ja", False, "follow_lead", FOLLOW, 2, "created_on IS NOT NULL"),
    Telling("en", False, "won_deal", {"ja": "受注数", "en": "Won deals"}, 1, "amount < 1000000000"),
]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A registry for the story alone: it counts versions, which other tests add to."""
    with serve(tmp_path_factory.mktemp("story")) as address:
        yield address


@pytest.mark.parametrize("told", TELLINGS, ids=lambda told: f"{told.language}{'' if told.scripts else '-no-script'}")
def test_two_teams_agree_to_a_new_version_and_everybody_finds_it(window: Window, told: Telling):
    story = Story(window, told)
    story.marketer_writes()
    story.marketer_sees_what_differs_and_submits()
    story.salesperson_comments_and_objects()
    story.marketer_revises()
    story.salesperson_closes_the_objection()
    story.writer_cannot_seal()
    story.marketing_seals_with_the_right_password_only()
    story.sales_seals_and_so_publishes()
    story.everything_is_found_again()


class Story:
    """The people, what they write, and each scene as one method."""

    title = {"ja": "記録の日付がない人を除く", "en": "Leave out people without a recorded day"}
    reason = {"ja": "日付の空欄は月に分けられない。", "en": "Records without a day fit into no month."}
    added = {"ja": "作成日の空欄は数えない。", "en": "A record without a creation day does not count."}
    revised = {"ja": "作成日が空欄の記録は数えない。", "en": "A record whose creation day is blank does not count."}

    def __init__(self, window: Window, told: Telling) -> None:
        self.told = told
        self.metric = told.names[told.language]
        people = ("tanaka", "sato", "takahashi", "suzuki", "kobayashi")
        opened = {name: window(name, told.language, scripts=told.scripts) for name in people}
        self.marketer: Person = opened["tanaka"]
        self.salesperson: Person = opened["sato"]
        self.marketing: Person = opened["takahashi"]
        self.sales: Person = opened["suzuki"]
        self.reader: Person = opened["kobayashi"]
        self.say = self.marketer.say
        # Two languages tell it on one server: the title says which, so that nobody opens the other's proposal.
        self.title = {language: f"{words} ({told.key})" for language, words in self.title.items()}
        self.called = self.title[told.language]

    def marketer_writes(self) -> None:
        me = self.marketer.enter_with_password()
        me.opens(self.metric)
        me.follows("Propose a change")
        me.presses("Start writing")
        me.sees(self.say("What is still needed"), self.say("Choose the day from which it takes effect."))
        for language in ("ja", "en"):
            me.field("Title", language).fill(self.title[language])
            me.field("Reason", language).fill(self.reason[language])
            words = me.field("Definition", language)
            words.fill(f"{words.input_value().rstrip()}\n\n{self.added[language]}")
        me.presses("Expression")
        self._narrows_the_condition(me)
        me.field("Effective from").fill(clock.today().isoformat())

    def _narrows_the_condition(self, me: Person) -> None:
        rule = f"\nAND {self.told.narrower}"
        if self.told.scripts:
            me.page.locator(".cm-content").press("Control+End")
            me.page.keyboard.insert_text(rule)
        else:
            condition = me.field("Extraction condition")
            condition.fill(condition.input_value().rstrip() + rule)

    def marketer_sees_what_differs_and_submits(self) -> None:
        me = self.marketer
        if not self.told.scripts:
            me.presses("Save")
        me.sees(self.say("Everything is there. You can submit it."))
        expect(me.aside.locator("ins", has_text=self.added["ja"])).to_be_visible()
        expect(me.aside.locator("ins", has_text=self.told.narrower)).to_be_visible()
        me.presses("Submit for agreement")
        me.sees(
            self.say("Submitted as revision %(number)s. The teams that must agree see it in their inbox.", number=1)
        )

    def salesperson_comments_and_objects(self) -> None:
        me = self.salesperson.enter()
        me.goes_to("Proposals")
        me.opens(self.called)
        me.opens_tab("Discussion")
        me.field("Your comment").fill("Since which month? / いつから？")
        me.main.get_by_role("region", name=self.say("Comments")).get_by_label(self.say("About")).select_option(
            f"{self.told.key}.condition"
        )
        me.presses("Comment")
        expect(me.main.locator(".comment", has_text="いつから？")).to_contain_text(self.say("Extraction condition"))
        me.opens_tab("Words")
        objecting = me.unfolds("Object")
        objecting.get_by_label(self.say("What has to change, and why")).fill("「空欄」と書いてください。/ Say “blank”.")
        objecting.get_by_label(self.say("About")).select_option(f"{self.told.key}.text_{self.told.language}")
        me.presses("Raise the objection")
        me.sees(
            self.say("Your objection is open. Nothing is published until it is closed."), self.say("open objection")
        )

    def marketer_revises(self) -> None:
        me = self.marketer
        me.goes_to("Inbox")
        me.opens(self.called)
        me.follows("Revise")
        for language in ("ja", "en"):
            words = me.field("Definition", language)
            words.fill(words.input_value().replace(self.added[language], self.revised[language]))
        me.presses("Submit as a new revision")
        me.follows("What changed since revision %(number)s", number=1)
        me.sees(self.say("From revision %(old)s to %(new)s", old=1, new=2))
        expect(me.main.locator("ins").first).to_be_visible()

    def salesperson_closes_the_objection(self) -> None:
        me = self.salesperson
        me.goes_to("Inbox")
        me.opens(self.called)
        closing = me.unfolds("Close it")
        closing.get_by_role("textbox").fill("「空欄」になりました。/ It says “blank” now.")
        me.presses("Close the objection")
        me.sees(self.say("closed objection"))

    def writer_cannot_seal(self) -> None:
        me = self.marketer
        me.goes_to("Proposals")
        me.opens(self.called)
        team = self.say.team("marketing")
        expect(me.main.get_by_role("link", name=self.say("Seal for %(team)s", team=team))).to_have_count(0)

    def marketing_seals_with_the_right_password_only(self) -> None:
        me = self.marketing.enter()
        self._open_signing_page(me, "marketing")
        presses_seal(me, "marketing", "not-my-password")
        me.sees(self.say("That is not your password. Nothing was sealed; try again."))
        presses_seal(me, "marketing")
        me.sees(self.say("%(team)s has sealed.", team=self.say.team("marketing")))

    def sales_seals_and_so_publishes(self) -> None:
        me = self.sales.enter()
        self._open_signing_page(me, "sales")
        me.sees(self.say("Yours is the last seal: pressing it publishes these words at once."))
        expect(me.main.locator("ins", has_text=self.told.narrower)).to_be_visible()
        presses_seal(me, "sales")
        sealed = self.say("%(team)s has sealed, and with that it is agreed and published.", team=self.say.team("sales"))
        me.sees(sealed)

    def _open_signing_page(self, me: Person, team: str) -> None:
        me.goes_to("Inbox")
        me.opens(self.called)
        me.follows("Seal for %(team)s", team=self.say.team(team))

    def everything_is_found_again(self) -> None:
        me = self.reader.enter()
        old, new = self.told.version, self.told.version + 1
        me.sees(self.say("%(name)s, version %(number)s", name=self.metric, number=new))
        me.opens(self.metric)
        me.sees(self.revised[self.told.language], self.marketing.name, self.sales.name)
        self._opens_version(me, old)
        expect(me.main).not_to_contain_text(self.revised[self.told.language])
        me.page.go_back()
        self._opens_version(me, new)
        me.sees(self.revised[self.told.language], self.marketing.name, self.sales.name)
        me.follows("Compare with the version before")
        expect(me.main.locator("ins", has_text=self.revised["ja"])).to_be_visible()
        expect(me.main.locator("ins", has_text=self.revised["en"])).to_be_visible()
        me.page.goto(f"/metrics/{self.told.key}/")
        me.follows("Everything that happened to it")
        self._reads_the_whole_story(me)
        me.goes_to("History")
        self._reads_the_whole_story(me)

    def _opens_version(self, me: Person, number: int) -> None:
        me.main.locator(f"a[href^='/metrics/{self.told.key}/versions/{number}/']:not([data-copy-link])").click()

    def _reads_the_whole_story(self, me: Person) -> None:
        """Every act that was recorded under its own sentence, with who did it."""
        marketing, sales = self.say.team("marketing"), self.say.team("sales")
        acts: list[tuple[str, Person, dict[str, object]]] = [
            ("%(who)s submitted “%(proposal)s” for agreement.", self.marketer, {}),
            ("%(who)s commented on “%(proposal)s”.", self.salesperson, {}),
            ("%(who)s objected to “%(proposal)s”.", self.salesperson, {}),
            ("%(who)s submitted revision %(revision)s of “%(proposal)s”.", self.marketer, {"revision": 2}),
            ("%(who)s closed an objection to “%(proposal)s”.", self.salesperson, {}),
            ("%(who)s sealed “%(proposal)s” for %(team)s.", self.marketing, {"team": marketing}),
            ("%(who)s sealed “%(proposal)s” for %(team)s.", self.sales, {"team": sales}),
        ]
        for sentence, who, rest in acts:
            called = self.say("%(name)s", context="a person", name=who.name)
            me.sees(self.say(sentence, who=called, proposal=self.called, **rest))
