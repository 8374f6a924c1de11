"""Writing a condition on the web: rows or an expression, the same either way, and nothing typed is lost."""

import html
import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from registry import meaning
from registry.models import Proposal, User
from registry.standing import Standing
from registry.workflow import drafting, vocabulary
from tests.cast import Cast, drafted, fresh
from tests.web.test_drafts import form_of

WORDS = Path(__file__).parents[2] / "fixtures" / "example" / "vocabulary.yaml"
CONDITION = "company.employees >= 100\nAND job_level IN ('director', 'manager')\nAND source <> 'seminar'"


@pytest.fixture
def writer(client: Client, cast: Cast) -> Client:
    vocabulary.change_vocabulary(WORDS.read_text(encoding="utf-8"), by=cast.megumi, reason="The words of the example.")
    client.force_login(cast.misaki)
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


@pytest.fixture
def draft(writer: Client, cast: Cast) -> Proposal:
    return written(drafted(cast), CONDITION, by=cast.misaki)


def written(proposal: Proposal, text: str, *, by: User) -> Proposal:
    drafting.save(proposal, by=by, wordings={"target_lead": {"condition": text, "counts": "lead"}})
    return fresh(proposal)


def kept(proposal: Proposal) -> str:
    return str(proposal.working_copies.get(key="target_lead").wording["condition"])


FIELD = re.compile(r"<(input|select|textarea)\b([^>]*)>(.*?)(?=<(?:input|select|textarea)\b|\Z)", re.DOTALL)


def rows_of(page: str) -> dict[str, Any]:
    """Whatever a browser would send of the builder on the page."""
    sent: dict[str, Any] = {}
    for kind, attributes, rest in FIELD.findall(page):
        name = re.search(r'name="(target_lead-(?:b[.-][^"]*|shown|condition))"', attributes)
        if not name:
            continue
        value = re.search(r'value="([^"]*)"', attributes)
        if kind == "select":
            value = re.search(r'<option value="([^"]*)" selected', rest) or re.search(r'<option value="([^"]*)"', rest)
        if kind == "textarea":
            value = re.match(r"\s*\n?(.*?)</textarea>", rest, re.DOTALL)
        if 'type="checkbox"' in attributes:
            if "checked" in attributes:
                sent.setdefault(name[1], []).append(value[1] if value else "on")
        else:
            sent[name[1]] = html.unescape(value[1] if value else "")
    return sent


def page_of(client: Client, proposal: Proposal) -> str:
    return client.get(f"/proposals/{proposal.pk}/draft/").content.decode()


def everything(client: Client, proposal: Proposal) -> dict[str, Any]:
    return form_of(client, proposal) | rows_of(page_of(client, proposal))


def arrange(client: Client, proposal: Proposal, edit: str, sent: dict[str, Any], **headers: str) -> Any:
    address = f"/proposals/{proposal.pk}/metrics/target_lead/condition/"
    return client.post(address, sent | {"edit": edit}, headers=headers)


def test_the_builder_opens_on_what_the_condition_says(writer: Client, draft: Proposal):
    sent = rows_of(page_of(writer, draft))
    assert sent["target_lead-shown"] == "builder"
    assert (sent["target_lead-b.0-field"], sent["target_lead-b.0-test"], sent["target_lead-b.0-v0"]) == (
        "company.employees", ">=", "100",
    )  # fmt: skip
    assert sent["target_lead-b.1-v"] == ["director", "manager"]
    assert sent["target_lead-b.2-blanks"] == ""


def test_rows_nobody_touched_leave_the_condition_to_the_letter(writer: Client, draft: Proposal):
    before = kept(draft)
    assert writer.post(f"/proposals/{draft.pk}/draft/", everything(writer, draft)).status_code == 302
    assert kept(draft) == before
    assert fresh(draft).edits == draft.edits


def test_a_changed_row_changes_the_condition(writer: Client, draft: Proposal):
    sent = everything(writer, draft) | {"target_lead-b.0-v0": "50", "target_lead-b.2-blanks": "in"}
    writer.post(f"/proposals/{draft.pk}/draft/", sent)
    assert kept(draft) == (
        "company.employees >= 50\nAND job_level IN ('director', 'manager')\nAND (source <> 'seminar' OR source IS NULL)"
    )


def test_a_row_is_added_filled_and_removed_without_a_script(writer: Client, draft: Proposal):
    page = arrange(writer, draft, "rule:", everything(writer, draft)).content.decode()
    sent = everything(writer, draft) | rows_of(page)
    assert "Choose what this rule is about." in page
    assert kept(draft) == CONDITION
    chosen = sent | {"target_lead-b.3-field": "consent", "edits": str(fresh(draft).edits)}
    page = arrange(writer, draft, "update", chosen).content.decode()
    assert kept(draft) == f"{CONDITION}\nAND consent IS TRUE"
    sent = everything(writer, draft) | rows_of(page)
    arrange(writer, draft, "remove:0", sent)
    assert kept(draft) == "job_level IN ('director', 'manager')\nAND source <> 'seminar'\nAND consent IS TRUE"


