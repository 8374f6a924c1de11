"""python -m registry.conditions check|explain|sql|compare|contains|count: conditions from the shell.

Conditions are given as text, or as @file. Exit codes: 0 fine (check: nothing found; compare: the same;
contains: proved; explain, sql and count: answered), 1 something found (findings, a difference, broken),
2 refused (does not parse, no such file), 3 undecided.
"""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from registry import conditions
from registry.conditions import Agreed, ConditionError, Definition, Moments, Vocabulary
from registry.conditions.compare import plain
from registry.conditions.months import NUMBERS
from registry.conditions.problems import refuse

FINE, FOUND, REFUSED, UNDECIDED = 0, 1, 2, 3


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options().parse_args(arguments)
    try:
        vocabulary = Vocabulary.from_yaml(_read(options.vocabulary))
        answer, code = _COMMANDS[options.command](options, vocabulary)
    except ConditionError as error:
        return _refused(error, options)
    print(json.dumps(answer, ensure_ascii=False, indent=2) if options.json else _text(answer, options))  # noqa: T201
    return code


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m registry.conditions", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, texts in (
        ("check", ["condition"]), ("explain", ["condition"]), ("sql", ["condition"]),
        ("compare", ["old", "new"]), ("contains", ["inner", "outer"]), ("count", ["old", "new"]),
    ):  # fmt: skip
        command = commands.add_parser(name)
        for text in texts:
            command.add_argument(text, help="the condition, or @file")
        _shared(command)
        if name in ("sql", "count"):
            command.add_argument("--dated-by", required=True, help="date field, or MIN/MAX over a relation")
            command.add_argument("--key", help="what makes two rows the same thing; commas between fields")
            command.add_argument("--first-per", help="only the first per this field counts")
            command.add_argument("--sums", help="number to sum instead of counting")
        if name == "sql":
            command.add_argument("--dialect", default="duckdb", choices=list(conditions.DIALECTS))
        if name == "count":
            command.add_argument("--data", required=True, help="folder of <entity>.csv or .parquet")
    return parser


def _shared(command: argparse.ArgumentParser) -> None:
    command.add_argument("--vocabulary", required=True, help="YAML file")
    command.add_argument("--entity", required=True)
    command.add_argument("--metrics", help="YAML file: key: {counts: entity, condition: text}")
    command.add_argument("--as-of", type=date.fromisoformat)
    command.add_argument("--from", dest="period_start", type=date.fromisoformat)
    command.add_argument("--to", dest="period_end", type=date.fromisoformat, help="the day after the period")
    command.add_argument("--lang", choices=("en", "ja"), default="en")
    command.add_argument("--json", action="store_true")


def _moments(options: Any) -> Moments:
    return Moments(options.as_of, options.period_start, options.period_end)


def _metrics(options: Any) -> dict[str, Agreed]:
    if not options.metrics:
        return {}
    try:
        data = yaml.safe_load(_read(options.metrics)) or {}
        return {key: Agreed(str(body["counts"]), str(body["condition"])) for key, body in data.items()}
    except (yaml.YAMLError, AttributeError, KeyError, TypeError) as error:
        raise refuse("metrics_shape", file=options.metrics) from error


def _given(text: str) -> str:
    return _read(text[1:]).strip() if text.startswith("@") else text


