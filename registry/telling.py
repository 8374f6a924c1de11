"""Example records and findings as people read them: the vocabulary's labels instead of field names."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from registry import days
from registry.conditions import Finding, Vocabulary
from registry.meaning import language as reader


def labelled(telling: Mapping[str, Any], declared: Vocabulary, entity: str) -> list[tuple[str, str]]:
    """The telling fields of a record with their names and values in the reader's language."""
    return [_labelled(path, value, declared, entity) for path, value in telling.items()]


def _labelled(path: str, value: Any, declared: Vocabulary, entity: str) -> tuple[str, str]:
    here, language = declared.entities[entity], reader()
    labels: list[str] = []
    for part in path.split("."):
        name, _bracket, rest = part.partition("[")
        if name in here.fields:
            word = here.fields[name]
            return " · ".join([*labels, word.label[language]]), _value(value, word, language)
        link = here.parents.get(name) or here.relations[name]
        number = rest.rstrip("]")
        labels.append(f"{link.label[language]} {number}".strip())
        here = declared.entities[link.entity]
    return " · ".join(labels), _("none") if value in (None, []) else str(value)


def _value(value: Any, word: Any, language: str) -> str:
    if value is None:
        return _("blank")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if word.type.kind == "date":
        return days.day(date.fromisoformat(str(value)))
    if str(value) in word.value_labels:
        return str(word.value_labels[str(value)][language])
    return f"{value} {word.unit[language]}" if word.unit else str(value)


def finding(found: Finding, text: str, declared: Vocabulary, entity: str) -> tuple[str, list[tuple[str, str]]]:
    """What a condition does that its author may not mean, with the place it is about, and what shows it."""
    place = text[found.start : found.end].strip()
    message = found.message(reader())
    said = f"{place} — {message}" if place and place != text.strip() else message
    return said, labelled(found.telling or {}, declared, entity)


def canonical(value: Any) -> Any:
    """A record as a canonical document can hold it: whatever is not a container becomes text."""
    if isinstance(value, Mapping):
        return {str(key): canonical(each) for key, each in value.items()}
    return [canonical(each) for each in value] if isinstance(value, list) else str(value)
