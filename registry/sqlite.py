"""Which SQLite may be trusted with a write-ahead log. Knows no Django: the settings ask it.

Versions from 3.7.0 on can corrupt a database when one connection resets the log while another copies it back, the
"WAL-reset bug" (https://www.sqlite.org/wal.html#walresetbug). It is fixed from 3.51.3 on, and in 3.50.7 and 3.44.6 of
their lines. An affected SQLite keeps a rollback journal instead, which is slower and lets nobody read during a commit.
"""

import sqlite3

type Version = tuple[int, ...]

FIXED: Version = (3, 51, 3)
BACKPORTS: tuple[Version, ...] = ((3, 50, 7), (3, 44, 6))


def has_wal_reset_fault(version: Version = sqlite3.sqlite_version_info) -> bool:
    backported = any(version[:2] == fixed[:2] and version >= fixed for fixed in BACKPORTS)
    return version < FIXED and not backported


def journal() -> str:
    """The statements with which a connection begins, so that what was acknowledged outlives a power cut.

    A rollback journal is ended by removing a file, which only EXTRA sees through to the disk.
    """
    mode, synchronous = ("DELETE", "EXTRA") if has_wal_reset_fault() else ("WAL", "FULL")
    return f"PRAGMA journal_mode={mode};PRAGMA synchronous={synchronous};"


def notice() -> str:
    """What an operator should know, or nothing."""
    if not has_wal_reset_fault():
        return ""
    return (
        f"SQLite {sqlite3.sqlite_version} can corrupt databases that keep a write-ahead log (the WAL-reset bug), so "
        f"Goi uses the slower rollback journal. Update to SQLite {'.'.join(map(str, FIXED))} or newer."
    )
