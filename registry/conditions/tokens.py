"""Text to tokens, bounded before anything else looks at it."""

import re
import unicodedata
from dataclasses import dataclass

from registry.conditions.problems import Span, refuse

MAX_LENGTH = 10_000
MAX_TOKENS = 2_000
MAX_DEPTH = 24

WORDS = frozenset(
    [
        "AND",
        "OR",
        "NOT",
        "IN",
        "BETWEEN",
        "LIKE",
        "ILIKE",
        "IS",
        "NULL",
        "TRUE",
        "FALSE",
        "DISTINCT",
        "FROM",
        "EXISTS",
        "SELECT",
        "COUNT",
        "MIN",
        "MAX",
        "WHERE",
        "AS",
        "CASE",
        "WHEN",
        "THEN",
        "ELSE",
        "END",
        "COALESCE",
        "CAST",
        "DATE",
        "TIMESTAMP",
        "INTERVAL",
        "DATE_TRUNC",
        "EXTRACT",
        "LOWER",
        "UPPER",
        "TRIM",
        "LENGTH",
        "AS_OF",
        "PERIOD_START",
        "PERIOD_END",
        "DAY",
        "DAYS",
        "WEEK",
        "WEEKS",
        "MONTH",
        "MONTHS",
        "YEAR",
        "YEARS",
        "QUARTER",
        "ROW",
    ]
)
_TOKEN = re.compile(
    r"""(?P<space>[ \t\r\n]+)
    | (?P<number>\d+(?:\.\d+)?)(?![\w.])
    | (?P<text>'(?:[^']|'')*')
    | (?P<name>[^\W\d]\w*)
    | (?P<op><=|>=|<>|[=<>+\-*(),.])""",
    re.VERBOSE | re.ASCII,
)
# What people type that means one of ours; each becomes a fix.
_MEANT = {
    "!=": "<>", "==": "=", "=>": ">=", "=<": "<=", "≥": ">=", "≦": "<=", "≧": ">=", "≤": "<=", "≠": "<>",
    "&&": "AND", "−": "-", "×": "*", "、": ",", "。": ".", "「": "'", "」": "'", "“": "'", "”": "'",
    "‘": "'", "’": "'", ";": "", "\u3000": " ", "\u00a0": " ",
}  # fmt: skip
_REGEX = ("~", "!~", "~*")


@dataclass(frozen=True)
class Token:
    """`kind`: word (upper-cased language word), name, number, text (unquoted), op, end."""

    kind: str
    value: str
    span: Span


def tokenize(text: str) -> list[Token]:
    """The tokens of the text, an `end` token last; raises ConditionError at the first character refused."""
    _bound(text)
    tokens: list[Token] = []
    depth = place = 0
    while place < len(text):
        misspelt = text[place : place + 2] in _MEANT  # such as =>, whose first sign is one of ours
        match = None if misspelt else _TOKEN.match(text, place) or _foreign_name(text, place)
        if match is None:
            raise _refusal(text, place)
        start, place = place, match.end()
        if text[start].isspace():
            continue
        tokens.append(_token(match, Span(start, place)))
        depth += {"(": 1, ")": -1}.get(tokens[-1].value, 0) if tokens[-1].kind == "op" else 0
        if depth > MAX_DEPTH:
            raise refuse("too_deep", tokens[-1].span, limit=MAX_DEPTH)
        if len(tokens) > MAX_TOKENS:
            raise refuse("too_many_words", tokens[-1].span, limit=MAX_TOKENS)
    return [*tokens, Token("end", "", Span(len(text), len(text)))]


def _bound(text: str) -> None:
    if len(text) > MAX_LENGTH:
        raise refuse("too_long", Span(MAX_LENGTH, len(text)), limit=MAX_LENGTH)
    for place, character in enumerate(text):
        category = unicodedata.category(character)
        if category in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") and character not in "\t\r\n":
            raise refuse("control", Span(place, place + 1), fix="", sign=f"U+{ord(character):04X}")


_NAME = re.compile(r"[^\W\d]\w*")


def _foreign_name(text: str, place: int) -> re.Match[str] | None:
    """A name in any script: refused later as unknown, with the field it is the label of."""
    match = _NAME.match(text, place)
    return match if match and unicodedata.normalize("NFKC", match[0]) == match[0] else None


def _token(match: re.Match[str], span: Span) -> Token:
    value = match[0]
    if value[0] == "'":
        return Token("text", value[1:-1].replace("''", "'"), span)
    if value[0].isascii() and value[0].isdigit():
        return Token("number", value, span)
    if value[0].isalpha() or value[0] == "_":
        return Token("word", value.upper(), span) if value.upper() in WORDS else Token("name", value, span)
    return Token("op", value, span)


def _refusal(text: str, place: int) -> Exception:
    rest = text[place : place + 2]
    for length in (2, 1):
        written = rest[:length]
        if written in _REGEX:
            return refuse("regex", Span(place, place + len(written)))
        if written in _MEANT:
            span = Span(place, place + len(written))
            return refuse("write_so", span, fix=_MEANT[written], written=written, fix_text=_MEANT[written])
    return _refused_character(text, place)


def _refused_character(text: str, place: int) -> Exception:
    character, span = text[place], Span(place, place + 1)
    plain = unicodedata.normalize("NFKC", character)
    wide = re.compile(r"[\uff01-\uff5e]+").match(text, place)
    if wide:
        span, plain = Span(place, wide.end()), unicodedata.normalize("NFKC", wide[0])
        return refuse("write_so", span, fix=plain, written=wide[0], fix_text=plain)
    if character == "'":
        return refuse("open_quote", Span(place, len(text)), fix=text[place:] + "'")
    if character == '"':
        return _double_quoted(text, place)
    if character in "/÷%":
        return refuse("division", span)
    if plain.isdigit():
        return refuse("number_form", span)
    return refuse("character", span, character=character)


def _double_quoted(text: str, place: int) -> Exception:
    end = text.find('"', place + 1)
    if end < 0:
        return refuse("character", Span(place, place + 1), character='"')
    inner = text[place + 1 : end].replace("'", "''")
    return refuse("double_quotes", Span(place, end + 1), fix=f"'{inner}'", inner=inner)
