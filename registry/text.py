"""What text may enter the registry, and the keys by which texts and names are found and told apart.

Content is kept as typed (NFC only); compatibility folding happens in keys, never in what people signed.
"""

import re
import unicodedata
from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

MAX_TERMS = 8
MAX_TERM = 60
LONGEST_SKELETON = 80

_LINE_BREAKS = re.compile(r"\r\n|[\r\v\f\x85\u2028\u2029]")
_ENDS = re.compile(r"^[\s\u200b\u2060\ufeff]+|[\s\u200b\u2060\ufeff]+$")
_TRAILING = re.compile(r"[^\S\n]+(?=\n)")
_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−⁃﹘"), "-")
_WRITTEN_TWO_WAYS = _DASHES | {ord("〜"): "~", ord("‘"): "'", ord("’"): "'", ord("“"): '"', ord("”"): '"'}

_QUOTES = "\"'「」『』"

_DIRECTION = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_JOINERS = frozenset("\u200c\u200d")
# Drawn as nothing, or as a blank that is no space: soft hyphen, grapheme joiner, fillers, tags and the like.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u2028\u2029\u2060-\u2064\u206a-\u206f"
    "\u2800\u3164\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e007f]"
)
# Everything but what nearly every text is made of, so that a long text is checked in no time.
_DOUBTFUL = re.compile("[^ -~\u00a1-\u00ac\u00ae-\u02af\u3000-\u30ff\u3400-\u9fff\uff01-\uff9f]")
_SELECTOR = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_SELECTABLE = frozenset({"Lo", "So", "Sm", "Sk", "Po", "Pd", "Nd", "Nl", "No"})
_JOINING: tuple[str, ...] = (
    "ARABIC",
    "SYRIAC",
    "MONGOLIAN",
    "DEVANAGARI",
    "BENGALI",
    "GURMUKHI",
    "GUJARATI",
    "ORIYA",
    "TAMIL",
)
_JOINING += ("TELUGU", "KANNADA", "MALAYALAM", "SINHALA", "KHMER", "MYANMAR", "TIBETAN", "NKO")

# A letter of any alphabet, but none of the scripts that Japanese mixes with Latin without a space.
_ALPHABETIC = re.compile(r"[^\W_\u1100-\u11ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7ff\uff66-\uffdc]+")
_JAPANESE = "\u3041-\u3096\u30a1-\u30fa\u3005-\u3007\u3400-\u9fff"
_STROKE = re.compile(f"(?<=[{_JAPANESE}])[-ー一]+|[-ー一]+(?=[{_JAPANESE}])")
_NOT_SAID = re.compile(r"[\W_]+")

# Folded letters to the one that stands for all that look like it, chosen from Unicode's confusables.txt and
# from what Japanese readers mix up. A Greek or Cyrillic letter goes where its capital looks, so that the key
# never depends on case; i and l stay apart, since "mail" and "mall" are different words.
_CYRILLIC = dict(zip("авекмнорстухіїјѕԁԛԝѵһӏёӕ", "abekmhopctyxiïjsdqwvhlëæ", strict=True))
_GREEK = dict(zip("αβεζηικμνορτυχ", "abezhikmnoptyx", strict=True))
_LATIN = {"ı": "i", "ɑ": "a", "ɡ": "g", "ɩ": "i", "1": "l", "|": "l", "0": "o", "ǀ": "l"}
_CIRCLES = dict.fromkeys("〇○◯", "o")
_KANJI = dict(zip("口囗力二工夕卜八才千三乂又厶丿亻匕", "ロロカニエタトハオチミメヌムノイヒ", strict=True))
_HIRAGANA = dict(zip("へべぺり", "ヘベペリ", strict=True))
_SMALL = dict(
    zip(
        "ぁぃぅぇぉっゃゅょゎゕゖァィゥェォッャュョヮヵヶ",
        "あいうえおつやゆよわかけアイウエオツヤユヨワカケ",
        strict=True,
    )
)

_LOOKALIKES: dict[int, str] = str.maketrans(_CYRILLIC | _GREEK | _LATIN | _CIRCLES | _KANJI | _HIRAGANA | _SMALL)


def clean(value: str, *, lines: bool) -> str:
    """NFC with `\\n` as the only line break, blanks at the ends of the text and of its lines removed.

    Without `lines`, runs of breaks, tabs and blanks become one space. Full-width letters stay as typed.
    """
    tidy = _LINE_BREAKS.sub("\n", unicodedata.normalize("NFC", value))
    tidy = _TRAILING.sub("", tidy) if lines else re.sub(r"[ \n\t]+", " ", tidy)
    return _ENDS.sub("", tidy)


def problem(value: str, *, lines: bool, limit: int) -> str | None:
    """Why this text is refused and what to do, in the reader's language, or None. `limit` in characters."""
    for doubt in _DOUBTFUL.finditer(value):
        if sentence := _refusal(value, doubt.start(), lines):
            return _place(value, doubt.start()) + sentence % {"character": _called(doubt.group())}
    if len(value) > limit:
        return ngettext(
            "This text has %(length)d characters; the limit is %(limit)d. Shorten it by %(over)d character.",
            "This text has %(length)d characters; the limit is %(limit)d. Shorten it by %(over)d characters.",
            len(value) - limit,
        ) % {"length": len(value), "limit": limit, "over": len(value) - limit}
    return None


