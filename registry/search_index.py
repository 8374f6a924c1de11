"""Which metrics can hold a word at all: an index of the pieces of everything their versions say.

A piece is a character, two neighbouring ones, or three of ASCII: two tell Japanese words apart, but nearly every
English text holds nearly every pair of letters. The index is kept by metric and not by version, since versions of
a metric say mostly the same. It only narrows what is looked through; `InForceQuerySet.matching` still compares the
text itself, so it finds neither more nor less with the index than without.

Derived, so no migration makes it: it is laid after every `migrate` where it is missing, and can be laid anew.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.db import connections, transaction

TABLE = "registry_findable"
MANY = 200
"""More metrics than this are not worth naming: what so many hold is found soon by reading down the list."""

_CREATE = {
    # Each piece is spelt in hexadecimal, so that FTS5 takes it for one word whatever it is made of.
    "sqlite": (f"CREATE VIRTUAL TABLE {TABLE} USING fts5(pieces, detail=none, columnsize=0)",),
    "postgresql": (
        f"CREATE TABLE {TABLE} (rowid bigint PRIMARY KEY, pieces text[] NOT NULL)",
        # Without a list of what is yet to be sorted in, which every search would have to read through.
        f"CREATE INDEX {TABLE}_pieces ON {TABLE} USING gin (pieces) WITH (fastupdate = off)",
    ),
}
_READ = f"SELECT pieces FROM {TABLE} WHERE rowid = %s"
_WRITE = {
    "sqlite": f"INSERT OR REPLACE INTO {TABLE} (rowid, pieces) VALUES (%s, %s)",
    "postgresql": f"INSERT INTO {TABLE} (rowid, pieces) VALUES (%s, %s) "
    "ON CONFLICT (rowid) DO UPDATE SET pieces = EXCLUDED.pieces",
}
_FIND = {
    "sqlite": f"SELECT rowid FROM {TABLE} WHERE {TABLE} MATCH %s LIMIT %s",
    "postgresql": f"SELECT rowid FROM {TABLE} WHERE pieces @> %s LIMIT %s",
}


def pieces(text: str) -> set[str]:
    """All pieces of a folded text. None reaches over a blank, since no word that is searched for does."""
    return {
        piece
        for word in text.split(" ")
        for start in range(len(word))
        for piece in (word[start], word[start : start + 2], word[start : start + 3])
        if len(piece) < 3 or piece.isascii()
    }


def telling(term: str) -> set[str]:
    """The pieces to look a word up by: those that are part of no longer one."""
    found = pieces(term)
    return {piece for piece in found if not any(piece in other for other in found if other != piece)}


def candidates(terms: Sequence[str], *, using: str) -> list[int] | None:
    """The metrics (by id) that can hold every term, or `None` where there are too many to name, or no term."""
    wanted = sorted({piece for term in terms for piece in telling(term)})
    if not wanted:
        return None
    with connections[using].cursor() as cursor:
        cursor.execute(_FIND[_vendor(using)], [_asked(using, wanted), MANY + 1])
        found = [metric for (metric,) in cursor.fetchall()]
    return found if len(found) <= MANY else None


def add(metric: int, text: str, *, using: str = "default") -> None:
    """From now on, this metric is also found by what `text` says."""
    with connections[using].cursor() as cursor:
        cursor.execute(_READ, [metric])
        row = cursor.fetchone()
        known = _stored(using, row[0]) if row else set()
        if (grown := known | pieces(text)) != known:
            cursor.execute(_WRITE[_vendor(using)], [metric, _kept(using, grown)])


def lay(using: str = "default") -> None:
    """Make the index from the versions where it is missing."""
    connection = connections[using]
    if TABLE in connection.introspection.table_names():
        return
    with transaction.atomic(using), connection.cursor() as cursor:
        for statement in _CREATE[connection.vendor]:
            cursor.execute(statement)
        for metric, found in _by_metric(using):
            cursor.execute(_WRITE[connection.vendor], [metric, _kept(using, found)])


def lay_anew(using: str = "default") -> None:
    """Throw the index away and make it again."""
    with transaction.atomic(using):
        with connections[using].cursor() as cursor:
            cursor.execute(f"DROP TABLE IF EXISTS {TABLE}")
        lay(using)


def _by_metric(using: str) -> Iterator[tuple[int, set[str]]]:
    """One metric after another, so that a large registry never has to fit into memory."""
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT id FROM registry_metric ORDER BY id")
        for (metric,) in cursor.fetchall():
            cursor.execute("SELECT DISTINCT search_text FROM registry_inforce WHERE metric_id = %s", [metric])
            yield metric, {piece for (text,) in cursor.fetchall() for piece in pieces(text)}


def _vendor(using: str) -> str:
    return connections[using].vendor


def _asked(using: str, wanted: Iterable[str]) -> Any:
    return " AND ".join(map(_spelt, wanted)) if _vendor(using) == "sqlite" else list(wanted)


def _kept(using: str, found: set[str]) -> Any:
    return " ".join(map(_spelt, sorted(found))) if _vendor(using) == "sqlite" else sorted(found)


def _stored(using: str, kept: Any) -> set[str]:
    return set(kept) if _vendor(using) == "postgresql" else {bytes.fromhex(word).decode() for word in kept.split()}


def _spelt(piece: str) -> str:
    return piece.encode().hex()
