"""What text may enter the registry, and which texts and names are taken for the same."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry import text


def test_content_stays_as_typed_in_width_and_case() -> None:
    assert text.clean("ＭＱＬ　１００名", lines=False) == "ＭＱＬ　１００名"


def test_every_line_break_becomes_one_kind_of_line_break() -> None:
    assert text.clean("a\r\nb\rc\u2028d\x0be", lines=True) == "a\nb\nc\nd\ne"


def test_a_title_pasted_over_two_lines_becomes_one_line() -> None:
    assert text.clean("  商談の\r\n定義\t改訂 ", lines=False) == "商談の 定義 改訂"


def test_marks_left_by_editors_at_the_ends_are_dropped() -> None:
    assert text.clean("\ufeff定義\u200b \n", lines=True) == "定義"


def test_blanks_at_the_ends_of_lines_make_no_difference_that_anyone_would_have_to_sign() -> None:
    assert text.clean("一行目　 \n二行目", lines=True) == "一行目\n二行目"


def test_decomposed_kana_are_composed() -> None:
    assert text.clean("か\u3099", lines=False) == "が"


@given(st.text(), st.booleans())
def test_cleaning_twice_changes_nothing(value: str, lines: bool) -> None:
    once = text.clean(value, lines=lines)
    assert text.clean(once, lines=lines) == once


@pytest.mark.parametrize(
    "value",
    [
        "従業員100名以上の企業。「有効商談」は12か月以内、〜90%（税込）！",
        "Follow leads — “reached” within 14 days…",
        "葛\U000e0100飾区",
        "家族 👨\u200d👩\u200d👧、❤\ufe0f、1\ufe0f\u20e3",
        "می\u200cخواهم",
        "क्\u200dष",
        "한국어 ελληνικά русский ½ ㎡ ㈱",
        "一行目\n\t二行目",
    ],
)
def test_what_people_write_is_accepted(value: str) -> None:
    assert text.problem(value, lines=True, limit=200) is None


@pytest.mark.parametrize(
    "character",
    [
        *"\x00\x07\x1b\x7f\x85",
        *"\u202a\u202e\u2066\u2069\u200e\u200f\u061c",
        *"\ud800\udfff",
        *"\ufdd0\ufffe\U0010ffff",
        *"\ue000\U000f0000",
        *"\u200b\u2060\ufeff\u00ad\u200c\u200d\u3164\u2800\U000e0041",
    ],
)
def test_a_character_that_deceives_is_refused_by_its_code_point(character: str) -> None:
    refusal = text.problem(f"abc{character}def", lines=True, limit=100)
    assert refusal is not None
    assert f"U+{ord(character):04X}" in refusal
    assert "4" in refusal.split("U+")[0]


def test_a_refusal_says_the_line_and_the_column() -> None:
    refusal = text.problem("一行目\n二行\u202e目", lines=True, limit=100)
    assert refusal is not None
    line_and_column = refusal.split("U+")[0]
    assert "2" in line_and_column
    assert "3" in line_and_column


def test_a_line_break_is_refused_where_one_line_is_asked_for() -> None:
    assert text.problem("a\nb", lines=False, limit=100)
    assert text.problem("a\tb", lines=False, limit=100)


def test_letters_cannot_carry_hidden_selectors() -> None:
    assert text.problem("lead\ufe0e", lines=False, limit=100)
    assert text.problem("葛\U000e0100\U000e0101", lines=False, limit=100)


def test_a_text_too_long_is_told_its_length_and_the_limit() -> None:
    refusal = text.problem("あ" * 123, lines=True, limit=120)
    assert refusal is not None
    assert "123" in refusal
    assert "120" in refusal
    assert text.problem("あ" * 120, lines=True, limit=120) is None


@given(st.text(), st.booleans())
def test_what_is_accepted_can_be_stored_anywhere(value: str, lines: bool) -> None:
    if text.problem(value, lines=lines, limit=10_000) is None:
        value.encode()
        assert not {unicodedata.category(each) for each in value if each not in "\n\t"} & {"Cc", "Cs", "Co"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ﾀｰｹﾞｯﾄﾘｰﾄﾞ", "ターゲットリード"),
        ("ＭＱＬ", "mql"),
        ("Target　 Lead", "target lead"),
        ("follow‐up", "follow-up"),
        ("1〜3月", "1～3月"),
        ("customer’s", "customer's"),
        ("soft\u00adware", "software"),
        ("葛\U000e0100飾", "葛飾"),
        ("STRASSE", "straße"),
    ],
)
def test_spellings_of_one_word_are_found_alike(one: str, other: str) -> None:
    assert text.fold(one) == text.fold(other)


def test_the_long_vowel_mark_is_no_dash() -> None:
    assert text.fold("リード") != text.fold("リ-ド")


@given(st.text())
def test_folding_twice_changes_nothing(value: str) -> None:
    assert text.fold(text.fold(value)) == text.fold(value)


@given(st.text())
def test_a_search_is_always_fit_for_a_database(value: str) -> None:
    for term in text.search_terms(value):
        assert 0 < len(term.encode()) <= 4 * text.MAX_TERM
        assert "\x00" not in term


def test_a_search_is_split_at_full_width_blanks_too_and_kept_short() -> None:
    assert text.search_terms("商談　ＭＱＬ\n受注 商談") == ["商談", "mql", "受注"]
    assert len(text.search_terms(" ".join(map(str, range(20))))) == 8
    assert text.search_terms("あ" * 100) == ["あ" * 60]
    assert text.search_terms(" 　 ") == []


@pytest.mark.parametrize(
    "quoted", ["「商談 数」", "『商談　数』", "｢商談 数｣", '"商談" "数"', "“商談 数”", "'商談' ‘数’"]
)
def test_quotes_around_what_is_searched_for_are_no_part_of_it(quoted: str) -> None:
    assert text.search_terms(quoted) == ["商談", "数"]
    assert text.search_terms("「") == ["「"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Lead", "Lеаd"),
        ("MEETING", "МЕЕТING"),
        ("Lοst", "Lost"),
        ("リード数", "リ一ド数"),
        ("リード数", "リ―ド数"),
        ("リード数", "リ-ド数"),
        ("リード 数", "リード・数"),
        ("フォロー率", "フォロ−率"),
        ("ロス率", "口ス率"),
        ("カード", "力ード"),
        ("ニーズ確認", "二ーズ確認"),
        ("エリア", "工リア"),
        ("タスク", "夕スク"),
        ("コスト", "コス卜"),
        ("ハード", "八ード"),
        ("ヘルプ", "へルプ"),
        ("ページ", "ぺージ"),
        ("リスト", "りスト"),
        ("キャンセル", "キヤンセル"),
        ("meeting rate", "Meeting-Rate"),
        ("Q1", "Ql"),
        ("〇次商談", "○次商談"),
    ],
)
def test_names_that_look_the_same_meet_under_one_key(one: str, other: str) -> None:
    assert one != other
    assert text.skeleton(one) == text.skeleton(other)


def test_names_that_people_tell_apart_keep_different_keys() -> None:
    names = [
        "商談",
        "有効商談",
        "商談数",
        "商談率",
        "一次商談",
        "二次商談",
        "次商談",
        "リード",
        "リド",
        "ビル",
        "ビール",
    ]
    names += [
        "mail",
        "mall",
        "Target leads",
        "Target rate",
        "受注",
        "受注率",
        "LTV",
        "売上",
        "粗利",
        "!",
        "?",
        "一",
    ]
    assert len({text.skeleton(name) for name in names}) == len(names)


@given(st.text())
def test_a_key_fits_its_column_and_does_not_depend_on_case_or_width(name: str) -> None:
    assert len(text.skeleton(name)) <= 80
    assert text.skeleton(text.fold(name)) == text.skeleton(name)


@pytest.mark.parametrize("name", ["Lеad", "Δlead", "МQL数", "ＬеＡＤ", "新規Lеad数"])
def test_a_word_of_two_alphabets_is_refused(name: str) -> None:
    refusal = text.mixed_script(name)
    assert refusal is not None
    assert "Latin" in refusal


@pytest.mark.parametrize(
    "name",
    ["MQL数", "Webリード", "LTV（粗利）", "α版リード", "Лид", "µm", "Café", "A/Bテスト", "β-test", "CV率 Ω"],
)
def test_latin_beside_japanese_is_how_names_are_written(name: str) -> None:
    assert text.mixed_script(name) is None


def test_an_excerpt_is_one_line_that_never_cuts_a_letter_in_two() -> None:
    assert text.excerpt("一行目\n二行目", 20) == "一行目 二行目"
    assert text.excerpt("あいうえお", 4) == "あいう…"
    assert text.excerpt("ab葛\U000e0100飾区", 4) == "ab…"
