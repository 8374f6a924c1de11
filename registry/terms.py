"""Terms used inside a text: which metrics a definition names, settled when it is published.

They are stored with the version, with the meaning they had then, so that its permanent page says the same
for ever.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from registry import clock, markdown, names
from registry.models import InForce
from registry.text import fold

LINKED = ("text", "excludes", "counting")


class Known(NamedTuple):
    """`names`: folded name or synonym to metric key; `meanings`: key to its one line in both languages."""

    names: dict[str, str]
    meanings: dict[str, dict[str, str]]


def known(extra: Iterable[tuple[str, Mapping[str, Any]]] = ()) -> Known:
    """Every name in use today, and every synonym that is nobody's name.

    `extra` adds (key, wording) pairs, and wins over what is published.
    """
    rows = InForce.objects.as_of(clock.today()).order_by("key").values_list("key", "definition__wording")
    wordings = {key: words for key, words in (dict(rows) | dict(extra)).items() if not words["retired"]}
    meanings = {key: {"ja": words["summary_ja"], "en": words["summary_en"]} for key, words in wordings.items()}
    found = Known({}, meanings)
    for said in (names.names, names.synonyms):
        for key, words in wordings.items():
            for name in said(words):
                if len(name) > 1:
                    found.names.setdefault(fold(name), key)
    return found


def found_in(words: Mapping[str, Any], own_key: str, among: Known) -> list[dict[str, str]]:
    """`{"surface", "key", "ja", "en"}` for each name of another metric that the texts use."""
    others = {name: key for name, key in among.names.items() if key != own_key}
    found: dict[str, str] = {}
    for stem in LINKED:
        for language in ("ja", "en"):
            found.update(markdown.find_terms(words[f"{stem}_{language}"], others))
    return [{"surface": surface, "key": key} | among.meanings[key] for surface, key in sorted(found.items())]
