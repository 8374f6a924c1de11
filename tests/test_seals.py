"""How a seal looks: readable at any size, each a little different, always the same for the same agreement."""

import re
from datetime import date
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.seals import stamp, turn

SVG = "{http://www.w3.org/2000/svg}"


def drawn(**changes: Any) -> str:
    usual = {
        "mark": "営",
        "date": date(2026, 11, 22),
        "name": "鈴木",
        "turn": 4,
        "title": "営業が合意しました · 鈴木 一郎 · 2026年11月22日 · 改訂2",
    }
    return str(stamp(**usual | changes))


def words_of(svg: str) -> list[str]:
    return re.findall(r"<text[^>]*>([^<]*)</text>", svg)


def test_a_seal_shows_the_team_the_day_with_its_year_and_the_surname() -> None:
    assert words_of(drawn()) == ["営", "鈴木", "’26.11.22"]


def test_a_seal_is_a_picture_with_a_name_for_those_who_do_not_see_it() -> None:
    svg = drawn()
    assert 'role="img"' in svg
    assert "><title>営業が合意しました · 鈴木 一郎 · 2026年11月22日 · 改訂2</title>" in svg


def test_a_small_seal_shows_the_mark_alone_and_of_a_long_one_its_first_letter() -> None:
    assert words_of(drawn(size="small")) == ["営"]
    assert words_of(drawn(size="small", mark="営業")) == ["営業"]
    assert words_of(drawn(size="small", mark="Sales")) == ["S"]


def test_where_a_seal_is_awaited_there_is_only_a_dashed_ring() -> None:
    svg = drawn(state="awaited")
    assert words_of(svg) == []
    assert "stroke-dasharray" in svg
    assert 'class="seal seal-awaited"' in svg


def test_a_void_seal_can_still_be_read_and_is_struck_through() -> None:
    svg = drawn(state="void")
    assert 'class="seal seal-void"' in svg
    assert words_of(svg) == words_of(drawn())
    assert svg.count("<path") == drawn().count("<path") + 1


@pytest.mark.parametrize("size", ["full", "small"])
@pytest.mark.parametrize("state", ["sealed", "awaited", "void"])
@pytest.mark.parametrize(("mark", "name"), [("営", "鈴木"), ("<b>", 'O"<script>&'), ("", ""), ("事業企画", "Ng")])
def test_every_seal_is_well_formed_and_obeys_a_page_that_forbids_inline_styles(
    size: Any, state: Any, mark: str, name: str
) -> None:
    svg = drawn(size=size, state=state, mark=mark, name=name, title='"><script>')
    root = ElementTree.fromstring(svg.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1))
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= {
        "svg",
        "title",
        "g",
        "path",
        "circle",
        "text",
    }
    assert not any("style" in element.attrib or "id" in element.attrib for element in root.iter())
    assert root.findtext(f"{SVG}title") == '"><script>'


def test_long_names_are_written_smaller_and_the_longest_squeezed_into_the_ring() -> None:
    sizes = []
    for name in ("李", "五十嵐", "勅使河原", "Takahashi", "Featherstone"):
        size, rest = re.search(rf'font-size="([\d.]+)"([^>]*)>{name}<', drawn(name=name)).groups()
        assert "textLength" not in rest
        sizes.append(float(size))
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-1] >= 5
    assert re.search(r"textLength[^>]*>Wolfeschlegelstein", drawn(name="Wolfeschlegelsteinhausenbergerdorff"))


def test_no_two_seals_are_pressed_quite_alike_but_one_seal_never_changes() -> None:
    def ring(svg: str) -> str:
        return re.search(r'fill-rule="evenodd" d="([^"]+)"', svg)[1]

    assert ring(drawn()) == ring(drawn())
    assert ring(drawn()) != ring(drawn(name="佐藤"))
    assert ring(drawn()) != ring(drawn(turn=5))


@given(st.text())
def test_a_seal_is_turned_by_nine_degrees_at_most_and_always_the_same_way(digest: str) -> None:
    assert -9 <= turn(digest) <= 9
    assert turn(digest) == turn(digest)


def test_two_teams_seals_on_one_revision_are_turned_differently_as_a_rule() -> None:
    pairs = [(turn(f"{number:064x}1"), turn(f"{number:064x}2")) for number in range(200)]
    assert sum(one != other for one, other in pairs) > 170
    assert len({one for one, _ in pairs}) == 19
