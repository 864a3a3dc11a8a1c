"""Know what closed a change before its day; its trail may be archived.

An end of its contract that is taken back brings a renewal back, and a corrected month of
usage may call for a change again.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column, and fill it from the trails that are still there."""
    op.add_column("changes", sa.Column("voided_by", sa.String(8), nullable=True))
    op.execute(
        "UPDATE changes SET voided_by = 'end' WHERE closed_at IS NOT NULL AND EXISTS ("
        "SELECT 1 FROM audit WHERE subject_kind = 'change' AND kind = 'ended' "
        "AND subject_id = changes.id AND body LIKE '%ended_on%')"
    )
    op.execute(
        "UPDATE changes SET voided_by = 'usage' WHERE voided_by IS NULL AND EXISTS ("
        "SELECT 1 FROM audit WHERE subject_kind = 'change' AND kind = 'ended' "
        "AND subject_id = changes.id)"
    )


def downgrade() -> None:
    """Forget it."""
    with op.batch_alter_table("changes") as changes:
        changes.drop_column("voided_by")
