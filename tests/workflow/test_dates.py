"""From when a version is the meaning: half-open ranges, corrections of the past, and what was believed when."""

from datetime import date, timedelta

from registry import clock
from registry.models import FOREVER, STILL_KNOWN, InForce, Proposal
from tests.cast import FOUNDED, NOW, TODAY, Cast, fresh, in_review, on, published, seal, sealed

DAY = timedelta(days=1)


def meaning(cast: Cast, valid: date, known=None) -> int | None:
    """The number of target_lead's version on the day `valid`, as known by `known`."""
    spans = InForce.objects.as_of(valid, known).filter(metric=cast.target_lead)
    return spans.values_list("definition__number", flat=True).first()


def test_before_its_first_day_a_metric_means_nothing(cast: Cast):
    assert meaning(cast, FOUNDED - DAY) is None
    assert meaning(cast, FOUNDED) == 1


def test_a_version_ends_on_the_day_the_next_begins(cast: Cast):
    published(cast, effective_from=TODAY + DAY * 10)
    assert meaning(cast, TODAY + DAY * 9) == 1
    assert meaning(cast, TODAY + DAY * 10) == 2
    spans = InForce.objects.filter(metric=cast.target_lead, known_to=STILL_KNOWN).order_by("valid_from")
    assert [(span.valid_from, span.valid_to) for span in spans] == [
        (FOUNDED, TODAY + DAY * 10),
        (TODAY + DAY * 10, FOREVER),
    ]


def test_what_is_current_needs_no_job_to_run(cast: Cast):
    published(cast, effective_from=TODAY + DAY * 10)
    with on(TODAY + DAY * 10):
        assert meaning(cast, clock.today()) == 2


def test_a_correction_answers_both_questions(cast: Cast):
    """What did we mean on that day; and what did we then believe we meant."""
    before = NOW - timedelta(hours=1)
    published(cast, effective_from=FOUNDED, retroactive=True)
    assert meaning(cast, TODAY - DAY * 30) == 2
    assert meaning(cast, TODAY - DAY * 30, known=before) == 1
    assert meaning(cast, TODAY - DAY * 30, known=NOW) == 2


def test_a_correction_of_a_part_of_the_past_leaves_the_part_before(cast: Cast):
    published(cast, effective_from=TODAY - DAY * 10, retroactive=True)
    assert meaning(cast, TODAY - DAY * 11) == 1
    assert meaning(cast, TODAY - DAY * 10) == 2


def test_a_correction_replaces_every_later_version(cast: Cast):
    published(cast, effective_from=TODAY + DAY * 5)
    with clock.at(NOW + timedelta(hours=1)):
        published(cast, effective_from=TODAY - DAY * 5, retroactive=True)
    assert [meaning(cast, TODAY + DAY * offset) for offset in (-6, -5, 5, 50)] == [1, 3, 3, 3]
    assert meaning(cast, TODAY + DAY * 5, known=NOW) == 2


def test_answers_about_what_was_known_stay_the_same_for_ever(cast: Cast):
    days = [FOUNDED - DAY, FOUNDED, TODAY - DAY, TODAY, TODAY + DAY * 40]
    moments = [NOW - timedelta(days=80), NOW - timedelta(days=1)]
    answers = {(day, moment): meaning(cast, day, moment) for day in days for moment in moments}
    for hour, (effective, retroactive) in enumerate(
        [(TODAY + DAY * 20, False), (TODAY - DAY * 3, True), (TODAY + DAY * 30, False), (FOUNDED - DAY, True)],
        start=1,
    ):
        moment = NOW + timedelta(hours=hour)
        with clock.at(moment):
            published(cast, effective_from=effective, retroactive=retroactive)
        for (day, known), answer in answers.items():
            assert meaning(cast, day, known) == answer
        answers |= {(day, moment): meaning(cast, day, moment) for day in days}


def test_at_every_moment_a_day_has_one_meaning(cast: Cast):
    for hour, offset in enumerate((20, -3, 30, -50, 40)):
        with clock.at(NOW + timedelta(hours=hour)):
            published(cast, effective_from=TODAY + DAY * offset, retroactive=offset < 0)
    days = [TODAY + DAY * offset for offset in (-70, -51, -50, -49, -4, -3, -2, 0, 19, 20, 30, 39, 40, 41)]
    for known in [None, *(NOW + timedelta(hours=hour) for hour in range(5))]:
        for day in days:
            assert InForce.objects.as_of(day, known).filter(metric=cast.target_lead).count() <= 1


def test_waiting_makes_nothing_retroactive(cast: Cast):
    proposal = in_review(cast, effective_from=TODAY + DAY)
    seal(proposal, team=cast.marketing, by=cast.ryo)
    with on(TODAY + DAY * 2):
        assert meaning(cast, TODAY + DAY) == 1
    assert fresh(proposal).state == Proposal.IN_REVIEW


def test_a_retroactive_correction_may_wait(cast: Cast):
    proposal = in_review(cast, effective_from=TODAY - DAY, retroactive=True)
    with on(TODAY + DAY * 2):
        sealed(cast, proposal)
    assert fresh(proposal).state == Proposal.PUBLISHED


def test_the_registrys_day_is_that_of_its_own_time_zone(cast: Cast):
    """Fifteen hours UTC is midnight in Tokyo."""
    late = NOW.replace(hour=23, minute=30)
    with clock.at(late):
        assert clock.today() == TODAY
    with clock.at(late + timedelta(hours=1)):
        assert clock.today() == TODAY + DAY
