"""Writing a proposal on the web: nothing typed is ever lost, and every refusal says what to do next."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from registry.models import Proposal
from registry.standing import Standing
from registry.workflow import drafting
from tests.cast import TODAY, Cast, acts, drafted, fresh, in_review, published, started, write


@pytest.fixture
def writer(client: Client, cast: Cast) -> Client:
    client.force_login(cast.misaki)
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "ja"
    return client


def form_of(client: Client, proposal: Proposal) -> dict[str, Any]:
    """Everything the page's form would send, unchanged."""
    forms = client.get(f"/proposals/{proposal.pk}/draft/").context["forms"]
    sent: dict[str, Any] = {"edits": str(fresh(proposal).edits)}
    for form in (forms.heading, *forms.wordings):
        for field in form:
            value = field.value()
            if value not in (None, False, ""):
                sent[field.html_name] = "on" if value is True else str(value)
    return sent


def post(client: Client, proposal: Proposal, tail: str = "draft/", **changes: Any) -> Any:
    return client.post(f"/proposals/{proposal.pk}/{tail}", form_of(client, proposal) | changes)


def test_a_proposal_begins_with_what_it_is_about(writer: Client, cast: Cast):
    response = writer.post("/proposals/new/", {"act": "change", "metric": "target_lead"})
    proposal = Proposal.objects.latest("pk")
    assert response["Location"] == f"/proposals/{proposal.pk}/draft/"
    assert acts(proposal) == ["started", "metric_added"]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"act": "new", "key": ""}, "key"),
        ({"act": "new", "key": "Not A Key"}, "key"),
        ({"act": "new", "key": "meeting"}, "key"),
        ({"act": "change"}, "metric"),
        ({"act": "restore", "metric": "meeting", "version": "7"}, "version"),
        ({}, "act"),
    ],
)
def test_what_cannot_begin_says_why_at_its_field(writer: Client, cast: Cast, given: dict[str, str], field: str):
    before = Proposal.objects.count()
    response = writer.post("/proposals/new/", given)
    assert response.status_code == 422
    assert field in response.context["form"].errors
    assert Proposal.objects.count() == before


@pytest.mark.parametrize("typed", ["target_lead", "Target leads", "ターゲットリード数", "ﾀｰｹﾞｯﾄﾘｰﾄﾞ数", " target leads "])
def test_a_metric_is_chosen_by_its_key_or_its_name(writer: Client, cast: Cast, typed: str):
    assert writer.post("/proposals/new/", {"act": "change", "metric": typed}).status_code == 302
    assert Proposal.objects.latest("pk").working_copies.get().key == "target_lead"


def test_what_names_no_metric_is_refused_with_those_that_are_near(writer: Client, cast: Cast):
    response = writer.post("/proposals/new/", {"act": "change", "metric": "リード"})
    assert response.status_code == 422
    (sentence,) = response.context["form"].errors["metric"]
    assert "ターゲットリード数（target_lead）" in sentence


def test_a_successor_is_kept_by_its_key_whatever_it_was_called_by(writer: Client, cast: Cast):
    proposal = drafted(cast)
    post(writer, proposal, **{"target_lead-successor": "商談数"})
    assert fresh(proposal).working_copies.get().wording["successor"] == "meeting"
    post(writer, proposal, **{"target_lead-successor": "商談"})
    assert fresh(proposal).working_copies.get().wording["successor"] == "商談"


def test_retiring_and_restoring_fill_the_form(writer: Client, cast: Cast):
    published(cast, "meeting")
    writer.post("/proposals/new/", {"act": "retire", "metric": "target_lead", "successor": "meeting"})
    (copy,) = Proposal.objects.latest("pk").working_copies.all()
    assert (copy.wording["retired"], copy.wording["successor"]) == (True, "meeting")
    writer.post("/proposals/new/", {"act": "restore", "metric": "meeting", "version": "1"})
    (copy,) = Proposal.objects.latest("pk").working_copies.all()
    assert copy.base.number == 2
    assert copy.wording == cast.meeting.versions.get(number=1).wording


