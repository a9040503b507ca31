"""Fund operators may be granted inspections:write: they record agreement measures (004 第21条)."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("INSERT INTO scope_ceiling (agency_kind, scope) VALUES ('FUND_OPERATOR', 'inspections:write')")


def downgrade() -> None:
    op.execute("DELETE FROM scope_ceiling WHERE (agency_kind, scope) = ('FUND_OPERATOR', 'inspections:write')")
