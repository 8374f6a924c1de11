"""What is derived from a version when it is published: the span it is in force for, and what it is built from.

One place for the workflow that writes these rows and for the verification that compares them.
"""

from collections.abc import Mapping

from registry import conditions_syntax, text, wording
from registry.models import FOREVER, STILL_KNOWN, Definition, InForce, Stage, Team, Use


def span(version: Definition, *, sealed: bool, stages: Mapping[str, Stage], teams: Mapping[str, Team]) -> InForce:
    """The span that publishing the version adds, not saved. `stages` and `teams` are by key."""
    words = version.wording
    return InForce(
        definition=version,
        metric=version.metric,
        key=version.metric.key,
        stage=stages[words["stage"]],
        producer=teams[words["producer"]],
        judge=teams[words["judge"]],
        rank=list(wording.KINDS).index(words["kind"]),
        retired=words["retired"],
        sealed=sealed,
        look_ja=text.skeleton(words["name_ja"]),
        look_en=text.skeleton(words["name_en"]),
        search_text=wording.searchable(words, version.metric.key),
        valid_from=version.effective_from,
        valid_to=FOREVER,
        known_from=version.recorded_at,
        known_to=STILL_KNOWN,
    )


def uses(version: Definition) -> set[tuple[str, str]]:
    """The metrics that the version is built from or names, each with how."""
    words = version.wording
    found = {(key, Use.CONDITION) for key in conditions_syntax.referred_to(words)}
    found |= {(key, Use.FORMULA) for key in conditions_syntax.made_of(words)}
    return found | {(term["key"], Use.TEXT) for term in version.terms}