def test_what_was_typed_is_kept_and_the_differences_follow(writer: Client, cast: Cast):
    proposal = drafted(cast)
    changed = {"target_lead-text_ja": "まったく新しい説明。"}
    response = writer.post(
        f"/proposals/{proposal.pk}/draft/", form_of(writer, proposal) | changed, headers={"HX-Request": "true"}
    )
    part = response.content.decode()
    assert response.status_code == 200
    assert 'data-state="saved"' in part
    assert "<ins>" in part
    assert fresh(proposal).working_copies.get().wording["text_ja"] == "まったく新しい説明。"


def test_saving_what_is_there_already_writes_nothing(writer: Client, cast: Cast):
    proposal = drafted(cast)
    before = acts(proposal)
    assert post(writer, proposal).status_code == 302
    assert acts(proposal) == before


def test_text_that_deceives_is_refused_at_its_field_and_kept_in_the_form(writer: Client, cast: Cast):
    proposal = drafted(cast)
    typed = "安全\u202e全安"
    response = post(writer, proposal, **{"target_lead-summary_ja": typed})
    assert response.status_code == 422
    assert [target for target, _label, _sentence in response.context["errors"]] == ["id_target_lead-summary_ja"]
    assert typed in response.content.decode()


def test_two_writers_never_overwrite_each_other(writer: Client, cast: Cast):
    proposal = drafted(cast)
    mine = form_of(writer, proposal) | {"target_lead-text_ja": "わたしの文。"}
    drafting.save(
        proposal,
        by=cast.misaki,
        effective_from=proposal.effective_from,
        wordings={"target_lead": {"text_ja": "ほかの窓の文。"}},
    )
    response = writer.post(f"/proposals/{proposal.pk}/draft/", mine)
    page = response.content.decode()
    assert response.status_code == 409
    assert "わたしの文。" in page
    assert "ほかの窓" in page
    assert fresh(proposal).working_copies.get().wording["text_ja"] == "ほかの窓の文。"


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}], ids=["the button", "by itself"])
def test_what_is_told_of_another_save_is_true_of_oneself_in_another_window_too(
    writer: Client, cast: Cast, headers: dict[str, str]
):
    proposal = drafted(cast)
    first, second = (form_of(writer, proposal) | {"title_en": title} for title in ("One", "Two"))
    assert writer.post(f"/proposals/{proposal.pk}/draft/", first).status_code == 302
    page = writer.post(f"/proposals/{proposal.pk}/draft/", second, headers=headers).content.decode()
    assert "ご自分の別のウィンドウ" in page
    for said in ("ほかの人が", "相手"):
        assert said not in page


def test_what_was_typed_for_a_metric_that_somebody_took_out_is_shown(writer: Client, cast: Cast):
    proposal = drafted(cast, "target_lead", "meeting")
    mine = form_of(writer, proposal) | {"meeting-text_ja": "わたしの<b>商談</b>の文。", "meeting-summary_en": ""}
    drafting.remove_metric(proposal.working_copies.get(key="meeting"), by=cast.misaki)
    response = writer.post(f"/proposals/{proposal.pk}/draft/", mine)
    page = response.content.decode()
    assert response.status_code == 409
    assert "わたしの&lt;b&gt;商談&lt;/b&gt;の文。" in page
    assert "この提案から外されました" in page
    assert "meeting · 定義（日本語）" in page
    again = form_of(writer, proposal)
    assert writer.post(f"/proposals/{proposal.pk}/draft/", again).status_code == 302


@pytest.mark.parametrize("asked", ["condition", "reading"])
def test_a_button_of_a_metric_that_somebody_took_out_loses_nothing(writer: Client, cast: Cast, asked: str):
    proposal = drafted(cast, "target_lead", "meeting")
    mine = form_of(writer, proposal) | {"meeting-condition": "minutes >= 20", "edit": "show:expression"}
    drafting.remove_metric(proposal.working_copies.get(key="meeting"), by=cast.misaki)
    address = f"/proposals/{proposal.pk}/metrics/meeting/{asked}/"
    response = writer.post(address, mine)
    assert response.status_code == 404
    assert "この提案から外されました" in response.content.decode()
    assert "minutes &gt;= 20" in response.content.decode()
    in_place = writer.post(address, mine, headers={"HX-Request": "true"})
    assert (in_place.status_code, in_place.headers["HX-Retarget"]) == (404, "#saving")
    assert "この提案から外されました" in in_place.content.decode()


