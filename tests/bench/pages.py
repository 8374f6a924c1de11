"""What is measured: each page of Goi with its lean twin and its twin in Django's admin."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import cycle
from typing import Any
from urllib.parse import quote

from django.test import Client

from registry.models import Membership, Proposal, Team, User
from registry.workflow import reviewing
from tests.bench import data, wordings
from tests.bench.store import Registry
from tests.bench.yardstick.mirror import OPENED
from tests.bench.yardstick.models import Term

GOI, LEAN, ADMIN = KINDS = ("Goi", "lean", "admin")
COMMON, TWO_LETTERS, MISS = "リード", "商談", "この語はどこにもない"

type Send = Callable[[], Any]


class Reader:
    """A signatory signed in to one registry, a steward signed in to its admin, and what they send."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self.reader, self.steward = Client(), Client()
        with registry.in_use():
            self.reader.force_login(data.signatory())
            self.steward.force_login(User.objects.filter(is_steward=True, is_active=True)[0])
            keys = [wordings.named(number).key for number in range(OPENED)]
            self.opened = [(key, Term.objects.get(key=key).pk) for key in keys]

    @property
    def deep(self) -> int:
        """A page three quarters down the list."""
        return self.registry.size * 3 // 4 // 50

    def get(self, kind: str, address: str) -> bytes:
        response = (self.steward if kind == ADMIN else self.reader).get(address)
        assert response.status_code == 200, f"{address} answered {response.status_code}"
        return response.content

    def post(self, kind: str, address: str, form: dict[str, Any]) -> None:
        response = (self.steward if kind == ADMIN else self.reader).post(address, form)
        assert response.status_code == 302, f"{address} answered {response.status_code}"


@dataclass(frozen=True)
class Page:
    """One page to read. The addresses are patterns of `{deep}`, `{key}` and `{pk}`."""

    name: str
    addresses: tuple[str, str, str]
    rows: tuple[str, str] | None = None
    """What a row looks like in Goi and in the lean twin, to check that they show as many."""

    def send(self, reader: Reader, kind: str) -> Iterator[Send]:
        """One request after another, opening one metric after another."""
        pattern = self.addresses[KINDS.index(kind)]
        for key, pk in cycle(reader.opened):
            address = pattern.format(deep=reader.deep, key=key, pk=pk)
            yield lambda address=address: reader.get(kind, address)

    def check(self, reader: Reader) -> None:
        """Raise where Goi and the lean twin do not show the same number of rows."""
        if self.rows:
            goi, lean = (
                len(re.findall(row, next(self.send(reader, kind))().decode()))
                for kind, row in zip((GOI, LEAN), self.rows, strict=True)
            )
            assert goi == lean, f"{self.name}: {goi} rows in Goi, {lean} in the lean twin"


def _list(name: str, query: str) -> Page:
    rows = ('href="/metrics/[^/"]*/"', 'href="/metrics/[^/"]*/"')
    admin = f"/admin/yardstick/term/?{query.replace('page=', 'p=')}"
    return Page(name, (f"/?{query}", f"/lean/glossary/?{query}", admin), rows)


PAGES = (
    _list("glossary, first page", ""),
    _list("glossary, deep page", "page={deep}"),
    _list("search, common word", f"q={quote(COMMON)}"),
    _list("search, two letters", f"q={quote(TWO_LETTERS)}"),
    _list("search, rare word", f"q={quote(wordings.RARE)}"),
    _list("search, no match", f"q={quote(MISS)}"),
    Page("metric", ("/metrics/{key}/", "/lean/metrics/{key}/", "/admin/yardstick/term/{pk}/change/")),
    Page("history of all", ("/history/", "/lean/history/", "/admin/yardstick/happening/")),
    Page(
        "history of a metric",
        ("/metrics/{key}/history/", "/lean/metrics/{key}/history/", "/admin/yardstick/term/{pk}/history/"),
    ),
)


class SignOffs:
    """A seal that is not the last, each time on a proposal that nobody has sealed yet."""

    name = "sign-off"

    def __init__(self, readers: list[Reader], each: int) -> None:
        """Submits `each` proposals for each reader and each of the three ways to seal them."""
        numbers = [number for number in range(900) if wordings.source(number, 1).key == "target_lead"]
        self.pool: dict[tuple[int, str], list[Proposal]] = {}
        for reader in readers:
            with reader.registry.in_use():
                for kind in KINDS:
                    chosen = [data.in_review(numbers[turn % len(numbers)]) for turn in range(each)]
                    self.pool[reader.registry.size, kind] = chosen

    def send(self, reader: Reader, kind: str) -> Iterator[Send]:
        signer, team = data.signatory(), Team.objects.get(key="marketing")
        seat = Membership.objects.signatories().get(user=signer, team=team)
        for proposal in self.pool[reader.registry.size, kind]:
            digest = proposal.revision.digest
            form = {"team": team.key, "digest": digest, "password": data.PASSWORD, "agreed": "on"}
            address = f"/proposals/{proposal.pk}/sign-offs/" if kind == GOI else f"/lean/sign-offs/{proposal.pk}/"
            if kind == ADMIN:
                address = "/admin/yardstick/seal/add/"
                form = {
                    "revision": proposal.revision_id,
                    "team": team.pk,
                    "signed_by": signer.pk,
                    "membership": seat.pk,
                    "digest": digest,
                    "meaning": reviewing.meaning(team),
                    "signed_at_0": "2026-06-15",
                    "signed_at_1": "09:00:00",
                }
            yield lambda address=address, form=form: reader.post(kind, address, form)


def clear_desks(readers: list[Reader]) -> None:
    """Withdraw what sign-offs were measured on, in this run or a broken one, so that pages stay the same."""
    for reader in readers:
        with reader.registry.in_use():
            for proposal in Proposal.objects.in_review().order_by("pk")[data.IN_REVIEW :]:
                reviewing.withdraw(proposal, by=data.writer(), reason="measured")
