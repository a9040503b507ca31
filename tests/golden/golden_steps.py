"""What happens to a penalty of `records.yaml` between two callers: its event, then its row, as the commands write them."""

from datetime import datetime
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

COLUMNS: dict[str, str] = {
    "AMENDED": "remark = '更正'",
    "REVOKED": "status = 'REVOKED', revoked_at = %(at)s",
}


def happen(owner: psycopg.Connection[Any], step: dict[str, str], at: datetime) -> None:
    """`step`: decisionNo, kind (one of COLUMNS), reason, clause."""
    given = step | {"at": at, "payload": Jsonb({name: step[name] for name in ("reason", "clause")})}
    with owner.transaction():
        told = owner.execute(
            "INSERT INTO penalty_event (penalty_id, kind, at, agency, client_id, officer, payload)"
            " SELECT id, %(kind)s, %(at)s, authority, 'golden', 'golden', %(payload)s FROM penalty_record"
            " WHERE decision_no = %(decisionNo)s",
            given,
        )
        assert told.rowcount == 1, step
        owner.execute(
            f"UPDATE penalty_record SET {COLUMNS[step['kind']]} WHERE decision_no = %(decisionNo)s",  # type: ignore[arg-type]
            given,
        )
