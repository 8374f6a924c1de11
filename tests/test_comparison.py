"""What differs between two texts, marked where Japanese and English readers would cut."""

import random
from itertools import pairwise

import pytest
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from registry.comparison import Change, Piece, as_lines, fields, side_by_side, three_way, words

TEXTS = st.text(alphabet="商談有効数はがのをリード100、。 \nab", max_size=60)


def marked(old: str, new: str) -> str:
    signs = {"same": "{}", "gone": "[-{}-]", "new": "[+{}+]"}
    return "".join(signs[piece.kind].format(piece.text) for piece in words(old, new))


@given(st.one_of(st.text(), TEXTS), st.one_of(st.text(), TEXTS))
def test_both_texts_can_be_read_off_the_pieces(old: str, new: str) -> None:
    pieces = words(old, new)
    before, after = side_by_side(pieces)
    assert "".join(piece.text for piece in before) == old
    assert "".join(piece.text for piece in after) == new
    assert all(piece.text for piece in pieces)
    assert all(one.kind != other.kind for one, other in pairwise(pieces))


@given(st.text())
def test_equal_texts_have_no_difference(value: str) -> None:
    assert words(value, value) == ([Piece("same", value)] if value else [])


@pytest.mark.parametrize(
    ("old", "new", "shown"),
    [
        ("従業員100名以上", "従業員50名以上", "従業員[-100-][+50+]名以上"),
        ("1,000件", "1,200件", "[-1,000-][+1,200+]件"),
        ("21.4%から", "14.9%から", "[-21.4-][+14.9+]%から"),
        ("商談数", "有効商談数", "[+有効+]商談数"),
        ("ターゲットリード", "リード", "[-ターゲット-]リード"),
        ("部長級以上の人", "課長級以上の人", "[-部長級以上-][+課長級以上+]の人"),
        ("会議を含む", "会議は含む", "会議[-を-][+は+]含む"),
        ("業種、従業員数", "業種、役職、従業員数", "業種、[+役職、+]従業員数"),
        ("対象。除外。", "対象。例外。除外。", "対象。[+例外。+]除外。"),
        ("one lead each", "one new lead each", "one [+new +]lead each"),
        ("job_level = 'a'", "job_rank = 'a'", "[-job_level-][+job_rank+] = 'a'"),
        ("IN ('a', 'b')", "IN ('a', 'b', 'c')", "IN ('a', 'b'[+, 'c'+])"),
        ("", "新規", "[+新規+]"),
        ("新規", "", "[-新規-]"),
    ],
)
def test_only_what_changed_is_marked_and_words_stay_whole(old: str, new: str, shown: str) -> None:
    assert marked(old, new) == shown


def test_a_scrap_in_common_does_not_break_a_rewrite_into_confetti() -> None:
    assert marked("課長の同意がある", "部長の許可がある") == "[-課長の同意-][+部長の許可+]がある"


def test_a_change_never_swallows_the_line_or_sentence_between_two_changes() -> None:
    assert marked("甲甲\n乙乙", "丙丙\n丁丁") == "[-甲甲-][+丙丙+]\n[-乙乙-][+丁丁+]"


def test_an_untouched_line_stays_whole_when_its_neighbours_change() -> None:
    old = "- 製造、IT、金融\n- 従業員100名以上\n- 課長級以上"
    new = "- 製造、IT\n- 従業員100名以上\n- 部長級以上\n- 同意がある"
    assert Piece("same", "\n- 従業員100名以上\n- ") in words(old, new)


def _long(seed: int) -> str:
    generator = random.Random(seed)
    parts = ["商談", "有効", "リード", "従業員", "100", "名", "以上", "の", "を", "は", "、", "。\n", "連絡", "同意"]
    return "".join(generator.choices(parts, k=6_800))[:13_000]


