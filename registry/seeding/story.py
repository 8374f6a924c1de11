"""Lives the example's story: each act at its own time, by its own person, through the same verbs as the web."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone, translation

from registry import clock
from registry.models import Comment, Metric, Objection, Proposal, Stage, Team, User
from registry.seeding.content import Content
from registry.workflow import drafting, people, publication, reviewing, submitting, vocabulary

FIRST_WORDS = "例の会社の顧客管理データの語彙。The words of the example company's CRM data."


def beginning(content: Content) -> datetime:
    """The aware moment before anything in the story happened."""
    first = min(moment(act["at"]) for proposal in content.story for act in proposal["acts"])
    return first.replace(hour=0, minute=0)


def moment(written: str) -> datetime:
    return timezone.make_aware(datetime.fromisoformat(written))


def tell(content: Content, password: str) -> None:
    """Live the whole story in an empty registry, in the order in which it happened."""
    with transaction.atomic(), clock.at(beginning(content)):
        _set_up(content, password)
        teller = Teller(content)
        acts = [(act["at"], number, act) for number, told in enumerate(content.story) for act in told["acts"]]
        for at, number, act in sorted(acts, key=lambda each: each[0]):
            with clock.at(moment(at)):
                teller.live(content.story[number], act)


def _set_up(content: Content, password: str) -> None:
    system = User.objects.system()
    teams = {each["key"]: people.add_team(Team(**each), by=system) for each in content.teams}
    for position, each in enumerate(content.stages, start=1):
        people.add_stage(Stage(**each, position=position), by=system)
    vocabulary.change_vocabulary(content.vocabulary, by=system, reason=FIRST_WORDS)
    for person in content.people:
        names = {name: person[name] for name in ("username", "name_ja", "name_en", "email", "language")}
        user = people.register(User(**names), by=system, password=password)
        if person["steward"]:
            people.appoint_steward(user, by=system)
        for key, role in person["teams"].items():
            people.join(teams[key], user=user, role=role, by=system)


class Teller:
    """Remembers what the story's slugs stand for."""

    def __init__(self, content: Content) -> None:
        self.content = content
        self.users = {user.username: user for user in User.objects.all()}
        self.teams = {team.key: team for team in Team.objects.all()}
        self.proposals: dict[str, Proposal] = {}
        self.comments: dict[str, Comment] = {}
        self.objections: dict[str, Objection] = {}

    def live(self, told: dict[str, Any], act: dict[str, Any]) -> None:
        """Do one act of the proposal `told`. Raises `AttributeError` for an act the story cannot have."""
        by = self.users[act["by"]]
        with translation.override(by.language or None):
            getattr(self, f"_{act['act']}")(told, act, by)

    def _draft(self, told: dict[str, Any], act: dict[str, Any], by: User) -> None:
        proposal = drafting.start(by=by)
        self.proposals[told["id"]] = proposal
        heading = {name: told[name] for name in ("title_ja", "title_en", "reason_ja", "reason_en")}
        drafting.save(
            proposal,
            by=by,
            heading=heading,
            effective_from=told["effective_from"],
            retroactive=told["retroactive"],
        )
        for username in told["contributors"]:
            drafting.invite(proposal, user=self.users[username], by=by)
        self._write(proposal, told["changes"], by)

    def _write(self, proposal: Proposal, changes: list[dict[str, str]], by: User) -> None:
        wordings = {each["metric"]: self.content.wording(each["metric"], each["wording"]) for each in changes}
        present = set(proposal.working_copies.values_list("key", flat=True))
        existing = {metric.key: metric for metric in Metric.objects.filter(key__in=wordings)}
        for key in wordings.keys() - present:
            if key in existing:
                drafting.add_metric(proposal, metric=existing[key], by=by)
            else:
                drafting.add_new_metric(proposal, key=key, by=by)
        proposal.refresh_from_db()
        drafting.save(
            proposal,
            by=by,
            effective_from=proposal.effective_from,
            retroactive=proposal.retroactive,
            wordings=wordings,
        )

    def _submit(self, told: dict[str, Any], act: dict[str, Any], by: User) -> None:
        submitting.submit(self.proposals[told["id"]], by=by)

    def _revise(self, told: dict[str, Any], act: dict[str, Any], by: User) -> None:
        self._write(self.proposals[told["id"]], act["changes"], by)
        submitting.submit(self.proposals[told["id"]], by=by)

    def _comment(self, told: dict[str, Any], act: dict[str, Any], by: User) -> None:
        said = reviewing.comment(
            self.proposals[told["id"]],
            by=by,
            words=act["text"],
            key=act.get("metric", ""),
            field=act.get("field", ""),
            parent=self.comments[act["reply_to"]] if "reply_to" in act else None,
        )
        if "slug" in act:
            self.comments[act["slug"]] = said

    def _object(self, told: dict[str, Any], act: dict[str, Any], by: User) -> None:
        self.objections[act["slug"]] = reviewing.raise_objection(
            self._revision(told),
            by=by,
            reason=act["reason"],
            key=act.get("metric", ""),
            field=act.get("field", ""),
        )

    def _close_objection(self, told: dict[str, Any], act: dict[str, Any], by: User) -> None:
        reviewing.close_objection(self.objections[act["objection"]], by=by, reason=act.get("reason", ""))

    def _sign_off(self, told: dict[str, Any], act: dict[str, Any], by: User) -> None:
        revision = self._revision(told)
        reviewing.sign_off(revision, team=self.teams[act["team"]], by=by, digest=revision.digest)

    def _reject(self, told: dict[str, Any], act: dict[str, Any], by: User) -> None:
        reviewing.reject(self.proposals[told["id"]], by=by, reason=act["reason"])

    def _withdraw(self, told: dict[str, Any], act: dict[str, Any], by: User) -> None:
        reviewing.withdraw(self.proposals[told["id"]], by=by, reason=act["reason"])

    def _ask_break_glass(self, told: dict[str, Any], act: dict[str, Any], by: User) -> None:
        publication.ask_break_glass(self.proposals[told["id"]], by=by, reason=act["reason"])

    def _confirm_break_glass(self, told: dict[str, Any], act: dict[str, Any], by: User) -> None:
        revision = self._revision(told)
        publication.confirm_break_glass(self.proposals[told["id"]], by=by, digest=revision.digest)

    def _revision(self, told: dict[str, Any]) -> Any:
        proposal = self.proposals[told["id"]]
        proposal.refresh_from_db()
        return proposal.revision
