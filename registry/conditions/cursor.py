"""Where a parser stands in the tokens, and how it refuses what it finds there."""

from registry.conditions.problems import Both, Span, refuse
from registry.conditions.tokens import MAX_DEPTH, Token, tokenize
from registry.conditions.wording import WANTED

CLOCK = (
    "current_date", "current_timestamp", "current_time", "now", "today", "getdate", "sysdate",
    "localtimestamp", "localtime", "systimestamp", "curdate",
)  # fmt: skip
REGEX = ("regexp", "rlike", "similar", "regexp_like", "regexp_matches", "glob", "regexp_contains")
SUMS = ("sum", "avg")


class Cursor:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokenize(text)
        self.place = 0
        self.depth = 0

    @property
    def next(self) -> Token:
        return self.tokens[self.place]

    def peek(self, *values: str, ahead: int = 0) -> bool:
        index = min(self.place + ahead, len(self.tokens) - 1)
        token = self.tokens[index]
        return token.kind in ("word", "op") and token.value in values

    def take(self) -> Token:
        token = self.next
        self.place += token.kind != "end"
        return token

    def accept(self, *values: str) -> Token | None:
        return self.take() if self.peek(*values) else None

    def expect(self, value: str) -> Token:
        if not self.peek(value):
            raise self.unexpected(value)
        return self.take()

    def unexpected(self, wanted: str) -> Exception:
        """`wanted`: a key of WANTED, or words and signs of the language, separated by commas."""
        token = self.next
        said = Both(*WANTED.get(wanted, (wanted, wanted.replace(", ", "・"))))
        if token.kind == "end":
            return refuse("ends_early", token.span, wanted=said)
        if token.kind == "name" and token.value.lower() in REGEX:
            return refuse("regex", token.span)
        return refuse("unexpected", token.span, found=self.text[token.span.start : token.span.end], wanted=said)

    def end(self) -> None:
        if self.next.kind != "end":
            raise self.unexpected("AND, OR")

    def since(self, start: int) -> Span:
        return Span(start, self.tokens[self.place - 1].span.end)

    def deeper(self) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH * 2:
            raise refuse("too_deep", self.next.span, limit=MAX_DEPTH)

    def unknown_function(self, first: Token, start: int) -> Exception:
        name = first.value.lower()
        if name in CLOCK:
            closing = self.peek(")", ahead=1)
            end = self.tokens[self.place + 1].span.end if closing else first.span.end
            return refuse("clock", Span(start, end), fix="as_of", written=first.value)
        if name in REGEX:
            return refuse("regex", first.span)
        if name in SUMS:
            return refuse("sums", first.span, written=first.value.upper())
        return refuse("function", first.span, written=first.value)