def _refusal(value: str, position: int, lines: bool) -> str | None:
    character = value[position]
    category = unicodedata.category(character)
    if category == "Cc" and not (lines and character in "\n\t"):
        if character in "\n\t":
            return _("%(character)s is a line break or tab: write this on one line.")
        return _("%(character)s is a control character: delete it.")
    if character in _DIRECTION:
        return _("%(character)s changes the direction of the text unseen: delete it.")
    if category == "Cs" or ord(character) & 0xFFFE == 0xFFFE or "\ufdd0" <= character <= "\ufdef":
        return _("%(character)s is not a character: delete it and type what was meant.")
    if category == "Co":
        return _("%(character)s looks different on every computer (private use): choose another character.")
    if _invisible_here(value, position):
        return _("%(character)s cannot be seen: delete it, with the characters around it if need be.")
    return None


def _invisible_here(value: str, position: int) -> bool:
    """Whether a character shows nothing where it stands: joiners and selectors depend on their neighbours."""
    character = value[position]
    before, after = value[position - 1 : position], value[position + 1 : position + 2]
    if character in _JOINERS:
        return not (_joins_letters(before, after) or (character == "\u200d" and _joins_emoji(before, after)))
    if _SELECTOR.match(character):
        return not before or unicodedata.category(before) not in _SELECTABLE
    return _INVISIBLE.match(character) is not None


def _joins_letters(before: str, after: str) -> bool:
    return all(side and unicodedata.name(side, "").startswith(_JOINING) for side in (before, after))


def _joins_emoji(before: str, after: str) -> bool:
    follows = before == "\ufe0f" or (before and unicodedata.category(before) in {"So", "Sk"})
    return bool(follows and after and unicodedata.category(after) == "So")


def _called(character: str) -> str:
    name = unicodedata.name(character, "")
    return f"U+{ord(character):04X}" + (f" ({name})" if name else "")


def _place(value: str, position: int) -> str:
    line = value.count("\n", 0, position) + 1
    column = position - value.rfind("\n", 0, position)
    if "\n" in value:
        return _("Line %(line)d, character %(column)d: ") % {"line": line, "column": column}
    return _("Character %(column)d: ") % {"column": column}


def fold(value: str) -> str:
    """The key for searching: case, width, dashes, quotes and blanks made equal, what is not seen dropped.

    NFKC_Casefold of the Unicode Standard (section 3.13), plus the unifications above; idempotent.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", value).casefold())
    folded = unicodedata.normalize("NFKC", folded.casefold()).translate(_WRITTEN_TWO_WAYS)
    if not folded.isascii() or not folded.isprintable():
        folded = "".join(_seen(folded))
    return unicodedata.normalize("NFKC", " ".join(folded.split()))


def _seen(value: str) -> Iterator[str]:
    for character in value:
        category = unicodedata.category(character)
        if category == "Cc":
            yield " "
        elif category not in {"Cf", "Cs"} and not _INVISIBLE.match(character) and not _SELECTOR.match(character):
            yield character


def search_terms(query: str) -> list[str]:
    """What is searched for: at most 8 different folded words of at most 60 characters each, without quotes around."""
    words = ((word.strip(_QUOTES) or word)[:MAX_TERM] for word in fold(query).split())
    return list(dict.fromkeys(words))[:MAX_TERMS]


def skeleton(name: str) -> str:
    """The key under which names that look the same meet; at most 80 characters.

    After Unicode Technical Standard 39, with the look-alikes that Japanese adds. Blanks and punctuation do
    not count; a dash counts only beside kana or kanji, where it could be taken for ー or 一.
    """
    seen = fold(name).translate(_LOOKALIKES)
    strokes = _STROKE.sub("\u30fc", "".join(seen.split()))
    return (_NOT_SAID.sub("", strokes.replace("-", "")) or seen)[:LONGEST_SKELETON]


def mixed_script(name: str) -> str | None:
    """Why a name is refused in which one word mixes alphabets (Latin, Greek, Cyrillic), or None.

    Latin beside kanji and kana is how Japanese is written and stays allowed.
    """
    for word in _ALPHABETIC.findall(name):
        alphabets = {found for letter in word if (found := _alphabet(letter))}
        if len(alphabets) > 1:
            return _(
                "“%(word)s” mixes letters of different alphabets that look alike (%(alphabets)s). "
                "Type the word again in one alphabet."
            ) % {"word": word, "alphabets": ", ".join(sorted(alphabets))}
    return None


def _alphabet(letter: str) -> str:
    script = unicodedata.name(letter, "").removeprefix("FULLWIDTH ").split(" ", 1)[0]
    return script.capitalize() if script in {"LATIN", "GREEK", "CYRILLIC"} else ""


def excerpt(value: str, limit: int) -> str:
    """The text on one line of at most `limit` characters, cut with an ellipsis."""
    line = " ".join(value.split())
    if len(line) <= limit:
        return line
    cut = limit - 1
    while cut > 0 and (unicodedata.combining(line[cut]) or _SELECTOR.match(line[cut]) or line[cut] in _JOINERS):
        cut -= 1
    return line[:cut].rstrip() + "…"
