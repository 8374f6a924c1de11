"""Everything a condition can ask of a text is a regular language: one joint automaton gives exact classes.

Texts that no predicate of the condition tells apart form a class; the solver then only chooses a class, and
every class comes with texts to show. (Product construction; Hopcroft, Motwani and Ullman, section 4.2.)
"""

from collections import deque
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from operator import eq, ge, gt, le, lt, ne
from typing import Any

from registry.conditions.meaning import FOLDS, TRIMMED

MAX_STATES = 3_000
COMPARE: dict[str, Callable[[Any, Any], bool]] = {"=": eq, "<>": ne, "<": lt, "<=": le, ">": gt, ">=": ge}
# Characters that stand for “any other”; those a condition mentions are skipped.
OTHERS = "あいうえおかきくけこさしすせそたちつてとなにぬねのはひふへほまみむめもやゆよらりるれろわをん"


class TooComplex(Exception):
    """The joint automaton would be too large to build; the question stays undecided."""


@dataclass(frozen=True)
class Ask:
    """One question about a text. `folds` are applied outermost last; `kind`: equal, like or length."""

    folds: tuple[str, ...]
    kind: str
    argument: str | int
    op: str = "="

    def holds(self, text: str) -> bool:
        for fold in self.folds:
            text = FOLDS[fold](text)
        return self.answer(_machine(self.kind, [self]).run(text))

    def answer(self, output: Hashable) -> bool:
        if self.kind == "length":
            found: bool = COMPARE[self.op](output, self.argument)
            return found
        return output == self.argument if self.kind == "equal" else bool(output)


class _Machine:
    """start, step(state, character), output(state)."""

    start: Hashable

    def step(self, state: Any, character: str) -> Hashable:
        raise NotImplementedError

    def output(self, state: Any) -> Hashable:
        raise NotImplementedError

    def run(self, text: str) -> Hashable:
        state = self.start
        for character in text:
            state = self.step(state, character)
        return self.output(state)


class _Words(_Machine):
    """Which of several words the text is, if any."""

    def __init__(self, words: Iterable[str]) -> None:
        self.words = set(words)
        self.prefixes = {word[:end] for word in self.words for end in range(len(word) + 1)}
        self.start = ""

    def step(self, state: Any, character: str) -> Hashable:
        return state + character if state is not None and state + character in self.prefixes else None

    def output(self, state: Any) -> Hashable:
        return state if state in self.words else None


