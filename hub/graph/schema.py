"""The schema, assembled from the slices. Strawberry makes it; queries over records are compiled (`hub/query`)."""

from enum import Enum
from functools import lru_cache
from typing import Any, cast

import strawberry
from graphql import GraphQLSchema

from hub.clues.mutations import MUTATIONS as ON_TRANSFERS
from hub.clues.oversight_types import Oversight, oversight
from hub.clues.statistics_types import ClueStatistics, clue_statistics
from hub.clues.tables_events import TRANSFER_CHANGES
from hub.clues.types import ClueTransfer
from hub.credit.mutations import MUTATIONS as ON_CREDIT
from hub.credit.tables_changes import CREDIT_CHANGES
from hub.credit.types import MOMENTS as CREDIT_MOMENTS
from hub.credit.types import CreditScore
from hub.graph.calculators import DEADLINE, LIMITATION, LOSS
from hub.graph.declare import changes, related
from hub.graph.errors import TEXTS
from hub.graph.finding import lookup
from hub.graph.following import MUTATIONS as ON_FEEDS
from hub.graph.law import CATALOGUE, ROUTING, RULE_PACKS
from hub.graph.node import Node
from hub.graph.scalars import SCALARS
from hub.graph.viewer import Viewer
from hub.ledger.types import Disclosure
from hub.parties.types import CLUES, CREDIT, INSPECTIONS, PENALTIES, Institution, LegalEntity, Personnel
from hub.penalties.digest import FeedDigest, feed_digest
from hub.penalties.mutations import MUTATIONS as ON_PENALTIES
from hub.penalties.supervision_types import AgreementMeasure, InspectionResult
from hub.penalties.tables_changes import INSPECTION_CHANGES, PENALTY_CHANGES
from hub.penalties.types import PenaltyRecord
from hub.policy.vocabulary import DataClass
from hub.recalls.mutations import MUTATIONS as ON_RECALLS
from hub.recalls.types import Recall  # noqa: F401 - registers the type for `recalls`

ErrorCodes: Any = strawberry.enum(
    cast(
        type[Enum],
        Enum(
            "ErrorCode",
            {
                code.name: strawberry.enum_value(code.value, description=f"{words.zh} {words.en}")
                for code, words in TEXTS.items()
            },
        ),
    ),
    description="errors[].extensions.code 错误代码; a closed enum, no other is ever answered",
)
PARTIES, LEDGER, CLUE_CHANGES = "hub.parties.types", "hub.ledger.types", "hub.clues.types_changes"
RECALLS = "hub.recalls.types"
PENALTY_CHANGES_TYPES, CREDIT_CHANGES_TYPES = "hub.penalties.types_changes", "hub.credit.types_changes"


