"""The table of transitions of each route, put together from the shared rows and those of 公安.

Approval: 000 三(二) asks the principal officer's of 医保→卫健 (R9) and none of 卫健→医保 (R10); 国务院令第310号第五条
asks it of →公安. No source asks it of →市场监管, →纪检监察 and further routes: there it is the hub's default, by
analogy with R9. A reverse transfer (国务院令第310号第十三条) asks none.
"""

from collections.abc import Mapping
from itertools import chain
from typing import Final

from hub.clues.lifecycle_edges import (
    DEFAULT,
    POLICE_RECEIPT,
    SENDER,
    SENDER_PRINCIPAL,
    Edge,
    RouteRules,
    competence,
    delivery,
    drafting,
    ending,
    filing,
    onward,
    starting,
)
from hub.clues.lifecycle_guards import Guard
from hub.clues.lifecycle_police import afterwards, reconsideration, remit, supervision
from hub.clues.lifecycle_refusals import HUB, NX, ORDER_159, ORDER_310
from hub.clues.lifecycle_words import Choice, Clock, Route

_MUTUAL: Final = f"{NX}三（二）第一款"

RULES: Final[Mapping[Route, RouteRules]] = {
    rules.route: rules
    for rules in (
        RouteRules(
            Route.HEALTHCARE_SECURITY_TO_HEALTH,
            approval=f"{NX}三（二）第二款",
            recall=SENDER,
            contents=f"{NX}三（二）第二款",
            receipt=_MUTUAL,
            supplement=_MUTUAL,
            handling=f"{NX}三（二）第二款",
            transfer_clock=(Clock.HEALTH_TRANSFER_AFTER_SERVICE,),
        ),
        RouteRules(
            Route.HEALTH_TO_HEALTHCARE_SECURITY,
            approval=None,
            recall=SENDER,
            contents=f"{NX}三（二）第三款",
            receipt=_MUTUAL,
            supplement=_MUTUAL,
            handling=f"{NX}三（二）第三款；国家医疗保障局令第4号",
            transfer_clock=(Clock.SECURITY_TRANSFER_AFTER_DISCOVERY,),
            receipt_clocks=(Clock.FILING_VERIFICATION,),
            notifies=True,
        ),
        RouteRules(
            Route.TO_MARKET_REGULATION,
            approval=DEFAULT,
            recall=SENDER,
            contents=DEFAULT,
            receipt=DEFAULT,
            supplement=DEFAULT,
            handling=f"条例第二十二条；{HUB}",
        ),
        RouteRules(
            Route.TO_PUBLIC_SECURITY,
            approval=f"{ORDER_310}第五条",
            recall=SENDER_PRINCIPAL,
            contents=f"{ORDER_310}第六条",
            receipt=f"{ORDER_310}第七条",
            supplement=f"{ORDER_159}第一百八十条第二款",
            handling=f"{ORDER_310}第八条",
            submission_starts=(Clock.POLICE_REPORT_DECISION,),
            submission_guards=(Guard.TWO_OFFICERS_NAMED,),
            approval_starts=(Clock.POLICE_TRANSFER,),
            sending_guards=(Guard.PROCURATORATE_COPIED,),
            recall_guards=(Guard.NO_DEMAND_PENDING,),
            receipt_clocks=POLICE_RECEIPT,
            onward=(Choice.TO_DISCIPLINE_INSPECTION,),
        ),
        RouteRules(
            Route.TO_DISCIPLINE_INSPECTION,
            approval=DEFAULT,
            recall=SENDER,
            contents=f"{NX}三（二）第三款；{ORDER_310}第十九条",
            receipt=DEFAULT,
            supplement=DEFAULT,
            handling=f"监察法第三十八条至第四十二条；{HUB}",
            competence=f"监察法第十六条第三款；{HUB}",
            onward=(),
        ),
        RouteRules(
            Route.REVERSE,
            approval=None,
            recall=SENDER,
            contents=f"{ORDER_310}第十三条；处罚法第二十七条",
            receipt=DEFAULT,
            supplement=DEFAULT,
            handling=f"{ORDER_310}第十三条；处罚法第二十七条",
            receipt_clocks=(Clock.FILING_VERIFICATION,),
        ),
        RouteRules(
            Route.OTHER,
            approval=DEFAULT,
            recall=SENDER,
            contents=DEFAULT,
            receipt=DEFAULT,
            supplement=DEFAULT,
            handling=DEFAULT,
            receipt_clocks=(Clock.FILING_VERIFICATION,),
        ),
    )
}

