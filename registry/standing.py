"""Where one proposal stands: everything the rules ask about it, read once."""

from collections.abc import Iterable, Mapping
from datetime import date
from functools import cached_property
from typing import Any

from django.db.models import Exists, OuterRef, Q, Subquery

from registry import as_of, clock, meaning, names, retirement
from registry.engine import kept
from registry.ledger.canonical import digest
from registry.models import (
    BreakGlass,
    Clause,
    Contributor,
    Definition,
    Delegation,
    Dismissal,
    ExampleAnswer,
    InForce,
    Membership,
    Metric,
    Objection,
    Proposal,
    Revision,
    SignOff,
    Team,
    Use,
    User,
    VocabularyClause,
    VocabularyDraft,
    VocabularyVersion,
    WorkingCopy,
)
from registry.replaced import Stretch, stretches
from registry.spans import Span, Spans, surroundings
from registry.wording import Wording


def stamped(proposals: Any) -> Any:
    """Proposals with what `Standing` asks of the registry as a whole, in the same query.

    `answered`: whether there are answers to examples at all, so that where nobody gave one nothing is asked;
    `any_retired`: likewise whether some metric is retired, or was.
    """
    return meaning.stamped(proposals).annotate(
        answered=Exists(ExampleAnswer.objects.all()),
        any_retired=Exists(InForce.objects.recorded().filter(retired=True)),
    )


def based_on(worded: Iterable[Clause] | Iterable[WorkingCopy]) -> dict[str, Wording]:
    """What the changed metrics meant before, by key; a published proposal is still told from what it changed."""
    return {each.key: each.base.wording for each in worded if each.base}


