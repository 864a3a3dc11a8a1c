"""${message}.

Say here why. Numbered by hand, so that the folder reads as a history. Once merged it is
never edited. It must work while the previous release still runs: add first, fill, and
take away one release later.
"""

import sqlalchemy as sa
from alembic import op

from engine.store.tables import UtcDateTime

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    ${downgrades if downgrades else "pass"}
