"""Events as one readable list: a sentence for each act, with who, when, why and what changed."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext_lazy as _

from registry import as_of, days, differences
from registry.models import Delegation, Event, Proposal, Team, User
from registry.models.ledger import EventQuerySet

SENTENCES: dict[str, str | Promise] = {
    "opened": _("The registry was opened."),
    "started": _("%(who)s started “%(proposal)s”."),
    "metric_added": _("%(who)s added %(metric)s to “%(proposal)s”."),
    "metric_removed": _("%(who)s took %(metric)s out of “%(proposal)s”."),
    "draft_saved": _("%(who)s edited “%(proposal)s”."),
    "invited": _("%(who)s invited %(person)s to write “%(proposal)s”."),
    "uninvited": _("%(who)s took back the invitation of %(person)s to “%(proposal)s”."),
    "submitted": _("%(who)s submitted “%(proposal)s” for agreement."),
    "resubmitted": _("%(who)s submitted revision %(revision)s of “%(proposal)s”."),
    "rebased": _("%(who)s brought “%(proposal)s” up to date with the newer version."),
    "sealed": _("%(who)s sealed “%(proposal)s” for %(team)s."),
    "ratified": _("%(who)s sealed “%(proposal)s” for %(team)s afterwards."),
    "objected": _("%(who)s objected to “%(proposal)s”."),
    "objection_closed": _("%(who)s closed an objection to “%(proposal)s”."),
    "commented": _("%(who)s commented on “%(proposal)s”."),
    "rejected": _("%(who)s rejected “%(proposal)s”."),
    "withdrawn": _("%(who)s withdrew “%(proposal)s”."),
    "expired": _("“%(proposal)s” expired."),
    "reminded": _("The people of “%(proposal)s” were reminded."),
    "glass_asked": _("%(who)s asked to publish “%(proposal)s” without the seal of %(team)s."),
    "glass_left_whole": _("%(who)s no longer asks to publish “%(proposal)s” without the seal of %(team)s."),
    "glass_broken": _("%(who)s confirmed: “%(proposal)s” goes ahead without the seal of %(team)s."),
    "published": _("“%(proposal)s” was published: %(versions)s, effective from %(effective_from)s."),
    "registered": _("%(who)s registered %(person)s."),
    "profile_changed": _("%(who)s changed the profile of %(person)s."),
    "password_changed": _("%(who)s changed the password of %(person)s."),
    "steward_appointed": _("%(who)s made %(person)s a steward."),
    "steward_released": _("%(person)s is no longer a steward (by %(who)s)."),
    "deactivated": _("%(who)s deactivated the account of %(person)s."),
    "reactivated": _("%(who)s reactivated the account of %(person)s."),
    "key_changed": _("%(who)s let the key %(new)s sign the ledger from now on, in the place of %(old)s."),
    "erased": _("%(who)s erased the personal data of somebody who has left."),
    "team_added": _("%(who)s added the team %(team)s."),
    "team_changed": _("%(who)s changed the team %(team)s."),
    "stage_added": _("%(who)s added the stage %(name)s."),
    "stage_changed": _("%(who)s changed the stage %(name)s."),
    "vocabulary_changed": _("%(who)s recorded version %(number)s of the vocabulary."),
    "dataset_added": _("%(who)s added the dataset %(name)s."),
    "dataset_mapped": _("%(who)s changed how the dataset %(name)s is read."),
    "dataset_read": _("%(who)s read the dataset %(name)s in again."),
    "dataset_chosen": _("%(who)s made %(name)s the dataset that is counted."),
    "counted": _("%(who)s counted on the data of %(name)s."),
    "advice_dismissed": _("%(who)s left advice about the words of “%(proposal)s” aside."),
    "vocabulary_carried": _("%(who)s wrote version %(number)s of the vocabulary in “%(proposal)s”."),
    "vocabulary_left_out": _("%(who)s took the vocabulary out of “%(proposal)s”."),
    "answered": _("%(who)s judged an example record of “%(proposal)s”: %(answer)s."),
    "joined": _("%(who)s gave %(person)s a place in %(team)s as %(role)s."),
    "left": _("%(who)s ended the place of %(person)s in %(team)s."),
    "delegated": _("%(who)s let %(person)s stand in for %(team)s from %(from)s to %(to)s."),
    "delegation_ended": _("%(who)s ended the delegation to %(person)s in %(team)s."),
}
PUBLISHED_WITHOUT = _(
    "“%(proposal)s” was published without the seal of %(missing)s: %(versions)s, effective from %(effective_from)s."
)
ANSWERS = {"counts": _("counts"), "not": _("does not count"), "unsure": _("not sure")}
ROLES = {"member": _("member"), "signatory": _("signatory")}

# Acts by what a reader looks for. The keys stand in addresses.
GROUPS: dict[str, tuple[str | Promise, tuple[str, ...]]] = {
    "agreement": (
        _("Agreement"),
        ("sealed", "ratified", "published", "glass_asked", "glass_left_whole", "glass_broken"),
    ),
    "discussion": (_("Discussion"), ("objected", "objection_closed", "commented", "answered")),
    "proposals": (
        _("Proposals"),
        ("submitted", "resubmitted", "rebased", "rejected", "withdrawn", "expired", "reminded"),
    ),
    "drafting": (
        _("Drafting"),
        (
            *("started", "metric_added", "metric_removed", "draft_saved", "invited", "uninvited"),
            *("advice_dismissed", "vocabulary_carried", "vocabulary_left_out"),
        ),
    ),
    "data": (
        _("Vocabulary and data"),
        ("vocabulary_changed", "dataset_added", "dataset_mapped", "dataset_read", "dataset_chosen", "counted"),
    ),
    "people": (
        _("People and teams"),
        tuple(
            name
            for name in SENTENCES
            if name.split("_")[0]
            in {
                "opened",
                "registered",
                "profile",
                "password",
                "steward",
                "deactivated",
                "reactivated",
                "erased",
                "key",
                "team",
                "stage",
                "joined",
                "left",
                "delegated",
                "delegation",
            }
        ),
    ),
}

# Acts whose detail names the person they are about.
ABOUT_PEOPLE = tuple(
    name
    for name in SENTENCES
    if name.split("_")[0]
    in {
        "registered",
        "profile",
        "password",
        "steward",
        "deactivated",
        "reactivated",
        "joined",
        "left",
        "invited",
        "uninvited",
        "delegated",
        "delegation",
    }
)


@dataclass(frozen=True)
class Line:
    """One act as people read it."""

    event: Event
    sentence: str
    reason: str
    times: int = 1
    words: bool = False  # whether the reader may compare what it changed, word by word

    @property
    def who(self) -> str:
        return _name(self.event.personal, "name", self.event.actor)

    @property
    def at(self) -> datetime:
        return self.event.at

    @property
    def published(self) -> list[tuple[str, str, int]]:
        """Key, name and number of each version that the act published."""
        return _published(self.event.detail)

    @property
    def proposal(self) -> Proposal | None:
        return self.event.proposal


def related(events: EventQuerySet, reader: User | None = None) -> EventQuerySet:
    """With what the sentences need and what the reader may compare, in one query."""
    return differences.noted(events, reader).select_related("actor", "proposal__revision", "team")


def lines(events: Iterable[Event]) -> list[Line]:
    """The events, as `related` gives them, as sentences; a run of edits of one draft by one person is one line."""
    return [_line(list(run)) for key, run in groupby(events, key=_run_key)]


def _run_key(event: Event) -> Any:
    if event.act == "draft_saved":
        return (event.act, event.proposal_id, event.actor_id, _day(event.at))
    return event.sequence


def _line(run: list[Event]) -> Line:
    event = run[0]
    return Line(event, sentence(event), event.reason or _said(event), len(run), differences.is_shown(event))


def _said(event: Event) -> str:
    return (event.personal or {}).get("words", "")


def by_day(of: Iterable[Line]) -> Iterator[tuple[date, list[Line]]]:
    """The lines grouped by calendar day, in the order given."""
    for day, group in groupby(of, key=lambda line: _day(line.at)):
        yield day, list(group)


def _day(at: datetime) -> date:
    return timezone.localdate(at)


def sentence(event: Event) -> str:
    """What happened, in the reader's language, with names as they were then.

    Only a draft's title is today's: before its submission it was its contributors' own.
    """
    detail = event.detail
    template = PUBLISHED_WITHOUT if detail.get("missing") else SENTENCES[event.act]
    return str(template) % {
        "who": _name(event.personal, "name", event.actor),
        "person": _person(event),
        "proposal": _in_language(detail, "title") or (event.proposal.title if event.proposal else ""),
        "team": _in_language(detail, "team") or (event.team.name if event.team else ""),
        "metric": _in_language(detail.get("name"), "name") or detail.get("metric", ""),
        "revision": detail.get("revision", ""),
        "versions": _versions(detail),
        "missing": _teams(detail.get("missing", []), event.at),
        "effective_from": _day_of(detail, "effective_from"),
        "name": _in_language(detail, "name"),
        "number": detail.get("number", ""),
        "old": detail.get("old", ""),
        "new": detail.get("new", ""),
        "answer": ANSWERS.get(detail.get("answer", ""), ""),
        "role": ROLES.get(detail.get("role", ""), ""),
        "from": _day_of(detail, "from"),
        "to": _day_of(detail, "to"),
    }


def _name(personal: dict[str, str] | None, stem: str, user: User) -> str:
    if personal is None:
        return str(_("(erased)"))
    name = _in_language(personal, stem) or personal.get("username", "") or user.username
    return name if user.is_system else _politely(name)


def _person(event: Event) -> str:
    return _politely(_in_language(event.personal, "who")) if event.personal else str(_("(erased)"))


def _politely(name: str) -> str:
    """A person's name as a sentence calls them: 田中 美咲さん."""
    return pgettext("a person", "%(name)s") % {"name": name}


