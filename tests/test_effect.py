"""What a proposal does to what counts, while it is under review and ever after."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from registry import answers, conditions, containments, effect, engine
from registry.conditions.problems import refuse
from registry.conditions.worker import Overrun
from registry.effect import Effect
from registry.models import Proposal
from registry.proving import record_digest
from registry.readiness import before_publication
from registry.seeding.content import Content
from registry.standing import Standing
from registry.workflow import reviewing, submitting, vocabulary
from tests.cast import TODAY, Cast, fresh, latest, on, refuses, seal, sealed, started, words, write
from tests.counting import RATE, agreed, plain, proposed
from tests.data import declare

TOMORROW = TODAY + timedelta(days=1)
DATED = "      department: {type: date, nullable: true, label: {ja: 部署, en: department}}"
HUNDRED, FIFTY = "company.employees >= 100", "company.employees >= 50"


class Here:
    """Asks in this process: a busy machine must not turn a proof into "unchecked". test_worker has the others.

    While there is an `error`, nothing is answered.
    """

    error: Callable[[], Exception] | None = None

    def run(self, function: str, *asked: Any, seconds: float, **named: Any) -> Any:
        if self.error:
            raise self.error()
        return getattr(conditions, function)(*asked, **named)


@pytest.fixture(autouse=True)
def workers(monkeypatch: pytest.MonkeyPatch) -> Here:
    here = Here()
    monkeypatch.setattr(engine, "_workers", lambda: here)
    return here


def test_a_published_proposal_is_still_told_from_what_it_changed(cast: Cast):
    declare(cast)
    agreed(cast, meeting={"condition": "status = 'held' AND is_target_lead"})
    proposal = proposed(cast)
    assert told(proposal) == [("target_lead", "wider"), ("meeting", "wider")]
    sealed(cast, proposal)
    assert told(proposal) == [("target_lead", "wider"), ("meeting", "wider")]


def told(proposal: Proposal) -> list[tuple[str, str]]:
    standing = Standing(fresh(proposal))
    return [(each.key, each.verdict) for each in (*effect.effects(standing), *effect.ripple(standing))]


def changed(cast: Cast, day: date = TODAY, /, *, key: str = "target_lead", **change: Any) -> Proposal:
    """A change of one metric, submitted."""
    proposal = write(started(cast.misaki, effective_from=day), by=cast.misaki, change={key: change})
    submitting.submit(proposal, by=cast.misaki)
    return fresh(proposal)


def only(proposal: Proposal) -> Effect:
    (found,) = effect.effects(Standing(fresh(proposal)))
    return found


def answer(cast: Cast, proposal: Proposal, said: str, number: int = 0) -> None:
    card = only(proposal).cards[number]
    reviewing.answer_example(latest(proposal), by=cast.kenta, key="target_lead", record=dict(card.record), answer=said)


# --- answers given before ---


def test_an_answer_given_before_that_contradicts_is_shown_listed_and_can_be_given_anew(client: Client, cast: Cast):
    declare(cast)
    lowered = changed(cast, condition=FIFTY)
    assert only(lowered).cards[0].record["company"]["employees"] == 99
    answer(cast, lowered, "counts")
    sealed(cast, lowered)
    restored = changed(cast, TOMORROW, condition=HUNDRED)
    lost, before = only(restored).cards
    assert (lost.side, lost.contradicts, before.side, before.contradicts) == ("lost", False, "answered", True)
    needs = [need for need in before_publication(Standing(restored)) if need.code == "example_fails"]
    assert [("99" in need.sentence, need.state) for need in needs] == [(True, "attention")]
    with refuses("example_fails", 409):
        seal(restored, team=cast.marketing, by=cast.ryo)
    client.force_login(cast.kenta)
    address = f"/proposals/{restored.pk}/"
    page = plain(client.get(f"{address}?tab=effect&lang=en", follow=True))
    assert "Answered before; it would not count" in page
    sent = {"key": "target_lead", "record": before.digest, "answer": "not"}
    assert client.post(f"{address}answers/", sent).status_code == 302
    assert [card.contradicts for card in only(restored).cards] == [False, False]
    sealed(cast, restored)


@pytest.mark.parametrize("ending", ["withdraw", "reject"])
def test_an_answer_of_a_proposal_that_ended_without_agreement_binds_nobody(cast: Cast, ending: str):
    declare(cast)
    lowered = changed(cast, condition=FIFTY)
    answer(cast, lowered, "counts")
    by = cast.misaki if ending == "withdraw" else cast.ryo
    getattr(reviewing, ending)(lowered, by=by, reason="やめる")
    raised = changed(cast, condition="company.employees >= 150")
    assert [card.side for card in only(raised).cards] == ["lost"]
    sealed(cast, raised)


def test_an_answer_that_the_vocabulary_no_longer_reads_binds_nobody_and_is_said(client: Client, cast: Cast):
    """No condition speaks of the field, so that the vocabulary may change it without altering a definition."""
    declare(cast)
    lowered = changed(cast, condition=FIFTY)
    answer(cast, lowered, "counts")
    sealed(cast, lowered)
    written = re.sub(r"(?m)^      department:.*$", DATED, Content().vocabulary)
    vocabulary.change_vocabulary(written, by=cast.megumi, reason="日付に")
    restored = changed(cast, TOMORROW, condition=HUNDRED)
    assert (only(restored).unread, [card.side for card in only(restored).cards]) == (1, ["lost"])
    client.force_login(cast.kenta)
    page = plain(client.get(f"/proposals/{restored.pk}/?tab=effect&lang=en", follow=True))
    assert "1 answer given before can no longer be read" in page
    assert "A record that the present vocabulary cannot read" in plain(client.get("/metrics/target_lead/?lang=en"))
    sealed(cast, restored)


def test_an_answer_about_what_was_counted_before_binds_nobody(cast: Cast):
    """A meeting names its lead, so that its record would pass for one of a lead."""
    declare(cast)
    held = changed(cast, key="meeting", condition="status = 'held' AND minutes >= 20")
    (card,) = only(held).cards
    reviewing.answer_example(latest(held), by=cast.kenta, key="meeting", record=dict(card.record), answer="not")
    sealed(cast, held)
    other = changed(
        cast, TOMORROW, key="meeting", counts="lead", counting_key="lead_id", dated_by="created_on",
        condition="lead_id IS NOT NULL",
    )  # fmt: skip
    assert (only(other).verdict, only(other).cards, only(other).unread) == ("other", [], 1)
    assert answers.contradicted(Standing(fresh(other))) == []


def needed(proposal: Proposal, code: str) -> list[str]:
    """The metrics for which the checklist names examples under this code."""
    return [need.key for need in before_publication(Standing(fresh(proposal))) if need.code == code]


def test_not_sure_leaves_an_example_to_others(cast: Cast):
    declare(cast)
    lowered = changed(cast, condition=FIFTY)
    answer(cast, lowered, "unsure")
    assert needed(lowered, "example_open") == ["target_lead"]
    answer(cast, lowered, "counts")
    assert needed(lowered, "example_open") == []
    answer(cast, lowered, "unsure")
    assert needed(lowered, "example_open") == ["target_lead"]


# --- worked examples of metrics that refer to what changes ---

OF_TARGETS = "status = 'held' AND lead.is_target_lead"


@pytest.fixture
def example(cast: Cast) -> dict[str, Any]:
    """Agreed while meetings of 15 minutes came to count: this one counts, held with somebody at a company of 300."""
    declare(cast)
    agreed(cast, meeting={"condition": f"{OF_TARGETS} AND minutes >= 20"})
    shorter = changed(cast, TOMORROW, key="meeting", condition=f"{OF_TARGETS} AND minutes >= 15")
    (card,) = only(shorter).cards
    judge(cast, shorter, dict(card.record), "counts")
    sealed(cast, shorter)
    return dict(card.record)


def judge(cast: Cast, proposal: Proposal, record: dict[str, Any], said: str) -> None:
    reviewing.answer_example(latest(proposal), by=cast.kenta, key="meeting", record=record, answer=said)


def test_a_change_that_breaks_a_worked_example_of_another_metric_is_stopped_where_it_does(
    client: Client, cast: Cast, example: dict[str, Any]
):
    raised = changed(cast, TOMORROW, condition="company.employees >= 1000")
    assert needed(raised, "example_fails") == ["meeting"]
    with refuses("example_fails", 409):
        seal(raised, team=cast.marketing, by=cast.ryo)
    client.force_login(cast.kenta)
    address = f"/proposals/{raised.pk}/"
    page = plain(client.get(f"{address}?tab=effect&lang=en", follow=True))
    assert "Answered before; it would not count" in page
    assert "Should this count as Meetings?" in page
    sent = {"key": "meeting", "record": record_digest(example), "answer": "not"}
    assert client.post(f"{address}answers/", sent).status_code == 302
    assert needed(raised, "example_fails") == []
    sealed(cast, raised)
    with on(TOMORROW):
        reworded = changed(cast, TOMORROW + timedelta(days=1), key="meeting", summary_en="In other words")
        assert needed(reworded, "example_fails") == []
        sealed(cast, reworded)
        page = plain(client.get("/metrics/meeting/?lang=en", follow=True))
    assert "judged by Kenta Sato" in page.split("Does not count")[1]
    today = plain(client.get("/metrics/meeting/?lang=en", follow=True))
    assert "Does not count" not in today, "until that day it is as it was judged before"


def test_a_worked_example_of_a_version_that_takes_effect_later_is_judged_on_its_day(cast: Cast):
    """Only from then on do meetings have to be held with target leads."""
    declare(cast)
    later = changed(cast, TODAY + timedelta(days=5), key="meeting", condition=OF_TARGETS)
    judge(cast, later, dict(only(later).cards[0].record), "not")
    sealed(cast, later)
    everybody = changed(cast, TOMORROW, condition="company.employees IS NULL OR company.employees >= 0")
    assert [each.begins for each in effect.ripple(Standing(everybody))] == [TODAY + timedelta(days=5)]
    assert needed(everybody, "example_fails") == ["meeting"]


def test_the_author_can_keep_a_worked_example_of_another_metric(cast: Cast, example: dict[str, Any]):
    raised = changed(cast, TOMORROW, condition="company.employees >= 1000")
    write(raised, by=cast.misaki, change={"target_lead": {"condition": "company.employees >= 200"}})
    submitting.submit(raised, by=cast.misaki)
    assert needed(raised, "example_fails") == []
    sealed(cast, raised)


def test_an_answer_that_what_is_in_force_contradicts_already_stops_no_change_of_another_metric(
    cast: Cast, example: dict[str, Any]
):
    longer = changed(cast, TOMORROW + timedelta(days=1), key="meeting", condition=f"{OF_TARGETS} AND minutes >= 30")
    judge(cast, longer, dict(only(longer).cards[0].record), "not")
    raised = changed(cast, TOMORROW, condition="company.employees >= 150")
    assert needed(raised, "example_fails") == []
    sealed(cast, raised)


# --- what cannot be the same ---


def test_a_new_metric_is_not_called_the_same_and_its_findings_are_shown(client: Client, cast: Cast):
    declare(cast)
    proposal = started(cast.misaki)
    said = words(name_ja="新しい数", name_en="New number", condition="source <> 'seminar'")
    write(proposal, by=cast.misaki, new={"new_number": said})
    submitting.submit(proposal, by=cast.misaki)
    found = only(proposal)
    assert (found.verdict, [each.telling for each in found.findings]) == ("new", [[("流入元", "空欄")]])
    client.force_login(cast.kenta)
    page = plain(client.get(f"/proposals/{proposal.pk}/?tab=effect&lang=en", follow=True))
    assert "so the same records count" not in page
    assert "so the record is left out" in page


def test_a_retired_metric_counts_nothing_any_more(cast: Cast):
    declare(cast)
    found = only(changed(cast, retired=True))
    assert (found.verdict, found.cards) == ("retired", [])


def test_a_metric_that_becomes_calculated_is_not_called_the_same(cast: Cast):
    declare(cast)
    rate = {name: RATE[name] for name in ("kind", "counts", "counting_key", "dated_by", "condition")}
    assert only(changed(cast, formula="meeting × 2", **rate)).verdict == "calculated"


@pytest.mark.parametrize(
    ("change", "rule", "verdict"),
    [
        ({"counting_key": "company_id"}, ("Counted by", "lead_id", "company_id"), "recounted"),
        ({"first_per": "company_id"}, ("Only the first per", "none", "company_id"), "recounted"),
        ({"dated_by": "created_on + INTERVAL 1 MONTH"}, ("Dated by", "created_on", "created_on + INTERVAL 1 MONTH"),
         "recounted"),
        ({"dated_by": "unsubscribed_on"}, ("Dated by", "created_on", "unsubscribed_on"), "narrower"),
    ],
)  # fmt: skip
def test_another_way_of_counting_is_named(
    client: Client, cast: Cast, change: dict[str, str], rule: tuple[str, ...], verdict: str
):
    """What has the new date left blank counts no longer."""
    declare(cast)
    proposal = changed(cast, **change)
    assert only(proposal).verdict == verdict
    client.force_login(cast.kenta)
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    page = plain(client.get(f"/proposals/{proposal.pk}/?tab=effect"))
    assert f"{rule[0]} {rule[1]} → {rule[2]}" in page
    assert "The same records count" not in page


# --- the day it is about ---


def test_other_metrics_mean_what_they_will_mean_on_the_day_it_applies(cast: Cast):
    declare(cast)
    agreed(cast, meeting={"condition": "status = 'held' AND lead.company.employees >= 100 AND is_target_lead"})
    sealed(cast, changed(cast, TODAY + timedelta(days=5), condition="company.employees >= 200"))
    said = "status = 'held' AND lead.company.employees >= 200"
    assert told(changed(cast, TODAY + timedelta(days=10), key="meeting", condition=said)) == [("meeting", "same")]
    assert told(changed(cast, TOMORROW, key="meeting", condition=said)) == [("meeting", "narrower")]


def test_the_ripple_is_of_those_that_refer_to_it_on_that_day_or_later(cast: Cast):
    declare(cast)
    sealed(
        cast, changed(cast, TODAY + timedelta(days=5), key="meeting", condition="status = 'held' AND is_target_lead")
    )
    both = [("target_lead", "wider"), ("meeting", "wider")]
    assert told(changed(cast, TOMORROW, condition=FIFTY)) == both
    assert told(changed(cast, TODAY + timedelta(days=10), condition=FIFTY)) == both
    sealed(cast, changed(cast, TODAY + timedelta(days=20), key="meeting", condition="status = 'held'"))
    assert told(changed(cast, TODAY + timedelta(days=20), condition=FIFTY)) == [("target_lead", "wider")]


def test_a_containment_is_asked_of_that_day(cast: Cast):
    source = Content().vocabulary
    start, end = source.index("containments:"), source.index("entities:")
    within = f"{source[:start]}containments:\n  - {{inner: meeting, outer: target_lead}}\n{source[end:]}"
    vocabulary.change_vocabulary(within, by=cast.megumi, reason="商談はターゲットリードとのもの")
    sealed(cast, changed(cast, TODAY + timedelta(days=5), condition="company.employees >= 200"))
    said = "status = 'held' AND lead.company.employees >= 150"
    found = [
        containments.concerned(Standing(changed(cast, day, key="meeting", condition=said)))[0].verdict
        for day in (TOMORROW, TODAY + timedelta(days=10))
    ]
    assert found == ["proved", "broken"]


def test_the_ripple_shows_which_records_newly_count(client: Client, cast: Cast):
    declare(cast)
    agreed(cast, meeting={"condition": "status = 'held' AND is_target_lead"})
    proposal = proposed(cast)
    (rippled,) = effect.ripple(Standing(proposal))
    assert [card.side for card in rippled.cards] == ["gained"]
    client.force_login(cast.kenta)
    page = plain(client.get(f"/proposals/{proposal.pk}/?tab=effect&lang=en", follow=True))
    assert page.count("Would newly count") == 2
    assert page.count("Should this count as") == 1


# --- what comes to nothing ---

ERRORS: dict[str, Callable[[], Exception]] = {
    "overrun": lambda: Overrun(refuse("worker_time", seconds="2.8").problems),
    "failed": lambda: refuse("worker_failed", reason="KeyError"),
}


@pytest.mark.parametrize("error", ERRORS.values(), ids=ERRORS)
def test_what_could_not_be_checked_says_so_and_is_asked_again(
    cast: Cast, workers: Here, monkeypatch: pytest.MonkeyPatch, error: Callable[[], Exception]
):
    declare(cast)
    agreed(cast, meeting={"condition": "status = 'held' AND is_target_lead"})
    proposal = proposed(cast)
    cache.clear()
    workers.error = error
    monkeypatch.setattr(engine, "SOON", -1)
    assert told(proposal) == [("target_lead", "unchecked"), ("meeting", "unchecked")]
    (changed,) = effect.effects(Standing(fresh(proposal)))
    assert "確認できませんでした" in changed.sentence
    assert [each.said for each in changed.findings] == [changed.sentence]
    assert {each.verdict for each in containments.concerned(Standing(fresh(proposal)))} <= {"undecided"}
    workers.error = None
    assert told(proposal) == [("target_lead", "wider"), ("meeting", "wider")]
    assert {each.verdict for each in containments.concerned(Standing(fresh(proposal)))} <= {"proved", "broken"}
