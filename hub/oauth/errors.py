"""What the authorization server answers when it refuses: a closed list (RFC 6749 section 5.2), with what to do next.

Texts are fixed: nothing a caller sent is ever echoed. `error_description` is ASCII by the RFC, so the Chinese text is a
member of its own.
"""

from dataclasses import dataclass
from enum import StrEnum

from authlib.oauth2 import OAuth2Error


class Cause(StrEnum):
    """Why exactly a request was refused: for the operator's log and never for the client (security.md 15)."""

    # All of these answer `invalid_client`.
    ASSERTION_ABSENT = "ASSERTION_ABSENT"
    ASSERTION_MALFORMED = "ASSERTION_MALFORMED"
    ALGORITHM_REFUSED = "ALGORITHM_REFUSED"
    CLIENT_UNKNOWN = "CLIENT_UNKNOWN"
    KEY_UNKNOWN = "KEY_UNKNOWN"
    SIGNATURE_WRONG = "SIGNATURE_WRONG"
    CLIENT_DISABLED = "CLIENT_DISABLED"
    CLIENT_ID_DIFFERS = "CLIENT_ID_DIFFERS"
    ISSUER_NOT_SUBJECT = "ISSUER_NOT_SUBJECT"
    AUDIENCE_WRONG = "AUDIENCE_WRONG"
    TIME_MALFORMED = "TIME_MALFORMED"
    EXPIRED = "EXPIRED"
    LIFE_TOO_LONG = "LIFE_TOO_LONG"
    NOT_YET_VALID = "NOT_YET_VALID"
    JTI_MALFORMED = "JTI_MALFORMED"
    JTI_USED = "JTI_USED"
    # The request.
    REQUEST_MALFORMED = "REQUEST_MALFORMED"
    PARAMETER_REPEATED = "PARAMETER_REPEATED"
    NOT_A_FORM = "NOT_A_FORM"
    TOO_LARGE = "TOO_LARGE"
    METHOD_NOT_ALLOWED = "METHOD_NOT_ALLOWED"
    GRANT_TYPE_UNSUPPORTED = "GRANT_TYPE_UNSUPPORTED"
    TARGET_FOREIGN = "TARGET_FOREIGN"
    # What is asked for.
    SCOPE_ABSENT = "SCOPE_ABSENT"
    SCOPE_NOT_GRANTED = "SCOPE_NOT_GRANTED"
    DETAILS_ABSENT = "DETAILS_ABSENT"
    DETAILS_MALFORMED = "DETAILS_MALFORMED"
    PURPOSE_UNKNOWN = "PURPOSE_UNKNOWN"
    PURPOSE_NOT_CLAIMABLE = "PURPOSE_NOT_CLAIMABLE"
    PURPOSE_NOT_GRANTED = "PURPOSE_NOT_GRANTED"
    CASE_NOT_TAKEN = "CASE_NOT_TAKEN"
    CASE_NOT_OF_AGENCY = "CASE_NOT_OF_AGENCY"
    # The hub.
    DATABASE_UNAVAILABLE = "DATABASE_UNAVAILABLE"
    INTERNAL = "INTERNAL"


@dataclass(frozen=True, slots=True)
class Refusal:
    """One way to be refused: code of the RFCs, texts, cause unless a closer one is known, HTTP status."""

    code: str
    en: str
    zh: str
    cause: Cause
    status: int = 400

    def body(self) -> dict[str, str]:
        return {"error": self.code, "error_description": self.en, "error_description_zh": self.zh}


