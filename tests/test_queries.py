"""Pages ask the database as often in a large registry as in a small one."""

import re
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from registry.ledger.chain import event_digest
from registry.models import Definition, Event, Metric, Proposal, Revision, User
from registry.models.metrics import definition_digest
from registry.models.proposals import revision_digest
from registry.workflow import drafting, vocabulary
from tests.bench import data, wordings

# pytest-django makes the database only if a chosen test asks for it, and here the module's fixtures do.
pytestmark = pytest.mark.django_db

SMALL, LARGE = 20, 2_000
AT_MOST = 12
# Of all that a draft's form offers, its advice and what it still needs; and, for an autosave, of the act itself:
# whether its writer is in a team, locks, history, event. The first reader of a new state also reads the names that
# advice about words needs.
MORE = {"draft": 6, "autosave": 22}
PAGES = {
    "glossary": "/",
    "glossary, second page": "/?page=2",
    "glossary, another day": "/?on=2025-06-01",
    "glossary, as recorded by a day": "/?on=2025-06-01&known=2025-09-01",
    "what changed": "/changes/?from=2020-01-01",
    "search": "/?q=リード",
    "metric": "/metrics/{key}/",
    "metric, another day": "/metrics/{key}/?on=2026-03-01&known=2026-04-01",
    "proposals": "/proposals/",
    "new proposal": "/proposals/new/",
    "draft": "/proposals/{draft}/draft/",
    "autosave": "/proposals/{draft}/draft/",
    "proposal, words": "/proposals/{proposal}/",
    "proposal, discussion": "/proposals/{proposal}/?tab=discussion",
    "proposal, effect": "/proposals/{proposal}/?tab=effect",
    "proposal, record": "/proposals/{proposal}/?tab=record",
    "published proposal": "/proposals/1/",
    "inbox": "/inbox/",
    "history": "/history/",
    "history of a person": "/history/?person={person}",
    "act": "/history/{act}/",
    "feed": "/history/feed/",
    "history of a metric": "/metrics/{key}/history/",
}


type Asked = tuple[int, int]


def asked(size: int) -> dict[str, Asked]:
    """How often each page asks the database of a registry of this size: its first reader, and everybody after."""
    data.fill(size)
    declare_words()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")  # It may have counted what other tests took back, as nothing at all.
    client = Client()
    client.force_login(data.signatory())
    place: dict[str, Any] = {
        "key": wordings.named(size - 1).key,
        "proposal": Proposal.objects.in_review().order_by("pk")[0].pk,
        "draft": _draft().pk,
        "person": data.signatory().username,
        "act": Event.objects.filter(act="published").latest("sequence").sequence,
    }
    return {name: queries(client, name, address.format(**place)) for name, address in PAGES.items()}


def declare_words() -> None:
    """The example's vocabulary, so that conditions are read: its containments are those of the first set."""
    source = re.sub(r"(inner|outer): (\w+)", r"\1: \2_0", wordings.content().vocabulary)
    vocabulary.change_vocabulary(source, by=User.objects.system(), reason="First words.")


def _draft() -> Proposal:
    """A draft about one metric, of whoever looks at the pages."""
    proposal = drafting.start(by=data.signatory())
    drafting.add_metric(proposal, metric=Metric.objects.get(key=wordings.named(0).key), by=data.signatory())
    return proposal


def queries(client: Client, name: str, address: str) -> Asked:
    cache.clear()
    return _once(client, name, address, "First"), _once(client, name, address, "Then")


def _once(client: Client, name: str, address: str, title: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        if name == "autosave":
            response = client.post(address, {"title_en": title}, headers={"HX-Request": "true"})
        else:
            response = client.get(address)
    assert response.status_code == 200, address
    return len(captured)


@pytest.fixture(scope="module")
def in_small(django_db_setup: None, django_db_blocker: Any) -> dict[str, Asked]:
    return _measured(SMALL, django_db_blocker)


@pytest.fixture(scope="module")
def in_large(django_db_setup: None, django_db_blocker: Any) -> dict[str, Asked]:
    return _measured(LARGE, django_db_blocker)


def _measured(size: int, blocker: Any) -> dict[str, Asked]:
    with blocker.unblock(), transaction.atomic():
        found = asked(size)
        transaction.set_rollback(True)
    cache.clear()
    return found


@pytest.mark.parametrize("page", PAGES)
def test_a_page_asks_at_most_twelve_times(page: str, in_small: dict[str, Asked]) -> None:
    assert max(in_small[page]) <= AT_MOST + MORE.get(page, 0)


@pytest.mark.nightly
@pytest.mark.parametrize("page", PAGES)
def test_a_page_asks_no_more_of_two_thousand_metrics_than_of_twenty(
    page: str, in_small: dict[str, Asked], in_large: dict[str, Asked]
) -> None:
    more = int(page == "what changed")  # A list that goes on on a second page also asks how many there are.
    assert all(large <= small + more for large, small in zip(in_large[page], in_small[page], strict=True))
    assert max(in_large[page]) <= AT_MOST + MORE.get(page, 0)


def test_the_registry_that_is_measured_has_right_digests(db: None) -> None:
    data.fill(15)
    versions = Definition.objects.select_related("metric", "base")
    assert all(definition_digest(version.document()) == version.digest for version in versions)
    assert versions.count() == 15 * data.VERSIONS
    assert all(revision_digest(revision.document()) == revision.digest for revision in Revision.objects.all())
    assert all(event_digest(event.document()) == event.digest for event in Event.objects.all())
