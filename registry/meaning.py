"""What conditions mean today: the vocabulary in force, and the agreed conditions that others refer to."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Subquery
from django.utils.translation import get_language

from registry import clock, conditions_syntax, engine, wording
from registry.conditions import (
    DIALECTS,
    Agreed,
    ConditionError,
    Definition,
    Moments,
    Problem,
    Vocabulary,
    parse,
    parse_formula,
    reading,
    understood,
)
from registry.conditions import counting as counting_of
from registry.conditions import problems as text_problems
from registry.conditions.formula import Known, multiplier, unit_of
from registry.conditions.problems import problem
from registry.conditions.tree import Condition
from registry.ledger.canonical import digest
from registry.models import Definition as PublishedVersion
from registry.models import VocabularyClause, VocabularyDraft, VocabularyVersion
from registry.models.vocabulary import vocabulary_digest
from registry.once import once
from registry.spans import since
from registry.wording import CALCULATED, Wording

type Overlay = Mapping[str, Wording]
type Carried = VocabularyDraft | VocabularyClause
type Declared = Carried | VocabularyVersion
type Find = Callable[[set[str]], Mapping[str, Wording]]

PERCENT = frozenset({"%", "％"})
DEEPEST_INDENT = 4
SAID_OF_OTHERS = ("counts", "condition", "name_ja", "name_en")  # by a condition in plain words that refers to them


def vocabulary() -> Vocabulary | None:
    """The latest vocabulary; `None` in a registry that has not declared one yet."""
    source = _source()
    return declared_by(source) if source is not None else None


def _source() -> str | None:
    return once("vocabulary", VocabularyVersion.objects.values_list("source", flat=True).first)


def declared_by(source: str) -> Vocabulary:
    """The vocabulary that a recorded or carried YAML text declares."""
    return Vocabulary.from_yaml(source)


def source_digest(carried: Declared) -> str:
    """Names the text of a vocabulary among what is kept."""
    return vocabulary_digest(carried.source)


def read_in(carried: Declared | None) -> Vocabulary | None:
    """The vocabulary in which conditions are read: one that a proposal carries, or that held once; else today's."""
    return declared_by(carried.source) if carried else vocabulary()


def in_force(keys: Iterable[str], on: date | None = None) -> dict[str, Wording]:
    """The wordings of the metrics `keys` on a day (default today)."""
    day = on or clock.today()
    return since(day).wordings(keys, day)


def texts_of(*wordings: Wording) -> list[str]:
    """Where wordings may refer to other metrics: their conditions, and what they are counted by."""
    return [words[name] for words in wordings for name in conditions_syntax.REFERRING]


def agreed(texts: Iterable[str], overlay: Overlay | None = None, on: date | None = None) -> dict[str, Agreed]:
    """What `is_<metric>` in the texts stands for, references of references included.

    `overlay` are wordings that stand in for those in force, such as a joint proposal's.
    """
    return referred_to(texts, _finding(overlay or {}, on))


def _finding(overlay: Overlay, on: date | None) -> Find:
    def wordings(keys: set[str]) -> dict[str, Wording]:
        there = {key: overlay[key] for key in keys & overlay.keys()}
        elsewhere = keys - overlay.keys()
        return there | in_force(elsewhere, on) if elsewhere else there

    return wordings


def referred_to(texts: Iterable[str], find: Find) -> dict[str, Agreed]:
    """The same, of the wordings that `find` gives for metric keys."""
    found: dict[str, Agreed] = {}
    wanted = {key for text in texts for key in conditions_syntax.references(text)}
    while missing := wanted - found.keys():
        wordings = find(missing)
        found |= {key: _agreed(words) for key, words in wordings.items()}
        wanted = {key for each in found.values() for key in conditions_syntax.references(each.condition)}
        if not missing & wordings.keys():
            break
    return found


def _agreed(words: Wording) -> Agreed:
    """What there is to refer to. What is calculated may have kept the condition by which it was counted before."""
    return Agreed(words["counts"], words["condition"] if wording.is_counted(words) else "")


def sentences(
    key: str,
    words: Wording,
    overlay: Overlay | None = None,
    carried: Carried | None = None,
    on: date | None = None,
) -> dict[str, list[str]]:
    """What is wrong with the condition or formula of metric `key`, by field, in the reader's language."""
    if words["kind"] == CALCULATED:
        if not words["formula"]:
            return {}
        problems = formula_problems(key, words, _finding(overlay or {}, on), written=not words["retired"])
        return {"formula": [each.message(language()) for each in problems]} if problems else {}
    if not words["condition"]:
        return {}
    if read_in(carried) is None:
        sentence = conditions_syntax.condition(words["condition"])
        return {"condition": [str(sentence)]} if sentence else {}
    found = [each.message(language()) for each in counting_problems(words, overlay, carried, on)]
    return {"condition": found} if found else {}


