"""The plain reading: what a marketer sees must say the blanks and the ends, in both languages."""

from random import Random

import pytest

from registry.conditions import Agreed, Vocabulary, explain, reading
from tests.conditions.example import EXAMPLE, METRICS
from tests.conditions.generate import WORLD, Conditions

KNOWN = METRICS | {"sure": Agreed("lead", "company.employees IS NOT NULL")}
NAMES = {"target_lead": {"ja": "ターゲットリード数", "en": "Target leads"}}


@pytest.mark.parametrize(
    ("text", "english", "japanese"),
    [
        ("company.employees >= 100",
         "the company’s employees is at least 100 people (100 people included) (blank: does not match)",
         "会社の従業員数が100名以上（100名を含む）（空欄は当てはまらない）"),
        ("NOT (company.employees >= 100)",
         "the company’s employees is less than 100 people (100 people itself does not match) (blank: does not match)",
         "会社の従業員数が100名未満（100名は含まない）（空欄は当てはまらない）"),
        ("created_on < DATE '2026-04-01'", "day created is before 1 April 2026 (that day not included)",
         "作成日が2026年4月1日より前（当日は含まない）"),
        ("consent IS NOT TRUE", "consent to contact is no or blank", "連絡への同意が「いいえ」か空欄である"),
        ("unsubscribed_on IS NULL", "day unsubscribed is blank", "配信停止日が空欄である"),
        ("is_target_lead", "it counts as “Target leads”", "「ターゲットリード数」として数えられる"),
        ("NOT is_target_lead",
         "it does not count as “Target leads” (unknown because of a blank: does not match)",
         "「ターゲットリード数」として数えられない（空欄のため不明なら当てはまらない）"),
        ("NOT is_sure", "it does not count as “sure”", "「sure」として数えられない"),
        ("company.employees IN (50, 100)",
         "the company’s employees is one of: 50 people, 100 people (blank: does not match)",
         "会社の従業員数が50名、100名のいずれかである（空欄は当てはまらない）"),
        ("created_on NOT IN (DATE '2026-04-01', DATE '2026-05-01')",
         "day created is none of: 1 April 2026, 1 May 2026",
         "作成日が2026年4月1日、2026年5月1日のいずれでもない"),
        ("job_level IN ('director', 'manager')", "job level is one of: “director”, “manager”",
         "役職が「部長級」「課長級」のいずれかである"),
        ("department LIKE '%営業%'", "department contains “営業” (blank: does not match)",
         "部署に「営業」を含む（空欄は当てはまらない）"),
        ("created_on BETWEEN DATE '2026-01-01' AND unsubscribed_on",
         "day created is from 1 January 2026 to day unsubscribed (both included) (blank: does not match)",
         "作成日が2026年1月1日から配信停止日まで（両端を含む）（空欄は当てはまらない）"),
        ("created_on NOT BETWEEN DATE '2026-01-01' AND unsubscribed_on",
         "At least one of these:\n- day created is before 1 January 2026 (that day not included)\n"
         "- day created is after day unsubscribed (that day not included) (blank: does not match)",
         "次のいずれかに当てはまる：\n・作成日が2026年1月1日より前（当日は含まない）\n"
         "・作成日が配信停止日より後（当日は含まない）（空欄は当てはまらない）"),
        ("(consent = TRUE OR created_on NOT BETWEEN DATE '2026-01-01' AND unsubscribed_on) IS TRUE",
         "It is certain that (consent to contact is yes or (day created is before 1 January 2026 "
         "(that day not included) or day created is after day unsubscribed (that day not included) "
         "(blank: does not match)))",
         "「（連絡への同意が「はい」である、または（作成日が2026年1月1日より前（当日は含まない）、"
         "または作成日が配信停止日より後（当日は含まない）（空欄は当てはまらない）））」と確かに言える"),
        ("NOT (created_on BETWEEN DATE '2026-01-01' AND DATE '2026-02-01')",
         "day created is below 1 January 2026 or above 1 February 2026 "
         "(1 January 2026 and 1 February 2026 themselves do not match)",
         "作成日が2026年1月1日から2026年2月1日までの範囲の外（両端の値は当てはまらない）"),
        ("as_of - created_on <= 14",
         "the days from day created to the as-of date is at most 14 (14 included)",
         "作成日から基準日までの日数が14以下（14を含む）"),
        ("EXISTS (SELECT 1 FROM lead.meetings m WHERE m.status = 'held')",
         "there is at least one of meetings such that:\n- its status is “held”",
         "商談のうち、次に当てはまるものが1件以上ある：\n・その状況が「実施」である"),
    ],
)  # fmt: skip
def test_a_condition_reads_as_people_would_say_it(text: str, english: str, japanese: str) -> None:
    assert explain(text, EXAMPLE, "lead", "en", KNOWN, NAMES) == english
    assert explain(text, EXAMPLE, "lead", "ja", KNOWN, NAMES) == japanese


def test_groups_are_indented_lists() -> None:
    text = "consent = TRUE AND (job_level = 'staff' OR job_level = 'unknown')"
    assert explain(text, EXAMPLE, "lead", "en").splitlines() == [
        "All of these:",
        "- consent to contact is yes",
        "- At least one of these:",
        "  - job level is “staff”",
        "  - job level is “unknown”",
    ]


def test_every_condition_of_the_language_has_a_reading_in_both_languages() -> None:
    random = Random(30)
    for _ in range(400):
        text = Conditions(random).condition(3)
        for lang in ("en", "ja"):
            assert explain(text, WORLD, "visit", lang)


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_a_group_within_the_condition_stands_out_from_what_follows_it(lang: str):
    """Otherwise "any of these" would seem to reach to the end of the list."""
    text = "consent IS TRUE AND (unsubscribed_on IS NULL OR unsubscribed_on > created_on) AND relation = 'prospect'"
    assert [depth for depth, _ in reading(text, EXAMPLE, "lead", lang)] == [0, 1, 1, 2, 2, 1]


ANSWERS = """
entities:
  visit:
    key: id
    fields:
      id: {type: int}
      liked: {type: enum, nullable: true, values: {a: {ja: はい, en: liked it}, b: {ja: いいえ, en: did not}}}
      came: {type: enum, nullable: true, values: {a: {ja: 来た, en: came}, b: {ja: 来ない, en: stayed away}}}
"""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("came = 'a'", "“came”"),
        ("'b' <> came", "“stayed away”"),
        ("came IN ('a', 'b')", "“came”, “stayed away”"),
        ("came IS DISTINCT FROM 'a'", "“came”"),
        ("COALESCE(came, 'b') = 'a'", "came (if blank: “stayed away”) is “came”"),
        ("liked = 'a'", "“liked it”"),
    ],
)
def test_a_value_is_called_as_the_field_beside_it_calls_it(text: str, said: str):
    """Two fields may be chosen from the same keys and mean other things by them."""
    assert said in explain(text, Vocabulary.from_yaml(ANSWERS), "visit", "en")
