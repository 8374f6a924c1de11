"""The timeline: every act in a sentence, narrowed by the address, saved as a file."""

import csv
import io
import json
import tracemalloc
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from registry.models import Event
from registry.timeline import SENTENCES
from registry.views import history_files
from registry.workflow import drafting, people, publication, reviewing, submitting
from tests.cast import NOW, TODAY, Cast, drafted, in_review, latest, on, published, revised, seal, sealed
from tests.database import past_the_guards, rows_of

CSV_HEAD = ["sequence", "at", "who", "act", "what", "why", "proposal", "digest", "missing_seals"]


@pytest.fixture
def reader(client: Client, cast: Cast) -> Client:
    """A browser in which Takuya, who is in no team, reads English."""
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    client.force_login(cast.takuya)
    return client


def events(response: Any) -> list[Event]:
    return [line.event for day, lines in response.context["days"] for line in lines]


def rows(response: Any) -> list[list[str]]:
    text = b"".join(response.streaming_content).decode()
    assert text.startswith("\ufeff"), "spreadsheets open Japanese by this mark"
    head, *lines = csv.reader(io.StringIO(text.removeprefix("\ufeff")))
    assert head == CSV_HEAD
    return lines


def test_an_act_reads_as_who_what_when_and_why(cast: Cast, reader: Client):
    proposal = in_review(cast)
    reviewing.reject(proposal, by=cast.naoko, reason="数が半分になります")
    page = reader.get("/history/").content.decode()
    assert "Naoko Suzuki rejected “Reword it”." in page
    assert "数が半分になります" in page
    assert "15 Jun 2026" in page
    assert "09:00" in page


def test_an_act_keeps_the_names_it_was_done_under(cast: Cast, reader: Client):
    proposal = in_review(cast)
    seal(proposal, team=cast.marketing, by=cast.ryo)
    cast.marketing.name_en = "Demand generation"
    people.change_team(cast.marketing, by=cast.megumi)
    drafting.save(proposal, by=cast.misaki, heading={"title_en": "Say it better"})
    page = reader.get("/history/").content.decode()
    assert "Ryo Takahashi sealed “Reword it” for Marketing." in page
    assert "Misaki Tanaka edited “Reword it”." in page, "what is not submitted yet is its writers' own"


def test_a_team_whose_seal_was_missing_keeps_the_name_it_had(cast: Cast, reader: Client):
    proposal = in_review(cast)
    seal(proposal, team=cast.marketing, by=cast.ryo)
    publication.ask_break_glass(proposal, by=cast.megumi, reason="明日の報告に要る")
    publication.confirm_break_glass(proposal, by=cast.makoto, digest=latest(proposal).digest)
    with on(TODAY + timedelta(days=1)):
        cast.sales.name_en = "Field force"
        people.change_team(cast.sales, by=cast.megumi)
        assert "was published without the seal of Sales" in reader.get("/history/").content.decode()


def test_a_title_that_was_never_submitted_stays_with_its_writers(cast: Cast, reader: Client):
    proposal = drafted(cast)
    drafting.save(proposal, by=cast.misaki, heading={"title_en": "Not this word"})
    drafting.save(proposal, by=cast.misaki, heading={"title_en": "Better this one"})
    submitting.submit(proposal, by=cast.misaki)
    page = reader.get("/history/").content.decode()
    assert "submitted “Better this one”" in page
    assert "Not this word" not in page


def test_history_speaks_the_readers_language(cast: Cast, reader: Client):
    in_review(cast)
    reader.cookies["goi_language"] = "ja"
    page = reader.get("/history/").content.decode()
    assert "田中 美咲" in page
    assert "2026年6月15日" in page


def test_what_changed_is_one_click_away(cast: Cast, reader: Client):
    proposal = in_review(cast)
    revised(proposal, by=cast.misaki)
    sealed(cast, proposal)
    page = reader.get("/history/").content.decode()
    for address in (f"/proposals/{proposal.pk}/revisions/1...2/", "/metrics/target_lead/compare/1...2/"):
        assert address in page
        assert reader.get(address).status_code == 200


def test_the_first_version_is_linked_since_nothing_came_before(cast: Cast, reader: Client):
    page = reader.get("/metrics/target_lead/history/").content.decode()
    assert "/metrics/target_lead/versions/1/" in page
    assert "compare/0..." not in page


