"""What a superior asks about the transfers below it, like any client: who is late, and a spot check (000 三（三）)."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from hub.register.asked import Asks, Refused, answered

OWED = """
query Owed($days: Int!) {
  oversight(dueWithinDays: $days) { asOf dueWithinDays owed { agency owedBy overdue dueSoon } }
}
"""
DRAW = """
mutation Draw($input: DrawSampleInput!) {
  drawSample(input: $input) {
    sample { id drawnAt officerCertificateNo seed share sentFrom sentTo population populationHash drawn }
    alreadyDrawn
    userErrors { code field zh en doZh doEn } replayed
  }
}
"""


def owed(asks: Asks, days: int) -> Mapping[str, Any]:
    """`Oversight`, whole.

    Raises:
        Refused, and what `asks` raises.
    """
    found: Mapping[str, Any] | None = answered(asks, OWED, {"days": days})["oversight"]
    if found is None:
        raise Refused("未获得 statistics:read，或该目的不打开计数 / no statistics:read, or the purpose opens no count")
    return found


def draw(asks: Asks, key: str, seed: str, share: str, sent_from: date, sent_to: date) -> Mapping[str, Any]:
    """The check as drawn, and `alreadyDrawn`. `key`: the same one draws nothing again, and gives the same check.

    Raises:
        Refused, and what `asks` raises.
    """
    given = {
        "idempotencyKey": key,
        "seed": seed,
        "share": share,
        "sentFrom": sent_from.isoformat(),
        "sentTo": sent_to.isoformat(),
    }
    payload = answered(asks, DRAW, {"input": given})["drawSample"]
    if payload is None:
        raise Refused("未获得 clues:write / no clues:write")
    if payload["userErrors"]:
        raise Refused("\n".join(_told(each) for each in payload["userErrors"]))
    if payload["sample"] is None:
        raise Refused("已抽取，但未获得 clues:read / drawn, but no clues:read to show it")
    return {**payload["sample"], "alreadyDrawn": payload["alreadyDrawn"]}


def _told(error: Mapping[str, Any]) -> str:
    place = f" {error['field']}" if error["field"] else ""
    return f"{error['code']}{place}: {error['zh']}；{error['doZh']} / {error['en']}; {error['doEn']}"
