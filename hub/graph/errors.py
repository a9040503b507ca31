"""Errors as a closed enum of codes, each with a Chinese and an English message and what to do next.

No message ever carries a value, a path in the database or SQL text (security.md 32): only names that the public schema
has, and numbers of the document.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import uuid4


class ErrorCode(StrEnum):
    """Every `extensions.code` that the hub ever answers."""

    UNAUTHENTICATED = "UNAUTHENTICATED"
    BAD_REQUEST = "BAD_REQUEST"
    METHOD_NOT_ALLOWED = "METHOD_NOT_ALLOWED"
    UNSUPPORTED_MEDIA_TYPE = "UNSUPPORTED_MEDIA_TYPE"
    NOT_ACCEPTABLE = "NOT_ACCEPTABLE"
    PAYLOAD_TOO_LARGE = "PAYLOAD_TOO_LARGE"
    GRAPHQL_PARSE_FAILED = "GRAPHQL_PARSE_FAILED"
    GRAPHQL_VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"
    BAD_VARIABLES = "BAD_VARIABLES"
    COST_EXCEEDED = "COST_EXCEEDED"
    OPERATION_NOT_ALLOWED = "OPERATION_NOT_ALLOWED"
    QUOTA_EXCEEDED = "QUOTA_EXCEEDED"
    TOO_MANY_WAITING = "TOO_MANY_WAITING"
    TIMEOUT = "TIMEOUT"
    LEDGER_UNAVAILABLE = "LEDGER_UNAVAILABLE"
    DATABASE_UNAVAILABLE = "DATABASE_UNAVAILABLE"
    OUTCOME_UNKNOWN = "OUTCOME_UNKNOWN"
    RESULT_NOT_SHOWN = "RESULT_NOT_SHOWN"
    INTERNAL = "INTERNAL"
    # Of one root field; the rest of the query is answered.
    FILTER_NOT_ALLOWED = "FILTER_NOT_ALLOWED"
    SORT_NOT_ALLOWED = "SORT_NOT_ALLOWED"
    INVALID_CURSOR = "INVALID_CURSOR"
    RESYNC_REQUIRED = "RESYNC_REQUIRED"
    INVALID_ARGUMENT = "INVALID_ARGUMENT"
    GATEWAY_ONLY = "GATEWAY_ONLY"


@dataclass(frozen=True, slots=True)
class Text:
    """What a person reads: the fact in two languages, and the next step in two languages."""

    zh: str
    en: str
    next_zh: str
    next_en: str


TEXTS: dict[ErrorCode, Text] = {
    ErrorCode.UNAUTHENTICATED: Text(
        "访问令牌缺失、过期或已被撤销",
        "The access token is missing, expired or revoked",
        "向 /oauth/token 申请新的访问令牌",
        "Ask /oauth/token for a new access token",
    ),
    ErrorCode.BAD_REQUEST: Text(
        "请求不是合法的 GraphQL over HTTP 请求",
        "The request is not a well-formed GraphQL over HTTP request",
        "以 JSON 对象提交 query、variables、operationName",
        "Send a JSON object with query, variables, operationName",
    ),
    ErrorCode.METHOD_NOT_ALLOWED: Text(
        "不支持该 HTTP 方法",
        "This HTTP method is not supported",
        "使用 POST；GET 仅可提交查询",
        "Use POST; GET is for queries only",
    ),
    ErrorCode.UNSUPPORTED_MEDIA_TYPE: Text(
        "不支持该内容类型",
        "This content type is not supported",
        "使用 Content-Type: application/json",
        "Use Content-Type: application/json",
    ),
    ErrorCode.NOT_ACCEPTABLE: Text(
        "无法提供所要求的媒体类型",
        "None of the accepted media types can be served",
        "接受 application/graphql-response+json",
        "Accept application/graphql-response+json",
    ),
    ErrorCode.PAYLOAD_TOO_LARGE: Text(
        "请求体过大", "The request body is too large", "缩短查询或拆分请求", "Shorten the document or split the request"
    ),
    ErrorCode.GRAPHQL_PARSE_FAILED: Text(
        "查询文档有语法错误", "The document has a syntax error", "按给出的位置修正", "Correct it at the location given"
    ),
    ErrorCode.GRAPHQL_VALIDATION_FAILED: Text(
        "查询文档不符合公开的模式",
        "The document does not fit the public schema",
        "对照 schema/ 中的 SDL 检查所列位置",
        "Check the locations against the SDL in schema/",
    ),
    ErrorCode.BAD_VARIABLES: Text(
        "变量缺失或类型不符",
        "A variable is missing or of the wrong type",
        "按查询文档中声明的类型提供变量",
        "Give the variables as the document declares them",
    ),
    ErrorCode.COST_EXCEEDED: Text(
        "查询过大",
        "The query is too large",
        "减少别名、嵌套层数或 first",
        "Use fewer aliases, less nesting or a smaller first",
    ),
    ErrorCode.OPERATION_NOT_ALLOWED: Text(
        "此处不允许该操作类型",
        "This kind of operation is not allowed here",
        "仅提交 query 或 mutation 操作",
        "Send a query or a mutation",
    ),
    ErrorCode.QUOTA_EXCEEDED: Text(
        "今日可读取的行数已用完",
        "The rows allowed for today are used up",
        "次日再试，或向平台运营方申请提高配额",
        "Try again tomorrow, or ask the hub operator for a larger quota",
    ),
    ErrorCode.TOO_MANY_WAITING: Text(
        "等待变更的请求过多",
        "Too many requests are waiting for changes",
        "一个客户端只需一个等待的请求；稍后重试，或不设 waitSeconds",
        "One waiting request is enough for a client; try again shortly, or without waitSeconds",
    ),
    ErrorCode.TIMEOUT: Text(
        "查询超时，未披露任何数据",
        "The query timed out; nothing was disclosed",
        "缩小 first 或增加筛选条件",
        "Use a smaller first or a narrower filter",
    ),
    ErrorCode.LEDGER_UNAVAILABLE: Text(
        "披露台账暂不可写，未披露任何数据",
        "The disclosure ledger cannot be written; nothing was disclosed",
        "稍后重试",
        "Try again shortly",
    ),
    ErrorCode.DATABASE_UNAVAILABLE: Text(
        "数据库暂不可用", "The database is not available", "稍后重试", "Try again shortly"
    ),
    ErrorCode.OUTCOME_UNKNOWN: Text(
        "数据库连接中断，不知该命令是否已办理",
        "The connection to the database broke; whether the command was carried out is not known",
        "以同一幂等键重试，即得其结果，不会重复办理",
        "Send it again with the same idempotency key: it takes effect once, and you get its result",
    ),
    ErrorCode.RESULT_NOT_SHOWN: Text(
        "命令已办理，但其结果现在不能显示",
        "The command was carried out, but its result cannot be shown now",
        "以同一幂等键重试即得其结果，或者查询该记录",
        "Send it again with the same idempotency key for its result, or query the record",
    ),
    ErrorCode.INTERNAL: Text(
        "平台内部错误，未披露任何数据",
        "An internal error; nothing was disclosed",
        "将错误编号告知平台运营方",
        "Tell the hub operator the error id",
    ),
    ErrorCode.FILTER_NOT_ALLOWED: Text(
        "不得按不可见的字段筛选",
        "A field that is hidden from you cannot be filtered by",
        "去掉该筛选条件；依据与可开放的目的见 extensions",
        "Remove the filter; basis and opening purposes are in extensions",
    ),
    ErrorCode.SORT_NOT_ALLOWED: Text(
        "不得按不可见或仅部分可见的字段排序",
        "A field that is hidden on some records cannot be sorted by",
        "去掉该排序",
        "Remove the order",
    ),
    ErrorCode.INVALID_CURSOR: Text(
        "游标无效",
        "The cursor is not valid here",
        "使用同一查询、同一排序返回的游标",
        "Use a cursor of the same query and order",
    ),
    ErrorCode.RESYNC_REQUIRED: Text(
        "变更流游标无效、过旧，或不属于本机关的本目的",
        "The cursor is not one of this feed, agency and purpose, or it is too old",
        "不带 after 重新读取：先得到全部现有记录，以其替换本地副本，再从其后的游标继续",
        "Begin again without `after`: all records come first; replace your copy by them, then follow the cursor",
    ),
    ErrorCode.INVALID_ARGUMENT: Text(
        "参数值超出允许范围",
        "An argument is out of its range",
        "请按模式（schema/）中该参数的说明更正",
        "Correct it as its description in schema/ says",
    ),
    ErrorCode.GATEWAY_ONLY: Text(
        "仅已登记的网关可调用",
        "Only a registered gateway may ask this",
        "经由联邦网关查询",
        "Ask through the federation gateway",
    ),
}


_RANGES = {
    "first": {"zh": "first 取 1 至 1000", "en": "first is 1 to 1000"},
    "waitSeconds": {"zh": "waitSeconds 取 0 至 30", "en": "waitSeconds is 0 to 30"},
}
"""The next step where one of these arguments is out of its range and its root says nothing narrower."""


def error(
    code: ErrorCode,
    *,
    path: Sequence[str | int] | None = None,
    locations: Sequence[dict[str, int]] | None = None,
    **extensions: Any,
) -> dict[str, Any]:
    """One entry of `errors`. `extensions`: code, id (for the operator), zh, en, next {zh en}, and what is given."""
    text = TEXTS[code]
    if code is ErrorCode.INVALID_ARGUMENT and extensions.get("argument") in _RANGES:
        extensions = {"next": _RANGES[extensions["argument"]], **extensions}
    entry: dict[str, Any] = {"message": f"{text.en} / {text.zh}"}
    if locations:
        entry["locations"] = list(locations)
    if path:
        entry["path"] = list(path)
    entry["extensions"] = {
        "code": code.value,
        "id": uuid4().hex,
        "zh": text.zh,
        "en": text.en,
        "next": {"zh": text.next_zh, "en": text.next_en},
        **extensions,
    }
    return entry
