"""What one definition says: the table of its fields, and what makes them complete and acceptable.

A wording is a plain JSON object, since its digest is taken over exactly what is stored. The table below is
the only list of its fields: forms, comparison, the digest's document, search and the screens all read it,
and a version published before a field existed simply lacks it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from registry import text

type Wording = dict[str, Any]
type Problems = dict[str, list[str | Promise]]

COUNTED, SUMMED, CALCULATED = "counted", "summed", "calculated"
KINDS = {COUNTED: _("counted"), SUMMED: _("summed"), CALCULATED: _("calculated")}


@dataclass(frozen=True)
class Field:
    """One field of a wording. `name` carries its language as a suffix where it has one."""

    name: str
    label: str | Promise
    shape: Literal["line", "prose", "code", "list", "examples", "choice", "metric", "flag"]
    limit: int = 200
    help: str | Promise = ""
    required_for: frozenset[str] = frozenset()

    @property
    def language(self) -> Literal["ja", "en", ""]:
        """The language of its text, or empty where it has none."""
        ending = self.name[-3:]
        return "ja" if ending == "_ja" else "en" if ending == "_en" else ""

    @property
    def stem(self) -> str:
        """The name without its language: `text` for `text_ja`."""
        return self.name[:-3] if self.language else self.name

    @property
    def empty(self) -> Any:
        return {"list": [], "examples": [], "flag": False}.get(self.shape, "")


def is_counted(words: Wording) -> bool:
    """Whether records count in it. What is calculated may have kept the condition by which it was counted before."""
    return bool(words["kind"] != CALCULATED and words["condition"])


COUNTED_BY = ("kind", "counts", "counting_key", "dated_by", "first_per", "sums", "condition", "formula", "retired")


def numbers_may_differ(old: Wording | None, new: Wording | None) -> bool:
    """Whether its numbers can change by itself: other words alone change none."""
    return old is None or new is None or any(old.get(name) != new.get(name) for name in COUNTED_BY)


# What a worked example says, by whether it is marked as one that counts.
COUNTS = {True: _("counts"), False: _("does not count")}
CALCULATES = {True: _("is calculated like this"), False: _("is not calculated like this")}


def answers(kind: str) -> dict[bool, Any]:
    """The two answers of a worked example: nothing is counted in one of a calculated metric."""
    return CALCULATES if kind == CALCULATED else COUNTS


ALWAYS = frozenset(KINDS)
MEASURED = frozenset({COUNTED, SUMMED})


def _pair(name: str, label: str | Promise, shape: Any, **rest: Any) -> tuple[Field, Field]:
    return Field(f"{name}_ja", label, shape, **rest), Field(f"{name}_en", label, shape, **rest)


FIELDS: tuple[Field, ...] = (
    *_pair("name", _("Name"), "line", limit=80, required_for=ALWAYS),
    *_pair(
        "synonyms",
        _("Synonyms"),
        "list",
        limit=80,
        help=_("One per line. Searching for a synonym finds this metric."),
    ),
    *_pair(
        "summary",
        _("In one line"),
        "line",
        limit=120,
        required_for=ALWAYS,
        help=_("What the glossary's card shows."),
    ),
    *_pair(
        "text",
        _("Definition"),
        "prose",
        limit=10_000,
        required_for=ALWAYS,
        help=_("Who or what counts, in words both teams use."),
    ),
    *_pair("excludes", _("What does not count"), "prose", limit=5_000),
    *_pair(
        "counting",
        _("Counting rules"),
        "prose",
        limit=5_000,
        required_for=MEASURED,
        help=_("What is one, on which day it is counted, and what happens to duplicates."),
    ),
    *_pair("unit", _("Unit"), "line", limit=20),
    Field("kind", _("Kind"), "choice", required_for=ALWAYS),
    Field("counts", _("Counts"), "line", limit=40, required_for=MEASURED, help=_("lead, meeting, deal …")),
    Field(
        "counting_key",
        _("Counted by"),
        "line",
        limit=80,
        required_for=MEASURED,
        help=_("The field that makes two records the same one."),
    ),
    Field("dated_by", _("Dated by"), "code", limit=400, required_for=MEASURED),
    Field("first_per", _("Only the first per"), "line", limit=80),
    Field("sums", _("Sums"), "line", limit=80, required_for=frozenset({SUMMED})),
    Field("condition", _("Extraction condition"), "code", limit=8_000, required_for=MEASURED),
    Field(
        "formula",
        _("Formula"),
        "code",
        limit=1_000,
        required_for=frozenset({CALCULATED}),
        help=_("Metrics by their keys, numbers, + − × ÷ and parentheses. With the unit %, leave out × 100."),
    ),
    Field("examples", _("Worked examples"), "examples", limit=500),
    Field("stage", _("Stage"), "choice", required_for=ALWAYS),
    Field("producer", _("Team that produces it"), "choice", required_for=ALWAYS),
    Field("judge", _("Team that judges by it"), "choice", required_for=ALWAYS),
    Field("retired", _("Retired"), "flag"),
    Field("successor", _("Successor"), "metric"),
)
BY_NAME: dict[str, Field] = {field.name: field for field in FIELDS}
NAMES: tuple[str, ...] = tuple(BY_NAME)
MAX_LISTED = 30


def label(field_name: str) -> str:
    """The name of a wording's field, with its language."""
    field = BY_NAME[field_name]
    language = {"ja": gettext("Japanese"), "en": gettext("English")}.get(field.language)
    if not language:
        return str(field.label)
    return gettext("%(label)s (%(language)s)") % {"label": field.label, "language": language}


