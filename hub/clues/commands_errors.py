"""What a command answers when it is not carried out: a code, the clause, the field, what to do, in Chinese and English.

Three closed lists of codes: the lifecycle's (`RefusalCode`), the policies' (`CommandCode`) and those of the input
(`GivenCode`). No value that was sent is repeated.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from pydantic import ValidationError
from pydantic.alias_generators import to_camel

from hub.clues.commands_text import IDENTITY_NUMBER, SECRET
from hub.clues.lifecycle_refusals import HUB, ORDER_310, Refusal, RefusalCode, Wording
from hub.clues.lifecycle_wordings import WORDINGS
from hub.policy.commanded import CommandCode, Forbidden


class GivenCode(StrEnum):
    """Why the input, or the officer who gives it, is refused."""

    INVALID_INPUT = "INVALID_INPUT"
    IDENTITY_NUMBER_IN_TEXT = "IDENTITY_NUMBER_IN_TEXT"
    SECRET_IN_TEXT = "SECRET_IN_TEXT"  # noqa: S105 - a code
    INVALID_IDEMPOTENCY_KEY = "INVALID_IDEMPOTENCY_KEY"
    IDEMPOTENCY_KEY_REUSED = "IDEMPOTENCY_KEY_REUSED"
    OFFICER_REQUIRED = "OFFICER_REQUIRED"
    OFFICER_NOT_REGISTERED = "OFFICER_NOT_REGISTERED"
    UNKNOWN_AGENCY = "UNKNOWN_AGENCY"
    UNKNOWN_INSTITUTION = "UNKNOWN_INSTITUTION"
    UNKNOWN_OFFICER = "UNKNOWN_OFFICER"
    UNKNOWN_FILE = "UNKNOWN_FILE"
    OFFICER_ALREADY_REGISTERED = "OFFICER_ALREADY_REGISTERED"
    CATALOGUE_CODE_REFUSED = "CATALOGUE_CODE_REFUSED"
    WRONG_LEVEL = "WRONG_LEVEL"
    WRONG_REGION = "WRONG_REGION"
    RECEIVER_NOT_COMPETENT = "RECEIVER_NOT_COMPETENT"
    CASE_MERGED = "CASE_MERGED"
    SAME_CASE = "SAME_CASE"
    NOTICE_TO_OTHER_AGENCY = "NOTICE_TO_OTHER_AGENCY"
    UNKNOWN_CASE = "UNKNOWN_CASE"
    DUPLICATE_OTHER_CONTENT = "DUPLICATE_OTHER_CONTENT"
    REVOKED_BEFORE = "REVOKED_BEFORE"
    STATE_NOT_ALLOWED = "STATE_NOT_ALLOWED"
    DATE_OUT_OF_ORDER = "DATE_OUT_OF_ORDER"
    REASON_REQUIRED = "REASON_REQUIRED"
    PUBLICITY_TERM_OVER = "PUBLICITY_TERM_OVER"
    SHORTEST_TERM_NOT_OVER = "SHORTEST_TERM_NOT_OVER"
    NOTHING_TO_AMEND = "NOTHING_TO_AMEND"
    UNKNOWN_MODEL = "UNKNOWN_MODEL"
    NOT_AN_INSTITUTION = "NOT_AN_INSTITUTION"
    CURSOR_REFUSED = "CURSOR_REFUSED"
    LIMIT_REACHED = "LIMIT_REACHED"
    SAMPLE_TOO_LARGE = "SAMPLE_TOO_LARGE"
    ALREADY_SAMPLED = "ALREADY_SAMPLED"


_PENALTY: Final = "处罚法"
_CALLER: Final = "310号令第五条；000第三部分（二）"
GIVEN: Final[Mapping[GivenCode, Wording]] = {
    GivenCode.INVALID_INPUT: Wording(
        "所填内容不符合格式", "The input has not the form asked for", "请更正所列各项", "Correct the field named", HUB
    ),
    GivenCode.IDENTITY_NUMBER_IN_TEXT: Wording(
        "文字中含有身份证件号码",
        "The text holds an identity number",
        "请删去，填入当事人或者参保人的专门栏目",
        "Remove it; numbers go into the fields of parties and insured persons",
        "个人信息保护法第二十八条、第三十四条",
    ),
    GivenCode.SECRET_IN_TEXT: Wording(
        "标有国家秘密或者工作秘密，不得在本平台传输",
        "It is marked as a state or work secret and may not go through the hub",
        "请按保密规定另行办理",
        "Hand it over as the rules on secrets say",
        "保守国家秘密法；000第三部分（三）",
    ),
    GivenCode.INVALID_IDEMPOTENCY_KEY: Wording(
        "幂等键应为 8 至 128 个可见 ASCII 字符",
        "The idempotency key has 8 to 128 visible ASCII characters",
        "请使用 UUID 等随机值",
        "Take a random value such as a UUID",
        HUB,
    ),
    GivenCode.IDEMPOTENCY_KEY_REUSED: Wording(
        "该幂等键已用于内容不同的命令",
        "This key was used for another command or input",
        "新的命令请使用新的键",
        "Take a new key for a new command",
        HUB,
    ),
    GivenCode.OFFICER_REQUIRED: Wording(
        "令牌未载明承办人员",
        "The token names no acting officer",
        "请在令牌请求中写明姓名和执法证号",
        "Name the officer in the token request",
        _CALLER,
    ),
    GivenCode.OFFICER_NOT_REGISTERED: Wording(
        "承办人员未登记，或者不在有效期内",
        "The officer is not registered with the agency, or not today",
        "请先登记执法人员",
        "Have the officer registered",
        _CALLER,
    ),
    GivenCode.CURSOR_REFUSED: Wording(
        "游标无效、过旧，或不属于本机关的该变更流和本目的",
        "The cursor is not one of this feed, agency and purpose, or it is too old",
        "请确认最近一页给出的游标；已过旧的，不带 after 重新读取",
        "Acknowledge the cursor of your last page; if it is too old, begin again without `after`",
        HUB,
    ),
    GivenCode.UNKNOWN_AGENCY: Wording(
        "没有此机关，或者已停用", "No such agency, or it is disabled", "请核对机关代码", "Check the code", HUB
    ),
    GivenCode.UNKNOWN_INSTITUTION: Wording(
        "没有此定点医药机构", "No such designated institution", "请核对国家医保编码", "Check the code", HUB
    ),
    GivenCode.UNKNOWN_OFFICER: Wording(
        "所列承办人不是本机关当日有效的执法人员",
        "An officer named is no case officer of the agency today",
        "请核对执法证号",
        "Check the certificate numbers",
        f"{ORDER_310}第五条",
    ),
    GivenCode.UNKNOWN_FILE: Wording(
        "本案中没有本机关上传完成的此文件",
        "The agency has completed no upload of such a file in this case",
        "请先将文件上传至本案件",
        "Upload the file to this case first",
        HUB,
    ),
    GivenCode.OFFICER_ALREADY_REGISTERED: Wording(
        "该执法证号在此期间已有登记",
        "This certificate number is registered in that period",
        "请先终止原登记，或者联系平台运营方",
        "End that registration first, or ask the hub operator",
        HUB,
    ),
    GivenCode.CATALOGUE_CODE_REFUSED: Wording(
        "移送清单代码有误", "A catalogue code is refused", "请更正", "Correct it", "000第二部分"
    ),
    GivenCode.WRONG_LEVEL: Wording(
        "应当移送同级机关",
        "The transfer goes to an agency of the same level",
        "请改填所列的有权机关",
        "Name one of the competent agencies listed",
        f"000第二部分；{ORDER_310}第五条",
    ),
    GivenCode.WRONG_REGION: Wording(
        "接收机关不在有管辖权的行政区域",
        "The receiver is not of the competent region",
        "请改填所列的有权机关",
        "Name one of the competent agencies listed",
        "处罚法第二十二条；000第二部分",
    ),
    GivenCode.RECEIVER_NOT_COMPETENT: Wording(
        "所列清单代码应当移送其他类别的机关",
        "By their catalogue codes the violations go to agencies of another kind",
        "请改填接收机关，或者将该部分另行移送",
        "Name another receiver, or transfer that part apart",
        "002第六部分（五）；条例第二十二条",
    ),
    GivenCode.CASE_MERGED: Wording(
        "案件已并入另一案件", "The case was merged into another", "请在并入的案件中办理", "Act in that case", HUB
    ),
    GivenCode.SAME_CASE: Wording(
        "不能并入自身", "A case is not merged into itself", "请填写另一案件", "Name another case", HUB
    ),
    GivenCode.NOTICE_TO_OTHER_AGENCY: Wording(
        "应当通报同级卫生健康部门",
        "The notice goes to the health agency of the same level",
        "请改填所列的机关",
        "Name the agency listed",
        "000第三部分（二）第三款",
    ),
    GivenCode.LIMIT_REACHED: Wording(
        "一件移送所能容纳的已达上限",
        "One transfer holds no more",
        "请在本案另行起草一件移送",
        "Draft another transfer in the same case",
        HUB,
    ),
    GivenCode.SAMPLE_TOO_LARGE: Wording(
        "一次抽查、一个季度内的全部抽查，均不得超过每五件抽一件（平台默认，无法律效力）",
        "A check, and all checks of a quarter together, draw at most one in five (hub default, no legal force)",
        "请降低比例，或者扩大发出日期的范围，或者待下一季度",
        "Ask for a smaller share, name more days, or wait for the next quarter",
        HUB,
    ),
    GivenCode.ALREADY_SAMPLED: Wording(
        "所列日期中，有的本季度已经抽查（平台默认，无法律效力）",
        "Some of these days were drawn from this quarter (hub default, no legal force)",
        "请查阅 spotChecks，另择日期，或者待下一季度",
        "Look into `spotChecks`, name other days, or wait for the next quarter",
        HUB,
    ),
    GivenCode.UNKNOWN_CASE: Wording(
        "没有此案件", "No such case", "请核对案件编号，或者不填", "Check the case number, or leave it out", HUB
    ),
    GivenCode.DUPLICATE_OTHER_CONTENT: Wording(
        "已有同一记录，但内容不同（处罚：同一机关、文号和相对人；检查、协议处理：同一机关、编号；评分：同一机构、期间）",
        "There is such a record with another content (of a penalty: same authority, number and counterparty; of an"
        " inspection or a measure: same authority and number; of a score: same institution and period)",
        "请核对；内容确有变更的，处罚以 amendPenalty 办理变更，评分注明 replace",
        "Check it; where the content has changed, amend a penalty (amendPenalty), give a score with replace: true",
        HUB,
    ),
    GivenCode.REVOKED_BEFORE: Wording(
        "该决定已撤销",
        "The decision was revoked",
        "确需重新报送的，请注明 recordAgain",
        "Set recordAgain where it is meant to be there again",
        f"{_PENALTY}第四十八条",
    ),
    GivenCode.STATE_NOT_ALLOWED: Wording(
        "记录的现状下不能办理",
        "Not possible in the state of the record",
        "请先查询记录的状态",
        "Read the state of the record first",
        f"{_PENALTY}第四十八条",
    ),
    GivenCode.DATE_OUT_OF_ORDER: Wording(
        "日期先后不符",
        "The dates are out of order",
        "请核对日期：决定日不晚于送达日，送达日不晚于今日",
        "Check them: decision, then service, not after today",
        f"{_PENALTY}第六十一条",
    ),
    GivenCode.REASON_REQUIRED: Wording(
        "须载明理由和依据",
        "A reason, and where it corrects the clause, is required",
        "请填写理由（撤销、变更的并填条款；轻微违法原则上不公示，公示的须说明理由）",
        "State the reason (of a revocation or an amendment the clause, too; a minor one is published only with one)",
        f"{_PENALTY}第四十八条；信用修复管理办法",
    ),
    GivenCode.PUBLICITY_TERM_OVER: Wording(
        "最长公示期已届满，不得公示",
        "The longest term of publicity is over",
        "请改为不予公示并说明理由",
        "Withhold the publication, with the reason",
        "信用修复管理办法",
    ),
    GivenCode.SHORTEST_TERM_NOT_OVER: Wording(
        "最短公示期未届满，不能修复",
        "The shortest term of publicity is not over",
        "请在最短公示期届满后送来",
        "Hand it in when the shortest term is over",
        "信用修复管理办法",
    ),
    GivenCode.NOTHING_TO_AMEND: Wording(
        "没有任何变更", "Nothing is changed", "请填写变更的内容", "State what changes", f"{_PENALTY}第四十八条"
    ),
    GivenCode.UNKNOWN_MODEL: Wording(
        "没有此版本的评分模型",
        "No scoring model of this version",
        "请填写所列的版本",
        "Name one of the versions listed",
        "004第十六条",
    ),
    GivenCode.NOT_AN_INSTITUTION: Wording(
        "信用评分只对定点医药机构，不对自然人",
        "Scores are of designated institutions, never of natural persons",
        "人员的支付资格记分请用 recordCreditEvent",
        "Record payment-qualification points of personnel with recordCreditEvent",
        "条例第三十三条；004第十九条",
    ),
}


@dataclass(frozen=True, slots=True)
class UserError:
    """One reason why nothing was done.

    Attributes:
        field: path in the input, with its names and positions (`evidence.0.name`); None: the command as a whole.
        missing: what is not there, or which agencies would be right; 中文.
    """

    code: RefusalCode | CommandCode | GivenCode
    clause: str
    zh: str
    en: str
    do_zh: str
    do_en: str
    field: str | None = None
    missing: tuple[str, ...] = ()


CODES: Final = tuple(dict.fromkeys(str(code) for kind in (GivenCode, CommandCode, RefusalCode) for code in kind))
"""Every code that a user error may have."""


class Refused(Exception):
    """Ends the transaction with nothing changed; carries what the caller is told."""

    def __init__(self, *errors: UserError) -> None:
        super().__init__(", ".join(str(error.code) for error in errors))
        self.errors = errors


def of_input(code: GivenCode, field: str | None = None, missing: Iterable[str] = (), detail: str = "") -> UserError:
    """`detail`: 中文 / English; each goes into the sentence of its language."""
    words = GIVEN[code]
    zh, en = words.zh, words.en
    if detail:
        in_chinese, _, in_english = detail.partition(" / ")
        zh, en = f"{zh}：{in_chinese}", f"{en}: {in_english or in_chinese}"
    return UserError(code, words.clause or HUB, zh, en, words.do_zh, words.do_en, field, tuple(missing))


def of_refusal(refusal: Refusal) -> UserError:
    if refusal.code is RefusalCode.NOT_A_PARTY:
        return nothing_there()
    return UserError(
        refusal.code, refusal.clause, refusal.zh, refusal.en, refusal.do_zh, refusal.do_en, None, refusal.missing
    )


def nothing_there(field: str = "id") -> UserError:
    """The one answer for what does not exist and for what the caller may not know of."""
    words = WORDINGS[RefusalCode.NOT_A_PARTY]
    return UserError(RefusalCode.NOT_A_PARTY, words.clause or HUB, words.zh, words.en, words.do_zh, words.do_en, field)


def of_policy(forbidden: Forbidden, field: str) -> UserError:
    if forbidden.code is CommandCode.NOT_A_PARTY:
        return nothing_there(field)
    do_zh, do_en = "请由有权机关、以相应目的办理", "The competent agency acts, for its own purpose"
    return UserError(forbidden.code, forbidden.basis, forbidden.zh, forbidden.en, do_zh, do_en)


def of_validation(error: ValidationError) -> tuple[UserError, ...]:
    """Every problem of form with its place; at most 20."""
    return tuple(_of_problem(dict(problem)) for problem in error.errors(include_input=False, include_url=False)[:20])


def _of_problem(problem: Mapping[str, object]) -> UserError:
    kind, message = str(problem["type"]), str(problem["msg"])
    place = problem["loc"]
    names = place if isinstance(place, tuple) else ()
    field = ".".join(to_camel(name) if isinstance(name, str) else str(name) for name in names) or None
    match kind:
        case _ if kind == IDENTITY_NUMBER:
            return of_input(GivenCode.IDENTITY_NUMBER_IN_TEXT, field, detail=message)
        case _ if kind == SECRET:
            return of_input(GivenCode.SECRET_IN_TEXT, field, detail=message)
        case "extra_forbidden":
            # The name of an unknown field is the caller's own text.
            return of_input(
                GivenCode.INVALID_INPUT, ".".join(map(str, names[:-1])) or None, detail="未知字段 / unknown field"
            )
        case _:
            form = _FORMS.get(kind)
            told = form.format_map(_context(problem)) if form else message
            return of_input(GivenCode.INVALID_INPUT, field, detail=told if " / " in told else f"格式不符 / {told}")


_FORMS: Final = {
    "missing": "必填 / required",
    "enum": "不在取值范围内 / not one of its values",
    "literal_error": "不在取值范围内 / not one of its values",
    "string_pattern_mismatch": "格式不符 / not of its form",
    "uuid_parsing": "不是 UUID / no UUID",
    "greater_than_equal": "不得小于{ge} / at least {ge}",
    "greater_than": "须大于{gt} / more than {gt}",
    "less_than_equal": "不得大于{le} / at most {le}",
    "less_than": "须小于{lt} / less than {lt}",
    "string_too_short": "至少{min_length}字 / at least {min_length} characters",
    "string_too_long": "至多{max_length}字 / at most {max_length} characters",
    "too_short": "至少{min_length}项 / at least {min_length} items",
    "too_long": "至多{max_length}项 / at most {max_length} items",
    "decimal_max_digits": "至多{max_digits}位数字 / at most {max_digits} digits",
    "decimal_max_places": "至多{decimal_places}位小数 / at most {decimal_places} decimals",
    "decimal_whole_digits": "整数部分至多{whole_digits}位 / at most {whole_digits} digits before the point",
    "decimal_parsing": "不是数 / no number",
    "decimal_type": "不是数 / no number",
    "finite_number": "不是有限的数 / no finite number",
    "int_parsing": "不是整数 / no whole number",
    "int_type": "不是整数 / no whole number",
    "bool_type": "应为 true 或者 false / true or false",
    "string_type": "应为文字 / a text",
    "list_type": "应为列表 / a list",
    "tuple_type": "应为列表 / a list",
}


def _context(problem: Mapping[str, object]) -> Mapping[str, object]:
    """The bounds that pydantic compared with; never what was sent."""
    context = problem.get("ctx")
    return context if isinstance(context, Mapping) else {}
