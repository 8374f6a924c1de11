"""What changed between two days, on the page and as files that read like release notes."""

import csv
import io
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client

from registry import changes, days
from registry.changes import Between
from registry.models import Definition, Metric, Proposal
from registry.workflow import drafting, people, publication, submitting
from tests.cast import (
    FOUNDED,
    TODAY,
    Cast,
    in_review,
    latest,
    on,
    published,
    retired,
    seal,
    sealed,
    started,
    words,
    write,
)

DAY = timedelta(days=1)


@pytest.fixture
def reader(client: Client, cast: Cast) -> Client:
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    client.force_login(cast.takuya)
    return client


def agreed(cast: Cast, proposal: Proposal) -> None:
    submitting.submit(Proposal.objects.get(pk=proposal.pk), by=cast.misaki)
    sealed(cast, proposal)


def changed(
    cast: Cast, key: str = "target_lead", *, day: date = TODAY, retroactive: bool = False, **values: Any
) -> None:
    proposal = started(cast.misaki, effective_from=day, retroactive=retroactive, title="見直し")
    write(proposal, by=cast.misaki, change={"target_lead": values})
    agreed(cast, proposal)


def told(since: date, until: date, **rest: Any) -> list[tuple[str, str]]:
    return [(entry.key, entry.kind) for entry in changes.all_entries(Between(since, until, **rest))]


