"""The annual report of one agency (000 三(一)3; R17): what it sent last year and with what result, by 15 January.

Everything is asked at the hub's door with the agency's own token, so policy and ledger are those of any query.
Transfers to 纪检监察 are left out: the superior that gets the report is no party to them, and must not learn of them.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from typing import Any, Final

from hub.clock import BEIJING
from hub.law.clock import annual_report
from hub.law.region import ancestor, level_of
from hub.law.vocabulary import Route

Ask = Callable[[str, Mapping[str, Any]], Mapping[str, Any]]
"""Document and variables → `data` of the answer."""
PAGE: Final = 500
TALLIES: Final = ("byRoute", "byStatus", "byOutcome", "bySource", "byTimeliness", "byInstitutionKind", "byAgency")
FIGURES: Final = "total recovered fined " + " ".join(f"{name} {{ key count }}" for name in TALLIES)
STATISTICS: Final = f"""query($year: Int!) {{
  viewer {{ agencyCode agencyName agencyKind regionCode }}
  clueStatistics(year: $year, forReport: true) {{
    asOf dueOn sent {{ {FIGURES} }}
    flows {{ senderKind receiverKind sent received differences {{ reason side count }} }}
  }} }}"""
DIFFERENCES: Final = """query($year: Int!, $first: Int!, $skip: Int!) {
  clueStatistics(year: $year, forReport: true) { differences(first: $first, skip: $skip) {
    reason side transfer { caseNo docNo sender { code name } receiver { code name } sentAt receivedAt status } } } }"""
TRANSFERS: Final = """query($from: DateTime!, $until: DateTime!, $agency: ID!, $first: Int!, $after: String) {
  clueTransfers(first: $first, after: $after, orderBy: [{field: SENT_AT}],
      filter: {sender: {eq: $agency}, sentAt: {gte: $from, lt: $until}}) {
    pageInfo { hasNextPage endCursor }
    nodes { caseNo docNo route catalogueCodes source receiver { code name } sentAt receivedAt status outcome closedAt }
  } }"""
SUPERIOR: Final = "supervision-statistics"


class NotReported(Exception):
    """The hub did not give what the report needs; the message says what, in Chinese and English."""


def report(ask: Ask, year: int, purpose: str) -> dict[str, Any]:
    """The report, in the names that `--json` prints.

    Args:
        ask: with the agency's token.
        purpose: of that token; a superior's, for statistics, gives figures of its chain and no single transfer.

    Raises:
        NotReported
    """
    data = ask(STATISTICS, {"year": year})
    viewer, statistics = data["viewer"], data["clueStatistics"]
    if statistics is None:
        raise NotReported("该令牌不能统计移送：缺少 statistics:read，或目的不适用\nThis token may not count")
    deadline = annual_report(year, Route.HEALTHCARE_SECURITY_TO_HEALTH, viewer["regionCode"])
    above = ancestor(viewer["regionCode"], 1).code
    made: dict[str, Any] = {
        "year": year,
        "agency": viewer["agencyCode"],
        "agencyName": viewer["agencyName"],
        "reportTo": f"{above}-{viewer['agencyKind']}" if level_of(viewer["regionCode"]) > 1 else None,
        "dueOn": statistics["dueOn"],
        "basis": {
            "pack": deadline.basis.pack,
            "clause": deadline.basis.clause,
            "title": deadline.basis.title_zh,
            "notice": {"zh": deadline.basis.notice_zh, "en": deadline.basis.notice_en},
        },
        "asOf": statistics["asOf"],
        "sent": statistics["sent"],
        "flows": statistics["flows"],
        "differences": [],
        "transfers": [],
    }
    if purpose != SUPERIOR:
        made["differences"] = list(_differences(ask, year))
        made["transfers"] = list(_transfers(ask, year, viewer["agencyCode"]))
        if len(made["transfers"]) != statistics["sent"]["total"]:
            raise NotReported("统计期间数据有变，请重新运行\nTransfers changed while they were counted: run it again")
    return made


def _differences(ask: Ask, year: int) -> Iterator[Mapping[str, Any]]:
    skip = 0
    while page := ask(DIFFERENCES, {"year": year, "first": PAGE, "skip": skip})["clueStatistics"]["differences"]:
        yield from page
        skip += len(page)


def _transfers(ask: Ask, year: int, agency: str) -> Iterator[Mapping[str, Any]]:
    """What the agency sent, in the order of sending."""
    begins, ends = (datetime(each, 1, 1, tzinfo=BEIJING).isoformat() for each in (year, year + 1))
    after: str | None = None
    while True:
        given = {"from": begins, "until": ends, "agency": agency, "first": PAGE, "after": after}
        page = ask(TRANSFERS, given)["clueTransfers"]
        for node in page["nodes"]:
            if node["route"] != Route.TO_DISCIPLINE_INSPECTION:
                yield node
        if not page["pageInfo"]["hasNextPage"]:
            return
        after = page["pageInfo"]["endCursor"]


def last_year(today: date) -> int:
    """The year that is reported on a day."""
    return today.year - 1
