"""Know reminders among the messages: what else is bound to a state outlives closing.

Only reminders were bound to a state so far, so each that is bound is one.

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column, and fill it from what there is."""
    # With a default of the database's own, so that the release before can still write.
    no = sa.false()
    op.add_column(
        "outbox",
        sa.Column("is_reminder", sa.Boolean(), nullable=False, server_default=no),
    )
    op.execute("UPDATE outbox SET is_reminder = (while_state IS NOT NULL)")


def downgrade() -> None:
    """Forget it: what is bound to a state counts as a reminder again."""
    op.drop_column("outbox", "is_reminder")
