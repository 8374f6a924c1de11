"""What a verification found to be wrong, in words a person can act on."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """`place` names the event, row or file; `sentence` says what is wrong with it."""

    place: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.place}: {self.sentence}"
