"""A superior lists the spot checks that it drew: queries read them."""

from alembic import op

from hub.db.roles import READER, grant

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(grant("SELECT", ("spot_check",), READER))


def downgrade() -> None:
    op.execute(f"REVOKE SELECT ON spot_check FROM {READER}")