@pytest.mark.parametrize("who", ["nobody", "uninvited"])
def test_a_refused_button_of_a_condition_leaves_its_editor_on_the_page(writer: Client, cast: Cast, who: str):
    """It would take the place of the condition, and what was typed there would be gone with the next save."""
    proposal = drafted(cast)
    mine = form_of(writer, proposal) | {"target_lead-condition": "minutes >= 20", "edit": "show:builder"}
    writer.logout() if who == "nobody" else writer.force_login(cast.kenta)
    address = f"/proposals/{proposal.pk}/metrics/target_lead/condition/"
    response = writer.post(address, mine, headers={"HX-Request": "true"})
    assert response.status_code == {"nobody": 401, "uninvited": 404}[who]
    assert response.headers["HX-Retarget"] == "#saving"
    assert "<html" not in response.content.decode()


def test_whose_invitation_was_taken_back_still_finds_what_they_typed(writer: Client, cast: Cast):
    proposal = drafted(cast)
    mine = {"edits": "2", "target_lead-text_ja": "わたしの<b>文</b>。"}
    write(proposal, by=cast.misaki, change={"target_lead": {"text_ja": "著者だけの文。"}})
    writer.force_login(cast.kenta)
    response = writer.post(f"/proposals/{proposal.pk}/draft/", mine)
    page = response.content.decode()
    assert response.status_code == 404
    assert "わたしの&lt;b&gt;文&lt;/b&gt;。" in page
    assert "著者だけの文。" not in page
    assert proposal.title not in page


def test_metrics_are_added_and_taken_out_without_losing_what_was_typed(writer: Client, cast: Cast):
    proposal = drafted(cast)
    typed = {"target_lead-text_en": "Typed just now."}
    post(writer, proposal, "metrics/", **typed, act="change", metric="meeting")
    assert set(fresh(proposal).working_copies.values_list("key", flat=True)) == {"target_lead", "meeting"}
    post(writer, proposal, "metrics/meeting/removal/", **{"target_lead-text_ja": "いま打った。"})
    (copy,) = fresh(proposal).working_copies.all()
    assert (copy.wording["text_en"], copy.wording["text_ja"]) == ("Typed just now.", "いま打った。")


def test_inviting_and_taking_back_keep_what_was_typed(writer: Client, cast: Cast):
    proposal = drafted(cast)
    assert post(writer, proposal, "contributors/", user="kenta", title_ja="いま打った題").status_code == 302
    (invited,) = fresh(proposal).contributors.filter(user=cast.kenta)
    nobody = post(writer, proposal, "contributors/", title_en="Typed before choosing")
    assert nobody.status_code == 422
    assert "Typed before choosing" in nobody.content.decode()
    post(writer, proposal, f"contributors/{invited.pk}/removal/", reason_ja="いま打った理由")
    kept = fresh(proposal)
    assert not kept.contributors.filter(user=cast.kenta).exists()
    assert (kept.title_ja, kept.title_en, kept.reason_ja) == ("いま打った題", "Typed before choosing", "いま打った理由")


def test_the_buttons_beside_the_form_send_the_form(writer: Client, cast: Cast):
    proposal = drafted(cast)
    drafting.invite(proposal, user=cast.kenta, by=cast.misaki)
    page = writer.get(f"/proposals/{proposal.pk}/draft/").content.decode()
    own = [form for form in re.findall(r"<form [^>]*>", page) if f"/proposals/{proposal.pk}/" in form]
    assert ['id="draft"' in form for form in own] == [True]
    assert page.count('form="draft"') == 3