class Standing:
    """One proposal with its latest revision, seals, objections and people. Each set is one query, when asked."""

    def __init__(self, proposal: Proposal, reader: Any = None) -> None:
        """`reader`: who reads its page, as `accounts.reader` gives them. Of whoever acts, all is asked anew."""
        self.proposal = proposal
        self._members = {reader.pk: reader.in_a_team} if hasattr(reader, "in_a_team") else {}

    @cached_property
    def today(self) -> date:
        return clock.today()

    @cached_property
    def _stamped(self) -> Any:
        if hasattr(self.proposal, "answered"):
            return self.proposal
        return stamped(Proposal.objects.filter(pk=self.proposal.pk)).get()

    @property
    def stamp(self) -> str:
        """What the registry's meaning depends on besides the proposal: the last version, the vocabulary, the day."""
        return meaning.stamp(self._stamped)

    @property
    def has_vocabulary(self) -> bool:
        """Whether conditions have declared words, so that something can be proved of them."""
        return self._stamped.last_vocabulary is not None

    @property
    def revision(self) -> Revision | None:
        """The latest revision: the one that is or was under review."""
        return self.proposal.revision

    @property
    def submitted(self) -> Revision:
        """The latest revision, where the rules have made sure that there is one."""
        assert self.revision is not None, "the rules ask for a revision"
        return self.revision

    @cached_property
    def clauses(self) -> list[Clause]:
        if self.revision is None:
            return []
        clauses = list(self.revision.clauses.select_related("metric", "base__metric"))
        for clause in clauses:
            clause.revision = self.revision
        return clauses

    @cached_property
    def overlay(self) -> dict[str, Wording]:
        """What was submitted, by metric key: the registry as it would be with the whole proposal in force."""
        return {clause.key: clause.wording for clause in self.clauses}

    @property
    def based(self) -> dict[str, Wording]:
        """What those of them that were there before are based on, by metric key."""
        return based_on(self.clauses)

    @cached_property
    def stretches(self) -> list[Stretch]:
        """What was in force of its metrics on the days from which a retroactive correction replaces all of it.

        Of one that has ended, as that was then. None of any other proposal: it replaces what it is based on alone.
        """
        told = self.revision or self.proposal
        if not told.retroactive or told.effective_from is None:
            return []
        return stretches(self.clauses or self.copies, told.effective_from, self.proposal.ended_at)

    @property
    def replaced(self) -> list[Stretch]:
        """Those of other versions than the ones it is based on, which are shown as what it changes."""
        return [each for each in self.stretches if not each.is_base]

    def begins_earlier(self, copy: WorkingCopy) -> bool:
        """Whether the draft of a correction lets its words hold from before the version they are based on began."""
        if not self.proposal.retroactive or copy.base is None:
            return False
        return self.drafted_from < copy.base.effective_from

    def before(self, day: date) -> dict[str, Wording]:
        """What its metrics meant on a day that it is about, by key: a correction changes several versions at once."""
        then = {each.key: each.words for each in self.stretches if each.begins <= day < each.ends}
        return {key: words for key, words in (self.based | then).items() if words is not None}

    def turns(self, span: Span) -> list[date]:
        """The first day of a span on which the proposal holds, and each later one on which it replaces another version.

        A condition that refers to what it changes may be changed by it differently from there on.
        """
        begins = max(self.submitted.effective_from, span.begins)
        return sorted({begins, *(each.begins for each in self.stretches if begins < each.begins < span.ends)})

    @cached_property
    def dependents(self) -> list[Span]:
        """What is in force on its day, or from a later one, of other metrics whose conditions refer to these."""
        if self.revision is None:
            return []
        name = f"dependents:{self.revision.digest}:{self.stamp}"
        found: list[Span] = kept(name, lambda: self.surroundings.referring(self.overlay, Use.CONDITION))
        return found

    @property
    def surroundings(self) -> Spans:
        """What is in force from its day on of all that refers to its metrics, and of all that any of these refer to."""
        return surroundings(self.overlay, self.submitted.effective_from)

    @property
    def judged_keys(self) -> set[str]:
        """The metrics whose example records are judged on its page: its own, and those that refer to them."""
        return {*self.overlay, *(span.key for span in self.dependents)}

    @cached_property
    def copies(self) -> list[WorkingCopy]:
        return list(self.proposal.working_copies.select_related("metric", "base__metric"))

    @property
    def carried(self) -> VocabularyClause | None:
        """The vocabulary that the latest revision carries."""
        return getattr(self.revision, "vocabulary_clause", None)

    @cached_property
    def read_by(self) -> VocabularyClause | VocabularyVersion | None:
        """The vocabulary in which what was submitted is read: what it carries, or once it has ended that of then.

        `None` stands for today's.
        """
        ended_at = self.proposal.ended_at
        return self.carried or (as_of.vocabulary(ended_at) if ended_at else None)

    @property
    def drafted_vocabulary(self) -> VocabularyDraft | None:
        """The vocabulary that is being written in the proposal."""
        return getattr(self.proposal, "vocabulary_draft", None)

    @property
    def drafted_from(self) -> date:
        """The day from which what is being written is to apply; today while none is chosen."""
        return self.proposal.effective_from or self.today

    @property
    def vocabulary_is_behind(self) -> bool:
        """Whether another vocabulary was recorded since the one that the carried one is based on."""
        return self.carried is not None and self.carried.base.number != self._stamped.last_vocabulary

    @cached_property
    def newer_vocabulary(self) -> VocabularyVersion | None:
        """The latest one, where the one being written is based on an earlier."""
        drafted = self.drafted_vocabulary
        latest = VocabularyVersion.objects.first() if drafted else None
        return latest if drafted and latest and latest.pk != drafted.base_id else None

    @property
    def keys(self) -> set[str]:
        """The metrics it concerns, as submitted and as being written."""
        return {clause.key for clause in self.clauses} | {copy.key for copy in self.copies}

    @property
    def called(self) -> dict[str, str]:
        """What its metrics are called, by key, as submitted or else as being written."""
        return {each.key: each.name or each.key for each in self.clauses or self.copies}

    @cached_property
    def contributors(self) -> list[Contributor]:
        return list(self.proposal.contributors.select_related("user"))

    @cached_property
    def contributor_ids(self) -> set[int]:
        return {each.user_id for each in self.contributors}

    @cached_property
    def required_teams(self) -> list[Team]:
        """The teams whose agreement the latest revision needs."""
        if self.revision is None:
            return []
        return [place.team for place in self.revision.places.select_related("team")]

    @cached_property
    def sign_offs(self) -> list[SignOff]:
        """Every seal on the latest revision, whether it still holds or not."""
        if self.revision is None:
            return []
        return list(
            self.revision.sign_offs.select_related(
                "team", "signed_by", "membership__user", "delegation__stand_in", "delegation__membership__user"
            )
        )

    @cached_property
    def seals(self) -> dict[int, SignOff]:
        """By team, the seal that fills its place."""
        return {seal.team_id: seal for seal in self.sign_offs if self._fills(seal)}

    def _fills(self, seal: SignOff) -> bool:
        ended_at = self.proposal.ended_at
        if ended_at is None:
            return seal.holds(self.today)
        if self.proposal.ended_unagreed:
            return seal.held(ended_at)
        return self.break_glass is None or not self.break_glass.went_without(seal)

    @property
    def missing(self) -> list[Team]:
        """The teams whose place is empty."""
        return [team for team in self.required_teams if team.pk not in self.seals]

    @cached_property
    def objections(self) -> list[Objection]:
        return list(self.proposal.objections.select_related("raised_by", "closed_by", "revision"))

    @cached_property
    def answers(self) -> list[ExampleAnswer]:
        """What reviewers said of example records of these metrics, here or where it still holds, oldest first.

        What they said of those that refer to them is among it.
        """
        if not self._stamped.answered:
            return []
        answers = ExampleAnswer.objects.with_entity().holding(self.proposal).filter(key__in=self.judged_keys)
        return list(answers.select_related("answered_by").order_by("pk"))

    @property
    def latest_answers(self) -> list[ExampleAnswer]:
        """The last word on each record."""
        return list({(each.key, each.record_digest): each for each in self.answers}.values())

    @cached_property
    def dismissals(self) -> list[Dismissal]:
        """The advice about its words that was left aside."""
        return list(self.proposal.dismissals.select_related("dismissed_by"))

    @property
    def open_objections(self) -> list[Objection]:
        return [each for each in self.objections if each.is_open]

    @cached_property
    def break_glass(self) -> BreakGlass | None:
        if self.revision is None:
            return None
        return getattr(self.revision, "break_glass", None)

    @property
    def glass_is_asked(self) -> bool:
        """Whether breaking the glass is asked for the place that is empty, by somebody who still may."""
        return self.break_glass is not None and self.asker_may and self.break_glass.team in self.missing

    @property
    def asker_may(self) -> bool:
        """Whether whoever asked to break the glass still is a steward, wrote nothing of it and did not seal it."""
        asker = self.break_glass and self.break_glass.asked_by
        return bool(asker and asker.is_active and asker.is_steward and asker.pk not in self._beyond)

    @property
    def agreed(self) -> dict[int, SignOff]:
        """Who agreed by a seal that fills a place, each with it: one person's agreement fills one place."""
        return {who: seal for seal in self.seals.values() for who in seal.agreed_ids}

    @cached_property
    def _beyond(self) -> set[int]:
        """Who fills no place any more: whoever wrote it, sealed this revision, or agreed to it by a stand-in."""
        return self.contributor_ids | {seal.signed_by_id for seal in self.sign_offs} | self.agreed.keys()

    @cached_property
    def memberships(self) -> list[Membership]:
        """Who belongs to the required teams today; `lent` is the delegation they stand in by, if any.

        Nobody stands in for somebody who wrote the proposal, nor for somebody who agreed for another team: one
        person would agree with themselves by proxy.
        """
        lent = Delegation.objects.active(self.today).filter(
            stand_in=OuterRef("user"), membership__team=OuterRef("team")
        )
        lent = lent.exclude(membership__user__in=self.contributor_ids).order_by("pk")
        for who, seal in self.agreed.items():
            lent = lent.exclude(Q(membership__user=who) & ~Q(membership__team=seal.team_id))
        members = Membership.objects.current().filter(team__in=self.required_teams)
        return list(members.annotate(lent=Subquery(lent.values("pk")[:1])).select_related("user", "team"))

    def is_member(self, user: User) -> bool:
        """Whether `user` belongs to any team, or looks after the registry."""
        if user.pk not in self._members:
            seated = any(seat.user_id == user.pk for seat in self.memberships)
            self._members[user.pk] = seated or Membership.objects.current().filter(user=user).exists()
        return user.is_steward or self._members[user.pk]

    def eligible(self, team: Team) -> list[User]:
        """Who could fill the place of `team`: whoever may sign for it, neither wrote the proposal nor agreed to it."""
        return [user for user in self.signatories(team) if user.pk not in self._beyond]

    def signatories(self, team: Team) -> list[User]:
        """Who may sign for `team` today, stand-ins included."""
        return [seat.user for seat in self.memberships if seat.team_id == team.pk and (seat.holds or _lent(seat))]

    def seat(self, user: User, team: Team) -> Membership | Delegation | None:
        """What lets `user` sign for `team` today: a seat of their own before one they stand in for."""
        own = next((each for each in self.memberships if (each.team_id, each.user_id) == (team.pk, user.pk)), None)
        if own is None or own.holds:
            return own
        lent = _lent(own)
        return Delegation.objects.select_related("membership__user", "stand_in").get(pk=lent) if lent else None

    def lender(self, user: User, team: Team) -> User | None:
        """A signatory of `team` for whom `user` stands in today, whether that lets them sign or not."""
        lent = Delegation.objects.active(self.today).filter(stand_in=user, membership__team=team)
        first = lent.select_related("membership__user").order_by("pk").first()
        return first.membership.user if first else None

    def fillable_by(self, user: User) -> list[Team]:
        """The empty places for which `user` holds a seat."""
        return [team for team in self.missing if self.seat(user, team)]

    @property
    def stale(self) -> list[Clause]:
        """The clauses whose metric has been given a newer version since."""
        new = [clause.key for clause in self.clauses if clause.base is None]
        taken = set(Metric.objects.filter(key__in=new).values_list("key", flat=True)) if new else set()
        return [
            clause
            for clause in self.clauses
            if clause.key in taken or (clause.metric and clause.metric.latest_id != clause.base_id)
        ]

    @cached_property
    def outdated(self) -> list[tuple[WorkingCopy, Definition]]:
        """The working copies whose metric has a newer version than their base, each with that version."""
        keys = [copy.key for copy in self.copies]
        metrics = Metric.objects.filter(key__in=keys).select_related("latest__metric")
        latest = {metric.key: metric.latest for metric in metrics if metric.latest}
        return [
            (copy, latest[copy.key])
            for copy in self.copies
            if copy.key in latest and latest[copy.key].pk != copy.base_id
        ]

    @cached_property
    def mistakable(self) -> list[tuple[Clause, str, Mapping[str, str]]]:
        """The clauses that give a metric a name or synonym of another one: each with the word and that one's names."""
        if self.revision is None:
            return []
        among = {clause.key: clause for clause in self.clauses}
        name = f"mistakable:{self.revision.digest}:{self.stamp}"
        found = kept(name, lambda: [(clause.key, *said) for clause, *said in names.mistakable(self.clauses)])
        return [(among[key], word, twin) for key, word, twin in found]

    @cached_property
    def retirement_troubles(self) -> list[retirement.Trouble]:
        """What the submitted words have to settle, or leave behind, because of something retired."""
        if self.revision is None:
            return []
        return retirement.troubles(self.clauses, self.revision.effective_from, any_retired=self.any_retired)

    @property
    def any_retired(self) -> bool:
        """Whether any metric is retired, or was."""
        return bool(self._stamped.any_retired)

    @property
    def newer_digest(self) -> str:
        """Names what is on the screen when a proposal is brought up to date: the saved draft and all that is newer."""
        newer = [latest.digest for _copy, latest in self.outdated]
        vocabulary = self.newer_vocabulary
        return digest("goi/newer/1", [self.proposal.edits, newer, vocabulary.digest if vocabulary else ""])

    @property
    def date_has_passed(self) -> bool:
        """Whether publishing now would make the effective date retroactive without saying so."""
        revision = self.revision
        return revision is not None and not revision.retroactive and revision.effective_from < self.today


def _lent(seat: Membership) -> int | None:
    return getattr(seat, "lent", None)
