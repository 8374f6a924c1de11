"""Looking after people, teams and stages. Stewards do it; the registry's own account does it at set-up."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from registry import clock, rules, text
from registry.models import Delegation, Membership, Stage, Team, User
from registry.refusals import NotPermitted, WrongState
from registry.workflow.inputs import optional, written
from registry.workflow.locking import locked
from registry.workflow.record import Act, verb

MAX_NAME = 60
OWN_FIELDS = ("name_ja", "name_en", "email", "language", "shortcuts")


@transaction.atomic
def open_registry(system: User) -> User:
    """The first act of a registry: its own account, by itself. Nobody can have acted before."""
    act = Act("opened", by=system)
    system.joined_at = act.at
    system.set_unusable_password()
    act.save(system)
    act.record()
    return system


@verb
def register(user: User, *, by: User, password: str = "") -> User:
    """A new person. Without a password they cannot sign in until a steward gives them one."""
    rules.require_steward(by)
    act = Act("registered", by=by)
    user.joined_at = act.at
    user.set_password(password or None)
    _tidy_names(user)
    user.full_clean(exclude=["password"])
    _require_name(user)
    act.save(user)
    act.record(detail={"user": user.pk}, who_ja=user.name_ja, who_en=user.name_en)
    return user


def _tidy_names(record: User | Team | Stage) -> None:
    """Names and marks are made tidy and refused where they deceive, whoever sends them."""
    for name in ("name_ja", "name_en", "mark_ja", "mark_en"):
        if hasattr(record, name):
            limit = getattr(record._meta.get_field(name), "max_length", None) or MAX_NAME
            setattr(record, name, optional(getattr(record, name), name, limit=limit, lines=False))


def _require_name(user: User) -> None:
    if not (user.name_ja or user.name_en):
        raise ValidationError({"name_ja": _("Write the name in at least one language.")}, code="required")


@verb
def change_profile(user: User, *, by: User, values: Mapping[str, Any]) -> User:
    """Change name, address, language or shortcuts: one's own, or anybody's as a steward."""
    if by.pk != user.pk:
        rules.require_steward(by)
    rules.require_active(by)
    current = locked(User.objects.all()).get(pk=user.pk)
    _require_not_erased(current)
    changed = [name for name in OWN_FIELDS if name in values and getattr(current, name) != values[name]]
    if not changed:
        return current
    for name in changed:
        setattr(current, name, values[name])
    _tidy_names(current)
    current.full_clean(exclude=["password"])
    _require_name(current)
    act = Act("profile_changed", by=by)
    act.save(current, *changed)
    act.record(detail={"user": user.pk, "fields": changed}, who_ja=current.name_ja, who_en=current.name_en)
    return current


@verb
def change_password(user: User, *, by: User, password: str) -> User:
    """One's own password, or as a steward somebody's first or forgotten one."""
    if by.pk != user.pk:
        rules.require_steward(by)
    current = locked(User.objects.all()).get(pk=user.pk)
    current.set_password(password)
    act = Act("password_changed", by=by)
    act.save(current, "password")
    act.record(detail={"user": user.pk}, who_ja=current.name_ja, who_en=current.name_en)
    return current


@verb
def appoint_steward(user: User, *, by: User, steward: bool = True) -> User:
    """Make somebody a steward, or no longer one. The last steward stays."""
    rules.require_steward(by)
    stewards = list(locked(User.objects.all()).filter(is_steward=True, is_active=True).order_by("pk"))
    current = locked(User.objects.all()).get(pk=user.pk)
    if current.is_steward == steward:
        return current
    if not current.is_active:
        raise WrongState("inactive", _("This account is deactivated. Reactivate it first."))
    if not steward:
        _require_another_steward(stewards, current)
    current.is_steward = steward
    act = Act("steward_appointed" if steward else "steward_released", by=by)
    act.save(current, "is_steward")
    act.record(detail={"user": user.pk}, who_ja=current.name_ja, who_en=current.name_en)
    return current


def _require_another_steward(stewards: list[User], leaving: User) -> None:
    if not [each for each in stewards if each.pk != leaving.pk]:
        raise WrongState("last_steward", _("This is the only steward. Appoint another one first."))


@verb
def deactivate(user: User, *, by: User) -> User:
    """Close the account and end its memberships. Seals it gave to proposals in review no longer hold."""
    rules.require_steward(by)
    stewards = list(locked(User.objects.all()).filter(is_steward=True, is_active=True).order_by("pk"))
    current = locked(User.objects.all()).get(pk=user.pk)
    if not current.is_active:
        raise WrongState("inactive", _("This account is deactivated already."))
    if current.is_steward:
        _require_another_steward(stewards, current)
    act = Act("deactivated", by=by)
    for membership in locked(current.memberships.filter(until=None)).order_by("pk"):
        _end_membership(act, membership)
    current.is_active = current.is_steward = False
    act.save(current, "is_active", "is_steward")
    act.record(detail={"user": user.pk}, who_ja=current.name_ja, who_en=current.name_en)
    return current


@verb
def reactivate(user: User, *, by: User) -> User:
    """Open the account again, in no team and with no role."""
    rules.require_steward(by)
    current = locked(User.objects.all()).get(pk=user.pk)
    if current.is_active or current.is_system:
        raise WrongState("active", _("This account is active already."))
    _require_not_erased(current)
    current.is_active = True
    act = Act("reactivated", by=by)
    act.save(current, "is_active")
    act.record(detail={"user": user.pk}, who_ja=current.name_ja, who_en=current.name_en)
    return current


def _require_not_erased(user: User) -> None:
    """The number that stays in the record would be tied to a name again."""
    if user.is_erased:
        sentence = _("The personal data of this account were erased, so it stays closed. Register the person anew.")
        raise WrongState("erased", sentence)


@verb
def add_team(team: Team, *, by: User) -> Team:
    rules.require_steward(by)
    return _keep(team, Act("team_added", by=by), team=team)


@verb
def change_team(team: Team, *, by: User) -> Team:
    """Keep new names or marks. The key stays, since agreements name it."""
    rules.require_steward(by)
    return _keep(team, Act("team_changed", by=by), "name_ja", "name_en", "mark_ja", "mark_en", team=team)


@verb
def add_stage(stage: Stage, *, by: User) -> Stage:
    rules.require_steward(by)
    return _keep(stage, Act("stage_added", by=by))


@verb
def change_stage(stage: Stage, *, by: User) -> Stage:
    """Keep new names or a new position. The key stays, since definitions name it."""
    rules.require_steward(by)
    return _keep(stage, Act("stage_changed", by=by), "name_ja", "name_en", "position")


def _keep[G: (Team, Stage)](record: G, act: Act, *fields: str, team: Team | None = None) -> G:
    _tidy_names(record)
    record.full_clean()
    _require_own_names(record)
    act.save(record, *fields)
    detail = {"key": record.key, "name_ja": record.name_ja, "name_en": record.name_en}
    act.record(team=team, detail=detail)
    return record


def _require_own_names(record: Team | Stage) -> None:
    """Nobody should take the seal of one team for another's, nor one stage of the map for the next."""
    others: list[Any] = list(type(record).objects.exclude(pk=record.pk))
    for name in ("name_ja", "name_en"):
        said = getattr(record, name)
        if sentence := text.mixed_script(said):
            raise ValidationError({name: sentence}, code="mixed_script")
        for other in others:
            if text.skeleton(said) in {text.skeleton(other.name_ja), text.skeleton(other.name_en)}:
                sentence = _("This looks like the name of “%(other)s”. Choose one that nobody can mistake.")
                raise ValidationError({name: sentence % {"other": other.name}}, code="look_alike")


