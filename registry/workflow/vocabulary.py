"""Keeping the declared words: a steward's act that must not change what anybody agreed to."""

from collections.abc import Iterator

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from registry import clock, meaning, rules
from registry.conditions import ConditionError, Vocabulary, VocabularyError, parse
from registry.conditions.tree import Field, walk
from registry.ledger.canonical import digest
from registry.models import InForce, User, VocabularyVersion
from registry.models.metrics import STILL_KNOWN
from registry.refusals import WrongState
from registry.workflow.inputs import written
from registry.workflow.locking import locked
from registry.workflow.record import Act, verb

MAX_SOURCE = 500_000


@verb
def change_vocabulary(source: str, *, by: User, reason: str) -> VocabularyVersion:
    """Record the next version of the vocabulary (YAML).

    Refused with the names of the definitions, in force now or later, that it would break or alter: what they
    say was agreed, so it changes by a proposal.
    """
    rules.require_steward(by)
    source = source.replace("\r\n", "\n").strip() + "\n"
    new = read(source)
    last = locked(VocabularyVersion.objects.all()).first()
    if last and last.source == source:
        raise WrongState("identical", _("Nothing differs from the vocabulary in force."))
    touched = sorted(set(altered(meaning.vocabulary(), new))) if last else []
    if touched:
        sentence = _(
            "This would change what is agreed about: %(metrics)s. "
            "Propose new definitions for them first, then change the vocabulary."
        )
        raise WrongState("alters_definitions", sentence % {"metrics": _(", ").join(touched)})
    act = Act("vocabulary_changed", by=by, reason=written(reason, "reason"))
    version = act.save(
        VocabularyVersion(
            number=last.number + 1 if last else 1,
            source=source,
            digest=digest("goi/vocabulary/1", source),
            recorded_by=by,
            recorded_at=act.at,
            reason=act.reason,
        )
    )
    act.record(detail={"number": version.number, "digest": version.digest})
    return version


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


def altered(old: Vocabulary | None, new: Vocabulary) -> Iterator[str]:
    """The names of definitions, in force now or later, that `new` breaks or whose words it redefines.

    Labels, typical values and examples redefine nothing; type, values, bounds, blanks, links and the time
    zone do, wherever a condition looks at them.
    """
    spans = InForce.objects.filter(known_to=STILL_KNOWN, valid_to__gt=clock.today(), retired=False)
    for wording in spans.values_list("definition__wording", flat=True).iterator():
        if wording["condition"] and old is not None and _differs(wording, old, new):
            yield wording[f"name_{meaning.language()}"]


def _differs(wording: meaning.Wording, old: Vocabulary, new: Vocabulary) -> bool:
    metrics = meaning.agreed([wording["condition"]])
    try:
        before = parse(wording["condition"], old, wording["counts"], metrics)
    except ConditionError:
        return False  # it does not check today either, so nothing proved depends on it
    try:
        after = parse(wording["condition"], new, wording["counts"], metrics)
    except ConditionError:
        return True
    return before != after or _types(before) != _types(after) or old.time_zone != new.time_zone


def _types(tree: object) -> list[object]:
    return [node.type for node in walk(tree) if isinstance(node, Field)]  # type: ignore[arg-type]
