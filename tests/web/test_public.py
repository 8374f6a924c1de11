"""`GOI_PUBLIC=1` opens the published glossary to everyone, and only that."""

from typing import Any

import pytest
from django.test import Client

from registry.models import User
from tests.cast import Cast, drafted, in_review, published

OPEN = [
    "/",
    "/?q=商談",
    "/metrics/target_lead/",
    "/metrics/target_lead/versions/1/",
    "/metrics/target_lead/compare/1...2/",
    "/changes/",
    "/changes/?format=md",
    "/history/feed/",
]
CLOSED = [
    "/proposals/",
    "/proposals/new/",
    "/inbox/",
    "/history/",
    "/history/?format=csv",
    "/history/?format=jsonl",
    "/history/1/",
    "/metrics/target_lead/history/",
    "/people/",
    "/teams/",
    "/stages/",
    "/vocabulary/",
    "/account/",
]


@pytest.fixture
def public(settings: Any) -> None:
    settings.PUBLIC = True


@pytest.fixture(autouse=True)
def _two_versions(cast: Cast) -> None:
    published(cast, "target_lead")


@pytest.mark.parametrize("address", [*OPEN, *CLOSED])
def test_without_it_everything_asks_for_a_sign_in(client: Client, address: str):
    response = client.get(address)
    assert response.status_code == 302
    assert response["Location"].startswith("/sign-in/?next=")


@pytest.mark.usefixtures("public")
@pytest.mark.parametrize("address", OPEN)
def test_with_it_what_is_published_is_open(client: Client, address: str):
    assert client.get(address).status_code == 200


@pytest.mark.usefixtures("public")
@pytest.mark.parametrize("address", CLOSED)
def test_with_it_everything_else_still_asks(client: Client, address: str):
    assert client.get(address).status_code == 302


@pytest.mark.usefixtures("public")
def test_outside_readers_see_nothing_of_proposals(client: Client, cast: Cast):
    in_review(cast, "meeting")
    for address in ("/", "/metrics/meeting/", "/metrics/target_lead/versions/2/?lang=ja"):
        page = client.get(address).content.decode()
        assert 'href="/proposals/' not in page
        assert "card-open" not in page
        assert "tag-open" not in page


def test_whoever_is_signed_in_reads_what_is_submitted_and_no_draft_of_others(client: Client, cast: Cast):
    draft, submitted = drafted(cast, "meeting"), in_review(cast, "meeting")
    client.force_login(User.objects.get(pk=cast.takuya.pk))
    assert client.get(f"/proposals/{submitted.pk}/").status_code == 200
    for tail in ("", "draft/", "rebase/", "sign-offs/?team=sales", "?tab=record"):
        assert client.get(f"/proposals/{draft.pk}/{tail}").status_code == 404
    assert f"/proposals/{draft.pk}/" not in client.get("/proposals/").content.decode()
    assert f"/proposals/{draft.pk}/" not in client.get("/history/").content.decode()
