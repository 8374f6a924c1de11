"""What is wrong with a text, where, why, and what to write instead: in Japanese and in English."""

from dataclasses import dataclass, replace

from registry.conditions.wording import PROBLEMS


@dataclass(frozen=True)
class Span:
    """A place in a text: characters `start` (inclusive) to `end` (exclusive)."""

    start: int
    end: int

    def to(self, other: "Span") -> "Span":
        return Span(self.start, other.end)


NOWHERE = Span(0, 0)


@dataclass(frozen=True)
class Problem:
    """One refusal. `fix` is the text to put in place of characters start..end, or None."""

    start: int
    end: int
    code: str
    message_en: str
    message_ja: str
    fix: str | None = None

    def message(self, lang: str) -> str:
        return self.message_ja if lang == "ja" else self.message_en

    def as_json(self) -> dict[str, object]:
        return {
            "start": self.start,
            "end": self.end,
            "code": self.code,
            "message": {"en": self.message_en, "ja": self.message_ja},
            "fix": self.fix,
        }


class ConditionError(ValueError):
    """The text is refused; `problems` says every reason that was found."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__(" ".join(problem.message_en for problem in problems))

    def at(self, span: Span) -> "ConditionError":
        """The same reasons at another place: what stands there says more than the reader typed."""
        return ConditionError([replace(each, start=span.start, end=span.end, fix=None) for each in self.problems])

    def __reduce__(self) -> tuple[type["ConditionError"], tuple[list[Problem]]]:
        return type(self), (self.problems,)


@dataclass(frozen=True)
class Both:
    """A word of a sentence that is another one in each language."""

    en: str
    ja: str


def problem(code: str, span: Span = NOWHERE, fix: str | None = None, **words: object) -> Problem:
    """The problem `code` of the table in wording.py, its sentences filled with `words`."""
    english, japanese = PROBLEMS[code]
    in_english = {name: word.en if isinstance(word, Both) else word for name, word in words.items()}
    in_japanese = {name: word.ja if isinstance(word, Both) else word for name, word in words.items()}
    return Problem(span.start, span.end, code, english.format(**in_english), japanese.format(**in_japanese), fix)


def refuse(code: str, span: Span = NOWHERE, fix: str | None = None, **words: object) -> ConditionError:
    return ConditionError([problem(code, span, fix, **words)])