def tree(
    words: Wording, overlay: Overlay | None, declared: Vocabulary | None, on: date | None = None
) -> Condition | None:
    """The condition as it is understood; `None` where it cannot be read."""
    if declared is None or not words["condition"] or words["counts"] not in declared.entities:
        return None
    try:
        return parse(words["condition"], declared, words["counts"], agreed([words["condition"]], overlay, on))
    except ConditionError:
        return None


def what_counts(
    words: Wording, overlay: Overlay | None, declared: Vocabulary | None, on: date | None = None
) -> Condition | None:
    """The condition together with the date by which what fits it is counted; `None` where that cannot be read."""
    if declared is None or not wording.is_counted(words) or words["counts"] not in declared.entities:
        return None
    try:
        return understood(counting(words), declared, words["counts"], agreed(texts_of(words), overlay, on))
    except ConditionError:
        return None


def condition_problems(
    words: Wording, overlay: Overlay | None = None, carried: Carried | None = None, on: date | None = None
) -> list[Problem]:
    """The problems of a condition with their places and fixes; empty where it reads correctly.

    `on`: the day from which it would hold (default today), on which what it refers to is read.
    """
    declared = read_in(carried)
    if declared is None or words["counts"] not in declared.entities:
        return []
    return text_problems(words["condition"], declared, words["counts"], agreed([words["condition"]], overlay, on))


def counting_problems(
    words: Wording, overlay: Overlay | None = None, carried: Carried | None = None, on: date | None = None
) -> list[Problem]:
    """Likewise for all that makes a metric countable: the condition, its entity, key, date and sum."""
    declared = read_in(carried)
    if declared is None:
        return []
    return problems_in(words, declared, agreed(texts_of(words), overlay, on))


def problems_in(words: Wording, declared: Vocabulary, metrics: Mapping[str, Agreed]) -> list[Problem]:
    """The same in a vocabulary, with what its references stand for."""
    if words["counts"] not in declared.entities:
        return [unknown_entity(words["counts"], declared)]
    if found := text_problems(words["condition"], declared, words["counts"], metrics):
        return found
    try:
        counting_of(counting(words), declared, metrics)
    except ConditionError as error:
        return error.problems
    return []


def unknown_entity(name: str, declared: Vocabulary) -> Problem:
    """That nothing of this name is declared, with the names that are."""
    names = ", ".join(declared.entities)
    return Problem(
        0,
        0,
        "unknown_entity",
        f"“{name}” is not something the vocabulary declares. Count one of: {names}.",
        f"「{name}」は語彙に定義されていません。数える対象を次から選んでください：{names}",
    )


def formula_problems(key: str, words: Wording, find: Find, *, written: bool = False) -> list[Problem]:
    """What is wrong with the formula of metric `key`, with the factors that `find` gives for metric keys.

    `written`: also what is refused to whoever writes it, and stops nobody where it is agreed already.
    """
    known = {name: factor(each) for name, each in _factors(words["formula"], find).items()}
    try:
        formula = parse_formula(words["formula"], known, key)
    except ConditionError as error:
        return error.problems
    doubled = written and is_percentage(words["unit_ja"], words["unit_en"]) and multiplier(formula.tree) == 100
    return [problem("formula_percentage", formula.tree.span)] if doubled else []


def is_percentage(*units: str) -> bool:
    """Whether a ratio in one of these units is shown multiplied by 100, which its formula is therefore not to do."""
    return not PERCENT.isdisjoint(units)


def _factors(formula: str, find: Find) -> dict[str, Wording]:
    """What a formula names, and what is named in turn by the formulas of that."""
    found: dict[str, Wording] = {}
    wanted = set(conditions_syntax.factors(formula))
    while missing := wanted - found.keys():
        there = find(missing)
        found |= there
        wanted = {name for each in there.values() for name in conditions_syntax.made_of(each)}
    return found


def factor(words: Wording) -> Known:
    """What a formula that names the metric has to know of it."""
    formula = words["formula"] if words["kind"] == CALCULATED else ""
    return Known(unit_of(words["unit_en"] or "1"), formula or None)


def stamped(rows: Any) -> Any:
    """A queryset with `last_version` and `last_vocabulary`, in the same query, for `stamp`."""
    return rows.annotate(
        last_version=Subquery(PublishedVersion.objects.order_by("-pk").values("pk")[:1]),
        last_vocabulary=Subquery(VocabularyVersion.objects.values("number")[:1]),
    )


