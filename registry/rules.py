"""Who may do what in which state, and why not: the one table that buttons and guards both read.

Each act is a row of checks, asked in order; the first that refuses gives the sentence. Personal refusals come
before those of the moment, so nobody is told to wait for something they will never be allowed to do.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext as _

from registry import answers, carrying, meaning
from registry.models import Membership, Objection, Proposal, Team, User
from registry.refusals import NotPermitted, Refused, WrongState
from registry.standing import Standing


@dataclass(frozen=True)
class Question:
    """May `by` do this to the proposal of `standing`? The rest says to what in it exactly."""

    standing: Standing
    by: User
    team: Team | None = None
    digest: str | None = None
    objection: Objection | None = None

    @property
    def proposal(self) -> Proposal:
        return self.standing.proposal


type Check = Callable[[Question], Refused | None]


def refusal(
    act: str,
    standing: Standing,
    *,
    by: User,
    team: Team | None = None,
    digest: str | None = None,
    objection: Objection | None = None,
) -> Refused | None:
    """Why `by` may not do `act`, or `None` if they may. Raises `KeyError` for an act that does not exist."""
    question = Question(standing, by, team, digest, objection)
    for check in ACTS[act]:
        if (refused := check(question)) is not None:
            return refused
    return None


def require(
    act: str,
    standing: Standing,
    *,
    by: User,
    team: Team | None = None,
    digest: str | None = None,
    objection: Objection | None = None,
) -> None:
    """Raise the refusal of `act`, if there is one."""
    refused = refusal(act, standing, by=by, team=team, digest=digest, objection=objection)
    if refused is not None:
        raise refused


def require_active(by: User) -> None:
    if (refused := _active(by)) is not None:
        raise refused


def require_member(by: User) -> None:
    """Raise unless `by` belongs to a team or looks after the registry."""
    require_active(by)
    if not is_member(by):
        raise NotPermitted(
            "not_a_member",
            _("Only members of a team can propose and discuss. Ask a steward to add you to your team."),
        )


def require_reader_of_data(by: User) -> None:
    """Raise unless `by` may see what datasets hold: whoever belongs to a team or looks after the registry."""
    require_active(by)
    if not is_member(by):
        raise NotPermitted(
            "not_a_member", _("Only members of a team can see data. Ask a steward to add you to your team.")
        )


def require_steward(by: User) -> None:
    """Raise unless `by` looks after the registry, or is the registry itself."""
    if by.is_system:
        return
    require_active(by)
    if not by.is_steward:
        raise NotPermitted("not_a_steward", _("Only a steward can do this. Ask one of the stewards."))


def require_unedited(standing: Standing, edits: int | None) -> None:
    """Raise unless the draft has been edited as often as on the page that is sent; `None` is a caller without one."""
    if edits is None or edits == standing.proposal.edits:
        return
    sentence = _(
        "This draft was saved meanwhile, by somebody else or by you in another window. "
        "Nothing you typed is lost: see first what was saved."
    )
    raise WrongState("edited_meanwhile", sentence)


def is_member(user: User) -> bool:
    return user.is_steward or Membership.objects.current().filter(user=user).exists()


# Who is asking


def _active(by: User) -> Refused | None:
    if by.is_active:
        return None
    return NotPermitted("inactive", _("This account has been deactivated. Ask a steward if that is a mistake."))


def active(question: Question) -> Refused | None:
    return _active(question.by)


def system(question: Question) -> Refused | None:
    if question.by.is_system:
        return None
    return NotPermitted("system_only", _("Proposals expire by themselves; withdraw or reject it instead."))


def contributor(question: Question) -> Refused | None:
    if question.by.pk in question.standing.contributor_ids:
        return None
    return NotPermitted("not_a_contributor", _("Only its contributors can do this. Ask the author to invite you."))


def author(question: Question) -> Refused | None:
    if question.by.pk == question.proposal.author_id:
        return None
    return NotPermitted("not_the_author", _("Only the author can do this. Ask them in the discussion."))


def no_contributor(question: Question) -> Refused | None:
    if question.by.pk not in question.standing.contributor_ids:
        return None
    return NotPermitted("contributor", _("You helped to write this proposal, so somebody else has to judge it."))


def member(question: Question) -> Refused | None:
    if question.standing.is_member(question.by):
        return None
    return NotPermitted(
        "not_a_member", _("Only members of a team can take part. Ask a steward to add you to your team.")
    )


def steward(question: Question) -> Refused | None:
    if question.by.is_steward:
        return None
    return NotPermitted("not_a_steward", _("Only a steward can do this. Ask one of the stewards."))


def may_see(question: Question) -> Refused | None:
    if question.standing.revision or question.by.pk in question.standing.contributor_ids:
        return None
    return NotPermitted("hidden", _("This draft is only visible to its contributors until it is submitted."))


def holds_seat(question: Question) -> Refused | None:
    teams = [question.team] if question.team else question.standing.required_teams
    if any(question.standing.seat(question.by, team) for team in teams):
        return None
    if question.team:
        sentence = _no_seat(question, question.team)
    else:
        sentence = _("Only a signatory of a team that must agree can do this.")
    return NotPermitted("not_a_signatory", sentence)


def _no_seat(question: Question, team: Team) -> str:
    away = question.standing.lender(question.by, team)
    seal = question.standing.agreed.get(away.pk) if away else None
    if away and seal:
        sentence = _(
            "%(who)s, for whom you stand in, has agreed for %(other)s already, and one person fills one team's place. "
            "Ask another signatory of %(team)s to seal."
        )
        return sentence % {"who": away.name, "other": seal.team.name, "team": team.name}
    if away and away.pk in question.standing.contributor_ids:
        sentence = _(
            "%(who)s, for whom you stand in, helped to write this proposal. Ask another signatory of %(team)s to seal."
        )
        return sentence % {"who": away.name, "team": team.name}
    return _("You are not a signatory of %(team)s today. Ask one of its signatories to seal.") % {"team": team.name}


def raised_it_or_steward(question: Question) -> Refused | None:
    if question.objection and question.by.pk == question.objection.raised_by_id:
        return None
    if question.by.is_steward and question.by.pk not in question.standing.contributor_ids:
        return None
    return NotPermitted(
        "not_your_objection",
        _("Only the person who raised the objection, or a steward who did not write the proposal, can close it."),
    )


def asked_it(question: Question) -> Refused | None:
    asked = question.standing.break_glass
    if asked is None or asked.asked_by_id == question.by.pk:
        return None
    return NotPermitted("not_your_request", _("Only the steward who asked to break the glass can take that back."))


def another_steward(question: Question) -> Refused | None:
    asked = question.standing.break_glass
    if asked is None or asked.asked_by_id != question.by.pk:
        return None
    return NotPermitted("second_steward", _("A second steward has to confirm this. Ask one of the others."))


def has_not_sealed(question: Question) -> Refused | None:
    standing = question.standing
    if question.by.pk not in {*(seal.signed_by_id for seal in standing.sign_offs), *standing.agreed}:
        return None
    seal = standing.agreed.get(question.by.pk)
    if seal and seal.signed_by_id != question.by.pk:
        sentence = _(
            "%(who)s has sealed for %(team)s in your place, and one person fills one team's place. "
            "Ask another signatory to seal."
        ) % {"who": seal.signed_by.name, "team": seal.team.name}
    elif question.by.pk in {seal.signed_by_id for seal in standing.seals.values()}:
        sentence = _("You have already sealed this revision. One person fills one team's place.")
    else:
        sentence = _(
            "Your seal on this revision lapsed with the role you lost, and a person seals a revision only once. "
            "Another signatory can seal it, or the author can revise it."
        )
    return WrongState("sealed_already", sentence)


# What state it is in


def open_(question: Question) -> Refused | None:
    if question.proposal.is_open:
        return None
    return WrongState("ended", _("This proposal has ended and stays as it is. Start a new one instead."))


def draft(question: Question) -> Refused | None:
    if question.standing.revision is None:
        return open_(question)
    return WrongState("submitted", _("This has been submitted, so everyone who wrote it stays named."))


def in_review(question: Question) -> Refused | None:
    if question.proposal.state == Proposal.IN_REVIEW:
        return None
    if question.proposal.state == Proposal.DRAFT:
        return WrongState("draft", _("This is still a draft. It has to be submitted first."))
    return open_(question)


def awaits_seal(question: Question) -> Refused | None:
    """In review; or published by breaking the glass, with this team's place still empty."""
    team = question.team
    if team is not None and team.pk in question.standing.seals:
        return WrongState("place_filled", _("%(team)s has already sealed this revision.") % {"team": team.name})
    if question.proposal.state == Proposal.PUBLISHED and question.standing.missing:
        return None
    return in_review(question)


