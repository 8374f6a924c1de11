"""What the advice about words finds, what it leaves alone, and that the example glossary reads well."""

from typing import Any

import pytest

from registry import wording as fields
from registry.conditions import Agreed, Vocabulary, parse
from registry.prose import Finding, lint
from registry.prose.quantities import UNITS, number, quantities
from registry.seeding.content import Content

CONTENT = Content()
VOCABULARY = Vocabulary.from_yaml(CONTENT.vocabulary)
QUIET = {"counting_ja": "- 日付：リードの作成日", "counting_en": "- Dated by: the day the lead was created"}
# What stays in the example glossary although it is advised against, and why.
LEFT_AS_IT_IS = {
    ("gross_profit", "excludes_ja", "など"): "names examples of a class that the same line defines",
}


def advice(
    condition: str = "company.employees >= 100", base: dict[str, Any] | None = None, **said: str
) -> list[Finding]:
    """What is found in a wording of a counted lead that says this and otherwise nothing."""
    wording = fields.tidy(QUIET | {"kind": "counted", "counts": "lead", "condition": condition} | said)
    tree = parse(condition, VOCABULARY, "lead")
    return lint(wording, base=base, condition=tree, vocabulary=VOCABULARY, known=["商談数", "Meetings"])


def codes(field: str, text: str, **rest: Any) -> list[tuple[str, str]]:
    return [(each.code, each.found) for each in advice(**{field: text}, **rest) if each.field == field]


VAGUE = [
    ("text_ja", "適切な役職の人を数える。", "適切な"),
    ("text_ja", "十分な予算がある会社。", "十分な"),
    ("text_ja", "部長、課長などを数える。", "など"),
    ("text_ja", "製造業、金融業等を対象とする。", "等"),
    ("text_ja", "速やかに連絡した人。", "速やかに"),
    ("text_ja", "基本的に見込み客を数える。", "基本的に"),
    ("text_ja", "面談は20分程度とする。", "程度"),
    ("text_en", "People in an appropriate post.", "appropriate"),
    ("text_en", "There is a sufficient budget.", "sufficient"),
    ("text_en", "Directors, managers, etc. count.", "etc."),
    ("text_en", "Contacted promptly.", "promptly"),
    ("text_en", "Generally prospects count.", "Generally"),
]  # fmt: skip


@pytest.mark.parametrize(("field", "text", "found"), VAGUE, ids=[each[2] for each in VAGUE])
def test_a_vague_word_is_found_at_its_place(field: str, text: str, found: str):
    (finding,) = [each for each in advice(**{field: text}) if each.field == field]
    assert (finding.code, text[finding.start : finding.end]) == ("vague", found)
    assert finding.message_ja
    assert finding.message_en


QUIET_TEXTS = [
    ("text_ja", "面談に出た人と同等の役職の人、平等に扱う部署の人。"),
    ("text_ja", "購買の話をしない面談（挨拶、取材など）は数えない。"),
    ("text_ja", "適切さを数えるのではない。"),
    ("text_ja", "従業員数が百名以上、または１００名以上の会社。「商談数」に数えた人。"),
    ("text_ja", "従業員100名未満の会社は数えない。1人を1件とする。"),
    ("text_ja", "2025年度から、リードIDごとに1回だけ数える。"),
    ("text_ja", "作成から14日以内に連絡した人。"),
    ("text_en", "Companies of at least 100 employees; those below 100 employees do not count."),
    ("text_en", "Companies of a hundred or more people. A person counted in Meetings, by lead ID, in April 2026."),
    ("text_en", "Contacted within 14 days of creation. On day 1 nobody counts."),
]


@pytest.mark.parametrize(("field", "text"), QUIET_TEXTS, ids=[each[1][:20] for each in QUIET_TEXTS])
def test_what_is_clear_raises_nothing(field: str, text: str):
    assert codes(field, text, condition="company.employees >= 100 AND created_on >= as_of - INTERVAL 14 DAY") == []


@pytest.mark.parametrize(
    ("field", "text", "code"),
    [
        ("text_ja", "14日以内に連絡した人。", "no_date_basis"),
        ("text_en", "Contacted within 14 days.", "no_date_basis"),
        ("text_ja", "今月に作成した人。", "no_date_basis"),
        ("counting_ja", "1人を1件とする。", "no_date_basis"),
        ("counting_en", "One person is one.", "no_date_basis"),
        ("text_ja", "従業員数が100以上の会社。", "no_unit"),
        ("text_en", "Company size of 100.", "no_unit"),
        ("text_ja", "「ホットリード」を数える。", "undefined_term"),
        ("text_ja", "BANTを確かめた人。", "undefined_term"),
        ("text_en", "A person counted as a Hot Lead.", "undefined_term"),
    ],
)
def test_what_is_left_open_is_found(field: str, text: str, code: str):
    condition = "company.employees >= 100 AND created_on >= as_of - INTERVAL 14 DAY"
    assert [each for each, _found in codes(field, text, condition=condition)] == [code]


