"""What a list of a hundred thousand changes is searched and sorted by, kept with the rows.

A deadline follows from rules, which a migration does not know: it is filled in when the
rules are next taken up. What finds a customer is filled in by the same.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns."""
    op.add_column("changes", sa.Column("deadline_on", sa.Date(), nullable=True))
    search = sa.Column("search", sa.Text(), server_default="", nullable=False)
    op.add_column("customers", search)


def downgrade() -> None:
    """Take them away."""
    with op.batch_alter_table("customers") as customers:
        customers.drop_column("search")
    with op.batch_alter_table("changes") as changes:
        changes.drop_column("deadline_on")
