"""What held on a day, as recorded by another: meanings, names, seals and seats."""

from datetime import date, datetime, timedelta

import pytest
from django.test import Client

from registry import as_of, clock, days
from registry.as_of import When
from registry.metric_page import MetricPage
from registry.models import Definition, Proposal
from registry.workflow import drafting, people, publication, reviewing, submitting
from tests.cast import (
    FOUNDED,
    NOW,
    TODAY,
    Cast,
    in_review,
    latest,
    on,
    published,
    revised,
    seal,
    sealed,
    started,
    write,
)

DAY = timedelta(days=1)


def known(day: date) -> datetime:
    return days.end_of(day)


def number(key: str, when: When) -> int | None:
    span = as_of.meaning(key, when)
    return span.definition.number if span else None


@pytest.fixture
def reader(client: Client, cast: Cast) -> Client:
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    client.force_login(cast.takuya)
    return client


@pytest.fixture
def corrected(cast: Cast) -> Definition:
    """Version 2 of target_lead, recorded today and in force since FOUNDED."""
    (version,) = published(cast, "target_lead", effective_from=FOUNDED, retroactive=True)
    return version


def test_a_day_and_what_was_known_of_it_are_two_questions(corrected: Definition):
    assert number("target_lead", When(FOUNDED)) == 2
    assert number("target_lead", When(FOUNDED, known(TODAY - DAY))) == 1
    assert number("target_lead", When(FOUNDED, known(FOUNDED - 30 * DAY))) is None
    assert number("target_lead", When(FOUNDED - DAY)) is None


def test_what_was_believed_of_a_day_is_told_in_order(cast: Cast, corrected: Definition):
    first, second = as_of.beliefs(as_of.spans_of(cast.target_lead), FOUNDED)
    assert (first.definition.number, first.last_day) == (1, TODAY - DAY)
    assert (second.definition.number, second.last_day) == (2, None)
    assert number("target_lead", When(FOUNDED, known(first.last_day))) == 1


def test_a_day_nobody_changed_their_mind_about_has_one_belief(cast: Cast):
    published(cast, "target_lead", effective_from=TODAY + 5 * DAY)
    assert [each.definition.number for each in as_of.beliefs(as_of.spans_of(cast.target_lead), TODAY)] == [1]


def test_an_answer_about_the_past_never_changes(cast: Cast):
    asked = When(TODAY, known(TODAY - DAY))
    before = list(as_of.glossary(asked).values_list("key", "definition__number"))
    published(cast, "target_lead", effective_from=FOUNDED, retroactive=True)
    published(cast, "meeting")
    assert list(as_of.glossary(asked).values_list("key", "definition__number")) == before


def test_a_retired_metric_is_still_answered_for_the_days_before(reader: Client, cast: Cast):
    proposal = started(cast.misaki, effective_from=TODAY)
    drafting.add_retirement(proposal, metric=cast.meeting, successor=cast.target_lead, by=cast.misaki)
    submitting.submit(Proposal.objects.get(pk=proposal.pk), by=cast.misaki)
    sealed(cast, proposal)
    assert "Meetings" not in keys(reader, "/")
    assert "meeting" not in keys(reader, "/")
    assert "meeting" in keys(reader, f"/?on={TODAY - DAY}")
    assert "banner-retired" in page(reader, "/metrics/meeting/")
    assert "banner-retired" not in page(reader, f"/metrics/meeting/?on={TODAY - DAY}")


def test_a_renamed_metric_has_the_name_of_its_day(reader: Client, cast: Cast):
    proposal = started(cast.misaki)
    write(proposal, by=cast.misaki, change={"target_lead": {"name_en": "Addressed leads", "name_ja": "狙う顧客"}})
    submitting.submit(proposal, by=cast.misaki)
    sealed(cast, proposal)
    assert '<h1 lang="en">Addressed leads</h1>' in page(reader, "/metrics/target_lead/")
    assert '<h1 lang="en">Target leads</h1>' in page(reader, f"/metrics/target_lead/?on={TODAY - DAY}")
    assert "Target leads" in page(reader, f"/?on={TODAY - DAY}")