class _Like(_Machine):
    """Whether the text fits the pattern; a state is the set of places in the pattern one can be at."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.start = self._closed({0})

    def _closed(self, places: set[int]) -> frozenset[int]:
        found = set(places)
        for place in sorted(places):
            while place < len(self.pattern) and self.pattern[place] == "%":
                place += 1
                found.add(place)
        return frozenset(found)

    def step(self, state: Any, character: str) -> Hashable:
        found = set()
        for place in state:
            if place < len(self.pattern):
                sign = self.pattern[place]
                if sign == "%":
                    found.add(place)
                elif sign in ("_", character):
                    found.add(place + 1)
        return self._closed(found)

    def output(self, state: Any) -> Hashable:
        return len(self.pattern) in state


class _Length(_Machine):
    def __init__(self, limit: int) -> None:
        self.limit, self.start = limit, 0

    def step(self, state: Any, character: str) -> Hashable:
        return min(state + 1, self.limit + 1)

    def output(self, state: Any) -> Hashable:
        return state


class _Folded(_Machine):
    def __init__(self, inner: _Machine, how: str) -> None:
        self.inner, self.fold, self.start = inner, FOLDS[how], inner.start

    def step(self, state: Any, character: str) -> Hashable:
        return self.inner.step(state, self.fold(character))

    def output(self, state: Any) -> Hashable:
        return self.inner.output(state)


class _Trimmed(_Machine):
    """Remembers where the text would end if nothing but blanks followed."""

    def __init__(self, inner: _Machine) -> None:
        self.inner, self.start = inner, None

    def step(self, state: Any, character: str) -> Hashable:
        if character in TRIMMED:
            return None if state is None else (self.inner.step(state[0], character), state[1])
        now = self.inner.step(self.inner.start if state is None else state[0], character)
        return (now, now)

    def output(self, state: Any) -> Hashable:
        return self.inner.output(self.inner.start if state is None else state[1])


@dataclass
class TextClass:
    """Texts with the same answer to every question. `full`: there are at least as many as were asked for."""

    answers: dict[Ask, bool]
    texts: list[str]
    full: bool


def classes(asks: Iterable[Ask], wanted: int = 1) -> list[TextClass]:
    """Every class of texts under the questions, with up to `wanted` texts each; raises TooComplex."""
    asks = sorted(set(asks), key=repr)
    groups = _grouped(asks)
    machines = [_wrapped(_machine(group[0].kind, group), group[0].folds) for group in groups]
    alphabet, others = _alphabet(asks)
    found: dict[tuple[bool, ...], TextClass] = {}
    for state, words in _reachable(machines, alphabet, wanted).items():
        answers: dict[Ask, bool] = {}
        for group, machine, part in zip(groups, machines, state, strict=True):
            output = machine.output(part)
            answers |= {ask: ask.answer(output) for ask in group}
        entry = found.setdefault(tuple(answers.values()), TextClass(answers, [], False))
        entry.full = entry.full or len(words) >= wanted or any(others[0] in word for word in words)
        entry.texts += _varied(words, others, wanted)
    for entry in found.values():
        entry.texts = sorted(set(entry.texts), key=lambda text: (len(text), text))[: max(wanted, 1)]
    return list(found.values())


def _reachable(machines: list[_Machine], alphabet: list[str], wanted: int) -> dict[tuple[Hashable, ...], list[str]]:
    """Each joint state with up to `wanted` of the shortest texts that lead to it."""
    start = tuple(machine.start for machine in machines)
    words: dict[tuple[Hashable, ...], list[str]] = {start: [""]}
    queue = deque([(start, "")])
    while queue:
        state, word = queue.popleft()
        for character in alphabet:
            step = tuple(m.step(part, character) for m, part in zip(machines, state, strict=True))
            known = words.setdefault(step, [])
            if len(known) < wanted:
                known.append(word + character)
                queue.append((step, word + character))
        if len(words) > MAX_STATES:
            raise TooComplex
    return words


def _grouped(asks: list[Ask]) -> list[list[Ask]]:
    """Questions one machine can answer together: all equalities, or all lengths, after the same folds."""
    groups: dict[Hashable, list[Ask]] = {}
    for ask in asks:
        alone = ask.argument if ask.kind == "like" else None
        groups.setdefault((ask.kind, ask.folds, alone), []).append(ask)
    return list(groups.values())


def _machine(kind: str, asks: list[Ask]) -> _Machine:
    if kind == "equal":
        return _Words(str(ask.argument) for ask in asks)
    if kind == "like":
        return _Like(str(asks[0].argument))
    return _Length(max(int(ask.argument) for ask in asks))


def _wrapped(machine: _Machine, folds: tuple[str, ...]) -> _Machine:
    for fold in reversed(folds):
        machine = _Trimmed(machine) if fold == "TRIM" else _Folded(machine, fold)
    return machine


def _alphabet(asks: list[Ask]) -> tuple[list[str], str]:
    """The characters that can matter, one that stands for all others last, and a stock of such others."""
    signs = {sign for ask in asks if isinstance(ask.argument, str) for sign in ask.argument}
    signs -= {"%", "_"} if all(ask.kind != "equal" for ask in asks) else set()
    folds = {fold for ask in asks for fold in ask.folds}
    if folds & {"LOWER", "UPPER"}:
        signs |= {FOLDS[how](sign) for sign in signs for how in ("LOWER", "UPPER")}
    if "TRIM" in folds:
        signs |= set(TRIMMED)
    others = "".join(sign for sign in OTHERS if sign not in signs)
    if not others:
        raise TooComplex
    return [*sorted(signs), others[0]], others


def _varied(words: list[str], others: str, wanted: int) -> list[str]:
    found = list(words)
    for word in words:
        if others[0] in word:
            found += [word.replace(others[0], other) for other in others[: wanted + 1]]
    return found[: wanted * 4 + 1]