@verb
def join(team: Team, *, user: User, role: str, by: User) -> Membership:
    """Give `user` a place in `team`; another role there ends with it."""
    rules.require_steward(by)
    if not user.is_active:
        raise NotPermitted("inactive", _("This account is deactivated. Reactivate it first."))
    if role not in dict(Membership.ROLES):
        raise ValidationError({"role": _("Choose member or signatory.")}, code="bad_role")
    held = locked(Membership.objects.all()).filter(team=team, user=user, until=None).first()
    if held and held.role == role:
        return held
    act = Act("joined", by=by)
    if held:
        held.until = act.at
        act.save(held, "until")
    membership = act.save(Membership(team=team, user=user, role=role, since=act.at))
    act.record(team=team, detail={"user": user.pk, "role": role}, who_ja=user.name_ja, who_en=user.name_en)
    return membership


@verb
def leave(membership: Membership, *, by: User) -> Membership:
    """End a place in a team. Seals given from it to proposals in review no longer hold."""
    rules.require_steward(by)
    current = locked(Membership.objects.all()).select_related("user", "team").get(pk=membership.pk)
    if current.until:
        raise WrongState("left", _("This membership has ended already."))
    act = Act("left", by=by)
    _end_membership(act, current)
    user = current.user
    act.record(team=current.team, detail={"user": user.pk}, who_ja=user.name_ja, who_en=user.name_en)
    return current


