"""A run that left something out must say so, and must not pass where nothing may be left out."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
EXAMPLE = """
import pytest

def test_passes():
    pass

@pytest.mark.postgres
def test_about_postgres():
    pass
"""


@pytest.fixture
def run(tmp_path: Path):
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "test_example.py").write_text(EXAMPLE)

    def run_pytest(*options: str, **environment: str) -> subprocess.CompletedProcess[str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("GOI_", "PYTEST_"))}
        clean.pop("DATABASE_URL", None)
        clean["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # none of the others matters here, and they take seconds to load
        command = [sys.executable, "-m", "pytest", "-p", "xdist", "-p", "tests.plugin", "-rs", "-n", "1", *options]
        return subprocess.run(
            [*command, "--rootdir", str(tmp_path), "-c", str(tmp_path / "pytest.ini"), str(tmp_path)],
            cwd=ROOT,
            env=clean | environment,
            capture_output=True,
            text=True,
            check=False,
        )

    return run_pytest


def test_what_the_machine_lacks_is_skipped_with_what_to_do(run):
    result = run()
    assert result.returncode == 0
    assert "needs PostgreSQL: set DATABASE_URL=" in result.stdout


def test_a_skip_fails_the_run_where_skips_are_refused(run):
    result = run(GOI_REFUSE_SKIPS="1")
    assert result.returncode == 1
    assert "REFUSED 1 skipped" in result.stdout


def test_a_run_passes_only_when_each_kind_that_must_run_did(run):
    here = {"GOI_REFUSE_SKIPS": "1", "DATABASE_URL": "postgres://localhost/goi"}
    assert run(**here, GOI_MUST_RUN="postgres").returncode == 0
    result = run(**here, GOI_MUST_RUN="postgres browser")
    assert result.returncode == 1
    assert "no test marked 'browser' passed" in result.stdout
