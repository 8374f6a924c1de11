"""What a definition looks like on the page: emphasis, links, terms, and nothing that could do harm."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.markdown import Term, find_terms, plain, render
from registry.text import fold

MQL = Term("MQL", "/metrics/target_lead/", "買う力のある人")
RATE = Term("受注率", "/metrics/win_rate/", "受注数÷有効商談数")


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("**「重要」**です", "<strong>「重要」</strong>です"),
        ("これは**「定義」**という", "これは<strong>「定義」</strong>という"),
        ("**数える。**次に", "<strong>数える。</strong>次に"),
        ("従業員**（100名以上）**の会社", "従業員<strong>（100名以上）</strong>の会社"),
        ("これは**`MQL`**です", "これは<strong><code>MQL</code></strong>です"),
        ("~~「旧」~~新", "<s>「旧」</s>新"),
        ("葛\ufe00**(注)**と", "葛\ufe00<strong>(注)</strong>と"),
        ("한국어는 **(강조)**입니다", "한국어는 <strong>(강조)</strong>입니다"),
        ("a * b * c", "a * b * c"),
        ("snake_case_name", "snake_case_name"),
        ('foo**"bar"**baz', "foo**"),
    ],
)
def test_emphasis_works_beside_japanese_brackets_and_stays_as_it_was_elsewhere(typed: str, shown: str) -> None:
    assert shown in render(typed)


def test_an_emoji_is_no_japanese_letter() -> None:
    assert "<strong>" not in render("🎉**(a)**b")


def test_a_line_break_typed_is_a_line_break_shown() -> None:
    assert render("一行目\n二行目") == "<p>一行目<br>\n二行目</p>\n"


@pytest.mark.parametrize(
    "typed",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](JAVASCRIPT:alert(1))",
        "[x](data:text/html,x)",
        "[x](vbscript:x)",
        "[x](//evil.example)",
        "<javascript:alert(1)>",
        "![x](javascript:alert(1))",
        "[x][1]\n\n[1]: javascript:alert(1)",
    ],
)
def test_nothing_typed_becomes_a_script_or_a_hidden_way_out(typed: str) -> None:
    html = render(typed)
    assert "href" not in html
    assert not re.search(r"<(?!/?p>|br>)", html)


@given(st.text(alphabet="<>&\"'[]()!`*_~#|-\n /:javascriptonerror=", max_size=80))
def test_only_allowed_tags_and_attributes_ever_come_out(typed: str) -> None:
    for tag, attributes in re.findall(r"</?([a-z0-9]+)([^>]*)>", render(typed)):
        assert tag not in {"script", "img", "iframe", "h1", "h2", "style"}
        assert " on" not in attributes
        assert "style=" not in attributes


def test_pictures_are_not_shown() -> None:
    assert "<img" not in render("![x](https://example.com/pixel.png)")


def test_outside_links_give_nothing_away_and_inside_links_are_plain() -> None:
    assert 'rel="noopener nofollow"' in render("[x](https://example.com)")
    assert render("[x](/metrics/meeting/)") == '<p><a href="/metrics/meeting/">x</a></p>\n'
    assert 'href="mailto:a@example.com"' in render("<a@example.com>")


def test_headings_stay_below_those_of_the_page() -> None:
    html = render("# 一\n\n## 二\n\n##### 五")
    assert re.findall(r"<(h\d)>", html) == ["h3", "h4", "h6"]


def test_a_wide_table_slides_by_keyboard_and_carries_no_inline_style() -> None:
    html = render("| a | b |\n|---|--:|\n| x | 1 |")
    assert '<td class="number">1</td>' in html
    assert 'class="scroll-x" tabindex="0" role="group" aria-label=' in html
    assert "style=" not in html


def test_a_term_leads_to_its_metric_and_its_meaning_is_read_out() -> None:
    html = render("受注率を見る", terms=[RATE])
    described = re.search(r'<a class="term" href="/metrics/win_rate/" aria-describedby="([^"]+)">受注率</a>', html)
    assert described
    assert f'<span class="term-meaning" role="tooltip" id="{described[1]}">受注数÷有効商談数</span>' in html


def test_a_term_is_linked_once_per_paragraph_whatever_its_spelling() -> None:
    html = render("mql と ＭＱＬ と MQL\n\nMQL", terms=[MQL])
    assert re.findall(r'class="term"[^>]*>([^<]+)<', html) == ["mql", "MQL"]
    assert len(set(re.findall(r'id="([^"]+)"', html))) == 2


def test_terms_are_left_alone_in_headings_links_and_code() -> None:
    assert 'class="term"' not in render("# MQL\n\n[MQLの定義](/a/) `MQL`\n\n```\nMQL\n```", terms=[MQL])


def test_the_longest_term_wins_and_words_are_not_cut() -> None:
    terms = [Term("商談", "/m/", ""), Term("有効商談", "/q/", ""), Term("リード", "/l/", ""), MQL]
    html = render("有効商談とミスリードとMQLs", terms=terms)
    assert re.findall(r'href="([^"]+)"', html) == ["/q/"]


def test_a_meaning_cannot_smuggle_markup() -> None:
    html = render("MQL", terms=[Term("MQL", '/m/"><script>', "<script>alert(1)</script>")])
    assert "<script" not in html


def test_the_same_text_always_gives_the_same_page_and_another_scope_other_ids() -> None:
    assert render("MQL", terms=[MQL]) == render("MQL", terms=[MQL])
    ids = {re.search(r'id="([^"]+)"', render("MQL", terms=[MQL], scope=scope))[1] for scope in ("", "old")}
    assert len(ids) == 2


def test_an_excerpt_holds_the_words_without_their_marks() -> None:
    assert plain("# 見出し\n\n**太字**と`code`\n次の行\n\n- a\n- [b](/x/)") == "見出し 太字とcode 次の行 a b"
    assert plain("| a | b |\n|---|---|\n| c | d |") == "a b c d"
    assert plain("") == ""


def _names(*names: str) -> dict[str, str]:
    return {fold(name): name for name in names}


def test_known_names_are_found_as_they_are_written() -> None:
    names = _names("ターゲットリード", "受注率", "受注", "Target lead", "MQL")
    text = "ﾀｰｹﾞｯﾄﾘｰﾄﾞの受注率と受注。TARGET\nLEAD、ＭＱＬ"
    assert find_terms(text, names) == [
        ("ﾀｰｹﾞｯﾄﾘｰﾄﾞ", "ターゲットリード"),
        ("受注率", "受注率"),
        ("受注", "受注"),
        ("TARGET\nLEAD", "Target lead"),
        ("ＭＱＬ", "MQL"),
    ]


def test_latin_and_katakana_names_are_found_only_as_whole_words() -> None:
    names = _names("lead", "リード")
    assert find_terms("leads misleading lead_id ミスリード リードタイム", names) == []
    assert find_terms("lead数 新規リード数 (lead)", names) == [("lead", "lead"), ("リード", "リード")]


def test_a_long_name_cut_off_by_the_end_of_the_text_gives_way_to_the_short_one() -> None:
    assert find_terms("今月の有効商談率", _names("有効商談率の目標値", "有効商談率")) == [("有効商談率", "有効商談率")]


def test_a_name_is_not_found_inside_one_character() -> None:
    assert find_terms("¾ ㈱ ㌔", _names("3", "株", "キ")) == []
    assert find_terms("㈱と株", _names("(株)", "株")) == [("㈱", "(株)"), ("株", "株")]


@given(st.text(max_size=60), st.lists(st.text(min_size=1, max_size=5), max_size=5))
def test_what_is_found_stands_in_the_text_and_folds_to_a_known_name(text: str, names: list[str]) -> None:
    known = {folded: folded for name in names if (folded := fold(name))}
    for surface, key in find_terms(text, known):
        assert surface in text
        assert fold(surface) == key
