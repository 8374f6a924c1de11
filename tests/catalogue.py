"""Reads gettext's .po files, so that checking the translations needs nothing but Python."""

import ast
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Message:
    """One entry: texts by their keyword, "msgctxt", "msgid", "msgid_plural", "msgstr" or "msgstr[0]" …"""

    line: int
    flags: set[str] = field(default_factory=set)
    texts: dict[str, str] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, str]:
        return self.texts.get("msgctxt", ""), self.texts["msgid"]

    @property
    def sources(self) -> list[str]:
        return [self.texts[name] for name in ("msgid", "msgid_plural") if name in self.texts]

    @property
    def translations(self) -> list[str]:
        return [text for name, text in self.texts.items() if name.startswith("msgstr")]


def read(path: Path) -> tuple[list[Message], list[int]]:
    """The messages of a .po file without its header, and the line numbers of its obsolete entries (`#~`)."""
    messages: list[Message] = []
    obsolete: list[int] = []
    current, name = Message(1), ""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("#~"):
            obsolete.append(number)
        elif line.startswith("#,"):
            current.flags |= {flag.strip() for flag in line[2:].split(",")}
        elif line.startswith('"'):
            current.texts[name] += ast.literal_eval(line)
        elif line.startswith("msg"):
            name, text = line.split(" ", 1)
            current.texts[name] = ast.literal_eval(text)
        elif not line.strip():
            messages.append(current)
            current = Message(number + 1)
    messages.append(current)
    return [message for message in messages if message.texts.get("msgid")], obsolete
