"""Keeping the declared words: a steward's act that must not change what anybody agreed to."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from registry import carrying, meaning, rules
from registry.conditions import Vocabulary, VocabularyError
from registry.models import Metric, Proposal, User, VocabularyDraft, VocabularyVersion
from registry.models.vocabulary import vocabulary_digest
from registry.refusals import WrongState
from registry.standing import Standing
from registry.workflow.inputs import written
from registry.workflow.locking import lock, lock_vocabulary, locked
from registry.workflow.record import Act, verb

MAX_SOURCE = 500_000


@verb
def change_vocabulary(source: str, *, by: User, reason: str) -> VocabularyVersion:
    """Record the next version of the vocabulary (YAML).

    Refused with the names of the definitions, in force now or later, that it would break or alter: what they
    say was agreed, so it changes by a proposal that carries both.
    """
    rules.require_steward(by)
    source = tidy(source)
    new = read(source)
    last = lock_vocabulary()
    if last and last.source == source:
        raise WrongState("identical", _("Nothing differs from the vocabulary in force."))
    list(locked(Metric.objects.order_by("pk")))  # No definition is published while what is in force is looked at.
    touched = carrying.altered(meaning.declared_by(last.source), new) if last else {}
    if touched:
        sentence = _(
            "This would change what is agreed about: %(metrics)s. "
            "Propose the vocabulary together with new definitions for them."
        )
        names = sorted(words[f"name_{meaning.language()}"] for words in touched.values())
        raise WrongState("alters_definitions", sentence % {"metrics": _(", ").join(names)})
    act = Act("vocabulary_changed", by=by, reason=written(reason, "reason"))
    version = record(act, number=last.number + 1 if last else 1, source=source, reason=act.reason)
    act.record(detail={"number": version.number, "digest": version.digest})
    return version


def record(act: Act, *, number: int, source: str, reason: str) -> VocabularyVersion:
    """Write the next version as part of an act."""
    return act.save(
        VocabularyVersion(
            number=number,
            source=source,
            digest=vocabulary_digest(source),
            recorded_by=act.by,
            recorded_at=act.at,
            reason=reason,
        )
    )


def tidy(source: str) -> str:
    return source.replace("\r\n", "\n").strip() + "\n"


def read(source: str) -> Vocabulary:
    """The vocabulary a YAML text declares. Raises `ValidationError` with every promise it breaks."""
    if len(source) > MAX_SOURCE:
        sentence = _("The vocabulary is longer than %(limit)d characters. Shorten labels or examples.")
        raise ValidationError({"source": sentence % {"limit": MAX_SOURCE}}, code="too_long")
    try:
        return Vocabulary.from_yaml(source)
    except VocabularyError as error:
        language = meaning.language()
        raise ValidationError({"source": [each.message(language) for each in error.problems]}) from error


@verb
def carry(proposal: Proposal, *, source: str, by: User, edits: int | None = None) -> VocabularyDraft:
    """Let the proposal carry this vocabulary, to be agreed on and published together with its definitions.

    `edits` as in `drafting.save`. Saving what is there already writes nothing.
    """
    standing = lock(proposal)
    rules.require("carry_vocabulary", standing, by=by)
    rules.require_unedited(standing, edits)
    source = tidy(source)
    read(source)
    drafted = standing.drafted_vocabulary
    if drafted and drafted.source == source:
        return drafted
    act = Act("vocabulary_carried", by=by)
    if drafted:
        drafted.source = source
        act.save(drafted, "source")
    else:
        base = VocabularyVersion.objects.first()
        if base is None:
            sentence = _("No vocabulary has been declared yet. A steward records the first one without a proposal.")
            raise WrongState("no_vocabulary", sentence)
        drafted = act.save(VocabularyDraft(proposal=standing.proposal, base=base, source=source))
    _count_edit(act, standing)
    act.record(proposal=standing.proposal, metrics=standing.keys, detail={"number": drafted.number})
    return drafted


@verb
def leave_out(proposal: Proposal, *, by: User) -> None:
    """Take the vocabulary out of the proposal; its text stays in the history."""
    standing = lock(proposal)
    rules.require("carry_vocabulary", standing, by=by)
    drafted = standing.drafted_vocabulary
    if drafted is None:
        raise WrongState("no_vocabulary", _("This proposal carries no vocabulary. Reload the page."))
    act = Act("vocabulary_left_out", by=by)
    act.delete(drafted)
    _count_edit(act, standing)
    act.record(proposal=standing.proposal, metrics=standing.keys)


def _count_edit(act: Act, standing: Standing) -> None:
    standing.proposal.edits += 1
    act.save(standing.proposal, "edits")
    for contributor in standing.contributors:
        if contributor.user_id == act.by.pk and not contributor.wrote:
            contributor.wrote = True
            act.save(contributor, "wrote")