def as_it_was_on_screen(question: Question) -> Refused | None:
    revision = question.standing.revision
    if question.digest is None or (revision and revision.digest == question.digest):
        return None
    return WrongState("changed", _("This changed while you were reading. See what changed, then decide again."))


def fresh(question: Question) -> Refused | None:
    stale = question.standing.stale if question.proposal.is_open else []
    if not stale:
        return fresh_vocabulary(question)
    return WrongState(
        "stale",
        _("“%(metric)s” has a newer version by now. The author has to bring the proposal up to date first.")
        % {"metric": stale[0].name},
    )


def fresh_vocabulary(question: Question) -> Refused | None:
    if not (question.proposal.is_open and question.standing.vocabulary_is_behind):
        return None
    return WrongState(
        "stale", _("The vocabulary has a newer version by now. The author has to bring the proposal up to date first.")
    )


def vocabulary_fits(question: Question) -> Refused | None:
    """Whatever the carried vocabulary breaks or alters has to be agreed on in the same proposal."""
    left = carrying.left_out(question.standing) if question.proposal.is_open else []
    if not left:
        return None
    return WrongState(
        "alters_definitions",
        _("The vocabulary would also change %(metrics)s. The author has to add that to the proposal.")
        % {"metrics": _(", ").join(left)},
    )