def _in_language(values: dict[str, Any] | None, stem: str) -> str:
    first, second = ("en", "ja") if (get_language() or "ja").startswith("en") else ("ja", "en")
    values = values or {}
    return values.get(f"{stem}_{first}") or values.get(f"{stem}_{second}") or ""


def _day_of(detail: dict[str, Any], name: str) -> str:
    return days.day(date.fromisoformat(detail[name])) if name in detail else ""


def _teams(keys: list[str], at: datetime) -> str:
    """What these teams were called then."""
    teams = as_of.at((team, at) for team in Team.objects.filter(key__in=keys)) if keys else []
    return _(", ").join(team.name for team in teams)


def _published(detail: dict[str, Any]) -> list[tuple[str, str, int]]:
    """Key, name of then, and number of each version."""
    names = detail.get("names", {})
    versions = sorted(detail.get("versions", {}).items())
    return [(key, _in_language(names.get(key), "name") or key, number) for key, number in versions]


def _versions(detail: dict[str, Any]) -> str:
    said = str(_("%(metric)s version %(number)s"))
    return _(", ").join(said % {"metric": name, "number": number} for _key, name, number in _published(detail))


def with_reasons(delegations: QuerySet[Delegation]) -> list[Delegation]:
    """Each with the reason that its event gives, nothing where that was erased. Two queries."""
    found = list(delegations)
    events = Event.objects.filter(act="delegated", detail__delegation__in=[each.pk for each in found])
    reasons = {event.detail["delegation"]: event.reason for event in events}
    for each in found:
        each.reason = reasons.get(each.pk, "")
    return found


