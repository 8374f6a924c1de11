"""The cards of the glossary. A version never changes, so its card is drawn once per language and kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.core.cache import cache
from django.db.models import Prefetch
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from registry.models import Clause, Definition, InForce, Proposal, SignOff, Team


@dataclass(frozen=True)
class Card:
    """A drawn card with what may differ from one moment to the next around it."""

    span: InForce
    name: str
    summary: SafeString
    version: SafeString
    seals: SafeString
    open: bool

    @property
    def calculated(self) -> bool:
        return self.span.rank == 2


def draw(
    spans: Sequence[InForce], teams: Sequence[Team], *, known: datetime | None = None, outside: bool = False
) -> dict[int, Card]:
    """The card of each span, by its id. Three queries, or one where every version is kept.

    `teams` are all teams as they are to be named: their names and marks stand on the seals, so a renamed team
    draws anew. Seals pressed after `known` are left out. To a reader `outside`, nothing says that a proposal is open.
    """
    look = hash((known, *((team.pk, team.name, team.mark) for team in teams)))
    language = get_language() or "ja"
    names = {span.pk: f"card:{language}:{look}:{span.definition_id}:{span.sealed:d}" for span in spans}
    kept = cache.get_many(names.values())
    missing = [span for span in spans if names[span.pk] not in kept]
    if missing:
        drawn = _draw_anew(missing, {team.pk: team for team in teams}, known)
        fresh = {names[span.pk]: drawn[span.definition_id] for span in missing}
        cache.set_many(fresh)
        kept |= fresh
    open_keys = set() if outside else _open_keys(spans)
    return {span.pk: _card(span, kept[names[span.pk]], open_keys) for span in spans}


def _card(span: InForce, drawn: tuple[str, ...], open_keys: set[str]) -> Card:
    name, summary, version, seals = drawn
    return Card(span, name, SafeString(summary), SafeString(version), SafeString(seals), open=span.key in open_keys)


def _draw_anew(
    spans: Sequence[InForce], teams: Mapping[int, Team], known: datetime | None
) -> dict[int, tuple[str, ...]]:
    seals = Prefetch("revision__sign_offs", SignOff.objects.counted())
    definitions = Definition.objects.select_related("revision").prefetch_related(seals)
    by_pk = definitions.in_bulk([span.definition_id for span in spans])
    return {pk: _parts(definition, teams, known) for pk, definition in by_pk.items()}


def _parts(definition: Definition, teams: Mapping[int, Team], known: datetime | None) -> tuple[str, ...]:
    pressed = [seal for seal in definition.revision.sign_offs.all() if known is None or seal.signed_at <= known]
    for seal in pressed:
        seal.team = teams[seal.team_id]
    context = {"definition": definition, "sign_offs": sorted(pressed, key=lambda seal: seal.team_id)}
    parts = (f"glossary/card.html#{part}" for part in ("summary", "version", "seals"))
    return definition.name, *(str(render_to_string(part, context)).strip() for part in parts)


def _open_keys(spans: Sequence[InForce]) -> set[str]:
    """Those of the shown metrics that a proposal in review would change."""
    latest = Proposal.objects.in_review().values("revision")
    keys = [span.key for span in spans]
    return set(Clause.objects.filter(key__in=keys, revision__in=latest).values_list("key", flat=True))
