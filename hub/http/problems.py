"""Refusals of the file endpoints: `application/problem+json` (RFC 9457) with a closed code, in Chinese and English.

No value that was sent is repeated, and none of a record.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from http import HTTPStatus
from typing import Any, Final
from uuid import uuid4

import orjson

from hub.clues.commands_errors import GivenCode, UserError
from hub.clues.lifecycle_refusals import RefusalCode
from hub.graph.errors import TEXTS as GRAPHQL_TEXTS
from hub.graph.errors import ErrorCode, Text
from hub.http.statuses import STATUSES
from hub.policy.commanded import CommandCode

MEDIA_TYPE: Final = "application/problem+json"


class FileCode(StrEnum):
    """What only files have; the other codes are those of GraphQL and of commands."""

    NOT_FOUND = "NOT_FOUND"
    NOT_OPEN = "NOT_OPEN"
    BAD_UPLOAD_REQUEST = "BAD_UPLOAD_REQUEST"
    UNSUPPORTED_TUS_VERSION = "UNSUPPORTED_TUS_VERSION"
    FILE_TOO_LARGE = "FILE_TOO_LARGE"
    MEDIA_TYPE_NOT_ACCEPTED = "MEDIA_TYPE_NOT_ACCEPTED"
    WRONG_CONTENT = "WRONG_CONTENT"
    WRONG_HASH = "WRONG_HASH"
    OFFSET_CONFLICT = "OFFSET_CONFLICT"
    TOO_MANY_PARTS = "TOO_MANY_PARTS"
    UPLOAD_ENDED = "UPLOAD_ENDED"
    UPLOAD_QUOTA_EXCEEDED = "UPLOAD_QUOTA_EXCEEDED"
    TOO_MANY_UPLOADS = "TOO_MANY_UPLOADS"
    RANGE_NOT_SATISFIABLE = "RANGE_NOT_SATISFIABLE"
    STORE_UNAVAILABLE = "STORE_UNAVAILABLE"
    FILE_LOST = "FILE_LOST"


def _said(status: HTTPStatus, zh: str, en: str, next_zh: str, next_en: str) -> tuple[HTTPStatus, Text]:
    return status, Text(zh, en, next_zh, next_en)


_AGAIN: Final = ("稍后重试", "Try again shortly")
_ANEW: Final = ("请重新建立上传", "Open a new upload")
TEXTS: Final[Mapping[FileCode, tuple[HTTPStatus, Text]]] = {
    FileCode.NOT_FOUND: _said(
        HTTPStatus.NOT_FOUND,
        "没有此文件",
        "There is no such file",
        "请核对地址和令牌载明的案件",
        "Check the address and the case that the token names",
    ),
    FileCode.NOT_OPEN: _said(
        HTTPStatus.FORBIDDEN,
        "该令牌不能读取证据文件",
        "This token opens no files of evidence",
        "依据与可开放的目的见本答复",
        "Basis and opening purposes are in this answer",
    ),
    FileCode.BAD_UPLOAD_REQUEST: _said(
        HTTPStatus.BAD_REQUEST,
        "上传请求的头部缺失或者格式不符",
        "A header of the upload protocol is missing or malformed",
        "见 tus 1.0.0 与接入文档",
        "See tus 1.0.0 and the integration guide",
    ),
    FileCode.UNSUPPORTED_TUS_VERSION: _said(
        HTTPStatus.PRECONDITION_FAILED,
        "仅支持 tus 1.0.0",
        "Only tus 1.0.0 is spoken here",
        "请加 Tus-Resumable: 1.0.0",
        "Send Tus-Resumable: 1.0.0",
    ),
    FileCode.FILE_TOO_LARGE: _said(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "超过 200 MB，或者超过所声明的大小",
        "More than 200 MB, or more than was declared",
        "请拆分材料",
        "Split the material",
    ),
    FileCode.MEDIA_TYPE_NOT_ACCEPTED: _said(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        "不接受该类型的文件",
        "Files of this type are not accepted",
        "请转换为接入文档所列类型",
        "Convert it to a type that the integration guide lists",
    ),
    FileCode.WRONG_CONTENT: _said(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        "文件内容与所声明的类型不符，上传已终止",
        "The content is not of the declared type; the upload has ended",
        *_ANEW,
    ),
    FileCode.WRONG_HASH: _said(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "文件内容与所声明的 SHA-256 不符，上传已终止",
        "The content has another SHA-256 than was declared; the upload has ended",
        *_ANEW,
    ),
    FileCode.OFFSET_CONFLICT: _said(
        HTTPStatus.CONFLICT,
        "偏移量与已存字节不符",
        "The offset is not that of the bytes stored",
        "以 HEAD 查询偏移量后继续",
        "Ask for the offset with HEAD and go on from there",
    ),
    FileCode.TOO_MANY_PARTS: _said(
        HTTPStatus.CONFLICT,
        "分段过多",
        "Too many pieces",
        "请删除该上传，以较大的分段重新上传",
        "Delete the upload and begin anew with larger pieces",
    ),
    FileCode.UPLOAD_ENDED: _said(
        HTTPStatus.GONE,
        "该上传已终止",
        "The upload has ended",
        *_ANEW,
    ),
    FileCode.UPLOAD_QUOTA_EXCEEDED: _said(
        HTTPStatus.TOO_MANY_REQUESTS,
        "今日可上传的字节数已用完",
        "The bytes allowed for today are used up",
        "次日再试，或向平台运营方申请提高配额",
        "Try again tomorrow, or ask the hub operator for a larger quota",
    ),
    FileCode.TOO_MANY_UPLOADS: _said(
        HTTPStatus.TOO_MANY_REQUESTS,
        "同时进行的上传过多",
        "Too many uploads at once",
        "请先完成或者删除已有的上传",
        "Complete or delete those that are open",
    ),
    FileCode.RANGE_NOT_SATISFIABLE: _said(
        HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
        "所求范围超出文件",
        "The range lies outside the file",
        "文件大小见 Content-Range",
        "Content-Range tells the size",
    ),
    FileCode.STORE_UNAVAILABLE: _said(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "文件存储暂不可用",
        "The file store is not available",
        *_AGAIN,
    ),
    FileCode.FILE_LOST: _said(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "文件存储中没有该文件，未披露任何内容",
        "The store does not have the file; nothing was disclosed",
        "将错误编号告知平台运营方",
        "Tell the hub operator the error id",
    ),
}
_OF_COMMANDS: Final[Mapping[str, HTTPStatus]] = {
    CommandCode.SCOPE_MISSING: HTTPStatus.FORBIDDEN,
    CommandCode.PURPOSE_NOT_ALLOWED: HTTPStatus.FORBIDDEN,
    CommandCode.KIND_NOT_ALLOWED: HTTPStatus.FORBIDDEN,
    CommandCode.ROLE_NOT_ALLOWED: HTTPStatus.FORBIDDEN,
    CommandCode.OTHER_CASE: HTTPStatus.FORBIDDEN,
    CommandCode.NOT_A_PARTY: HTTPStatus.NOT_FOUND,
    RefusalCode.NOT_A_PARTY: HTTPStatus.NOT_FOUND,
    GivenCode.OFFICER_REQUIRED: HTTPStatus.FORBIDDEN,
    GivenCode.OFFICER_NOT_REGISTERED: HTTPStatus.FORBIDDEN,
    GivenCode.CASE_MERGED: HTTPStatus.CONFLICT,
}
"""Others are faults of the input: 422."""


class Problem(Exception):
    """A request that ends here. `headers` go beside the body."""

    def __init__(
        self,
        status: int,
        code: str,
        text: Text,
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.text = text
        self.headers = dict(headers or {})
        self.more = more
        self.id = uuid4().hex

    def body(self) -> bytes:
        return orjson.dumps(
            {
                "type": "about:blank",
                "title": f"{self.text.en} / {self.text.zh}",
                "status": int(self.status),
                "code": self.code,
                "id": self.id,
                "zh": self.text.zh,
                "en": self.text.en,
                "next": {"zh": self.text.next_zh, "en": self.text.next_en},
                **self.more,
            }
        )


def of_file(code: FileCode, headers: Mapping[str, str] | None = None, **more: Any) -> Problem:
    status, text = TEXTS[code]
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers = {"Retry-After": "1", **(headers or {})}
    return Problem(status, code, text, headers, **more)


def of_graphql(code: ErrorCode, retry_after_s: int | None = None) -> Problem:
    """What GraphQL would have answered, in this form."""
    status = STATUSES[code]
    headers = {}
    if status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'Bearer realm="hub", error="invalid_token"'
    if status in (HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS):
        headers["Retry-After"] = str(retry_after_s or 1)
    return Problem(status, code, GRAPHQL_TEXTS[code], headers)


def of_command(errors: Sequence[UserError]) -> Problem:
    """The user errors of a refused step; the first one gives status and code."""
    first = errors[0]
    told = [
        {
            "code": str(error.code),
            "field": error.field,
            "clause": error.clause,
            "zh": error.zh,
            "en": error.en,
            "next": {"zh": error.do_zh, "en": error.do_en},
        }
        for error in errors
    ]
    text = Text(first.zh, first.en, first.do_zh, first.do_en)
    status = _OF_COMMANDS.get(str(first.code), HTTPStatus.UNPROCESSABLE_ENTITY)
    return Problem(status, str(first.code), text, errors=told)
