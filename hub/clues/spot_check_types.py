"""Spot checks 抽查 as their agency lists them: what was drawn when, by whom, from what, and the transfers drawn."""

from datetime import date, datetime
from decimal import Decimal

import strawberry
from sqlalchemy import ColumnElement, func, literal_column

from hub.clues import tables_oversight
from hub.clues.facts import SPOT_CHECK
from hub.graph.declare import RecordType, derived, hidden_fields, record, related, value
from hub.graph.pages import pages
from hub.policy.facts import Bind, Row
from hub.policy.vocabulary import DataClass

PROCEDURE = DataClass.PROCEDURE


def _hash(row: Row, bind: Bind) -> ColumnElement[str]:  # noqa: ARG001 - as every derived value is asked for
    """64 hexadecimal digits."""
    return func.encode(row.c.population_hash, literal_column("'hex'"))


@record(
    RecordType(
        tables_oversight.SpotCheck.__table__,
        SPOT_CHECK,
        scope="clues:read",
        identifying="id",
        order=(("at", True), ("public_id", True)),
    ),
    description="抽查 A spot check that your agency drew (000 三(三))",
)
class SpotCheck:
    id: strawberry.ID = value(PROCEDURE, "公开编号 Public id", column="public_id")
    drawn_at: datetime | None = value(PROCEDURE, "抽取时间 When it was drawn", column="at")
    officer_certificate_no: str | None = value(
        PROCEDURE, "抽取人执法证号 Law-enforcement certificate number of who drew", column="officer"
    )
    seed: str | None = value(PROCEDURE, "随机种子 Seed")
    share: Decimal | None = value(PROCEDURE, "要求的抽取比例 Share asked for", as_text=True)
    sent_from: date | None = value(PROCEDURE, "发出日期，自 First day of sending, in Beijing")
    sent_to: date | None = value(PROCEDURE, "发出日期，至 Last day of sending")
    population: int | None = value(PROCEDURE, "抽取范围内的移送数 Transfers drawn from")
    population_hash: str | None = derived(
        PROCEDURE,
        "上述移送公开编号排序后逐行连接的 SHA-256 SHA-256 over their public ids in order, one a line",
        _hash,
    )
    drawn: int | None = value(
        PROCEDURE, "抽中数：按种子排序在前的若干件 How many were drawn: the first by the seed, never above the limit"
    )
    clue_transfers = related(
        "hub.clues.types",
        "ClueTransfer",
        "抽中的移送，现在仍可见的 The transfers drawn, as far as you may list them now",
        local="id",
        remote="spot_check_id",
        through=tables_oversight.SpotCheckTransfer.__table__,
        far="transfer_id",
    )
    hidden_fields: list[str] = hidden_fields()


_check = pages(SpotCheck, module=__name__)
SpotCheckConnection, SpotCheckFilter, SpotCheckOrder = _check.connection, _check.filter, _check.order
