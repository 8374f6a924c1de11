"""What is still needed: the checklist on the page, and the guard of submitting, from one list."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from django.utils.translation import gettext as _

from registry import carrying, containments, days, effect, meaning, names, retirement, text, wording
from registry.models import Membership, Metric, Proposal, Stage, Team, WorkingCopy
from registry.models.metrics import definition_document
from registry.models.proposals import heading_of, revision_digest, revision_document
from registry.refusals import WrongState
from registry.standing import Standing
from registry.wording import Wording

type State = Literal["done", "attention", "waiting"]


@dataclass(frozen=True)
class Need:
    """One line of the checklist: settled, calling for somebody, or simply not happened yet."""

    state: State
    sentence: str
    code: str
    key: str = ""
    field: str = ""

    @property
    def target(self) -> str:
        """The id of the form's field that settles it, or empty."""
        return f"id_{self.key}-{self.field}" if self.key and self.field else f"id_{self.field}" if self.field else ""


class NotReady(WrongState):
    """Submitting is refused, with everything that is still needed, not only the first."""

    def __init__(self, needs: list[Need]) -> None:
        super().__init__(needs[0].code, " ".join(need.sentence for need in needs))
        self.needs = needs


def require_ready(standing: Standing) -> None:
    """Raise `NotReady` if the working copies cannot be submitted."""
    missing = [need for need in before_submission(standing) if need.state == "attention"]
    if missing:
        raise NotReady(missing)


def before_submission(standing: Standing) -> list[Need]:
    """What the contributors still have to do before others are asked to agree."""
    needs = [*_about_proposal(standing.proposal), *_about_date(standing)]
    if not standing.copies:
        needs.append(Need("attention", _("Choose at least one metric to change."), "no_metric"))
    needs.extend(_about_vocabulary(standing))
    for copy in standing.copies:
        needs.extend(_about_words(copy, standing))
    needs.extend(_about_reading(standing))
    needs.extend(_about_choices(standing.copies))
    needs.extend(_about_difference(standing))
    needs.extend(_about_names(standing.copies))
    needs.extend(_about_base(standing.copies))
    needs.extend(_about_retirement(standing))
    needs.extend(_about_signatories(standing))
    return needs or [Need("done", _("Everything is there. You can submit it."), "ready")]


def before_publication(standing: Standing) -> list[Need]:
    """What the proposal under review still needs before it becomes the agreed meaning."""
    needs = [Need("done", _("The words are complete in Japanese and English."), "complete")]
    broken = carrying.unreadable(standing)
    needs.extend(Need("attention", each.for_reviewers, each.code, each.key) for each in broken)
    if not broken and any(clause.wording["condition"] or clause.wording["formula"] for clause in standing.clauses):
        needs.append(Need("done", _("Conditions and formulas read correctly."), "plausible"))
    for clause in standing.stale:
        sentence = _("“%(metric)s” has a newer version. The author has to bring the proposal up to date.")
        needs.append(Need("attention", sentence % {"metric": clause.name}, "stale", clause.key))
    if standing.vocabulary_is_behind:
        sentence = _("The vocabulary has a newer version. The author has to bring the proposal up to date.")
        needs.append(Need("attention", sentence, "stale"))
    for name in carrying.left_out(standing):
        sentence = _("The vocabulary would also change “%(metric)s”. The author has to add it to the proposal.")
        needs.append(Need("attention", sentence % {"metric": name}, "alters_definitions"))
    for clause, word, twin in standing.mistakable:
        sentence = _("“%(word)s” looks like a name or synonym of “%(other)s”. The author has to choose another word.")
        called = {"word": word, "other": twin[meaning.language()]}
        needs.append(Need("attention", sentence % called, "look_alike", clause.key))
    for each in standing.retirement_troubles:
        needs.append(Need("attention", each.for_reviewers, each.code, each.key, each.field))
    if standing.date_has_passed:
        sentence = _("The effective date has passed. The author has to choose a new one.")
        needs.append(Need("attention", sentence, "date_passed"))
    for objection in standing.open_objections:
        sentence = _("An objection needs an answer — %(who)s: “%(reason)s”") % {
            "who": objection.raised_by.name,
            "reason": text.excerpt(objection.reason, 60),
        }
        needs.append(Need("attention", sentence, "objection", objection.key, objection.field))
    needs.extend(_about_examples(standing))
    for held in containments.concerned(standing):
        if held.verdict == containments.BROKEN:
            sentence = _("“%(inner)s” no longer lies within “%(outer)s”. See the example under Effect.")
            said = sentence % {"inner": held.inner_name, "outer": held.outer_name}
            needs.append(Need("attention", said, "containment_broken", held.inner))
    needs.extend(_about_seals(standing))
    return needs


