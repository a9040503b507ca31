"""What the steps of a transfer put on file, as rows to read: reasons, numbers of documents, results."""

from alembic import op

from hub.db.roles import APP, READER, grant

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

# The owner's view of the history, which the reader cannot read. Left out for good: what is told to its own agency only
# (`confidential`: it would tell of a transfer to discipline inspection). Left out once the transfer is sent: why the
# sender's principal officer sent the draft back, which is the sender's own affair.
STEPS = """
CREATE VIEW transfer_step AS
SELECT e.id AS position, e.transfer_id, e.kind::text AS kind, e.at, e.agency, e.payload ->> 'reason' AS reason,
       coalesce(r.record ->> 'documentNo', r.record ->> 'document_no') AS document_no,
       (r.record ->> 'decided_on')::date AS decided_on,
       CASE WHEN e.kind IN ('RESULT_REPORTED', 'RESULT_CORRECTED', 'HANDLED_AFTER_DECLINE')
            THEN r.record ->> 'kind' END AS result_kind,
       CASE WHEN jsonb_typeof(r.record -> 'amounts') = 'array' THEN
            ARRAY(SELECT concat(a.amount ->> 'kind', ' ', a.amount ->> 'yuan')
                  FROM jsonb_array_elements(r.record -> 'amounts') WITH ORDINALITY AS a(amount, n) ORDER BY a.n)
       END AS amounts,
       CASE WHEN jsonb_typeof(r.record -> 'sanctions') = 'array' THEN
            ARRAY(SELECT s.line FROM jsonb_array_elements_text(r.record -> 'sanctions') WITH ORDINALITY AS s(line, n)
                  ORDER BY s.n)
       END AS sanctions,
       CASE WHEN e.kind = 'ARTICLES_HANDED_OVER' THEN
            ARRAY(SELECT i.line FROM jsonb_array_elements_text(
                      coalesce(r.record -> 'articles', '[]') || coalesce(r.record -> 'materials', '[]')
                  ) WITH ORDINALITY AS i(line, n) ORDER BY i.n)
       END AS items,
       coalesce(r.record ->> 'detail', r.record ->> 'note') AS detail
FROM transfer_event e
CROSS JOIN LATERAL (SELECT e.payload -> 'record' AS record) r
WHERE NOT e.confidential
  AND e.kind NOT IN ('DRAFTED', 'DRAFT_REVISED', 'SUBMITTED')
  AND (e.kind NOT IN ('SENT_BACK', 'APPROVAL_REFUSED')
       OR NOT EXISTS (SELECT FROM clue_transfer t WHERE t.id = e.transfer_id AND t.sent_at IS NOT NULL))
"""


def upgrade() -> None:
    op.execute(STEPS)
    op.execute(grant("SELECT", ("transfer_step",), READER, APP))


def downgrade() -> None:
    op.execute("DROP VIEW transfer_step")
