"""After a restore into another cluster: its transactions are counted anew, and the logs hold numbers of the old count.

Entries with numbers that are still to come would be invisible until the counter has passed them: a feed that stands
still and says nothing. So they are put before everything new, in their order, and every reader begins again.
"""

from collections.abc import Iterable

import psycopg
import structlog

from hub.feed.log import REGIONS, ChangeLog, CommonLog

_LOCK = 0x66656564
log = structlog.get_logger("hub.feed")


def renumber(owner_url: str, logs: Iterable[ChangeLog]) -> bool:
    """Puts the logs in order if they are of another cluster, as the owner; whether they were. Run at every start.

    Raises:
        psycopg.Error
    """
    logs = list(logs)
    with psycopg.connect(owner_url, autocommit=True) as connection, connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
        if not any(_ahead(connection, each) for each in logs):
            return False
        for each in logs:
            # Numbers of changes go on across a restore, and of one record they are in order.
            connection.execute(f"UPDATE {each.table.description} SET xid = '0'")
            if isinstance(each, CommonLog) and each.changed:
                connection.execute(
                    f"UPDATE {each.records.description} SET {each.changed} = '0'"
                    f" WHERE {each.changed} >= pg_snapshot_xmax(pg_current_snapshot())"
                )
        connection.execute("UPDATE feed_epoch SET number = (number + 1) % 2147483647")
    log.warning("feed_renumbered")
    return True


def _ahead(connection: psycopg.Connection[tuple[object, ...]], each: ChangeLog) -> bool:
    """Whether the log holds a number that this cluster has not given yet: one look an agency, or a province."""
    found = connection.execute(
        f"SELECT EXISTS (SELECT FROM {_ledges(each)} (SELECT l.xid FROM {each.table.description} l"
        f" {_of_one(each)} ORDER BY l.xid DESC, l.id DESC LIMIT 1) last"
        " WHERE last.xid >= pg_snapshot_xmax(pg_current_snapshot()))"
    ).fetchone()
    return found == (True,)


def _ledges(each: ChangeLog) -> str:
    """What leads the index of a log's order."""
    if each.agency:
        return "agency a, LATERAL"
    return (
        "(SELECT code FROM region WHERE level = 1) a, LATERAL" if isinstance(each, CommonLog) and each.regional else ""
    )


def _of_one(each: ChangeLog) -> str:
    if each.agency:
        return f"WHERE l.{each.agency} = a.code"
    return f"WHERE l.{REGIONS[0]} = a.code" if isinstance(each, CommonLog) and each.regional else ""
