"""One piece of advice about a text: what, where, why, and what to write instead, in both languages."""

import re
import unicodedata
from dataclasses import dataclass

from registry.ledger.canonical import digest

_BREAK = re.compile(r"\n|。|[.!?](?=\s)")


@dataclass(frozen=True)
class Finding:
    """Advice about characters `start` to `end` of `field`. `passage` is the sentence around them."""

    field: str
    start: int
    end: int
    code: str
    found: str
    passage: str
    message_ja: str
    message_en: str

    def message(self, language: str) -> str:
        return self.message_ja if language == "ja" else self.message_en

    @property
    def digest(self) -> str:
        """Names this advice: another one about the same sentence, or a changed sentence, has another."""
        return digest("goi/advice/1", [self.code, self.field, self.found, self.passage, self.message_en])


def passage(text: str, start: int, end: int) -> str:
    """The sentence, or the line of a list, in which the place lies."""
    begin = max((each.end() for each in _BREAK.finditer(text, 0, start)), default=0)
    after = _BREAK.search(text, end)
    return text[begin : after.start() if after else len(text)].strip()


def fold(text: str) -> str:
    """The text with letters and digits of one width and case; as long as it was wherever that is possible."""
    folded = (unicodedata.normalize("NFKC", each).casefold() for each in text)
    return "".join(new if len(new) == 1 else old for old, new in zip(text, folded, strict=True))
