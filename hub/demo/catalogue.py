"""What the seeds name: violations by route (R3–R7), sources of a clue (R28), evidence, measures, sanctions.

The violations are those of the rule packs (`hub.law.catalogue`), by their codes and short titles.
"""

from typing import Final, NamedTuple

from hub.law.catalogue import catalogues


class Violation(NamedTuple):
    code: str
    title: str


def _list(catalogue: str, members: int | None = None) -> tuple[Violation, ...]:
    """Members of a rule pack's list, with their short titles; the first few where the sample uses no more."""
    entries = catalogues().lists[catalogue].entries[:members]
    return tuple(Violation(entry.code, entry.short) for entry in entries)


TO_HEALTH: Final = _list("NX2022-HS")
TO_SECURITY: Final = _list("NX2022-HE")
TO_POLICE: Final = _list("XJ2025D-PS")
TO_MARKET: Final = _list("NY2025-MR")
TO_DISCIPLINE: Final = _list("NY2025-DI", 3)
PHARMACY: Final = _list("CC2018-RP")
ROUTES: Final = {
    "TO_HEALTH": TO_HEALTH,
    "TO_SECURITY": TO_SECURITY,
    "TO_POLICE": TO_POLICE,
    "TO_MARKET": TO_MARKET,
    "TO_DISCIPLINE": TO_DISCIPLINE,
    "PHARMACY": PHARMACY,
}

REPORT: Final = "REPORT"
SOURCES: Final = {
    "SMART_MONITORING": "智能监控",
    "EXPERT_REVIEW": "专家评审",
    REPORT: "举报",
    "SOCIAL_SUPERVISOR": "社会监督员",
    "PATROL_ASSISTANT": "巡查协管员",
    "GRID_WORKER": "网格员",
    "HOME_VISIT": "入户走访",
    "SELF_INSPECTION": "自查自纠",
    "SUPERIOR_ASSIGNMENT": "上级交办",
    "DEPARTMENT_TRANSFER": "部门移送",
}


class Item(NamedTuple):
    """A kind of evidence, with the class that its items bear (domain.md D)."""

    kind: str
    name: str
    data_class: str
    media_type: str


PDF: Final = "application/pdf"
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TRANSFER_DOCUMENT: Final = Item("TRANSFER_DOCUMENT", "移送书.pdf", "PROCEDURE", PDF)
INVESTIGATION: Final = (
    Item("INVESTIGATION_REPORT", "调查报告.pdf", "INVESTIGATION", PDF),
    Item("VIOLATION_LIST", "违规问题明细.xlsx", "INVESTIGATION", XLSX),
    Item("INTERVIEW_RECORD", "询问笔录.pdf", "INVESTIGATION", PDF),
    Item("EXPERT_OPINION", "专家鉴定意见.pdf", "INVESTIGATION", PDF),
)
MEDICAL: Final = (
    Item("MEDICAL_RECORD", "住院病历复印件.pdf", "HEALTH_DATA", PDF),
    Item("PRESCRIPTION", "处方影印件.pdf", "HEALTH_DATA", PDF),
    Item("EXAMINATION_REPORT", "检查报告单.pdf", "HEALTH_DATA", PDF),
)
IDENTITY: Final = Item("IDENTITY_DOCUMENT", "参保人身份材料.pdf", "PERSONAL", PDF)
TRADE: Final = (
    Item("PURCHASE_LEDGER", "进销存台账.xlsx", "TRADE_SECRET", XLSX),
    Item("SUPPLY_CONTRACT", "供货合同.pdf", "TRADE_SECRET", PDF),
)
INFORMANT: Final = Item("REPORT_RECORD", "举报登记表.pdf", "INFORMANT", PDF)

OUTCOMES: Final = {
    "PENALTY_IMPOSED": "已作出行政处罚",
    "AGREEMENT_MEASURE": "已按协议处理并追回费用",
    "CRIMINAL_CASE_FILED": "已立案侦查",
    "CASE_DECLINED": "不予立案,材料已退回",
    "NO_VIOLATION": "经查未发现违法行为",
    "DISCIPLINARY_ACTION": "已给予处分",
}
OUTCOMES_OF: Final = {  # by the receiver's kind
    "PUBLIC_SECURITY": ("CRIMINAL_CASE_FILED", "CRIMINAL_CASE_FILED", "CASE_DECLINED"),
    "PROCURATORATE": ("CRIMINAL_CASE_FILED", "CASE_DECLINED"),
    "DISCIPLINE_INSPECTION": ("DISCIPLINARY_ACTION", "NO_VIOLATION"),
    "FUND_OPERATOR": ("AGREEMENT_MEASURE",),
    "HEALTHCARE_SECURITY": ("PENALTY_IMPOSED", "PENALTY_IMPOSED", "AGREEMENT_MEASURE", "NO_VIOLATION"),
    "HEALTH": ("PENALTY_IMPOSED", "PENALTY_IMPOSED", "DISCIPLINARY_ACTION", "NO_VIOLATION"),
    "MARKET_REGULATION": ("PENALTY_IMPOSED", "PENALTY_IMPOSED", "NO_VIOLATION"),
}

_DIAGNOSES: Final = (
    "高血压病3级 2型糖尿病 冠状动脉粥样硬化性心脏病 脑梗死恢复期 慢性阻塞性肺疾病 腰椎间盘突出症 颈椎病 膝骨关节炎 "
    "慢性胃炎 胆囊结石 慢性肾脏病5期 肺部感染 短暂性脑缺血发作 类风湿关节炎 骨质疏松症 前列腺增生 白内障 混合痔 "
    "缺铁性贫血 甲状腺结节 慢性乙型病毒性肝炎 急性支气管炎 带状疱疹 睡眠障碍"
)
DIAGNOSES: Final = tuple(_DIAGNOSES.split())

PERSON_KINDS: Final = {  # 涉案主体 that are persons (R2), by the route of the transfer
    "TO_HEALTH": ("MEDICAL_PERSONNEL", "UNQUALIFIED_PERSON"),
    "TO_SECURITY": ("INSURED_PERSON", "MANAGEMENT_PERSONNEL", "UNINSURED_PERSON"),
    "TO_POLICE": ("PROFESSIONAL_FRAUDSTER", "INTERMEDIARY", "DRUG_TRAFFICKER", "INSURED_PERSON"),
    "TO_MARKET": ("MEDICAL_PERSONNEL", "PHARMACEUTICAL_REPRESENTATIVE"),
    "TO_DISCIPLINE": ("PUBLIC_OFFICER", "INSPECTOR"),
    "PHARMACY": ("MANAGEMENT_PERSONNEL", "INSURED_PERSON"),
}

AGREEMENT_STATUSES: Final = ("ACTIVE",) * 17 + ("PAYMENT_SUSPENDED", "SERVICE_SUSPENDED", "TERMINATED")