def _edited(text: str, times: int) -> str:
    generator = random.Random(times)
    letters = list(text)
    for place in generator.sample(range(len(letters)), times):
        letters[place] = "改"
    return "".join(letters)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (_long(1), _edited(_long(1), 80)),
        (_long(1).replace("\n", ""), _edited(_long(1).replace("\n", ""), 80)),
        (_long(1), _long(2)),
        (_long(1).replace("\n", ""), _long(2).replace("\n", "")),
        ("はが" * 6_500, "がは" * 6_000 + "を" * 1_000),
        ("\n" * 13_000, "\n" * 6_000 + "あ" + "\n" * 6_999),
    ],
    ids=["lines", "one line", "rewritten", "rewritten line", "two letters", "empty lines"],
)
def test_thirteen_thousand_characters_are_compared_whole(old: str, new: str) -> None:
    pieces = words(old, new)
    assert "".join(piece.text for piece in pieces if piece.kind != "new") == old
    assert "".join(piece.text for piece in pieces if piece.kind != "gone") == new


def test_eighty_small_edits_in_a_long_text_are_marked_one_by_one() -> None:
    pieces = words(_long(1), _edited(_long(1), 80))
    assert sum(len(piece.text) for piece in pieces if piece.kind == "same") > 12_000


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "verdict"),
    [
        ("a", "a", "a", "same"),
        ("a", "b", "a", "ours"),
        ("a", "a", "b", "theirs"),
        ("a", "b", "b", "both_same"),
        ("a", "b", "c", "conflict"),
        ([], ["x"], [], "ours"),
    ],
)
def test_a_three_way_comparison_says_who_changed_a_value(base, ours, theirs, verdict: str) -> None:
    assert three_way(base, ours, theirs) == verdict


def test_only_fields_that_differ_are_listed_in_the_order_asked_for() -> None:
    old = {"name": "商談", "text": "20分以上", "unit": "件"}
    new = {"name": "商談", "text": "15分以上", "unit": ""}
    assert [change.field for change in fields(old, new, ["unit", "text", "name"])] == ["unit", "text"]
    assert fields(old, new, ["text"]) == [
        Change(
            "text",
            "20分以上",
            "15分以上",
            [Piece("gone", "20"), Piece("new", "15"), Piece("same", "分以上")],
        )
    ]


def test_without_an_old_wording_everything_said_is_new_and_blanks_are_not_listed() -> None:
    (change,) = fields(None, {"name": "商談", "unit": "", "synonyms": [], "retired": False}, ["name", "unit"])
    assert change.pieces == [Piece("new", "商談")]
    assert fields(None, {"synonyms": [], "retired": False}, ["synonyms", "retired"]) == []


def test_lists_are_compared_line_by_line() -> None:
    (change,) = fields({"synonyms": ["TL", "MQL"]}, {"synonyms": ["TL", "SQL"]}, ["synonyms"])
    assert change.pieces == [Piece("same", "TL\n"), Piece("gone", "MQL"), Piece("new", "SQL")]


def test_an_example_whose_answer_turned_shows_it() -> None:
    old = {"examples": [{"ja": "従業員50名", "en": "50 employees", "counts": False}]}
    new = {"examples": [{"ja": "従業員50名", "en": "50 employees", "counts": True}]}
    (change,) = fields(old, new, ["examples"])
    assert {piece.kind for piece in change.pieces} > {"same"}
    assert "従業員50名" in change.pieces[0].text


@override("en")
def test_a_flag_is_said_in_a_word() -> None:
    assert as_lines(True) == ["retired"]
    (change,) = fields({"retired": False}, {"retired": True}, ["retired"])
    assert not change.added
    assert [piece.text for piece in change.pieces] == ["in use", "retired"]


@override("en")
def test_nothing_is_counted_in_an_example_of_a_calculated_metric() -> None:
    example = {"ja": "96 ÷ 120", "en": "96 ÷ 120", "counts": True}
    assert as_lines([example], kind="calculated") == ["96 ÷ 120 / 96 ÷ 120 → is calculated like this"]
    assert as_lines([example], kind="counted") == ["96 ÷ 120 / 96 ÷ 120 → counts"]
