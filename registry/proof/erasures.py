"""Whose names may be missing: those of people whom an act has erased, up to that act, and nobody else's."""

from registry.models import Delegation, Event


class Erasures:
    """By person, the last event that erased them. Reads the few that there are, and the delegations."""

    def __init__(self) -> None:
        events = Event.objects.filter(act="erased").order_by("sequence").values_list("sequence", "detail__user")
        self._last: dict[int, int] = {user: sequence for sequence, user in events}
        lent = Delegation.objects.values_list("pk", "stand_in", "membership__user") if self._last else ()
        self._lent = {pk: people for pk, *people in lent}

    def of_person(self, user: int, before: int) -> bool:
        """Whether this person was erased after event number `before`."""
        return self._last.get(user, 0) > before

    def of_event(self, event: Event) -> bool:
        """Whether somebody whom the event names was erased after it."""
        return any(self.of_person(user, event.sequence) for user in self._named(event))

    def _named(self, event: Event) -> list[int]:
        """An event whose detail was changed is found by its own digest, so whatever is no number is passed over."""
        detail = event.detail if isinstance(event.detail, dict) else {}
        user, delegation = (detail.get(name) for name in ("user", "delegation"))
        lent = self._lent.get(delegation, []) if isinstance(delegation, int) else []
        return [event.actor_id, *([user] if isinstance(user, int) else []), *lent]