def _about_examples(standing: Standing) -> Iterator[Need]:
    for found, card in _cards(effect.effects(standing)):
        if card.contradicts:
            sentence = _("An answer contradicts the condition of “%(metric)s” — %(example)s")
            yield _of_example("attention", sentence, "example_fails", found, card)
        elif card.is_open:
            sentence = _("Does this count as “%(metric)s”? — %(example)s")
            yield _of_example("waiting", sentence, "example_open", found, card)
    for found, card in _cards(effect.ripple(standing)):
        if card.contradicts:
            sentence = _(
                "“%(metric)s” would judge an agreed example otherwise — %(example)s. "
                "Answer it anew under Effect, or let the author revise the proposal."
            )
            yield _of_example("attention", sentence, "example_fails", found, card)


def _cards(effects: Iterable[effect.Effect]) -> Iterator[tuple[effect.Effect, effect.Card]]:
    """Each record of a metric once, on however many stretches of days it tells the old words from the new."""
    shown: set[tuple[str, str]] = set()
    for found in effects:
        for card in found.cards:
            if (found.key, card.digest) not in shown:
                shown.add((found.key, card.digest))
                yield found, card


def _of_example(state: State, sentence: str, code: str, found: effect.Effect, card: effect.Card) -> Need:
    told = _(", ").join(f"{name} {value}" for name, value in card.telling[:3])
    return Need(state, sentence % {"metric": found.name, "example": told}, code, found.key)


def _about_seals(standing: Standing) -> Iterator[Need]:
    for team in standing.required_teams:
        if seal := standing.seals.get(team.pk):
            sentence = _("%(team)s has sealed (%(who)s).") % {"team": team.name, "who": seal.signed_by.name}
            yield Need("done", sentence, "sealed")
        elif not standing.eligible(team):
            yield Need("attention", _nobody_left(standing, team), "no_signatory")
        else:
            yield Need("waiting", _("The seal of %(team)s.") % {"team": team.name}, "seal")


def _nobody_left(standing: Standing, team: Team) -> str:
    if all(user.pk in standing.contributor_ids for user in standing.signatories(team)):
        return _no_signatory(team)
    return _(
        "Whoever could seal for %(team)s has sealed this revision before, and seals it only once. "
        "A steward can name another signatory, or the author can revise it."
    ) % {"team": team.name}


def _no_signatory(team: Team) -> str:
    return _(
        "%(team)s has no signatory who did not write this. A steward can name one, "
        "or the author can withdraw and let somebody else propose."
    ) % {"team": team.name}


def _about_proposal(proposal: Proposal) -> Iterator[Need]:
    if not (proposal.title_ja or proposal.title_en):
        yield Need("attention", _("Give the proposal a title."), "no_title", field="title_ja")
    if not (proposal.reason_ja or proposal.reason_en):
        yield Need("attention", _("Write why the change is needed."), "no_reason", field="reason_ja")


def _about_date(standing: Standing) -> Iterator[Need]:
    proposal, day = standing.proposal, standing.proposal.effective_from
    if day is None:
        yield Need("attention", _("Choose the day from which it takes effect."), "no_date", field="effective_from")
        return
    if proposal.retroactive:
        if day > standing.today:
            sentence = _("A retroactive correction begins in the past. Choose an earlier day, or unmark it.")
            yield Need("attention", sentence, "not_retroactive", field="effective_from")
        return
    if day < standing.today:
        sentence = _("The day lies in the past. Choose a later one, or mark it as a retroactive correction.")
        yield Need("attention", sentence, "date_passed", field="effective_from")
    for copy in standing.copies:
        if copy.base and day <= copy.base.effective_from:
            sentence = _overlap(copy, correctable=day <= standing.today)
            yield Need("attention", sentence, "date_overlaps", field="effective_from")


