"""The rows of →公安 alone: 行刑衔接 (国务院令第310号, 公安部令第159号第178–182条; domain.md R12)."""

from collections.abc import Iterator
from typing import Final

from hub.clues.lifecycle_edges import (
    RECEIVER,
    RECEIVER_CLOCKS,
    REMEDY_WINDOWS,
    SENDER,
    C,
    E,
    Edge,
    G,
    S,
)
from hub.clues.lifecycle_refusals import HUB, ORDER_159, ORDER_310
from hub.clues.lifecycle_state import Facts
from hub.clues.lifecycle_words import Choice, Clock, Decision, Reconsideration, Role, Status, Supervision

DECIDED: Final[tuple[Status, ...]] = (S.HANDLING, S.RESULT_REPORTED)
"""A remedy against 不予立案 stays open after the result was reported; only closing ends it."""
FILING_ENDS: Final = (
    *RECEIVER_CLOCKS,
    *REMEDY_WINDOWS,
    Clock.RECONSIDERATION_ANSWER,
    Clock.POLICE_EXPLAINS,
    Clock.POLICE_FILES,
    Clock.RESULT_ACKNOWLEDGEMENT,
)
FILED: Final[Facts] = {
    "decision": Decision.FILED,
    "reconsideration": Reconsideration.NOT_ASKED,
    "supervision": Supervision.NONE,
    "articles_handed_over": False,
    "acknowledged": False,
}
FILING_STARTS: Final = (Clock.ARTICLES_HANDOVER, Clock.RESULT_FEEDBACK)


def remit() -> Iterator[Edge]:
    """Another bureau's: forwarded within 24 hours. Not public security's at all: returned with written reasons."""
    yield Edge(
        (S.RECEIVED, S.SUPPLEMENT_REQUESTED), C.FORWARD, RECEIVER, E.FORWARDED, S.SENT, f"{ORDER_310}第七条",
        guards=(G.NO_DEMAND_PENDING, G.REASON_GIVEN, G.RECEIVER_NAMED, G.RECEIVER_OF_THIS_ROUTE),
        sets={"supervision": Supervision.NONE},
        starts=(Clock.ARRIVAL,), stops=(*RECEIVER_CLOCKS, Clock.RESULT_FEEDBACK), moves=True,
    )  # fmt: skip
    yield Edge(
        (S.RECEIVED,), C.RETURN_NOT_COMPETENT, RECEIVER, E.RETURNED_AS_NOT_WITHIN_REMIT, S.HANDLING,
        f"{ORDER_159}第一百八十条第三款", guards=(G.NO_DEMAND_PENDING, G.REASON_GIVEN),
        sets={"decision": Decision.NOT_WITHIN_REMIT}, stops=RECEIVER_CLOCKS,
    )  # fmt: skip
    yield Edge(
        DECIDED, C.FILE_CASE, RECEIVER, E.CASE_FILED_ON_NEW_FACTS, S.HANDLING, f"{ORDER_159}第一百七十八条第三款",
        guards=(G.DECLINED, G.NO_DEMAND_PENDING, G.NO_RECONSIDERATION_PENDING, G.REASON_GIVEN), sets=FILED,
        starts=FILING_STARTS, stops=FILING_ENDS,
    )  # fmt: skip


def reconsideration() -> Iterator[Edge]:
    """复议: once, by the sender, against 不予立案."""
    yield Edge(
        DECIDED, C.REQUEST_RECONSIDERATION, SENDER, E.RECONSIDERATION_REQUESTED, None, f"{ORDER_310}第九条第一款",
        guards=(G.DECLINED, G.RECONSIDERATION_UNUSED, G.NO_FILING_DEMAND, G.REASON_GIVEN),
        sets={"reconsideration": Reconsideration.PENDING},
        starts=(Clock.RECONSIDERATION_ANSWER,), stops=(Clock.RECONSIDERATION_REQUEST,),
    )  # fmt: skip
    yield Edge(
        DECIDED, C.ANSWER_RECONSIDERATION, RECEIVER, E.CASE_FILED_ON_RECONSIDERATION, S.HANDLING,
        f"{ORDER_310}第九条第二款", choice=Choice.FILE, guards=(G.RECONSIDERATION_PENDING, G.NO_DEMAND_PENDING),
        sets=FILED, starts=FILING_STARTS, stops=FILING_ENDS,
    )  # fmt: skip
    yield Edge(
        DECIDED, C.ANSWER_RECONSIDERATION, RECEIVER, E.DECLINE_UPHELD, None, f"{ORDER_310}第九条第二款",
        choice=Choice.UPHOLD, guards=(G.RECONSIDERATION_PENDING, G.NO_FILING_DEMAND, G.REASON_GIVEN),
        sets={"reconsideration": Reconsideration.UPHELD},
        starts=(Clock.FILING_SUPERVISION_REQUEST,), stops=(Clock.RECONSIDERATION_ANSWER,),
    )  # fmt: skip


