"""Skips what the machine cannot run, with the reason; under GOI_REFUSE_SKIPS=1 (.ci/run) refuses any skip.

GOI_MUST_RUN names marks of which at least one test must have passed, so that a whole kind of test cannot
go missing unseen.
"""

import gc
import os

import pytest

from tests.needs import missing_for

MARKS = (
    "postgres: is about PostgreSQL and runs when DATABASE_URL names one",
    "sqlite: is about SQLite and runs when DATABASE_URL names no PostgreSQL",
    "cluster: starts and stops a PostgreSQL server of its own",
    "strace: records what a process tells the disk",
    "gettext: reads the messages out of the code with GNU gettext",
    "database: asks a database; set by itself, so that the rest need not run again on another one",
)
DATABASE = {"db", "transactional_db", "_assembled"}


def pytest_configure(config: pytest.Config) -> None:
    for mark in MARKS:
        config.addinivalue_line("markers", mark)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if asks_a_database(item):
            item.add_marker("database")
        marks = {mark.name for mark in item.iter_markers()}
        item.user_properties.append(("marks", sorted(marks)))
        if reason := missing_for(marks):
            item.add_marker(pytest.mark.skip(reason=reason))
    # The longest first, so that at the end no worker waits for another one's minute.
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


def asks_a_database(item: pytest.Item) -> bool:
    """Through a fixture or by its mark; races and everything about PostgreSQL bring a database of their own."""
    named = DATABASE.intersection(getattr(item, "fixturenames", ()))
    return bool(named) or any(item.get_closest_marker(mark) for mark in ("django_db", "races", "browser", "postgres"))


def pytest_collection_finish() -> None:
    """What was imported stays: looking through it for garbage again and again costs a tenth of the time."""
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    if session.exitstatus == pytest.ExitCode.OK and refusals(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for refusal in refusals(terminalreporter.config):
        terminalreporter.write_line(f"REFUSED {refusal}", red=True)


def refusals(config: pytest.Config) -> list[str]:
    """Why this run does not count although nothing failed; a worker sees only its share and has no say."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or hasattr(config, "workerinput"):
        return []
    found = []
    skipped = reporter.stats.get("skipped", [])
    if skipped and os.environ.get("GOI_REFUSE_SKIPS") == "1":
        found.append(f"{len(skipped)} skipped: here every test must run (GOI_REFUSE_SKIPS=1).")
    passed = {mark for report in reporter.stats.get("passed", []) for mark in marks_of(report)}
    for mark in os.environ.get("GOI_MUST_RUN", "").split():
        if mark not in passed:
            found.append(f"no test marked {mark!r} passed (GOI_MUST_RUN).")
    return found


def marks_of(report: pytest.TestReport) -> list[str]:
    return dict(report.user_properties).get("marks", [])
