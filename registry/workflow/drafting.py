"""Writing a proposal: starting it, choosing its metrics, saving as one types, inviting others."""

import re
from collections.abc import Callable, Mapping
from datetime import date
from enum import Enum, auto
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from registry import rules, wording
from registry.models import Contributor, Definition, Metric, Proposal, User, WorkingCopy
from registry.refusals import NotPermitted, WrongState
from registry.standing import Standing
from registry.workflow.inputs import optional
from registry.workflow.locking import lock
from registry.workflow.record import Act, verb

KEY = re.compile(r"[a-z][a-z0-9_]{1,59}")
MAX_METRICS = 30


class Unchanged(Enum):
    """Says that a date is left as it is, where `None` takes it away."""

    UNCHANGED = auto()


UNCHANGED = Unchanged.UNCHANGED


@verb
def begin(fill: Callable[[Proposal], object], *, by: User) -> Proposal:
    """A draft with what `fill` puts into it; where that is refused, there is no draft either."""
    proposal = start(by=by)
    fill(proposal)
    return proposal


@verb
def start(*, by: User) -> Proposal:
    """An empty draft, visible to its author alone."""
    rules.require_member(by)
    act = Act("started", by=by)
    proposal = act.save(Proposal(author=by, created_at=act.at))
    act.save(Contributor(proposal=proposal, user=by, invited_by=by, since=act.at, wrote=True))
    act.record(proposal=proposal)
    return proposal


@verb
def add_metric(proposal: Proposal, *, metric: Metric, by: User) -> WorkingCopy:
    """A working copy of the latest version of `metric`, for changing it."""
    latest = _latest(metric)
    return _add(proposal, latest, dict(latest.wording) | {"retired": False, "successor": ""}, by=by)


@verb
def add_new_metric(proposal: Proposal, *, key: str, by: User) -> WorkingCopy:
    """A blank working copy for a metric that does not exist yet. Its key never changes afterwards."""
    key = key.strip()
    if not KEY.fullmatch(key):
        sentence = _("Use lower-case letters, digits and underscores, beginning with a letter: target_lead.")
        raise ValidationError({"key": sentence}, code="bad_key")
    if Metric.objects.filter(key=key).exists():
        sentence = _("A metric with this key exists. Choose another key, or propose a change to that metric.")
        raise ValidationError({"key": sentence}, code="duplicate_key")
    return _add(proposal, None, wording.blank(), key=key, by=by)


@verb
def add_retirement(proposal: Proposal, *, metric: Metric, successor: Metric | None = None, by: User) -> WorkingCopy:
    """A working copy that retires `metric`, naming what people should use instead."""
    latest = _latest(metric)
    ending = {"retired": True, "successor": successor.key if successor else ""}
    return _add(proposal, latest, dict(latest.wording) | ending, by=by)


@verb
def add_restoration(proposal: Proposal, *, version: Definition, by: User) -> WorkingCopy:
    """A working copy with the words of an older version. Publishing it makes a new version."""
    return _add(proposal, _latest(version.metric), dict(version.wording), by=by)


def _latest(metric: Metric) -> Definition:
    latest = Metric.objects.select_related("latest__metric").get(pk=metric.pk).latest
    assert latest is not None, "a metric comes into being with its first version"
    return latest


def _add(
    proposal: Proposal, base: Definition | None, words: wording.Wording, *, by: User, key: str = ""
) -> WorkingCopy:
    standing = lock(proposal)
    rules.require("edit", standing, by=by)
    key = base.metric.key if base else key
    if any(copy.key == key for copy in standing.copies):
        raise WrongState("metric_already_in", _("This metric is part of the proposal already."))
    if len(standing.copies) >= MAX_METRICS:
        sentence = _("A proposal holds at most %(limit)d metrics. Split it into several.") % {"limit": MAX_METRICS}
        raise WrongState("too_many_metrics", sentence)
    act = Act("metric_added", by=by)
    copy = act.save(
        WorkingCopy(
            proposal=standing.proposal,
            key=key,
            metric=base.metric if base else None,
            base=base,
            wording=wording.tidy(words),
        )
    )
    _count_edit(act, standing)
    act.record(proposal=standing.proposal, metrics=[key], detail=_about(copy))
    return copy


@verb
def remove_metric(copy: WorkingCopy, *, by: User) -> None:
    """Take a metric out of the proposal; its working copy stays in the history."""
    standing = lock(copy.proposal)
    rules.require("edit", standing, by=by)
    act = Act("metric_removed", by=by)
    act.delete(WorkingCopy.objects.get(pk=copy.pk))
    _count_edit(act, standing)
    act.record(proposal=standing.proposal, metrics=[copy.key], detail=_about(copy))


