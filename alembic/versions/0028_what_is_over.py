"""What is over stays over: a change of a penalty whose term has ended is not public history, whatever its last day is.

An amendment to a graver severity names a later last day for a record whose end of term was written down. That day alone
made its later changes public: whoever had read it by publicity was told of them (domain.md D: not public, SUPERVISION).
"""

from alembic import op
from sqlalchemy import text

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

NAME = "tell_penalty_changes()"
BEFORE = "p.published_at IS NOT NULL AND p.revoked_at IS NULL AND p.repaired_at IS NULL AS standing"
AFTER = BEFORE.replace(" AS standing", " AND p.status <> 'TERM_OVER' AS standing")


def upgrade() -> None:
    _replace(BEFORE, AFTER)


def downgrade() -> None:
    _replace(AFTER, BEFORE)


def _replace(old: str, new: str) -> None:
    """The function as it is, but for one condition."""
    written = op.get_bind().execute(text(f"SELECT pg_get_functiondef('{NAME}'::regprocedure)")).scalar_one()
    if written.count(old) != 1:
        raise RuntimeError(f"{NAME} is not the one that this migration knows")
    op.get_bind().exec_driver_sql(written.replace(old, new))
