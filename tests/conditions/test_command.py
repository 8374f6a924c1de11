# ruff: noqa: E501 -- tables of cases read better in one line each.
"""python -m registry.conditions: text or JSON, and exit codes a script can use."""

import json
from pathlib import Path

import pytest

from registry.conditions.__main__ import main
from tests.conditions.example import EXAMPLE, TARGET
from tests.conditions.generate import FIXTURES

SHARED = ["--vocabulary", str(FIXTURES / "example" / "vocabulary.yaml"), "--entity", "lead"]


def run(*arguments: str) -> int:
    return main([*arguments, *SHARED])


def test_check_says_nothing_found_or_what_and_where(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("check", "company.employees >= 100") == 0
    assert run("check", "company.industry <> 'it'", "--json") == 1
    found = json.loads(capsys.readouterr().out.split("\n", 1)[1])
    assert found["findings"][0]["code"] == "drops_blanks"
    assert found["findings"][0]["telling"] == {"company.industry": None}


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("company.employees >= 100", "company.employees > 99", 0),
        ("company.employees >= 100", "company.employees >= 50", 1),
    ],
)
def test_compare_exits_0_for_the_same_and_1_for_a_difference(old: str, new: str, code: int) -> None:
    assert run("compare", old, new) == code


def test_contains_exits_0_when_proved(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("contains", "company.employees >= 100", "company.employees >= 50") == 0
    assert capsys.readouterr().out == "proved\n"


def test_a_text_that_does_not_parse_exits_2_with_place_and_fix(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("explain", "company.employes >= 100") == 2
    assert "0-16" in capsys.readouterr().err
    assert run("explain", "company.employes >= 100", "--json") == 2
    found = json.loads(capsys.readouterr().out)
    assert found["problems"][0]["fix"] == "company.employees"


def test_explain_and_sql_print_what_people_copy(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("explain", "consent = TRUE", "--lang", "ja") == 0
    assert capsys.readouterr().out == "連絡への同意が「はい」である\n"
    dates = ["--dated-by", "created_on", "--from", "2026-04-01", "--to", "2026-05-01"]
    assert run("sql", "consent = TRUE", "--dialect", "bigquery", *dates) == 0
    assert "`lead` AS r" in capsys.readouterr().out


def test_conditions_and_metrics_come_from_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "new.txt").write_text("is_target_lead AND source = 'seminar'", encoding="utf-8")
    metrics = json.dumps({"target_lead": {"counts": "lead", "condition": TARGET}})
    (tmp_path / "metrics.yaml").write_text(metrics, encoding="utf-8")
    shared = ["--metrics", str(tmp_path / "metrics.yaml"), "--as-of", "2026-05-31"]
    assert run("compare", "is_target_lead", f"@{tmp_path / 'new.txt'}", *shared) == 1
    assert capsys.readouterr().out.startswith("narrower\n")
    assert run("compare", "is_target_lead", "@/no/such/file", *shared) == 2


def test_count_prints_a_line_per_month(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = {
        "lead": "lead_id,company_id,created_on,source,job_level,department,email_valid,consent,unsubscribed_on,relation\n"
                "L1,C1,2026-04-02,seminar,manager,,true,true,,prospect\nL2,C2,2026-04-03,seminar,manager,,true,true,,prospect\n"
                "L3,C3,2026-05-03,seminar,manager,,true,true,,prospect\n",
        "company": "company_id,industry,employees,region\nC1,it,60,\nC2,it,,\nC3,it,200,\n",
        "contact": "contact_id,lead_id,made_on,channel,made_by,reached\n",
        "meeting": "meeting_id,lead_id,booked_on,held_on,status,days_since_previous,format,minutes,need,authority,"
                   "purchase_within_months,verdict,verdict_on\n",
        "deal": "deal_id,meeting_id,opened_on,won_on,lost_on,amount,gross_profit,months_retained\n",
    }  # fmt: skip
    for name, text in files.items():
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    texts = ["company.employees >= 100", "company.employees >= 50"]
    assert run("count", *texts, "--dated-by", "created_on", "--data", str(tmp_path), "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["months"][0] == {
        "month": "2026-04",
        "old": 0,
        "new": 1,
        "gained": 1,
        "lost": 0,
        "unknown": 1,
    }
    assert found["total"] == {"old": 1, "new": 2, "gained": 1, "lost": 0, "unknown": 1}
    assert found["samples"]["gained"][0]["lead_id"] == "L1"


DATES = ["--dated-by", "created_on", "--from", "2026-04-01", "--to", "2026-05-01"]


@pytest.mark.parametrize(
    ("arguments", "code", "key"),
    [
        (["check", "company.employees >= 100"], 0, "findings"),
        (["explain", "consent = TRUE"], 0, "text"),
        (["sql", "consent = TRUE", *DATES], 0, "text"),
        (["compare", "consent = TRUE", "consent = FALSE"], 1, "verdict"),
        (["contains", "consent = TRUE", "consent = FALSE"], 1, "verdict"),
        (["count", "consent = TRUE", "consent = FALSE", *DATES], 0, "months"),
    ],
)
def test_every_verb_answers_in_words_and_in_json(
    arguments: list[str], code: int, key: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if arguments[0] == "count":
        for name, entity in EXAMPLE.entities.items():
            (tmp_path / f"{name}.csv").write_text(",".join(entity.fields) + "\n", encoding="utf-8")
        arguments = [*arguments, "--data", str(tmp_path)]
    assert run(*arguments) == code
    assert capsys.readouterr().out.strip()
    assert run(*arguments, "--json") == code
    assert key in json.loads(capsys.readouterr().out)


def test_what_the_proof_leaves_open_exits_3(capsys: pytest.CaptureFixture[str]) -> None:
    many = " AND ".join(
        f"(SELECT COUNT(*) FROM lead.meetings m WHERE m.minutes > {number}) <> 3" for number in range(12)
    )
    assert run("compare", many, f"({many}) AND (1 = 1)") == 3
    assert capsys.readouterr().out == "undecided\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", "consent = TRUE", "--entity", "nothing"],
        ["check", "consent = TRUE", "--metrics", str(FIXTURES / "example" / "vocabulary.yaml")],
        ["check", "@/no/such/file"],
        ["check", f"@{FIXTURES.parent / 'docs' / 'images' / 'metric-en.png'}"],
        ["sql", "consent = TRUE", "--dated-by", "created_on"],
        ["count", "consent = TRUE", "consent = TRUE", *DATES, "--data", "/no/such/folder"],
    ],
)
def test_what_cannot_be_read_exits_2_with_a_sentence(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([arguments[0], *SHARED, *arguments[1:]]) == 2
    assert capsys.readouterr().err.strip()
