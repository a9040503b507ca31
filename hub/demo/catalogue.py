"""What the seeds name: violations by route (R3–R7), sources of a clue (R28), evidence, measures, sanctions.

A code is `{pack}-{part}-{n}`: pack and year of the document, part of it, number in its list; the last member of each
list is its 等 ("other"). Titles are shortened.
"""

from typing import Final, NamedTuple


class Violation(NamedTuple):
    code: str
    title: str


def _list(prefix: str, titles: str) -> tuple[Violation, ...]:
    return tuple(Violation(f"{prefix}-{number}", title) for number, title in enumerate(titles.split(), 1))


TO_HEALTH: Final = _list(
    "NX2022-HS",  # 000 二(一)
    "未执行实名就医购药管理规定 违规安排患者到指定地点购买耗材 未经同意提供支付范围外服务 过度诊疗分解处方超量重复开药 "
    "无依据检查或重复检查 诱导协助冒名虚假就医 其他不合理不必要医疗服务",
)
TO_SECURITY: Final = _list(
    "NX2022-HE",  # 000 二(二)
    "分解住院挂床住院 重复超标准分解项目收费 串换药品耗材诊疗项目 为转卖药品返还现金提供便利 支付范围外费用纳入结算 "
    "伪造变造隐匿医学文书 虚构医药服务项目 其他造成基金损失行为",
)
TO_POLICE: Final = _list(
    "XJ2025D-PS",  # 004 第二十七条 (draft)
    "黑中介拉拢虚假住院 倒卖回流药骗保 空刷套刷医保凭证 伪造处方发票检查报告骗保 协助非参保人骗取待遇资格 "
    "暴力威胁阻碍执法 隐藏转移封存财物 伪造隐匿毁灭证据 明知赃物窝藏代销 其他应追究刑事责任行为",
)
TO_MARKET: Final = _list("NY2025-MR", "执业药师挂证 医药企业伪造发票 伪造随货同行单 其他药品流通违法行为")  # 002 六(五)
TO_DISCIPLINE: Final = _list("NY2025-DI", "医药领域不正之风和腐败问题 公职人员涉嫌职务违法犯罪 检查人员违纪违法")
PHARMACY: Final = _list(
    "CC2018-RP",  # 001, of its fourteen those of pharmacies
    "串换药品刷卡套取基金 代非定点单位刷卡结算 协助参保人套现个人账户 虚报假传数据套取基金 其他违反社会保险规定行为",
)
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


TRANSFER_DOCUMENT: Final = Item("TRANSFER_DOCUMENT", "移送书.pdf", "PROCEDURE", "application/pdf")
INVESTIGATION: Final = (
    Item("INVESTIGATION_REPORT", "调查报告.pdf", "INVESTIGATION", "application/pdf"),
    Item("VIOLATION_LIST", "违规问题明细.xlsx", "INVESTIGATION", "application/vnd.ms-excel"),
    Item("INTERVIEW_RECORD", "询问笔录.pdf", "INVESTIGATION", "application/pdf"),
    Item("EXPERT_OPINION", "专家鉴定意见.pdf", "INVESTIGATION", "application/pdf"),
)
MEDICAL: Final = (
    Item("MEDICAL_RECORD", "住院病历复印件.pdf", "HEALTH_DATA", "application/pdf"),
    Item("PRESCRIPTION", "处方影印件.pdf", "HEALTH_DATA", "application/pdf"),
    Item("EXAMINATION_REPORT", "检查报告单.pdf", "HEALTH_DATA", "application/pdf"),
)
IDENTITY: Final = Item("IDENTITY_DOCUMENT", "参保人身份材料.pdf", "PERSONAL", "application/pdf")
TRADE: Final = (
    Item("PURCHASE_LEDGER", "进销存台账.xlsx", "TRADE_SECRET", "application/vnd.ms-excel"),
    Item("SUPPLY_CONTRACT", "供货合同.pdf", "TRADE_SECRET", "application/pdf"),
)
INFORMANT: Final = Item("REPORT_RECORD", "举报登记表.pdf", "INFORMANT", "application/pdf")

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
MEASURES: Final = ("法治教育", "签订承诺保证书", "列入重点监管对象", "增加检查频次")  # 004 第十六条

MODEL: Final = "sample-2026.1"
"""The scoring model of the sample; no seed defines one (R24)."""
DIMENSIONS: Final = (  # name, weight in hundredths; each model variant sums to 100
    (("基金使用合规", 50), ("协议履行", 30), ("信息质量", 20)),
    (("基金使用合规", 40), ("协议履行", 25), ("信息质量", 20), ("社会评价", 15)),
    (("基金使用合规", 35), ("协议履行", 20), ("信息质量", 15), ("社会评价", 15), ("自查自纠", 15)),
)
GRADES: Final = ((90_000, "A"), (80_000, "B"), (65_000, "C"), (0, "D"))  # from so many hundredths of 1,000 points on
