"""A retroactive correction replaces everything from its day on, and shows all of it before anybody seals."""

import re
from datetime import date, timedelta
from html import unescape
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import translation

from registry import effect
from registry.as_of import When, meaning
from registry.models import Metric, Proposal
from registry.readiness import before_publication, before_submission
from registry.standing import Standing
from registry.workflow import drafting, submitting, vocabulary
from tests.cast import FOUNDED, TODAY, Cast, fresh, on, published, sealed, started, write
from tests.workflow.test_carrying import SOURCE

DAY = timedelta(days=1)
LATER = TODAY + DAY * 20
EACH = "One person is one thing."


@pytest.fixture
def reader(client: Client, cast: Cast) -> Client:
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    client.force_login(cast.naoko)
    return client


def text(response: HttpResponse) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", response.content.decode())))


def wider(cast: Cast, **rest: Any) -> Proposal:
    """Version 2 of the target leads, agreed: 50 employees are enough from today on."""
    proposal = started(cast.misaki, **rest)
    write(proposal, by=cast.misaki, change={"target_lead": {"condition": "company.employees >= 50"}})
    submitting.submit(proposal, by=cast.misaki)
    return sealed(cast, proposal)


def correction(cast: Cast, **fields: Any) -> Proposal:
    """One from the fifth day of version 1 on, which rewords a rule of the newest version."""
    proposal = started(cast.misaki, effective_from=FOUNDED + DAY * 5, retroactive=True)
    write(proposal, by=cast.misaki, change={"target_lead": fields or {"counting_en": EACH}})
    submitting.submit(fresh(proposal), by=cast.misaki)
    return fresh(proposal)


def verdicts(proposal: Proposal) -> list[tuple[str, str]]:
    with translation.override("en"):
        return [(each.over, each.verdict) for each in effect.effects(Standing(fresh(proposal)))]


@pytest.fixture
def declared(cast: Cast) -> None:
    with on(FOUNDED + DAY):
        vocabulary.change_vocabulary(SOURCE, by=cast.megumi, reason="例の語彙")


def number_on(day: date) -> int:
    """The version of the target leads that a day has, as known now."""
    span = meaning("target_lead", When(day))
    assert span is not None
    return span.definition.number


REPLACED = [
    ("Version 1, from 21 Apr 2026 until 14 Jun 2026", "wider"),
    ("Version 2, from 15 Jun 2026 on", "same"),
]


def test_each_version_that_it_replaces_has_a_verdict(cast: Cast, declared: None):
    wider(cast)
    with on(LATER):
        assert verdicts(correction(cast)) == REPLACED


def test_the_words_and_the_seal_show_what_it_replaces(cast: Cast, reader: Client, declared: None):
    wider(cast)
    with on(LATER):
        proposal = correction(cast)
        reader.force_login(cast.naoko)
        for tail in ("", "sign-offs/?team=sales"):
            page = text(reader.get(f"/proposals/{proposal.pk}/{tail}"))
            assert "Version 1, from 21 Apr 2026 until 14 Jun 2026" in page
            assert re.search(r"company\.employees >= ?100 ?50", page), page


def test_the_same_is_told_of_it_once_it_is_agreed(cast: Cast, reader: Client, declared: None):
    wider(cast)
    with on(LATER):
        proposal = sealed(cast, correction(cast))
        assert number_on(FOUNDED + DAY * 10) == 3
        assert verdicts(proposal) == REPLACED
        reader.force_login(cast.naoko)
        assert "Version 1, from 21 Apr 2026" in text(reader.get(f"/proposals/{proposal.pk}/"))


def test_a_version_that_has_not_begun_is_among_what_it_replaces(cast: Cast, reader: Client):
    published(cast, effective_from=TODAY + DAY * 30)
    proposal = correction(cast)
    page = text(reader.get(f"/proposals/{proposal.pk}/"))
    assert "Version 1, from 21 Apr 2026 until 14 Jul 2026" in page


def test_a_record_on_which_two_versions_differ_from_it_is_asked_about_once(cast: Cast, declared: None):
    """Of a thousand employees, 999 counted by either version."""
    wider(cast)
    with on(LATER):
        proposal = correction(cast, condition="company.employees >= 1000")
        cards = [card.digest for each in effect.effects(Standing(proposal)) for card in each.cards]
        asked = [need for need in before_publication(Standing(proposal)) if need.code == "example_open"]
        assert (len(cards), len(set(cards)), len(asked)) == (2, 1, 1)