def readable(question: Question) -> Refused | None:
    broken = carrying.unreadable(question.standing) if question.proposal.is_open else []
    return WrongState(broken[0].code, broken[0].for_reviewers) if broken else None


def outdated(question: Question) -> Refused | None:
    """What is brought up to date are the working copies, whatever was submitted."""
    if question.standing.outdated or question.standing.newer_vocabulary:
        return None
    return WrongState("not_stale", _("The proposal is up to date; there is nothing to bring in."))


def date_stands(question: Question) -> Refused | None:
    if not (question.proposal.is_open and question.standing.date_has_passed):
        return None
    return WrongState(
        "date_passed", _("The date has passed: choose a new one, so that nothing applies to the past by waiting.")
    )


def unmistakable(question: Question) -> Refused | None:
    """Another metric of that name or synonym may have been published since the proposal was submitted."""
    found = question.standing.mistakable if question.proposal.is_open else []
    if not found:
        return None
    _clause, word, twin = found[0]
    sentence = _("“%(word)s” looks like a name or synonym of “%(other)s”. The author has to choose another word.")
    return WrongState("look_alike", sentence % {"word": word, "other": twin[meaning.language()]})


def in_use(question: Question) -> Refused | None:
    """What it is made of, or points to, may have been retired since; what it retires may be needed by now."""
    found = [each for each in question.standing.retirement_troubles if each.blocks] if question.proposal.is_open else []
    return WrongState(found[0].code, found[0].for_reviewers) if found else None


def undisputed(question: Question) -> Refused | None:
    count = len(question.standing.open_objections)
    if not (count and question.proposal.is_open):
        return None
    return WrongState(
        "objection_open",
        _("An objection is still open. It has to be closed before the last seal publishes this."),
    )