def supervision() -> Iterator[Edge]:
    """立案监督: asked for by the sender or begun by the 检察院 itself, demanded by it, answered by 公安.

    A demand that is not answered blocks filing round it, declining, forwarding, the result and the closing.
    """
    yield Edge(
        DECIDED, C.REQUEST_FILING_SUPERVISION, SENDER, E.FILING_SUPERVISION_REQUESTED, None, f"{ORDER_310}第九条",
        guards=(G.DECLINED, G.NO_RECONSIDERATION_PENDING, G.SUPERVISION_UNASKED, G.REASON_GIVEN),
        sets={"supervision": Supervision.ASKED},
        stops=(Clock.FILING_SUPERVISION_REQUEST_DIRECT, Clock.FILING_SUPERVISION_REQUEST),
    )  # fmt: skip
    yield Edge(
        DECIDED, C.REQUEST_FILING_SUPERVISION, Role.PROCURATORATE, E.EXPLANATION_DEMANDED, None,
        f"{ORDER_310}第九条第三款；{ORDER_159}第一百八十二条第一款", choice=Choice.DEMAND_EXPLANATION,
        guards=(G.NOT_FILED, G.NO_DEMAND_PENDING, G.REASON_GIVEN),
        sets={"supervision": Supervision.EXPLANATION_DEMANDED}, starts=(Clock.POLICE_EXPLAINS,),
    )  # fmt: skip
    yield Edge(
        (S.ARRIVED, S.RECEIVED, S.SUPPLEMENT_REQUESTED), C.REQUEST_FILING_SUPERVISION, Role.PROCURATORATE,
        E.EXPLANATION_OF_DELAY_DEMANDED, None, f"{ORDER_310}第十七条", choice=Choice.DEMAND_EXPLANATION,
        guards=(G.NO_DEMAND_PENDING, G.REASON_GIVEN, G.DECISION_OVERDUE),
        sets={"supervision": Supervision.EXPLANATION_DEMANDED}, starts=(Clock.POLICE_EXPLAINS,),
    )  # fmt: skip
    yield Edge(
        (S.RECEIVED, S.SUPPLEMENT_REQUESTED, *DECIDED), C.REQUEST_FILING_SUPERVISION, Role.PROCURATORATE,
        E.FILING_DEMANDED, None, f"{ORDER_159}第一百八十二条第二款", choice=Choice.DEMAND_FILING,
        guards=(G.EXPLAINED, G.REASON_GIVEN), sets={"supervision": Supervision.FILING_DEMANDED},
        starts=(Clock.POLICE_FILES,),
    )  # fmt: skip
    yield Edge(
        (S.ARRIVED, S.RECEIVED, S.SUPPLEMENT_REQUESTED, *DECIDED), C.ANSWER_FILING_SUPERVISION, RECEIVER,
        E.NOT_FILING_EXPLAINED, None, f"{ORDER_159}第一百八十二条第一款", choice=Choice.EXPLAIN,
        guards=(G.NO_FILING_DEMAND, G.EXPLANATION_DEMANDED, G.REASON_GIVEN),
        sets={"supervision": Supervision.EXPLAINED}, stops=(Clock.POLICE_EXPLAINS,),
    )  # fmt: skip
    yield Edge(
        (S.RECEIVED, S.SUPPLEMENT_REQUESTED, *DECIDED), C.ANSWER_FILING_SUPERVISION, RECEIVER,
        E.CASE_FILED_ON_SUPERVISION, S.HANDLING, f"{ORDER_159}第一百八十二条", choice=Choice.FILE,
        guards=(G.DEMAND_PENDING,), sets=FILED, starts=FILING_STARTS, stops=FILING_ENDS,
    )  # fmt: skip


def afterwards() -> Iterator[Edge]:
    """Filed: articles handed over. Declined: the sender handles it. Liability without crime: transferred back."""
    yield Edge(
        DECIDED, C.HAND_OVER_ARTICLES, SENDER, E.ARTICLES_HANDED_OVER, None, f"{ORDER_310}第十二条",
        guards=(G.FILED, G.ARTICLES_OUTSTANDING, G.ARTICLES_LISTED), sets={"articles_handed_over": True},
        stops=(Clock.ARTICLES_HANDOVER,),
    )  # fmt: skip
    yield Edge(
        DECIDED, C.HANDLE_AFTER_DECLINE, SENDER, E.HANDLED_AFTER_DECLINE, None, f"{ORDER_310}第十条、第十一条",
        guards=(
            G.DECLINED, G.HANDLING_OUTSTANDING, G.NO_RECONSIDERATION_PENDING, G.NO_DEMAND_PENDING, G.RESULT_COMPLETE,
        ),
        sets={"handled_after_decline": True},
    )  # fmt: skip
    yield Edge(
        (S.HANDLING,), C.TRANSFER_BACK, RECEIVER, E.TRANSFERRED_BACK, None,
        f"{ORDER_310}第十三条；处罚法第二十七条；{HUB}",
        guards=(G.JUDGED, G.NO_RECONSIDERATION_PENDING, G.NO_DEMAND_PENDING, G.REASON_GIVEN),
    )  # fmt: skip