def test_a_box_of_related_records_is_added_with_a_rule_of_its_own(writer: Client, draft: Proposal):
    page = arrange(writer, draft, "rows:", everything(writer, draft)).content.decode()
    sent = everything(writer, draft) | rows_of(page)
    page = arrange(writer, draft, "rule:3", sent | {"target_lead-b.3-relation": "lead.meetings"}).content.decode()
    sent = everything(writer, draft) | rows_of(page) | {"target_lead-b.3.0-field": "c.status"}
    page = arrange(writer, draft, "update", sent).content.decode()
    sent = everything(writer, draft) | rows_of(page) | {"target_lead-b.3.0-v": ["held"]}
    writer.post(f"/proposals/{draft.pk}/draft/", sent)
    assert kept(draft).endswith("AND EXISTS (\n  SELECT 1 FROM lead.meetings c\n  WHERE c.status IN ('held')\n)")


def test_switching_keeps_everything_both_ways(writer: Client, draft: Proposal):
    sent = everything(writer, draft) | {"target_lead-b.0-v0": "50", "target_lead-text_en": "Typed just now."}
    page = arrange(writer, draft, "show:expression", sent).content.decode()
    assert rows_of(page)["target_lead-condition"].startswith("company.employees >= 50")
    copy = fresh(draft).working_copies.get()
    assert (copy.wording["text_en"], copy.wording["condition"][:23]) == ("Typed just now.", "company.employees >= 50")
    assert rows_of(page_of(writer, draft))["target_lead-shown"] == "expression"
    typed = everything(writer, draft) | {"target_lead-condition": "company.employees >= 70"}
    page = arrange(writer, draft, "show:builder", typed).content.decode()
    assert rows_of(page)["target_lead-b.0-v0"] == "70"


def test_an_expression_with_a_mistake_stays_and_says_why_it_cannot_be_built(writer: Client, draft: Proposal):
    arrange(writer, draft, "show:expression", everything(writer, draft))
    typed = everything(writer, draft) | {"target_lead-condition": "company.employees =>"}
    page = arrange(writer, draft, "show:builder", typed).content.decode()
    assert rows_of(page)["target_lead-condition"] == "company.employees =>"
    assert "The builder opens once the expression reads without a mistake" in page


def test_unfinished_rows_are_kept_on_the_page_and_hold_back_only_the_condition(writer: Client, draft: Proposal):
    sent = everything(writer, draft) | {"target_lead-b.0-v0": "", "target_lead-summary_en": "New."}
    by_itself = writer.post(f"/proposals/{draft.pk}/draft/", sent, headers={"HX-Request": "true"})
    assert by_itself.status_code == 200
    assert kept(draft) == CONDITION
    assert fresh(draft).working_copies.get().wording["summary_en"] == "New."
    pressed = writer.post(f"/proposals/{draft.pk}/draft/", sent | {"edits": str(fresh(draft).edits)})
    page = pressed.content.decode()
    assert pressed.status_code == 422
    assert "Fill in the value, or remove the rule." in page
    assert rows_of(page)["target_lead-b.0-v0"] == ""
    submitted = writer.post(f"/proposals/{draft.pk}/revisions/", sent | {"edits": str(fresh(draft).edits)})
    assert submitted.status_code == 422
    assert fresh(draft).state == Proposal.DRAFT


def test_what_the_builder_cannot_show_is_read_out_and_kept(writer: Client, draft: Proposal, cast: Cast):
    written(draft, "consent IS TRUE AND LENGTH(department) >= 2", by=cast.misaki)
    page = page_of(writer, draft)
    assert "the number of characters of department is at least 2" in page
    sent = everything(writer, draft) | {"target_lead-b.0-test": "no"}
    writer.post(f"/proposals/{draft.pk}/draft/", sent)
    assert kept(draft) == "consent IS FALSE\nAND LENGTH(department) >= 2"


def test_a_condition_with_more_rules_than_the_builder_shows_keeps_every_one(
    writer: Client, draft: Proposal, cast: Cast, monkeypatch: pytest.MonkeyPatch
):
    for module in ("registry.conditions.blocks_read", "registry.forms.builder_sheet"):
        monkeypatch.setattr(f"{module}.MAX_PARTS", 8)
    text = "\nAND ".join(f"company.employees <> {number}" for number in range(10))
    written(draft, text, by=cast.misaki)
    writer.post(f"/proposals/{draft.pk}/draft/", everything(writer, draft))
    assert kept(draft) == text
    sent = everything(writer, draft) | {"target_lead-b.1-is": "rule", "target_lead-b.1-field": "consent"}
    arrange(writer, draft, "update", sent | {"edits": str(fresh(draft).edits)})
    assert kept(draft) == f"({text})\nAND consent IS TRUE"


