"""Reads the example's files: people, stages, wordings by label, and the story told with them."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings

from registry import clock

EXAMPLE = Path(settings.BASE_DIR) / "fixtures" / "example"


@dataclass(frozen=True)
class Content:
    """One folder of example files. Raises `KeyError` where a story names what no file holds."""

    folder: Path = EXAMPLE
    seeded_on: date = field(default_factory=clock.today)

    def _read(self, name: str) -> Any:
        return yaml.safe_load((self.folder / name).read_text(encoding="utf-8"))

    @cached_property
    def teams(self) -> list[dict[str, str]]:
        return self._read("people.yaml")["teams"]

    @cached_property
    def people(self) -> list[dict[str, Any]]:
        return self._read("people.yaml")["people"]

    @cached_property
    def demo_people(self) -> list[dict[str, Any]]:
        """Those one can sign in as with one click, in order."""
        shown = [person for person in self.people if person.get("demo")]
        return sorted(shown, key=lambda person: person["demo"]["order"])

    @cached_property
    def vocabulary(self) -> str:
        """The declared words, as YAML."""
        return (self.folder / "vocabulary.yaml").read_text(encoding="utf-8")

    @cached_property
    def stages(self) -> list[dict[str, str]]:
        return self._read("stages.yaml")

    @cached_property
    def story(self) -> list[dict[str, Any]]:
        """What happened to each proposal; the days of those still open are near the day of seeding."""
        return [self._moved(told) if "told_on" in told else told for told in self._read("story.yaml")]

    def _moved(self, told: dict[str, Any]) -> dict[str, Any]:
        """By whole weeks, so that people act on the weekdays on which they work."""
        by = timedelta(weeks=(self.seeded_on - told["told_on"]).days // 7)
        acts = [act | {"at": (datetime.fromisoformat(act["at"]) + by).isoformat()} for act in told["acts"]]
        return told | {"effective_from": told["effective_from"] + by, "acts": acts}

    @cached_property
    def wordings(self) -> dict[str, dict[str, Any]]:
        """Every wording by metric and label, as the files hold them."""
        files = sorted((self.folder / "metrics").glob("*.yaml"))
        read = [yaml.safe_load(file.read_text(encoding="utf-8")) for file in files]
        return {each["key"]: each["wordings"] for each in read}

    def wording(self, metric: str, label: str) -> dict[str, Any]:
        """The wording called `label`, on top of the one it is based on."""
        own = dict(self.wordings[metric][label])
        base = own.pop("base", None)
        return (self.wording(metric, base) if base else {}) | own