def _overlap(copy: WorkingCopy, *, correctable: bool) -> str:
    """`correctable`: whether the chosen day has come, so that a correction from it could replace the version."""
    assert copy.base is not None
    if correctable:
        sentence = _(
            "Version %(number)d of “%(metric)s” takes effect on %(day)s. Choose %(next)s or later, "
            "or mark this as a retroactive correction that replaces it."
        )
    else:
        sentence = _("Version %(number)d of “%(metric)s” takes effect on %(day)s. Choose %(next)s or later.")
    begins = copy.base.effective_from
    told = {"day": days.day(begins), "next": days.day(begins + timedelta(days=1))}
    return sentence % {"number": copy.base.number, "metric": copy.name, **told}


def _about_vocabulary(standing: Standing) -> Iterator[Need]:
    drafted = standing.drafted_vocabulary
    if drafted is None:
        return
    if drafted.source == drafted.base.source:
        sentence = _("The vocabulary says the same as version %(number)d. Change it, or take it out.")
        yield Need("attention", sentence % {"number": drafted.base.number}, "no_difference")
    if standing.newer_vocabulary:
        sentence = _("The vocabulary has a newer version. Bring this proposal up to date first.")
        yield Need("attention", sentence, "stale")
    keys = {copy.key for copy in standing.copies}
    for key, words in carrying.altered_by_draft(standing).items():
        if key not in keys:
            sentence = _("The vocabulary changes what is agreed about “%(metric)s”. Add that metric to the proposal.")
            name = words[f"name_{meaning.language()}"]
            yield Need("attention", sentence % {"metric": name}, "alters_definitions", key)


def _about_words(copy: WorkingCopy, standing: Standing) -> Iterator[Need]:
    overlay = {each.key: each.wording for each in standing.copies}
    for problems in (
        wording.unacceptable(copy.wording),
        wording.incomplete(copy.wording),
        meaning.sentences(copy.key, copy.wording, overlay, standing.drafted_vocabulary, standing.drafted_from),
    ):
        for field, sentences in problems.items():
            for sentence in sentences:
                yield Need("attention", _of(copy, str(sentence)), "incomplete", copy.key, field)
    if copy.base and not _changes_something(copy, standing):
        sentence = _("“%(metric)s” says the same as version %(number)d. Change it, or take it out.") % {
            "metric": copy.name,
            "number": copy.base.number,
        }
        yield Need("attention", sentence, "no_difference", copy.key)


def _changes_something(copy: WorkingCopy, standing: Standing) -> bool:
    """Whether the words differ, what they mean does, or the days on which they hold."""
    return copy.changes_something or standing.begins_earlier(copy) or copy.key in carrying.altered_by_draft(standing)


def _about_reading(standing: Standing) -> Iterator[Need]:
    """On later days, and of other metrics: what it does not say itself on the first is said of its words."""
    for each in carrying.unreadable_draft(standing):
        if each.own and each.day > standing.drafted_from:
            yield Need("attention", each.for_its_authors, each.code, each.key, each.field)
        elif not each.own:
            yield Need("attention", each.for_its_authors, each.code, each.key)


def _about_choices(copies: Iterable[WorkingCopy]) -> Iterator[Need]:
    """A stage, team or kind that is on no list would leave nobody to ask, or nowhere to show it."""
    teams = set(Team.objects.values_list("key", flat=True))
    stages = set(Stage.objects.values_list("key", flat=True))
    listed = {"kind": set(wording.KINDS), "stage": stages, "producer": teams, "judge": teams}
    for copy in copies:
        for field, keys in listed.items():
            if copy.wording[field] and copy.wording[field] not in keys:
                sentence = _("Choose “%(label)s” from the list.") % {"label": wording.BY_NAME[field].label}
                yield Need("attention", _of(copy, sentence), "unknown_choice", copy.key, field)


def _of(copy: WorkingCopy, sentence: str) -> str:
    return _("%(metric)s: %(sentence)s") % {"metric": copy.name or copy.key, "sentence": sentence}


def _about_difference(standing: Standing) -> Iterator[Need]:
    """An identical resubmission would void nothing and ask for everything again."""
    if standing.revision is None or standing.proposal.effective_from is None:
        return
    if proposed_digest(standing, _as_submitted(standing)) == standing.revision.digest:
        sentence = _("Nothing differs from revision %(number)d. Change something before submitting again.") % {
            "number": standing.revision.number
        }
        yield Need("attention", sentence, "identical")


