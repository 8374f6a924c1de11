"""Letters that are taken for one another, for the key under which names that look alike meet.

Folded (lower-case) letters to the one that stands for all of them. A Greek or Cyrillic letter goes where its
capital looks, so that the key never depends on case. Chosen from Unicode's confusables.txt and from what
Japanese readers mix up; the letters i and l stay apart, since "mail" and "mall" are different words.
"""

_CYRILLIC = dict(zip("авекмнорстухіїјѕԁԛԝѵһӏёӕ", "abekmhopctyxiïjsdqwvhlëæ", strict=True))
_GREEK = dict(zip("αβεζηικμνορτυχϲ", "abezhikmnoptyxc", strict=True))
_LATIN = {"ı": "i", "ɑ": "a", "ɡ": "g", "ɩ": "i", "ⅼ": "l", "1": "l", "|": "l", "0": "o", "ǀ": "l"}
_CIRCLES = dict.fromkeys("〇○◯⚪●", "o")
_KANJI = dict(zip("口囗力二工夕卜八才千三乂又厶丿亻匕", "ロロカニエタトハオチミメヌムノイヒ", strict=True))
_HIRAGANA = dict(zip("へべぺり", "ヘベペリ", strict=True))
_SMALL = dict(
    zip(
        "ぁぃぅぇぉっゃゅょゎゕゖァィゥェォッャュョヮヵヶ",
        "あいうえおつやゆよわかけアイウエオツヤユヨワカケ",
        strict=True,
    )
)

LOOKALIKES: dict[int, str] = str.maketrans(
    _CYRILLIC | _GREEK | _LATIN | _CIRCLES | _KANJI | _HIRAGANA | _SMALL
)
