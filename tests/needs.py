"""What some tests need of the machine, and the sentence that says what is missing."""

import os
import shutil
from pathlib import Path

DEBIANS_POSTGRES = Path("/usr/lib/postgresql")
CHROMIUM_COMMANDS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM_ON_MACOS = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")


def chromium() -> str | None:
    """Path of a Chromium to drive (GOI_CHROMIUM goes first), or None."""
    for command in (os.environ.get("GOI_CHROMIUM", ""), *CHROMIUM_COMMANDS, str(CHROMIUM_ON_MACOS)):
        if path := shutil.which(command):
            return path
    return None


def postgres() -> str | None:
    """Address of the PostgreSQL database these tests run on, or None when they run on SQLite."""
    address = os.environ.get("DATABASE_URL", "")
    return address if address.startswith(("postgres://", "postgresql://")) else None


def gettext() -> str | None:
    """Path of GNU gettext's xgettext, or None."""
    return shutil.which("xgettext")


def missing_for(marks: set[str]) -> str | None:
    """Why a test with these marks cannot run here, as a sentence that says what to do; None when it can."""
    if "browser" in marks and chromium() is None:
        return "needs Chromium: install it (`apt install chromium`) or set GOI_CHROMIUM to its path"
    if "postgres" in marks and postgres() is None:
        return "needs PostgreSQL: set DATABASE_URL=postgres://role:password@host/name (role with CREATEDB)"
    if "cluster" in marks and shutil.which("initdb") is None and not any(DEBIANS_POSTGRES.glob("*/bin/initdb")):
        return "needs PostgreSQL's server programs: install them (`apt install postgresql`)"
    if "sqlite" in marks and postgres() is not None:
        return "is about SQLite: unset DATABASE_URL"
    if "strace" in marks and shutil.which("strace") is None:
        return "needs strace: install it (`apt install strace`)"
    if "gettext" in marks and gettext() is None:
        return "needs GNU gettext: install it (`apt install gettext`)"
    return None
