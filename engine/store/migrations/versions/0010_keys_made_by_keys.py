"""Which key made a key: the one ends with the other when that is revoked."""

import sqlalchemy as sa
from alembic import op

from engine.store.tables import Id

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; of keys that there are it is not known any more."""
    op.add_column("api_keys", sa.Column("made_by", Id, nullable=True))


def downgrade() -> None:
    """Take it away."""
    op.drop_column("api_keys", "made_by")
