"""The verbs: the only code that changes the state of anything governed.

Each verb has four beats: lock and read again, ask `rules`, change, record. The actor is always named `by`.
Refusals are `NotPermitted` and `WrongState`; unacceptable text is `ValidationError`, by field.
"""