def _as_submitted(standing: Standing) -> dict[str, Wording]:
    """What was submitted, where a copy still says it: a field that came later may be written down as empty."""
    said = {copy.key: wording.whole(copy.wording) for copy in standing.copies}
    return {key: words for key, words in standing.overlay.items() if wording.whole(words) == said.get(key)}


def _about_names(copies: Sequence[WorkingCopy]) -> Iterator[Need]:
    for copy, word, twin in names.mistakable(copies):
        sentence = _("“%(word)s” looks like a name or synonym of “%(other)s”. Choose a word that nobody can mistake.")
        called = {"word": word, "other": twin[meaning.language()]}
        yield Need("attention", sentence % called, "look_alike", copy.key, _field(copy, word))


def _field(copy: WorkingCopy, word: str) -> str:
    """Where the word stands, as a name or among the synonyms."""
    said = {field: [copy.wording[field]] for field in ("name_ja", "name_en")}
    said |= {field: copy.wording[field] for field in ("synonyms_ja", "synonyms_en")}
    return next(field for field, words in said.items() if word in words)


def _about_base(copies: Iterable[WorkingCopy]) -> Iterator[Need]:
    new = [copy.key for copy in copies if copy.metric is None]
    taken = set(Metric.objects.filter(key__in=new).values_list("key", flat=True)) if new else set()
    for copy in copies:
        if copy.key in taken:
            sentence = _("A metric with the key %(key)s exists by now. Propose a change to it instead.")
            yield Need("attention", sentence % {"key": copy.key}, "duplicate_key", copy.key)
        elif copy.metric and copy.metric.latest_id != copy.base_id:
            sentence = _("“%(metric)s” has a newer version. Bring this proposal up to date first.")
            yield Need("attention", sentence % {"metric": copy.name}, "stale", copy.key)


def _about_retirement(standing: Standing) -> Iterator[Need]:
    for copy in standing.copies:
        if copy.wording["retired"] and copy.base is None:
            sentence = _("“%(metric)s” is new, so there is nothing to retire. Unmark it.")
            named = sentence % {"metric": copy.name or copy.key}
            yield Need("attention", named, "nothing_to_retire", copy.key, "retired")
        if copy.wording["successor"] and not copy.wording["retired"]:
            sentence = _("“%(metric)s” has a successor but stays in use. Mark it as retired, or empty the successor.")
            named = sentence % {"metric": copy.name or copy.key}
            yield Need("attention", named, "successor_without_retirement", copy.key, "successor")
    for each in retirement.troubles(standing.copies, standing.drafted_from, any_retired=standing.any_retired):
        if each.blocks:
            yield Need("attention", each.sentence, each.code, each.key, each.field)


def _about_signatories(standing: Standing) -> Iterator[Need]:
    teams = required_teams(standing.copies)
    seats = Membership.objects.signatories().filter(team__in=teams).values_list("team_id", "user_id")
    able = {team for team, user in seats if user not in standing.contributor_ids}
    for team in teams:
        if team.pk not in able:
            yield Need("attention", _no_signatory(team), "no_signatory")


def required_teams(copies: Iterable[WorkingCopy]) -> list[Team]:
    """Whoever produces a metric and whoever judges by it, as it was and as it is going to be."""
    wordings = [each for copy in copies for each in (copy.wording, copy.base and copy.base.wording) if each]
    keys = {each[part] for each in wordings for part in ("producer", "judge")}
    return list(Team.objects.filter(key__in=keys))


def proposed_digest(standing: Standing, instead: Mapping[str, Wording] | None = None) -> str:
    """The digest the working copies would have if they were submitted now. Needs an effective date.

    `instead` holds words, by metric key, to take for those of a copy.
    """
    proposal, others = standing.proposal, instead or {}
    assert proposal.effective_from is not None
    definitions = [
        definition_document(
            copy.key,
            copy.number,
            copy.base.digest if copy.base else None,
            proposal.effective_from,
            others.get(copy.key, copy.wording),
        )
        for copy in standing.copies
    ]
    teams = [team.key for team in required_teams(standing.copies)]
    drafted = standing.drafted_vocabulary
    return revision_digest(
        revision_document(
            definitions=definitions,
            effective_from=proposal.effective_from,
            retroactive=proposal.retroactive,
            signed_by=teams,
            vocabulary=drafted.document() if drafted else None,
            heading=heading_of(proposal),
        )
    )
