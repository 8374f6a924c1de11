"""Every page of the product, and how one gets to see it."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass

from registry.seeding.content import Content
from tests.browser.person import Person

type Way = Callable[[Person], None]


@dataclass(frozen=True)
class Shown:
    """A page as `who` sees it (None: nobody is signed in); `address` is opened first, then `then` happens."""

    name: str
    who: str | None
    address: str
    then: Way | None = None
    status: int = 200  # of what is shown in the end

    def open(self, person: Person) -> None:
        response = person.page.goto(self.address)
        if self.then:
            with person.page.expect_response(lambda each: each.status == self.status) as arrived:
                self.then(person)
            response = arrived.value
            person.page.wait_for_load_state()
        assert response is not None
        assert response.status == self.status, f"{self.address} answered {response.status}"


def numbered(story: str) -> int:
    """The number of one of the example's proposals: they are numbered in the order in which they were begun."""
    begun = {told["id"]: min(act["at"] for act in told["acts"] if act["act"] == "draft") for told in Content().story}
    return sorted(begun, key=lambda each: begun[each]).index(story) + 1


def sends(button: str, form: str = "main form") -> Way:
    """Presses a button past the browser's own checks, so that the server's answer is seen."""

    def act(person: Person) -> None:
        person.page.locator(form).evaluate_all("forms => forms.forEach(form => { form.noValidate = true })")
        person.presses(button)

    return act


def _unfold_and_send(summary: str, button: str) -> Way:
    def act(person: Person) -> None:
        person.unfolds(summary)
        sends(button)(person)

    return act


def _begin_a_draft(person: Person) -> None:
    sends("Start writing")(person)
    person.page.wait_for_url("**/draft/")


def _write_an_expression_with_a_mistake(person: Person) -> None:
    _begin_a_draft(person)
    if person.page.locator(".builder").count():  # whoever wrote an expression before begins with one
        person.presses("Expression")
    person.page.locator(".cm-content").fill("company.employees => 50 AND source <> 'seminar'")
    person.main.get_by_role("button", name=person.say("Write %(fix)s", fix=">=")).wait_for()


def _submit_an_empty_draft(person: Person) -> None:
    _begin_a_draft(person)
    person.presses("Submit for agreement")


def _save_a_deceiving_title(person: Person) -> None:
    _begin_a_draft(person)
    person.field("Title", "ja").fill("受注\u202e数")
    person.presses("Save")


def _seal_with_a_wrong_password(person: Person) -> None:
    person.field("I have read the words above.").check()
    person.field("Your password").fill("wrong")
    person.presses("Press the seal of %(team)s", team=person.say.team("sales"))


def _seal_what_has_changed(person: Person) -> None:
    person.page.locator("[name=digest]").evaluate("field => { field.value = '0'.repeat(64) }")
    _seal_with_a_wrong_password(person)


def _count_on_the_data(person: Person) -> None:
    """The tab counts by itself where there is a script; either way the numbers are there in the end."""
    person.page.reload()
    person.page.locator("#counts .counted").first.wait_for()
    person.page.locator("#counts summary").first.click()


def _open_an_erasure(person: Person) -> None:
    person.page.locator("[name=username]").fill(f"mori-{uuid.uuid4().hex[:8]}")
    person.page.locator("[name=name_ja]").fill("森 春香")
    person.presses("Register")
    person.unfolds("Deactivate the account")
    person.presses("Deactivate it")
    person.follows("Erase personal data …")


def _send_an_empty_erasure(person: Person) -> None:
    _open_an_erasure(person)
    sends("Erase for good")(person)


def _alter_what_is_agreed(person: Person) -> None:
    source = person.page.locator("[name=source]")
    source.evaluate("field => { field.value = field.value.replaceAll(' employees: {', ' staff: {') }")
    person.page.locator("[name=reason]").fill("Named as in the data")
    person.presses("Record as a new version")


def _propose_both(person: Person) -> None:
    _alter_what_is_agreed(person)
    person.presses("Propose it together with these definitions")
    person.page.wait_for_url("**/draft/")


def _edit_the_carried_vocabulary(person: Person) -> None:
    _propose_both(person)
    person.follows("Change the vocabulary")


def _write_vaguely(person: Person) -> None:
    _begin_a_draft(person)
    person.page.locator("[name=win_rate-text_ja]").fill("適切な商談を数える。")
    person.presses("Save")


def _leave_advice_aside(person: Person) -> None:
    _write_vaguely(person)
    person.page.locator("#advice-win_rate-text_ja a").first.click()
    person.page.wait_for_url("**/dismissals/**")


def _choose_no_language(person: Person) -> None:
    person.page.locator(".languages button").evaluate("button => { button.value = 'xx'; button.click() }")