def page(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200, address
    return response.content.decode()


def streamed(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200, address
    return b"".join(response.streaming_content).decode()


def test_what_is_new_changed_and_retired_is_told_by_stage(cast: Cast):
    assert told(FOUNDED - DAY, FOUNDED) == [("target_lead", "new"), ("meeting", "new")]
    assert told(FOUNDED, TODAY) == []
    changed(cast, summary_en="People we aim at")
    proposal = started(cast.misaki, effective_from=TODAY)
    drafting.add_retirement(proposal, metric=cast.meeting, successor=cast.target_lead, by=cast.misaki)
    agreed(cast, proposal)
    assert told(TODAY - DAY, TODAY) == [("target_lead", "changed"), ("meeting", "retired")]
    assert told(TODAY, TODAY) == [], "what was known at the end of a day is compared with itself"


def test_a_correction_of_the_past_is_told_although_its_day_lies_before_both(cast: Cast):
    with on(TODAY + 5 * DAY):
        changed(cast, day=FOUNDED, retroactive=True, condition="company.employees >= 50")
    assert told(TODAY, TODAY + 6 * DAY) == [("target_lead", "changed")]
    assert told(TODAY, TODAY + 6 * DAY, known=days.end_of(TODAY + 4 * DAY)) == []
    (entry,) = changes.all_entries(Between(TODAY, TODAY + 6 * DAY))
    assert [each.number for each in entry.corrections] == [2]


def test_a_paragraph_says_what_changed_who_agreed_when_and_why(reader: Client, cast: Cast):
    changed(cast, name_en="Aimed leads", name_ja="狙う顧客", condition="company.employees >= 50")
    shown = page(reader, f"/changes/?from={TODAY - DAY}&to={TODAY}")
    assert "It was called “Target leads” before." in shown
    assert "Changed: Name, Extraction condition." in shown
    assert (
        "Version 2, in force from 15 Jun 2026, was agreed by Marketing (Ryo Takahashi, 15 Jun 2026), "
        "Sales (Naoko Suzuki, 15 Jun 2026): “Reword it”." in shown
    )
    assert "<del>100</del><ins>50</ins>" in shown
    assert "/metrics/target_lead/compare/1...2/" in shown


def test_a_report_by_some_day_leads_to_what_was_known_by_then(reader: Client):
    shown = page(reader, f"/changes/?from={FOUNDED - DAY}&to={FOUNDED}&known={TODAY - DAY}")
    assert f"/metrics/meeting/?on={FOUNDED}&amp;known={TODAY - DAY}" in shown
    assert "as recorded by 14 Jun 2026" in shown


def test_what_was_known_before_the_first_day_is_not_said_to_have_been_known_on_it(reader: Client):
    lede = "From what was in force on 1 Oct 2026 to 1 Nov 2026, both as recorded by 1 May 2026."
    assert lede in page(reader, "/changes/?from=2026-10-01&to=2026-11-01&known=2026-05-01")
    assert "as known on that day" in page(reader, "/changes/?from=2026-10-01&to=2026-11-01&known=2026-10-01")
    assert "both as recorded by 15 Jun 2026" in page(reader, "/changes/?from=2026-10-01&to=2026-11-01"), "it lies ahead"


def test_several_versions_between_are_each_told_with_who_agreed(reader: Client, cast: Cast):
    changed(cast, summary_en="One")
    with on(TODAY + DAY):
        changed(cast, summary_en="Two", day=TODAY + DAY)
    with on(TODAY + 2 * DAY):
        shown = page(reader, f"/changes/?from={TODAY - DAY}&to={TODAY + DAY}")
    assert "Version 2, in force from" in shown
    assert "Version 3, in force from" in shown


def test_what_was_put_back_says_that_the_words_are_the_same(reader: Client, cast: Cast):
    before = Definition.objects.get(metric=cast.target_lead, number=1).wording["summary_en"]
    changed(cast, summary_en="Another")
    with on(TODAY + DAY):
        changed(cast, summary_en=before, day=TODAY + DAY)
        assert "The words are the same as before." in page(reader, f"/changes/?from={TODAY - DAY}&to={TODAY + DAY}")


def test_a_successor_that_is_named_later_is_a_change(reader: Client, cast: Cast):
    with on(TODAY - 10 * DAY):
        retired(cast, cast.meeting)
    retired(cast, cast.meeting, cast.target_lead)
    shown = page(reader, f"/changes/?from={TODAY - DAY}&to={TODAY}")
    assert "The words are the same as before." not in shown
    assert "Changed: Successor." in shown
    assert "<ins>Target leads</ins>" in shown
    assert "Changed: Successor" not in page(reader, f"/changes/?from={TODAY - 20 * DAY}&to={TODAY - 10 * DAY}")


def test_a_version_that_never_took_effect_is_not_said_to_be_in_force(reader: Client, cast: Cast):
    changed(cast, summary_en="One", day=TODAY + 30 * DAY)
    with on(TODAY + 5 * DAY):
        changed(cast, summary_en="Two", day=TODAY + 2 * DAY, retroactive=True)
    with on(TODAY + 40 * DAY):
        shown = page(reader, f"/changes/?from={TODAY - DAY}&to={TODAY + 40 * DAY}")
    assert "Version 2, in force from" not in shown
    assert "Version 2, agreed for 15 Jul 2026 by Marketing (Ryo Takahashi, 15 Jun 2026)" in shown
    assert "was replaced before it took effect: “Reword it”." in shown
    assert "Version 3, in force from 17 Jun 2026, was agreed by" in shown


def test_a_version_that_a_correction_replaced_was_in_force(reader: Client, cast: Cast):
    changed(cast, summary_en="One")
    with on(TODAY + 5 * DAY):
        changed(cast, summary_en="Two", day=TODAY - 2 * DAY, retroactive=True)
        shown = page(reader, f"/changes/?from={TODAY - 5 * DAY}&to={TODAY + 5 * DAY}")
    assert "Version 2, in force from 15 Jun 2026, was agreed by" in shown


def test_a_missing_seal_stays_flagged_on_the_page_and_in_both_files(reader: Client, cast: Cast):
    proposal = in_review(cast)
    seal(proposal, team=cast.marketing, by=cast.ryo)
    publication.ask_break_glass(proposal, by=cast.megumi, reason="明日の報告に要る")
    publication.confirm_break_glass(proposal, by=cast.makoto, digest=latest(proposal).digest)
    address = f"/changes/?from={TODAY - DAY}&to={TODAY}"
    assert "tag-broken" in page(reader, address)
    assert "without the seal of Sales" in page(reader, address)
    assert "without the seal of Sales" in streamed(reader, f"{address}&format=md")
    head, line = csv.reader(io.StringIO(streamed(reader, f"{address}&format=csv")))
    assert line[head.index("Seal missing")] == "Sales"


def test_who_agreed_is_called_as_on_the_second_day(reader: Client, cast: Cast):
    changed(cast, summary_en="People we aim at")
    with on(TODAY + DAY):
        people.change_profile(cast.naoko, by=cast.naoko, values={"name_en": "Naoko Mori"})
        cast.sales.name_en = "Field force"
        people.change_team(cast.sales, by=cast.megumi)
        address = f"/changes/?from={TODAY - DAY}&to={TODAY}"
        for told in (page(reader, address), streamed(reader, f"{address}&format=md")):
            assert "Sales (Naoko Suzuki, 15 Jun 2026)" in told
        assert "Field force (Naoko Mori, 15 Jun 2026)" in page(reader, f"/changes/?from={TODAY - DAY}&to={TODAY + DAY}")


def test_the_report_reads_like_release_notes(reader: Client, cast: Cast):
    changed(cast, summary_en="People at [large] companies with 50 or more *employees*")
    report = streamed(reader, f"/changes/?from={TODAY - DAY}&to={TODAY}&format=md")
    assert report.startswith("# What changed in the glossary from 14 Jun 2026 to 15 Jun 2026\n")
    assert "## Targeting" in report
    assert "### Target leads (`target_lead`)" in report
    assert "- **In one line (English)**: People at " in report
    assert "\\[large\\]" in report
    assert "<ins>\\*</ins>employees<ins>\\*</ins>" in report
    assert "<http://testserver/metrics/target_lead/compare/1...2/>" in report


def test_the_files_speak_the_readers_language(reader: Client, cast: Cast):
    changed(cast, summary_ja="別の説明", summary_en="Another")
    reader.cookies["goi_language"] = "ja"
    address = f"/changes/?from={TODAY - DAY}&to={TODAY}"
    report = streamed(reader, f"{address}&format=md")
    assert "ターゲットリード数" in report
    assert "2026年6月15日" in report
    assert "Another" not in report
    assert "変更" in streamed(reader, f"{address}&format=csv")


def test_the_table_has_a_line_for_each_metric_and_no_formula(reader: Client, cast: Cast):
    changed(cast, name_en='=HYPERLINK("https://elsewhere.example")', name_ja="＝悪い名前")
    text = streamed(reader, f"/changes/?from={FOUNDED - DAY}&to={TODAY}&format=csv")
    head, *lines = csv.reader(io.StringIO(text.removeprefix("\ufeff")))
    assert head[:3] == ["Stage", "Metric key", "Name"]
    assert [line[1] for line in lines] == ["target_lead", "meeting"]
    assert lines[0][2].startswith("'=")


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("from=2026-06-02&to=2026-06-01", "Swap them"),
        ("from=someday", "such as 2026-04-01"),
        ("from=2026-13-40&to=2026-11-01", "such as 2026-04-01"),
        ("known=2026-02-31", "such as 2026-04-01"),
    ],
)
def test_days_that_make_no_sense_are_said_and_no_other_days_are_told_instead(reader: Client, query: str, sentence: str):
    shown = page(reader, f"/changes/?{query}")
    assert sentence in shown
    assert "From what was in force on" not in shown
    for ending in ("md", "csv"):
        response = reader.get(f"/changes/?{query}&format={ending}")
        assert response.status_code == 422
        assert sentence in response.content.decode()


