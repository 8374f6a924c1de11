"""Copies a filled registry into the yardstick's tables, inside the database."""

from django.core.management.color import no_style
from django.db import connection, transaction

from registry.models import STILL_KNOWN
from tests.bench.yardstick.models import Happening, Seal, Term

OPENED = 40
"""So many metrics are opened while measuring. Their history holds a row for each act, as many as Goi shows."""
ACTS = 5

_COLUMNS = """name_ja, name_en, summary_ja, summary_en, number, wording, terms, digest, stage_id, producer_id,
    judge_id, rank, retired, sealed, search_text, effective_from, recorded_at"""


@transaction.atomic
def mirror() -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO yardstick_term (id, key, {_COLUMNS}) {_versions()} AND d.id = m.latest_id")
        for copy in range(ACTS):
            only = f"AND m.id <= {OPENED}" if copy else ""
            cursor.execute(
                f"INSERT INTO yardstick_historicalterm (id, key, {_COLUMNS}, history_date, "
                f"history_change_reason, history_type, history_user_id) "
                f"SELECT found.*, recorded_at, 'published', '~', 1 FROM ({_versions()} {only}) found"
            )
        seal = "id, revision_id, team_id, signed_by_id, membership_id, digest, meaning, signed_at"
        cursor.execute(f"INSERT INTO yardstick_seal ({seal}) SELECT {seal} FROM registry_signoff")
        cursor.execute(
            f"INSERT INTO yardstick_historicalseal ({seal}, history_date, history_type, history_user_id) "
            f"SELECT {seal}, signed_at, '+', 1 FROM registry_signoff"
        )
        event = "at, actor_id, act, proposal_id, team_id, detail, personal, personal_digest, rows, previous, digest"
        event = event.replace("rows,", f"{connection.ops.quote_name('rows')},")
        cursor.execute(f"INSERT INTO yardstick_happening (id, {event}) SELECT sequence, {event} FROM registry_event")
        for statement in connection.ops.sequence_reset_sql(no_style(), [Term, Seal, Happening]):
            cursor.execute(statement)


def _versions() -> str:
    """Every version with the columns of its span, as it is known now."""
    names = ("name_ja", "name_en", "summary_ja", "summary_en")
    texts = ", ".join(f"d.wording ->> '{name}' AS {name}" for name in names)
    still = f"{STILL_KNOWN:%Y-%m-%d %H:%M:%S}" + ("+00" if connection.vendor == "postgresql" else "")
    return f"""SELECT m.id, m.key, {texts}, d.number, d.wording, d.terms, d.digest, s.stage_id, s.producer_id,
        s.judge_id, s.rank, s.retired, s.sealed, s.search_text, d.effective_from, d.recorded_at
        FROM registry_definition d JOIN registry_metric m ON m.id = d.metric_id
        JOIN registry_inforce s ON s.definition_id = d.id AND s.known_to = '{still}' WHERE 1 = 1"""