def examples_agree(question: Question) -> Refused | None:
    """An example that was judged otherwise than the new condition judges it has to be settled first."""
    wrong = answers.contradicted(question.standing) if question.proposal.is_open else []
    if not wrong:
        return None
    return WrongState(
        "example_fails",
        _(
            "An example record was judged otherwise than “%(metric)s” would count it. "
            "Change the answer or the condition first."
        )
        % {"metric": wrong[0][1]},
    )


def undisputed_if_last(question: Question) -> Refused | None:
    """Earlier seals may be pressed while an objection is open; the one that would publish may not."""
    others = [team for team in question.standing.missing if question.team and team.pk != question.team.pk]
    return None if others else undisputed(question)


def objection_open(question: Question) -> Refused | None:
    if question.objection and question.objection.is_open:
        return None
    return WrongState("objection_closed", _("This objection is closed already. Reload the page to see how."))


def one_place_missing(question: Question) -> Refused | None:
    missing = question.standing.missing
    if len(missing) == 1 and len(question.standing.required_teams) > 1:
        return None
    return WrongState(
        "more_than_one_missing",
        _("Breaking the glass stands in for one missing seal. All other teams have to seal first."),
    )


def glass_whole(question: Question) -> Refused | None:
    if not question.standing.glass_is_asked:
        return None
    return WrongState("glass_asked", _("A steward has asked for this already. A second one can confirm it."))


def glass_asked(question: Question) -> Refused | None:
    if question.standing.glass_is_asked:
        return None
    asked = question.standing.break_glass
    if asked is not None and question.standing.asker_may:
        sentence = _("%(team)s has sealed by now. If another seal is missing, a steward has to ask anew for that one.")
        return WrongState("asked_for_another", sentence % {"team": asked.team.name})
    if asked is not None:
        sentence = _("Whoever asked to break the glass may not any more. Another steward has to ask anew.")
        return WrongState("asker_gone", sentence)
    return WrongState("glass_whole", _("No steward has asked to break the glass. One asks, another confirms."))


# What has to hold of the words and the day for every seal, and again for the publication that follows the last one.
STANDS: tuple[Check, ...] = (fresh, vocabulary_fits, readable, unmistakable, in_use, date_stands, examples_agree)

ACTS: dict[str, tuple[Check, ...]] = {
    "edit": (active, contributor, member, open_),
    "invite": (active, author, open_),
    "uninvite": (active, author, draft),
    "carry_vocabulary": (active, contributor, steward, open_),
    "submit": (active, contributor, member, open_),
    "rebase": (active, contributor, member, open_, outdated),
    "dismiss": (active, contributor, member, open_),
    "withdraw": (active, author, open_),
    "comment": (active, member, may_see, open_),
    "object": (active, member, no_contributor, in_review, as_it_was_on_screen),
    "answer_example": (active, member, no_contributor, in_review),
    "close_objection": (active, raised_it_or_steward, open_, objection_open),
    "sign_off": (
        active,
        no_contributor,
        holds_seat,
        awaits_seal,
        has_not_sealed,
        as_it_was_on_screen,
        *STANDS,
        undisputed_if_last,
    ),
    "reject": (active, no_contributor, in_review, holds_seat, as_it_was_on_screen),
    "expire": (system, open_),
    "ask_break_glass": (
        active,
        steward,
        no_contributor,
        in_review,
        has_not_sealed,
        glass_whole,
        one_place_missing,
        as_it_was_on_screen,
        *STANDS,
        undisputed,
    ),
    "take_back_break_glass": (active, asked_it, in_review, glass_asked),
    "confirm_break_glass": (
        active,
        steward,
        no_contributor,
        in_review,
        has_not_sealed,
        glass_asked,
        another_steward,
        as_it_was_on_screen,
        one_place_missing,
        *STANDS,
        undisputed,
    ),
}
