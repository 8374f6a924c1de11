"""The advice about a proposal's words, and what its contributors left aside with a reason. Never a gate."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from registry import clock, meaning, prose, telling, wording
from registry.engine import kept
from registry.ledger.canonical import digest
from registry.models import Clause, Dismissal, InForce, WorkingCopy
from registry.prose import Finding
from registry.standing import Standing
from registry.wording import Wording


@dataclass(frozen=True)
class Advice:
    """One finding about a metric's words, with the reason for which it was left aside, if it was."""

    key: str
    metric: str
    finding: Finding
    dismissal: Dismissal | None

    @property
    def sentence(self) -> str:
        return self.finding.message(meaning.language())

    @property
    def name(self) -> str:
        """Names it in an address."""
        return f"{self.key}.{self.finding.field}.{self.finding.digest}"

    @property
    def place(self) -> str:
        """The name of the form's field it is about."""
        return f"{self.key}-{self.finding.field}"


def submitted(standing: Standing) -> list[Advice]:
    """About the words under review."""
    return _about(standing, standing.clauses)


def written(standing: Standing) -> list[Advice]:
    """About the words as they are being written."""
    return _about(standing, standing.copies)


def by_place(advice: Iterable[Advice]) -> dict[str, list[Advice]]:
    """What is not left aside, by the name of the form's field."""
    found: dict[str, list[Advice]] = {}
    for each in advice:
        if each.dismissal is None:
            found.setdefault(each.place, []).append(each)
    return found


def _about(standing: Standing, worded: Sequence[Clause] | Sequence[WorkingCopy]) -> list[Advice]:
    overlay = {each.key: each.wording for each in worded}
    given = [
        (each, found) for each in worded if not each.wording["retired"] for found in _found(each, overlay, standing)
    ]
    aside = {(each.key, each.field, each.passage): each for each in standing.dismissals} if given else {}
    return [
        Advice(each.key, each.name or each.key, found, aside.get((each.key, found.field, found.digest)))
        for each, found in given
    ]


def _found(worded: Clause | WorkingCopy, overlay: Mapping[str, Wording], standing: Standing) -> list[Finding]:
    """Kept by the words and the stamp of the registry: the same words in the same registry read the same."""
    base = worded.base.wording if worded.base else None
    carried = standing.carried if isinstance(worded, Clause) else standing.drafted_vocabulary
    on = worded.revision.effective_from if isinstance(worded, Clause) else standing.drafted_from
    read_by = [meaning.source_digest(carried) if carried else "", str(on)]
    asked = digest("goi/prose/2", [worded.key, telling.canonical(overlay), telling.canonical(base or {}), read_by])
    name = f"prose:{standing.stamp}:{asked}"
    found: list[Finding] = kept(name, lambda: _read(worded.wording, base, overlay, standing, carried, on))
    return found


def _read(
    words: Wording,
    base: Wording | None,
    overlay: Mapping[str, Wording],
    standing: Standing,
    carried: meaning.Carried | None,
    on: date,
) -> list[Finding]:
    declared = meaning.read_in(carried) if standing.has_vocabulary else None
    tree = meaning.tree(words, overlay, declared, on)

    def read(names: list[str]) -> list[Finding]:
        return prose.lint(wording.tidy(words), base=base, condition=tree, vocabulary=declared, known=names)

    found = read(named := _named(overlay.values()))
    # The names of the whole registry are asked for only where a term looks unknown without them.
    unknown = any(each.code == prose.UNDEFINED for each in found)
    return read([*named, *_names(standing.stamp)]) if unknown else found


def _names(stamp: str) -> list[str]:
    """What needs no explanation: every metric in force with its synonyms, their teams and stages."""
    found: list[str] = kept(f"names:{stamp}", _names_in_force)
    return found


def _names_in_force() -> list[str]:
    around = [f"{each}__name_{language}" for each in ("stage", "producer", "judge") for language in ("ja", "en")]
    spans = InForce.objects.as_of(clock.today()).filter(retired=False)
    rows = list(spans.values_list("definition__wording", *around))
    return [*_named(row[0] for row in rows), *{name for row in rows for name in row[1:]}]


def _named(wordings: Iterable[Mapping[str, Any]]) -> list[str]:
    both = [(each, language) for each in wordings for language in ("ja", "en")]
    return [name for each, language in both for name in (each[f"name_{language}"], *each[f"synonyms_{language}"])]
