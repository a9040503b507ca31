"""The benchmark's database: rows of the sample, two clients, and the keys that the loads ask for."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
from sqlalchemy import create_engine

from hub.credit.types import CreditScore
from hub.db.engine import Database, open_database
from hub.db.migrate import migrate
from hub.demo.bulk import sample_progress
from hub.demo.sample import Counts, is_loaded, load_sample
from hub.oauth.keys import generate_key, public_part
from hub.oauth.registry import grant_purpose, grant_scope, register_client
from hub.settings import Settings

DAILY_ROW_QUOTA = 10**15
PURPOSE = "medical-practice-regulation"
SCOPES = ("parties:read", "clues:read", "penalties:read", "credit:read")
REGISTERED_FOR = timedelta(days=3650)
CREDIT_SCORE_ORDER: tuple[tuple[str, bool], ...] = CreditScore.__hub__.order  # type: ignore[attr-defined]
"""(column, descending)"""


@dataclass(frozen=True, slots=True)
class Client:
    """A client of the benchmark, and its agency's region as SQL on a row that has InRegion's columns."""

    client_id: str
    agency: str
    region: str
    column: str
    purpose: str = PURPOSE


LARGE = Client("bench-large", "640100-HEALTH", "640100", "prefecture")
"""More than one transfer in five is 银川's."""
SMALL = Client("bench-small", "650102-HEALTH", "650102", "county")
"""天山区's health agency knows a few dozen transfers, however large the hub is."""
SUPERIOR = Client("bench-superior", "640000-HEALTH", "640000", "province", "case-oversight")
"""宁夏's, which oversees a good part of all transfers."""


def settings(folder: Path) -> Settings:
    return Settings(data=folder, demo=True)


@contextmanager
def database(folder: Path, rows: int, counts: Counts | None = None) -> Iterator[Database]:
    """The embedded server of a folder, migrated and filled with exactly `rows` rows a table, or `counts`, once."""
    opened = open_database(settings(folder))
    try:
        engine = opened.owner_engine()
        migrate(engine)
        engine.dispose()
        if not is_loaded(opened.owner_url):
            with sample_progress() as progress:
                load_sample(opened.owner_url, progress=progress, counts=counts or Counts(*[rows] * len(Counts._fields)))
        _register(opened.owner_url, folder)
        yield opened
    finally:
        opened.close()


def _register(owner_url: str, folder: Path) -> None:
    """The clients, with every scope of their kind and a quota that no benchmark reaches."""
    place = folder / "clients"
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    engine = create_engine(owner_url.replace("postgresql://", "postgresql+psycopg://", 1))
    with engine.begin() as connection:
        for client in (LARGE, SMALL, SUPERIOR):
            key_file = place / f"{client.client_id}.jwk"
            if key_file.exists():
                continue
            key = generate_key()
            ends_at = datetime.now(UTC) + REGISTERED_FOR
            register_client(
                connection,
                client.client_id,
                client.agency,
                client.client_id,
                public_part(key),
                daily_row_quota=DAILY_ROW_QUOTA,
            )
            for scope in SCOPES:
                grant_scope(connection, client.client_id, scope, ends_at)
            grant_purpose(connection, client.client_id, client.purpose, ends_at)
            key_file.touch(0o600)
            key_file.write_text(json.dumps(key))
    engine.dispose()


_SUBJECT = """
    WITH subject AS (
        SELECT t.case_no FROM transfer_party p JOIN clue_transfer t ON t.id = p.transfer_id
        WHERE p.uscc = (SELECT uscc FROM agency WHERE code = %(agency)s)
    ),
    hidden AS (
        SELECT t.id FROM clue_transfer t JOIN subject s ON s.case_no = t.case_no
        UNION
        SELECT t.id FROM penalty_record p JOIN subject s ON s.case_no = p.case_no
                    JOIN clue_transfer t ON t.institution_id = p.institution_id
    )
"""
"""Cases in which the agency is itself a subject: no policy lets it read them, nor their penalties while not published.
The peers know no policy, so what touches such a case is not asked for.
"""
_TRANSFERS = f"""
    {_SUBJECT}
    SELECT t.public_id::text
    FROM record_party r JOIN clue_transfer t ON t.id = r.transfer_id
    WHERE r.agency = %(agency)s AND t.id NOT IN (SELECT id FROM hidden)
      AND 3 <= (SELECT count(*) FROM penalty_record p WHERE p.institution_id = t.institution_id)
    ORDER BY md5(t.public_id::text) LIMIT %(limit)s
"""
_DAYS = f"""
    {_SUBJECT}
    SELECT discovered_on::text, public_id::text, NOT hidden
    FROM (
        SELECT r.discovered_on, r.public_id, row_number() OVER (ORDER BY r.discovered_on, r.public_id) n,
               row_number() OVER (PARTITION BY r.discovered_on ORDER BY r.public_id) of_day,
               bool_or(r.transfer_id IN (SELECT id FROM hidden)) OVER (
                   ORDER BY r.discovered_on DESC, r.public_id DESC ROWS BETWEEN 1 FOLLOWING AND %(page)s FOLLOWING
               ) hidden
        FROM record_party r
        WHERE r.agency = %(agency)s
    ) each
    WHERE of_day = 1 AND n > %(page)s
"""


def transfers(owner_url: str, client: Client, limit: int = 4_096) -> list[str]:
    """Public ids of transfers of the agency whose institution has three penalties or more."""
    return [row[0] for row in _ask(owner_url, _TRANSFERS, {"agency": client.agency, "limit": limit})]


def known_transfers(owner_url: str, client: Client, limit: int = 2_048) -> list[str]:
    """Public ids of any transfers that the agency knows of."""
    statement = """
        SELECT public_id::text FROM record_party WHERE agency = %(agency)s ORDER BY md5(public_id::text) LIMIT %(limit)s
    """
    return [row[0] for row in _ask(owner_url, statement, {"agency": client.agency, "limit": limit})]


def days(owner_url: str, client: Client, page: int) -> dict[tuple[str, ...], bool]:
    """Positions behind which at least `page` transfers follow: the last of a day, so that a peer without row-wise
    cursors can ask for the days before it and gets the same page. With each, whether the agency may see all of it.
    """
    found = _ask(owner_url, _DAYS, {"agency": client.agency, "page": page})
    return {(row[0], row[1]): bool(row[2]) for row in found}


def _ask(url: str, statement: str, parameters: dict[str, object]) -> list[tuple[str, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(statement, parameters).fetchall()  # type: ignore[call-overload,no-any-return]
