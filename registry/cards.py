"""The cards of the glossary. A version never changes, so its card is drawn once per language and kept."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.core.cache import cache
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from registry.models import Clause, Definition, InForce, Proposal


@dataclass(frozen=True)
class Card:
    """A drawn card with what may differ from one moment to the next around it."""

    key: str
    body: SafeString
    row: SafeString
    calculated: bool
    retired: bool
    sealed: bool
    open: bool


def draw(spans: Sequence[InForce]) -> dict[int, Card]:
    """The card of each span, by its id. At most three queries, none for versions that are kept."""
    language = get_language() or "ja"
    names = {span.pk: f"card:{language}:{span.definition_id}:{span.sealed:d}" for span in spans}
    kept = cache.get_many(names.values())
    missing = [span for span in spans if names[span.pk] not in kept]
    if missing:
        drawn = _draw_anew(missing)
        fresh = {names[span.pk]: drawn[span.definition_id] for span in missing}
        cache.set_many(fresh)
        kept |= fresh
    open_keys = _open_keys(spans)
    return {span.pk: _card(span, kept[names[span.pk]], open_keys) for span in spans}


def _card(span: InForce, bodies: tuple[str, str], open_keys: set[str]) -> Card:
    return Card(
        key=span.key,
        body=SafeString(bodies[0]),
        row=SafeString(bodies[1]),
        calculated=span.rank == 2,
        retired=span.retired,
        sealed=span.sealed,
        open=span.key in open_keys,
    )


def _draw_anew(spans: Sequence[InForce]) -> dict[int, tuple[str, str]]:
    definitions = Definition.objects.select_related("revision").prefetch_related("revision__sign_offs__team")
    by_pk = definitions.in_bulk([span.definition_id for span in spans])
    return {pk: _bodies(definition) for pk, definition in by_pk.items()}


def _bodies(definition: Definition) -> tuple[str, str]:
    context = {"definition": definition, "sign_offs": definition.revision.sign_offs.all()}
    return tuple(  # type: ignore[return-value]
        str(render_to_string(f"glossary/{name}.html", context)) for name in ("card_body", "row_body")
    )


def _open_keys(spans: Sequence[InForce]) -> set[str]:
    """Those of the shown metrics that a proposal in review would change."""
    latest = Proposal.objects.in_review().values("revision")
    keys = [span.key for span in spans]
    return set(Clause.objects.filter(key__in=keys, revision__in=latest).values_list("key", flat=True))
