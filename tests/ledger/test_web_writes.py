"""Every address of ours that takes a POST, sent once as a person would, and the acts that it records.

The rest of the ways to write stand in `test_write_paths.py`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.contrib import admin
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponseNotAllowed
from django.test import Client, RequestFactory
from django.urls import URLPattern, get_resolver, reverse

from registry import effect
from registry.models import Event, Membership, Proposal, User
from registry.seeding.content import Content
from registry.standing import Standing
from registry.workflow import drafting, people, publication, reviewing, vocabulary
from tests import counting
from tests.cast import PASSWORD, TODAY, Cast, drafted, fresh, in_review, latest, published, seal, write
from tests.data import LEADS, declare, kept
from tests.database import rows_of
from tests.ledger.tampering import wrong
from tests.test_effect import FIFTY, workers  # noqa: F401 -- asked for by name
from tests.web.test_admin import SHOWN, lived  # noqa: F401
from tests.web.test_advice import VAGUE, found
from tests.web.test_datasets import form_of as mapping_form_of
from tests.web.test_drafts import form_of

SOURCE = Content().vocabulary
NEW_PASSWORD = "momiji-no-ha-9"
DAYS = {"starts_on": str(TODAY), "ends_on": str(TODAY), "reason": "出張"}


@dataclass(frozen=True)
class Ground:
    """A registry, and a browser in which the sender is signed in."""

    cast: Cast
    client: Client
    folder: Path

    def dataset(self) -> str:
        declare(self.cast)
        return kept(self.cast, self.folder).key


type Sent = tuple[list[Any], dict[str, Any]]  # what stands in the address, and in the form


@dataclass(frozen=True)
class Way:
    """Who sends the form, which acts that records, and what has to be there before."""

    by: str
    acts: list[str]
    sent: Callable[[Ground], Sent]


WAYS: dict[str, Way] = {}


def way(name: str, by: str, *acts: str) -> Callable[[Callable[[Ground], Sent]], Callable[[Ground], Sent]]:
    def kept(sent: Callable[[Ground], Sent]) -> Callable[[Ground], Sent]:
        WAYS[name] = Way(by, list(acts), sent)
        return sent

    return kept


def plain(name: str, by: str, *acts: str, address: list[Any] | None = None, **form: Any) -> None:
    """A way that needs nothing but the cast."""
    WAYS[name] = Way(by, list(acts), lambda ground: (address or [], form))


# Writing a proposal

plain("new_proposal", "misaki", "started", "metric_added", act="change", metric="target_lead")


def draft_form(name: str, *acts: str, **typed: Any) -> None:
    """A button of the draft's form, pressed with everything as it stands but `typed`."""

    @way(name, "misaki", *acts)
    def sent(ground: Ground) -> Sent:
        proposal = drafted(ground.cast, "target_lead", "meeting")
        inner = {"metric_removal": ["meeting"], "condition": ["target_lead"], "reading": ["target_lead"]}.get(name, [])
        return [proposal.pk, *inner], form_of(ground.client, proposal) | typed


draft_form("draft", "draft_saved", title_en="Other words")
draft_form("proposal_metrics", "metric_added", act="new", key="won_deal")
draft_form("metric_removal", "metric_removed")
draft_form("condition", "draft_saved", title_en="Other words", edit="show:expression")
draft_form("reading")  # it reads out what is being typed and keeps nothing
draft_form("contributors", "invited", user="kenta")
draft_form("revisions", "submitted")


@way("uninvite", "misaki", "uninvited")
def _(ground: Ground) -> Sent:
    proposal = drafted(ground.cast)
    invited = drafting.invite(proposal, user=ground.cast.kenta, by=ground.cast.misaki)
    return [proposal.pk, invited.pk], form_of(ground.client, proposal)


@way("dismissals", "misaki", "advice_dismissed")
def _(ground: Ground) -> Sent:
    proposal = write(drafted(ground.cast), by=ground.cast.misaki, change={"target_lead": VAGUE})
    return [proposal.pk], {"about": found(proposal).name, "reason": "社内規程の言葉のまま"}


