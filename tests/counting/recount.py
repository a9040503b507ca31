"""The statistics counted in plain Python over all rows, from the text of the issue: what SQL must equal."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
from psycopg.rows import dict_row

from hub.clues.lifecycle_tables import route_of

BEIJING = ZoneInfo("Asia/Shanghai")
CHAIN = ("supervision-statistics", "case-oversight")
DISCIPLINE = "DISCIPLINE_INSPECTION"
OTHERS = (
    "HEALTHCARE_SECURITY_TO_HEALTH", "HEALTH_TO_HEALTHCARE_SECURITY", "OTHER", "REVERSE", "TO_MARKET_REGULATION",
    "TO_PUBLIC_SECURITY",
)  # fmt: skip
THRESHOLD = 5
NOW = datetime(2026, 10, 31, 8, 0, tzinfo=UTC)
Row = Mapping[str, Any]


def up(code: str) -> tuple[str, ...]:
    """The region and those above it."""
    return (code, code[:4] + "00", code[:2] + "0000")


def year_of(moment: datetime | None) -> int | None:
    return moment.astimezone(BEIJING).year if moment else None


@dataclass(frozen=True)
class Asker:
    agency: str
    purpose: str

    @property
    def kind(self) -> str:
        return self.agency[7:]

    @property
    def region(self) -> str:
        return self.agency[:6]


class Recount:
    """A database read once."""

    def __init__(self, url: str) -> None:
        with psycopg.connect(url, row_factory=dict_row) as connection:
            self.rows = connection.execute("SELECT * FROM clue_transfer WHERE sent_at IS NOT NULL").fetchall()
            kinds = connection.execute("SELECT id, kind FROM institution").fetchall()
            named = connection.execute(
                "SELECT t.case_no, p.uscc FROM transfer_party p JOIN clue_transfer t ON t.id = p.transfer_id"
                " WHERE p.uscc IS NOT NULL AND t.sent_at IS NOT NULL"
            ).fetchall()
            agencies = connection.execute("SELECT code, uscc FROM agency").fetchall()
        self._kinds = {row["id"]: row["kind"] for row in kinds}
        self._uscc = {row["code"]: row["uscc"] for row in agencies}
        self._subjects: dict[str, set[str]] = defaultdict(set)
        for row in named:
            self._subjects[row["case_no"]].add(row["uscc"])

    # --- who may count what ----------------------------------------------------------------------------------------

    def is_party(self, row: Row, asker: Asker) -> bool:
        return asker.agency in (row["sender"], row["receiver"])

    def in_chain(self, row: Row, asker: Asker) -> bool:
        """Sender or receiver is of the same kind, in a region below."""
        return any(
            row[f"{side}_kind"] == asker.kind
            and row[f"{side}_region"] != asker.region
            and asker.region in up(row[f"{side}_region"])
            for side in ("sender", "receiver")
        )

    def exact(self, row: Row, asker: Asker) -> bool:
        if self._uscc[asker.agency] in self._subjects[row["case_no"]]:
            return False
        chain = asker.purpose in CHAIN and self.in_chain(row, asker) and row["receiver_kind"] != DISCIPLINE
        return self.is_party(row, asker) or chain

    # --- what is counted -------------------------------------------------------------------------------------------

    def answer(self, asker: Asker, year: int, region: str, now: datetime) -> dict[str, Any]:
        sent, received, flows = [], [], defaultdict(list)
        for row in self.rows:
            if not self.exact(row, asker):
                continue
            s = year_of(row["sent_at"]) == year and region in up(row["sender_region"])
            r = year_of(row["received_at"]) == year and region in up(row["receiver_region"])
            if s and self._own(row, "sender", asker):
                sent.append(row)
            if r and self._own(row, "receiver", asker):
                received.append(row)
            if s or r:
                flows[row["sender_kind"], row["receiver_kind"]].append((row, s, r))
        return {
            "sent": self.figures(sent, "sender", now),
            "received": self.figures(received, "receiver", now),
            "flows": [
                {
                    "senderKind": kinds[0],
                    "receiverKind": kinds[1],
                    "sent": sum(s for _, s, _ in each),
                    "received": sum(r for _, _, r in each),
                    "differences": self._differences(each, year, region),
                }
                for kinds, each in sorted(flows.items())
            ],
            "others": self.others(asker, year, region, now),
        }

    @staticmethod
    def _own(row: Row, side: str, asker: Asker) -> bool:
        if row[side] == asker.agency:
            return True
        same = row[f"{side}_kind"] == asker.kind and asker.region in up(row[f"{side}_region"])
        return asker.purpose in CHAIN and same

    def figures(self, rows: Iterable[Row], side: str, now: datetime) -> dict[str, Any]:
        rows = list(rows)
        return {
            "total": len(rows),
            "byRoute": tallies(route_of(row["sender_kind"], row["receiver_kind"]).value for row in rows),
            "byCatalogue": tallies(code for row in rows for code in set(row["catalogue_codes"])),
            "byStatus": tallies(row["status"] for row in rows),
            "byOutcome": tallies(row["outcome"] or "NONE" for row in rows),
            "bySource": tallies(row["source"] for row in rows),
            "byTimeliness": tallies("LATE" if is_late(row, now) else "ON_TIME" for row in rows),
            "byInstitutionKind": tallies(self._kinds.get(row["institution_id"], "NONE") for row in rows),
            "byAgency": tallies(row[side] for row in rows),
            "recovered": total(row["recovered"] for row in rows),
            "fined": total(row["fined"] for row in rows),
        }

    def _differences(self, rows: Iterable[tuple[Row, bool, bool]], year: int, region: str) -> list[dict[str, Any]]:
        reasons = Counter(reason(row, s=s, year=year, region=region) for row, s, r in rows if s != r)
        return [{"reason": name, "count": reasons[name], "side": side(name)} for name in sorted(reasons)]

    def others(self, asker: Asker, year: int, region: str, now: datetime) -> list[dict[str, Any]] | None:
        """Sums of prefectures that reach the threshold, of transfers that are not the asker's own chain's."""
        if asker.purpose != "supervision-statistics":
            return None
        why = "YEAR_NOT_ENDED" if year >= now.astimezone(BEIJING).year else None
        if why is None and region != up(region)[1]:
            why = "REGION_TOO_SMALL"
        units: Counter[tuple[str, str]] = Counter()
        for row in self.rows:
            mine = self.is_party(row, asker) or self.in_chain(row, asker) or row["receiver_kind"] == DISCIPLINE
            if not mine and year_of(row["sent_at"]) == year and region in up(row["sender_region"]):
                units[route_of(row["sender_kind"], row["receiver_kind"]).value, up(row["sender_region"])[1]] += 1
        found = []
        for route in OTHERS:
            shown = [count for (each, _), count in units.items() if each == route and count >= THRESHOLD]
            count = sum(shown) if shown and why is None else None
            found.append({"route": route, "sent": count, "suppressed": why or (None if shown else "SMALL_COUNT")})
        return found


def tallies(keys: Iterable[str]) -> list[dict[str, Any]]:
    counted = Counter(keys)
    return [{"key": key, "count": counted[key]} for key in sorted(counted)]


def total(amounts: Iterable[Decimal | None]) -> str | None:
    given = [amount for amount in amounts if amount is not None]
    return str(sum(given, Decimal(0))) if given else None


def is_late(row: Row, now: datetime) -> bool:
    due = row["due_at"]
    return row["late_clock"] is not None or (due is not None and due < (row["closed_at"] or now))


def side(name: str) -> str:
    return "RECEIVED" if name in ("SENT_FROM_ANOTHER_REGION", "SENT_IN_ANOTHER_YEAR") else "SENT"


def reason(row: Row, *, s: bool, year: int, region: str) -> str:
    """Of a transfer that is counted on one side only."""
    if not s:
        return "SENT_FROM_ANOTHER_REGION" if region not in up(row["sender_region"]) else "SENT_IN_ANOTHER_YEAR"
    moved = row["forwarded_from"] is not None
    if row["status"] == "RECALLED":
        return "RECALLED"
    if row["received_at"] is None:
        if moved:
            return "RECEIPT_NOT_SIGNED_AFTER_FORWARDING"
        return "NOT_ARRIVED" if row["arrived_at"] is None else "RECEIPT_NOT_SIGNED"
    if region not in up(row["receiver_region"]):
        return "FORWARDED_TO_ANOTHER_REGION" if moved else "RECEIVED_IN_ANOTHER_REGION"
    assert year_of(row["received_at"]) != year
    return "RECEIVED_IN_ANOTHER_YEAR"