def _end_membership(act: Act, membership: Membership) -> None:
    """Close it, and with it what the person stood in for in that team."""
    membership.until = act.at
    act.save(membership, "until")
    lent = Delegation.objects.filter(stand_in=membership.user, membership__team=membership.team, withdrawn_at=None)
    for delegation in locked(lent).order_by("pk"):
        delegation.withdrawn_at = act.at
        act.save(delegation, "withdrawn_at")


@verb
def delegate(
    membership: Membership, *, stand_in: User, starts_on: date, ends_on: date, reason: str, by: User
) -> Delegation:
    """Let a member of the same team sign during a dated absence. By the signatory, or a steward.

    The reason tells of a person, so it stands in the event alone, where it can be erased.
    """
    if by.pk != membership.user_id:
        rules.require_steward(by)
    rules.require_active(by)
    membership = locked(Membership.objects.all()).select_related("user", "team").get(pk=membership.pk)
    _require_fit(membership, stand_in, starts_on, ends_on)
    act = Act("delegated", by=by, reason=written(reason, "reason", limit=400))
    delegation = act.save(Delegation(membership=membership, stand_in=stand_in, starts_on=starts_on, ends_on=ends_on))
    act.record(
        team=membership.team,
        detail={"delegation": delegation.pk, "from": starts_on.isoformat(), "to": ends_on.isoformat()},
        who_ja=stand_in.name_ja,
        who_en=stand_in.name_en,
    )
    return delegation


def _require_fit(membership: Membership, stand_in: User, starts_on: date, ends_on: date) -> None:
    if not membership.holds:
        raise WrongState("not_a_signatory", _("Only a signatory's place can be delegated."))
    if ends_on < starts_on or ends_on < clock.today():
        sentence = _("The last day must not lie before the first, nor in the past. Choose other days.")
        raise ValidationError({"ends_on": sentence}, code="bad_dates")
    in_team = Membership.objects.current().filter(team=membership.team, user=stand_in).exists()
    if stand_in.pk == membership.user_id or not in_team:
        sentence = _("Choose another active member of the same team.")
        raise ValidationError({"stand_in": sentence}, code="bad_stand_in")
    same = {"stand_in": stand_in, "starts_on": starts_on, "ends_on": ends_on, "withdrawn_at": None}
    if membership.delegations.filter(**same).exists():
        sentence = _("This person stands in on these days already. Choose other days or another person.")
        raise ValidationError({"stand_in": sentence}, code="stands_in_already")


@verb
def end_delegation(delegation: Delegation, *, by: User) -> Delegation:
    """Take a delegation back early."""
    current = locked(Delegation.objects.all()).select_related("membership__team", "stand_in").get(pk=delegation.pk)
    if by.pk != current.membership.user_id:
        rules.require_steward(by)
    rules.require_active(by)
    if current.withdrawn_at:
        raise WrongState("delegation_ended", _("This delegation has been taken back already."))
    act = Act("delegation_ended", by=by)
    current.withdrawn_at = act.at
    act.save(current, "withdrawn_at")
    act.record(
        team=current.membership.team,
        detail={"delegation": current.pk},
        who_ja=current.stand_in.name_ja,
        who_en=current.stand_in.name_en,
    )
    return current