def test_a_negative_rule_asks_about_blanks_only_where_there_can_be_any(writer: Client, draft: Proposal, cast: Cast):
    assert page_of(writer, draft).count("Please say what happens to blanks") == 1
    written(draft, "relation <> 'internal'", by=cast.misaki)
    assert "Please say what happens to blanks" not in page_of(writer, draft)


def test_a_mistake_is_mended_without_a_script(writer: Client, draft: Proposal):
    arrange(writer, draft, "show:expression", everything(writer, draft))
    typed = everything(writer, draft) | {"target_lead-condition": "employees >= 50"}
    arrange(writer, draft, "mend:0", typed)
    assert kept(draft) == "company.employees >= 50"


def test_the_mistake_is_mended_that_the_carried_vocabulary_shows(client: Client, cast: Cast):
    source = WORDS.read_text(encoding="utf-8")
    vocabulary.change_vocabulary(source, by=cast.megumi, reason="The words of the example.")
    proposal = drafted(cast, by=cast.megumi)
    renamed = source.replace("      employees: {", "      staff: {")
    vocabulary.carry(proposal, source=renamed, by=cast.megumi)
    client.force_login(cast.megumi)
    arrange(client, proposal, "show:expression", everything(client, proposal))
    typed = {"target_lead-condition": "company.staff >= 50 AND emial_valid = TRUE", "target_lead-counts": "lead"}
    arrange(client, proposal, "mend:0", everything(client, proposal) | typed)
    assert kept(proposal) == "company.staff >= 50 AND email_valid = TRUE"


def test_another_window_is_never_overwritten_by_a_button(writer: Client, draft: Proposal, cast: Cast):
    mine = everything(writer, draft) | {"target_lead-b.0-v0": "50"}
    written(draft, "consent IS TRUE", by=cast.misaki)
    response = arrange(writer, draft, "rule:", mine)
    assert response.status_code == 409
    assert kept(draft) == "consent IS TRUE"
    assert 'value="50"' in response.content.decode()


def test_a_refused_save_does_not_hide_that_somebody_else_saved(writer: Client, draft: Proposal, cast: Cast):
    mine = everything(writer, draft) | {"effective_from": "some day"}
    written(draft, "consent IS TRUE", by=cast.misaki)
    page = writer.post(f"/proposals/{draft.pk}/draft/", mine).content.decode()
    assert f'id="edits" value="{mine["edits"]}"' in page


# --- what it says as it is typed ---


def reading(client: Client, proposal: Proposal, text: str, *, wait: bool = True) -> str:
    address = f"/proposals/{proposal.pk}/metrics/target_lead/reading/{'?wait' if wait else ''}"
    sent = {"target_lead-condition": text, "target_lead-counts": "lead", "target_lead-shown": "expression"}
    return client.post(address, sent, headers={"HX-Request": "true"}).content.decode()


def test_the_reading_follows_what_is_typed_and_saves_nothing(writer: Client, draft: Proposal):
    said = reading(writer, draft, "company.employees >= 50")
    assert "the company’s employees is at least 50 people" in said
    assert kept(draft) == CONDITION


def test_the_reading_calls_another_metric_by_the_name_it_is_being_given(writer: Client, draft: Proposal, cast: Cast):
    drafting.add_metric(draft, metric=cast.meeting, by=cast.misaki)
    held = {"condition": "status = 'held' AND is_target_lead"}
    drafting.save(fresh(draft), by=cast.misaki, wordings={"meeting": held})
    assert "Target leads" in meeting_in_words(draft)
    drafting.save(fresh(draft), by=cast.misaki, wordings={"target_lead": {"name_en": "Companies we serve"}})
    assert "Companies we serve" in meeting_in_words(draft)


def meeting_in_words(draft: Proposal) -> str:
    standing = Standing(fresh(draft))
    overlay = {copy.key: copy.wording for copy in standing.copies}
    with translation.override("en"):
        return " ".join(rule for _depth, rule in meaning.in_words(overlay["meeting"], standing.stamp, overlay))


def test_what_takes_longer_is_asked_for_after_the_words(writer: Client, draft: Proposal):
    said = reading(writer, draft, "company.employees >= 51", wait=False)
    assert "at least 51" in said
    assert 'hx-trigger="load"' in said


def test_a_mistake_has_its_place_as_browsers_count(writer: Client, draft: Proposal):
    said = reading(writer, draft, "department = '𠮷' AND employes = 1")
    assert 'data-start="22" data-end="30"' in said
    assert 'data-fix="company.employees"' in said


def test_the_reading_is_for_those_who_write(writer: Client, draft: Proposal, cast: Cast):
    writer.force_login(cast.kenta)
    address = f"/proposals/{draft.pk}/metrics/target_lead/reading/"
    assert writer.post(address, {"target_lead-condition": ""}).status_code == 404
    assert writer.post(address.replace("reading", "condition"), {}).status_code == 404


def test_a_metric_outside_the_draft_has_no_reading(writer: Client, draft: Proposal):
    assert writer.post(f"/proposals/{draft.pk}/metrics/meeting/reading/", {}).status_code == 404
