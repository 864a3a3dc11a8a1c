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

_OPEN = "closed_at IS NULL"
_LISTED = [
    "state",
    "renewal_start",
    "deadline_on",
    "listed_on",
    "type",
    "customer_id",
    "contract_id",
    "owner_choice",
    "closed_at",
]
_INDEXES = {
    **{
        f"ix_changes_by_{first}": ([*dict.fromkeys((first, *_LISTED))], _OPEN)
        for first in ("renewal_start", "deadline_on", "customer_id")
    },
    "ix_changes_needs_person": (
        ["renewal_start"],
        f"{_OPEN} AND attention IS NOT NULL",
    ),
    "ix_changes_no_deadline": (["listed_on"], f"{_OPEN} AND deadline_on IS NULL"),
}


def _index(name: str, columns: list[str], where: str) -> None:
    op.create_index(
        name,
        "changes",
        columns,
        sqlite_where=sa.text(where),
        postgresql_where=sa.text(where),
    )


def upgrade() -> None:
    """Add the columns, and what finds rows by them."""
    op.add_column("changes", sa.Column("deadline_on", sa.Date(), nullable=True))
    whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    customer = sa.Column("customer_id", whole, server_default="0", nullable=False)
    op.add_column("changes", customer)
    op.execute(
        "UPDATE changes SET customer_id = (SELECT contracts.customer_id FROM contracts "
        "WHERE contracts.id = changes.contract_id)"
    )
    for name, type_ in (("search", sa.Text()), ("sorts_as", sa.String(80))):
        text = sa.Column(name, type_, server_default="", nullable=False)
        op.add_column("customers", text)
    taken_up = sa.Column("taken_up_at", sa.DateTime(timezone=True), nullable=True)
    op.add_column("rule_texts", taken_up)
    op.create_index("ix_customers_sorts_as", "customers", ["sorts_as"])
    op.drop_index("ix_changes_listed_on", "changes")
    for name, (columns, where) in _INDEXES.items():
        _index(name, columns, where)


def downgrade() -> None:
    """Take them away."""
    for name in _INDEXES:
        op.drop_index(name, "changes")
    _index("ix_changes_listed_on", ["listed_on"], _OPEN)
    op.drop_index("ix_customers_sorts_as", "customers")
    for table, columns in (
        ("rule_texts", ("taken_up_at",)),
        ("customers", ("search", "sorts_as")),
        ("changes", ("deadline_on", "customer_id")),
    ):
        with op.batch_alter_table(table) as altered:
            for column in columns:
                altered.drop_column(column)
