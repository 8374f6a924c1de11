"""Every refusal has a sentence, a status and a way on; and the health checks say what is missing."""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import time_machine
from django.conf import settings
from django.db import OperationalError, connection
from django.test import Client, RequestFactory
from django.urls import reverse
from django.views.defaults import server_error

from registry import triggers, wording
from registry.forms.drafts import SPARE_EXAMPLES
from registry.models import Event, User
from registry.proof import checkpoints
from registry.sqlite import has_wal_reset_fault
from registry.urls import urlpatterns
from registry.views.access import page_of
from registry.workflow import people, reviewing
from registry.workflow.drafting import MAX_METRICS
from tests.cast import NOW, PASSWORD, Cast, drafted, in_review, latest
from tests.database import left_open, past_the_guards, rows_of

FORM = "application/x-www-form-urlencoded"
OURS = {"HTTP_REFERER": "http://testserver/proposals/"}


@pytest.fixture
def client(client: Client) -> Client:
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


def words(response: Any) -> str:
    return response.content.decode()


def lost(*tables: str) -> Callable[..., Any]:
    """The database hanging up on every query that touches one of `tables` (none named: on every query)."""

    def hang_up(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if not tables or any(f'"{table}"' in sql for table in tables):
            raise OperationalError("server closed the connection unexpectedly")
        return execute(sql, params, many, context)

    return hang_up


# Refused acts


def test_what_is_not_yours_to_do_is_said_with_the_way_back(cast: Cast, client: Client):
    proposal = in_review(cast)
    client.force_login(cast.misaki)
    response = client.post(f"/proposals/{proposal.pk}/rejection/", {"reason": "理由"}, **OURS)
    assert response.status_code == 403
    assert "somebody else has to judge it" in words(response)
    assert 'href="http://testserver/proposals/"' in words(response)


def test_the_way_back_never_leads_to_another_site(cast: Cast, client: Client):
    client.force_login(cast.misaki)
    response = client.post("/people/ryo/deactivation/", HTTP_REFERER="https://elsewhere.example/")
    assert response.status_code == 403
    assert "elsewhere" not in words(response)


def test_what_the_state_forbids_is_another_refusal_and_keeps_the_text(cast: Cast, client: Client):
    proposal = in_review(cast)
    reviewing.withdraw(proposal, by=cast.misaki, reason="取り下げます")
    client.force_login(cast.naoko)
    response = client.post(f"/proposals/{proposal.pk}/comments/", {"words": "長い<b>意見</b>"})
    assert response.status_code == 409
    assert "Start a new one instead" in words(response)
    assert "長い&lt;b&gt;意見&lt;/b&gt;" in words(response)


def test_only_what_somebody_typed_is_said_to_be_kept_under_the_name_they_know(cast: Cast, client: Client):
    proposal = in_review(cast)
    reviewing.withdraw(proposal, by=cast.misaki, reason="取り下げます")
    client.force_login(cast.naoko)
    address, digest = f"/proposals/{proposal.pk}/", latest(proposal).digest
    refused = client.post(f"{address}sign-offs/", {"team": "sales", "digest": digest, "agreed": "on"})
    assert refused.status_code == 409
    assert "What you sent is not lost" not in words(refused)
    refused = client.post(
        f"{address}objections/", {"words": "早すぎる", "digest": digest, "about": "target_lead.unit_ja"}
    )
    assert refused.status_code == 409
    assert digest not in words(refused)
    assert "<dt>Text</dt>" in words(refused)


def test_a_refusal_in_place_is_a_part_of_a_page(cast: Cast, client: Client):
    client.force_login(cast.misaki)
    response = client.post("/people/ryo/deactivation/", headers={"HX-Request": "true"})
    assert response.status_code == 403
    assert 'role="alert"' in words(response)
    assert "<html" not in words(response)


def test_refusals_speak_japanese_to_those_who_read_it(cast: Cast, client: Client):
    client.force_login(cast.misaki)
    response = client.post("/people/ryo/deactivation/", headers={"Accept-Language": "ja"})
    assert response.headers["Content-Language"] == "ja"
    assert '<html lang="ja">' in words(response)


# More than a form may hold


@pytest.mark.parametrize(
    ("language", "says"), [("en", "What you typed is still on the page before"), ("ja", "前のページに残っています")]
)
def test_more_than_is_taken_at_once_is_refused_with_a_way_on(cast: Cast, client: Client, language: str, says: str):
    client.force_login(cast.misaki)
    address = f"/proposals/{drafted(cast).pk}/draft/"
    long = {"target_lead-text_ja": "あ" * 1_000_000}
    response = client.post(address, urlencode(long), FORM, headers={"Accept-Language": language}, **OURS)
    assert response.status_code == 413
    assert says in words(response)
    assert OURS["HTTP_REFERER"] not in words(response)


def test_more_than_is_taken_at_once_is_said_in_place_and_leaves_the_page(cast: Cast, client: Client):
    client.force_login(cast.misaki)
    many = "&".join(["edits=1"] * (settings.DATA_UPLOAD_MAX_NUMBER_FIELDS + 1))
    response = client.post(f"/proposals/{drafted(cast).pk}/draft/", many, FORM, headers={"HX-Request": "true"})
    assert response.status_code == 413
    assert response.headers["HX-Retarget"] == "#saving"
    assert "still on this page" in words(response)
    assert "<html" not in words(response)


def test_the_largest_draft_has_no_more_fields_than_are_read():
    """Every field that is not the builder's: thirty metrics, each with all its examples."""
    examples = (wording.MAX_LISTED + SPARE_EXAMPLES) * len(("ja", "en", "counts"))
    assert MAX_METRICS * (len(wording.FIELDS) + examples) < settings.DATA_UPLOAD_MAX_NUMBER_FIELDS / 2


# Addresses that only take what is sent


def acts_alone() -> list[str]:
    """Every address of ours that shows no page of its own, with something in its places."""
    found = []
    for pattern in urlpatterns:
        if getattr(pattern, "callback", None) and getattr(pattern.callback, "post_only", False):
            route = str(pattern.pattern)
            filled = re.sub(r"<str:\w+>", "misaki", re.sub(r"<slug:\w+>", "meeting", re.sub(r"<int:\w+>", "1", route)))
            found.append(f"/{filled}")
    return found


def test_some_addresses_only_take_what_is_sent():
    assert {"/proposals/1/objections/", "/people/misaki/memberships/", "/proposals/1/revisions/"} <= set(acts_alone())


@pytest.mark.parametrize("address", acts_alone())
def test_what_only_takes_what_is_sent_leads_to_the_page_of_its_noun(cast: Cast, client: Client, address: str):
    client.force_login(cast.megumi)
    response = client.get(address)
    page = page_of(address)
    assert response.status_code == 405
    assert response.headers["Allow"] == "POST"
    assert f'href="{page}"' in words(response)
    assert client.get(page).status_code != 405


@pytest.mark.parametrize(
    ("address", "page"),
    [
        ("/proposals/1/objections/?tab=words", "/proposals/1/"),
        ("/people/misaki/memberships/3/ending/", "/people/misaki/"),
        ("/proposals/1/metrics/meeting/condition/", "/proposals/1/"),
        ("/account/delegations/", "/account/"),
        ("/sign-out/", "/"),
        ("/proposals/?q=x", "/proposals/?q=x"),
        ("/nothing/here/", "/nothing/here/"),
        ("http://testserver/proposals/1/comments/", "/proposals/1/"),
    ],
)
def test_the_page_of_an_address(address: str, page: str):
    assert page_of(address) == page


def test_what_is_sent_to_a_page_that_takes_nothing_is_refused_and_kept(cast: Cast, client: Client):
    client.force_login(cast.misaki)
    response = client.post("/history/", {"words": "長い<b>意見</b>"})
    assert (response.status_code, response.headers["Allow"]) == (405, "GET, HEAD")
    assert "長い&lt;b&gt;意見&lt;/b&gt;" in words(response)
    assert 'class="btn" href="/history/"' in words(response)


@pytest.mark.parametrize(
    ("who", "address"),
    [
        ("naoko", "/proposals/{pk}/objections/"),
        ("ryo", "/account/delegations/"),
        ("megumi", "/people/ryo/memberships/"),
        ("megumi", "/teams/sales/names/"),
        ("megumi", "/stages/meeting/"),
        ("megumi", "/vocabulary/proposals/"),
    ],
)
def test_nothing_on_a_page_that_refuses_leads_to_the_address_it_was_sent_to(
    cast: Cast, client: Client, who: str, address: str
):
    """Forms and links that name no address go to that of the page, which here shows none or takes something else."""
    client.force_login(getattr(cast, who))
    response = client.post(address.format(pk=in_review(cast).pk))
    main = words(response).partition("<main")[2].partition("</main>")[0]
    assert response.status_code == 422
    assert 'href="?' not in main
    assert [form for form in re.findall(r"<form[^>]*>", main) if "action=" not in form] == []


@pytest.mark.parametrize(
    ("address", "status", "page"),
    [
        ("/proposals/new/", 403, "/proposals/"),
        ("/proposals/{pk}/draft/", 403, "/proposals/{pk}/"),
        ("/proposals/{pk}/revisions/1...9/", 404, "/proposals/"),
        ("/proposals/999/draft/", 404, "/proposals/"),
        ("/vocabulary/versions/9/", 404, "/vocabulary/"),
        ("/people/new/", 403, "/people/"),
        ("/people/nobody/", 404, "/people/"),
        ("/metrics/nothing/", 404, "/"),
    ],
)
def test_a_refused_page_leads_to_the_one_it_belongs_to(
    cast: Cast, client: Client, address: str, status: int, page: str
):
    pk = in_review(cast).pk
    client.force_login(cast.takuya)
    response = client.get(address.format(pk=pk))
    assert response.status_code == status
    assert f'href="{page.format(pk=pk)}"' in words(response)
    assert client.get(page.format(pk=pk)).status_code == 200


def test_what_cannot_be_read_at_all_is_refused_with_a_way_on(client: Client, db: None):
    response = client.get("/", headers={"Host": "elsewhere.example"})
    assert response.status_code == 400
    assert 'href="/"' in words(response)
    assert "Open Goi from its start page" in words(response)


@pytest.mark.parametrize("door", ["/language/", "/demo/tanaka/", "/sign-in/"])
def test_nobody_is_sent_on_to_an_address_that_shows_no_page(cast: Cast, client: Client, settings: Any, door: str):
    settings.DEMO = True
    people.register(User(username="tanaka", name_ja="田中"), by=cast.megumi)
    sent = {"next": "/proposals/11/objections/", "language": "en", "username": "misaki", "password": PASSWORD}
    assert client.post(door, sent).headers["Location"] == "/proposals/11/"


def test_who_is_not_signed_in_comes_back_to_a_page(client: Client, db: None):
    assert client.get("/proposals/11/objections/").headers["Location"] == "/sign-in/?next=/proposals/11/"


def test_the_way_back_leads_to_a_page_after_two_refusals(cast: Cast, client: Client):
    client.force_login(cast.misaki)
    refused = {"HTTP_REFERER": "http://testserver/people/ryo/memberships/"}
    assert 'href="/people/ryo/"' in words(client.post("/people/ryo/deactivation/", **refused))


def test_the_language_is_not_switched_where_that_would_lose_what_was_typed(cast: Cast, client: Client):
    proposal = in_review(cast)
    address, switch = f"/proposals/{proposal.pk}/objections/", 'action="/language/"'
    kept_for_later = client.post(address, {"words": "長い意見"})
    assert kept_for_later.status_code == 401
    assert switch not in words(kept_for_later)
    client.force_login(cast.naoko)
    empty, long = client.post(address, {"words": ""}), client.post(address, {"words": "長い意見" * 2_000})
    assert (empty.status_code, long.status_code) == (422, 422)
    assert switch in words(empty)
    assert switch not in words(long)


# Addresses


@pytest.mark.parametrize(
    "address",
    [
        "/people/%00/",
        "/teams/sales/?on=%00",
        "/history/?team=%00",
        "/?q=%01",
        "/metrics/a/?known=%7f",
        "/people/?q=%00",
    ],
)
def test_an_address_with_a_control_character_is_not_found(cast: Cast, client: Client, address: str):
    client.force_login(cast.misaki)
    response = client.get(address)
    assert response.status_code == 404
    assert "There is no such page" in words(response)


def test_a_choice_with_a_control_character_is_refused_at_its_field(cast: Cast, client: Client):
    client.force_login(cast.megumi)
    response = client.post("/people/ryo/memberships/", {"team": "a\x00b", "role": "member"})
    assert response.status_code == 422
    assert "team" in response.context["joining"].errors


# Nobody signed in


def test_a_part_asked_for_without_a_session_says_that_nothing_is_lost(cast: Cast, client: Client):
    proposal = drafted(cast)
    response = client.post(f"/proposals/{proposal.pk}/draft/", headers={"HX-Request": "true"})
    assert response.status_code == 401
    assert "Nothing you typed is lost" in words(response)
    assert "<html" not in words(response)


def test_a_form_sent_without_the_token_can_be_sent_again(cast: Cast, settings: Any):
    settings.CSRF_FAILURE_VIEW = "registry.views.refusal.csrf_failure"
    browser = Client(enforce_csrf_checks=True, headers={"Accept-Language": "en"})
    browser.force_login(cast.naoko)
    proposal = in_review(cast)
    address = f"/proposals/{proposal.pk}/comments/"
    response = browser.post(address, {"words": "よい案です"})
    assert response.status_code == 403
    assert 'name="words" value="よい案です"' in words(response)
    token = browser.cookies["csrftoken"].value
    assert browser.post(address, {"words": "よい案です", "csrfmiddlewaretoken": token}).status_code == 302


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_what_another_site_sent_cannot_be_sent_on_with_one_click(cast: Cast, settings: Any, site: str):
    settings.CSRF_FAILURE_VIEW = "registry.views.refusal.csrf_failure"
    browser = Client(enforce_csrf_checks=True, headers={"Sec-Fetch-Site": site, "Accept-Language": "en"})
    browser.force_login(cast.megumi)
    response = browser.post("/people/ryo/deactivation/", {})
    assert response.status_code == 403
    assert 'action="/people/ryo/deactivation/"' not in words(response)


# Pages that are not there, and a database that is not


def test_a_page_that_does_not_exist_shows_the_way_on(cast: Cast, client: Client):
    client.force_login(cast.misaki)
    response = client.get("/nothing/here/")
    assert response.status_code == 404
    assert "There is no such page" in words(response)


def test_a_foreign_draft_looks_like_a_page_that_does_not_exist(cast: Cast, client: Client):
    proposal = drafted(cast)
    client.force_login(cast.ryo)
    assert client.get(f"/proposals/{proposal.pk}/").status_code == 404
    assert client.get("/proposals/999999999999/").status_code == 404


def test_a_lost_database_says_that_nothing_was_changed(cast: Cast, client: Client):
    client.force_login(cast.misaki)
    with connection.execute_wrapper(lost("registry_comment")):
        response = client.get("/proposals/")
    assert response.status_code == 503
    assert response.headers["Retry-After"] == "30"
    assert "nothing was changed" in words(response)


def test_the_page_for_faults_asks_the_database_nothing(rf: RequestFactory):
    with connection.execute_wrapper(lost()):
        response = server_error(rf.get("/"))
    assert response.status_code == 500
    assert "<h1>" in words(response)


def test_a_database_lost_before_anybody_is_known_is_the_same_refusal(cast: Cast, client: Client):
    client.force_login(cast.misaki)
    client.raise_request_exception = False
    with connection.execute_wrapper(lost()):
        response = client.get("/proposals/")
    assert response.status_code == 503
    assert "nothing was changed" in words(response)


# Health


def test_alive_touches_nothing(client: Client, django_assert_num_queries: Any, db: None):
    with django_assert_num_queries(0):
        response = client.get("/livez")
    assert (response.status_code, words(response)) == (200, "ok\n")
    assert response.headers["Content-Type"].startswith("text/plain")


def test_whoever_is_signed_in_hears_that_it_is_alive_and_not_ready(cast: Cast, client: Client):
    """From the address itself, without a database that could say who they are."""
    client.force_login(cast.misaki)
    with connection.execute_wrapper(lost()):
        alive, ready = client.get("/livez"), client.get("/readyz")
    assert (alive.status_code, words(alive)) == (200, "ok\n")
    assert words(ready).startswith("✗ database")


def test_ready_when_the_database_is_as_this_version_needs_it(client: Client, db: None):
    response = client.get("/readyz")
    assert (response.status_code, words(response).splitlines()[0]) == (200, "ok")
    assert ("! database: SQLite" in words(response)) == (connection.vendor == "sqlite" and has_wal_reset_fault())


def test_not_ready_while_the_database_does_not_answer(client: Client, db: None):
    with connection.execute_wrapper(lost()):
        response = client.get("/readyz")
        alive = client.get("/livez")
    assert response.status_code == 503
    assert "does not answer" in words(response)
    assert alive.status_code == 200


def test_not_ready_before_a_migration_ran(client: Client, db: None):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'registry'")
    response = client.get("/readyz")
    assert response.status_code == 503
    assert "manage.py migrate" in words(response)


def test_not_ready_without_the_guards(client: Client, db: None):
    guard = triggers.guards(connection.vendor)[0]
    dropped = f"DROP TRIGGER {guard.name}"
    with connection.cursor() as cursor:
        cursor.execute(dropped if connection.vendor == "sqlite" else f"{dropped} ON {guard.table}")
    response = client.get(reverse("readyz"))
    assert response.status_code == 503
    assert "guards" in words(response)


def test_not_ready_while_the_guards_are_left_open(client: Client, db: None):
    with left_open():
        response = client.get("/readyz")
    assert response.status_code == 503
    assert "lets everybody write past the guards" in words(response)


def test_not_ready_when_the_ledger_is_not_the_one_that_was_signed(cast: Cast, client: Client):
    checkpoints.write()
    with past_the_guards():
        rows_of(Event).filter(sequence=3).update(digest="0" * 64)
    response = client.get("/readyz")
    assert response.status_code == 503
    assert "✗ checkpoint" in words(response)
    assert "manage.py verify" in words(response)


def test_a_folder_of_checkpoints_that_cannot_be_looked_into_is_said(cast: Cast, client: Client, settings: Any):
    """Its name is too long for the system here, which refuses it as it does a folder that is another user's."""
    checkpoints.write()
    settings.CHECKPOINTS = settings.CHECKPOINTS / ("x" * 300)
    response = client.get("/readyz")
    assert response.status_code == 503
    assert "GOI_CHECKPOINTS" in words(response)
    client.force_login(cast.takuya)
    response = client.get("/metrics/target_lead/versions/1/certificate/")
    assert response.status_code == 409
    assert "GOI_CHECKPOINTS" in words(response)


def test_asking_whether_it_is_ready_signs_after_so_many_events(cast: Cast, client: Client, settings: Any):
    assert client.get("/readyz").status_code == 200
    assert checkpoints.newest(settings.CHECKPOINTS) is None
    settings.CHECKPOINT_EVENTS = 2
    assert client.get("/readyz").status_code == 200
    assert checkpoints.newest(settings.CHECKPOINTS)["checkpoint"]["size"] == Event.objects.count()


def test_asking_whether_it_is_ready_signs_the_last_acts_before_a_weekend(cast: Cast, client: Client, settings: Any):
    with time_machine.travel(NOW, tick=False):
        first = checkpoints.write()
    reviewing.comment(in_review(cast), by=cast.kenta, words="金曜の最後に")
    for minutes, signed in ((59, first.size), (61, Event.objects.count())):
        with time_machine.travel(NOW + timedelta(minutes=minutes), tick=False):
            assert client.get("/readyz").status_code == 200
        assert checkpoints.newest(settings.CHECKPOINTS)["checkpoint"]["size"] == signed


def test_not_ready_while_what_is_due_cannot_be_signed(cast: Cast, client: Client, settings: Any, tmp_path: Path):
    settings.CHECKPOINT_EVENTS = 2
    (tmp_path / "file").touch()
    settings.CHECKPOINTS = tmp_path / "file" / "checkpoints"
    response = client.get("/readyz")
    assert response.status_code == 503
    assert "Not a directory" in words(response)
    assert str(tmp_path) not in words(response), "the answer is for anybody"


def test_not_ready_while_the_checkpoints_are_gone(cast: Cast, client: Client, settings: Any, tmp_path: Path):
    """As when the disk that they are on is not mounted."""
    checkpoints.write()
    settings.CHECKPOINTS.rename(tmp_path / "elsewhere")
    response = client.get("/readyz")
    assert response.status_code == 503
    assert "mounted" in words(response)
    (tmp_path / "elsewhere").rename(settings.CHECKPOINTS)
    assert client.get("/readyz").status_code == 200


def test_not_ready_when_the_last_checkpoint_cannot_be_read(cast: Cast, client: Client, settings: Any):
    checkpoints.write()
    checkpoints.files(settings.CHECKPOINTS)[0].write_text("{")
    response = client.get("/readyz")
    assert response.status_code == 503
    assert "GOI_CHECKPOINTS" in words(response)