def test_a_correction_of_the_only_version_shows_what_it_did_before(cast: Cast, reader: Client, declared: None):
    proposal = correction(cast, condition="company.employees >= 50")
    assert verdicts(proposal) == [("", "wider")]
    assert "Version 1, from" not in text(reader.get(f"/proposals/{proposal.pk}/"))


def earlier(cast: Cast, days: int) -> Proposal:
    """The newest version of the target leads, with its words, from an earlier day on."""
    proposal = started(cast.misaki, effective_from=TODAY - DAY * days, retroactive=True)
    return drafting.add_metric(proposal, metric=Metric.objects.get(key="target_lead"), by=cast.misaki).proposal


def codes(proposal: Proposal) -> set[str]:
    return {need.code for need in before_submission(Standing(fresh(proposal)))}


def test_an_earlier_day_alone_is_a_correction(cast: Cast, reader: Client, declared: None):
    wider(cast)
    with on(LATER):
        proposal = earlier(cast, 14)
        assert codes(proposal) == {"ready"}
        submitting.submit(fresh(proposal), by=cast.misaki)
        assert verdicts(proposal) == [
            ("Version 1, from 1 Jun 2026 until 14 Jun 2026", "wider"),
            ("Version 2, from 15 Jun 2026 on", "same"),
        ]
        sealed(cast, fresh(proposal))
        assert number_on(TODAY - DAY * 10) == 3


def test_days_on_which_nothing_was_in_force_are_told(cast: Cast, reader: Client, declared: None):
    proposal = earlier(cast, 70)
    submitting.submit(fresh(proposal), by=cast.misaki)
    reader.force_login(cast.naoko)
    assert "nothing in force, from 6 Apr 2026 until 15 Apr 2026" in text(reader.get(f"/proposals/{proposal.pk}/"))
    assert [verdict for _over, verdict in verdicts(proposal)] == ["new", "same"]


def test_the_same_words_from_no_earlier_day_are_still_refused(cast: Cast):
    wider(cast)
    with on(LATER):
        assert codes(earlier(cast, 0)) == {"no_difference"}


def test_what_refers_to_it_is_asked_about_every_version_it_replaces(cast: Cast, declared: None):
    proposal = started(cast.misaki, effective_from=FOUNDED + DAY * 2, retroactive=True)
    write(proposal, by=cast.misaki, change={"meeting": {"condition": "status = 'held' AND is_target_lead"}})
    submitting.submit(proposal, by=cast.misaki)
    sealed(cast, proposal)
    wider(cast)
    with on(LATER):
        found = effect.ripple(Standing(correction(cast)))
        assert [(each.key, each.verdict) for each in found] == [("meeting", "wider")]


NOTHING = "Nothing in this proposal changes what is counted."


def test_numbers_of_days_with_another_version_are_not_said_to_stay(cast: Cast, reader: Client, crm: Any):
    wider(cast)
    with on(LATER):
        proposal = correction(cast)
        reader.force_login(cast.naoko)
        page = text(reader.get(f"/proposals/{proposal.pk}/?tab=effect"))
        assert NOTHING not in page
        assert "Target leads — Version 1, from 21 Apr 2026 until 14 Jun 2026" in page.partition("On the data")[2]


def test_numbers_that_stay_on_all_its_days_are_said_to(cast: Cast, reader: Client, crm: Any):
    published(cast)
    with on(LATER):
        proposal = correction(cast)
        reader.force_login(cast.naoko)
        page = text(reader.get(f"/proposals/{proposal.pk}/?tab=effect"))
        assert NOTHING in page


def test_while_it_is_written_it_says_that_it_was_compared_with_one_version_alone(
    cast: Cast, reader: Client, declared: None
):
    said = "Compared with version 2 alone."
    wider(cast)
    with on(LATER):
        reader.force_login(cast.misaki)
        for day, shown in ((TODAY - DAY, True), (TODAY, False)):
            proposal = started(cast.misaki, effective_from=day, retroactive=True)
            write(proposal, by=cast.misaki, change={"target_lead": {"counting_en": EACH}})
            typed = {"target_lead-condition": "company.employees >= 50", "target_lead-counts": "lead"}
            page = text(reader.post(f"/proposals/{proposal.pk}/metrics/target_lead/reading/?wait", typed))
            assert "The same records count (proved)." in page
            assert (said in page) == shown
