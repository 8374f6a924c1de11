"""A proposal on the web: what is still needed, seals with the password, objections, remarks, and the ways out."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from registry.models import Definition, Proposal, User
from registry.standing import Standing
from registry.workflow import drafting, people, reviewing, submitting
from tests.cast import PASSWORD, TODAY, Cast, fresh, in_review, latest, on, revised, seal, sealed


@pytest.fixture
def client(client: Client) -> Client:
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "ja"
    return client


def sealing(client: Client, proposal: Proposal, team: str, password: str = PASSWORD, **other: str) -> Any:
    digest = other.get("digest", latest(proposal).digest)
    sent = {"team": team, "digest": digest, "agreed": "on", "password": password}
    return client.post(f"/proposals/{proposal.pk}/sign-offs/", sent)


def test_the_last_seal_publishes_at_once(client: Client, cast: Cast):
    proposal = in_review(cast)
    for user, team in ((cast.ryo, "marketing"), (cast.naoko, "sales")):
        client.force_login(user)
        assert sealing(client, proposal, team).status_code == 302
    assert fresh(proposal).state == Proposal.PUBLISHED
    assert Definition.objects.filter(metric=cast.target_lead, number=2).exists()


@pytest.mark.parametrize("password", ["", "wrong"])
def test_a_seal_asks_for_the_password_again(client: Client, cast: Cast, password: str):
    proposal = in_review(cast)
    client.force_login(cast.ryo)
    assert sealing(client, proposal, "marketing", password).status_code == 422
    assert not latest(proposal).sign_offs.exists()


def test_the_signing_page_shows_the_words_and_what_the_seal_means(client: Client, cast: Cast):
    proposal = in_review(cast)
    seal(proposal, team=cast.marketing, by=cast.ryo)
    client.force_login(cast.naoko)
    page = client.get(f"/proposals/{proposal.pk}/sign-offs/?team=sales").content.decode()
    for said in (latest(proposal).digest, "営業", "<ins>", "最後"):
        assert said in page


def test_what_changed_since_the_page_was_opened_is_not_sealed(client: Client, cast: Cast):
    proposal = in_review(cast)
    read = latest(proposal).digest
    revised(proposal, by=cast.misaki)
    client.force_login(cast.ryo)
    response = sealing(client, proposal, "marketing", digest=read)
    assert response.status_code == 409
    assert f"/proposals/{proposal.pk}/revisions/1...2/" in response.content.decode()
    assert not latest(proposal).sign_offs.exists()


@pytest.mark.parametrize(("who", "status"), [("misaki", 403), ("kenta", 403), ("takuya", 403), ("megumi", 403)])
def test_who_may_not_seal_is_told_why(client: Client, cast: Cast, who: str, status: int):
    proposal = in_review(cast)
    client.force_login(getattr(cast, who))
    assert sealing(client, proposal, "marketing").status_code == status
    assert not latest(proposal).sign_offs.exists()


def test_a_signatory_whose_account_was_closed_is_out(client: Client, cast: Cast):
    proposal = in_review(cast)
    client.force_login(cast.ryo)
    people.deactivate(cast.ryo, by=cast.megumi)
    assert sealing(client, proposal, "marketing").status_code in {302, 401, 403}
    assert not latest(proposal).sign_offs.exists()


def test_an_objection_blocks_until_it_is_closed_with_what_was_agreed(client: Client, cast: Cast):
    proposal = in_review(cast)
    seal(proposal, team=cast.marketing, by=cast.ryo)
    client.force_login(cast.kenta)
    client.post(
        f"/proposals/{proposal.pk}/objections/", {"words": "空欄はどう数えますか。", "about": "target_lead.text_ja"}
    )
    objection = proposal.objections.get()
    assert (objection.key, objection.field) == ("target_lead", "text_ja")
    client.force_login(cast.naoko)
    assert sealing(client, proposal, "sales").status_code == 409
    assert client.post(f"/proposals/{proposal.pk}/objections/{objection.pk}/closing/").status_code == 403
    client.force_login(cast.megumi)
    closing = f"/proposals/{proposal.pk}/objections/{objection.pk}/closing/"
    assert client.post(closing, {"reason": ""}).status_code == 422
    assert client.post(closing, {"reason": "会議で合意した"}).status_code == 302
    client.force_login(cast.naoko)
    assert sealing(client, proposal, "sales").status_code == 302
    assert fresh(proposal).state == Proposal.PUBLISHED


def test_comments_thread_and_are_tied_to_a_field(client: Client, cast: Cast):
    proposal = in_review(cast)
    client.force_login(cast.kenta)
    address = f"/proposals/{proposal.pk}/comments/"
    client.post(address, {"words": "なぜ50名ですか。", "about": "target_lead.text_ja"})
    (first,) = proposal.comments.all()
    client.force_login(cast.misaki)
    response = client.post(address, {"words": "受注率が同じだからです。", "parent": first.pk})
    reply = proposal.comments.get(parent=first)
    assert response["Location"].endswith(f"?tab=discussion#comment-{reply.pk}")
    assert (reply.key, reply.field) == ("target_lead", "text_ja")
    page = client.get(f"/proposals/{proposal.pk}/?tab=discussion").content.decode()
    assert page.index("なぜ50名") < page.index("受注率が同じ")


@pytest.mark.parametrize("words", ["", "   ", "見え\u200bない", "あ" * 5_001])
def test_a_remark_that_says_nothing_or_deceives_is_refused(client: Client, cast: Cast, words: str):
    proposal = in_review(cast)
    client.force_login(cast.kenta)
    response = client.post(f"/proposals/{proposal.pk}/comments/", {"words": words})
    assert response.status_code == 422
    assert not proposal.comments.exists()


def test_a_remark_cannot_be_tied_to_another_proposals_place_or_thread(client: Client, cast: Cast):
    proposal, other = in_review(cast), in_review(cast, "meeting")
    stray = reviewing.comment(other, by=cast.kenta, words="別の話")
    client.force_login(cast.kenta)
    address = f"/proposals/{proposal.pk}/comments/"
    assert client.post(address, {"words": "x", "about": "meeting.text_ja"}).status_code == 422
    assert client.post(address, {"words": "x", "parent": stray.pk}).status_code == 404
    assert not proposal.comments.exists()


def test_rejecting_withdrawing_and_what_has_ended(client: Client, cast: Cast):
    rejected, withdrawn = in_review(cast), in_review(cast, "meeting")
    client.force_login(cast.naoko)
    assert client.post(f"/proposals/{rejected.pk}/rejection/", {"reason": ""}).status_code == 422
    assert client.post(f"/proposals/{rejected.pk}/rejection/", {"reason": "数が増えすぎる"}).status_code == 302
    client.force_login(cast.misaki)
    assert client.post(f"/proposals/{withdrawn.pk}/withdrawal/", {"reason": "書き直す"}).status_code == 302
    assert (fresh(rejected).state, fresh(withdrawn).state) == (Proposal.REJECTED, Proposal.WITHDRAWN)
    for tail in ("comments/", "withdrawal/", "revisions/"):
        assert client.post(f"/proposals/{rejected.pk}/{tail}", {"words": "x", "reason": "x"}).status_code == 409


def test_what_ended_without_agreement_says_who_ended_it_and_why(client: Client, cast: Cast):
    rejected, withdrawn, expired = in_review(cast), in_review(cast, "meeting"), in_review(cast)
    reviewing.reject(rejected, by=cast.naoko, reason="数が増えすぎる")
    reviewing.withdraw(withdrawn, by=cast.misaki, reason="書き直す")
    reviewing.expire(expired, by=User.objects.system(), days=90)
    client.force_login(cast.kenta)
    for proposal, told in (
        (rejected, "鈴木 直子さんが「定義を改める」を却下しました。 理由：数が増えすぎる"),
        (withdrawn, "田中 美咲さんが「定義を改める」を取り下げました。 理由：書き直す"),
        (expired, "「定義を改める」が期限切れになりました。 理由："),
    ):
        assert told in client.get(f"/proposals/{proposal.pk}/").content.decode()


def test_what_ended_without_agreement_awaits_nothing_and_takes_no_effect(client: Client, cast: Cast):
    proposal = in_review(cast, effective_from=TODAY - timedelta(days=1), retroactive=True)
    reviewing.raise_objection(latest(proposal), by=cast.kenta, reason="早すぎる")
    reviewing.reject(proposal, by=cast.ryo, reason="数が増えすぎる")
    client.force_login(cast.naoko)
    page = client.get(f"/proposals/{proposal.pk}/").content.decode()
    for said in ("押印待ち", "押印する", "遡及訂正です"):
        assert said not in page
    assert "予定していた適用" in page
    listed = client.get("/proposals/?state=rejected").content.decode()
    assert "から適用" not in listed
    assert "未解消" not in listed


def test_a_seal_that_had_lapsed_when_the_proposal_ended_is_shown_as_void(client: Client, cast: Cast):
    tomorrow = TODAY + timedelta(days=1)
    proposal = in_review(cast, effective_from=tomorrow)
    people.join(cast.marketing, user=cast.kenta, role="member", by=cast.megumi)
    stand_in = {"stand_in": cast.kenta, "starts_on": TODAY, "ends_on": TODAY, "reason": "休暇"}
    people.delegate(cast.seat(cast.ryo), **stand_in, by=cast.ryo)
    seal(proposal, team=cast.marketing, by=cast.kenta)
    with on(tomorrow):
        seal(proposal, team=cast.sales, by=cast.naoko)
        reviewing.withdraw(proposal, by=cast.misaki, reason="書き直す")
    with on(tomorrow + timedelta(days=1)):
        people.leave(cast.seat(cast.naoko), by=cast.megumi)
    seals = Standing(fresh(proposal)).seals
    assert {seal.signed_by for seal in seals.values()} == {cast.naoko}
    client.force_login(cast.misaki)
    assert client.get(f"/proposals/{proposal.pk}/").content.decode().count(">無効<") == 1


def test_two_stewards_break_the_glass_and_the_missing_team_seals_afterwards(client: Client, cast: Cast):
    proposal = in_review(cast)
    seal(proposal, team=cast.marketing, by=cast.ryo)
    client.force_login(cast.megumi)
    client.post(f"/proposals/{proposal.pk}/break-glass/", {"reason": "営業の承認者が不在"})
    confirmation = f"/proposals/{proposal.pk}/break-glass/confirmation/"
    digest = {"digest": latest(proposal).digest}
    assert client.post(confirmation, digest).status_code == 403
    client.force_login(cast.makoto)
    assert client.post(confirmation, digest).status_code == 302
    flagged = client.get("/metrics/target_lead/").content.decode()
    assert "banner-broken" in flagged
    assert "immutable" not in client.get("/metrics/target_lead/versions/2/?lang=ja")["Cache-Control"]
    client.force_login(cast.naoko)
    with on(TODAY + timedelta(days=1)):
        assert sealing(client, proposal, "sales").status_code == 302
    assert "banner-broken" not in client.get("/metrics/target_lead/").content.decode()


def test_whoever_asked_to_break_the_glass_takes_it_back(client: Client, cast: Cast):
    proposal = in_review(cast)
    seal(proposal, team=cast.marketing, by=cast.ryo)
    address = f"/proposals/{proposal.pk}/break-glass/withdrawal/"
    client.force_login(cast.megumi)
    client.post(f"/proposals/{proposal.pk}/break-glass/", {"reason": "営業の承認者が不在"})
    assert address in client.get(f"/proposals/{proposal.pk}/").content.decode()
    client.force_login(cast.makoto)
    assert address not in client.get(f"/proposals/{proposal.pk}/").content.decode()
    assert client.post(address).status_code == 403
    client.force_login(cast.megumi)
    page = client.post(address, follow=True).content.decode()
    assert "取り下げました" in page
    assert "banner-broken" not in page
    assert "取り下げました" in client.get("/history/?group=agreement").content.decode()


def test_a_disabled_act_says_why(client: Client, cast: Cast):
    proposal = in_review(cast)
    seal(proposal, team=cast.marketing, by=cast.ryo)
    reviewing.raise_objection(latest(proposal), by=cast.kenta, reason="まだです")
    client.force_login(cast.naoko)
    page = client.get(f"/proposals/{proposal.pk}/").content.decode()
    assert "disabled" in page
    assert "異議" in page


def test_revisions_are_compared_and_a_missing_one_is_not_found(client: Client, cast: Cast):
    proposal = in_review(cast)
    revised(proposal, by=cast.misaki)
    client.force_login(cast.naoko)
    assert "<ins>" in client.get(f"/proposals/{proposal.pk}/revisions/1...2/").content.decode()
    assert client.get(f"/proposals/{proposal.pk}/revisions/1...9/").status_code == 404


def test_the_list_filters_by_state_words_and_mine(client: Client, cast: Cast):
    proposal = in_review(cast)
    client.force_login(cast.naoko)
    assert client.get("/proposals/?state=in_review").context["proposals"] == [proposal]
    assert client.get("/proposals/?state=rejected").context["proposals"] == []
    assert client.get("/proposals/?q=改める&state=in_review").context["proposals"] == [proposal]
    assert client.get("/proposals/?mine=on").context["proposals"] == []


@pytest.mark.parametrize(
    ("asked", "said"),
    [("state=zzz", "状態："), (f"q={'あ' * 201}", "件名・理由を探す：")],
    ids=["no such state", "too long"],
)
def test_a_filter_that_is_not_understood_is_said_to_be(client: Client, cast: Cast, asked: str, said: str):
    proposal = in_review(cast)
    client.force_login(cast.naoko)
    response = client.get(f"/proposals/?{asked}")
    assert proposal in response.context["proposals"]
    (told,) = re.findall(r'<p class="error">([^<]*)</p>', response.content.decode())
    assert told.startswith(said)


def saved_but_not_submitted(proposal: Proposal, cast: Cast) -> None:
    """The author thinks again about everything that signers are told beside the words."""
    drafting.save(
        proposal,
        by=cast.misaki,
        retroactive=False,
        effective_from=TODAY + timedelta(days=9),
        heading={"title_ja": "ただの誤字", "title_en": "A typo", "reason_ja": "誤字だけ", "reason_en": "A slip"},
    )


@pytest.mark.parametrize("tail", ["", "sign-offs/?team=sales"])
def test_signers_are_told_what_was_submitted_whatever_was_saved_since(client: Client, cast: Cast, tail: str):
    proposal = in_review(cast, effective_from=TODAY - timedelta(days=30), retroactive=True)
    saved_but_not_submitted(proposal, cast)
    client.force_login(cast.naoko)
    page = client.get(f"/proposals/{proposal.pk}/{tail}").content.decode()
    for said in ("さかのぼ", "2026年5月16日", "定義を改める", "数が合わない"):
        assert said in page, said
    for unsaid in ("誤字", "2026年6月24日"):
        assert unsaid not in page, unsaid


def test_no_list_tells_what_is_not_submitted_yet(client: Client, cast: Cast):
    proposal = in_review(cast)
    saved_but_not_submitted(proposal, cast)
    client.force_login(cast.naoko)
    for address in ("/proposals/", "/proposals/?q=改める", "/inbox/", "/history/", "/metrics/target_lead/", "/"):
        page = client.get(address).content.decode()
        assert "定義を改める" in page, address
        assert "誤字" not in page, address
    assert "改める" not in client.get("/proposals/?q=誤字").content.decode()


def test_what_was_published_is_told_as_it_was_sealed(client: Client, cast: Cast):
    proposal = in_review(cast)
    saved_but_not_submitted(proposal, cast)
    sealed(cast, proposal)
    client.force_login(cast.naoko)
    for address in ("/metrics/target_lead/", "/metrics/target_lead/versions/2/", "/changes/?since=2026-06-14"):
        page = client.get(address).content.decode()
        assert "定義を改める" in page, address
        assert "誤字" not in page, address


def test_comparing_revisions_tells_every_change_of_date_title_and_reason(client: Client, cast: Cast):
    proposal = in_review(cast, effective_from=TODAY - timedelta(days=30), retroactive=True)
    saved_but_not_submitted(proposal, cast)
    submitting.submit(proposal, by=cast.misaki)
    client.force_login(cast.naoko)
    page = client.get(f"/proposals/{proposal.pk}/revisions/1...2/").content.decode()
    for said in ("ただの誤字", "誤字だけ", "A slip", "<del>はい</del>", "<ins>いいえ</ins>", "2026年"):
        assert said in page, said


def test_another_reason_is_something_to_agree_to(cast: Cast):
    proposal = in_review(cast)
    seal(proposal, team=cast.marketing, by=cast.ryo)
    before = latest(proposal).digest
    drafting.save(proposal, by=cast.misaki, heading={"reason_ja": "別の理由"})
    submitting.submit(proposal, by=cast.misaki)
    assert latest(proposal).digest != before
    assert Standing(fresh(proposal)).seals == {}


def test_an_act_that_is_refused_says_why(client: Client, cast: Cast):
    """To members: whoever only reads has no act to be refused."""
    proposal = in_review(cast)
    refused = {
        cast.misaki: {"object": "執筆", "reject": "執筆"},
        cast.kenta: {"reject": "承認者", "withdraw": "提案者"},
        cast.megumi: {"ask_break_glass": "1"},
        cast.takuya: {},
    }
    for user, sentences in refused.items():
        client.force_login(user)
        page = client.get(f"/proposals/{proposal.pk}/").content.decode()
        told = dict(re.findall(r'<p class="why" id="why-(object|reject|withdraw|ask_break_glass)">(.*?)</p>', page))
        assert sentences.keys() <= told.keys()
        assert bool(told) == bool(sentences)
        for act, word in sentences.items():
            assert word in told[act], told[act]


def test_a_remark_says_which_metric_of_a_joint_proposal_it_is_about(client: Client, cast: Cast):
    proposal = in_review(cast, "target_lead", "meeting")
    reviewing.raise_objection(latest(proposal), by=cast.kenta, reason="早すぎる", key="meeting", field="text_ja")
    reviewing.raise_objection(latest(proposal), by=cast.ryo, reason="遅すぎる", key="target_lead")
    reviewing.comment(proposal, by=cast.kenta, words="なぜ？", key="meeting", field="text_ja")
    reviewing.comment(proposal, by=cast.kenta, words="賛成", key="target_lead")
    client.force_login(cast.misaki)
    page = client.get(f"/proposals/{proposal.pk}/?tab=discussion").content.decode()
    about_field, about_metric = ">商談数 — 定義（日本語）</a>", ">ターゲットリード数</a>"
    assert (page.count(about_field), page.count(about_metric)) == (2, 2)