def with_vocabulary(rows: Any) -> Any:
    """A queryset that is `stamped` and brings the vocabulary along, in the same query, for `recall`."""
    return stamped(rows).annotate(last_source=Subquery(VocabularyVersion.objects.values("source")[:1]))


def recall(row: Any) -> None:
    """Let all that is read while this page is made be read in the vocabulary that came with the row."""
    once("vocabulary", lambda: row.last_source)


def stamp(row: Any) -> str:
    """What the meaning of any condition depends on: the last version, the last vocabulary, the day."""
    return f"{row.last_version}:{row.last_vocabulary}:{clock.today()}"


def in_words(
    words: Wording,
    stamp: str,
    overlay: Overlay | None = None,
    carried: Declared | None = None,
    on: date | None = None,
) -> list[tuple[int, str]]:
    """The condition in plain words in the reader's language: `(depth, rule)` for each line.

    `on`: the day from which it would hold (default today). Empty where it cannot be read. Kept by `stamp`, since the
    same words in the same registry read the same.
    """
    if not words.get("condition"):
        return []
    said = {key: [each[name] for name in SAID_OF_OTHERS] for key, each in (overlay or {}).items()}
    asked = [words["counts"], words["condition"], said, source_digest(carried) if carried else "", str(on or "")]
    name = f"words:{language()}:{stamp}:{digest('goi/words/4', asked)}"
    found: list[tuple[int, str]] = engine.kept(name, lambda: _read_aloud(words, overlay or {}, read_in(carried), on))
    return found


def _read_aloud(
    words: Wording, overlay: Overlay, declared: Vocabulary | None, on: date | None
) -> list[tuple[int, str]]:
    if declared is None or words["counts"] not in declared.entities:
        return []
    metrics = agreed([words["condition"]], overlay, on)
    wordings = in_force(metrics.keys() - overlay.keys(), on) | dict(overlay)
    names = {key: {"ja": each["name_ja"], "en": each["name_en"]} for key, each in wordings.items()}
    try:
        said = reading(words["condition"], declared, words["counts"], language(), metrics, names)
    except ConditionError:
        return []
    return [(min(depth, DEEPEST_INDENT), rule) for depth, rule in said]


@dataclass(frozen=True)
class Query:
    """The counting query for one engine, or why there is none."""

    engine: str
    text: str
    refusals: list[str]


def sql(words: Wording, on: date) -> list[Query]:
    """The whole counting query for each engine, for the month of `on`; none of a calculated metric.

    The proofs are kept by all they depend on: the wording, what it refers to, the vocabulary and the day.
    """
    source = _source()
    if source is None or words["kind"] == CALCULATED:
        return []
    metrics = agreed(texts_of(words), on=on)
    asked = [repr(counting(words)), repr(sorted(metrics.items())), vocabulary_digest(source), str(on)]
    found = engine.kept(f"sql:{digest('goi/sql/2', asked)}", lambda: _written(words, metrics, source, on))
    said = ((name, text, [each.message(language()) for each in problems]) for name, text, problems in found)
    return [Query(DIALECTS[name].label, text, refusals) for name, text, refusals in said]


def _written(words: Wording, metrics: dict[str, Agreed], source: str, on: date) -> list[tuple[str, str, list[Problem]]]:
    asked = (counting(words), declared_by(source))
    written: list[tuple[str, str, list[Problem]]] = []
    for name in DIALECTS:
        try:
            text = engine.ask("to_sql", *asked, name, moments(on), metrics, seconds=10.0)
            written.append((name, text, []))
        except ConditionError as error:
            written.append((name, "", error.problems))
    return written


def counting(words: Wording) -> Definition:
    """What the library needs of a counted or summed metric."""
    return Definition(
        counts=words["counts"],
        condition=words["condition"],
        dated_by=words["dated_by"],
        counting_key=tuple(part.strip() for part in words["counting_key"].split(",") if part.strip()),
        first_per=words["first_per"] or None,
        sums=words["sums"] or None,
    )


def firsts(words: Wording, declared: Vocabulary) -> str:
    """The field of which only the first record counts, so that others are displaced; empty where none can be.

    Every record is the first of its own key.
    """
    key = declared.entity(words["counts"]).key
    own = (key, f"{words['counts']}.{key}")
    return "" if words["first_per"] in own else words["first_per"]


def moments(on: date) -> Moments:
    """The dates of a question about the month of `on`, asked on that day."""
    start = on.replace(day=1)
    end = date(start.year + start.month // 12, start.month % 12 + 1, 1)
    return Moments(as_of=on, period_start=start, period_end=end)


def language() -> str:
    return "en" if (get_language() or "ja").startswith("en") else "ja"
