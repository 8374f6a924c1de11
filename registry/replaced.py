"""What a retroactive correction replaces: all that was in force of its metrics from its day on."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils.translation import gettext as _

from registry import days
from registry.models import FOREVER, STILL_KNOWN, Clause, Definition, InForce, WorkingCopy
from registry.wording import Wording


@dataclass(frozen=True)
class Stretch:
    """Days of one metric, from `begins` up to and not including `ends`, with the version in force; `None`: nothing was.

    `new` is what is to replace it.
    """

    new: Clause | WorkingCopy
    version: Definition | None
    begins: date
    ends: date

    @property
    def key(self) -> str:
        return self.new.key

    @property
    def words(self) -> Wording | None:
        return self.version.wording if self.version else None

    @property
    def is_base(self) -> bool:
        """Whether the change is written against this version, so that it is shown as such."""
        return self.version is not None and self.version.pk == self.new.base_id

    def heading(self) -> str:
        """The version and its days."""
        what = self.version.heading if self.version else _("nothing in force")
        told = {"version": what, "first": days.day(self.begins), "last": days.day(self.ends - timedelta(days=1))}
        if self.ends == FOREVER:
            return _("%(version)s, from %(first)s on") % told
        if self.ends - self.begins == timedelta(days=1):
            return _("%(version)s, on %(first)s") % told
        return _("%(version)s, from %(first)s until %(last)s") % told


def stretches(
    worded: Iterable[Clause] | Iterable[WorkingCopy], day: date, known: datetime | None = None
) -> list[Stretch]:
    """Of every metric that was there before, the days from `day` on, by metric and day. One query.

    `known`: the moment before which it had to be recorded, where what was proposed has ended.
    """
    changing = [each for each in worded if each.base]
    spans: dict[str, list[InForce]] = {each.key: [] for each in changing}
    # Told `known_to =`, SQLite without statistics would walk all that is in force rather than look for the keys.
    known_then = InForce.objects.since(day, before=known or STILL_KNOWN)
    found = known_then.filter(key__in=list(spans)).select_related("definition")
    for span in found.order_by("key", "valid_from"):
        spans[span.key].append(span)
    return [each for new in changing for each in _of(new, spans[new.key], day)]


def _of(new: Clause | WorkingCopy, spans: list[InForce], day: date) -> list[Stretch]:
    """Once a metric has begun, some version of it is in force on every day."""
    found = [Stretch(new, span.definition, max(span.valid_from, day), span.valid_to) for span in spans]
    unmeant = [Stretch(new, None, day, found[0].begins)] if found and found[0].begins > day else []
    return unmeant + found
