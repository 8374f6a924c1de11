"""Numbers in a text as people write them: 100名以上, 百名, １万円, at least 100 employees, within two weeks."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from registry.prose.finding import fold

type Unit = tuple[str, int]  # the dimension, and how many of its smallest unit one is
type Units = Mapping[str, Unit]

UNITS: dict[str, Unit] = {
    **dict.fromkeys(("分", "分間", "minute", "minutes", "min"), ("minute", 1)),
    **dict.fromkeys(("時間", "hour", "hours"), ("minute", 60)),
    **dict.fromkeys(("日", "日間", "日目", "day", "days", "calendar days"), ("day", 1)),
    **dict.fromkeys(("週", "週間", "week", "weeks"), ("day", 7)),
    **dict.fromkeys(("営業日", "working days", "working day", "business days", "business day"), ("workday", 1)),
    **dict.fromkeys(("か月", "ヶ月", "ケ月", "カ月", "ヵ月", "箇月", "month", "months"), ("month", 1)),
    **dict.fromkeys(("年", "年間", "year", "years"), ("month", 12)),
    **dict.fromkeys(("名", "人", "people", "person", "persons", "employees", "employee", "staff"), ("people", 1)),
    **dict.fromkeys(("円", "yen", "jpy"), ("yen", 1)),
    **dict.fromkeys(("%", "パーセント", "percent", "per cent"), ("percent", 1)),
    "割": ("percent", 10),
}
_KANJI = {each: value for value, each in enumerate("〇一二三四五六七八九")}
_SCALES = {"十": 10, "百": 100, "千": 1_000}
_LARGE = {"万": 10_000, "億": 100_000_000}
_SMALL = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_WORDS = {
    **{word: value for value, word in enumerate(f"{_SMALL} eighteen nineteen".split(), start=1)},
    **{word: 10 * value for value, word in enumerate(_TENS.split(), start=2)},
    "hundred": 100, "a hundred": 100, "one hundred": 100, "a thousand": 1_000, "one thousand": 1_000,
}  # fmt: skip

_DIGITS = r"[0-9][0-9,]*(?:\.[0-9]+)?"
_JA_NUMBER = rf"(?P<number>{_DIGITS}[千万億]?(?:[0-9][0-9,]*)?|[〇一二三四五六七八九十百千万億]+)"
_EN_NUMBER = rf"(?P<number>{_DIGITS}|{'|'.join(sorted(_WORDS, key=len, reverse=True))})"
_JA_RELATIONS = {
    ">=": r"以上|以降",
    "<=": r"以下|以内|まで",
    "<": r"未満|に満たな|を下回|より少な|より短",
    ">": r"を超え|を超す|超(?!過)|より多|より長|を上回",
}
_EN_BEFORE = {
    ">=": r"at least|no fewer than|no less than|a minimum of",
    "<=": r"at most|no more than|not more than|up to|within|a maximum of",
    "<": r"less than|fewer than|under|below|shorter than",
    ">": r"more than|over|above|exceeding|longer than|greater than",
}
_EN_AFTER = {">=": r"or (?:more|above|over|longer)|and above", "<=": r"or (?:fewer|less|under|below|shorter)"}


@dataclass(frozen=True)
class Quantity:
    """A bound a text states: `value` in the smallest unit of `dimension`, bounded as `relation` says."""

    start: int
    end: int
    dimension: str
    relation: str
    value: Decimal

    @property
    def cut(self) -> Decimal:
        return cut(self.relation, self.value)


def cut(relation: str, value: Decimal) -> Decimal:
    """Where the bound divides the whole numbers: what excludes below 100 and what includes from 100 cut alike."""
    return value + 1 if relation in ("<=", ">") else value


def quantities(text: str, language: str, units: Units) -> Iterator[Quantity]:
    """Every bound in a text whose unit is known: numbers with neither bound nor unit are left alone."""
    known = "|".join(re.escape(each) for each in sorted(units, key=len, reverse=True))
    folded = fold(text)
    for pattern, fixed in _patterns(language, known):
        for match in pattern.finditer(folded):
            relation = fixed or next(name for name in _JA_RELATIONS if match.group(_GROUPS[name]))
            dimension, factor = units[match["unit"]]
            value = number(match["number"])
            if value is not None:
                yield Quantity(*match.span(), dimension, relation, value * factor)


_GROUPS = {">=": "ge", "<=": "le", "<": "lt", ">": "gt"}


def _patterns(language: str, known: str) -> Iterator[tuple[re.Pattern[str], str]]:
    if language == "ja":
        bounds = "|".join(f"(?P<{_GROUPS[name]}>{words})" for name, words in _JA_RELATIONS.items())
        yield re.compile(rf"(?<![0-9.,月第]){_JA_NUMBER}(?P<unit>{known})(?:{bounds})"), ""
        return
    unit = rf"(?P<unit>{known})(?!\w)"
    for relation, words in _EN_BEFORE.items():
        yield re.compile(rf"\b(?:{words}) {_EN_NUMBER}[ -]?{unit}"), relation
    for relation, words in _EN_AFTER.items():
        yield re.compile(rf"\b(?<![.,]){_EN_NUMBER} (?:{words})(?: [a-z]+){{0,2}}? {unit}"), relation
        yield re.compile(rf"\b(?<![.,]){_EN_NUMBER}[ -]?{unit}(?: [a-z]+)? (?:{words})"), relation


def number(written: str) -> Decimal | None:
    """The value of a number in folded digits, kanji or English words; `None` where it is none."""
    if written in _WORDS:
        return Decimal(_WORDS[written])
    plain = written.replace(",", "")
    if match := re.fullmatch(r"([0-9.]+)([千万億])([0-9]*)", plain):
        scale = (_SCALES | _LARGE)[match[2]]
        return Decimal(match[1]) * scale + Decimal(match[3] or 0)
    if re.fullmatch(r"[0-9]+(?:\.[0-9]+)?", plain):
        return Decimal(plain)
    return _kanji(plain)


def _kanji(written: str) -> Decimal | None:
    total = section = digit = 0
    for each in written:
        if each in _KANJI:
            digit = digit * 10 + _KANJI[each]
        elif each in _SCALES:
            section, digit = section + (digit or 1) * _SCALES[each], 0
        elif each in _LARGE:
            total, section, digit = total + ((section + digit) or 1) * _LARGE[each], 0, 0
        else:
            return None
    return Decimal(total + section + digit)
