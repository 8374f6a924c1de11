"""What changed in the glossary between two days, metric by metric, as release notes tell it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import batched
from typing import Any

from django.db.models import Exists, OuterRef, Prefetch
from django.utils.functional import cached_property
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from registry import as_of, comparison, days, wording
from registry.as_of import When
from registry.choices import Called
from registry.models import Definition, InForce, SignOff, Team, User
from registry.models.metrics import InForceQuerySet

CHUNK = 100


@dataclass(frozen=True)
class Between:
    """From the day `since`, as known on that day, to the day `until`, as recorded by `known` (`None`: by now)."""

    since: date
    until: date
    known: datetime | None = None

    @property
    def before(self) -> When:
        ends = days.end_of(self.since)
        return When(self.since, ends if self.known is None else min(ends, self.known))

    @property
    def after(self) -> When:
        return When(self.until, self.known)


@dataclass(frozen=True)
class Entry:
    """One metric that changed. `steps` are the versions that took it from `before` to the version of `span`."""

    span: InForce
    before: Definition | None
    steps: list[Definition]
    successor: str
    teams: dict[int, Team]
    people: dict[int, User]
    known: datetime | None
    called: Called

    @property
    def after(self) -> Definition:
        return self.span.definition

    @property
    def key(self) -> str:
        return self.span.key

    @property
    def kind(self) -> str:
        """`retired`, `new`, `back` (in use again) or `changed`."""
        was_retired = self.before is not None and self.before.wording["retired"]
        if self.span.retired and not was_retired:
            return "retired"
        if self.before is None:
            return "new"
        return "back" if was_retired and not self.span.retired else "changed"

    @property
    def label(self) -> str:
        labels = {"retired": _("retired"), "new": _("new"), "back": _("in use again"), "changed": _("changed")}
        return labels[self.kind]

    @property
    def corrections(self) -> list[Definition]:
        """The versions that changed the past."""
        return [step for step in self.steps if step.revision.retroactive]

    @property
    def is_sealed(self) -> bool:
        return not any(self.missing(step) for step in self.steps)

    @cached_property
    def changes(self) -> list[comparison.Change]:
        """The fields that differ: the reader's language first of all, the other only where it alone changed.

        A retirement, or its end, is told in a sentence of its own.
        """
        if self.before is None:
            return []
        told = {"retired", "successor"} if self.kind in {"retired", "back"} else set()
        names = [name for name in wording.NAMES if name not in told]
        found = comparison.fields(self.before.wording, self.after.wording, names, self.called)
        language = (get_language() or "ja")[:2]
        return [each for each in found if wording.BY_NAME[each.field].language in {"", language}] or found

    def seals(self, step: Definition) -> list[SignOff]:
        """The seals on a version that were known, with teams and people named as on the second day."""
        seals = list(step.revision.sign_offs.all())
        for seal in seals:
            seal.team, seal.signed_by = self.teams[seal.team_id], self.people[seal.signed_by_id]
        return [seal for seal in seals if self.known is None or seal.signed_at <= self.known]

    def missing(self, step: Definition) -> list[Team]:
        """The teams whose seal was not there when two stewards published."""
        pressed = {seal.team_id for seal in self.seals(step)}
        return [self.teams[place.team_id] for place in step.revision.places.all() if place.team_id not in pressed]


def changed(between: Between) -> InForceQuerySet:
    """The spans of the second day whose version was not in force on the first, in the order of the map."""
    same = as_of.glossary(between.before).filter(definition=OuterRef("definition"))
    spans = as_of.glossary(between.after).exclude(Exists(same)).select_related("definition__metric")
    return spans.defer("search_text").order_by("stage__position", "stage", "rank", "key")


def entries(spans: Sequence[InForce], between: Between, teams: dict[int, Team]) -> list[Entry]:
    """These spans with what was before and how they came to be. Seven queries, however many they are."""
    metrics = [span.metric_id for span in spans]
    were = as_of.glossary(between.before).filter(metric__in=metrics).select_related("definition__metric")
    before = {span.metric_id: span.definition for span in were}
    steps: dict[int, list[Definition]] = {pk: [] for pk in metrics}
    newest = {span.metric_id: span.definition.number for span in spans}
    for version in _versions(metrics):
        oldest = before[version.metric_id].number if version.metric_id in before else 0
        if oldest < version.number <= newest[version.metric_id]:
            steps[version.metric_id].append(version)
    names = _successors(spans, between)
    people = _signers([step for each in steps.values() for step in each], between)
    called = Called(between.after)
    return [
        Entry(
            span=span,
            before=before.get(span.metric_id),
            steps=steps[span.metric_id],
            successor=names.get(span.definition.wording["successor"], ""),
            teams=teams,
            people=people,
            known=between.known,
            called=called,
        )
        for span in spans
    ]


def _versions(metrics: list[int]) -> Any:
    related = Definition.objects.filter(metric__in=metrics).defer("wording", "terms").order_by("number")
    seals = Prefetch("revision__sign_offs", SignOff.objects.counted().select_related("signed_by"))
    spans = Prefetch("spans", InForce.objects.only("definition", "valid_from", "known_to"))
    return related.select_related("revision__proposal").prefetch_related(seals, spans, "revision__places")


def _signers(steps: list[Definition], between: Between) -> dict[int, User]:
    """Who sealed these versions, by id, called as on the second day."""
    signers = {seal.signed_by for step in steps for seal in step.revision.sign_offs.all()}
    return {user.pk: user for user in as_of.then(signers, between.after).values()}


def _successors(spans: Sequence[InForce], between: Between) -> dict[str, str]:
    keys = {span.definition.wording["successor"] for span in spans if span.retired} - {""}
    if not keys:
        return {}
    found = as_of.glossary(between.after).filter(key__in=keys).select_related("definition")
    return {span.key: span.definition.name for span in found}


def all_entries(between: Between) -> Iterator[Entry]:
    """Every entry, of any number of metrics: their numbers first, so that only one chunk of them is ever held.

    No cursor stays open between two chunks, since that would keep others from writing on SQLite.
    """
    teams = teams_by_id(between)
    spans = InForce.objects.select_related("definition__metric").defer("search_text")
    for numbers in batched(list(changed(between).values_list("pk", flat=True)), CHUNK):
        found = spans.in_bulk(numbers)
        yield from entries([found[number] for number in numbers], between, teams)


def teams_by_id(between: Between) -> dict[int, Team]:
    return {team.pk: team for team in as_of.teams(between.after)}


# The paragraph


def paragraph(entry: Entry) -> str:
    """What happened to one metric, from when, who agreed and why. Japanese sentences follow without a space."""
    sentences = [*_what(entry), *_corrected(entry), *(_agreed(entry, step) for step in entry.steps)]
    return ("" if (get_language() or "ja").startswith("ja") else " ").join(sentences)


def _what(entry: Entry) -> Iterator[str]:
    match entry.kind:
        case "retired":
            yield _("Retired. Do not report it any more.")
            if entry.successor:
                yield _("Use “%(name)s” instead.") % {"name": entry.successor}
        case "new":
            yield _("New: %(summary)s.") % {"summary": entry.after.summary.rstrip("。.")}
        case "back":
            yield _("In use again.")
    if entry.before is None:
        return
    if entry.before.name != entry.after.name:
        yield _("It was called “%(name)s” before.") % {"name": entry.before.name}
    if entry.changes:
        yield _("Changed: %(fields)s.") % {"fields": field_names(entry.changes)}
    elif entry.kind == "changed":
        yield _("The words are the same as before.")


def field_names(changes: Iterable[comparison.Change]) -> str:
    """Each changed field once, whatever its language."""
    return _(", ").join(dict.fromkeys(str(wording.BY_NAME[each.field].label) for each in changes))


def _corrected(entry: Entry) -> Iterator[str]:
    for step in entry.corrections:
        values = {"from": days.day(step.effective_from), "recorded": days.day(step.recorded_at)}
        yield _("Corrected retroactively: it holds from %(from)s and was recorded on %(recorded)s.") % values


def _agreed(entry: Entry, step: Definition) -> str:
    values = {
        "number": step.number,
        "day": days.day(step.effective_from),
        "who": agreed_by(entry, step),
        "why": step.revision.title,
        "missing": _(", ").join(team.name for team in entry.missing(step)),
    }
    match as_of.took_effect(step.spans.all(), entry.known), bool(values["missing"]):
        case True, False:
            said = _("Version %(number)s, in force from %(day)s, was agreed by %(who)s: “%(why)s”.")
        case True, True:
            said = _(
                "Version %(number)s, in force from %(day)s, was agreed by %(who)s and published by two stewards "
                "without the seal of %(missing)s: “%(why)s”."
            )
        case False, False:
            said = _(
                "Version %(number)s, agreed for %(day)s by %(who)s, was replaced before it took effect: “%(why)s”."
            )
        case _:
            said = _(
                "Version %(number)s, agreed for %(day)s by %(who)s and published by two stewards without the seal of "
                "%(missing)s, was replaced before it took effect: “%(why)s”."
            )
    return said % values


def agreed_by(entry: Entry, step: Definition) -> str:
    """Each team with who sealed for it and when."""
    return _(", ").join(
        _("%(team)s (%(name)s, %(day)s)")
        % {"team": seal.team.name, "name": seal.signed_by.name, "day": days.day(seal.signed_at)}
        for seal in entry.seals(step)
    )