@way("rebase", "misaki", "rebased")
def _(ground: Ground) -> Sent:
    proposal = in_review(ground.cast)
    published(ground.cast, "target_lead", by=ground.cast.kenta)
    chosen = {"rebase-target_lead-text_ja": "theirs", "rebase-target_lead-text_en": "ours"}
    return [proposal.pk], chosen | {"seen": Standing(fresh(proposal)).newer_digest}


@way("carried_vocabulary", "megumi", "vocabulary_carried")
def _(ground: Ground) -> Sent:
    declare(ground.cast)
    return [drafted(ground.cast, by=ground.cast.megumi).pk], {"source": SOURCE + "# 注記\n"}


@way("vocabulary_removal", "megumi", "vocabulary_left_out")
def _(ground: Ground) -> Sent:
    declare(ground.cast)
    proposal = drafted(ground.cast, by=ground.cast.megumi)
    vocabulary.carry(proposal, source=SOURCE + "# 注記\n", by=ground.cast.megumi)
    return [proposal.pk], form_of(ground.client, proposal)


# Judging it


@way("sign_offs", "naoko", "sealed", "published")
def _(ground: Ground) -> Sent:
    proposal = in_review(ground.cast)
    seal(proposal, team=ground.cast.marketing, by=ground.cast.ryo)
    digest = latest(proposal).digest
    return [proposal.pk], {"team": "sales", "digest": digest, "agreed": "on", "password": PASSWORD}


def review(name: str, by: str, act: str, **form: Any) -> None:
    WAYS[name] = Way(by, [act], lambda ground: ([in_review(ground.cast).pk], form))


review("objections", "kenta", "objected", words="待ってください")
review("comments", "kenta", "commented", words="承知しました")
review("withdrawal", "misaki", "withdrawn", reason="考え直す")
review("rejection", "naoko", "rejected", reason="数が合わない")


@way("closing", "kenta", "objection_closed")
def _(ground: Ground) -> Sent:
    proposal = in_review(ground.cast)
    raised = reviewing.raise_objection(latest(proposal), by=ground.cast.kenta, reason="待ってください")
    return [proposal.pk, raised.pk], {"reason": "解決した"}


@way("answers", "kenta", "answered")
def _(ground: Ground) -> Sent:
    declare(ground.cast)
    proposal = counting.proposed(ground.cast, condition=FIFTY)
    card = effect.effects(Standing(fresh(proposal)))[0].cards[0]
    return [proposal.pk], {"key": "target_lead", "record": card.digest, "answer": "counts"}


@way("break_glass", "megumi", "glass_asked")
def _(ground: Ground) -> Sent:
    proposal = in_review(ground.cast)
    seal(proposal, team=ground.cast.marketing, by=ground.cast.ryo)
    return [proposal.pk], {"reason": "明日の報告に要る"}


@way("glass_confirmation", "makoto", "glass_broken", "published")
def _(ground: Ground) -> Sent:
    (number,), reason = WAYS["break_glass"].sent(ground)
    proposal = Proposal.objects.get(pk=number)
    publication.ask_break_glass(proposal, by=ground.cast.megumi, **reason)
    return [number], {"digest": latest(proposal).digest}


@way("glass_withdrawal", "megumi", "glass_left_whole")
def _(ground: Ground) -> Sent:
    return WAYS["glass_confirmation"].sent(ground)[0], {}


# Counting


@way("counts", "kenta", "counted")
def _(ground: Ground) -> Sent:
    declare(ground.cast)
    counting.kept(ground.cast, ground.folder, counting.FILES)
    return [counting.proposed(ground.cast).pk], {}


@way("metric_counts", "kenta", "counted")
def _(ground: Ground) -> Sent:
    declare(ground.cast)
    counting.kept(ground.cast, ground.folder, counting.FILES)
    return ["target_lead"], {}


# One's own account. A session is no part of the record.

plain("sign_in", "", username="kenta", password=PASSWORD)
plain("sign_in_again", "", username="kenta", password=PASSWORD)
plain("sign_out", "kenta")


