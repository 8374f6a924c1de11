"""Reads the example's files: people, stages, wordings by label, and the story told with them."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings

EXAMPLE = Path(settings.BASE_DIR) / "fixtures" / "example"


@dataclass(frozen=True)
class Content:
    """One folder of example files. Raises `KeyError` where a story names what no file holds."""

    folder: Path = EXAMPLE

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
        return self._read("story.yaml")

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
