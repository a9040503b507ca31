"""A condition in words, Chinese and English: for `hub policy explain`."""

from typing import NamedTuple

from hub.policy.predicate import (
    And,
    Const,
    Literal,
    Not,
    Operand,
    Operator,
    Or,
    Parameter,
    Predicate,
    RecordOperand,
    Test,
)


class Words(NamedTuple):
    zh: str
    en: str


_TESTS = {
    ("", Operator.IN_REGION): Words("位于本机关行政区域及以下", "it lies in the agency's region or below"),
    ("audience", Operator.CONTAINS): Words("本机关为移送双方或抄送机关", "the agency is a party to it, or notified"),
    ("parties", Operator.CONTAINS): Words("本机关为移送机关或现接收机关", "the agency sent it, or now has received it"),
    ("reportTakers", Operator.CONTAINS): Words("本机关为举报受理机关", "the agency took the report"),
    ("subjects", Operator.CONTAINS): Words("本机关为涉案主体", "the agency is a subject of the case"),
    ("openFor", Operator.CONTAINS): Words(
        "属于令牌载明的、本机关正在办理的案件", "it belongs to the case of the token, open for the agency"
    ),
    ("sender", Operator.EQUALS): Words("由本机关移送", "the agency sent it"),
    ("case", Operator.EQUALS): Words("属于令牌载明的案件", "it is of the case of the token"),
    ("naturalPerson", Operator.IS_TRUE): Words("相对人为自然人", "it is about a natural person"),
    ("published", Operator.IS_TRUE): Words("处于公示期内", "it is published"),
    ("sent", Operator.IS_TRUE): Words("已发出", "it is sent"),
    ("overdue", Operator.IS_TRUE): Words("已逾期", "it is overdue"),
    ("reported", Operator.IS_TRUE): Words("已反馈办理结果", "its result is reported"),
    ("sampledBy", Operator.CONTAINS): Words("本机关抽查抽中", "the agency drew it in a spot check"),
    ("senderRegion", Operator.IN_REGION): Words(
        "移送机关位于本机关行政区域及以下", "the sender is of the agency's region or below"
    ),
    ("senderRegion", Operator.EQUALS): Words(
        "移送机关与本机关同一行政区域", "the sender is of the agency's own region"
    ),
    ("receiverRegion", Operator.IN_REGION): Words(
        "接收机关位于本机关行政区域及以下", "the receiver is of the agency's region or below"
    ),
    ("receiverRegion", Operator.EQUALS): Words(
        "接收机关与本机关同一行政区域", "the receiver is of the agency's own region"
    ),
}
_ATTRIBUTES = {
    "senderKind": Words("移送机关类别", "the kind of the sender"),
    "receiverKind": Words("接收机关类别", "the kind of the receiver"),
}
_OPERATORS = {
    Operator.EQUALS: Words("为", "is"),
    Operator.ONE_OF: Words("为其一：", "is one of"),
    Operator.IN_REGION: Words("位于", "lies in"),
    Operator.IS_TRUE: Words("为真", "is true"),
    Operator.CONTAINS: Words("包含", "contains"),
    Operator.CONTAINS_ANY: Words("包含其一：", "contains one of"),
}
_PARAMETERS = {
    Parameter.AGENCY: Words("本机关", "the agency"),
    Parameter.AGENCY_USCC: Words("本机关统一社会信用代码", "the agency's uscc"),
    Parameter.REGION: Words("本机关行政区域", "the agency's region"),
    Parameter.CASE: Words("令牌载明的案件", "the case of the token"),
    Parameter.NOW: Words("现在", "now"),
    Parameter.TODAY: Words("今天", "today"),
    Parameter.WORKING_DAYS: Words("工作日历", "the calendar of working days"),
}


def words(predicate: Predicate) -> Words:
    """The condition as one clause in each language."""
    match predicate:
        case Const(value):
            return Words("始终", "always") if value else Words("从不", "never")
        case Not(part):
            told = words(part)
            return Words(f"并非{told.zh}", f"not {told.en}")
        case And(parts):
            return _joined(parts, "，且", " and ")
        case Or(parts):
            return _joined(parts, "，或", " or ")
        case Test():
            told = _TESTS.get((predicate.attribute, predicate.operator)) or _plain(predicate)
            return Words(f"“{told.zh}”", f"[{told.en}]")


def _joined(parts: tuple[Predicate, ...], zh: str, en: str) -> Words:
    told = [words(part) for part in parts]
    return Words(
        zh.join(
            f"（{one.zh}）" if isinstance(part, And | Or) else one.zh for part, one in zip(parts, told, strict=True)
        ),
        en.join(f"({one.en})" if isinstance(part, And | Or) else one.en for part, one in zip(parts, told, strict=True)),
    )


def _plain(test: Test) -> Words:
    """A test without a sentence of its own: an attribute, what is asked of it, a value."""
    attribute = _ATTRIBUTES.get(test.attribute, Words(test.attribute, test.attribute))
    operator, value = _OPERATORS[test.operator], _operand(test.operand)
    return Words(f"{attribute.zh}{operator.zh}{value.zh}", f"{attribute.en} {operator.en} {value.en}")


def _operand(operand: Operand) -> Words:
    match operand:
        case Parameter():
            return _PARAMETERS[operand]
        case Literal(value):
            return Words(str(value), str(value))
        case RecordOperand(fields):
            told = [_operand(value) for _, value in fields]
        case tuple():
            told = [_operand(member) for member in operand]
        case None:
            return Words("", "")
    return Words("、".join(one.zh for one in told), ", ".join(one.en for one in told))
