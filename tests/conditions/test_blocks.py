"""The builder's blocks: what is read from a text is written as the same tree, and nothing is guessed."""

from random import Random

import pytest
from django.utils.datastructures import MultiValueDict

from registry.conditions import ConditionError, parse
from registry.conditions.blocks import INCLUDED, LEFT_OUT, Block, Group, Locked, Operand, Rows, Rule
from registry.conditions.blocks_read import read_blocks
from registry.conditions.blocks_write import Gap, free_alias, write_blocks
from registry.forms.builder import Builder, posted
from tests.conditions.example import EXAMPLE, METRICS
from tests.conditions.generate import WORLD, Conditions


def round_trips(number: int, seed: int) -> float:
    """The share of generated conditions of which the builder shows something; each comes back as the same tree."""
    random = Random(seed)
    shown = 0
    for _ in range(number):
        text = Conditions(random).condition(random.randint(0, 3))
        blocks = read_blocks(text, WORLD, "visit")
        written, gaps = write_blocks(blocks, WORLD, "visit")
        assert gaps == []
        assert parse(written, WORLD, "visit") == parse(text, WORLD, "visit"), (text, written)
        shown += blocks.parts != (Locked(text),)
    return shown / number


def test_every_condition_comes_back_from_the_builder_as_the_same_tree() -> None:
    assert round_trips(600, 20) > 0.7


@pytest.mark.nightly
def test_twenty_thousand_conditions_come_back_from_the_builder_as_the_same_tree() -> None:
    assert round_trips(20_000, 21) > 0.7


def only(text: str) -> Block:
    (part,) = read_blocks(text, EXAMPLE, "lead", METRICS).parts
    return part


SHOWN = [
    ("company.employees >= 100", Rule("company.employees", ">=", (Operand(text="100"),))),
    ("source <> 'seminar'", Rule("source", "<>", (Operand(text="seminar"),))),
    ("source <> 'seminar' OR source IS NULL", Rule("source", "<>", (Operand(text="seminar"),), INCLUDED)),
    ("source <> 'seminar' AND source IS NOT NULL", Rule("source", "<>", (Operand(text="seminar"),), LEFT_OUT)),
    ("department NOT LIKE '%営業%'", Rule("department", "not contains", (Operand(text="営業"),))),
    ("unsubscribed_on > created_on", Rule("unsubscribed_on", ">", (Operand("created_on"),))),
    ("created_on >= as_of - INTERVAL 3 MONTH", Rule("created_on", ">=", (Operand("as_of", count=-3, unit="MONTH"),))),
    ("consent IS NOT TRUE", Rule("consent", "not yes")),
    ("is_target_lead", Rule("is_target_lead", "counts")),
    ("is_target_lead IS NOT TRUE", Rule("is_target_lead", "not counts", (), INCLUDED)),
    ("EXISTS (SELECT 1 FROM lead.meetings AS x)", Rows("lead.meetings", "x")),
    ("(SELECT COUNT(*) FROM lead.meetings x) >= 2", Rows("lead.meetings", "x", ">=", "2")),
]


@pytest.mark.parametrize(("text", "block"), SHOWN)
def test_what_the_builder_shows(text: str, block: Block) -> None:
    assert only(text) == block


LOCKED = [
    "LENGTH(department) >= 2", "LOWER(department) = 'a'", "department ILIKE '%a%'", "department LIKE 'a_b'",
    "department = ''", "100 <= company.employees", "as_of - created_on <= 14", "source IN ('seminar', 'seminar')",
    "COALESCE(company.employees, 0) >= 100", "(SELECT MIN(m.held_on) FROM lead.meetings m) > created_on",
    "(consent IS TRUE) IS TRUE", "created_on > as_of + INTERVAL 0 DAY",
    "created_on > as_of - INTERVAL 1 DAY - INTERVAL 1 DAY",
]  # fmt: skip


@pytest.mark.parametrize("text", LOCKED)
def test_what_the_builder_cannot_show_stays_locked_word_for_word(text: str) -> None:
    joined = f"consent IS TRUE AND {text}"
    assert read_blocks(joined, EXAMPLE, "lead", METRICS).parts == (Rule("consent", "yes"), Locked(text))


MANY_RULES = [f"company.employees <> {number}" for number in range(90)]
DEEP = "consent IS TRUE"
for _ in range(10):
    DEEP = f"NOT ({DEEP} OR source = 'seminar')"
