"""The closed words of penalties, inspections and agreement measures (domain.md G, R20–R23)."""

from enum import StrEnum


class CounterpartyCategory(StrEnum):
    """行政相对人类别."""

    LEGAL_PERSON = "LEGAL_PERSON"  # 法人及非法人组织
    SOLE_TRADER = "SOLE_TRADER"  # 个体工商户
    NATURAL_PERSON = "NATURAL_PERSON"  # 自然人


class IdType(StrEnum):
    """证件类型 of a natural person."""

    RESIDENT_ID = "RESIDENT_ID"  # 居民身份证
    PASSPORT = "PASSPORT"  # 护照
    HONG_KONG_MACAO_PERMIT = "HONG_KONG_MACAO_PERMIT"  # 港澳居民来往内地通行证
    TAIWAN_PERMIT = "TAIWAN_PERMIT"  # 台湾居民来往大陆通行证
    PERMANENT_RESIDENCE = "PERMANENT_RESIDENCE"  # 外国人永久居留身份证


class PenaltyKind(StrEnum):
    """处罚种类 (处罚法第九条)."""

    WARNING = "WARNING"  # 警告
    CRITICISM = "CRITICISM"  # 通报批评
    FINE = "FINE"  # 罚款
    CONFISCATION = "CONFISCATION"  # 没收违法所得、没收非法财物
    LICENCE_SUSPENSION = "LICENCE_SUSPENSION"  # 暂扣许可证件
    QUALIFICATION_REDUCTION = "QUALIFICATION_REDUCTION"  # 降低资质等级
    LICENCE_REVOCATION = "LICENCE_REVOCATION"  # 吊销许可证件
    ACTIVITY_RESTRICTION = "ACTIVITY_RESTRICTION"  # 限制开展生产经营活动
    SERVICE_SUSPENSION = "SERVICE_SUSPENSION"  # 责令停产停业、暂停涉及医保基金使用的医药服务
    CLOSURE = "CLOSURE"  # 责令关闭
    EMPLOYMENT_BAN = "EMPLOYMENT_BAN"  # 限制从业
    OTHER = "OTHER"  # 法律、行政法规规定的其他行政处罚


class InspectionKind(StrEnum):
    """检查方式 (004 第22条; 002; R14)."""

    ROUTINE = "ROUTINE"  # 日常检查
    SPOT_CHECK = "SPOT_CHECK"  # 抽查
    SPECIAL = "SPECIAL"  # 专项检查
    UNANNOUNCED = "UNANNOUNCED"  # 飞行检查
    CROSS_REGION = "CROSS_REGION"  # 交叉检查
    JOINT = "JOINT"  # 联合检查


class FindingsClass(StrEnum):
    """检查结果类别: how grave, never what: the credit platform reads it."""

    NO_PROBLEM = "NO_PROBLEM"
    MINOR_PROBLEM = "MINOR_PROBLEM"
    GENERAL_PROBLEM = "GENERAL_PROBLEM"
    SERIOUS_PROBLEM = "SERIOUS_PROBLEM"


class InspectionMeasure(StrEnum):
    """处理措施 at an inspection. That a case was opened or transferred is none: it must not be told from here (R21)."""

    ORDER_CORRECTION = "ORDER_CORRECTION"  # 责令改正
    INTERVIEW = "INTERVIEW"  # 约谈
    RECOVERY = "RECOVERY"  # 追回基金


class AgreementMeasureKind(StrEnum):
    """协议处理 (004 第21条)."""

    URGE_PERFORMANCE = "URGE_PERFORMANCE"  # 督促履行服务协议
    SUSPEND_PAYMENT = "SUSPEND_PAYMENT"  # 暂停拨付费用
    REFUSE_PAYMENT = "REFUSE_PAYMENT"  # 不予拨付费用
    RECOVER = "RECOVER"  # 追回违规费用
    END_SERVICES = "END_SERVICES"  # 终止相关人员或者科室的医药服务
    DISSOLVE_AGREEMENT = "DISSOLVE_AGREEMENT"  # 解除服务协议


class Statement(StrEnum):
    """陈述、申辩 of the institution (004 第21条) and what came of it."""

    NOT_MADE = "NOT_MADE"
    NOT_ACCEPTED = "NOT_ACCEPTED"
    PARTLY_ACCEPTED = "PARTLY_ACCEPTED"
    ACCEPTED = "ACCEPTED"
