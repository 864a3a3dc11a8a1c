"""Seals cover the entries since the seal before, no longer the heads of all trails.

A seal of all heads read the whole trail each time, and could not be checked any more
once a part of the trail is archived. Seals of the old kind cannot be turned into the
new: they are let go, and the next seal covers every entry again.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let the old seals go, and count entries in the new ones."""
    _rename_in_seals("subjects", "entries")


def downgrade() -> None:
    """Let the new seals go."""
    _rename_in_seals("entries", "subjects")


def _rename_in_seals(old: str, new: str) -> None:
    op.execute(sa.text("DELETE FROM seals"))
    with op.batch_alter_table("seals", schema=None) as batch_op:
        batch_op.alter_column(old, new_column_name=new)
