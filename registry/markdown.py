"""Definitions and comments as HTML: Markdown without raw HTML or images, with its terms linked.

Emphasis follows the "CommonMark CJK-friendly amendments" (tats-u/markdown-cjk-friendly), without which
`**「重要」**です` keeps its asterisks. A line break typed is a line break shown.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import nh3
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from markdown_it import MarkdownIt
from markdown_it.common.utils import isMdAsciiPunct, isPunctChar, isWhiteSpace
from markdown_it.parser_inline import ParserInline
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline.state_inline import Scanned, StateInline
from markdown_it.token import Token

from registry.text import fold

_LINKABLE = re.compile(r"(?:https?://|mailto:|/(?![/\\]))", re.IGNORECASE)
_TAGS = {"p", "br", "hr", "strong", "em", "s", "ul", "ol", "li", "blockquote", "code", "pre", "a", "span", "div"}
_TAGS |= {"h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"}
_ATTRIBUTES = {
    "a": {"href", "rel", "class", "aria-describedby"},
    "span": {"class", "id", "role"},
    "ol": {"start"},
    "div": {"class", "tabindex", "role", "aria-label"},
    "table": {"class"},
    "th": {"class"},
    "td": {"class"},
}

# A character with the marks that fold into it: accents, (half-width) voiced marks, selectors.
_CLUSTER = re.compile("(?s:.)[\u0300-\u036f\u3099\u309a\uff9e\uff9f\ufe00-\ufe0f\U000e0100-\U000e01ef]*")
# How many characters of a name decide where it is looked for.
_START = 4
_SIZES = (4, 3, 2, 1)


class Term(NamedTuple):
    """`surface` as it stands in the text, the address it leads to, and its meaning in one line."""

    surface: str
    url: str
    meaning: str


def render(text: str, *, terms: Sequence[Term] = (), scope: str = "") -> SafeString:
    """The Markdown as HTML, safe whatever was typed; each term linked once per paragraph.

    A meaning beside its term is shown by CSS on hover and focus, and read out by `aria-describedby`. Its id
    comes from the text, so that the HTML never changes; give `scope` where one page shows a text twice.
    """
    known = {fold(term.surface): term for term in terms}
    digest = hashlib.sha256(f"{scope}\n{text}".encode()).hexdigest()[:8]
    html = _MARKDOWN.render(text, {"terms": _Finder(known), "digest": digest, "count": 0})
    return mark_safe(nh3.clean(html, tags=_TAGS, attributes=_ATTRIBUTES, link_rel=None))


def plain(text: str) -> str:
    """The words of the Markdown on one line, without its marks."""
    parts: list[str] = []
    for token in _MARKDOWN.parse(text, {}):
        if token.type in {"fence", "code_block"}:
            parts.append(token.content)
        elif token.children is not None:
            parts.append("".join(child.content or _gap(child) for child in token.children))
    return " ".join(" ".join(parts).split())


def _gap(token: Token) -> str:
    return " " if token.type in {"softbreak", "hardbreak"} else ""


def find_terms(text: str, names: Mapping[str, str]) -> list[tuple[str, str]]:
    """`(surface, key)` for each way in which a known name is written in the text, in the text's order.

    `names` maps folded names to keys. Among overlapping names the longest wins; Latin and katakana names
    count only as whole words.
    """
    return list(dict.fromkeys((text[start:end], key) for start, end, key in _Finder(names).spans(text)))


class _Finder[Found]:
    """Built from folded names. Looks at each place only for the lengths that names starting there have."""

    def __init__(self, names: Mapping[str, Found]) -> None:
        self._names = names
        self._lengths: dict[str, list[int]] = {}
        for name in sorted(names, key=len, reverse=True):
            self._lengths.setdefault(name[:_START], []).append(len(name))

    def spans(self, text: str) -> Iterator[tuple[int, int, Found]]:
        """`(start, end, value)` from left to right, never overlapping, the longest name at each place."""
        folded, starts, ends = _folded(text) if self._names else ("", [], [])
        done = 0
        for place in range(len(folded)):
            if place >= done and not _inside(starts, place) and (end := self._longest(folded, starts, place)):
                yield starts[place], ends[end - 1], self._names[folded[place:end]]
                done = end

    def _longest(self, folded: str, starts: list[int], place: int) -> int:
        """Where the longest name that starts at `place` ends, or 0."""
        known = self._lengths
        for size in _SIZES:
            start = folded[place : place + size]
            if start in known:
                for length in known[start]:
                    end = place + length
                    if end > len(folded) or _inside(starts, end):
                        continue
                    if folded[place:end] in self._names and _whole(folded, place, end):
                        return end
        return 0


def _folded(text: str) -> tuple[str, list[int], list[int]]:
    """The folded text, and for each of its characters where in `text` it starts and ends."""
    folded: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for cluster in _CLUSTER.finditer(text):
        for character in _fold_cluster(cluster.group()):
            if character != " " or (folded and folded[-1] != " "):
                folded.append(character)
                starts.append(cluster.start())
                ends.append(cluster.end())
    return "".join(folded), starts, ends


@lru_cache(maxsize=8192)
def _fold_cluster(cluster: str) -> str:
    return " " if cluster.isspace() else fold(cluster)


def _inside(starts: list[int], place: int) -> bool:
    """Whether one character of the text folds to what stands on both sides of the place: no "3" in "¾"."""
    return 0 < place < len(starts) and starts[place - 1] == starts[place]


def _whole(folded: str, start: int, end: int) -> bool:
    """Whether no Latin or katakana word goes on beyond the name: no "リード" inside "ミスリード"."""
    return not (
        (start > 0 and _goes_on(folded[start - 1], folded[start]))
        or (end < len(folded) and _goes_on(folded[end - 1], folded[end]))
    )


def _goes_on(one: str, other: str) -> bool:
    kind = _kind(one)
    return kind != "" and kind == _kind(other)


def _kind(character: str) -> str:
    if character == "_" or (character < "\u0530" and character.isalnum()):
        return "latin"
    return "katakana" if "\u30a1" <= character <= "\u30fe" and character != "・" else ""


class _CjkState(StateInline):
    """Delimiter runs as amended for Chinese, Japanese and Korean."""

    def scanDelims(self, start: int, canSplitWord: bool) -> Scanned:
        end = start
        while end < self.posMax and self.src[end] == self.src[start]:
            end += 1
        before, before_cjk = self._before(start)
        after = self.src[end] if end < self.posMax else " "
        after_cjk = _is_cjk(after)
        space_before, space_after = isWhiteSpace(ord(before)), isWhiteSpace(ord(after))
        mark_before, mark_after = _is_mark(before), _is_mark(after)
        cjk = before_cjk or after_cjk
        left = not space_after and (not mark_after or space_before or mark_before or cjk)
        right = not space_before and (not mark_before or space_after or mark_after or cjk)
        can_open = left and (canSplitWord or not right or mark_before)
        can_close = right and (canSplitWord or not left or mark_after)
        return Scanned(can_open, can_close, end - start)

    def _before(self, start: int) -> tuple[str, bool]:
        """The character before `start`, its variation selector aside, and whether it is CJK."""
        last = self.src[start - 1] if start > 0 else " "
        if "\ufe00" <= last <= "\ufe0e" and start > 1 and not self.src[start - 2].isspace():
            main = self.src[start - 2]
            return main, _is_cjk(main) or (last == "\ufe01" and main in "‘’“”")
        return last, _is_cjk(last) or "\U000e0100" <= last <= "\U000e01ef"


def _is_mark(character: str) -> bool:
    return isMdAsciiPunct(ord(character)) or isPunctChar(character)


def _is_cjk(character: str) -> bool:
    """East Asian width W, F or H, or Hangul; but no emoji, which are wide as well."""
    if character < "\u1100":
        return False
    width = unicodedata.east_asian_width(character)
    if width == "W":
        pictures = "\u231a" <= character <= "\u2b55" or "\U0001f000" <= character <= "\U0001faff"
        return not (pictures and unicodedata.category(character) in {"So", "Sk"})
    return width in "FH" or unicodedata.name(character, "").startswith("HANGUL")


class _CjkInline(ParserInline):
    """The inline parser with the amended delimiter runs, and otherwise as it is."""

    def parse(self, src: str, md: MarkdownIt, env: MutableMapping[str, Any], tokens: list[Token]) -> list[Token]:
        state = _CjkState(src, md, env, tokens)
        self.tokenize(state)
        for rule in self.ruler2.getRules(""):
            rule(state)
        return state.tokens


def _link_terms(state: StateCore) -> None:
    """Replaces names in running text by term tokens; headings, links and code are left alone."""
    for position, token in enumerate(state.tokens):
        heading = position and state.tokens[position - 1].type == "heading_open"
        if token.children and not heading and "terms" in state.env:
            token.children = _with_terms(token.children, state.env)


def _with_terms(children: list[Token], env: MutableMapping[str, Any]) -> list[Token]:
    linked: list[Token] = []
    seen: set[str] = set()
    depth = 0
    for child in children:
        depth += {"link_open": 1, "link_close": -1}.get(child.type, 0)
        if child.type == "text" and not depth:
            linked.extend(_split(child.content, env, seen))
        else:
            linked.append(child)
    return linked


def _split(words: str, env: MutableMapping[str, Any], seen: set[str]) -> list[Token]:
    tokens: list[Token] = []
    done = 0
    for start, end, term in env["terms"].spans(words):
        if term.url not in seen:
            seen.add(term.url)
            env["count"] += 1
            tokens.append(Token("text", "", 0, content=words[done:start]))
            tokens.append(Token("term", "", 0, content=words[start:end], meta={"term": term, "number": env["count"]}))
            done = end
    return [*tokens, Token("text", "", 0, content=words[done:])]


def _render_term(_self: Any, tokens: Sequence[Token], position: int, _options: Any, env: Any) -> str:
    term, number = tokens[position].meta["term"], tokens[position].meta["number"]
    if not term.meaning:
        return format_html('<a class="term" href="{}">{}</a>', term.url, tokens[position].content)
    return format_html(
        '<span class="defined"><a class="term" href="{0}" aria-describedby="{3}">{1}</a>'
        '<span class="term-meaning" role="tooltip" id="{3}">{2}</span></span>',
        term.url,
        tokens[position].content,
        term.meaning,
        f"term-{env['digest']}-{number}",
    )


def _fit_the_page(state: StateCore) -> None:
    """Headings below the page's own, numbers to the right by class: the page forbids inline styles."""
    for token in state.tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(int(token.tag[1]) + 2, 6)}"
        elif token.type in {"th_open", "td_open"} and "style" in token.attrs:
            right = token.attrs.pop("style") == "text-align:right"
            token.attrs = {"class": "number"} if right else {}