@way("demo_door", "")
def _(ground: Ground) -> Sent:
    user = User(username="tanaka", name_ja="田中 美咲", email="tanaka@example.com")
    people.register(user, by=ground.cast.megumi, password=PASSWORD)
    return ["tanaka"], {}


plain("language", "kenta", "profile_changed", language="en")
plain("preferences", "kenta", "profile_changed", name_ja="佐藤 健", name_en="Ken Sato", email="ken@example.com")
plain(
    "password",
    "kenta",
    "password_changed",
    old_password=PASSWORD,
    new_password1=NEW_PASSWORD,
    new_password2=NEW_PASSWORD,
)


def lending(name: str, by: str, *address: str) -> None:
    @way(name, by, "delegated")
    def sent(ground: Ground) -> Sent:
        return [*address], {"membership": ground.cast.seat(ground.cast.naoko).pk, "stand_in": "kenta", **DAYS}


def ending(name: str, by: str, *address: str) -> None:
    @way(name, by, "delegation_ended")
    def sent(ground: Ground) -> Sent:
        cast = ground.cast
        days = {"starts_on": TODAY, "ends_on": TODAY}
        lent = people.delegate(cast.seat(cast.naoko), stand_in=cast.kenta, reason="出張", by=cast.naoko, **days)
        return [*address, lent.pk], {}


lending("delegations", "naoko")
lending("person_delegations", "megumi", "naoko")
ending("delegation_ending", "naoko")
ending("person_delegation_ending", "megumi", "naoko")

# People, teams and stages

plain("person_new", "megumi", "registered", username="yui", name_ja="森 結衣", email="yui@example.com")
plain("person_profile", "megumi", "profile_changed", address=["kenta"], name_ja="佐藤 健", email="ken@example.com")
plain(
    "person_password",
    "megumi",
    "password_changed",
    address=["kenta"],
    new_password1=NEW_PASSWORD,
    new_password2=NEW_PASSWORD,
)
plain("memberships", "megumi", "joined", address=["takuya"], team="sales", role=Membership.MEMBER)
plain("stewardship", "megumi", "steward_appointed", address=["kenta"], steward="yes")
plain("deactivation", "megumi", "deactivated", address=["takuya"])
plain("teams", "megumi", "team_added", key="legal", name_ja="法務", name_en="Legal", mark_ja="法", mark_en="L")
plain("team_names", "megumi", "team_changed", address=["sales"], name_ja="販売", name_en="S", mark_ja="販", mark_en="S")
plain("stages", "megumi", "stage_added", key="renewal", name_ja="更新", name_en="Renewal", position=9)
plain("stage", "megumi", "stage_changed", address=["deal"], name_ja="成約", name_en="Won", position=3)


@way("membership_ending", "megumi", "left")
def _(ground: Ground) -> Sent:
    return ["kenta", ground.cast.seat(ground.cast.kenta).pk], {}


@way("reactivation", "megumi", "reactivated")
def _(ground: Ground) -> Sent:
    people.deactivate(ground.cast.takuya, by=ground.cast.megumi)
    return ["takuya"], {}


@way("erasure", "megumi", "erased")
def _(ground: Ground) -> Sent:
    people.deactivate(ground.cast.takuya, by=ground.cast.megumi)
    return ["takuya"], {"reason": "退職から5年", "understood": "on"}


# Words and data

plain("vocabulary_change", "megumi", "vocabulary_changed", source=SOURCE, reason="例の語彙")


@way("vocabulary_proposals", "megumi", "started", "draft_saved", "vocabulary_carried", "metric_added")
def _(ground: Ground) -> Sent:
    declare(ground.cast)
    return [], {"source": SOURCE.replace("      employees: {", "      staff: {"), "reason": "呼び方を揃える"}


@way("dataset_new", "megumi", "dataset_added")
def _(ground: Ground) -> Sent:
    declare(ground.cast)
    return [], {"key": "crm", "name_en": "CRM", "files": _upload()}


