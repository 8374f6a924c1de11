"""YAML as text to plain data, bounded before it is read: nested a few levels deep, written out, days as text."""

from typing import Any

import yaml

from registry.conditions.problems import ConditionError, Problem, problem

MAX_NESTING = 20
_DAYS = "tag:yaml.org,2002:timestamp"


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Days stay text, so that one that is none is refused at its field."""

    yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag != _DAYS]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def declared(text: str) -> Any:
    """What the text declares. Raises ConditionError with one problem.

    Deep nesting ends the interpreter in libyaml and the stack in Python, and a few references to references stand
    for more than fits into memory: both are looked for before anything is built.
    """
    try:
        if found := _refused(text):
            raise ConditionError([found])
        return yaml.load(text, Loader=_Loader)
    except (yaml.YAMLError, ValueError) as error:
        if isinstance(error, ConditionError):
            raise
        raise ConditionError([problem("vocabulary_yaml", reason=str(error))]) from error


def _refused(text: str) -> Problem | None:
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        line = event.start_mark.line + 1 if event.start_mark else 0
        if isinstance(event, yaml.AliasEvent):
            return problem("vocabulary_alias", line=line)
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_NESTING:
            return problem("vocabulary_nesting", line=line, limit=MAX_NESTING)
    return None