def _render_link(self: Any, tokens: Sequence[Token], position: int, options: Any, env: Any) -> str:
    if not str(tokens[position].attrs["href"]).startswith("/"):
        tokens[position].attrSet("rel", "noopener nofollow")
    return self.renderToken(tokens, position, options, env)


def _render_table(_self: Any, _tokens: Sequence[Token], _position: int, _options: Any, _env: Any) -> str:
    opening = '<div class="scroll-x" tabindex="0" role="group" aria-label="{}"><table class="table">'
    return format_html(opening, _("Table"))


def _render_table_end(_self: Any, _tokens: Sequence[Token], _position: int, _options: Any, _env: Any) -> str:
    return "</table></div>"


def _build() -> MarkdownIt:
    markdown = MarkdownIt("commonmark")
    markdown.inline = _CjkInline()
    markdown.configure("commonmark", {"html": False, "breaks": True})
    markdown.enable(["table", "strikethrough"]).disable(["image", "html_inline", "html_block"])
    markdown.validateLink = lambda url: _LINKABLE.match(url) is not None  # type: ignore[method-assign]
    markdown.core.ruler.push("fit_the_page", _fit_the_page)
    markdown.core.ruler.push("link_terms", _link_terms)
    markdown.add_render_rule("term", _render_term)
    markdown.add_render_rule("link_open", _render_link)
    markdown.add_render_rule("table_open", _render_table)
    markdown.add_render_rule("table_close", _render_table_end)
    return markdown


_MARKDOWN = _build()
