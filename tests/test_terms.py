"""Which names and synonyms inside a text lead to which metric."""

from registry import terms
from tests.cast import Cast, words


def test_a_name_goes_before_a_synonym_whatever_the_order_of_the_keys(cast: Cast):
    known = terms.known(extra=[("a_lead", words(name_ja="見込み", synonyms_ja=["商談数"]))])
    assert known.names["商談数"] == "meeting"


def test_what_is_being_retired_is_linked_no_more(cast: Cast):
    known = terms.known(extra=[("meeting", cast.meeting.latest.wording | {"retired": True})])
    assert "商談数" not in known.names
