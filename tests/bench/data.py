"""A registry of any size to measure: every metric with full wordings in both languages, agreed ten times.

Teams and people come through the workflow. The rest is written in bulk, past the workflow, which no part of
the product may do; it leaves the rows the workflow would have left, with the digests of definitions,
revisions and events right, except that events seal no history rows and ended proposals keep no working copies.
"""

import hashlib
import json
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction

from registry import clock, search_index, wording
from registry.ledger import chain
from registry.models import (
    FOREVER,
    STILL_KNOWN,
    Clause,
    Contributor,
    Definition,
    Event,
    Head,
    InForce,
    Membership,
    Mention,
    Metric,
    Place,
    Proposal,
    Revision,
    SignOff,
    Stage,
    Team,
    Use,
    User,
)
from registry.models.metrics import definition_document
from registry.models.proposals import revision_document
from registry.workflow import drafting, people, submitting
from tests.bench import wordings
from tests.bench.bulk import Bulk, remember

VERSIONS = 10
IN_REVIEW = 20
"""So many proposals wait for their seals in a registry of any size: the desk of a signatory does not grow
with what was agreed before."""
PASSWORD = "sakura-no-hana-7"
ROUND, SLOT = timedelta(days=90), timedelta(days=60)


@transaction.atomic
def fill(metrics: int) -> None:
    """Fill an empty, migrated database with `metrics` metrics of ten versions each."""
    began = clock.now() - VERSIONS * ROUND - timedelta(days=30)
    with clock.at(began):
        _set_up()
    Filler(metrics).fill()
    search_index.lay_anew()
    for number in range(IN_REVIEW):
        in_review(number % wordings.SET)  # The first set is whole even in a small registry.


def _set_up() -> None:
    system, content = User.objects.system(), wordings.content()
    teams = {each["key"]: people.add_team(Team(**each), by=system) for each in content.teams}
    for position, each in enumerate(content.stages, start=1):
        people.add_stage(Stage(**each, position=position), by=system)
    for each in content.people:
        names = {name: each[name] for name in ("username", "name_ja", "name_en", "email")}
        user = people.register(User(**names), by=system, password=PASSWORD)
        if each["steward"]:
            people.appoint_steward(user, by=system)
        for key, role in each["teams"].items():
            people.join(teams[key], user=user, role=role, by=system)


def in_review(number: int) -> Proposal:
    """A fresh proposal to change the metric `number`, submitted through the workflow."""
    author = writer()
    metric = Metric.objects.get(key=wordings.named(number).key)
    proposal = drafting.start(by=author)
    drafting.add_metric(proposal, metric=metric, by=author)
    proposal.refresh_from_db()
    words = {"text_ja": f"新しい数え方{proposal.pk}。", "text_en": f"A new way to count, {proposal.pk}."}
    drafting.save(
        proposal,
        by=author,
        heading=_heading(f"{metric.key} {proposal.pk}"),
        effective_from=clock.today() + timedelta(days=60),
        wordings={metric.key: words},
    )
    submitting.submit(proposal, by=author)
    proposal.refresh_from_db()
    return proposal


def writer() -> User:
    """Who writes every proposal: a member of marketing who signs for nobody."""
    seats = Membership.objects.current().filter(role=Membership.MEMBER, team__key="marketing")
    return seats.select_related("user")[0].user


def signatory(team: str = "marketing") -> User:
    return Membership.objects.signatories().filter(team__key=team).select_related("user")[0].user


def _heading(about: str) -> dict[str, str]:
    return {
        "title_ja": f"{about} の数え方をそろえる",
        "title_en": f"Count {about} alike",
        "reason_ja": "マーケティングと営業で集計が食い違い、月次の報告で二つの数字が並んでいるため。",
        "reason_en": "Marketing and sales count differently, so two numbers stand side by side every month.",
    }


@dataclass
class Line:
    """One metric on its way through the versions."""

    number: int
    name: wordings.Named
    pk: int
    last: Any = None
    span: dict[str, Any] = field(default_factory=dict)