def _read(name: str) -> str:
    try:
        return Path(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "UTF-8"
        raise refuse("file_unreadable", file=name, reason=reason) from error


def _definition(text: str, options: Any) -> Definition:
    key = tuple(options.key.split(",")) if options.key else ()
    return Definition(options.entity, text, options.dated_by, key, options.first_per, options.sums)


# --- commands: each gives an answer to print and an exit code ---


def _check(options: Any, vocabulary: Vocabulary) -> tuple[Any, int]:
    found = conditions.check(
        _given(options.condition), vocabulary, options.entity, _metrics(options), _moments(options)
    )
    return {"findings": [finding.as_json() for finding in found]}, FOUND if found else FINE


def _explain(options: Any, vocabulary: Vocabulary) -> tuple[Any, int]:
    text = _given(options.condition)
    said = conditions.explain(text, vocabulary, options.entity, options.lang, _metrics(options))
    return {"text": said}, FINE


def _sql(options: Any, vocabulary: Vocabulary) -> tuple[Any, int]:
    definition = _definition(_given(options.condition), options)
    moments, metrics = _moments(options), _metrics(options)
    return {"text": conditions.to_sql(definition, vocabulary, options.dialect, moments, metrics)}, FINE


def _compare(options: Any, vocabulary: Vocabulary) -> tuple[Any, int]:
    old, new = _given(options.old), _given(options.new)
    found = conditions.compare(old, new, vocabulary, options.entity, _metrics(options), _moments(options))
    return found.as_json(), {"same": FINE, "undecided": UNDECIDED}.get(found.verdict, FOUND)


def _contains(options: Any, vocabulary: Vocabulary) -> tuple[Any, int]:
    inner, outer = _given(options.inner), _given(options.outer)
    found = conditions.contains(inner, outer, vocabulary, options.entity, _metrics(options), _moments(options))
    return found.as_json(), {"proved": FINE, "undecided": UNDECIDED}.get(found.verdict, FOUND)


def _count(options: Any, vocabulary: Vocabulary) -> tuple[Any, int]:
    old, new = (_definition(_given(text), options) for text in (options.old, options.new))
    found = conditions.count(old, new, vocabulary, options.data, _moments(options), _metrics(options))
    months = [{"month": f"{each.month:%Y-%m}", **_numbers(each)} for each in found.months]
    answer = {"months": months, "total": found.total, "samples": found.samples, "sql": found.sql}
    return plain(answer), FINE


def _numbers(month: Any) -> dict[str, Any]:
    return {name: getattr(month, name) for name in NUMBERS}


_COMMANDS: dict[str, Callable[[Any, Vocabulary], tuple[Any, int]]] = {
    "check": _check, "explain": _explain, "sql": _sql, "compare": _compare, "contains": _contains,
    "count": _count,
}  # fmt: skip


# --- as text ---


def _text(answer: dict[str, Any], options: Any) -> str:
    if "text" in answer:
        return str(answer["text"])
    if "findings" in answer:
        lines = [
            f"{each['start']}-{each['end']} {each['code']}: {each['message'][options.lang]}" + _told(each)
            for each in answer["findings"]
        ]
        return "\n".join(lines) or {"en": "Nothing found.", "ja": "指摘はありません。"}[options.lang]
    if "months" in answer:
        return _table([*answer["months"], {"month": "total", **answer["total"]}])
    lines = [answer["verdict"]]
    for name in ("gained", "lost", "example"):
        if answer.get(name):
            told = json.dumps(answer[name]["telling"], ensure_ascii=False)
            lines.append(f"{name}: {told}")
    return "\n".join(lines)


def _told(finding: dict[str, Any]) -> str:
    told = finding["telling"]
    return " " + json.dumps(told, ensure_ascii=False) if told else ""


def _table(rows: list[dict[str, Any]]) -> str:
    names = list(rows[0])
    lines = ["  ".join(f"{name:>8}" for name in names)]
    lines += ["  ".join(f"{row[name]:>8}" for name in names) for row in rows]
    return "\n".join(lines)


def _refused(error: ConditionError, options: Any) -> int:
    if options.json:
        body = {"problems": [problem.as_json() for problem in error.problems]}
        print(json.dumps(body, ensure_ascii=False, indent=2))  # noqa: T201
        return REFUSED
    for problem in error.problems:
        fix = f" → {problem.fix}" if problem.fix is not None else ""
        print(f"{problem.start}-{problem.end} {problem.message(options.lang)}{fix}", file=sys.stderr)  # noqa: T201
    return REFUSED


if __name__ == "__main__":
    sys.exit(main())
