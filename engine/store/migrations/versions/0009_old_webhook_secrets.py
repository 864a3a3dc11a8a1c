"""The secret of a webhook before its present one, which signs beside it for a while."""

import sqlalchemy as sa
from alembic import op

from engine.store.tables import UtcDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; no webhook has an old secret yet."""
    op.add_column("webhooks", sa.Column("old_secret", sa.Text(), nullable=True))
    op.add_column(
        "webhooks", sa.Column("old_secret_until", UtcDateTime(), nullable=True)
    )


def downgrade() -> None:
    """Take them away: the present secrets sign alone."""
    op.drop_column("webhooks", "old_secret_until")
    op.drop_column("webhooks", "old_secret")
