"""Names that people could take for one another."""

from collections.abc import Iterator, Sequence

from registry import clock, text
from registry.models import STILL_KNOWN, Clause, InForce, WorkingCopy
from registry.wording import Wording


def mistakable[W: Clause | WorkingCopy](worded: Sequence[W]) -> Iterator[tuple[W, str]]:
    """Those given the name of another metric, in force now or later or proposed beside them, each with its key.

    One query where somebody is given a name; a name that stays is in force, and so it was refused to all others.
    """
    looks = {each.key: _looks(each.wording) for each in worded}
    named = [each for each in worded if each.base is None or _names(each.wording) != _names(each.base.wording)]
    found = [*_agreed(named, looks), *looks.items()] if named else []
    for each in named:
        twins = (key for key, theirs in found if key != each.key and theirs & looks[each.key])
        if twin := next(twins, None):
            yield each, twin


def _agreed(named: Sequence[Clause | WorkingCopy], besides: dict[str, set[str]]) -> Iterator[tuple[str, set[str]]]:
    names = [name for each in named for name in _names(each.wording)]
    spans = InForce.objects.filter(known_to=STILL_KNOWN, valid_to__gt=clock.today()).looking_like(names)
    for key, ja, en in spans.exclude(key__in=besides).order_by("pk").values_list("key", "look_ja", "look_en"):
        yield key, {ja, en}


def _looks(words: Wording) -> set[str]:
    return {text.skeleton(name) for name in _names(words)}


def _names(words: Wording) -> list[str]:
    return [name for name in (words["name_ja"], words["name_en"]) if name]
