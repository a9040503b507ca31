"""Subgraph `penalties`: inspection results 检查结果 and agreement measures 协议处理 (domain.md D; 条例33; 004)."""

from datetime import date, datetime
from decimal import Decimal

import strawberry

from hub.graph.declare import RecordType, hidden_fields, one, record, value
from hub.graph.pages import pages
from hub.parties.types import Agency, Institution
from hub.penalties import tables
from hub.penalties.facts import AGREEMENT_MEASURE, INSPECTION_RESULT
from hub.policy.vocabulary import DataClass

SUPERVISION = DataClass.SUPERVISION


@record(
    RecordType(
        tables.InspectionResult.__table__,
        INSPECTION_RESULT,
        scope="inspections:read",
        identifying="id",
        order=(("inspected_on", True), ("public_id", True)),
    ),
    description="日常监督检查结果 Result of an inspection of an institution; amounts in yuan",
)
class InspectionResult:
    id: strawberry.ID = value(SUPERVISION, "公开编号 Public id", column="public_id")
    institution: Institution | None = one(SUPERVISION, "被检查机构 Institution", local="institution_id")
    authority: Agency | None = one(SUPERVISION, "检查机关 Authority", local="authority", remote="code")
    result_no: str | None = value(SUPERVISION, "检查编号 Number, unique per authority")
    kind: str | None = value(SUPERVISION, "检查方式 Kind of inspection, for example SPOT_CHECK")
    period_from: date | None = value(SUPERVISION, "检查时段起 First day of the period inspected")
    period_to: date | None = value(SUPERVISION, "检查时段止 Last day of the period inspected")
    inspected_on: date | None = value(SUPERVISION, "检查日期 Inspected on")
    findings_class: str | None = value(SUPERVISION, "检查结果类别 Class of the findings, for example NO_PROBLEM")
    measures: list[str] | None = value(SUPERVISION, "处理措施 Measures, for example ORDER_CORRECTION")
    amount_recovered: Decimal | None = value(SUPERVISION, "追回金额（元） Recovered, yuan", as_text=True)
    recorded_at: datetime | None = value(SUPERVISION, "报送时间 Recorded at")
    hidden_fields: list[str] = hidden_fields()


@record(
    RecordType(
        tables.AgreementMeasure.__table__,
        AGREEMENT_MEASURE,
        scope="inspections:read",
        identifying="id",
        order=(("decided_on", True), ("public_id", True)),
    ),
    description="协议处理 Measure under the service agreement with an institution; amounts in yuan",
)
class AgreementMeasure:
    id: strawberry.ID = value(SUPERVISION, "公开编号 Public id", column="public_id")
    institution: Institution | None = one(SUPERVISION, "定点机构 Institution", local="institution_id")
    authority: Agency | None = one(SUPERVISION, "处理机关 Authority", local="authority", remote="code")
    measure_no: str | None = value(SUPERVISION, "处理文号 Number, unique per authority")
    kind: str | None = value(SUPERVISION, "处理方式 Kind of measure, for example SUSPEND_PAYMENT")
    agreement_clause: str | None = value(SUPERVISION, "协议条款 Clause of the agreement")
    department: str | None = value(SUPERVISION, "科室 Department whose services end")
    informed_on: date | None = value(SUPERVISION, "告知日期 Informed of the right to state and defend on")
    statement: str | None = value(SUPERVISION, "陈述申辩 What came of the statement and defence")
    statement_on: date | None = value(SUPERVISION, "陈述申辩日期 Stated and defended on")
    decided_on: date | None = value(SUPERVISION, "处理日期 Decided on")
    starts_on: date | None = value(SUPERVISION, "起始日期 Starts on")
    ends_on: date | None = value(SUPERVISION, "截止日期 Ends on")
    amount: Decimal | None = value(SUPERVISION, "金额（元） Amount refused or recovered, yuan", as_text=True)
    recorded_at: datetime | None = value(SUPERVISION, "报送时间 Recorded at")
    hidden_fields: list[str] = hidden_fields()


_inspection = pages(InspectionResult, module=__name__)
InspectionResultConnection, InspectionResultFilter, InspectionResultOrder = (
    _inspection.connection,
    _inspection.filter,
    _inspection.order,
)
_agreement = pages(AgreementMeasure, module=__name__)
AgreementMeasureConnection, AgreementMeasureFilter, AgreementMeasureOrder = (
    _agreement.connection,
    _agreement.filter,
    _agreement.order,
)