class Filler:
    """Writes version after version of all metrics, in the order in which they would have been agreed."""

    def __init__(self, metrics: int) -> None:
        self.bulk = Bulk()
        self.lines = [Line(number, wordings.named(number), number + 1) for number in range(metrics)]
        self.teams = {team.key: team for team in Team.objects.all()}
        self.stages = {stage.key: stage.pk for stage in Stage.objects.all()}
        self.author = writer()
        self.seats = {
            key: Membership.objects.signatories().filter(team=team).select_related("user")[0]
            for key, team in self.teams.items()
        }
        self.now = clock.now()
        self.chain = Chain(self.bulk)

    def fill(self) -> None:
        for version in range(1, VERSIONS + 1):
            for line in self.lines:
                self._agree(line, version)
        for line in self.lines:
            self.bulk.add(InForce, **line.span)
            created = self._recorded(0, 1)
            self.bulk.add(Metric, id=line.pk, key=line.name.key, latest_id=line.last["id"], created_at=created)
        self.bulk.finish()
        self.chain.finish()
        self._remember()

    def _recorded(self, number: int, version: int) -> datetime:
        share = SLOT * (number / len(self.lines))
        return self.now - (VERSIONS - version) * ROUND - SLOT - timedelta(days=8) + share

    def _agree(self, line: Line, version: int) -> None:
        at = self._recorded(line.number, version)
        later = 47 if version == VERSIONS and line.number % 50 == 7 else 7
        begins = at.date() + timedelta(days=later)
        words, searched = wordings.worded(line.number, version, line.name)
        told = json.dumps(words)
        base = line.last["digest"] if line.last else None
        document = definition_document(line.name.key, version, base, begins, words)
        teams = sorted({words["producer"], words["judge"]})
        whole = revision_document(
            definitions=[document],
            effective_from=begins,
            retroactive=False,
            signed_by=teams,
            heading=_heading(line.name.key),
        )
        digest = digest_of("goi/revision/1", whole)
        revision = self._propose(line, at, begins, digest, told, teams)
        links = wordings.linked(line.number, version)
        last = {"id": None, "digest": digest_of("goi/definition/1", document)}
        last["id"] = self.bulk.add(
            Definition,
            metric_id=line.pk,
            number=version,
            base_id=line.last and line.last["id"],
            revision_id=revision,
            wording=told,
            terms=json.dumps(links),
            effective_from=begins,
            recorded_at=at,
            digest=last["digest"],
        )
        for key, how in wordings.uses(words, links):
            self.bulk.add(Use, definition_id=last["id"], key=key, how=how)
        line.last = last
        self._put_in_force(line, words, searched, begins, at)

    def _propose(self, line: Line, at: datetime, begins: date, digest: str, told: str, teams: list[str]) -> int:
        """The proposal, its only revision, its seals, and the events of all of it; the revision's id."""
        revision = self.bulk.add(
            Revision,
            **_heading(line.name.key),
            proposal_id=(proposal := next(self.bulk._ids[Proposal])),
            number=1,
            effective_from=begins,
            retroactive=False,
            submitted_by_id=self.author.pk,
            submitted_at=at - timedelta(seconds=4),
            digest=digest,
        )
        self.bulk.add(
            Proposal,
            id=proposal,
            **_heading(line.name.key),
            author_id=self.author.pk,
            state=Proposal.PUBLISHED,
            effective_from=begins,
            retroactive=False,
            revision_id=revision,
            edits=1,
            created_at=at - timedelta(seconds=5),
            ended_at=at,
        )
        since, author = at - timedelta(seconds=5), self.author.pk
        self.bulk.add(Contributor, proposal_id=proposal, user_id=author, invited_by_id=author, since=since, wrote=True)
        self.bulk.add(
            Clause,
            revision_id=revision,
            key=line.name.key,
            metric_id=line.pk if line.last else None,
            base_id=line.last and line.last["id"],
            wording=told,
        )
        self._seal(revision, proposal, at, digest, teams)
        self._record(line, proposal, at, begins, digest, teams)
        return revision

    def _seal(self, revision: int, proposal: int, at: datetime, digest: str, teams: list[str]) -> None:
        for key in teams:
            seat = self.seats[key]
            self.bulk.add(Place, revision_id=revision, team_id=seat.team_id)
            self.bulk.add(
                SignOff,
                revision_id=revision,
                team_id=seat.team_id,
                signed_by_id=seat.user_id,
                membership_id=seat.pk,
                delegation_id=None,
                digest=digest,
                meaning=f"{key}を代表して文言と条件を読み、そのとおりに合意する。",
                signed_at=at,
            )

    def _record(self, line: Line, proposal: int, at: datetime, begins: date, digest: str, teams: list[str]) -> None:
        key, agreed = line.name.key, {"revision": 1, "digest": digest}
        names = {"name_ja": line.name.name_ja, "name_en": line.name.name_en}
        ended = agreed | {"effective_from": begins.isoformat(), "versions": {key: 1}, "names": {key: names}}
        acts = [
            ("draft_saved", self.author, None, {"heading": []}),
            ("submitted", self.author, None, agreed | {"voided": 0}),
            *(("sealed", self.seats[team].user, self.teams[team].pk, agreed) for team in teams),
            ("published", self.seats[teams[-1]].user, None, ended | {"missing": []}),
        ]
        for second, (act, by, team, detail) in enumerate(acts):
            moment, detail = at - timedelta(seconds=len(acts) - 1 - second), detail | {"metrics": [key]}
            self.chain.add(key, at=moment, actor=by, act=act, proposal=proposal, team=team, detail=detail)

    def _put_in_force(self, line: Line, words: dict[str, Any], searched: str, begins: date, at: datetime) -> None:
        """The three writes of `publication.put_in_force`: belief closed, shortened span, new span."""
        if line.span:
            self.bulk.add(InForce, **line.span | {"known_to": at})
            self.bulk.add(InForce, **line.span | {"known_from": at, "valid_to": begins})
        line.span = {
            "definition_id": line.last["id"],
            "metric_id": line.pk,
            "key": line.name.key,
            "stage_id": self.stages[words["stage"]],
            "producer_id": self.teams[words["producer"]].pk,
            "judge_id": self.teams[words["judge"]].pk,
            "rank": list(wording.KINDS).index(words["kind"]),
            "retired": False,
            "sealed": True,
            "look_ja": line.name.look_ja,
            "look_en": line.name.look_en,
            "search_text": searched,
            "valid_from": begins,
            "valid_to": FOREVER,
            "known_from": at,
            "known_to": STILL_KNOWN,
        }

    def _remember(self) -> None:
        """History as the workflow leaves it: a row for each insert and update of a governed row."""
        for model, at, times in (
            (Metric, "created_at", 1 + VERSIONS),
            (Definition, "recorded_at", 1),
            (Proposal, "created_at", 4),
            (Contributor, "since", 1),
            (Revision, "submitted_at", 1),
            (SignOff, "signed_at", 1),
        ):
            remember(model, at=at, times=times)
        for model in (Clause, Place):
            remember(model, at="CURRENT_TIMESTAMP")


