"""Counting on the data: the Effect tab, and the records behind a number."""

from pathlib import Path

import pytest
from django.test import Client

from registry import counts, datasets
from registry.models import Dataset, Event, Run
from registry.standing import Standing
from registry.workflow import counting
from registry.workflow import datasets as keeping
from tests.cast import Cast, latest, refuses, started, words
from tests.counting import COMPANY, FEWER, FILES, LEAD, RATE, agreed, cells, count, effect, kept, plain, proposed
from tests.data import declare, export
from tests.ledger.tampering import wrong


@pytest.fixture
def client(client: Client, cast: Cast) -> Client:
    """A browser in which Kenta of sales is signed in and reads English."""
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    client.force_login(cast.kenta)
    return client


def test_a_change_is_counted_per_month_with_what_is_gained_and_unknown(client: Client, cast: Cast, crm: Dataset):
    proposal = proposed(cast)
    assert "This has not been counted on CRM yet." in effect(client, proposal)
    response = count(client, proposal)
    assert (response.status_code, response.url) == (302, f"/proposals/{proposal.pk}/?tab=effect#counts")
    run = Run.objects.get()
    assert cells(run) == [["2026-04", 1, 2, 1, 0, 1], ["2026-05", 1, 2, 1, 0, 0]]
    shown = effect(client, proposal)
    assert "Target leads 2 → 4 ＋2" in shown
    assert "Apr 2026 1 2 1 0 1 May 2026 1 2 1 0 0 Together 2 4 2 0 1" in shown
    assert "Counted on CRM as of 15 Jun 2026 — by Kenta Sato" in shown


def test_a_run_says_what_was_asked_of_which_data_by_whom_and_for_which_revision(
    client: Client, cast: Cast, crm: Dataset
):
    proposal = proposed(cast)
    count(client, proposal)
    run, revision, event = Run.objects.get(), latest(proposal), Event.objects.first()
    assert (run.fingerprint, run.revision_digest, run.counted_by) == (crm.fingerprint, revision.digest, cast.kenta)
    assert run.sql_digest == counts.hashed(run.sql)
    assert '"employees" >= 50' in run.sql
    assert (event.act, event.proposal, event.detail["queries"]) == (
        "counted", proposal, {run.question: run.sql_digest},
    )  # fmt: skip
    assert wrong() == []


def test_the_same_question_of_the_same_data_is_not_asked_twice(client: Client, cast: Cast, crm: Dataset):
    proposal = proposed(cast)
    count(client, proposal)
    events = Event.objects.count()
    assert count(client, proposal).status_code == 302
    other = proposed(cast)
    assert "Target leads 2 → 4 ＋2" in effect(client, other)
    assert (Run.objects.count(), Event.objects.filter(act="counted").count()) == (1, 1)
    assert Event.objects.count() > events  # what was proposed meanwhile


def test_data_read_anew_is_counted_anew(client: Client, cast: Cast, crm: Dataset, tmp_path: Path):
    proposal = proposed(cast)
    count(client, proposal)
    more = FILES | {"lead": LEAD + "L7,C2,2026-05-09,seminar,manager,,true,true,,prospect\n"}
    files = [(f"{name}.csv", export(tmp_path / "new", text, f"{name}.csv")) for name, text in more.items()]
    keeping.read_again(crm, intake=datasets.take_in(files), by=cast.megumi)
    assert "This has not been counted on CRM yet." in effect(client, proposal)
    count(client, proposal)
    assert "Target leads 2 → 5 ＋3" in effect(client, proposal)
    assert Run.objects.count() == 2


def test_the_ripple_reaches_metrics_that_refer_to_it_and_rates_made_of_it(client: Client, cast: Cast, crm: Dataset):
    agreed(cast, meeting={"condition": "status = 'held' AND is_target_lead"}, meeting_rate=words(**RATE))
    proposal = proposed(cast)
    count(client, proposal)
    shown = effect(client, proposal)
    assert "Meetings 1 → 2 ＋1" in shown
    assert "Meeting rate 50.0% → 50.0%" in shown
    assert "Apr 2026 100.0% 50.0% May 2026 0.0% 50.0%" in shown


def test_a_rate_falls_and_division_by_zero_is_no_value(client: Client, cast: Cast, crm: Dataset):
    agreed(cast, meeting={"condition": "status = 'held' AND minutes >= 20"}, meeting_rate=words(**RATE))
    proposal = proposed(cast, condition="company.employees >= 50 AND created_on < DATE '2026-05-01'")
    count(client, proposal)
    shown = effect(client, proposal)
    assert "Apr 2026 100.0% 50.0% May 2026 100.0% no value" in shown
    proposal = proposed(cast)
    count(client, proposal)
    assert "Meeting rate 100.0% → 50.0% ↓ falls" in effect(client, proposal)