def test_submitting_says_everything_that_is_missing_at_once(writer: Client, cast: Cast):
    proposal = drafted(cast)
    response = post(writer, proposal, "revisions/", title_ja="", title_en="", **{"target_lead-condition": "("})
    assert response.status_code == 409
    codes = {need.code for need in response.context["not_ready"]}
    assert {"no_title", "incomplete"} <= codes
    assert fresh(proposal).state == Proposal.DRAFT


def test_submitting_asks_the_teams(writer: Client, cast: Cast):
    proposal = drafted(cast)
    assert post(writer, proposal, "revisions/")["Location"] == f"/proposals/{proposal.pk}/"
    assert fresh(proposal).state == Proposal.IN_REVIEW


def test_only_contributors_reach_the_form(writer: Client, cast: Cast):
    proposal = in_review(cast)
    writer.force_login(cast.kenta)
    assert writer.get(f"/proposals/{proposal.pk}/draft/").status_code == 403
    writer.force_login(cast.misaki)
    post(writer, proposal, "contributors/", user="kenta")
    writer.force_login(cast.kenta)
    assert writer.get(f"/proposals/{proposal.pk}/draft/").status_code == 200


def test_a_stale_proposal_is_brought_up_to_date_field_by_field(writer: Client, cast: Cast):
    proposal = in_review(cast, effective_from=TODAY + timedelta(days=40))
    (theirs,) = published(cast, "target_lead", by=cast.kenta, effective_from=TODAY + timedelta(days=10))
    page = writer.get(f"/proposals/{proposal.pk}/rebase/")
    (way,) = page.context["outdated"]
    assert {side.name for side in way.sides} == {"text_ja", "text_en"}
    seen = {"seen": page.context["seen"]}
    unanswered = writer.post(f"/proposals/{proposal.pk}/rebase/", seen)
    assert unanswered.status_code == 422
    chosen = {"rebase-target_lead-text_ja": "theirs", "rebase-target_lead-text_en": "ours"}
    writer.post(f"/proposals/{proposal.pk}/rebase/", seen | chosen)
    copy = fresh(proposal).working_copies.get()
    assert copy.base == theirs
    assert copy.wording["text_ja"] == theirs.wording["text_ja"]
    assert copy.wording["text_en"] != theirs.wording["text_en"]
    assert Standing(fresh(proposal)).outdated == []


@pytest.mark.parametrize("meanwhile", ["published", "saved"])
def test_words_that_were_not_on_the_screen_are_not_taken(writer: Client, cast: Cast, meanwhile: str):
    proposal = drafted(cast, effective_from=TODAY + timedelta(days=40))
    published(cast, by=cast.kenta)
    address = f"/proposals/{proposal.pk}/rebase/"
    page = writer.get(address)
    assert f'name="seen" value="{page.context["seen"]}"' in page.content.decode()
    if meanwhile == "published":
        published(cast, by=cast.kenta, effective_from=TODAY + timedelta(days=1))
    else:
        write(proposal, by=cast.misaki, change={"target_lead": {"text_ja": "別の窓で書いた文"}})
    before = fresh(proposal).working_copies.get()
    chosen = {"rebase-target_lead-text_ja": "theirs", "rebase-target_lead-text_en": "ours"}
    answer = writer.post(address, {"seen": page.context["seen"], **chosen})
    assert answer.status_code == 409
    assert fresh(proposal).working_copies.get().base == before.base
    said = answer.content.decode()
    for name, side in chosen.items():
        assert f'name="{name}" value="{side}" id="id_{name}_{side == "theirs":d}" required checked' in said
    assert writer.post(address, {"seen": answer.context["seen"], **chosen}).status_code == 302


def test_a_reader_without_a_team_is_told_whom_to_ask(writer: Client, cast: Cast):
    writer.force_login(cast.takuya)
    response = writer.get("/proposals/new/")
    assert response.status_code == 403
    assert "管理者" in response.content.decode()


def test_a_missing_draft_is_not_found(writer: Client, cast: Cast):
    assert writer.get("/proposals/999999/draft/").status_code == 404
    assert started(cast.misaki).pk