def test_teams_and_their_seals_are_called_as_they_were_then(reader: Client, cast: Cast):
    cast.sales.name_en, cast.sales.mark_en = "Field force", "FF"
    people.change_team(cast.sales, by=cast.megumi)
    yesterday = f"?on={TODAY - DAY}"
    for address in ("/", "/metrics/target_lead/", "/teams/sales/"):
        today, then = page(reader, address), page(reader, address + yesterday)
        assert "Field force" in today, address
        assert "Field force" not in then, address
        assert "Sales" in then, address


def test_stages_and_people_are_called_as_they_were_then(reader: Client, cast: Cast):
    people.change_profile(cast.naoko, by=cast.naoko, values={"name_en": "Naoko Mori"})
    stage = as_of.stages(as_of.today())[0]
    stage.name_en = "Aiming"
    people.change_stage(stage, by=cast.megumi)
    then = page(reader, f"/metrics/target_lead/?on={TODAY - DAY}")
    assert "Naoko Suzuki" in then
    assert "Naoko Mori" not in then
    assert "Targeting" in then
    assert "Aiming" not in then
    assert "Naoko Mori" in page(reader, "/metrics/target_lead/")
    assert next(each.name_en for each in as_of.stages(When(TODAY - DAY))) == "Targeting"


def test_a_team_that_came_later_has_todays_name(cast: Cast):
    assert {team.key for team in as_of.teams(When(FOUNDED - 3650 * DAY))} == {"marketing", "sales"}


def test_who_could_sign_on_a_day(cast: Cast):
    people.leave(cast.seat(cast.koji), by=cast.megumi)
    with on(TODAY + 10 * DAY):
        people.join(cast.sales, user=cast.kenta, role="signatory", by=cast.megumi)

    def names(when: When) -> list[str]:
        return [seat.user.username for seat in as_of.signatories(cast.sales, when)]

    assert names(When(TODAY - DAY)) == ["naoko", "koji"]
    assert names(When(TODAY)) == ["naoko", "koji"], "he held his place for some hours of the day"
    assert names(When(TODAY + DAY)) == ["naoko"]
    assert names(When(TODAY + 10 * DAY)) == ["naoko", "kenta"]
    assert names(When(TODAY + DAY, known(TODAY - DAY))) == ["naoko", "koji"], "that he left was not known then"


def test_who_stood_in_for_whom_could_sign(reader: Client, cast: Cast):
    seat = cast.seat(cast.naoko)
    people.delegate(seat, stand_in=cast.kenta, starts_on=TODAY, ends_on=TODAY + DAY, reason="away", by=cast.naoko)
    (lent,) = [each for each in as_of.signatories(cast.sales, When(TODAY + DAY)) if each.absent]
    assert (lent.user.username, lent.absent.username) == ("kenta", "naoko")
    assert not [each for each in as_of.signatories(cast.sales, When(TODAY + 2 * DAY)) if each.absent]
    assert not [each for each in as_of.seats(cast.sales, When(TODAY + DAY, known(TODAY - DAY))) if each.absent]
    assert "yes, for Naoko Suzuki" in page(reader, f"/teams/sales/?on={TODAY + DAY}")


def test_nobody_stood_in_before_it_was_recorded(cast: Cast):
    """It may name earlier days, since an absence may have begun; no seal was accepted for it then."""
    seat = cast.seat(cast.naoko)
    first, last = TODAY - 5 * DAY, TODAY + DAY
    people.delegate(seat, stand_in=cast.kenta, starts_on=first, ends_on=last, reason="away", by=cast.naoko)
    assert not [each for each in as_of.signatories(cast.sales, When(TODAY - 4 * DAY)) if each.absent]
    (lent,) = [each for each in as_of.signatories(cast.sales, When(TODAY)) if each.absent]
    assert (lent.since, lent.until) == (NOW, days.end_of(last))