INVALID_CLIENT = Refusal(
    "invalid_client",
    "Client authentication failed: sign a fresh private_key_jwt assertion with a registered key.",
    "客户端身份验证失败：请用已登记的密钥签署新的 private_key_jwt 断言。",
    Cause.ASSERTION_MALFORMED,
    401,
)
"""One for every cause, unknown client or wrong signature: nobody learns which clients exist (security.md 15)."""
INVALID_REQUEST = Refusal("invalid_request", "The request is malformed.", "请求格式不正确。", Cause.REQUEST_MALFORMED)
REPEATED_PARAMETER = Refusal(
    "invalid_request", "A parameter is given more than once.", "参数重复。", Cause.PARAMETER_REPEATED
)
NOT_A_FORM = Refusal(
    "invalid_request",
    "Send application/x-www-form-urlencoded in UTF-8.",
    "请以 UTF-8 表单（form-urlencoded）提交。",
    Cause.NOT_A_FORM,
)
TOO_LARGE = Refusal("invalid_request", "The request body is too large.", "请求体过大。", Cause.TOO_LARGE, 413)
METHOD_NOT_ALLOWED = Refusal("invalid_request", "Use POST.", "请使用 POST。", Cause.METHOD_NOT_ALLOWED, 405)
UNSUPPORTED_GRANT_TYPE = Refusal(
    "unsupported_grant_type",
    "Only client_credentials is supported.",
    "仅支持 client_credentials。",
    Cause.GRANT_TYPE_UNSUPPORTED,
)
INVALID_SCOPE = Refusal(
    "invalid_scope",
    "Name at least one scope, and only scopes that are granted to this client.",
    "请至少列出一项权限范围，且只能列出已授予本客户端的范围。",
    Cause.SCOPE_NOT_GRANTED,
)
INVALID_TARGET = Refusal(
    "invalid_target", "The resource is not this hub.", "目标资源不是本平台。", Cause.TARGET_FOREIGN
)
DETAILS_ABSENT = Refusal(
    "insufficient_authorization_details",
    "State the purpose in authorization_details of type data_sharing.",
    "请在 authorization_details（类型 data_sharing）中写明目的。",
    Cause.DETAILS_ABSENT,
)
DETAILS_MALFORMED = Refusal(
    "invalid_authorization_details",
    "authorization_details must be one data_sharing object: purpose, and optionally case and officer (name,"
    " certificateNo).",
    "authorization_details 应为一个 data_sharing 对象：purpose，可含 case、officer（name、certificateNo）。",
    Cause.DETAILS_MALFORMED,
)
PURPOSE_UNKNOWN = Refusal(
    "invalid_authorization_details",
    "No such purpose, or no tokens are issued for it yet.",
    "没有此目的，或者该目的尚未开放。",
    Cause.PURPOSE_UNKNOWN,
)
PURPOSE_NOT_CLAIMABLE = Refusal(
    "invalid_authorization_details",
    "An agency of this kind and level may not claim this purpose.",
    "此类、此级机关不得主张该目的。",
    Cause.PURPOSE_NOT_CLAIMABLE,
)
PURPOSE_NOT_GRANTED = Refusal(
    "invalid_authorization_details",
    "This purpose is not granted to the client: ask the hub operator.",
    "该目的未授予本客户端，请联系平台运营方。",
    Cause.PURPOSE_NOT_GRANTED,
)
CASE_NOT_TAKEN = Refusal(
    "invalid_authorization_details",
    "This purpose takes no case: leave case out.",
    "该目的不涉及案件，请去掉 case。",
    Cause.CASE_NOT_TAKEN,
)
CASE_UNKNOWN = Refusal(
    "invalid_authorization_details",
    "No such case to which the agency is a party.",
    "没有本机关作为一方的此案件。",
    Cause.CASE_NOT_OF_AGENCY,
)
"""Alike for a case that does not exist, a foreign one, and one in which the agency is itself a subject."""
UNAVAILABLE = Refusal(
    "temporarily_unavailable",
    "The database does not answer; try again.",
    "数据库暂不可用，请稍后重试。",
    Cause.DATABASE_UNAVAILABLE,
    503,
)
INTERNAL = Refusal(
    "server_error", "A defect of the hub; tell its operator.", "平台内部错误，请告知运营方。", Cause.INTERNAL, 500
)

FROM_AUTHLIB = {
    refusal.code: refusal for refusal in (INVALID_CLIENT, INVALID_REQUEST, UNSUPPORTED_GRANT_TYPE, INVALID_SCOPE)
}


class Refused(OAuth2Error):  # type: ignore[misc] # Authlib has no types
    """Raised anywhere below the routes; becomes the answer, and its cause a line in the log."""

    def __init__(self, refusal: Refusal, cause: Cause | None = None) -> None:
        super().__init__(error=refusal.code, status_code=refusal.status)
        self.refusal = refusal
        self.cause = cause or refusal.cause


def refusal_of(error: OAuth2Error) -> Refusal:
    """Ours, or our text for one that Authlib raised itself (its own would repeat what the caller sent)."""
    if isinstance(error, Refused):
        return error.refusal
    return FROM_AUTHLIB.get(error.error, INVALID_REQUEST)