def test_every_act_has_a_sentence(cast: Cast):
    published(cast)
    assert set(Event.objects.values_list("act", flat=True)) <= set(SENTENCES)


def test_drafts_of_others_leave_no_trace(cast: Cast, reader: Client):
    hidden = drafted(cast)
    assert hidden.pk not in {event.proposal_id for event in events(reader.get("/history/"))}
    assert str(hidden.pk) not in {row[6] for row in rows(reader.get("/history/?format=csv"))}
    reader.force_login(cast.misaki)
    assert hidden.pk in {event.proposal_id for event in events(reader.get("/history/"))}


@pytest.mark.parametrize(
    ("query", "acts"),
    [
        ("group=agreement", {"sealed", "published"}),
        ("group=discussion", {"objected"}),
        ("person=kenta", {"objected", "registered", "joined"}),
        ("person=kenta&group=discussion", {"objected"}),
        ("proposal=1&group=agreement", {"sealed", "published"}),
        ("proposal=2", {"started", "draft_saved", "metric_added", "submitted", "objected"}),
        ("metric=meeting&group=discussion", set()),
        ("metric=target_lead&group=discussion", {"objected"}),
        (f"since={TODAY}&group=proposals", {"submitted"}),
        (f"until={TODAY - timedelta(days=80)}&group=agreement", set()),
        ("group=agreement&team=sales", {"sealed"}),
    ],
)
def test_filters_live_in_the_address(cast: Cast, reader: Client, query: str, acts: set[str]):
    proposal = in_review(cast)
    query = query.replace("proposal=2", f"proposal={proposal.pk}").replace(
        "proposal=1&", f"proposal={cast.target_lead.latest.revision.proposal_id}&"
    )
    reviewing.raise_objection(latest(proposal), by=cast.kenta, reason="待ってください", key="target_lead")
    assert {event.act for event in events(reader.get(f"/history/?{query}"))} == acts
    assert {row[3] for row in rows(reader.get(f"/history/?{query}&format=csv"))} == acts


@pytest.mark.parametrize(
    "query", ["since=yesterday", "group=gossip", "person=nobody", "proposal=x", "before=x", "before=9" * 30]
)
def test_an_address_nobody_understands_still_shows_a_page(cast: Cast, reader: Client, query: str):
    assert reader.get(f"/history/?{query}").status_code == 200


@pytest.mark.parametrize("ending", ["csv", "jsonl"])
@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("since=2026-13-40", "such as 2026-04-01"),
        ("since=2026-06-02&until=2026-06-01", "Swap them"),
        ("group=gossip", "Choose one from the list"),
        ("person=nobody", "Choose one from the list"),
        ("team=salse", "Choose one from the list"),
        ("proposal=x", "such as 12"),
        ("metric=ターゲット", "such as target_lead"),
    ],
)
def test_no_file_is_made_of_a_filter_nobody_understands(reader: Client, query: str, sentence: str, ending: str):
    response = reader.get(f"/history/?{query}&format={ending}")
    assert response.status_code == 422
    assert sentence in response.content.decode()


def test_a_misread_day_is_said_at_its_field(cast: Cast, reader: Client):
    page = reader.get("/history/?since=2026-02-31").content.decode()
    assert "such as 2026-04-01" in page
    assert 'id="id_since_error"' in page


def test_nothing_found_says_what_to_do(cast: Cast, reader: Client):
    page = reader.get("/history/?since=2099-01-01").content.decode()
    assert "Widen the days" in page


def test_older_acts_are_one_page_further_and_none_is_left_out(cast: Cast, reader: Client):
    for number in range(60):
        people.change_profile(cast.takuya, by=cast.takuya, values={"email": f"t{number}@example.com"})
    seen: list[int] = []
    address = "/history/"
    while address:
        response = reader.get(address)
        seen += [event.sequence for event in events(response)]
        older = response.context["older"]
        address = f"/history/?before={older}" if older else ""
    assert seen == list(Event.objects.values_list("sequence", flat=True))


def test_the_file_holds_every_act_and_no_formula(cast: Cast, reader: Client):
    reviewing.comment(in_review(cast), by=cast.kenta, words='=HYPERLINK("https://elsewhere.example")')
    lines = rows(reader.get("/history/?format=csv"))
    assert len(lines) == Event.objects.count()
    (said,) = [line for line in lines if line[3] == "commented"]
    assert said[5].startswith("'=")


