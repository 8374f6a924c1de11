"""The index only narrows what is looked through: with it a search finds what it finds without."""

from collections.abc import Iterable

import pytest
from django.core.management import call_command
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from registry import search_index, text
from registry.models import InForce
from registry.workflow import submitting
from tests.cast import Cast, published, sealed, started, words, write

QUICK = settings(
    max_examples=150,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
CHARACTERS = st.sampled_from("商談数会ミーティングﾐｰaAbcdeéßΣ％%_\\\"'*-^(){}:,、。　 \n１2😀𠮟が\u3099")
AWKWARD = ("談", "會議", "ミーティング", "ＡＮＤ", "50%", "“商談”", "it's", "(a*b)", "ß", "𠮟", "😀", "\\")
TEXTS = st.text(CHARACTERS, max_size=40)


@pytest.fixture
def glossary(cast: Cast) -> Cast:
    """Three metrics, one with a second version, which say what is awkward to look for."""
    awkward = {
        "text_ja": "１００％の“商談”。ﾐｰﾃｨﾝｸﾞ_會議\\𠮟る😀",
        "text_en": '50% of "It\'s" (a*b) AND NOT c:d-e ^f, ß',
    }
    published(cast, "meeting", "target_lead")
    proposal = started(cast.misaki)
    new = words(name_ja="失注の理由", name_en="Reasons for churn", **awkward)
    write(proposal, by=cast.misaki, new={"churn_reason": new})
    submitting.submit(proposal, by=cast.misaki)
    sealed(cast, proposal)
    return cast


def without_index(terms: Iterable[str]) -> set[int]:
    spans = InForce.objects.all()
    for term in terms:
        spans = spans.filter(search_text__contains=term)
    return {span.pk for span in spans}


def with_index(terms: list[str]) -> set[int]:
    return {span.pk for span in InForce.objects.all().matching(terms)}


@given(said=TEXTS, start=st.integers(0, 40), length=st.integers(1, 12))
def test_a_text_has_all_pieces_of_every_word_in_it(said: str, start: int, length: int):
    folded = text.fold(said)
    for term in text.search_terms(folded[start : start + length]):
        assert search_index.telling(term) <= search_index.pieces(folded)


def test_a_search_finds_the_same_with_the_index_as_without(glossary: Cast):
    everything = " ".join(InForce.objects.values_list("search_text", flat=True))

    @QUICK
    @given(
        taken=st.lists(st.tuples(st.integers(0, len(everything) - 1), st.integers(1, 8)), max_size=3),
        typed=st.one_of(st.just(""), TEXTS),
    )
    def holds(taken: list[tuple[int, int]], typed: str) -> None:
        parts = [everything[start : start + length] for start, length in taken]
        terms = text.search_terms(" ".join([*parts, typed]))
        assert with_index(terms) == without_index(terms)

    holds()


def test_it_names_the_metrics_that_can_hold_a_word(glossary: Cast):
    for asked in AWKWARD:
        terms = text.search_terms(asked)
        found = without_index(terms)
        named = search_index.candidates(terms, using="default")
        assert found, asked
        assert named is not None
        assert {span.metric_id for span in InForce.objects.filter(pk__in=found)} <= set(named)
        assert with_index(terms) == found


def test_a_word_that_nobody_says_leaves_nothing_to_look_through(glossary: Cast):
    assert search_index.candidates(["解約予兆"], using="default") == []
    assert search_index.candidates(["xylophone"], using="default") == []


def test_what_only_an_older_version_said_is_still_found(cast: Cast):
    published(cast)
    first = InForce.objects.filter(definition__number=1, metric=cast.target_lead)
    only_then = "当てはまる"
    assert first.filter(search_text__contains=only_then).exists()
    assert with_index([only_then]) >= {span.pk for span in first}


def test_what_many_metrics_hold_is_read_down_the_list(glossary: Cast, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(search_index, "MANY", 1)
    assert search_index.candidates(["商"], using="default") is None
    assert with_index(["商"]) == without_index(["商"]) != set()


def test_laid_anew_it_is_what_publishing_made_of_it(glossary: Cast):
    kept = stored()
    call_command("reindex")
    assert stored() == kept != {}


def stored() -> dict[int, set[str]]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT rowid, pieces FROM {search_index.TABLE}")
        return {metric: set(kept.split() if isinstance(kept, str) else kept) for metric, kept in cursor.fetchall()}
