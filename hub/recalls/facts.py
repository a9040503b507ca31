"""Facts of recalls that the policies ask for."""

from sqlalchemy import ColumnElement, and_

from hub.policy.facts import Bind, Flag, RecordFacts, Row, Scalar
from hub.recalls.tables import Recall

RECALL = RecordFacts(
    "Recall",
    None,
    {
        "recipient": Scalar("agency"),
        "authority": Scalar("authority"),
        "told": Flag(lambda row, bind: row.c.told.is_(True)),
    },
    Recall.__table__,
)


def overdue(row: Row, bind: Bind) -> ColumnElement[bool]:
    """Not acknowledged, and the last day is over: `due_at` is the midnight after it, which is late."""
    return and_(row.c.acknowledged_at.is_(None), row.c.due_at <= bind("now")).is_(True)
