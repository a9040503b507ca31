"""What a step must contain, and what of it is not there: R9, R10, R12 (sending), R13 (receipt), R15 (result).

Each answer maps the name of the missing item to its Chinese name; nothing missing is an empty mapping.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from hub.clues.commands_inputs import Articles, EvidenceKind, Receipt, Result
from hub.clues.lifecycle_words import Route

E = EvidenceKind
REPORTS: Final = frozenset({E.INVESTIGATION_REPORT})
LISTS: Final = frozenset({E.VIOLATION_LIST, E.ARTICLES_LIST})
OPINIONS: Final = frozenset({E.INSPECTION_REPORT, E.EXPERT_OPINION, E.EXAMINATION_REPORT})
OF_FORM: Final = REPORTS | LISTS | {E.TRANSFER_DOCUMENT}
"""Papers about the case, not evidence of it. The 移送书 itself is made by the hub, so it is never missing."""


@dataclass(frozen=True, slots=True)
class Held:
    """What a draft holds.

    Attributes:
        kinds: of its items of evidence.
        articles: how many articles are listed.
        parties: how many parties it names; an institution counts.
    """

    codes: Sequence[str]
    kinds: Collection[str]
    suspected_facts: bool
    articles: int
    parties: int


class Asked(NamedTuple):
    """One item: its name, its Chinese name, and whether a draft holds it."""

    name: str
    zh: str
    there: Callable[[Held, set[str]], bool]


_PARTIES: Final = Asked("parties", "涉案主体", lambda held, _: held.parties > 0)
_ARTICLES: Final = Asked("articles", "涉案物品清单", lambda held, kinds: held.articles > 0 or E.ARTICLES_LIST in kinds)
_OPINION: Final = Asked("evidence.INSPECTION_REPORT", "检验报告或者鉴定结论", lambda _, kinds: bool(kinds & OPINIONS))
_DEFAULT: Final = (
    _PARTIES,
    Asked("suspectedFacts", "涉嫌事实", lambda held, _: held.suspected_facts),
    Asked("evidence", "相关证据材料", lambda _, kinds: bool(kinds - OF_FORM)),
)
"""No source says; the hub's default asks for the facts and for something that shows them."""
_ASKED: Final[Mapping[Route, tuple[Asked, ...]]] = {
    Route.HEALTHCARE_SECURITY_TO_HEALTH: (  # 000 三（二）第二款
        _PARTIES,
        Asked(
            "catalogueCodes",
            "违法违规问题清单或者目录",
            lambda held, kinds: bool(held.codes) or E.VIOLATION_LIST in kinds,
        ),
        Asked("evidence.INVESTIGATION_REPORT", "书面移交报告", lambda _, kinds: bool(kinds & REPORTS)),
        Asked("suspectedFacts", "违法违规明细", lambda held, kinds: held.suspected_facts or E.VIOLATION_LIST in kinds),
        Asked("evidence", "相关证据材料", lambda _, kinds: bool(kinds - OF_FORM)),
    ),
    Route.HEALTH_TO_HEALTHCARE_SECURITY: (  # 000 三（二）第三款
        _PARTIES,
        _ARTICLES,
        _OPINION,
        Asked("evidence", "有关书证、物证", lambda _, kinds: bool(kinds - OF_FORM - OPINIONS)),
    ),
    Route.TO_PUBLIC_SECURITY: (  # 310 第六条
        _PARTIES,
        Asked("evidence.INVESTIGATION_REPORT", "涉嫌犯罪案件情况的调查报告", lambda _, kinds: bool(kinds & REPORTS)),
        _ARTICLES,
        _OPINION,
        Asked("evidence", "其他有关涉嫌犯罪的材料", lambda _, kinds: bool(kinds - OF_FORM - OPINIONS)),
    ),
}


def of_transfer(route: Route, held: Held) -> Mapping[str, str]:
    """What the law of the route asks a transfer to contain."""
    kinds = set(held.kinds)
    return {asked.name: asked.zh for asked in _ASKED.get(route, _DEFAULT) if not asked.there(held, kinds)}


def of_receipt(receipt: Receipt) -> Mapping[str, str]:
    """R13. Addressee, number and date are the hub's to fill in."""
    asked = {
        "pages": (receipt.pages is None, "案卷页数"),
        "documents": (not receipt.documents, "有关文书和证据"),
        "sealed": (not receipt.sealed, "印章"),
    }
    return {name: zh for name, (missing, zh) in asked.items() if missing}


def of_result(result: Result) -> Mapping[str, str]:
    """R15. That there were no amounts or sanctions is said by an empty list."""
    asked = {
        "kind": (result.kind is None, "处理结果种类"),
        "documentNo": (result.document_no is None, "处理文书文号"),
        "decidedOn": (result.decided_on is None, "处理日期"),
        "amounts": (result.amounts is None, "涉及金额（没有的填空列表）"),
        "sanctions": (result.sanctions is None, "处理、处分情况（没有的填空列表）"),
    }
    return {name: zh for name, (missing, zh) in asked.items() if missing}


def of_articles(articles: Articles) -> Mapping[str, str]:
    """310 第十二条: the articles, and the other material of the case."""
    return {} if articles.articles or articles.materials else {"articles": "移交的涉案物品以及其他材料清单"}
