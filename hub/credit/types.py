"""Subgraph `credit`: credit scores 信用评分 by institution and period (R24, domain.md D)."""

from datetime import date
from decimal import Decimal

import strawberry

from hub.credit import tables
from hub.credit.facts import CREDIT_SCORE, DEDUCTION, EFFECT
from hub.graph.declare import Many, RecordType, hidden_fields, item, many, one, record, value
from hub.graph.moments import Moments
from hub.graph.pages import pages
from hub.parties.types import Institution
from hub.policy.vocabulary import DataClass

SUPERVISION, INVESTIGATION = DataClass.SUPERVISION, DataClass.INVESTIGATION


@item(
    RecordType(tables.CreditDimension.__table__, order=(("position", False), ("id", False))),
    description="评分维度 One dimension of a score",
)
class CreditDimension:
    name: str | None = value(SUPERVISION, "维度 Name")
    score: Decimal | None = value(SUPERVISION, "得分 Score", as_text=True)
    weight: Decimal | None = value(SUPERVISION, "权重 Weight", as_text=True)
    hidden_fields: list[str] = hidden_fields()


@record(
    RecordType(
        tables.CreditEffect.__table__,
        EFFECT,
        scope="credit:read",
        identifying="rule",
        order=(("position", False), ("id", False)),
    ),
    description="事件的影响 What one event of no case does to a score; what comes from a case is a deduction",
)
class CreditEffect:
    event: strawberry.ID | None = value(SUPERVISION, "事件 Public id of the event")
    rule: str | None = value(SUPERVISION, "规则 Rule of the model")
    title: str | None = value(SUPERVISION, "规则名称 Title of the rule")
    dimension: str | None = value(SUPERVISION, "维度 Code of the dimension")
    points: int | None = value(SUPERVISION, "影响 Points taken from the dimension; negative: added")
    occurred_on: date | None = value(SUPERVISION, "发生日 Day of the event")
    clause: str | None = value(SUPERVISION, "依据 Clause")
    hidden_fields: list[str] = hidden_fields()


@record(
    RecordType(
        tables.CreditDeduction.__table__,
        DEDUCTION,
        scope="credit:read",
        identifying="reason",
        order=(("position", False), ("id", False)),
    ),
    description="扣分 One deduction; listed only under the open case it comes from",
)
class CreditDeduction:
    reason: str | None = value(INVESTIGATION, "扣分原因 Reason")
    points: Decimal | None = value(INVESTIGATION, "扣分 Points", as_text=True)
    case_no: str | None = value(INVESTIGATION, "案件编号 Case number")
    hidden_fields: list[str] = hidden_fields()


@record(
    RecordType(
        tables.CreditScore.__table__,
        CREDIT_SCORE,
        scope="credit:read",
        identifying="period",
        order=(("period", True), ("nhsa_code", True)),
    ),
    description="信用评分 Credit score of an institution for a period (a labelled sample model)",
)
class CreditScore:
    institution: Institution | None = one(SUPERVISION, "机构 Institution", local="institution_id")
    period: str = value(SUPERVISION, "期间 Period, for example 2025Q4")
    score: Decimal | None = value(SUPERVISION, "得分 Score", as_text=True)
    grade: str | None = value(SUPERVISION, "等级 Grade")
    model_version: str | None = value(SUPERVISION, "模型版本 Model version")
    dimensions: list[CreditDimension] | None = many(SUPERVISION, "维度 Dimensions", Many("id", "score_id"))
    measures: list[str] | None = value(SUPERVISION, "信用措施 Credit measures")
    effects: list[CreditEffect] | None = many(
        SUPERVISION, "评分解释 How the score came about, event by event", Many("id", "score_id")
    )
    deductions: list[CreditDeduction] | None = many(INVESTIGATION, "扣分 Deductions", Many("id", "score_id"))
    hidden_fields: list[str] = hidden_fields()


MOMENTS = Moments(tables.SCORE_AS_KNOWN, ("Effect", SUPERVISION))
"""A score as it was known before can rest on what was revoked since: who may not read effects may not ask (R23)."""
_score = pages(CreditScore, module=__name__)
CreditScoreConnection, CreditScoreFilter, CreditScoreOrder = _score.connection, _score.filter, _score.order