@way("dataset_mapping", "megumi", "dataset_mapped")
def _(ground: Ground) -> Sent:
    address = [ground.dataset(), "lead"]
    form = mapping_form_of(ground.client.get(reverse("dataset_mapping", args=address)))
    return address, form | {"column-source": ""}


@way("mapping_removal", "megumi", "dataset_mapped")
def _(ground: Ground) -> Sent:
    return [ground.dataset(), "lead"], {}


@way("dataset_readings", "megumi", "dataset_read")
def _(ground: Ground) -> Sent:
    return [ground.dataset()], {"files": _upload(LEADS.replace("L4", "L5"))}


@way("dataset_choice", "megumi", "dataset_chosen")
def _(ground: Ground) -> Sent:
    ground.dataset()
    return [kept(ground.cast, ground.folder, key="other").key], {}


def _upload(text: str = LEADS) -> SimpleUploadedFile:
    return SimpleUploadedFile("leads.csv", text.encode(), "text/csv")


@pytest.mark.parametrize("name", WAYS)
def test_the_web_leaves_one_event_for_each_act(cast: Cast, client: Client, settings: Any, tmp_path: Path, name: str):
    settings.DEMO = True
    if WAYS[name].by:
        client.force_login(getattr(cast, WAYS[name].by))
    address, form = WAYS[name].sent(Ground(cast, client, tmp_path))
    query = {"about": form["about"]} if name == "dismissals" else {}
    before = Event.objects.count()
    response = client.post(reverse(name, args=address, query=query), form)
    assert response.status_code in (200, 302), response.content.decode()
    recorded = Event.objects.order_by("sequence").values_list("act", flat=True)
    assert list(recorded[before:]) == WAYS[name].acts
    assert wrong() == []


def test_every_address_that_takes_a_post_is_known():
    ours = [each for each in get_resolver().url_patterns if isinstance(each, URLPattern)]
    assert {each.name for each in ours if _takes_a_post(each)} == WAYS.keys()


def _takes_a_post(pattern: URLPattern) -> bool:
    """What a view allows stands in its refusal of what none does."""
    try:
        refusal = pattern.callback(RequestFactory().generic("PURGE", "/"))
    except TypeError:  # it takes whatever comes, and misses what its address holds
        return True
    return not isinstance(refusal, HttpResponseNotAllowed) or "POST" in refusal["Allow"]


# The admin only shows


@pytest.mark.parametrize("model", SHOWN, ids=lambda model: model.__name__)
@pytest.mark.usefixtures("lived")
def test_no_address_of_a_table_in_the_admin_writes(cast: Cast, client: Client, model: Any):
    client.force_login(cast.megumi)
    shown = admin.site._registry[model]
    row = model.objects.order_by("pk").first()
    number = row.pk if row else 1
    record = row.history.latest().pk if row and hasattr(row, "history") else 1
    form = {"name_ja": "別の名", "post": "yes", "action": "delete_selected", "_selected_action": number}
    before = list(rows_of(model).order_by("pk").values()), Event.objects.count()
    for each in shown.get_urls():
        if each.name:
            client.post(reverse(f"admin:{each.name}", args=[number, record][: each.pattern.regex.groups]), form)
    assert (list(rows_of(model).order_by("pk").values()), Event.objects.count()) == before
    request = RequestFactory().get("/")
    request.user = cast.megumi
    assert shown.get_actions(request) == {}
    assert wrong() == []


@pytest.mark.parametrize("name", ["login", "logout", "password_change", "index", "app_list", "autocomplete", "jsi18n"])
def test_no_address_of_the_admin_itself_writes(cast: Cast, client: Client, name: str):
    client.force_login(cast.megumi)
    before = list(rows_of(User).order_by("pk").values()), Event.objects.count()
    address = reverse(f"admin:{name}", args=["registry"] if name == "app_list" else [])
    client.post(address, WAYS["password"].sent(Ground(cast, client, Path()))[1] | {"username": "megumi"})
    assert (list(rows_of(User).order_by("pk").values()), Event.objects.count()) == before