def filtered(
    events: EventQuerySet,
    *,
    group: str = "",
    metric: str = "",
    proposal: int = 0,
    person: int = 0,
    team: Team | None = None,
    since: date | None = None,
    until: date | None = None,
) -> EventQuerySet:
    """The events narrowed as the address asks. Days are calendar days of the registry, both included."""
    conditions: list[tuple[Any, Callable[[EventQuerySet], EventQuerySet]]] = [
        (group in GROUPS, lambda found: found.filter(act__in=GROUPS[group][1])),
        (metric, lambda found: found.filter(mentions__key=metric)),
        (proposal, lambda found: found.filter(proposal_id=proposal)),
        (person, lambda found: found.filter(_by_or_about(person))),
        (team, lambda found: found.filter(team=team)),
        (since, lambda found: found.filter(at__gte=_midnight(since))),
        (until, lambda found: found.filter(at__lt=_midnight(until, days=1))),
    ]
    for asked, narrow in conditions:
        if asked:
            events = narrow(events)
    return events


def _by_or_about(person: int) -> Q:
    """Acts of a person, and acts of others that concern them."""
    lent = Delegation.objects.filter(Q(stand_in=person) | Q(membership__user=person)).values_list("pk", flat=True)
    about = Q(detail__user=person) | Q(detail__delegation__in=list(lent))
    return Q(actor=person) | (Q(act__in=ABOUT_PEOPLE) & about)


def _midnight(day: date | None, days: int = 0) -> datetime:
    assert day is not None, "asked for only where a day was given"
    return timezone.make_aware(datetime.combine(day, datetime.min.time())) + timedelta(days=days)
