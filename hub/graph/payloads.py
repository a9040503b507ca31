"""What every mutation answers beside its record: user errors, and whether the command had been carried out before."""

from enum import Enum
from typing import Any, cast

import strawberry

from hub.clues.commands_errors import CODES, GIVEN
from hub.clues.lifecycle_refusals import RefusalCode
from hub.clues.lifecycle_wordings import WORDINGS

_WORDS = {str(code): words for code, words in GIVEN.items()} | {str(code): words for code, words in WORDINGS.items()}
_OF_POLICY = {
    "SCOPE_MISSING": "令牌缺少该命令的操作范围 The token lacks the scope of the command",
    "PURPOSE_NOT_ALLOWED": "目的不符 Not for this purpose",
    "KIND_NOT_ALLOWED": "不由该类机关办理 Not a step of this kind of agency",
    "OTHER_CASE": "令牌写明的是另一案件 The token names another case",
    str(
        RefusalCode.NOT_A_PARTY
    ): "没有此记录，或者本机关不是其当事机关、作出决定的机关 No such record, or it is not yours in this role",
}


def _title(code: str) -> str:
    words = _WORDS.get(code)
    return _OF_POLICY[code] if words is None else f"{words.zh} {words.en}"


UserErrorCode: Any = strawberry.enum(
    cast(
        type[Enum],
        Enum("UserErrorCode", {code: strawberry.enum_value(code, description=_title(code)) for code in CODES}),
    ),
    description="userErrors[].code 不予办理的原因代码; a closed enum",
)


@strawberry.type(description="不予办理的原因，未作任何变更 Why a command was refused; nothing was changed")
class UserError:
    code: UserErrorCode = strawberry.field(description="原因代码 Code")
    clause: str = strawberry.field(description="依据条款 Clause")
    field: str | None = strawberry.field(
        description="所在字段，如 evidence.0.name；空为命令整体 Path in the input; null: the command as a whole"
    )
    zh: str = strawberry.field(description="中文说明 What is wrong, in Chinese")
    en: str = strawberry.field(description="英文说明 What is wrong, in English")
    do_zh: str = strawberry.field(description="如何处理 What to do, in Chinese")
    do_en: str = strawberry.field(description="如何处理（英文） What to do, in English")
    missing: list[str] = strawberry.field(
        description="所缺内容（括号内为填写处）、可选的答复，或者应由谁办理 "
        "What is not there (and where it goes), which answers there are, or who would be right"
    )


def user_errors() -> Any:
    return strawberry.field(
        description="不予办理的原因；空即已办理 Why nothing was done; empty if and only if it was carried out"
    )


def replayed() -> Any:
    return strawberry.field(
        description="此前已以同一幂等键办理，本次未重复 Carried out before under this key; nothing was done again"
    )
