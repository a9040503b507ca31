"""Rows that are read in bulk tell whether their texts need escaping in JSON, so that it is asked once, when written."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

ESCAPED = r"[\x01-\x1f\"\\]"
TEXTS = {
    "penalty_record": (
        *("decision_no", "counterparty_category", "counterparty_name", "counterparty_uscc", "business_registration_no"),
        *("organization_code", "tax_registration_no", "public_institution_no", "social_organization_no"),
        *("legal_representative", "violation_type", "published_facts", "basis", "content", "licence_revoked"),
        *("data_source", "data_source_uscc", "remark"),
    ),
    "inspection_result": ("result_no", "kind", "findings_class"),
    "credit_score": ("nhsa_code", "period", "grade", "model_version"),
}
LOGS = ("transfer_change", "penalty_change", "inspection_change", "credit_change")


def upgrade() -> None:
    for table, columns in TEXTS.items():
        texts = " || ".join(f"coalesce({column}, '')" for column in columns)
        told = sa.Computed(f"({texts}) !~ '{ESCAPED}'", persisted=True)
        op.add_column(table, sa.Column("plain", sa.Boolean(), told, nullable=False))
    for table in LOGS:
        op.create_check_constraint(op.f(f"ck_{table}_kind"), table, "kind ~ '^[A-Z_]+$'")


def downgrade() -> None:
    for table in LOGS:
        op.drop_constraint(op.f(f"ck_{table}_kind"), table, type_="check")
    for table in TEXTS:
        op.drop_column(table, "plain")
