"""What a name means at its place: a field, a parent's field, a moment, another metric."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from difflib import get_close_matches

from registry.conditions.problems import Both, Span, refuse
from registry.conditions.raw import RawName
from registry.conditions.tree import Field, Moment, Relation, Type, Value
from registry.conditions.vocabulary import Entity, Vocabulary

MOMENTS = ("as_of", "period_start", "period_end")
MOMENT_TYPE = Type("date", low=date(1990, 1, 1).toordinal(), high=date(2059, 12, 31).toordinal())


@dataclass(frozen=True)
class Scope:
    """`entity` is whose record the text speaks of; `base` is where that record sits above the counted one.

    Inside a relation, `alias` names its row and `row_entity` says what the row is.
    """

    vocabulary: Vocabulary
    root: str
    entity: str
    base: tuple[str, ...] = ()
    alias: str = ""
    row_entity: str = ""

    def inside(self, alias: str, row_entity: str) -> "Scope":
        return replace(self, alias=alias, row_entity=row_entity)

    def value(self, name: RawName) -> Value:
        """The field or moment a name stands for; raises ConditionError with a suggestion."""
        if name.parts[0] in MOMENTS and len(name.parts) == 1:
            return Moment(name.parts[0], span=name.span, type=MOMENT_TYPE)
        if self.alias and name.parts[0] == self.alias:
            return self._row_field(name)
        if self.alias and len(name.parts) == 1:
            raise self._unqualified(name)
        steps, last = self.steps(name)
        entity = self.vocabulary.up(self.entity, steps)
        if last not in entity.fields:
            raise self.unknown(name)
        return self._field(name.span, "", (*self.base, *steps), entity, last)

    def steps(self, name: RawName) -> tuple[tuple[str, ...], str]:
        """The way up and the last word; the entity's own name in front is the record itself."""
        parts = name.parts
        if len(parts) > 1 and parts[0] == self.entity:
            parts = parts[1:]
        entity = self.vocabulary.entity(self.entity)
        for step in parts[:-1]:
            if step in entity.relations:
                raise refuse("relation_as_field", name.span, relation=".".join(name.parts[:-1]))
            if step not in entity.parents:
                raise self.unknown(name)
            entity = self.vocabulary.entity(entity.parents[step].entity)
        return parts[:-1], parts[-1]

    def relation(self, name: RawName) -> Relation:
        """The relation that `lead.meetings` names, seen from this scope's record."""
        steps, last = self.steps(name)
        entity = self.vocabulary.up(self.entity, steps)
        if last not in entity.relations:
            known = [".".join((*way, each)) for way, each in self._relations()]
            close = get_close_matches(".".join(name.parts), known, 1, 0.3)
            fix = next(iter(close or known), None)
            raise refuse("unknown_relation", name.span, fix, name=".".join(name.parts), known=", ".join(known))
        return Relation((*self.base, *steps), last, entity.relations[last].entity, span=name.span)

    def metric_path(self, name: RawName, counts: str) -> tuple[str, ...]:
        """The way up from here to the record the metric counts; refused when there is none or several."""
        steps, _ = self.steps(name)
        if steps:
            found = [steps] if self.vocabulary.up(self.entity, steps).name == counts else []
        else:
            found = self._ways_to(counts)
        written = ".".join(name.parts)
        if not found:
            here, there = self._called(self.entity), self._called(counts)
            raise refuse("metric_elsewhere", name.span, name=written, counts=there, entity=here)
        if len(found) > 1 and found[0] != ():
            choices = [".".join((*way, written)) for way in found]
            raise refuse("metric_several", name.span, choices[0], name=written, choices=", ".join(choices))
        return (*self.base, *found[0])

    def above(self, counts: str) -> "Scope":
        """The scope of the one record above this one, or this itself, that is a `counts`; refused where none is."""
        found = self._ways_to(counts)
        if not found or (len(found) > 1 and found[0] != ()):
            raise refuse("counts_differ", old=self.entity, new=counts)
        return replace(self, entity=counts, base=(*self.base, *found[0]))

    def _ways_to(self, counts: str) -> list[tuple[str, ...]]:
        ways = self.vocabulary.paths[self.entity]
        return [way for way in ways if self.vocabulary.up(self.entity, way).name == counts]

    def _row_field(self, name: RawName) -> Field:
        entity = self.vocabulary.entity(self.row_entity)
        if len(name.parts) != 2:
            raise refuse("up_from_row", name.span, alias=self.alias)
        if name.parts[1] not in entity.fields:
            raise self._suggest(name, [f"{self.alias}.{each}" for each in entity.fields], {})
        return self._field(name.span, "row", (), entity, name.parts[1])

    def _field(self, span: Span, row: str, path: tuple[str, ...], entity: Entity, name: str) -> Field:
        kind = entity.fields[name].type
        if path and not kind.nullable and self._may_be_absent(path):
            kind = replace(kind, nullable=True)
        return Field(row, path, entity.name, name, span=span, type=kind)

    def _may_be_absent(self, path: tuple[str, ...]) -> bool:
        for index, step in enumerate(path):
            entity = self.vocabulary.up(self.root, path[:index])
            if entity.fields[entity.parents[step].link].type.nullable:
                return True
        return False

    def _unqualified(self, name: RawName) -> Exception:
        row = self.vocabulary.entity(self.row_entity)
        owner = self.alias if name.parts[0] in row.fields else self.entity
        return refuse("qualify", name.span, f"{owner}.{name.parts[0]}", name=name.parts[0], alias=self.alias)

    def unknown(self, name: RawName) -> Exception:
        labels: dict[str, str] = {}
        for path, entity in self._reachable():
            for each in entity.fields.values():
                written = ".".join((*path, each.name))
                labels |= {label.lower(): written for label in each.label.values()}
        prefix = f"{self.entity}." if self.alias else ""
        known = [prefix + ".".join((*path, each)) for path, entity in self._reachable() for each in entity.fields]
        return self._suggest(name, known, labels)

    def _suggest(self, name: RawName, known: list[str], labels: Mapping[str, str]) -> Exception:
        written = ".".join(name.parts)
        by_last = [each for each in known if each.rsplit(".", 1)[-1] == name.parts[-1].lower()]
        label = labels.get(written.lower())
        close = by_last or ([label] if label else get_close_matches(written.lower(), known, 1, 0.6))
        if close:
            return refuse("unknown_field_meant", name.span, close[0], name=written, meant=close[0])
        return refuse("unknown_field", name.span, name=written, entity=self._called(self.row_entity or self.entity))

    def _called(self, entity: str) -> Both:
        known = self.vocabulary.entities.get(entity)
        return Both(known.label["en"], known.label["ja"]) if known else Both(entity, entity)

    def _reachable(self) -> Iterator[tuple[tuple[str, ...], Entity]]:
        for way in self.vocabulary.paths[self.entity]:
            yield way, self.vocabulary.up(self.entity, way)

    def _relations(self) -> Iterator[tuple[tuple[str, ...], str]]:
        for way, entity in self._reachable():
            for relation in entity.relations:
                yield (way or (self.entity,)), relation
