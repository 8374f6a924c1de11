"""What a number or a span of time leaves open: its unit, or the day from which it is counted."""

import re
from collections.abc import Iterator

from registry.prose.finding import Finding, fold, passage

_SPAN = {
    "ja": re.compile(r"[0-9一二三四五六七八九十]+(?:営業日|日|週間|か月|ヶ月|カ月|年)以内"),
    "en": re.compile(r"\b(?:with)?in (?:[0-9]+|an?|one|two|three|six|twelve) (?:\w+ )?(?:day|week|month|year)s?\b"),
}
_FROM = {
    "ja": re.compile(r"から|より|翌日|当日|起算|[1一]日目|に対して"),
    "en": re.compile(r"\b(?:of|from|after|since|before|following|starting|day 1)\b"),
}
_NOW = {
    "ja": re.compile(r"(?:今|先|来)(?:日|週|月|期|年)(?!度?の初)|本日|現時点|現在|昨年|直近"),
    "en": re.compile(r"\b(?:today|yesterday|now|currently|(?:this|last|next) (?:week|month|quarter|year))\b"),
}
_DATED = {
    "ja": re.compile(r"日付|作成日|日[にで](?:数|計上|入れ)|[ぁ-ん一-龥]+日(?:が|を|の月|とする)"),
    "en": re.compile(r"\b(?:dated|date|day|days|month)\b"),
}

_NUMBER = r"[0-9]++(?:,[0-9]{3})*+(?:\.[0-9]+)?+"
_MORE = r"(?:more|fewer|less|above|over)"
_GOES_ON = r"(?:and|or|in|on|at|to|from|by|is|are|for|with|but|if|do|does|counts?)"
_BARE = {
    "ja": re.compile(
        rf"(?<![0-9.,/a-z÷×+=−第-])(?<![÷×+=] ){_NUMBER}"
        r"(?= ?(?:$|\n|[、。,)）]|以上|以下|未満|以内|を超|超|より|を下回|を上回|[がをはに]))"
    ),
    "en": re.compile(
        rf"(?<![0-9.,/a-z÷×+=−-])(?<![÷×+=] ){_NUMBER}(?![0-9]|[a-z%°/-]|,[0-9]|\.[0-9])"
        rf"(?= ?(?:$|\n|[.,;:)]|(?:or {_MORE}(?! [a-z])|{_GOES_ON})\b(?! {_MORE}))| [÷×+=])"
    ),
}
_NAMED = re.compile(
    r"(?:\b(?:day|days|version|level|step|rule|no\.|number|week|month|year|quarter|item|point|rank)|^|\n) ?\Z"
)


def unclear_time(field: str, text: str, language: str) -> Iterator[Finding]:
    """Spans that begin nowhere, and words such as 今月 whose day depends on when one reads them."""
    folded = fold(text)
    for match in _SPAN[language].finditer(folded):
        said = passage(text, *match.span())
        if not _FROM[language].search(fold(said).replace(match.group(), "")):
            yield _finding(
                field,
                text,
                match.span(),
                "no_date_basis",
                "がどの日から数えるのか分かりません。「作成日から」のように始まりの日を書いてください。",
                "does not say from which day it is counted: name the day it begins, such as “of creation”.",
            )
    for match in _NOW[language].finditer(folded):
        yield _finding(
            field,
            text,
            match.span(),
            "no_date_basis",
            "は読む日によって変わります。どの日を基準にするかを書いてください。",
            "changes with the day on which it is read: name the day it is measured from.",
        )


def undated(field: str, text: str, language: str) -> Iterator[Finding]:
    """Counting rules that never say on which day something counts."""
    if text.strip() and not _DATED[language].search(fold(text)):
        yield Finding(
            field,
            0,
            len(text),
            "no_date_basis",
            "",
            text,
            "どの日の分として数えるかが書かれていません。「日付：リードの作成日」のように書き加えてください。",
            "This does not say on which day something counts: add a line such as “Dated by: the day it was created”.",
        )


def bare_numbers(field: str, text: str, language: str) -> Iterator[Finding]:
    """Numbers without a unit. Nothing needs none, and years, formulas and numbered things have theirs."""
    folded = fold(text)
    for match in _BARE[language].finditer(folded):
        written = match.group().replace(",", "")
        year = re.fullmatch(r"(?:19|20)[0-9]{2}", written)
        if float(written) and not year and not _NAMED.search(folded, 0, match.start()):
            yield _finding(
                field,
                text,
                match.span(),
                "no_unit",
                "に単位がありません。「名」「分」「円」などを付けてください。",
                "has no unit: add what is counted, such as people, minutes or yen.",
            )


def _finding(field: str, text: str, span: tuple[int, int], code: str, ja: str, en: str) -> Finding:
    said = text[slice(*span)]
    return Finding(field, *span, code, said, passage(text, *span), f"「{said}」{ja}", f"“{said}” {en}")