DIFFERENT = [
    ("text_ja", "従業員100名以上の会社。"),
    ("text_ja", "従業員百名以上の会社。"),
    ("text_ja", "従業員１００名以上の会社。"),
    ("text_ja", "従業員1,000人以上の会社。"),
    ("text_ja", "従業員一万人以上の会社。"),
    ("text_ja", "従業員50名を超える会社。"),
    ("text_ja", "従業員50名以下の会社は数えない。"),
    ("summary_ja", "従業員100名以上の会社の人"),
    ("text_en", "Companies of at least 100 employees."),
    ("text_en", "Companies of 1,000 or more people."),
    ("text_en", "Companies of more than 50 employees."),
    ("excludes_en", "- Companies of one hundred employees or fewer"),
]


@pytest.mark.parametrize(("field", "text"), DIFFERENT, ids=[each[1] for each in DIFFERENT])
def test_a_number_that_differs_from_the_condition_is_found(field: str, text: str):
    assert [code for code, _ in codes(field, text, condition="company.employees >= 50")] == ["number_differs"]


def test_the_finding_says_both_numbers():
    (finding,) = advice(condition="company.employees >= 50", text_ja="従業員100名以上の会社。")
    assert "「100名以上」" in finding.message_ja
    assert "50以上" in finding.message_ja
    assert "at least 50" in finding.message_en


def test_a_bound_that_the_condition_lacks_is_found():
    assert codes("text_ja", "従業員100名以上の会社。", condition="consent IS TRUE") == [
        ("number_unbacked", "100名以上")
    ]


def test_spans_of_time_are_held_against_intervals():
    condition = "EXISTS (SELECT 1 FROM lead.contacts c WHERE c.made_on <= lead.created_on + INTERVAL 14 DAY)"
    assert codes("text_ja", "作成から2週間以内に連絡した人。15日目以降は数えない。", condition=condition) == []
    assert codes("text_ja", "作成から10日以内に連絡した人。", condition=condition) == [("number_differs", "10日以内")]
    (finding,) = codes("text_en", "Within three weeks of creation.", condition=condition)
    assert finding == ("number_differs", "Within three weeks")


def test_one_language_changed_and_the_other_not():
    base = fields.tidy(QUIET | {"kind": "counted", "text_ja": "部長を数える。", "text_en": "Directors count."})
    (finding,) = advice(base=base, text_ja="課長を数える。", text_en="Directors count.")
    assert (finding.field, finding.code) == ("text_en", "one_language")
    assert advice(base=base, text_ja="課長を数える。", text_en="Managers count.") == []
    assert advice(base=base, text_ja="部長を、数える。", text_en="Directors count.") == []


def test_changed_words_are_asked_about_again_and_others_are_not():
    before = advice(text_ja="適切な役職の人。\n予算のある人。")
    elsewhere = advice(text_ja="適切な役職の人。\n予算を決める人。")
    here = advice(text_ja="適切な部署の人。\n予算のある人。")
    assert before[0].digest == elsewhere[0].digest
    assert before[0].digest != here[0].digest


@pytest.mark.parametrize(
    ("written", "value"),
    [("1,000", 1000), ("百", 100), ("一万", 10_000), ("百二十", 120), ("2万5000", 25_000), ("1.5万", 15_000),
     ("二〇", 20), ("a hundred", 100), ("twelve", 12), ("十", 10), ("1億", 100_000_000)],
)  # fmt: skip
def test_numbers_are_read_as_people_write_them(written: str, value: int):
    assert number(written) == value


def test_percentages_are_quantities():
    said = [(each.dimension, each.relation, each.value) for each in quantities("受注率が5割以上、30%未満", "ja", UNITS)]
    assert said == [("percent", ">=", 50), ("percent", "<", 30)]


def glossary() -> list[tuple[str, str, Finding]]:
    """What is found in every wording of the example, each against the one it is based on."""
    wordings = CONTENT.wordings
    numbered = {key: [label for label in labels if label[1:].isdigit()] for key, labels in wordings.items()}
    latest = {key: CONTENT.wording(key, labels[-1]) for key, labels in numbered.items()}
    agreed = {key: Agreed(each["counts"], each["condition"]) for key, each in latest.items() if each["condition"]}
    known = [name for each in latest.values() for stem in ("name", "synonyms") for name in _names(each, stem)]
    known += [team[f"name_{language}"] for team in CONTENT.teams for language in ("ja", "en")]
    found = []
    for key, labels in wordings.items():
        for label, own in labels.items():
            words = fields.tidy(CONTENT.wording(key, label))
            base = CONTENT.wording(key, own["base"]) if "base" in own else None
            tree = parse(words["condition"], VOCABULARY, words["counts"], agreed) if words["condition"] else None
            said = lint(words, base=base, condition=tree, vocabulary=VOCABULARY, known=known)
            found += [(key, label, each) for each in said]
    return found


def _names(wording: dict[str, Any], stem: str) -> list[str]:
    both = (wording[f"{stem}_{language}"] for language in ("ja", "en"))
    return [name for each in both for name in (each if isinstance(each, list) else [each])]


def test_the_example_glossary_reads_well():
    found = glossary()
    assert {(key, each.field, each.found) for key, _label, each in found} == set(LEFT_AS_IT_IS)
