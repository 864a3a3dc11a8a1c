"""Seals cover the entries since the seal before, no longer the heads of all trails.

A seal of all heads read the whole trail each time, and could not be checked any more
once a part of the trail is archived. Seals of the old kind cannot be turned into the
new: they are let go, and the next seal covers every entry again. A process of before
that still runs can write everything but seals, which is well: its own would not hold.

Checkpoints say where the chains go on whose older entries were archived.
"""

import sqlalchemy as sa
from alembic import op

from engine.store.tables import Id

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let the old seals go, count entries in the new ones, and make checkpoints."""
    _rename_in_seals("subjects", "entries")
    op.create_table(
        "checkpoints",
        sa.Column("subject_kind", sa.String(length=8), nullable=False),
        sa.Column("subject_id", Id, autoincrement=False, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint(
            "subject_kind", "subject_id", name=op.f("pk_checkpoints")
        ),
    )


def downgrade() -> None:
    """Let the new seals and the checkpoints go; what was archived stays archived."""
    op.drop_table("checkpoints")
    _rename_in_seals("entries", "subjects")


def _rename_in_seals(old: str, new: str) -> None:
    op.execute(sa.text("DELETE FROM seals"))
    with op.batch_alter_table("seals", schema=None) as batch_op:
        batch_op.alter_column(old, new_column_name=new)
