"""One open renewal a contract, and what the book has to remember of itself.

A period may be opened again, after the end of a contract was taken back or its terms
were changed twice; that a contract has two open renewals is what must never be. Beside
it: from when terms are counted once a renewal start was moved by hand, the contact limit
as a file last gave it, and which warnings a month of usage has had.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_OPEN = sa.text("type = 'renewal' AND closed_at IS NULL")
_PERIOD = "uq_changes_contract_id_type_period_on"


def upgrade() -> None:
    """Nothing is known of earlier files, so the limit held is taken for theirs."""
    with op.batch_alter_table("contracts") as contracts:
        contracts.add_column(sa.Column("counted_from", sa.Date(), nullable=True))
        contracts.add_column(sa.Column("filed_limit", sa.Integer(), nullable=True))
    op.execute("UPDATE contracts SET filed_limit = contact_limit")
    with op.batch_alter_table("usage") as usage:
        usage.add_column(sa.Column("warned", sa.Text(), nullable=True))
    with op.batch_alter_table("changes") as changes:
        changes.drop_constraint(_PERIOD, type_="unique")
    op.create_index(
        "uq_changes_open_renewal",
        "changes",
        ["contract_id"],
        unique=True,
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    )


def downgrade() -> None:
    """Fails where a period was opened twice: the older schema cannot hold that."""
    op.drop_index("uq_changes_open_renewal", "changes")
    with op.batch_alter_table("changes") as changes:
        changes.create_unique_constraint(_PERIOD, ["contract_id", "type", "period_on"])
    with op.batch_alter_table("usage") as usage:
        usage.drop_column("warned")
    with op.batch_alter_table("contracts") as contracts:
        contracts.drop_column("filed_limit")
        contracts.drop_column("counted_from")
