"""Records as people read them: a typical one, small changes to it, and its rows as a database holds them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from registry.conditions.tree import Aggregate, Exists, Field, Moment, Node, walk
from registry.conditions.vocabulary import Entity, FieldWord, Vocabulary

Record = dict[str, Any]
RelationKey = tuple[tuple[str, ...], str]
TYPICAL_DAY = date(2026, 4, 1)


@dataclass(frozen=True)
class Place:
    """A field of the record (at `path`), or of row `index` of one of its relations."""

    path: tuple[str, ...]
    name: str
    relation: str = ""
    index: int = -1


@dataclass(frozen=True)
class Shape:
    """What conditions look at: fields by path, fields of relation rows, open dates."""

    fields: tuple[tuple[tuple[str, ...], str], ...]
    relations: dict[RelationKey, tuple[str, ...]]
    moments: tuple[str, ...]


def shape(trees: Iterable[Node]) -> Shape:
    fields: dict[tuple[tuple[str, ...], str], None] = {}
    relations: dict[RelationKey, dict[str, None]] = {}
    moments: dict[str, None] = {}
    for tree in trees:
        for node in walk(tree):
            if isinstance(node, Field) and not node.row:
                fields[node.path, node.name] = None
            elif isinstance(node, Moment):
                moments[node.name] = None
            elif isinstance(node, (Exists, Aggregate)):
                names = relations.setdefault((node.relation.path, node.relation.name), {})
                names |= {each.name: None for each in walk(node) if isinstance(each, Field) and each.row}
    return Shape(tuple(fields), {key: tuple(names) for key, names in relations.items()}, tuple(moments))


class Records:
    """Builds and changes records of one entity as far as `shape` looks at them."""

    def __init__(self, vocabulary: Vocabulary, entity: str, seen: Shape) -> None:
        self.vocabulary, self.entity, self.shape = vocabulary, entity, seen

    def typical(self) -> Record:
        record = self.typical_row(self.vocabulary.entity(self.entity))
        paths = {path for path, _ in self.shape.fields} | {path for path, _ in self.shape.relations}
        for path in sorted(paths, key=len):
            self._put_parents(record, path)
        for path, name in self.shape.relations:
            self.holder(record, path)[name] = []  # type: ignore[index]
        for index, name in enumerate(self.shape.moments):
            record[name] = TYPICAL_DAY + timedelta(days=30 * index)
        return self.consistent(record)

    def _put_parents(self, record: Record, path: tuple[str, ...]) -> None:
        holder = record
        for end, step in enumerate(path):
            if step not in holder:
                holder[step] = self.typical_row(self.vocabulary.up(self.entity, path[: end + 1]))
            holder = holder[step]

    def typical_row(self, entity: Entity) -> Record:
        return {name: typical(word) for name, word in entity.fields.items()}

    def holder(self, record: Record, path: tuple[str, ...]) -> Record | None:
        found: Record | None = record
        for step in path:
            found = found.get(step) if found is not None else None
        return found

    def places(self, record: Record) -> Iterator[Place]:
        """Every place a condition looks at in this record."""
        for path, name in self.shape.fields:
            if self.holder(record, path) is not None:
                yield Place(path, name)
        for (path, relation), names in self.shape.relations.items():
            holder = self.holder(record, path)
            for index in range(len(holder.get(relation) or []) if holder else 0):
                for name in names:
                    yield Place(path, name, relation, index)

    def word(self, place: Place) -> FieldWord:
        entity = self.vocabulary.up(self.entity, place.path)
        if place.relation:
            entity = self.vocabulary.entity(entity.relations[place.relation].entity)
        return entity.fields[place.name]

    def get(self, record: Record, place: Place) -> Any:
        holder = self.holder(record, place.path) or {}
        return holder[place.relation][place.index][place.name] if place.relation else holder[place.name]

    def put(self, record: Record, place: Place, value: Any) -> Record:
        """A copy with one field changed, its links kept consistent."""
        copy = copied(record)
        holder = self.holder(copy, place.path) or {}
        if place.relation:
            holder[place.relation][place.index][place.name] = value
        else:
            holder[place.name] = value
        return self.consistent(copy)

    def with_row(self, record: Record, key: RelationKey) -> Record:
        """A copy with one more typical row in a relation; the same when its parent is missing."""
        copy = copied(record)
        holder = self.holder(copy, key[0])
        if holder is not None:
            entity = self.vocabulary.up(self.entity, key[0]).relations[key[1]].entity
            holder.setdefault(key[1], []).append(self.typical_row(self.vocabulary.entity(entity)))
        return self.consistent(copy)

    def without_row(self, record: Record, key: RelationKey, index: int) -> Record:
        copy = copied(record)
        holder = self.holder(copy, key[0])
        if holder is not None:
            del holder[key[1]][index]
        return copy

    def consistent(self, record: Record) -> Record:
        """Links point where the parents are, a blank link has no parent, keys of rows differ."""
        self._link(record, self.vocabulary.entity(self.entity))
        for path, name in self.shape.relations:
            holder = self.holder(record, path)
            if holder is not None:
                self._link_rows(record, holder, path, name)
        return record

    def _link(self, row: Record, entity: Entity) -> None:
        for step, parent in entity.parents.items():
            if row.get(step) is None:
                continue
            above = self.vocabulary.entity(parent.entity)
            if row.get(parent.link) is None:
                row[step] = None
            else:
                row[step][above.key] = row[parent.link]
                self._link(row[step], above)

    def _link_rows(self, record: Record, holder: Record, path: tuple[str, ...], name: str) -> None:
        above = self.vocabulary.up(self.entity, path)
        word = above.relations[name]
        key = self.vocabulary.entity(word.entity).key
        mirror = self.vocabulary.is_mirror(self.entity, path, name)
        taken = {record[key]} if mirror else set()
        for index, row in enumerate(holder.get(name) or []):
            row[word.link] = holder[above.key]
            if row.get(key) in taken:
                row[key] = _fresh(row[key], taken, index)
            taken.add(row[key])

    # --- as tables ---

    def tables(self, record: Record) -> dict[str, list[Record]]:
        """The rows a database would hold, by entity; each row once."""
        found: dict[str, dict[Any, Record]] = {name: {} for name in self.vocabulary.entities}
        self._store(found, record, self.vocabulary.entity(self.entity))
        for path, name in self.shape.relations:
            holder = self.holder(record, path)
            entity = self.vocabulary.up(self.entity, path).relations[name].entity
            for row in (holder or {}).get(name) or []:
                self._store(found, row, self.vocabulary.entity(entity))
        return {name: list(rows.values()) for name, rows in found.items()}

    def _store(self, found: dict[str, dict[Any, Record]], row: Record, entity: Entity) -> None:
        plain = {name: row.get(name) for name in entity.fields}
        found[entity.name].setdefault(row[entity.key], plain)
        for step, parent in entity.parents.items():
            if row.get(step) is not None:
                self._store(found, row[step], self.vocabulary.entity(parent.entity))


def copied(value: Any) -> Any:
    """A copy of a record with its parents and rows; the values themselves never change."""
    if isinstance(value, dict):
        return {name: copied(each) if isinstance(each, (dict, list)) else each for name, each in value.items()}
    return [copied(each) for each in value]


def typical(word: FieldWord) -> Any:
    """The declared typical value; without one a blank where blanks are allowed, else the plainest value."""
    if word.typical is not None:
        return word.typical
    if word.type.nullable:
        return None
    low = word.type.low if word.type.low is not None else 0
    match word.type.kind:
        case "enum":
            return word.type.values[0]
        case "bool":
            return True
        case "text":
            return word.examples[0] if word.examples else "a"
        case "date":
            return date.fromordinal(int(low))
        case "timestamp":
            return datetime.fromordinal(int(low))
        case "decimal":
            return Decimal(max(low, 0))
    return int(max(low, 0))


def _fresh(value: Any, taken: set[Any], index: int) -> Any:
    if isinstance(value, int):
        return max(each for each in taken if isinstance(each, int)) + 1
    names = (f"{value}-{number}" for number in range(index + 2, index + len(taken) + 3))
    return next(name for name in names if name not in taken)