def test_a_delegation_taken_back_ended_then(cast: Cast):
    seat = cast.seat(cast.naoko)
    delegation = people.delegate(
        seat, stand_in=cast.kenta, starts_on=TODAY, ends_on=TODAY + 9 * DAY, reason="away", by=cast.naoko
    )
    with on(TODAY + DAY):
        people.end_delegation(delegation, by=cast.naoko)
        taken_back = clock.now()
    (lent,) = [each for each in as_of.seats(cast.sales, When(TODAY + DAY)) if each.absent]
    assert lent.until == taken_back


def test_a_teams_page_of_a_day_says_which(reader: Client):
    then = page(reader, f"/teams/sales/?on={TODAY - DAY}&known={TODAY - 2 * DAY}")
    assert "This is the team on 14 Jun 2026, as recorded by 13 Jun 2026." in then
    assert "Nobody was in this team" in page(reader, "/teams/sales/?on=2020-01-01")


def test_a_seal_pressed_after_the_glass_was_broken_was_not_there_before(reader: Client, cast: Cast):
    proposal = in_review(cast)
    seal(proposal, team=cast.marketing, by=cast.ryo)
    publication.ask_break_glass(proposal, by=cast.megumi, reason="明日の報告に要る")
    publication.confirm_break_glass(proposal, by=cast.makoto, digest=latest(proposal).digest)
    with on(TODAY + 5 * DAY):
        seal(proposal, team=cast.sales, by=cast.naoko)
        now = page(reader, "/metrics/target_lead/")
        then = page(reader, f"/metrics/target_lead/?on={TODAY}&known={TODAY + DAY}")
        listed = page(reader, f"/?on={TODAY}&known={TODAY + DAY}")
    assert "banner-broken" not in now
    assert "banner-broken" in then
    assert "The seal of Sales is awaited" in then
    assert "A seal is missing" in listed


@pytest.mark.parametrize("address", ["/", "/metrics/target_lead/", "/teams/sales/"])
@pytest.mark.parametrize("query", ["on=someday", "known=2026-02-31"])
def test_a_day_nobody_understands_is_said_and_left_out(reader: Client, address: str, query: str):
    assert "such as 2026-04-01" in page(reader, f"{address}?{query}")


def test_a_page_of_a_day_says_the_day_and_keeps_it_in_its_links(reader: Client, cast: Cast):
    proposal = started(cast.misaki)
    write(proposal, by=cast.misaki, change={"meeting": {"condition": "is_target_lead AND minutes >= 20"}})
    submitting.submit(proposal, by=cast.misaki)
    sealed(cast, proposal)
    kept = f"?on={TODAY}&amp;known={TODAY}"
    address = f"?on={TODAY}&known={TODAY}"
    glossary = page(reader, f"/{address}")
    assert "This is what was in force on 15 Jun 2026, as recorded by 15 Jun 2026." in glossary
    assert f'href="/metrics/meeting/{kept}"' in glossary
    for key, other in (("meeting", "target_lead"), ("target_lead", "meeting")):
        shown = page(reader, f"/metrics/{key}/{address}")
        assert f'href="/metrics/{other}/{kept}"' in shown, "what it refers to, and what depends on it"
        assert f'href="/{kept}"' in shown
        assert "as recorded by 15 Jun 2026" in shown


def test_what_is_in_review_today_is_not_said_of_another_day(reader: Client, cast: Cast):
    in_review(cast)
    assert "card-open" in page(reader, "/")
    assert "card-open" not in page(reader, f"/?on={TODAY - DAY}")


def test_what_lies_ahead_is_said_to_lie_ahead(reader: Client):
    assert "will be in force on 16 Jun 2026" in page(reader, f"/metrics/target_lead/?on={TODAY + DAY}")


def test_the_slider_stops_where_the_meaning_changed(reader: Client, cast: Cast):
    published(cast, "target_lead", effective_from=TODAY + 5 * DAY)
    shown = reader.get(f"/metrics/target_lead/?on={TODAY + 6 * DAY}")
    steps = shown.context["page"].steps
    assert [step.day for step in steps] == [FOUNDED, TODAY, TODAY + 5 * DAY]
    assert shown.context["page"].step == 2
    text = shown.content.decode()
    assert 'type="range"' in text
    assert "21 Jun 2026 · Version 2" in text
    assert 'name="on" value="2026-06-21"' in text.replace('type="date" ', "")


