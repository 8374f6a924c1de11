"""Words that every reader takes to mean something else: 適切な, 速やかに, appropriate, promptly."""

import re
from collections.abc import Iterator

from registry.prose.finding import Finding, fold, passage

_HOW_MUCH = "いくつか、どこまでかを書いてください。", "say how much, or up to where."
_WHEN = "何日以内か、どの日を基準にするかを書いてください。", "say within how many days, counted from which day."
_WHICH = "確かめられる条件に書き換えてください。", "write what can be checked instead."
_ALWAYS = "いつもそうなのか、例外は何かを書いてください。", "say whether it always holds, and name the exceptions."
_REST = "残りもすべて挙げるか、何でまとめたかを書いてください。", "list the rest, or name what they have in common."
_ABOUT = "端の数をはっきり決めてください。", "settle the exact number."

# By language: a pattern, and what to write instead in Japanese and in English.
WORDS: dict[str, tuple[tuple[str, tuple[str, str]], ...]] = {
    "ja": (
        (r"適切(?:な|に)|適正(?:な|に)|適当(?:な|に)|妥当な|適宜|必要に応じて|一定の", _WHICH),
        (r"主な|主要な|重要な|有望な|関連する|見込みの高い|質の高い", _WHICH),
        (r"十分(?:な|に)|ある程度|相当(?:数|程度)|多少|可能な限り|できるだけ|なるべく", _HOW_MUCH),
        (r"速やかに|すみやかに|早急に|至急|直ちに|ただちに|早めに|遅滞なく|随時|近日中に|しばらく|最近|昨今", _WHEN),
        (r"基本的に|原則(?:として|、)|原則的に|一般的に|通常は?、|概ね|おおむね|たいてい|大体|だいたい", _ALWAYS),
        (r"場合により|場合によって", _ALWAYS),
        # Closing a bracket it names members of what was said before it, which is no vagueness.
        (r"など(?![）)])|(?<![同均平対高優劣何初中上下不特])等(?=[をがはにのもで、。]|と(?!分))", _REST),
        (r"約(?=[0-9一二三四五六七八九十百千])|(?<=[0-9日週月年分名人件円%])(?:程度|前後|くらい|ぐらい)", _ABOUT),
    ),
    "en": (
        (r"appropriate(?:ly)?|suitabl[ey]|reasonabl[ey]|proper(?:ly)?|relevant|certain(?= \w+s\b)", _WHICH),
        (r"as (?:needed|necessary|required|appropriate)|(?:if|when|where) (?:needed|necessary)", _WHICH),
        (r"important|significant(?:ly)?|substantial(?:ly)?|promising|high[- ]quality", _WHICH),
        (r"sufficient(?:ly)?|adequate(?:ly)?|enough|as (?:far|much) as possible|(?:where|if) possible", _HOW_MUCH),
        (r"promptly|as soon as possible|asap|timely|soon|immediately|without delay|recent(?:ly)?", _WHEN),
        (r"basically|generally|in general|usually|typically|normally|in principle|mostly|mainly|as a rule", _ALWAYS),
        (r"etc\b\.?|and so on|and so forth|and the like", _REST),
        (r"approximately|roughly|(?:about|around|circa)(?= [0-9])|or so", _ABOUT),
    ),
}  # fmt: skip
_COMPILED = {
    language: [(re.compile(rf"\b(?:{each})(?!\w)" if language == "en" else each), fix) for each, fix in words]
    for language, words in WORDS.items()
}
# Where these words say something exact after all.
_SETTLED = re.compile(r"通常の(?:営業)|whether enough", re.IGNORECASE)


def vague(field: str, text: str, language: str) -> Iterator[Finding]:
    """Each vague word of a text, with what to write instead."""
    folded = fold(text)
    for pattern, (ja, en) in _COMPILED[language]:
        for match in pattern.finditer(folded):
            start, end = match.span()
            if not any(each.start() <= start < each.end() for each in _SETTLED.finditer(folded)):
                said = text[start:end]
                yield Finding(
                    field,
                    start,
                    end,
                    "vague",
                    said,
                    passage(text, start, end),
                    f"「{said}」は読む人によって意味が変わります。{ja}",
                    f"“{said}” means something else to every reader: {en}",
                )