_ANSWERED: Final = (Guard.NO_RECONSIDERATION_PENDING, Guard.NO_DEMAND_PENDING)


def _handling(rules: RouteRules) -> tuple[Edge, ...]:
    match rules.route:
        case Route.TO_PUBLIC_SECURITY:
            return tuple(
                chain(
                    remit(),
                    filing(
                        rules,
                        (Guard.NO_DEMAND_PENDING,),
                        (Clock.ARTICLES_HANDOVER,),
                        (Clock.RECONSIDERATION_REQUEST, Clock.FILING_SUPERVISION_REQUEST_DIRECT),
                    ),
                    reconsideration(),
                    supervision(),
                    afterwards(),
                )
            )
        case Route.HEALTH_TO_HEALTHCARE_SECURITY:
            return (*competence(rules), *filing(rules))
        case Route.REVERSE | Route.OTHER:
            return (
                *competence(rules),
                *filing(rules, (Guard.RECEIVER_FILES,)),
                *starting(rules, (Guard.RECEIVER_STARTS,)),
            )
        case _:
            return (*competence(rules), *starting(rules))


def _table(rules: RouteRules) -> tuple[Edge, ...]:
    ends = (
        ending(_ANSWERED, (Guard.ARTICLES_SETTLED, Guard.HANDLING_SETTLED))
        if rules.route is Route.TO_PUBLIC_SECURITY
        else ending(closing=(Guard.NOTICE_SETTLED,) if rules.notifies else ())
    )
    return (*drafting(rules), *delivery(rules), *_handling(rules), *onward(rules), *ends)


TABLES: Final[Mapping[Route, tuple[Edge, ...]]] = {route: _table(rules) for route, rules in RULES.items()}
"""Every transition there is. What is not in it cannot be done."""

_CRIMINAL_SIDE: Final = frozenset({"PUBLIC_SECURITY", "DISCIPLINE_INSPECTION", "PROCURATORATE"})
"""What these send to an administrative agency is a reverse transfer."""


def route_of(sender_kind: str, receiver_kind: str) -> Route:
    """The route between two kinds of agency (domain.md G); the same as that of `hub.law`, which a test holds.

    Examples:
        >>> route_of("HEALTH", "HEALTHCARE_SECURITY").value
        'HEALTH_TO_HEALTHCARE_SECURITY'
        >>> route_of("PUBLIC_SECURITY", "MARKET_REGULATION").value
        'REVERSE'
        >>> route_of("PUBLIC_SECURITY", "DISCIPLINE_INSPECTION").value
        'TO_DISCIPLINE_INSPECTION'
    """
    match sender_kind, receiver_kind:
        case _, "PUBLIC_SECURITY":
            return Route.TO_PUBLIC_SECURITY
        case _, "DISCIPLINE_INSPECTION":
            return Route.TO_DISCIPLINE_INSPECTION
        case sender, receiver if sender in _CRIMINAL_SIDE and receiver not in _CRIMINAL_SIDE:
            return Route.REVERSE
        case "HEALTHCARE_SECURITY", "HEALTH":
            return Route.HEALTHCARE_SECURITY_TO_HEALTH
        case "HEALTH", "HEALTHCARE_SECURITY":
            return Route.HEALTH_TO_HEALTHCARE_SECURITY
        case _, "MARKET_REGULATION":
            return Route.TO_MARKET_REGULATION
        case _:
            return Route.OTHER