def objects(response: Any) -> list[dict[str, Any]]:
    return [json.loads(line) for line in b"".join(response.streaming_content).decode().splitlines()]


def test_programs_get_one_object_a_line(cast: Cast, reader: Client):
    published(cast)
    hidden = drafted(cast, "meeting")
    told = objects(reader.get("/history/?format=jsonl"))
    assert len(told) == Event.objects.exclude(proposal=hidden).count()
    assert told[0]["act"] == "published"
    assert told[0]["metrics"] == ["target_lead"]
    assert told[1] | {"at": "", "digest": ""} == {
        "sequence": told[1]["sequence"],
        "at": "",
        "who": "naoko",
        "act": "sealed",
        "what": "Naoko Suzuki sealed “Reword it” for Sales.",
        "why": "",
        "proposal": told[0]["proposal"],
        "team": "sales",
        "metrics": ["target_lead"],
        "digest": "",
        "missing_seals": [],
    }


@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_a_file_speaks_the_language_of_whoever_asked_for_it(cast: Cast, reader: Client, ending: str):
    published(cast)
    for language, said in (("en", "was published"), ("ja", "公開")):
        reader.cookies["goi_language"] = language
        file = b"".join(reader.get(f"/history/?format={ending}").streaming_content).decode()
        assert said in file


@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_a_file_is_read_from_the_database_as_it_is_sent(cast: Cast, reader: Client, ending: str, monkeypatch: Any):
    monkeypatch.setattr("registry.views.history_files.CHUNK", 5)
    made: list[int] = []
    told = history_files._told
    monkeypatch.setattr(history_files, "_told", lambda event: made.append(event.sequence) or told(event))
    response = reader.get(f"/history/?format={ending}")
    lines = iter(response.streaming_content)
    next(lines), next(lines)
    assert len(made) <= 2, "a line is written when it is asked for, and not before"
    assert len(list(lines)) > 10


@pytest.mark.slow
@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_a_file_of_any_length_takes_the_same_memory(cast: Cast, reader: Client, ending: str):
    short, long = (peak(cast, reader, ending, size) for size in (1_000, 5_000))
    assert long < short * 1.3 + 200_000, f"{short:,} bytes for 1,000 acts, {long:,} for 5,000"


def peak(cast: Cast, client: Client, ending: str, size: int) -> int:
    """Bytes held at most while a history of `size` acts is sent."""
    many(cast, size)
    response = client.get(f"/history/?format={ending}")
    tracemalloc.start()
    sent = sum(chunk.count(b"\n") for chunk in response.streaming_content)
    held = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert sent >= size
    return held


def many(cast: Cast, size: int) -> None:
    """Acts beyond those there are, written in bulk as no part of the product may: for measuring only."""
    found = rows_of(Event).count()
    same = {"at": NOW, "actor": cast.takuya, "act": "reminded", "previous": "0" * 64, "personal_digest": ""}
    with past_the_guards():
        rows_of(Event).bulk_create(
            Event(sequence=number, digest=f"{number:064}", personal={"reason": "長い理由" * 50}, **same)
            for number in range(1_000_000 + found, 1_000_000 + size)
        )


def test_a_metrics_history_holds_its_own_acts_only(cast: Cast, reader: Client):
    published(cast, "meeting")
    acts = events(reader.get("/metrics/target_lead/history/"))
    assert {event.act for event in acts} >= {"published", "sealed", "submitted"}
    assert (
        len(acts)
        == Event.objects.filter(mentions__key="target_lead")
        .exclude(proposal__in=Event.objects.filter(act="started", proposal__revision=None).values("proposal"))
        .count()
    )
    assert reader.get("/metrics/nothing/history/").status_code == 404


@pytest.mark.parametrize("address", ["/history/", "/metrics/target_lead/history/"])
def test_history_takes_at_most_twelve_queries(
    cast: Cast, reader: Client, address: str, django_assert_max_num_queries: Any
):
    for number in range(8):
        published(cast, "target_lead", effective_from=TODAY + timedelta(days=number))
    with django_assert_max_num_queries(12):
        reader.get(address)


def test_what_was_published_is_called_by_its_name_of_then(cast: Cast, reader: Client):
    published(cast, "target_lead")
    page = reader.get("/history/").content.decode()
    assert "What changed in Target leads</a>" in page
    assert "What changed in target_lead" not in page
