"""Find the copies that have to show how their question ended, and a person's own.

A copy that asked nothing, or whose conversation is unknown because it was sent before
that was kept, never has to be.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_UNSETTLED = sa.text("status = 'sent' AND settled_at IS NULL")


def upgrade() -> None:
    """Settle what is sent, and make the indexes."""
    op.execute("UPDATE deliveries SET settled_at = sent_at WHERE status = 'sent'")
    op.create_index(
        "ix_deliveries_unsettled",
        "deliveries",
        ["channel", "outbox_id"],
        unique=False,
        sqlite_where=_UNSETTLED,
        postgresql_where=_UNSETTLED,
    )
    op.create_index("ix_deliveries_person_id", "deliveries", ["person_id"])


def downgrade() -> None:
    """Let them go."""
    op.drop_index("ix_deliveries_person_id", table_name="deliveries")
    op.drop_index("ix_deliveries_unsettled", table_name="deliveries")