def _save_without_a_session(person: Person) -> None:
    person.page.context.clear_cookies(name="sessionid")
    sends("Save")(person)


def _opens_an_act(person: Person) -> None:
    """The page of an act, as whoever reads without a script gets to it."""
    person.page.goto("/history/?group=agreement")
    person.page.goto(person.page.locator("[hx-get^='/history/']").first.get_attribute("hx-get") or "")


REVIEW = f"/proposals/{numbered('fifty-employees')}/"
WAITING = f"/proposals/{numbered('follow-rate-over-100')}/"
DRAFT = f"/proposals/{numbered('authority-at-the-meeting')}/"
ENDED = {
    name: f"/proposals/{numbered(name)}/"
    for name in ("field-sales-follow", "fifteen-minutes-online", "unknown-employees")
}
NEW = "/proposals/new/"

PAGES = [
    Shown("glossary", "takahashi", "/"),
    Shown("glossary of a past day", "kobayashi", "/?on=2025-06-01"),
    Shown("glossary, nothing found", "kobayashi", "/?q=zzzz&stage=nowhere&on=someday"),
    Shown("glossary, found", "kobayashi", "/?q=商談"),
    Shown("glossary as recorded by a day", "kobayashi", "/?on=2025-06-01&known=2025-07-01"),
    Shown("what changed", "kobayashi", "/changes/?from=2025-01-01"),
    Shown("what changed, days swapped", "kobayashi", "/changes/?from=2025-02-01&to=2025-01-01"),
    Shown("metric on a day", "sato", "/metrics/target_lead/?on=2025-06-01&known=2025-07-01"),
    Shown("metric, counted", "sato", "/metrics/target_lead/"),
    Shown("metric, calculated", "sato", "/metrics/meeting_rate/"),
    Shown("metric before its time", "sato", "/metrics/target_lead/?on=2020-01-01"),
    Shown("query", "sato", "/metrics/target_lead/sql/"),
    Shown("version", "sato", "/metrics/target_lead/versions/1/"),
    Shown("comparison", "sato", "/metrics/target_lead/compare/1...2/"),
    Shown("comparison in one text", "sato", "/metrics/target_lead/compare/1...2/?view=inline"),
    Shown("metric history", "sato", "/metrics/target_lead/history/"),
    Shown("proposals", "sato", "/proposals/"),
    Shown("no proposals", "sato", "/proposals/?q=zzzz"),
    Shown("new proposal", "tanaka", NEW),
    Shown("new proposal refused", "tanaka", NEW, sends("Start writing"), 422),
    Shown("proposal to its author", "tanaka", REVIEW),
    Shown("proposal to a signatory", "suzuki", REVIEW),
    Shown("effect", "sato", f"{REVIEW}?tab=effect"),
    Shown("effect on the data", "sato", f"{REVIEW}?tab=effect", _count_on_the_data),
    Shown("records behind a number", "sato", f"{REVIEW}counts/target_lead/gained/?month=2026-04"),
    Shown("metric, not counted yet", "sato", "/metrics/new_lead/"),
    Shown("discussion", "sato", f"{REVIEW}?tab=discussion"),
    Shown("record", "sato", f"{REVIEW}?tab=record"),
    Shown("published proposal", "sato", ENDED["field-sales-follow"]),
    Shown("rejected proposal", "sato", ENDED["fifteen-minutes-online"]),
    Shown("withdrawn proposal", "sato", ENDED["unknown-employees"]),
    Shown("revisions", "sato", f"{REVIEW}revisions/1...2/"),
    Shown("rejection refused", "suzuki", WAITING, _unfold_and_send("Reject", "Reject it"), 422),
    Shown("objection refused", "suzuki", WAITING, _unfold_and_send("Object", "Raise the objection"), 422),
    Shown("comment refused", "sato", f"{WAITING}?tab=discussion", sends("Comment"), 422),
    Shown("joint draft", "sato", f"{DRAFT}draft/"),
    Shown("own draft page", "sato", DRAFT),
    Shown("nothing to rebase", "sato", f"{DRAFT}rebase/"),
    Shown("condition as an expression", "sato", f"{NEW}?metric=target_lead", _write_an_expression_with_a_mistake),
    Shown("condition about related records", "tanaka", f"{NEW}?metric=follow_lead", _begin_a_draft),
    Shown("draft not ready", "tanaka", f"{NEW}?metric=win_rate", _submit_an_empty_draft, 409),
    Shown("draft refused", "tanaka", f"{NEW}?metric=win_rate", _save_a_deceiving_title, 422),
    Shown("signing", "suzuki", f"{WAITING}sign-offs/?team=sales"),
    Shown("signing refused", "suzuki", f"{WAITING}sign-offs/?team=sales", _seal_with_a_wrong_password, 422),
    Shown("changed while reading", "suzuki", f"{WAITING}sign-offs/?team=sales", _seal_what_has_changed, 409),
    Shown("inbox of a signatory", "suzuki", "/inbox/"),
    Shown("inbox of a member", "tanaka", "/inbox/"),
    Shown("inbox of a reader", "kobayashi", "/inbox/"),
    Shown("history", "kobayashi", "/history/"),
    Shown("act, word by word", "kobayashi", "/history/1/", _opens_an_act),
    Shown("history, nothing fits", "kobayashi", "/history/?metric=zzzz&since=someday"),
    Shown("sign-in", None, "/sign-in/"),
    Shown("sign-in refused", None, "/sign-in/", sends("Sign in"), 422),
    Shown("session ended in a form", "kobayashi", "/account/", _save_without_a_session, 401),
    Shown("account", "takahashi", "/account/"),
    Shown("delegation refused", "takahashi", "/account/", sends("Name them"), 422),
    Shown("password", "kobayashi", "/account/password/"),
    Shown("password refused", "kobayashi", "/account/password/", sends("Change the password"), 422),
    Shown("people", "kobayashi", "/people/"),
    Shown("person", "kobayashi", "/people/tanaka/"),
    Shown("person to a steward", "watanabe", "/people/tanaka/"),
    Shown("signatory to a steward", "watanabe", "/people/suzuki/"),
    Shown(
        "stand-in refused",
        "watanabe",
        "/people/suzuki/",
        _unfold_and_send("Name somebody who stands in", "Name them"),
        422,
    ),
    Shown("erasure", "watanabe", "/people/new/", _open_an_erasure),
    Shown("erasure refused", "watanabe", "/people/new/", _send_an_empty_erasure, 422),
    Shown("erasure too early", "watanabe", "/people/kobayashi/erasure/", status=409),
    Shown("new person", "watanabe", "/people/new/"),
    Shown("new person refused", "watanabe", "/people/new/", sends("Register"), 422),
    Shown("teams", "watanabe", "/teams/"),
    Shown("team", "kobayashi", "/teams/sales/"),
    Shown("team on a day", "kobayashi", "/teams/sales/?on=2025-06-01"),
    Shown("team to a steward", "watanabe", "/teams/sales/"),
    Shown("stages", "kobayashi", "/stages/"),
    Shown("stages to a steward", "watanabe", "/stages/"),
    Shown("certificate", "kobayashi", "/metrics/target_lead/versions/2/certificate/"),
    Shown("vocabulary", "kobayashi", "/vocabulary/"),
    Shown("vocabulary version", "kobayashi", "/vocabulary/versions/1/"),
    Shown("vocabulary change", "watanabe", "/vocabulary/change/"),
    Shown("vocabulary refused", "watanabe", "/vocabulary/change/", sends("Record as a new version"), 422),
    Shown("datasets", "tanaka", "/datasets/"),
    Shown("dataset", "tanaka", "/datasets/example/"),
    Shown("dataset to a steward", "watanabe", "/datasets/example/"),
    Shown("new dataset", "watanabe", "/datasets/new/"),
    Shown("new dataset from a database", "watanabe", "/datasets/new/?from=postgres"),
    Shown("new dataset refused", "watanabe", "/datasets/new/?from=folder", sends("Take it in"), 422),
    Shown("mapping", "watanabe", "/datasets/example/mapping/company/"),
    Shown("mapping of many fields", "watanabe", "/datasets/example/mapping/meeting/"),
    Shown("what does not fit", "watanabe", "/datasets/example/conformance/"),
    Shown("vocabulary that alters", "watanabe", "/vocabulary/change/", _alter_what_is_agreed, 422),
    Shown("draft with a vocabulary", "watanabe", "/vocabulary/change/", _propose_both),
    Shown("vocabulary of a draft", "watanabe", "/vocabulary/change/", _edit_the_carried_vocabulary),
    Shown("draft advised", "tanaka", f"{NEW}?metric=win_rate", _write_vaguely),
    Shown("advice left aside", "tanaka", f"{NEW}?metric=win_rate", _leave_advice_aside),
    Shown("not permitted", "kobayashi", "/people/new/", status=403),
    Shown("not found", "kobayashi", "/metrics/nothing/", status=404),
    Shown("not in this state", "suzuki", f"{ENDED['field-sales-follow']}sign-offs/?team=sales", status=409),
    Shown("not acceptable", "kobayashi", "/people/", _choose_no_language, 422),
]