def _about(copy: WorkingCopy) -> dict[str, Any]:
    return {"metric": copy.key, "name": {name: copy.wording[name] for name in ("name_ja", "name_en")}}


@verb
def save(
    proposal: Proposal,
    *,
    by: User,
    edits: int | None = None,
    heading: Mapping[str, str] | None = None,
    effective_from: date | Unchanged | None = UNCHANGED,
    retroactive: bool | None = None,
    wordings: Mapping[str, Mapping[str, Any]] | None = None,
) -> Proposal:
    """Keep what was written: `heading` (title and reason), the date, and a wording by metric key; the rest stays.

    `edits` is the count the writer's page began from; if others saved meanwhile, nothing is overwritten and
    `WrongState("edited_meanwhile")` says so. Text may be incomplete; only what deceives is refused, by field.
    Saving what is there already writes nothing.
    """
    standing = lock(proposal)
    rules.require("edit", standing, by=by)
    rules.require_unedited(standing, edits)
    act = Act("draft_saved", by=by)
    heads = _set_heading(standing.proposal, heading or {}, effective_from, retroactive)
    bodies = [_set_wording(act, standing, key, words) for key, words in (wordings or {}).items()]
    changed = [key for key in bodies if key]
    if not (heads or changed):
        return standing.proposal
    if heads:
        act.save(standing.proposal, *heads)
    _count_edit(act, standing)
    _mark_writer(act, standing)
    act.record(proposal=standing.proposal, metrics=changed, detail={"heading": heads})
    return standing.proposal


def _set_heading(
    proposal: Proposal, heading: Mapping[str, str], effective_from: date | Unchanged | None, retroactive: bool | None
) -> list[str]:
    limits = {"title_ja": 120, "title_en": 120, "reason_ja": 5_000, "reason_en": 5_000}
    new: dict[str, Any] = {
        name: optional(value, name, limit=limits[name], lines=name.startswith("reason"))
        for name, value in heading.items()
    }
    if not isinstance(effective_from, Unchanged):
        new["effective_from"] = effective_from
    if retroactive is not None:
        new["retroactive"] = retroactive
    changed = [name for name, value in new.items() if getattr(proposal, name) != value]
    for name in changed:
        setattr(proposal, name, new[name])
    return changed


def _set_wording(act: Act, standing: Standing, key: str, words: Mapping[str, Any]) -> str | None:
    copy = next((each for each in standing.copies if each.key == key), None)
    if copy is None:
        raise WrongState("metric_not_in", _("This metric is no longer part of the proposal. Add it again."))
    new = wording.tidy(dict(copy.wording) | dict(words))
    if problems := wording.unacceptable(new):
        raise ValidationError({f"{key}-{name}": sentences for name, sentences in problems.items()})
    if new == wording.whole(copy.wording):
        return None
    copy.wording = new
    act.save(copy, "wording")
    return key


def _count_edit(act: Act, standing: Standing) -> None:
    standing.proposal.edits += 1
    act.save(standing.proposal, "edits")


def _mark_writer(act: Act, standing: Standing) -> None:
    for contributor in standing.contributors:
        if contributor.user_id == act.by.pk and not contributor.wrote:
            contributor.wrote = True
            act.save(contributor, "wrote")


@verb
def invite(proposal: Proposal, *, user: User, by: User) -> Contributor:
    """Let `user` write along. Who writes along never signs."""
    standing = lock(proposal)
    rules.require("invite", standing, by=by)
    if not (user.is_active and rules.is_member(user)):
        raise NotPermitted(
            "not_a_member", _("Only active members of a team can be invited. Ask a steward to add them to a team.")
        )
    if user.pk in standing.contributor_ids:
        raise WrongState("contributes_already", _("This person contributes already."))
    if any(user.pk in seal.agreed_ids for seal in standing.sign_offs):
        raise WrongState("sealed_already", _("This person has sealed the proposal and cannot write it now."))
    act = Act("invited", by=by)
    contributor = act.save(
        Contributor(
            proposal=standing.proposal,
            user=user,
            invited_by=by,
            since=act.at,
            wrote=standing.revision is not None,
        )
    )
    act.record(proposal=standing.proposal, detail={"user": user.pk}, who_ja=user.name_ja, who_en=user.name_en)
    return contributor


@verb
def uninvite(contributor: Contributor, *, by: User) -> None:
    """Take back an invitation by which nothing was written yet."""
    standing = lock(contributor.proposal)
    rules.require("uninvite", standing, by=by)
    current = Contributor.objects.get(pk=contributor.pk)
    if current.wrote:
        raise WrongState("has_written", _("This person has written in the draft and stays named."))
    act = Act("uninvited", by=by)
    user = current.user
    act.delete(current)
    act.record(proposal=standing.proposal, detail={"user": user.pk}, who_ja=user.name_ja, who_en=user.name_en)
