"""Walks the workflow at random against a small model that knows only what design.md says.

Every act is tried whether the model allows it or not; the product has to agree, and after each step the ledger,
the ranges and everything published is checked.
"""

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.db.models import Value
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, multiple, precondition, rule
from hypothesis.stateful import run_state_machine_as_test as walk

from registry import clock
from registry.models import Definition, Event, Membership, Metric, Proposal, Team, User, VocabularyVersion
from registry.refusals import Refused
from registry.seeding.content import Content
from registry.workflow import drafting, people, publication, reviewing, submitting, vocabulary
from tests import verification
from tests.cast import FOUNDED, NOW, Cast, latest, started, words, write

SOURCE = Content().vocabulary
STEPS = 150
IN_CI = 20_000
WALKS = 20  # So many tests share the steps, so that all workers have their part.
LENGTH = 60
TOGETHER = 4  # So many proposals at most are open at a time: they are taken further instead.
WRITERS = ("misaki", "kenta", "ryo", "naoko")
SIGNERS = {"ryo": "marketing", "aya": "marketing", "naoko": "sales", "koji": "sales"}
STAND_INS = {"marketing": "misaki", "sales": "kenta"}
STEWARDS = ("megumi", "makoto")
KEYS = ("target_lead", "meeting", "follow_lead")
ENDED = {"reject": Proposal.REJECTED, "withdraw": Proposal.WITHDRAWN, "expire": Proposal.EXPIRED}
NAMES = {"follow_lead": {"name_ja": "フォロー数", "name_en": "Follow leads"}}

writers = st.sampled_from(WRITERS)
signers = st.sampled_from(sorted(SIGNERS))
pressers = st.sampled_from(sorted({*SIGNERS, *STAND_INS.values()}))
anybody = st.sampled_from(sorted({*WRITERS, *SIGNERS, *STEWARDS}))
proposals = st.runner().flatmap(lambda workflow: st.sampled_from([*workflow.still_open * 3, *workflow.known]))


@dataclass(frozen=True)
class Lent:
    """A signatory's place, lent to the member of the team until a day."""

    lender: str
    stand_in: str
    team: str
    since: date
    until: date


@dataclass
class Pressed:
    """A seal: who pressed it for whose team, and the place it was pressed from, if that was lent."""

    by: str
    team: str
    lent: Lent | None
    holds: bool = True

    @property
    def agreed(self) -> set[str]:
        return {self.by, self.lent.lender} if self.lent else {self.by}


@dataclass
class Objected:
    """An objection as the model knows it."""

    row: Any
    by: str
    proposal: "Proposed"
    open: bool = True


@dataclass
class Proposed:
    """A proposal as the model knows it. A base of 0 is a metric that did not exist."""

    row: Proposal
    author: str
    contributors: set[str]
    day: date
    retroactive: bool
    bases: dict[str, int]
    texts: dict[str, int]
    retires: dict[str, str] = field(default_factory=dict)  # what it retires, and what is to be used instead
    state: str = Proposal.DRAFT
    frozen: dict[str, tuple[int, int]] = field(default_factory=dict)
    frozen_at: tuple[date, bool] | None = None
    carries: tuple[int, int] | None = None  # the vocabulary's base and text, if it carries one
    frozen_carries: tuple[int, int] | None = None
    seals: list[Pressed] = field(default_factory=list)
    objections: list[Objected] = field(default_factory=list)
    glass: tuple[str, str] | None = None  # who asked, for which team

    @property
    def is_open(self) -> bool:
        return self.state in Proposal.OPEN

    @property
    def submitted(self) -> Any:
        """What is frozen in its last revision."""
        return self.frozen, self.frozen_at, self.frozen_carries

    @property
    def disputed(self) -> bool:
        return any(objection.open for objection in self.objections)

    @property
    def missing(self) -> set[str]:
        return {"marketing", "sales"} - {seal.team for seal in self.seals if seal.holds}