BEYOND = [
    " OR ".join(MANY_RULES),
    f"consent IS TRUE AND ({' OR '.join(MANY_RULES)})",
    f"EXISTS (SELECT 1 FROM lead.meetings m WHERE {' AND '.join(f'm.minutes <> {n}' for n in range(90))})",
    DEEP,
]


@pytest.mark.parametrize("text", BEYOND, ids=("a group", "a group in a group", "a box", "too deep"))
def test_what_is_too_much_for_the_builder_is_locked_and_stays_whole_beside_a_new_rule(text: str) -> None:
    blocks = read_blocks(text, EXAMPLE, "lead", METRICS)
    more = Group("all", (blocks, Rule("consent", "yes")))
    written, gaps = write_blocks(more, EXAMPLE, "lead")
    assert gaps == []
    assert parse(written, EXAMPLE, "lead", METRICS) == parse(f"({text}) AND consent IS TRUE", EXAMPLE, "lead", METRICS)
    assert any(values == ["locked"] for name, values in posted(blocks, "b") if name.endswith("-is"))


@pytest.mark.parametrize("text", BEYOND, ids=("a group", "a group in a group", "a box", "too deep"))
def test_a_form_that_nobody_touched_sends_back_the_same_blocks(text: str) -> None:
    blocks = read_blocks(text, EXAMPLE, "lead", METRICS)
    sent = MultiValueDict(dict(posted(blocks, "lead-b")))
    assert Builder(EXAMPLE, "lead").read(sent, "lead") == blocks


def test_the_same_meeting_and_any_meeting_are_different_boxes() -> None:
    same = only("EXISTS (SELECT 1 FROM lead.meetings m WHERE m.minutes >= 20 AND m.status = 'held')")
    any_ = read_blocks(
        "EXISTS (SELECT 1 FROM lead.meetings m WHERE m.minutes >= 20) "
        "AND EXISTS (SELECT 1 FROM lead.meetings m WHERE m.status = 'held')",
        EXAMPLE,
        "lead",
    )
    assert isinstance(same, Rows)
    assert len(same.group.parts) == 2
    assert [type(part) for part in any_.parts] == [Rows, Rows]


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (INCLUDED, "(source NOT IN ('seminar') OR source IS NULL)"),
        (LEFT_OUT, "(source NOT IN ('seminar') AND source IS NOT NULL)"),
        ("", "source NOT IN ('seminar')"),
    ],
)
def test_what_is_said_of_blanks_is_written_out(answer: str, text: str) -> None:
    rule = Rule("source", "not in", (Operand(text="seminar"),), answer)
    assert write_blocks(Group("all", (rule,)), EXAMPLE, "lead") == (text, [])


def test_a_rule_on_what_is_never_blank_says_nothing_of_blanks() -> None:
    rule = Rule("relation", "<>", (Operand(text="internal"),), INCLUDED)
    assert write_blocks(Group("all", (rule,)), EXAMPLE, "lead") == ("relation <> 'internal'", [])


GAPS = [
    (Rule(), "field"),
    (Rule("company.employees", "contains"), "test"),
    (Rule("company.employees", ">="), "value"),
    (Rule("company.employees", ">=", (Operand(),)), "value"),
    (Rule("company.employees", ">=", (Operand(text="many"),)), "number"),
    (Rule("company.employees", "in"), "value"),
    (Rule("created_on", ">=", (Operand(text="2026-02-30"),)), "date"),
    (Rule("source", "=", (Operand(text="nowhere"),)), "enum"),
    (Rule("department", "contains", (Operand(text="100%"),)), "pattern"),
    (Group("any"), "empty"),
    (Rows("lead.nothing", "n"), "relation"),
    (Rows("lead.meetings", "m", ">=", "two"), "count"),
]


@pytest.mark.parametrize(("block", "code"), GAPS)
def test_what_is_missing_is_said_at_its_place(block: Block, code: str) -> None:
    _text, gaps = write_blocks(Group("all", (Rule("consent", "yes"), block)), EXAMPLE, "lead")
    assert gaps == [Gap((1,), code)]


def test_numbers_are_read_as_people_type_them() -> None:
    rule = Rule("company.employees", ">=", (Operand(text="１，０００"),))
    assert write_blocks(Group("all", (rule,)), EXAMPLE, "lead") == ("company.employees >= 1000", [])


def test_a_text_that_does_not_parse_has_no_blocks() -> None:
    with pytest.raises(ConditionError):
        read_blocks("company.employees >", EXAMPLE, "lead")


def test_a_row_gets_a_short_name_that_names_nothing_else() -> None:
    assert free_alias("lead.meetings", EXAMPLE, "lead") == "m"
