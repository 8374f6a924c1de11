"""Terms that look as if they were defined somewhere — quoted, capitalised, abbreviated — and are not."""

import re
from collections.abc import Iterable, Iterator

from registry.prose.finding import Finding, fold, passage

UNDEFINED = "undefined_term"

_QUOTED = re.compile(r"[「『“\"]([^「」『』“”\"\n。.]{2,24})[」』”\"]")
_CAPITALISED = re.compile(r"(?<![A-Za-z0-9])[A-Z][A-Za-z0-9&]*(?:[ -][A-Z][A-Za-z0-9&]*)*")
_BEGINS = re.compile(r"(?:^|\n|[.!?:;]\s|[(“\"「])\s*(?:[-*]\s+|[0-9]+[.)]\s+)?\Z")
# Everybody knows these; they are capitalised by spelling, not because somebody defined them.
_EVERYDAY = """
    January February March April May June July August September October November December
    Monday Tuesday Wednesday Thursday Friday Saturday Sunday Japan Japanese English Tokyo Osaka
    I ID IDs IT URL PDF CSV CRM SFA MA BtoB B2B BtoC B2C SaaS Web Website PC AI OK NG FAQ FAX TEL DM JST UTC No Q A
    Excel Google Zoom Teams Slack LinkedIn Facebook Salesforce HubSpot CEO CFO CTO CMO COO CIO HR PR NPO LLC Inc
"""


def undefined(field: str, text: str, language: str, known: Iterable[str]) -> Iterator[Finding]:
    """Each such term that is not among `known`: metrics with their synonyms, and the words of the vocabulary."""
    names = {_key(each) for each in (*known, *_EVERYDAY.split()) if each}
    free = _without(text, known)
    places = [(match.start(1), match.end(1)) for match in _QUOTED.finditer(text)]
    places += [each for match in _CAPITALISED.finditer(free) if (each := _inside(free, match, language))]
    seen: set[str] = set()
    for start, end in sorted(places):
        term = text[start:end]
        if _key(term) not in names | seen:
            seen.add(_key(term))
            yield Finding(
                field,
                start,
                end,
                UNDEFINED,
                term,
                passage(text, start, end),
                f"「{term}」は、指標にも語彙にもありません。意味を書き添えるか、定義のある言葉に替えてください。",
                f"“{term}” is neither a metric nor a word of the vocabulary: say what it means, or use a defined word.",
            )


def _inside(text: str, match: re.Match[str], language: str) -> tuple[int, int] | None:
    """The place of a capitalised term, unless its capital only begins a sentence."""
    start, end = match.span()
    begins = language == "en" and _BEGINS.search(text, 0, start) is not None
    several = " " in match.group() or match.group()[1:].upper() == match.group()[1:] != ""
    return None if begins and not several else (start, end)


def _without(text: str, known: Iterable[str]) -> str:
    """The text with every known name blanked, so that only unknown terms are left; places stay the same."""
    folded = fold(text)
    names = sorted({fold(each) for each in known if len(each) > 1}, key=len, reverse=True)
    if not names:
        return text
    pattern = re.compile("|".join(rf"(?<![a-z0-9]){re.escape(name)}(?:s\b)?(?![a-z0-9])" for name in names))
    return "".join(
        " " * len(piece) if blank else text[start : start + len(piece)]
        for start, piece, blank in _pieces(folded, pattern)
    )


def _pieces(text: str, pattern: re.Pattern[str]) -> Iterator[tuple[int, str, bool]]:
    at = 0
    for match in pattern.finditer(text):
        yield at, text[at : match.start()], False
        yield match.start(), match.group(), True
        at = match.end()
    yield at, text[at:], False


def _key(term: str) -> str:
    folded = "".join(fold(term).split())
    return folded.removesuffix("s") if folded.isascii() else folded
