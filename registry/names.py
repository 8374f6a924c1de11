"""Names and synonyms that people could take for those of another metric."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from registry import clock, text, wording
from registry.models import Clause, InForce, WorkingCopy
from registry.wording import Wording


def names(words: Mapping[str, Any]) -> list[str]:
    """What a wording calls its metric, where it says so."""
    return [name for name in (words["name_ja"], words["name_en"]) if name]


def synonyms(words: Mapping[str, Any]) -> list[str]:
    """What else it is called."""
    return [*words["synonyms_ja"], *words["synonyms_en"]]


@dataclass(frozen=True)
class Taken:
    """What a metric keeps others from being called, as it looks: what is retired keeps its name and nothing else."""

    key: str
    called: Mapping[str, str]
    from_names: frozenset[str]
    from_synonyms: frozenset[str]


def mistakable[W: Clause | WorkingCopy](worded: Sequence[W]) -> Iterator[tuple[W, str, Mapping[str, str]]]:
    """Those newly called like another metric, in force now or later or proposed beside them.

    Each with the word and, by language, the other's name. One query where somebody is newly called something; what
    stays is in force, and so it was refused to all others.
    """
    fresh = {each.key: _fresh(each) for each in worded}
    words = [word for each in fresh.values() for word in each]
    if not words:
        return
    taken = [*_agreed(words, [each.key for each in worded]), *(_taken(each.key, each.wording) for each in worded)]
    for each in worded:
        own = set(names(each.wording))
        for word in fresh[each.key]:
            others = ((one, one.from_names if word in own else one.from_synonyms) for one in taken)
            twins = (one for one, looks in others if one.key != each.key and text.skeleton(word) in looks)
            if twin := next(twins, None):
                yield each, word, twin.called
                break


def _fresh(each: Clause | WorkingCopy) -> list[str]:
    """The names and synonyms that its base does not have."""
    said = [*names(each.wording), *synonyms(each.wording)]
    before = _looks([*names(each.base.wording), *synonyms(each.base.wording)]) if each.base else set()
    return [word for word in said if text.skeleton(word) not in before]


def _agreed(words: Sequence[str], besides: Sequence[str]) -> Iterator[Taken]:
    """Names are found by how they look, synonyms among all that is searched for."""
    looks = _looks(words)
    called = Q(look_ja__in=looks) | Q(look_en__in=looks)
    for word in words:
        called |= Q(search_text__contains=text.fold(word))
    spans = InForce.objects.since(clock.today()).filter(called)
    for key, said in spans.exclude(key__in=besides).order_by("pk").values_list("key", "definition__wording"):
        yield _taken(key, said)


def _taken(key: str, words: Wording) -> Taken:
    called = {language: wording.words(words, "name", language) or key for language in ("ja", "en")}
    own = frozenset(_looks(names(words)))
    if words["retired"]:
        return Taken(key, called, own, frozenset())
    every = own | _looks(synonyms(words))
    return Taken(key, called, every, every)


def _looks(words: Sequence[str]) -> set[str]:
    return {text.skeleton(word) for word in words}