def test_the_second_axis_shows_where_a_correction_made_a_difference(reader: Client, cast: Cast, corrected: Definition):
    shown = page(reader, f"/metrics/target_lead/?on={FOUNDED}")
    assert f"?on={FOUNDED}&amp;known={TODAY - DAY}" in shown
    assert 'id="beliefs"' in shown
    assert ", in version 1</a>" in shown
    assert 'id="beliefs"' not in page(reader, f"/metrics/meeting/?on={FOUNDED}")
    published(cast, "meeting", effective_from=TODAY + 5 * DAY)
    ahead = page(reader, f"/metrics/meeting/?on={TODAY + 5 * DAY}")
    assert 'id="beliefs"' not in ahead, "agreed before its day came, it corrected nothing"


def listed_keys(reader: Client, address: str) -> list[str]:
    return [card.span.key for card in reader.get(address).context["cards"]]


def test_what_was_in_review_on_a_day_is_found_by_that_day(reader: Client, cast: Cast):
    with on(TODAY - 9 * DAY):
        proposal = in_review(cast, "meeting", retroactive=True)
    with on(TODAY - 6 * DAY):
        revised(proposal, by=cast.misaki)
    with on(TODAY - 3 * DAY):
        reviewing.reject(proposal, by=cast.naoko, reason="範囲が広すぎる")
    in_review(cast, "target_lead")
    for days_ago, keys in ((10, []), (9, ["meeting"]), (5, ["meeting"]), (3, []), (0, ["target_lead"])):
        assert listed_keys(reader, f"/?state=open&on={TODAY - days_ago * DAY}") == keys, days_ago
    assert listed_keys(reader, f"/?state=open&on={TODAY}&known={TODAY - 5 * DAY}") == ["meeting"]


def test_a_broken_glass_is_found_by_the_day_on_which_it_was_known(reader: Client, cast: Cast):
    with on(TODAY - 5 * DAY):
        proposal = in_review(cast, effective_from=TODAY - 5 * DAY)
        seal(proposal, team=cast.marketing, by=cast.ryo)
        publication.ask_break_glass(proposal, by=cast.megumi, reason="急ぐ")
        publication.confirm_break_glass(proposal, by=cast.makoto, digest=latest(proposal).digest)
    with on(TODAY - DAY):
        seal(proposal, team=cast.sales, by=cast.naoko)
    assert listed_keys(reader, "/?state=broken") == []
    for days_ago, keys in ((6, []), (3, ["target_lead"]), (1, [])):
        assert listed_keys(reader, f"/?state=broken&on={TODAY}&known={TODAY - days_ago * DAY}") == keys, days_ago


def test_versions_recorded_later_were_not_known(reader: Client, cast: Cast, corrected: Definition):
    shown = reader.get(f"/metrics/target_lead/?on={TODAY}&known={TODAY - DAY}").context["page"]
    assert [line.definition.number for line in shown.versions] == [1]


def test_a_condition_is_read_with_what_it_referred_to_then(cast: Cast):
    proposal = started(cast.misaki)
    write(proposal, by=cast.misaki, change={"meeting": {"condition": "is_target_lead"}})
    submitting.submit(proposal, by=cast.misaki)
    sealed(cast, proposal)
    with on(TODAY + DAY):
        (new,) = published(cast, "target_lead", effective_from=TODAY + DAY)
        then, now = (MetricPage(cast.meeting, day) for day in (TODAY, TODAY + DAY))
        assert then.agreed_then["target_lead"] != new.wording
        assert now.agreed_then == {}, "today's are read anyway"


def page(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200, address
    return response.content.decode()


def keys(client: Client, address: str) -> list[str]:
    return [card.span.key for card in client.get(address).context["cards"]]
