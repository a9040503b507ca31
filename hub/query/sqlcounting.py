"""Words of the counting SQL: routes, reasons of differences, places, and what of the index is grouped by."""

from collections.abc import Iterator, Sequence

from hub.clues.statistics_words import Difference, Side
from hub.clues.tables import ClueTransfer
from hub.query.tree import Figure

TABLE = ClueTransfer.__tablename__
DISCIPLINE = "DISCIPLINE_INSPECTION"
JUDGED_AS = "ClueCount"
NONE = "NONE"
PLACES = ", ".join(
    f"left({side}_region, 2) || '0000' AS {side}_province, left({side}_region, 4) || '00' AS {side}_prefecture"
    for side in ("sender", "receiver")
)
ROUTE = (
    "CASE WHEN {0}.receiver_kind = 'PUBLIC_SECURITY' THEN 'TO_PUBLIC_SECURITY'"
    " WHEN {0}.receiver_kind = 'DISCIPLINE_INSPECTION' THEN 'TO_DISCIPLINE_INSPECTION'"
    " WHEN {0}.sender_kind IN ('PUBLIC_SECURITY', 'DISCIPLINE_INSPECTION', 'PROCURATORATE')"
    " AND {0}.receiver_kind <> 'PROCURATORATE' THEN 'REVERSE'"
    " WHEN {0}.sender_kind = 'HEALTHCARE_SECURITY' AND {0}.receiver_kind = 'HEALTH'"
    " THEN 'HEALTHCARE_SECURITY_TO_HEALTH'"
    " WHEN {0}.sender_kind = 'HEALTH' AND {0}.receiver_kind = 'HEALTHCARE_SECURITY'"
    " THEN 'HEALTH_TO_HEALTHCARE_SECURITY'"
    " WHEN {0}.receiver_kind = 'MARKET_REGULATION' THEN 'TO_MARKET_REGULATION' ELSE 'OTHER' END"
)
"""`lifecycle_tables.route_of` on the kinds of a row; a test compares them."""
OTHERS_ROUTES = (
    "HEALTHCARE_SECURITY_TO_HEALTH", "HEALTH_TO_HEALTHCARE_SECURITY", "TO_MARKET_REGULATION", "TO_PUBLIC_SECURITY",
    "REVERSE", "OTHER",
)  # fmt: skip
"""A closed list: that a route is not empty would tell of a transfer."""
SIDES = {"s": 1, "r": 2, "ms": 4, "mr": 8}
"""Flags of a transfer: sent, received; by the own agency or its kind below it. As one `xid`, which has no order: so
PostgreSQL groups by hash. It takes a condition of the policies for rarer than it is, and would sort a million rows.
"""
_ON_RECEIVED_SIDE = ", ".join(
    f"'{each}'" for each in (Difference.SENT_FROM_ANOTHER_REGION, Difference.SENT_IN_ANOTHER_YEAR)
)
_FORWARDED = "{0}.forwarded_from IS NOT NULL"
GROUPED = {
    "byStatus": "status",
    "byOutcome": "outcome",
    "bySource": "source",
    "byTimeliness": "timeliness",
    "byInstitutionKind": "institution_kind",
}
"""Figures that are a column of the first grouping."""
PLAIN = {
    "year": ("year", "integer"),
    "region": ("region", "text"),
    "dueOn": ("due_on", "date"),
    "threshold": ("threshold", "integer"),
}
"""Members that are a bound value: its name, its cast."""
SUMMED = ("recovered", "fined")


def names_of(parts: Sequence[Figure]) -> Iterator[str]:
    """Of what is counted: the members of the objects of counts, and `flows`."""
    for part in parts:
        if part.name in ("sent", "received", "flows"):
            yield part.name
            yield from (each.name for each in part.parts)


def counted_on(groups: str, *flags: str) -> str:
    """Whether the transfers of a group bear all these flags."""
    wanted = sum(SIDES[flag] for flag in flags)
    return f"{groups}.side::text::int & {wanted} = {wanted}"


def side_of(reason: str) -> str:
    return f"CASE WHEN {reason} IN ({_ON_RECEIVED_SIDE}) THEN '{Side.RECEIVED}' ELSE '{Side.SENT}' END"


def reason_of(row: str) -> str:
    """Why it is counted on one side only; null where it is counted on both. Every such transfer has exactly one."""
    forwarded = _FORWARDED.format(row)
    return (
        f"CASE WHEN {row}.s AND {row}.r THEN NULL"
        f" WHEN {row}.s AND {row}.status = 'RECALLED' THEN '{Difference.RECALLED}'"
        f" WHEN {row}.s AND {row}.received_at IS NULL AND {forwarded}"
        f" THEN '{Difference.RECEIPT_NOT_SIGNED_AFTER_FORWARDING}'"
        f" WHEN {row}.s AND {row}.received_at IS NULL AND {row}.arrived_at IS NULL THEN '{Difference.NOT_ARRIVED}'"
        f" WHEN {row}.s AND {row}.received_at IS NULL THEN '{Difference.RECEIPT_NOT_SIGNED}'"
        f" WHEN {row}.s AND NOT {row}.to_here AND {forwarded} THEN '{Difference.FORWARDED_TO_ANOTHER_REGION}'"
        f" WHEN {row}.s AND NOT {row}.to_here THEN '{Difference.RECEIVED_IN_ANOTHER_REGION}'"
        f" WHEN {row}.s THEN '{Difference.RECEIVED_IN_ANOTHER_YEAR}'"
        f" WHEN NOT {row}.from_here THEN '{Difference.SENT_FROM_ANOTHER_REGION}'"
        f" ELSE '{Difference.SENT_IN_ANOTHER_YEAR}' END"
    )
