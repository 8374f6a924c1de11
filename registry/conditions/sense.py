"""What a definition comes to in one vocabulary, so that two vocabularies can be told apart by what they make of it."""

from collections.abc import Iterator

from registry.conditions.counting import Definition
from registry.conditions.problems import ConditionError
from registry.conditions.resolve import Metrics, resolve_text, resolve_value
from registry.conditions.tree import Field, Metric, Node, Relation, walk
from registry.conditions.vocabulary import Vocabulary

type Sense = tuple[Node, frozenset[object]]


def senses(definition: Definition, vocabulary: Vocabulary, metrics: Metrics | None = None) -> dict[str, Sense]:
    """Each part of the definition that can be read, by its text: what it says, and what it looks at for that.

    Two are equal where the same records count on the same days, whatever things are called: labels, typical values
    and examples are not looked at; types, bounds, blanks, values, keys, links and the time zone are.
    """
    entity = definition.counts
    if entity not in vocabulary.entities:
        return {}
    own_key = vocabulary.entities[entity].key
    values = (*(definition.counting_key or (own_key,)), definition.dated_by, definition.first_per, definition.sums)
    found: dict[str, Sense] = {}
    for text, resolve in ((definition.condition, resolve_text), *((each, resolve_value) for each in values if each)):
        try:
            tree = resolve(text, vocabulary, entity, metrics)
        except ConditionError:
            continue
        found[text] = tree, frozenset(_looked_at(tree, vocabulary, entity))
    return found


def _looked_at(tree: Node, vocabulary: Vocabulary, entity: str) -> Iterator[object]:
    yield vocabulary.time_zone
    yield entity, vocabulary.entities[entity].key
    for node in walk(tree):
        match node:
            case Field():
                yield node.entity, node.name, node.type
                yield from _climbed(node.path, vocabulary, entity)
            case Metric():
                yield from _climbed(node.path, vocabulary, entity)
            case Relation():
                yield from _climbed(node.path, vocabulary, entity)
                owner, below = vocabulary.up(entity, node.path), vocabulary.entities[node.entity]
                link = owner.relations[node.name].link
                yield owner.name, owner.key, node.name, node.entity, link, below.fields[link].type


def _climbed(path: tuple[str, ...], vocabulary: Vocabulary, entity: str) -> Iterator[object]:
    """By what field a record is joined to the one above it, for every step of the way."""
    for end, step in enumerate(path, start=1):
        below, above = vocabulary.up(entity, path[: end - 1]), vocabulary.up(entity, path[:end])
        link = below.parents[step].link
        yield below.name, step, above.name, above.key, link, below.fields[link].type