def blank() -> Wording:
    """A wording in which nothing is said yet."""
    return {field.name: field.empty for field in FIELDS} | {"kind": COUNTED}


def whole(stored: Mapping[str, Any]) -> Wording:
    """A wording to read and compare: with nothing said in the fields that came after it was stored."""
    return {field.name: stored.get(field.name, field.empty) for field in FIELDS}


def tidy(raw: Mapping[str, Any]) -> Wording:
    """The wording as it is stored: every field present, texts normalised, empty lines of lists dropped.

    Raises `KeyError` for a field that no wording has.
    """
    if unknown := set(raw) - set(BY_NAME):
        raise KeyError(f"no field of a wording is called {', '.join(sorted(unknown))}")
    given = whole(raw)
    return {field.name: _tidy_value(field, given[field.name]) for field in FIELDS}


def _tidy_value(field: Field, value: Any) -> Any:
    match field.shape:
        case "flag":
            return bool(value)
        case "list":
            return [line for item in value if (line := text.clean(str(item), lines=False))]
        case "examples":
            return [example for item in value if (example := _tidy_example(item))]
        case "line" | "choice" | "metric":
            return text.clean(str(value), lines=False)
    return text.clean(str(value), lines=True)


def _tidy_example(item: Mapping[str, Any]) -> Wording | None:
    words = {language: text.clean(str(item.get(language, "")), lines=False) for language in ("ja", "en")}
    return words | {"counts": bool(item.get("counts"))} if any(words.values()) else None


def unacceptable(wording: Wording) -> Problems:
    """What may not be stored even as a draft, by field: characters that deceive and texts too long."""
    found: Problems = {}
    said = whole(wording)
    for field in FIELDS:
        sentences = list(_refused_texts(field, said[field.name]))
        if sentences:
            found[field.name] = sentences
    return found


def _refused_texts(field: Field, value: Any) -> Iterable[str | Promise]:
    if field.shape in {"list", "examples"} and len(value) > MAX_LISTED:
        yield _("Keep to %(limit)d entries; this has %(count)d.") % {"limit": MAX_LISTED, "count": len(value)}
    lines = field.shape in {"prose", "code"}
    for part in _texts(value):
        if sentence := text.problem(part, lines=lines, limit=field.limit):
            yield sentence
    if field.stem == "name" and isinstance(value, str) and (sentence := text.mixed_script(value)):
        yield sentence


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from (item["ja"], item["en"]) if isinstance(item, dict) else (item,)


def incomplete(wording: Wording) -> Problems:
    """What must still be said before anyone can be asked to agree, by field."""
    found: Problems = {}
    said = whole(wording)
    for field in FIELDS:
        if said["kind"] in field.required_for and not said[field.name]:
            found[field.name] = [_missing(field)]
    for example in said["examples"]:
        if not (example["ja"] and example["en"]):
            found["examples"] = [_("Write each worked example in both languages.")]
    return found


def _missing(field: Field) -> str | Promise:
    if field.language == "ja":
        return _("Write “%(label)s” in Japanese.") % {"label": field.label}
    if field.language == "en":
        return _("Write “%(label)s” in English.") % {"label": field.label}
    return _("Fill in “%(label)s”.") % {"label": field.label}


def words(wording: Wording, stem: str, language: str) -> str:
    """The text of `stem` in `language`, falling back to the other language where one is missing."""
    other = "en" if language == "ja" else "ja"
    return wording.get(f"{stem}_{language}") or wording.get(f"{stem}_{other}") or ""


def searchable(wording: Wording, key: str) -> str:
    """What a search looks through: both languages, folded the way a query is folded."""
    stems = ("name", "synonyms", "summary", "text", "excludes")
    parts = [key]
    for stem in stems:
        for language in ("ja", "en"):
            value = wording.get(f"{stem}_{language}", "")
            parts.extend(value if isinstance(value, list) else [value])
    return text.fold("\n".join(parts))
