"""Chinese names of the codes that are printed. A code of imported data that is not among them is printed as it is."""

from collections.abc import Mapping
from typing import Final

SOURCES: Final[Mapping[str, str]] = {  # R28
    "SMART_MONITORING": "智能监控",
    "EXPERT_REVIEW": "专家评审",
    "REPORT": "举报",
    "SOCIAL_SUPERVISOR": "社会监督员",
    "PATROL_ASSISTANT": "巡查协管员",
    "GRID_WORKER": "网格员",
    "HOME_VISIT": "入户走访",
    "SELF_INSPECTION": "自查自纠",
    "SUPERIOR_ASSIGNMENT": "上级交办",
    "DEPARTMENT_TRANSFER": "部门移送",
}
PARTIES: Final[Mapping[str, str]] = {  # R2
    "MEDICAL_INSTITUTION": "定点医疗机构",
    "RETAIL_PHARMACY": "定点零售药店",
    "ELDERLY_CARE_INSTITUTION": "养老机构",
    "INSURED_PERSON": "参保人员",
    "UNINSURED_PERSON": "未参保人员",
    "FUND_OPERATOR": "医保经办机构",
    "MEDICAL_PERSONNEL": "医务人员",
    "MANAGEMENT_PERSONNEL": "管理人员",
    "PHARMACEUTICAL_FIRM": "医药企业",
    "PHARMACEUTICAL_REPRESENTATIVE": "医药代表",
    "THIRD_PARTY": "第三方机构",
    "DRUG_TRAFFICKER": "药贩",
    "PROFESSIONAL_FRAUDSTER": "职业骗保人",
    "INTERMEDIARY": "中介人员",
    "UNQUALIFIED_PERSON": "无资质人员",
    "PUBLIC_OFFICER": "公职人员",
    "INSPECTOR": "检查人员",
    "AGENCY": "机关",
}
EVIDENCE: Final[Mapping[str, str]] = {
    "TRANSFER_DOCUMENT": "移送书",
    "INVESTIGATION_REPORT": "调查报告",
    "VIOLATION_LIST": "违规问题明细",
    "ARTICLES_LIST": "涉案物品清单",
    "INSPECTION_REPORT": "检验（检查）报告",
    "EXPERT_OPINION": "鉴定结论",
    "PENALTY_DECISION": "行政处罚决定书",
    "INTERVIEW_RECORD": "询问笔录",
    "MEDICAL_RECORD": "病历",
    "PRESCRIPTION": "处方",
    "EXAMINATION_REPORT": "检查报告单",
    "IDENTITY_DOCUMENT": "身份材料",
    "PURCHASE_LEDGER": "进销存台账",
    "SUPPLY_CONTRACT": "供货合同",
    "PHYSICAL_EVIDENCE": "物证",
    "REPORT_RECORD": "举报登记表",
    "OTHER": "其他材料",
}