class Workflow(RuleBasedStateMachine):
    """One registry, several proposals on three metrics, people who come and go, days that pass."""

    cast: Cast
    taken = 0
    known: list[Proposed] = []

    objections: Bundle[Objected] = Bundle("objections")

    @initialize()
    def begin(self) -> None:
        self.savepoint = transaction.atomic()
        self.savepoint.__enter__()
        self.now = NOW
        self.text = 0
        self.versions = {"target_lead": 1, "meeting": 1}
        self.began = {(key, 1): FOUNDED for key in self.versions}
        self.lives = {key: [(FOUNDED, True)] for key in self.versions}  # from when it is in use, or is not
        self.seats = dict(SIGNERS)
        self.members: set[str] = set()  # former signatories who are in their team still
        self.lent: list[Lent] = []
        self.stewards = set(STEWARDS)
        self.known: list[Proposed] = []
        self.vocabulary = 1
        vocabulary.change_vocabulary(SOURCE, by=self.cast.megumi, reason="例の語彙")
        self.people = {user.username: user for user in User.objects.all()}
        self.teams = {team.key: team for team in Team.objects.all()}
        self.event = Event.objects.latest("sequence")
        self.definition = Definition.objects.latest("pk")
        self.tried = True

    def teardown(self) -> None:
        if hasattr(self, "savepoint"):
            assert [*verification.unsealed_rows(Event.objects.all()), *verification.overlaps()] == []
            transaction.set_rollback(True)
            self.savepoint.__exit__(None, None, None)

    # What happens

    @precondition(lambda self: len(self.still_open) < TOGETHER)
    @rule(
        by=writers,
        keys=st.sets(st.sampled_from(KEYS), min_size=1, max_size=2),
        retroactive=st.booleans(),
        days=st.integers(0, 5),
    )
    def draft(self, by: str, keys: set[str], retroactive: bool, days: int) -> None:
        bases = {key: self.versions.get(key, 0) for key in keys}
        day = self.today - timedelta(days=days) if retroactive else self.today + timedelta(days=days)
        row: list[Proposal] = []

        def act() -> None:
            row.append(started(self.user(by), effective_from=day, retroactive=retroactive))

        if self.attempt(self.is_member(by), act):
            proposed = Proposed(row[0], by, {by}, day, retroactive, bases, {})
            self.known.append(proposed)
            self.attempt(True, lambda: self.reword(proposed, by))

    @precondition(lambda self: len(self.still_open) < TOGETHER)
    @rule(
        by=writers,
        key=st.sampled_from(KEYS),
        successor=st.sampled_from(["", *KEYS]),
        days=st.integers(0, 5),
    )
    def retire(self, by: str, key: str, successor: str, days: int) -> None:
        """Changing or restoring it afterwards brings it back into use."""
        if key not in self.versions:
            return
        day = self.today + timedelta(days=days)
        row: list[Proposal] = []

        def act() -> None:
            user = self.user(by)
            row.append(started(user, effective_from=day))
            drafting.add_retirement(row[0], metric=Metric.objects.get(key=key), by=user)

        if self.attempt(self.is_member(by), act):
            proposed = Proposed(row[0], by, {by}, day, False, {key: self.versions[key]}, {}, {key: successor})
            self.known.append(proposed)
            self.attempt(True, lambda: self.reword(proposed, by, successor=successor))

    @precondition(lambda self: self.known)
    @rule(proposed=proposals)
    def go_on(self, proposed: Proposed) -> None:
        """What those concerned would do next about it, so that walks get somewhere."""
        asked = [objected for objected in proposed.objections if objected.open]
        if self.behind(proposed) or self.carries_behind(proposed):
            self.rebase(proposed, proposed.author)
        elif proposed.state == Proposal.DRAFT or self.submitted_now(proposed) != proposed.submitted:
            self.submit(proposed, proposed.author)
        elif asked:
            self.close_objection(asked[0], asked[0].by)
        elif proposed.is_open:
            self.agree(proposed)

    go_on_2 = go_on_3 = go_on_4 = go_on_5 = go_on  # All rules are drawn alike, and this one is to be drawn more often.

    def agree(self, proposed: Proposed) -> None:
        """A seal by somebody who may; where nobody can press the last one, the glass is broken."""
        sealed = {seal.by for seal in proposed.seals}
        for team in sorted(proposed.missing):
            for by in sorted({*SIGNERS, *STAND_INS.values()} - sealed):
                if self.may_sign(proposed, by, team):
                    self.sign_off(proposed, by, team)
                    return
        if self.glass_is_asked(proposed):
            self.confirm_break_glass(proposed, min(set(STEWARDS) - {proposed.glass[0]}))
        else:
            self.ask_break_glass(proposed, min(self.stewards))

    @precondition(lambda self: self.known)
    @rule(proposed=proposals, by=writers)
    def revise(self, proposed: Proposed, by: str) -> None:
        allowed = self.may_write(proposed, by)
        self.attempt(allowed, lambda: self.reword(proposed, by))

    @precondition(lambda self: self.known)
    @rule(proposed=proposals, by=writers)
    def submit(self, proposed: Proposed, by: str) -> None:
        allowed = (
            self.may_write(proposed, by)
            and not self.behind(proposed)
            and not self.carries_behind(proposed)
            and self.dated(proposed)
            and self.succeeded(proposed)
            and {self.seats[name] for name in self.seats if name not in proposed.contributors} == set(SIGNERS.values())
            and self.submitted_now(proposed) != proposed.submitted
        )
        if self.attempt(allowed, lambda: submitting.submit(proposed.row, by=self.user(by))):
            proposed.state = Proposal.IN_REVIEW
            proposed.frozen, proposed.frozen_at, proposed.frozen_carries = self.submitted_now(proposed)
            proposed.seals, proposed.glass = [], None

    @precondition(lambda self: self.known)
    @rule(proposed=proposals, by=pressers, team=st.sampled_from(["marketing", "sales"]))
    def sign_off(self, proposed: Proposed, by: str, team: str) -> None:
        if not proposed.frozen:
            return
        allowed = (
            self.may_sign(proposed, by, team)
            and by not in {seal.by for seal in proposed.seals}
            and team in proposed.missing
            and (proposed.state == Proposal.PUBLISHED or self.publishable(proposed, last=proposed.missing == {team}))
        )
        revision = latest(proposed.row)
        if self.attempt(
            allowed,
            lambda: reviewing.sign_off(revision, team=self.teams[team], by=self.user(by), digest=revision.digest),
        ):
            lent = None if self.seats.get(by) == team else self.lent_to(proposed, by, team)[0]
            proposed.seals.append(Pressed(by, team, lent))
            if not proposed.missing and proposed.is_open:
                self.publish(proposed)

    @precondition(lambda self: self.known)
    @rule(target=objections, proposed=proposals, by=anybody)
    def object(self, proposed: Proposed, by: str) -> Any:
        if not proposed.frozen:
            return multiple()
        allowed = proposed.state == Proposal.IN_REVIEW and self.is_member(by) and by not in proposed.contributors
        raised: list[Any] = []

        def act() -> None:
            raised.append(reviewing.raise_objection(latest(proposed.row), by=self.user(by), reason="まだ早い"))

        if not self.attempt(allowed, act):
            return multiple()
        proposed.objections.append(Objected(raised[0], by, proposed))
        return proposed.objections[-1]

    @rule(objected=objections, by=anybody)
    def close_objection(self, objected: Objected, by: str) -> None:
        proposed = objected.proposal
        steward = by in self.stewards and by not in proposed.contributors
        allowed = objected.open and proposed.is_open and (by == objected.by or steward)
        if self.attempt(
            allowed, lambda: reviewing.close_objection(objected.row, by=self.user(by), reason="答えを読んだ")
        ):
            objected.open = False

    @precondition(lambda self: self.known)
    @rule(proposed=proposals, by=writers, user=anybody)
    def invite(self, proposed: Proposed, by: str, user: str) -> None:
        allowed = (
            proposed.is_open
            and by == proposed.author
            and self.is_member(user)
            and user not in proposed.contributors
            and all(user not in seal.agreed for seal in proposed.seals)
        )
        if self.attempt(allowed, lambda: drafting.invite(proposed.row, user=self.user(user), by=self.user(by))):
            proposed.contributors.add(user)

    @precondition(lambda self: self.known)
    @rule(proposed=proposals, by=writers)
    def rebase(self, proposed: Proposed, by: str) -> None:
        behind, carries = self.behind(proposed), self.carries_behind(proposed)
        allowed = bool(behind or carries) and self.may_write(proposed, by)
        self.text += 1
        chosen = {key: {"text_ja": f"選んだ文 {self.text}"} for key in behind}
        source = f"{SOURCE}# {self.text}\n"
        if self.attempt(
            allowed,
            lambda: submitting.rebase(proposed.row, by=self.user(by), wordings=chosen, vocabulary=source),
        ):
            proposed.carries = (self.vocabulary, self.text) if carries else proposed.carries
            proposed.bases |= {key: self.versions[key] for key in behind}
            proposed.texts |= dict.fromkeys(behind, self.text)

    @precondition(lambda self: self.known)
    @rule(proposed=proposals, by=st.sampled_from([*STEWARDS, "misaki"]))
    def carry_a_vocabulary(self, proposed: Proposed, by: str) -> None:
        """One that alters nothing agreed: what it may alter is for tests/workflow/test_carrying.py."""
        allowed = proposed.is_open and by in proposed.contributors and by in self.stewards
        self.text += 1
        source = f"{SOURCE}# {self.text}\n"
        if self.attempt(allowed, lambda: vocabulary.carry(proposed.row, source=source, by=self.user(by))):
            proposed.carries = (proposed.carries[0] if proposed.carries else self.vocabulary, self.text)

    @precondition(lambda self: self.known)
    @rule(proposed=proposals, by=st.sampled_from(STEWARDS))
    def leave_the_vocabulary_out(self, proposed: Proposed, by: str) -> None:
        writes = by in proposed.contributors and by in self.stewards
        allowed = proposed.is_open and writes and proposed.carries is not None
        if self.attempt(allowed, lambda: vocabulary.leave_out(proposed.row, by=self.user(by))):
            proposed.carries = None

    @rule(by=st.sampled_from([*STEWARDS, "misaki"]))
    def change_the_vocabulary(self, by: str) -> None:
        self.text += 1
        source = f"{SOURCE}# {self.text}\n"
        changed = self.attempt(
            by in self.stewards, lambda: vocabulary.change_vocabulary(source, by=self.user(by), reason="注を足す")
        )
        self.vocabulary += changed

    @precondition(lambda self: self.known)
    @rule(
        proposed=proposals,
        how=st.sampled_from(["reject", "withdraw", "expire"]),
        by=st.one_of(anybody, st.just(User.SYSTEM)),
    )
    def end(self, proposed: Proposed, how: str, by: str) -> None:
        allowed = (
            proposed.is_open
            and {
                "reject": proposed.state == Proposal.IN_REVIEW
                and any(self.may_sign(proposed, by, team) for team in STAND_INS),
                "withdraw": by == proposed.author,
                "expire": by == User.SYSTEM,
            }[how]
        )
        rest: dict[str, Any] = {"days": 60} if how == "expire" else {"reason": "終わりにする"}
        if self.attempt(allowed, lambda: getattr(reviewing, how)(proposed.row, by=self.user(by), **rest)):
            proposed.state = ENDED[how]

    @precondition(lambda self: self.known)
    @rule(proposed=proposals, by=anybody)
    def ask_break_glass(self, proposed: Proposed, by: str) -> None:
        allowed = self.breakable(proposed, by) and not self.glass_is_asked(proposed)
        if self.attempt(
            allowed,
            lambda: publication.ask_break_glass(proposed.row, by=self.user(by), reason="期限が今日"),
        ):
            (team,) = proposed.missing
            proposed.glass = (by, team)

    @precondition(lambda self: self.known)
    @rule(proposed=proposals, by=anybody)
    def take_back_break_glass(self, proposed: Proposed, by: str) -> None:
        asked = proposed.state == Proposal.IN_REVIEW and self.glass_is_asked(proposed)
        allowed = asked and proposed.glass is not None and proposed.glass[0] == by
        if self.attempt(allowed, lambda: publication.take_back_break_glass(proposed.row, by=self.user(by))):
            proposed.glass = None

    @precondition(lambda self: self.known)
    @rule(proposed=proposals, by=anybody)
    def confirm_break_glass(self, proposed: Proposed, by: str) -> None:
        if not proposed.frozen:
            return
        glass = proposed.glass
        allowed = self.breakable(proposed, by) and glass is not None and self.glass_is_asked(proposed)
        allowed = allowed and glass[0] != by
        digest = latest(proposed.row).digest
        if self.attempt(
            allowed, lambda: publication.confirm_break_glass(proposed.row, by=self.user(by), digest=digest)
        ):
            self.publish(proposed)

    @rule(name=signers, role=st.sampled_from([Membership.SIGNATORY, Membership.MEMBER, None]))
    def change_role(self, name: str, role: str | None) -> None:
        """Whoever leaves, or is a member only, loses the seat; given back, it is another one."""
        held = Membership.SIGNATORY if name in self.seats else Membership.MEMBER if name in self.members else None
        if role == held:
            return
        user, team = self.user(name), self.teams[SIGNERS[name]]
        if role:
            self.attempt(True, lambda: people.join(team, user=user, role=role, by=self.a_steward))
        else:
            seat = Membership.objects.current().get(user=user)
            self.attempt(True, lambda: people.leave(seat, by=self.a_steward))
        self.seats.pop(name, None)
        self.members.discard(name)
        if role == Membership.SIGNATORY:
            self.seats[name] = SIGNERS[name]
        elif role == Membership.MEMBER:
            self.members.add(name)
        self.lent = [each for each in self.lent if each.lender != name]
        self.lapse(lambda seal: name == (seal.lent.lender if seal.lent else seal.by))

    @rule(lender=signers, days=st.integers(0, 2))
    def delegate(self, lender: str, days: int) -> None:
        if lender not in self.seats:
            return
        team = self.seats[lender]
        lent = Lent(lender, STAND_INS[team], team, self.today, self.today + timedelta(days=days))
        if lent in self.lent:
            return
        seat = Membership.objects.current().get(user=self.user(lender))
        dates = {"starts_on": self.today, "ends_on": lent.until}
        stand_in, by = self.user(lent.stand_in), self.user(lender)
        self.attempt(True, lambda: people.delegate(seat, stand_in=stand_in, **dates, reason="休暇", by=by))
        self.lent.append(lent)

    @rule(name=st.sampled_from(STEWARDS))
    def lose_or_appoint_a_steward(self, name: str) -> None:
        """The last one stays."""
        appointed = name not in self.stewards
        allowed = appointed or self.stewards != {name}
        if self.attempt(allowed, lambda: people.appoint_steward(self.user(name), steward=appointed, by=self.a_steward)):
            self.stewards ^= {name}
            self.people[name] = User.objects.get(username=name)

    @rule()
    def a_day_passes(self) -> None:
        self.now += timedelta(days=1)
        self.lapse(lambda seal: seal.lent is not None and seal.lent.until < self.today)

    def lapse(self, lost: Callable[[Pressed], bool]) -> None:
        """Seals pressed from a lost place no longer hold, save where they led to a publication."""
        for seal in (seal for proposed in self.known if proposed.is_open for seal in proposed.seals):
            seal.holds = seal.holds and not lost(seal)

    # What the model knows

    @property
    def today(self) -> date:
        return self.now.date()

    @property
    def still_open(self) -> list[Proposed]:
        return [proposed for proposed in self.known if proposed.is_open]

    def user(self, name: str) -> User:
        """As a request finds them: with nothing kept from the last one."""
        return copy(self.people[name])

    def is_member(self, name: str) -> bool:
        return name in {*self.seats, *self.members, *self.stewards, *STAND_INS.values()}

    def may_write(self, proposed: Proposed, name: str) -> bool:
        return proposed.is_open and name in proposed.contributors and self.is_member(name)

    def may_sign(self, proposed: Proposed, name: str, team: str) -> bool:
        own = self.seats.get(name) == team
        return name not in proposed.contributors and (own or bool(self.lent_to(proposed, name, team)))

    def lent_to(self, proposed: Proposed, name: str, team: str) -> list[Lent]:
        """The places of `team` that `name` may sign from today: never one of somebody who wrote the proposal."""
        lent = [each for each in self.lent if (each.stand_in, each.team) == (name, team)]
        return [each for each in lent if each.until >= self.today and each.lender not in proposed.contributors]

    def glass_is_asked(self, proposed: Proposed) -> bool:
        if proposed.glass is None:
            return False
        asker, team = proposed.glass
        return asker in self.stewards - proposed.contributors and team in proposed.missing

    @property
    def a_steward(self) -> User:
        return self.user(min(self.stewards))

    def behind(self, proposed: Proposed) -> list[str]:
        return [key for key, base in proposed.bases.items() if self.versions.get(key, 0) != base]

    def carries_behind(self, proposed: Proposed) -> bool:
        return proposed.carries is not None and proposed.carries[0] != self.vocabulary

    def submitted_now(self, proposed: Proposed) -> Any:
        """What a submission would freeze."""
        return self.content(proposed), (proposed.day, proposed.retroactive), proposed.carries

    def dated(self, proposed: Proposed) -> bool:
        """Whether its day may be submitted: not past, and after the day on which each base begins."""
        begins = [self.began[key, base] for key, base in proposed.bases.items() if base]
        return proposed.retroactive or (proposed.day >= self.today and all(day < proposed.day for day in begins))

    def succeeded(self, proposed: Proposed) -> bool:
        """Whether what it retires is succeeded by metrics that exist, or come with it, and stay in use."""
        wrong = [key for key, successor in proposed.retires.items() if successor and successor == key]
        others = set(proposed.retires.values()) - {""} - proposed.bases.keys()
        return not wrong and all(self.stays(key, max(proposed.day, self.today)) for key in others)

    def stays(self, key: str, day: date) -> bool:
        """Whether the metric exists and is in use on that day and ever after."""
        life = self.lives.get(key, [])
        ends = [begins for begins, _used in life[1:]] + [date.max]
        return bool(life) and all(used for (_begins, used), end in zip(life, ends, strict=True) if end > day)

    def content(self, proposed: Proposed) -> dict[str, tuple[int, int]]:
        return {key: (base, proposed.texts[key]) for key, base in proposed.bases.items()}

    def publishable(self, proposed: Proposed, *, last: bool) -> bool:
        return (
            proposed.state == Proposal.IN_REVIEW
            and all(self.versions.get(key, 0) == base for key, (base, text) in proposed.frozen.items())
            and proposed.frozen_carries in (None, (self.vocabulary, (proposed.frozen_carries or (0, 0))[1]))
            and (proposed.retroactive or proposed.day >= self.today)
            and self.succeeded(proposed)
            and not (last and proposed.disputed)
        )

    def breakable(self, proposed: Proposed, by: str) -> bool:
        return (
            by in self.stewards
            and by not in proposed.contributors
            and len(proposed.missing) == 1
            and self.publishable(proposed, last=True)
        )

    def publish(self, proposed: Proposed) -> None:
        proposed.state = Proposal.PUBLISHED
        self.vocabulary += proposed.frozen_carries is not None
        for key, (base, _) in proposed.frozen.items():
            self.versions[key] = base + 1
            self.began[key, base + 1] = proposed.day
            before = [(begins, used) for begins, used in self.lives.get(key, []) if begins < proposed.day]
            self.lives[key] = [*before, (proposed.day, key not in proposed.retires)]

    # What is done and looked at

    def reword(self, proposed: Proposed, by: str, **rest: str) -> None:
        self.text += 1
        said = {"text_ja": f"説明 {self.text}", "text_en": f"Text {self.text}", **rest}
        new = [key for key, base in proposed.bases.items() if base == 0]
        write(
            proposed.row,
            by=self.user(by),
            change={key: said for key in proposed.bases if key not in new},
            new={key: words(**NAMES[key], **said) for key in new},
        )
        proposed.texts = dict.fromkeys(proposed.bases, self.text)

    def attempt(self, allowed: bool, act: Callable[[], Any]) -> bool:
        """Do it a minute later. The product has to allow what the model allows, and nothing else."""
        Workflow.taken += 1
        self.tried = True
        self.now += timedelta(minutes=1)
        try:
            with clock.at(self.now):
                act()
        except Refused as refused:
            if allowed:
                raise AssertionError("refused although the model allows it") from refused
            return False
        assert allowed, "done although the model refuses it"
        self.check()
        return True

    def check(self) -> None:
        """Whatever this act added verifies, and no metric means two things on a day."""
        events = list(Event.objects.filter(sequence__gt=self.event.sequence).order_by("sequence"))
        assert events, "every act writes its event"
        published = any(event.act == "published" for event in events)
        new = Definition.objects.filter(pk__gt=self.definition.pk).order_by("pk")
        versions = list(new) if published else []
        ranges = verification.overlaps() if versions else ()
        links = verification.broken_links(events, after=self.event.sequence, previous=self.event.digest)
        rows, wrong = verification.wrong_rows(events), verification.wrong_versions(versions)
        assert [*links, *rows, *wrong, *ranges] == []
        self.event, self.definition = events[-1], (versions or [self.definition])[-1]

    @invariant()
    def the_tables_say_what_the_model_says(self) -> None:
        """Asked once after each act that was tried, done or refused."""
        if not getattr(self, "tried", False):
            return
        self.tried = False
        states = Proposal.objects.values_list(Value("proposal"), "pk", "state")
        numbers = Definition.objects.values_list("metric__key", "number", Value(""))
        vocabularies = VocabularyVersion.objects.values_list(Value("vocabulary"), "number", Value(""))
        found = list(states.order_by().union(numbers.order_by(), vocabularies.order_by(), all=True))
        assert {("proposal", each.row.pk, each.state) for each in self.known} <= set(found)
        highest = {**self.versions, "vocabulary": self.vocabulary}
        told = sorted((key, number, "") for key, last in highest.items() for number in range(1, last + 1))
        assert sorted(each for each in found if each[0] != "proposal") == told


def take(steps: int, cast: Cast) -> None:
    """Walk again and again until so many acts were tried."""
    Workflow.cast, Workflow.taken = cast, 0
    while Workflow.taken < steps:
        walk(
            Workflow,
            settings=settings(
                max_examples=max(5, (steps - Workflow.taken) // LENGTH),
                stateful_step_count=LENGTH,
                deadline=None,
                database=None,
                derandomize=False,  # Which it would be where CI is set, and every walk the same one.
                suppress_health_check=list(HealthCheck),
            ),
        )


def test_the_workflow_does_what_the_model_says(cast: Cast):
    take(STEPS, cast)


@pytest.mark.slow
@pytest.mark.parametrize("walk_number", range(WALKS))
def test_the_workflow_does_what_the_model_says_on_many_walks(cast: Cast, walk_number: int):
    take(IN_CI // WALKS, cast)