class Chain:
    """The ledger, going on from where the database's head stands."""

    def __init__(self, bulk: Bulk) -> None:
        self.bulk = bulk
        self.head = Head.objects.get()
        self.personal: dict[int, tuple[str, str]] = {}

    def add(self, key: str, *, actor: User, **event: Any) -> None:
        if actor.pk not in self.personal:
            self.personal[actor.pk] = _personal(actor)
        personal, personal_digest = self.personal[actor.pk]
        event |= {"sequence": self.head.sequence + 1, "previous": self.head.digest, "rows": []}
        event |= {"actor": actor.pk, "personal_digest": personal_digest}
        digest = digest_of("goi/event/1", chain.event_document(**event))
        ids = {f"{name}_id": event.pop(name) for name in ("actor", "proposal", "team")}
        told = {"detail": json.dumps(event.pop("detail")), "rows": "[]", "personal": personal}
        self.bulk.add(Event, **event | ids | told, digest=digest)
        self.bulk.add(Mention, event_id=event["sequence"], key=key)
        self.head.sequence, self.head.digest = event["sequence"], digest

    def finish(self) -> None:
        self.head.save()


def _personal(actor: User) -> tuple[str, str]:
    """Names as JSON and their digest. One salt for all acts of a person saves a minute of hashing."""
    names = {"name_ja": actor.name_ja, "name_en": actor.name_en, "username": actor.username}
    personal = {"salt": hashlib.sha256(actor.username.encode()).hexdigest()[:32], **names, "reason": ""}
    return json.dumps(personal), chain.personal_digest(personal)


def digest_of(domain: str, document: dict[str, Any]) -> str:
    """`registry.ledger.canonical.digest` for documents with plain keys, ten times as fast; a test compares."""
    told = json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(domain.encode() + b"\0" + told.encode()).hexdigest()
