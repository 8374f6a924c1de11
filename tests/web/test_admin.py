"""The admin shows stewards every governed table, and neither passwords nor what others are drafting."""

import re
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client

from registry.models import GOVERNED, Event, Proposal, User, WorkingCopy
from registry.workflow import drafting, reviewing
from tests.cast import Cast, drafted, in_review, latest, published

SHOWN = sorted(admin.site._registry, key=lambda model: model.__name__)


@pytest.fixture
def lived(cast: Cast) -> Cast:
    """A registry with a little of everything that people make."""
    published(cast, "meeting")
    proposal = in_review(cast)
    reviewing.raise_objection(latest(proposal), by=cast.kenta, reason="まだ")
    reviewing.comment(proposal, by=cast.kenta, words="どうでしょう")
    drafted(cast, by=cast.megumi)
    return cast


@pytest.fixture
def steward(client: Client, lived: Cast) -> Client:
    client.force_login(lived.megumi)
    return client


def table(model: Any) -> str:
    return f"/admin/registry/{model._meta.model_name}/"


def test_a_steward_looks_at_every_table_and_changes_none(steward: Client):
    for model in SHOWN:
        assert steward.get(table(model)).status_code == 200, model
        assert steward.get(f"{table(model)}add/").status_code == 403, model
        if row := model.objects.order_by("-pk").first():
            shown = steward.get(f"{table(model)}{row.pk}/change/")
            assert shown.status_code == 200, model
            assert 'name="_save"' not in shown.content.decode(), model
            if model in GOVERNED:
                assert steward.get(f"{table(model)}{row.pk}/history/").status_code == 200, model


@pytest.mark.parametrize("model", SHOWN, ids=lambda model: model.__name__)
def test_nobody_else_looks_at_any(client: Client, cast: Cast, model: Any):
    client.force_login(cast.ryo)
    refused = client.get(table(model), follow=True)
    assert refused.status_code == 403
    assert "管理者に依頼してください" in refused.content.decode()
    client.logout()
    assert client.get(table(model)).headers["Location"].startswith("/sign-in/")


@pytest.mark.parametrize("address", ["/admin/", table(Proposal)])
def test_who_is_no_steward_is_led_to_the_glossary_and_not_to_another_refusal(client: Client, cast: Cast, address: str):
    client.force_login(cast.takuya)
    refused = client.get(address, follow=True)
    assert refused.status_code == 403
    main = refused.content.decode().partition("<main")[2]
    assert re.findall(r'<a[^>]* href="(/[^"]*)"', main.partition("</main>")[0]) == ["/"]


def test_what_others_draft_is_nowhere_in_it(steward: Client, lived: Cast):
    proposal = drafted(lived, by=lived.misaki)
    drafting.save(proposal, by=lived.misaki, heading={"title_ja": "まだ内緒の題"})
    copy = proposal.working_copies.get()
    event = proposal.events.latest("sequence")
    record, written = proposal.history.latest().pk, copy.history.latest().pk
    for model, pk, history in ((Proposal, proposal.pk, record), (WorkingCopy, copy.pk, written)):
        assert f'/{pk}/change/"' not in steward.get(table(model)).content.decode()
        assert steward.get(f"{table(model)}{pk}/change/").status_code == 302
        for address in ("history/", f"history/{history}/"):
            assert steward.get(f"{table(model)}{pk}/{address}").status_code == 404
    assert steward.get(f"{table(Event)}{event.pk}/change/").status_code == 302
    assert "まだ内緒の題" not in steward.get(table(Proposal)).content.decode()


def test_what_a_contributor_rewrites_during_the_review_is_theirs(steward: Client, lived: Cast):
    copy = in_review(lived, by=lived.misaki).working_copies.get()
    assert f'/{copy.pk}/change/"' not in steward.get(table(WorkingCopy)).content.decode()


def test_no_password_is_shown_not_even_hashed(steward: Client, lived: Cast):
    page = steward.get(f"{table(User)}{lived.ryo.pk}/change/").content.decode()
    assert "ryo@example.com" in page
    assert "field-password" not in page


def test_the_admins_own_password_page_leads_to_ours(steward: Client):
    """Django's would write past the workflow."""
    assert steward.post("/admin/password_change/").headers["Location"] == "/account/password/"
