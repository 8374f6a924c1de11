"""The two ways an act is refused, each a sentence a person can act on.

Text that cannot be accepted is neither: it is Django's `ValidationError`, shown at its field.
"""

from django.utils.functional import Promise


class Refused(Exception):
    """Never raised itself. `code` is stable for the API and tests; the sentence is for people."""

    status = 400

    def __init__(self, code: str, sentence: str | Promise) -> None:
        super().__init__(code, sentence)
        self.code = code
        self.sentence = sentence

    def __str__(self) -> str:
        return str(self.sentence)


class NotPermitted(Refused):
    """This person may not do this, whatever the state."""

    status = 403


class WrongState(Refused):
    """Somebody may do this, but not now: the sentence says what has to happen first."""

    status = 409