def test_days_between_which_nothing_changed_say_so(reader: Client):
    limited = page(reader, f"/changes/?from={FOUNDED - DAY}&to={TODAY}&known={FOUNDED - 90 * DAY}")
    assert "or leave the day of the record empty" in limited
    assert "Choose an earlier first day" in page(reader, f"/changes/?from={TODAY}&to={TODAY}")


def test_a_page_holds_some_and_leads_to_the_rest(reader: Client, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("registry.views.changes.PAGE", 1)
    address = f"/changes/?from={FOUNDED - DAY}&to={TODAY}"
    first, second = page(reader, address), page(reader, f"{address}&page=2")
    assert "2 metrics changed" in first
    assert 'id="target_lead"' in first
    assert 'id="meeting"' not in first
    assert 'id="meeting"' in second
    past_the_last = page(reader, f"{address}&page=99")
    assert "2 metrics changed" in past_the_last
    assert 'id="target_lead"' in past_the_last


def test_it_takes_as_many_queries_for_many_metrics_as_for_few(
    reader: Client, cast: Cast, django_assert_max_num_queries: Any
):
    proposal = started(cast.misaki, effective_from=TODAY)
    new = {f"metric_{n}": words(name_ja=f"指標{n}番", name_en=f"Number {n}") for n in range(6)}
    write(proposal, by=cast.misaki, new=new)
    agreed(cast, proposal)
    assert Metric.objects.count() == 8
    address = f"/changes/?from={FOUNDED - DAY}&to={TODAY}"
    with django_assert_max_num_queries(12):
        reader.get(address)
    with django_assert_max_num_queries(12):
        assert streamed(reader, f"{address}&format=md").count("\n### ") == 8


def test_readers_outside_see_what_is_published_and_no_way_into_the_rest(client: Client, cast: Cast, settings: Any):
    settings.PUBLIC = True
    published(cast)
    shown = page(client, f"/changes/?from={TODAY - DAY}&to={TODAY}&lang=en")
    assert "Target leads" in shown
    assert "/history/" not in shown
    assert "/proposals/" not in shown
