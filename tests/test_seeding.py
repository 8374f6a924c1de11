"""The example registry: lived through the verbs, as a newcomer finds it after the first command."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from registry import accounts, clock, wording
from registry.models import (
    GOVERNED,
    Definition,
    Event,
    InForce,
    Metric,
    Proposal,
    Stage,
    Team,
    User,
)
from registry.seeding import story
from registry.seeding.content import Content
from registry.standing import Standing
from registry.views.proposals import TABS
from tests.test_queries import AT_MOST, queries
from tests.verification import flaws

GOVERNED_TERMS = ("target_lead", "follow_lead", "meeting", "qualified_meeting")
METRICS = (
    *("new_lead", "target_lead", "target_rate", "follow_lead", "follow_rate", "meeting", "meeting_rate"),
    *("qualified_meeting", "qualified_rate", "won_deal", "win_rate", "average_order_value", "revenue"),
    *("gross_profit", "ltv"),
)


@pytest.fixture(scope="module")
def content() -> Content:
    return Content()


@pytest.fixture(scope="module")
def _told(django_db_setup: None, django_db_blocker: Any, content: Content) -> Iterator[None]:
    """Once for all tests of this file, each of which runs in a savepoint of this transaction."""
    with django_db_blocker.unblock(), transaction.atomic():
        story.tell(content, "sakura-no-hana-7")
        yield
        transaction.set_rollback(True)


@pytest.fixture
def example(_told: None, db: None) -> None:
    """The example registry."""


def test_the_key_point_map_has_eight_stages_and_fifteen_metrics(example: None):
    assert Stage.objects.count() == 8
    assert set(Metric.objects.values_list("key", flat=True)) == set(METRICS)
    in_force = InForce.objects.as_of(clock.today())
    assert set(in_force.values_list("key", flat=True)) == set(METRICS)
    assert in_force.values("stage").distinct().count() == 8


@pytest.mark.parametrize("key", METRICS)
def test_every_definition_is_whole_in_both_languages(example: None, key: str):
    words = Metric.objects.get(key=key).latest.wording
    assert wording.incomplete(words) == {}
    assert wording.unacceptable(words) == {}
    for stem in ("name", "summary", "text", "counting", "excludes"):
        for language in ("ja", "en"):
            assert words[f"{stem}_{language}"] or (stem in {"counting", "excludes"} and words["kind"] == "calculated")
    assert words["condition"] or words["formula"]
    assert words["examples"]


@pytest.mark.parametrize("key", GOVERNED_TERMS)
def test_the_four_governed_terms_have_lived(example: None, key: str):
    versions = list(Definition.objects.filter(metric__key=key).order_by("number"))
    assert len(versions) >= 2
    assert len({version.effective_from for version in versions}) == len(versions)
    signed = {frozenset(v.revision.sign_offs.values_list("signed_by", flat=True)) for v in versions}
    assert len(signed) > 1


def test_one_proposal_is_in_review_with_an_objection_and_one_seal(example: None):
    standings = [Standing(proposal) for proposal in Proposal.objects.in_review()]
    assert [each for each in standings if each.open_objections and len(each.seals) == 1]


def test_a_joint_proposal_is_a_draft_and_another_was_rejected(example: None):
    drafts = Proposal.objects.filter(state=Proposal.DRAFT)
    assert any(draft.working_copies.count() > 1 for draft in drafts)
    assert Proposal.objects.filter(state=Proposal.REJECTED).exists()


def test_the_whole_record_verifies(example: None):
    assert flaws() == []


@pytest.mark.parametrize("model", GOVERNED, ids=lambda model: model.__name__)
def test_every_history_row_names_who_and_why(example: None, model):
    rows = model.history.all()
    assert not rows.filter(history_user=None).exists()
    assert not rows.filter(history_change_reason=None).exists()
    assert not rows.filter(history_change_reason="").exists()


def test_what_people_did_is_recorded_as_theirs(example: None):
    by_the_registry = Event.objects.filter(actor=User.objects.system()).values_list("act", flat=True)
    assert set(by_the_registry) <= {
        "opened",
        "registered",
        "joined",
        "steward_appointed",
        "team_added",
        "stage_added",
        "vocabulary_changed",
        "expired",
    }


def test_the_story_is_told_in_the_order_in_which_it_happened(example: None):
    acts = Event.objects.exclude(act="opened").order_by("sequence")
    moments = list(acts.values_list("at", flat=True))
    assert moments == sorted(moments)
    assert moments[-1] <= clock.now()


def test_the_demo_door_has_a_person_for_every_role(example: None, content: Content):
    people = [User.objects.get(username=each["username"]) for each in content.demo_people]
    roles = {
        "steward" if user.is_steward else next((m.role for m in user.memberships.filter(until=None)), "reader")
        for user in people
    }
    assert len(people) == 6
    assert roles == {"member", "signatory", "steward", "reader"}
    assert {"marketing", "sales"} <= set(Team.objects.values_list("key", flat=True))


@pytest.mark.slow
@pytest.mark.sqlite  # the other database is asked the same
@pytest.mark.parametrize("username", ["suzuki", "watanabe"])
def test_no_page_asks_the_database_more_than_twelve_times(example: None, client: Client, username: str):
    """Also its first reader, after whom much is kept that conditions, proofs and numbers came to."""
    reader = User.objects.get(username=username)
    client.force_login(reader)
    asked = {address: max(queries(client, "", address)) for address in addresses(reader)}
    assert {address: times for address, times in asked.items() if times > AT_MOST} == {}


def addresses(reader: User) -> Iterator[str]:
    """The glossary, every metric today and on other days, every proposal, the inbox and the histories."""
    yield from ("/", "/?on=2026-03-01", "/?on=2026-03-01&known=2026-04-01", "/inbox/", "/history/", "/changes/")
    for key in METRICS:
        page = f"/metrics/{key}/"
        yield from (page, f"{page}?on=2026-06-01", f"{page}?on=2026-06-01&known=2026-08-01", f"{page}history/")
    for proposal in Proposal.objects.visible_to(reader).exclude(revision=None):
        yield from (f"/proposals/{proposal.pk}/?tab={tab}" for tab in TABS)


def test_who_reads_comes_with_how_many_seals_await_them(example: None):
    """The statement is written once and filled in for each reader: it must say what the question itself says."""
    people = User.objects.exclude(username=User.SYSTEM)
    said = {each.username: accounts.reader(each.pk) for each in people}
    waiting = {each.username: {found.pk for found in Proposal.objects.awaiting(each, clock.today())} for each in people}
    seated = {each.username for each in people.filter(memberships__until=None, memberships__isnull=False)}
    assert {name: set(found.awaited) for name, found in said.items()} == waiting
    assert {name for name, found in said.items() if found.in_a_team} == seated
    assert any(waiting.values())
    assert accounts.reader(0) is None
