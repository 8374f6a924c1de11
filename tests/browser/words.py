"""The words on the screen, in the language of whoever reads it."""

from dataclasses import dataclass
from typing import Any

from django.utils import translation
from django.utils.translation import gettext, pgettext

from registry.seeding.content import Content


@dataclass(frozen=True)
class Tongue:
    """Japanese or English: `say("Save")` is what the button is called there.

    Whether the Japanese is there and is good Japanese is another test's matter; here a person looks for it.
    """

    code: str
    other = property(lambda self: "en" if self.code == "ja" else "ja")

    def __call__(self, message: str, *, context: str = "", **values: Any) -> str:
        with translation.override(self.code):
            found = pgettext(context, message) if context else gettext(message)
        return found % values if values else found

    def door(self, username: str) -> str:
        """What the demo calls this person's door."""
        return self._person(username)["demo"][f"label_{self.code}"]

    def name(self, username: str) -> str:
        return self._person(username)[f"name_{self.code}"]

    def team(self, key: str) -> str:
        return next(team[f"name_{self.code}"] for team in Content().teams if team["key"] == key)

    def _person(self, username: str) -> dict[str, Any]:
        return next(person for person in Content().people if person["username"] == username)
