"""What hangs together is read in one query, and is what following every reference step by step comes to."""

from collections.abc import Collection, Iterable, Iterator
from datetime import date, timedelta
from functools import cache
from typing import Any

import pytest
from django.db import transaction
from django.test import RequestFactory
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from registry import clock, meaning, spans
from registry.middleware import ReadingMiddleware
from registry.models import InForce
from registry.once import once, reading
from registry.spans import WAYS, references_in
from tests.bench import data, wordings

pytestmark = pytest.mark.database
METRICS = 30  # Two sets of fifteen: what refers to one another, beside as much that has nothing to do with it.
KEYS = [wordings.named(number).key for number in range(METRICS)]
reads_only = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
some_keys = st.sets(st.sampled_from(KEYS), min_size=1, max_size=4)
some_day = st.integers(-800, 200).map(lambda days: clock.today() + timedelta(days=days))


@pytest.fixture(scope="module")
def _filled(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    with django_db_blocker.unblock(), transaction.atomic():
        data.fill(METRICS)
        yield
        transaction.set_rollback(True)


@pytest.fixture
def filled(_filled: None, db: None) -> None:
    """A registry of two sets of metrics with ten versions each."""


def stepwise(keys: Collection[str], rows: Iterable[InForce]) -> set[str]:
    """What these metrics refer to, directly or through others, and themselves."""
    said = [(row.key, row.definition.wording) for row in rows]
    found, wanted = set[str](), set(keys)
    while wanted := wanted - found:
        found |= wanted
        wanted = {key for way in WAYS for key in references_in((words for own, words in said if own in wanted), way)}
    return found


def surrounding(keys: set[str], besides: set[str], rows: Iterable[InForce]) -> set[str]:
    return stepwise(keys | {row.key for row in users(keys, rows, WAYS)} | besides, rows)


@cache
def every_version() -> list[InForce]:
    return list(InForce.objects.select_related("definition"))


def users(keys: Collection[str], rows: Iterable[InForce], ways: Iterable[str]) -> list[InForce]:
    """Those that refer to these metrics, directly or through others."""
    left = [row for row in rows if row.key not in keys and not row.retired]
    found, reached = list[InForce](), set(keys)
    while True:
        fresh = [row for row in left if any(references_in([row.definition.wording], way) & reached for way in ways)]
        if not fresh:
            return found
        found += fresh
        left = [row for row in left if row not in fresh]
        reached |= {row.key for row in fresh}


@reads_only
@given(keys=some_keys, day=some_day)
def test_what_is_read_comes_with_all_that_it_refers_to(filled: None, keys: set[str], day: date):
    rows = InForce.objects.as_of(day).select_related("definition")
    read = {row.key for row in rows.with_references(keys)}
    assert {row.key for row in rows if row.key in stepwise(keys, rows)} <= read <= stepwise(keys, every_version())


@reads_only
@given(keys=some_keys, besides=some_keys, day=some_day)
def test_the_surroundings_are_all_that_refers_and_all_that_is_referred_to(
    filled: None, keys: set[str], besides: set[str], day: date
):
    rows = InForce.objects.as_of(day).select_related("definition")
    read = {row.key for row in rows.around(keys, besides)}
    assert {row.key for row in rows if row.key in surrounding(keys, besides, rows)} <= read
    assert read <= surrounding(keys, besides, every_version())


@reads_only
@given(keys=some_keys, day=some_day, how=st.sampled_from(list(WAYS)), whole=st.booleans())
def test_what_refers_to_metrics_is_found_through_others(filled: None, keys: set[str], day: date, how: str, whole: bool):
    known = InForce.objects.recorded().filter(valid_to__gt=day).select_related("definition")
    rows = [row for row in known if whole or row.valid_from <= day]
    wanted = sorted((row.key, row.valid_from) for row in users(keys, rows, [how]))
    found = spans.since(day).referring(keys, how, None if whole else day)
    assert [(span.key, span.begins) for span in found] == wanted


def test_a_condition_that_goes_through_five_others_is_read_in_one_query(filled: None, django_assert_num_queries: Any):
    day = clock.today()
    with django_assert_num_queries(1), reading():
        found = spans.since(day).wordings(["gross_profit_0"], day)
        metrics = meaning.agreed([found["gross_profit_0"]["condition"]])
    assert len(metrics) == 5


def test_what_was_read_for_an_earlier_day_serves_a_later_one(filled: None, django_assert_num_queries: Any):
    day = clock.today()
    with django_assert_num_queries(1), reading():
        assert spans.since(day - timedelta(days=400)).wordings(["meeting_0"], day)
        later = spans.since(day)
        assert later.wordings(["meeting_0"], day)
        assert all(span.ends > day for span in later), "what ended before is not among it"


def test_nothing_in_force_is_asked_for_once(filled: None, django_assert_num_queries: Any):
    with django_assert_num_queries(1), reading():
        assert meaning.in_force(["unheard_of"]) == {}
        assert meaning.in_force(["unheard_of"]) == {}


def test_within_a_reading_a_question_is_asked_once_and_outside_of_one_each_time():
    asked: list[int] = []

    def ask() -> int:
        asked.append(0)
        return len(asked)

    with reading():
        assert [once("question", ask), once("question", ask)] == [1, 1]
        with reading():
            assert once("question", ask) == 1, "a reading within another is part of it"
    assert [once("question", ask), once("question", ask)] == [2, 3]


@pytest.mark.parametrize(("method", "times"), [("get", 1), ("head", 1), ("post", 2)])
def test_a_page_is_one_reading_and_an_act_is_none(rf: RequestFactory, method: str, times: int):
    asked: list[int] = []

    def view(request: Any) -> Any:
        for _time in range(2):
            once("question", lambda: asked.append(0) or True)

    ReadingMiddleware(view)(getattr(rf, method)("/"))
    assert len(asked) == times
