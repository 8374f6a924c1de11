"""The tests' settings, with another journal of SQLite where one is asked for, whatever the version of SQLite."""

import os

from tests.settings import *  # noqa: F403
from tests.settings import DATABASES

JOURNALS = {
    "wal": "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;",
    "unsynced-names": "PRAGMA journal_mode=DELETE;PRAGMA synchronous=FULL;",
    "careless": "PRAGMA journal_mode=DELETE;PRAGMA synchronous=OFF;",
}

asked = os.environ.get("GOI_TORTURE_JOURNAL", "safe")
if asked != "safe":
    DATABASES["default"]["OPTIONS"]["init_command"] = f"{JOURNALS[asked]}PRAGMA recursive_triggers=ON;"
