"""The sample, changed so that both sides differ in every way."""

import random

import psycopg

from hub.db.engine import Database

SHARE = {"forwarded": 120, "later": 120, "unsigned": 60, "waiting": 60, "discipline": 80, "late": 200}


def disturb(database: Database) -> None:
    """Receipts in other years, forwarded and waiting transfers, discipline transfers, subjects: all at random."""
    chance = random.Random(20261122)
    with psycopg.connect(database.owner_url, autocommit=True) as connection:
        rows = connection.execute(
            "SELECT id, receiver_kind FROM clue_transfer WHERE sent_at IS NOT NULL AND status <> 'RECALLED' ORDER BY id"
        ).fetchall()
        picked = chance.sample(rows, sum(SHARE.values()))
        groups = {}
        for name, count in SHARE.items():
            groups[name], picked = picked[:count], picked[count:]
        agencies = connection.execute("SELECT code, kind, region FROM agency ORDER BY code").fetchall()
        for identity, kind in groups["forwarded"]:
            code, _, region = chance.choice([each for each in agencies if each[1] == kind])
            connection.execute(
                "UPDATE clue_transfer SET forwarded_from = receiver, receiver = %s, receiver_region = %s,"
                " received_at = CASE WHEN %s THEN received_at END WHERE id = %s",
                (code, region, chance.random() < 0.7, identity),
            )
        for identity, _ in groups["later"]:
            connection.execute(
                "UPDATE clue_transfer SET received_at = received_at + interval '1 year' * %s WHERE id = %s",
                (chance.choice((1, 1, 2)), identity),
            )
        for name, status, arrived in (("unsigned", "ARRIVED", "arrived_at"), ("waiting", "SENT", "NULL")):
            connection.execute(
                f"UPDATE clue_transfer SET received_at = NULL, closed_at = NULL, outcome = NULL, status = '{status}',"
                f" arrived_at = {arrived} WHERE id = ANY(%s)",
                ([identity for identity, _ in groups[name]],),
            )
        for identity, _ in groups["discipline"]:
            code, _, region = chance.choice([each for each in agencies if each[1] == "DISCIPLINE_INSPECTION"])
            connection.execute(
                "UPDATE clue_transfer SET receiver = %s, receiver_kind = 'DISCIPLINE_INSPECTION', receiver_region = %s"
                " WHERE id = %s",
                (code, region, identity),
            )
        connection.execute(
            "UPDATE clue_transfer SET late_clock = 'receipt', due_at = NULL WHERE id = ANY(%s)",
            ([identity for identity, _ in groups["late"]],),
        )
        # Who may know of a transfer, written anew.
        connection.execute("DELETE FROM record_party")
        connection.execute(
            "INSERT INTO record_party (agency, transfer_id, discovered_on, public_id)"
            " SELECT DISTINCT known.agency, t.id, t.discovered_on, t.public_id FROM clue_transfer t, LATERAL ("
            "  SELECT t.sender UNION SELECT t.receiver WHERE t.sent_at IS NOT NULL UNION"
            "  SELECT n.agency FROM clue_transfer_notified n WHERE n.transfer_id = t.id AND t.sent_at IS NOT NULL"
            ") known(agency)"
        )