@strawberry.type
class Query:
    viewer: Viewer | None = strawberry.field(description="我是谁，可以读什么 Who I am here and what I may read")
    node: Node | None = lookup(Node, "按公开编号查找记录 A record by its public id", id="public_id")
    agencies = related(PARTIES, "Agency", "机关 Agencies")
    institution: Institution | None = lookup(Institution, "定点医药机构 One institution", nhsa_code="nhsa_code")
    institutions = related(PARTIES, "Institution", "定点医药机构 Institutions")
    personnel: Personnel | None = lookup(Personnel, "相关人员 One member of personnel", nhsa_code="nhsa_code")
    clue_transfer: ClueTransfer | None = lookup(ClueTransfer, "线索移送 One transfer", id="public_id")
    clue_transfers = related(CLUES, "ClueTransfer", "线索移送 Transfers")
    register = related(
        CLUES,
        "ClueTransfer",
        "台账 The register: one row per transfer that you may know of, the nearest deadline first, those without last",
        order=(("next_due_at", False), ("public_id", False)),
    )
    clue_transfer_changes = changes(
        CLUE_CHANGES, "ClueTransfer", "线索移送的变更流 What happens to your transfers", TRANSFER_CHANGES
    )
    penalty_changes = changes(
        PENALTY_CHANGES_TYPES, "PenaltyRecord", "行政处罚的变更流 What happens to penalty records", PENALTY_CHANGES,
        ("PenaltyRecord", DataClass.SUPERVISION),
    )  # fmt: skip
    inspection_changes = changes(
        PENALTY_CHANGES_TYPES, "InspectionResult", "检查结果的变更流 What happens to inspection results",
        INSPECTION_CHANGES, ("InspectionResult", DataClass.SUPERVISION),
    )  # fmt: skip
    credit_changes = changes(
        CREDIT_CHANGES_TYPES, "CreditScore", "信用评分的变更流 What happens to scores", CREDIT_CHANGES,
        ("Effect", DataClass.SUPERVISION),
    )  # fmt: skip
    feed_digest: FeedDigest | None = feed_digest()
    clue_statistics: ClueStatistics | None = clue_statistics()
    oversight: Oversight | None = oversight()
    penalty_record: PenaltyRecord | None = lookup(PenaltyRecord, "行政处罚 One penalty record", id="public_id")
    penalty_records = related(PENALTIES, "PenaltyRecord", "行政处罚 Penalty records")
    credit_score: CreditScore | None = lookup(CreditScore, "信用评分 One score", nhsa_code="nhsa_code", period="period")
    explain_score: CreditScore | None = lookup(
        CreditScore, "评分解释：得分如何形成 How a score came about: effects and deductions, as known now or then",
        moments=CREDIT_MOMENTS, nhsa_code="nhsa_code", period="period",
    )  # fmt: skip
    credit_scores = related(CREDIT, "CreditScore", "信用评分 Scores")
    catalogue = CATALOGUE
    rule_packs = RULE_PACKS
    routing = ROUTING
    deadline = DEADLINE
    limitation = LIMITATION
    loss = LOSS
    inspection_result: InspectionResult | None = lookup(
        InspectionResult, "日常监督检查结果 One inspection result", id="public_id"
    )
    inspection_results = related(INSPECTIONS, "InspectionResult", "日常监督检查结果 Inspection results")
    agreement_measure: AgreementMeasure | None = lookup(
        AgreementMeasure, "协议处理 One agreement measure", id="public_id"
    )
    agreement_measures = related(INSPECTIONS, "AgreementMeasure", "协议处理 Agreement measures")
    spot_checks = related(
        "hub.clues.spot_check_types",
        "SpotCheck",
        "本机关抽取的抽查 The spot checks that your agency drew, the last first (purpose case-oversight)",
    )
    recalls = related(
        RECALLS,
        "Recall",
        "撤回通知 What you received that was changed since, and as its authority, who has yet to act on what is yours",
    )
    disclosures = related(LEDGER, "Disclosure", "披露台账 The disclosure ledger (hub administration)")


Mutation: Any = strawberry.type(
    type(
        "Mutation",
        (),
        {
            "__annotations__": {},
            "__module__": __name__,
            **ON_TRANSFERS,
            **ON_PENALTIES,
            **ON_CREDIT,
            **ON_FEEDS,
            **ON_RECALLS,
        },
    ),
    description="办理；每一命令一个事务，同一幂等键只办理一次 Commands; each one transaction, once per idempotency key",
)


@lru_cache(maxsize=1)
def load_schema() -> strawberry.federation.Schema:
    """The public schema: all slices merged (design.md 6)."""
    return strawberry.federation.Schema(
        query=Query,
        mutation=Mutation,
        types=[ClueTransfer, PenaltyRecord, LegalEntity, Disclosure, ErrorCodes],
        config=SCALARS,
        federation_version="2.9",
    )


def graphql_schema() -> GraphQLSchema:
    """The same for graphql-core: parsing, validation, introspection."""
    return load_schema()._schema  # noqa: SLF001 - Strawberry has no public way to it
