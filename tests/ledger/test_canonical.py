"""One document, one sequence of bytes, one digest: RFC 8785, as far as documents without fractions go."""

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.ledger.canonical import SAFE_INTEGER, canonical, digest

WHOLE = st.integers(-SAFE_INTEGER, SAFE_INTEGER)
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
DOCUMENTS = st.recursive(
    st.none() | st.booleans() | WHOLE | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)


def test_the_sample_of_rfc_8785_without_its_fractions():
    """Section 3.2.2 and 3.2.3: the text and literals of the sample, its keys in order, no spaces."""
    sample = {"string": "\u20ac$\u000f\nA'\u0042\u0022\u005c\\\"/", "literals": [None, True, False]}
    expected = '{"literals":[null,true,false],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    assert canonical(sample) == expected.encode()


def test_keys_are_ordered_by_their_utf_16_code_units():
    """Section 3.2.3: the surrogate of an emoji comes before a full-width letter, although its code point does not."""
    keys = {"\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\U0001f600": 5, "\u0080": 6, "\u00f6": 7}
    expected = ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]
    assert list(json.loads(canonical(keys))) == expected


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("\b\t\n\f\r", r'"\b\t\n\f\r"'),
        ("\x00\x1f\x7f", '"\\u0000\\u001f\x7f"'),
        ('"\\/', '"\\"\\\\/"'),
        ("定義\u2028", '"定義\u2028"'),
    ],
    ids=["short", "control", "quotes", "plain"],
)
def test_only_what_must_be_is_escaped(text: str, written: str):
    assert canonical(text) == written.encode()


def test_texts_are_not_normalised():
    assert canonical("が") != canonical("か\u3099")


@pytest.mark.parametrize("value", [1.5, 1.0, float("nan"), b"x", {1: 2}, {1, 2}, Ellipsis], ids=repr)
def test_what_has_no_one_form_is_refused(value: object):
    with pytest.raises(TypeError):
        canonical(value)


@pytest.mark.parametrize("value", [SAFE_INTEGER + 1, -SAFE_INTEGER - 1])
def test_whole_numbers_beyond_what_json_keeps_are_refused(value: int):
    with pytest.raises(ValueError, match="whole numbers"):
        canonical(value)


def test_half_of_a_surrogate_pair_is_refused():
    with pytest.raises(UnicodeEncodeError):
        canonical("\ud800")


@given(DOCUMENTS)
def test_a_document_survives_being_written_and_read(document: object):
    assert json.loads(canonical(document)) == document


@given(st.dictionaries(TEXT, WHOLE, max_size=6), st.randoms())
def test_the_order_in_which_keys_were_given_does_not_matter(document: dict[str, int], random):
    keys = list(document)
    random.shuffle(keys)
    assert canonical({key: document[key] for key in keys}) == canonical(document)


def test_a_digest_covers_its_domain_and_the_document():
    written = hashlib.sha256(b"goi/definition/1\x00" + b'{"a":1}').hexdigest()
    assert digest("goi/definition/1", {"a": 1}) == written
    assert digest("goi/revision/1", {"a": 1}) != written


@given(DOCUMENTS, DOCUMENTS)
def test_different_documents_have_different_digests(one: object, other: object):
    assert (digest("x", one) == digest("x", other)) == (canonical(one) == canonical(other))
