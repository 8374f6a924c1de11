"""Where texts disagree: with the condition's numbers, or one language with the other."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from registry.conditions import Vocabulary
from registry.prose.finding import Finding, fold, passage
from registry.prose.limits import Limit, reachable, units_of
from registry.prose.quantities import quantities

_NOT_SAID = re.compile(r"[\W_]+")


def against_condition(
    field: str, text: str, language: str, limits: Sequence[Limit], vocabulary: Vocabulary, entity: str
) -> Iterator[Finding]:
    """Bounds in the text that the condition draws elsewhere, or not at all although it could."""
    comparable = reachable(vocabulary, entity) | {each.dimension for each in limits}
    for said in quantities(text, language, units_of(vocabulary)):
        theirs = [each for each in limits if each.dimension == said.dimension]
        if said.dimension not in comparable or any(said.cut in each.cuts for each in theirs):
            continue
        words = text[said.start : said.end]
        place = field, said.start, said.end
        where = passage(text, said.start, said.end)
        if theirs:
            ja, en = (_(", ", "、", language=name).join(each.say(name) for each in theirs) for name in ("ja", "en"))
            yield Finding(
                *place,
                "number_differs",
                words,
                where,
                f"本文は「{words}」ですが、抽出条件では{ja}です。どちらかを直してください。",
                f"The text says “{words}”, the condition {en}: change one of them.",
            )
        else:
            yield Finding(
                *place,
                "number_unbacked",
                words,
                where,
                f"「{words}」は抽出条件に入っていません。条件に加えるか、本文から外してください。",
                f"The condition knows nothing of “{words}”: add it there, or take it out of the text.",
            )


def _(english: str, japanese: str, *, language: str) -> str:
    return japanese if language == "ja" else english


def one_language(stem: str, base: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Finding]:
    """That one language says something new and the other still what it said before."""
    for changed, other in (("ja", "en"), ("en", "ja")):
        mine, theirs = f"{stem}_{changed}", f"{stem}_{other}"
        before = base.get(mine) or ""
        if not (before and new[mine] and new[theirs]) or _same(before, new[mine]):
            continue
        if _same(base.get(theirs) or "", new[theirs]):
            yield Finding(
                theirs,
                0,
                len(new[theirs]),
                "one_language",
                "",
                f"{new[mine]}\n{new[theirs]}",
                f"{'日本語' if changed == 'ja' else '英語'}だけが変わりました。こちらも同じ意味に直してください。",
                f"Only the {'Japanese' if changed == 'ja' else 'English'} text changed: say the same here.",
            )


def _same(one: str, other: str) -> bool:
    """Whether two texts differ in nothing but blanks and punctuation."""
    return _NOT_SAID.sub("", fold(one)) == _NOT_SAID.sub("", fold(other))
