"""All that a caller may see of a database, worked out in Python: what two databases must share to look alike."""

from typing import Any

from tests.properties.oracle_judge import Judge
from tests.properties.oracle_law import CLASS_OF, IDENTIFYING, MANY, ONE, SCOPE, column
from tests.properties.oracle_rows import Row

RECORDS = (
    "Agency",
    "LegalEntity",
    "Institution",
    "Personnel",
    "ClueTransfer",
    "PenaltyRecord",
    "CreditScore",
    "InspectionResult",
    "AgreementMeasure",
)


def is_seen(judge: Judge, kind: str, row: Row) -> bool:
    """Listed, and the token has the scope of the type."""
    return SCOPE.get(kind) in (None, *judge.asker.scopes) and judge.is_listed(kind, row)


def is_item_seen(judge: Judge, kind: str, row: Row, item_kind: str, item: Row) -> bool:
    if item_kind == "Evidence":
        return judge.is_open(kind, row, item["data_class"])
    return item_kind not in ("CreditDeduction", "CreditEffect") or judge.is_listed(item_kind, item)


def view(judge: Judge) -> dict[tuple[Any, ...], Any]:
    """(type, id) → what is open of it: values, items, and the names of hidden fields with whether items are hidden."""
    return {
        (kind, row["id"]): _open(judge, kind, row)
        for kind in RECORDS
        for row in judge.records.rows[kind]
        if is_seen(judge, kind, row)
    }


def _open(judge: Judge, kind: str, row: Row) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, classified in CLASS_OF[kind].items():
        coordinate = f"{kind}.{name}"
        if not judge.is_open(kind, row, classified):
            found[name] = "hidden"
        elif coordinate in ONE:
            found[name] = row[ONE[coordinate][1]]
        elif coordinate == "ClueTransfer.notified":
            found[name] = sorted(each["agency"] for each in judge.records.where("Notified", transfer_id=row["id"]))
        elif coordinate in MANY:
            found[name] = _items(judge, kind, row, coordinate)
        else:
            found[name] = judge.value(kind, row, name)
    return found


def _items(judge: Judge, kind: str, row: Row, coordinate: str) -> Any:
    item_kind, link, order = MANY[coordinate]
    items = judge.records.where(item_kind, **{link: row["id"]})
    seen = [item for item in items if is_item_seen(judge, kind, row, item_kind, item)]
    seen.sort(key=lambda item: tuple(item[name] for name in order))
    # Why items are hidden is told, so it is seen.
    hidden = {item.get("data_class") for item in items if not is_item_seen(judge, kind, row, item_kind, item)}
    return [_item(judge, kind, row, item_kind, item) for item in seen], hidden


def _item(judge: Judge, kind: str, row: Row, item_kind: str, item: Row) -> dict[str, Any]:
    judged = (item_kind, item) if item_kind in IDENTIFYING else (kind, row)
    if item_kind == "Evidence":
        return {name: value for name, value in item.items() if name != "id"}
    return {
        name: item[column(item_kind, name)] if judge.is_open(*judged, classified) else "hidden"
        for name, classified in CLASS_OF[item_kind].items()
    }
