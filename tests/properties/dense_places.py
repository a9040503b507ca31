"""The regions, agencies, cases and words of the dense database."""

REGIONS = (
    ("640000", "宁夏回族自治区", 1, None),
    ("640100", "银川市", 2, "640000"),
    ("640104", "兴庆区", 3, "640100"),
    ("6401ND", "宁东", 3, "640100"),
    ("650000", "新疆维吾尔自治区", 1, None),
    ("650100", "乌鲁木齐市", 2, "650000"),
    ("650102", "天山区", 3, "650100"),
)
LEVEL = {code: level for code, _, level, _ in REGIONS}
KINDS_AT = {
    "HEALTHCARE_SECURITY": ("640000", "640100", "640104", "6401ND", "650102"),
    "HEALTH": ("640000", "640100", "640104", "650102"),
    "MARKET_REGULATION": ("640100", "640104"),
    "PUBLIC_SECURITY": ("640100", "640104"),
    "DISCIPLINE_INSPECTION": ("640100", "640104"),
    "PROCURATORATE": ("640104",),
    "FUND_OPERATOR": ("640104", "6401ND"),
    "CREDIT_PLATFORM": ("640000", "640104"),
    "HUB_OPERATOR": ("640000",),
}
WORKING = ("HEALTHCARE_SECURITY", "HEALTH", "MARKET_REGULATION", "PUBLIC_SECURITY", "FUND_OPERATOR", "PROCURATORATE")
STATUSES = (
    "DRAFT",
    "SUBMITTED",
    "APPROVED",
    "SENT",
    "ARRIVED",
    "RECEIVED",
    "SUPPLEMENT_REQUESTED",
    "HANDLING",
    "RESULT_REPORTED",
    "CLOSED",
    "RECALLED",
)
EVIDENCE_CLASSES = (
    "PUBLIC",
    "SUPERVISION",
    "PROCEDURE",
    "PARTY_IDENTITY",
    "INVESTIGATION",
    "HEALTH_DATA",
    "PERSONAL",
    "TRADE_SECRET",
    "INFORMANT",
)
TEXTS = ("甲", "乙'丙", 'a"b\\c', "", "null", "多行\n文本", "𠮷野", "Ab,c{}", "%_", "甲乙")
CASES = tuple(f"C-{number}" for number in range(8))
ALL_CLOSED = "C-0"
"""Closed for everyone."""
SUBJECTS = {"C-3": "640104-FUND_OPERATOR", "C-4": "640104-HEALTH"}
"""Cases in which an agency is itself a subject."""
DUE_CLOCKS = (None, "police_transfer", "supplement", "result_feedback", "designation")
"""The second is counted in hours."""
