"""The extraction condition of one metric in the draft form, as an expression or in the builder."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from registry import meaning
from registry.conditions import Agreed, ConditionError, Problem, Vocabulary
from registry.conditions.blocks import Block, Group
from registry.conditions.blocks_read import read_blocks
from registry.conditions.blocks_write import Gap, write_blocks
from registry.forms.builder import Builder, posted
from registry.forms.words import Metric
from registry.models import InForce, WorkingCopy
from registry.standing import Standing
from registry.wording import CALCULATED, Wording

BUILDER, EXPRESSION = "builder", "expression"


class Told:
    """What the conditions of one draft can name: the vocabulary, and every metric of the draft or in force by then."""

    def __init__(self, overlay: Mapping[str, Wording], carried: meaning.Carried | None, on: date) -> None:
        self.overlay = overlay
        self.carried = carried
        self.on = on

    @classmethod
    def of(cls, standing: Standing) -> "Told":
        return cls(
            {copy.key: copy.wording for copy in standing.copies}, standing.drafted_vocabulary, standing.drafted_from
        )

    @cached_property
    def vocabulary(self) -> Vocabulary | None:
        return meaning.read_in(self.carried)

    @cached_property
    def metrics(self) -> list[Metric]:
        names = ("key", "definition__wording__counts", "definition__wording__name_ja", "definition__wording__name_en")
        counted = InForce.objects.as_of(self.on).exclude(definition__wording__kind=CALCULATED)
        rows = counted.filter(retired=False).exclude(definition__wording__condition="")
        found = {
            key: Metric(key, counts or "", {"ja": ja, "en": en}) for key, counts, ja, en in rows.values_list(*names)
        }
        for key, words in self.overlay.items():
            if words["kind"] == CALCULATED:
                found.pop(key, None)
            else:
                name = {"ja": words["name_ja"] or key, "en": words["name_en"] or key}
                found[key] = Metric(key, words["counts"], name)
        return list(found.values())

    def agreed(self, text: str) -> dict[str, Agreed]:
        """What the text refers to."""
        return meaning.agreed([text], self.overlay, self.on)

    def blocks(self, text: str, entity: str) -> Group | None:
        """The blocks of a text, or None where the builder cannot show it yet."""
        if self.vocabulary is None or entity not in self.vocabulary.entities:
            return None
        try:
            return read_blocks(text, self.vocabulary, entity, self.agreed(text))
        except ConditionError:
            return None


@dataclass
class ConditionPart:
    """`text` is the condition; in the builder `group` says the same, or has `gaps` and `text` is what was before."""

    key: str
    entity: str
    text: str
    told: Told
    group: Group | None = None
    gaps: tuple[Gap, ...] = ()

    @classmethod
    def saved(cls, copy: WorkingCopy, told: Told, prefer: str) -> "ConditionPart":
        """The condition as it is kept, in the builder where that is preferred and possible."""
        text, entity = copy.wording["condition"], copy.wording["counts"]
        builds = prefer == BUILDER and copy.wording["kind"] != CALCULATED
        group = told.blocks(text, entity) if builds else None
        return cls(copy.key, entity, text, told, group)

    @classmethod
    def typed(cls, copy: WorkingCopy, told: Told, data: Any) -> "ConditionPart":
        """The condition as a form sent it. Untouched rows leave the text as it was, to the letter."""
        key = copy.key
        text = data.get(f"{key}-condition", "").replace("\r\n", "\n")
        entity = data.get(f"{key}-counts", copy.wording["counts"]).strip()
        declared = told.vocabulary
        if data.get(f"{key}-shown") != BUILDER or declared is None or entity not in declared.entities:
            return cls(key, entity, text, told)
        group = Builder(declared, entity).read(data, key)
        written, gaps = write_blocks(group, declared, entity)
        if not gaps and group != told.blocks(text, entity):
            text = written
        return cls(key, entity, text, told, group, tuple(gaps))

    @property
    def shown(self) -> str:
        return EXPRESSION if self.group is None else BUILDER

    @property
    def is_expression(self) -> bool:
        return self.group is None

    @cached_property
    def cannot_build(self) -> bool:
        """Whether the builder could not show it: a mistake in it, or words that nobody declared."""
        return self.group is None and self.told.blocks(self.text, self.entity) is None

    def edited(self, data: Any, edit: str) -> Any:
        """What the form would hold after one of the condition's buttons, as a copy of `data`."""
        what, _dot, rest = edit.partition(":")
        if what == "show":
            return self._switched(data, rest)
        if what == "mend":
            return self._with_text(data, self._mended(rest))
        if self.group is None or self.told.vocabulary is None:
            return data
        builder = Builder(self.told.vocabulary, self.entity)
        place = tuple(int(step) for step in rest.split(".") if step.isascii() and step.isdigit())
        match what:
            case "rule" | "group" | "rows":
                return self._with_blocks(data, builder.added(self.group, place, what))
            case "remove":
                return self._with_blocks(data, builder.removed(self.group, place))
        return self._with_blocks(data, self.group)

    def _switched(self, data: Any, shown: str) -> Any:
        if shown == EXPRESSION and not self.gaps:
            return self._with_text(data, self.text)
        if shown == BUILDER and (group := self.group or self.told.blocks(self.text, self.entity)):
            return self._with_blocks(data, group)
        return data

    def _mended(self, number: str) -> str:
        words = {"condition": self.text, "counts": self.entity}
        problems = meaning.condition_problems(words, self.told.overlay, self.told.carried, self.told.on)
        chosen = problems[int(number)] if number.isdigit() and int(number) < len(problems) else None
        return mended(self.text, chosen) if chosen else self.text

    def _with_text(self, data: Any, text: str) -> Any:
        new = self._without_blocks(data)
        new[f"{self.key}-condition"] = text
        new[f"{self.key}-shown"] = EXPRESSION
        return new

    def _with_blocks(self, data: Any, block: Block) -> Any:
        new = self._without_blocks(data)
        new[f"{self.key}-shown"] = BUILDER
        for name, values in posted(block, f"{self.key}-b"):
            new.setlist(name, values)
        return new

    def _without_blocks(self, data: Any) -> Any:
        new = data.copy()
        for name in [name for name in new if name.startswith((f"{self.key}-b.", f"{self.key}-b-"))]:
            del new[name]
        return new


def mended(text: str, problem: Problem) -> str:
    """The text with a problem's fix in its place; as it was where the problem has none."""
    return text if problem.fix is None else text[: problem.start] + problem.fix + text[problem.end :]
