"""The (invented) officers of the demo clients' agencies: enough for every step, approval by another included."""

from datetime import date
from typing import Final, NamedTuple

from sqlalchemy import Connection, select

from hub.officers.register import register_officer
from hub.officers.tables import Officer, OfficerRole

SINCE: Final = date(2020, 1, 1)
CASE, PRINCIPAL = OfficerRole.CASE_OFFICER, OfficerRole.PRINCIPAL_OFFICER


class DemoOfficer(NamedTuple):
    agency: str
    name: str
    certificate_no: str
    role: OfficerRole


DEMO_OFFICERS: Final = (
    *(
        DemoOfficer(f"640104-{kind}", name, f"640104{number}000{order}", role)
        for kind, number, people in (
            ("HEALTHCARE_SECURITY", 1, ("王安泽", "何怡宁", "罗国栋")),
            ("HEALTH", 2, ("李春晖", "梁子轩", "宋雅琳")),
            ("MARKET_REGULATION", 3, ("张明善", "郑宇航", "谢文涛")),
            ("PUBLIC_SECURITY", 4, ("刘志远", "唐海峰", "韩建军")),
            ("DISCIPLINE_INSPECTION", 5, ("陈清和", "冯思远", "董德辉")),
        )
        for name, order, role in zip(people, (1, 2, 9), (CASE, CASE, PRINCIPAL), strict=True)
    ),
    DemoOfficer("640000-CREDIT_PLATFORM", "杨惠佳", "64000060001", CASE),
    DemoOfficer("640000-HUB_OPERATOR", "赵普瑞", "64000070001", CASE),
)
"""Of each case-bearing agency two case officers, the first the demo client's own, and the principal officer; of the
others the demo client's own.
"""


def register_demo_officers(connection: Connection) -> None:
    """Registers those whose certificate was never registered with the agency: what the operator ended stays ended."""
    known = {(agency, number) for agency, number in connection.execute(select(Officer.agency, Officer.certificate_no))}
    for officer in DEMO_OFFICERS:
        if (officer.agency, officer.certificate_no) not in known:
            register_officer(
                connection,
                officer.agency,
                officer.name,
                officer.certificate_no,
                [officer.role],
                valid_from=SINCE,
                by="demo",
            )