def test_behind_a_number_there_are_records_with_what_the_condition_looks_at(client: Client, cast: Cast, crm: Dataset):
    proposal = proposed(cast)
    count(client, proposal)
    shown = plain(client.get(f"/proposals/{proposal.pk}/counts/target_lead/gained/?month=2026-04"))
    assert "Records that would newly count" in shown
    assert "L2 60" in shown
    assert "L5" not in shown
    unknown = plain(client.get(f"/proposals/{proposal.pk}/counts/target_lead/unknown/"))
    assert "L3 blank" in unknown
    for address in ("target_lead/most/", "nothing/gained/", "target_lead/gained/?month=soon"):
        assert client.get(f"/proposals/{proposal.pk}/counts/{address}").status_code == 404


def test_broken_promises_are_named_where_the_conditions_look(client: Client, cast: Cast, crm: Dataset):
    proposal = proposed(cast)
    count(client, proposal)
    assert "The data breaks promises" not in effect(client, proposal)
    proposal = proposed(cast, condition=f"{FEWER} AND job_level <> 'staff'")
    count(client, proposal)
    shown = effect(client, proposal)
    assert "lead · job level: a value that is not declared — 1 row" in shown
    assert "company · " not in shown.split("The data breaks promises")[1].split("Target leads")[0]


def test_what_the_dataset_lacks_is_said_and_the_rest_is_counted(client: Client, cast: Cast, tmp_path: Path):
    declare(cast)
    kept(cast, tmp_path, {"company": COMPANY, "lead": LEAD})
    agreed(cast, meeting={"condition": "status = 'held' AND is_target_lead"}, meeting_rate=words(**RATE))
    proposal = proposed(cast)
    count(client, proposal)
    shown = effect(client, proposal)
    assert "Target leads 2 → 4 ＋2" in shown
    assert "Meetings: This dataset has no table for meeting" in shown
    assert "No value, since these could not be counted: Meetings" in shown


def test_without_data_or_without_a_change_of_numbers_there_is_nothing_to_count(client: Client, cast: Cast):
    declare(cast)
    proposal = proposed(cast)
    assert "There is no data to count on yet." in effect(client, proposal)
    assert count(client, proposal).status_code == 409


def test_other_words_alone_change_no_number(client: Client, cast: Cast, crm: Dataset):
    proposal = proposed(cast, summary_en="In other words")
    assert "Nothing in this proposal changes what is counted." in effect(client, proposal)


def test_htmx_gets_the_numbers_themselves(client: Client, cast: Cast, crm: Dataset):
    proposal = proposed(cast)
    assert 'hx-trigger="submit, load"' in client.get(f"/proposals/{proposal.pk}/?tab=effect").content.decode()
    response = count(client, proposal, **{"HX-Request": "true"})
    assert "<html" not in response.content.decode()
    assert "Target leads 2 → 4 ＋2" in plain(response)


def test_a_dataset_whose_copy_is_gone_leaves_the_tab_readable(client: Client, cast: Cast, crm: Dataset):
    proposal = proposed(cast)
    for file in datasets.path_of(crm).iterdir():
        file.unlink()
    datasets.path_of(crm).rmdir()
    assert "The kept copy of CRM is missing." in effect(client, proposal)


def test_a_draft_is_counted_by_nobody_who_may_not_see_it(client: Client, cast: Cast, crm: Dataset):
    draft = started(cast.misaki)
    assert count(client, draft).status_code == 404
    assert client.get(f"/proposals/{draft.pk}/counts/target_lead/old/").status_code == 404


def test_counts_of_data_that_was_read_anew_meanwhile_are_not_kept(cast: Cast, crm: Dataset):
    plan = counts.of_proposal(Standing(proposed(cast)))
    runs, failed = counts.ask(plan)
    assert not failed
    mapping = {**crm.mapping, "company": {**crm.mapping["company"], "fields": {"company_id": {"column": "company_id"}}}}
    keeping.map_dataset(crm, mapping=mapping, by=cast.megumi)
    with refuses("data_changed", 409):
        counting.keep_runs(runs, by=cast.kenta)


def test_whoever_belongs_to_no_team_does_not_see_the_rows_behind_a_number(client: Client, cast: Cast, crm: Dataset):
    proposal = proposed(cast)
    count(client, proposal)
    address = f"/proposals/{proposal.pk}/counts/target_lead/gained/"
    assert ">L2<" in client.get(address).content.decode()
    client.force_login(cast.takuya)
    refused = client.get(address)
    assert refused.status_code == 403
    assert ">L2<" not in refused.content.decode()


def test_a_rate_made_of_another_rate_has_a_value(client: Client, cast: Cast, crm: Dataset):
    """Meetings and leads are different things, and what is lost on the way is still a share."""
    meeting = {"condition": "status = 'held' AND is_target_lead", "unit_ja": "件", "unit_en": "meetings"}
    agreed(cast, meeting=meeting, meeting_rate=words(**RATE))
    lost = words(**{**RATE, "name_ja": "失注率", "name_en": "Loss rate", "formula": "1 − meeting_rate"})
    agreed(cast, loss_rate=lost)
    proposal = proposed(cast)
    assert "Calculated from these numbers: Loss rate , Meeting rate" in effect(client, proposal)
    count(client, proposal)
    assert "Apr 2026 0.0% 50.0% May 2026 100.0% 50.0%" in effect(client, proposal)
