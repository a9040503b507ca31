"""The closed words of the rule packs (domain.md G, R2, R29)."""

from enum import StrEnum
from typing import Final

NATIONAL: Final = "000000"
"""The territory of national law; every region lies in it."""


class Rank(StrEnum):
    """Rank 位阶 of a document, highest first. `form` of the pack says 法律, 行政法规, 规章 in full."""

    LAW = "law"  # 法律、行政法规
    RULE = "rule"  # 部门规章
    NOTICE = "notice"  # 规范性文件、工作方案
    DRAFT = "draft"  # 征求意见稿: in force nowhere
    PRACTICE = "practice"  # 新闻报道的做法: no duty
    HUB_DEFAULT = "hub default"  # 平台规则

    @property
    def binds(self) -> bool:
        """Whether a document of this rank can bind anybody at all."""
        return self in {Rank.LAW, Rank.RULE, Rank.NOTICE}

    @property
    def order(self) -> int:
        """0 is the highest."""
        return list(Rank).index(self)


class Standing(StrEnum):
    """Whether a rule binds in the given place on the given day."""

    IN_FORCE = "IN_FORCE"
    HUB_DEFAULT = "HUB_DEFAULT"


class Unit(StrEnum):
    """Unit of a period. 日 are natural days unless the clause says 工作日 (R8)."""

    HOURS = "HOURS"
    NATURAL_DAYS = "NATURAL_DAYS"
    WORKING_DAYS = "WORKING_DAYS"
    FIXED_DATE = "FIXED_DATE"


class Route(StrEnum):
    """Way of a transfer; the last is every pair of agencies that has no procedure of its own."""

    HEALTHCARE_SECURITY_TO_HEALTH = "HEALTHCARE_SECURITY_TO_HEALTH"
    HEALTH_TO_HEALTHCARE_SECURITY = "HEALTH_TO_HEALTHCARE_SECURITY"
    TO_MARKET_REGULATION = "TO_MARKET_REGULATION"
    TO_PUBLIC_SECURITY = "TO_PUBLIC_SECURITY"
    TO_DISCIPLINE_INSPECTION = "TO_DISCIPLINE_INSPECTION"
    REVERSE = "REVERSE"
    OTHER = "OTHER"


class PartyKind(StrEnum):
    """涉案主体: who a case is about (R2)."""

    MEDICAL_INSTITUTION = "MEDICAL_INSTITUTION"
    RETAIL_PHARMACY = "RETAIL_PHARMACY"
    ELDERLY_CARE_INSTITUTION = "ELDERLY_CARE_INSTITUTION"
    INSURED_PERSON = "INSURED_PERSON"
    UNINSURED_PERSON = "UNINSURED_PERSON"
    FUND_OPERATOR = "FUND_OPERATOR"
    MEDICAL_PERSONNEL = "MEDICAL_PERSONNEL"
    MANAGEMENT_PERSONNEL = "MANAGEMENT_PERSONNEL"
    PHARMACEUTICAL_FIRM = "PHARMACEUTICAL_FIRM"
    PHARMACEUTICAL_REPRESENTATIVE = "PHARMACEUTICAL_REPRESENTATIVE"
    THIRD_PARTY = "THIRD_PARTY"
    DRUG_TRAFFICKER = "DRUG_TRAFFICKER"
    PROFESSIONAL_FRAUDSTER = "PROFESSIONAL_FRAUDSTER"
    INTERMEDIARY = "INTERMEDIARY"
    UNQUALIFIED_PERSON = "UNQUALIFIED_PERSON"
    PUBLIC_OFFICER = "PUBLIC_OFFICER"
    INSPECTOR = "INSPECTOR"


class Suspicion(StrEnum):
    """What the sender suspects beyond the catalogue code."""

    CRIME = "CRIME"
    DUTY_CRIME = "DUTY_CRIME"


class Harm(StrEnum):
    """What an act endangered, where a harmful consequence followed (处罚法 第三十六条)."""

    LIFE_AND_HEALTH = "LIFE_AND_HEALTH"
    FINANCIAL_SECURITY = "FINANCIAL_SECURITY"


class Severity(StrEnum):
    """失信程度 of what was penalised (信用修复管理办法): it decides how long the penalty is public (R23)."""

    MINOR = "MINOR"  # 轻微
    GENERAL = "GENERAL"  # 一般
    SERIOUS = "SERIOUS"  # 严重


HEALTHCARE_SECURITY: Final = "HEALTHCARE_SECURITY"
HEALTH: Final = "HEALTH"
_TO: Final = {
    "MARKET_REGULATION": Route.TO_MARKET_REGULATION,
    "PUBLIC_SECURITY": Route.TO_PUBLIC_SECURITY,
    "DISCIPLINE_INSPECTION": Route.TO_DISCIPLINE_INSPECTION,
}
CRIMINAL_SIDE: Final = frozenset({"PUBLIC_SECURITY", "DISCIPLINE_INSPECTION", "PROCURATORATE"})
"""Kinds that are no administrative agency in the sense of Order 310; what they send back is a reverse transfer."""


def route_of(sender_kind: str, receiver_kind: str) -> Route:
    """The route between two kinds of agency.

    >>> route_of("HEALTHCARE_SECURITY", "HEALTH").value
    'HEALTHCARE_SECURITY_TO_HEALTH'
    >>> route_of("PUBLIC_SECURITY", "HEALTHCARE_SECURITY").value
    'REVERSE'
    >>> route_of("FUND_OPERATOR", "HEALTHCARE_SECURITY").value
    'OTHER'
    """
    if (sender_kind, receiver_kind) == (HEALTHCARE_SECURITY, HEALTH):
        return Route.HEALTHCARE_SECURITY_TO_HEALTH
    if (sender_kind, receiver_kind) == (HEALTH, HEALTHCARE_SECURITY):
        return Route.HEALTH_TO_HEALTHCARE_SECURITY
    if sender_kind in CRIMINAL_SIDE and receiver_kind not in CRIMINAL_SIDE:
        return Route.REVERSE
    return _TO.get(receiver_kind, Route.OTHER)
