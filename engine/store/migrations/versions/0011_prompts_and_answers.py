"""Prompts, the inbox, answers as evidence, who is who in Slack, and keys to sign with."""

import sqlalchemy as sa
from alembic import op

from engine.store.tables import Id, UtcDateTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables, and what messages and copies need of them."""
    _create_prompts()
    _create_inbox()
    _create_answers()
    _create_slack_links()
    _create_site_keys()
    op.add_column("outbox", sa.Column("person_id", Id, nullable=True))
    op.add_column("outbox", sa.Column("thread", sa.Text(), nullable=True))
    op.add_column("deliveries", sa.Column("digest", sa.String(255), nullable=True))
    op.add_column("deliveries", sa.Column("settled_at", UtcDateTime(), nullable=True))
    # What comes back, or is answered, names a copy by its channel's name for it.
    op.create_index("ix_deliveries_reference", "deliveries", ["reference"])


def _create_prompts() -> None:
    op.create_table(
        "prompts",
        sa.Column("id", Id, nullable=False),
        sa.Column("outbox_id", Id, nullable=False),
        sa.Column("change_id", Id, nullable=False),
        sa.Column("state", sa.String(length=60), nullable=False),
        sa.Column("plan", sa.Integer(), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("ended", sa.String(length=12), nullable=True),
        sa.Column("ended_seq", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["change_id"], ["changes.id"], name=op.f("fk_prompts_change_id")
        ),
        sa.ForeignKeyConstraint(
            ["outbox_id"], ["outbox.id"], name=op.f("fk_prompts_outbox_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_prompts")),
        sa.UniqueConstraint("outbox_id", name=op.f("uq_prompts_outbox_id")),
    )
    op.create_index(
        "ix_prompts_change_id", "prompts", ["change_id", "id"], unique=False
    )
    op.create_index(
        "ix_prompts_open",
        "prompts",
        ["change_id"],
        unique=False,
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )


def _create_inbox() -> None:
    op.create_table(
        "inbox",
        sa.Column("id", Id, nullable=False),
        sa.Column("source", sa.String(length=12), nullable=False),
        sa.Column("external_id", sa.String(length=255), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.String(length=8), nullable=False),
        sa.Column("next_try_at", UtcDateTime(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("settled_by", Id, nullable=True),
        sa.ForeignKeyConstraint(
            ["settled_by"], ["people.id"], name=op.f("fk_inbox_settled_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox")),
        sa.UniqueConstraint(
            "source", "external_id", name=op.f("uq_inbox_source_external_id")
        ),
    )
    op.create_index(
        "ix_inbox_next_try_at",
        "inbox",
        ["next_try_at"],
        unique=False,
        sqlite_where=sa.text("status IN ('new', 'working')"),
        postgresql_where=sa.text("status IN ('new', 'working')"),
    )
    op.create_index(
        "ix_inbox_waiting",
        "inbox",
        ["id"],
        unique=False,
        sqlite_where=sa.text("status IN ('waiting', 'failed')"),
        postgresql_where=sa.text("status IN ('waiting', 'failed')"),
    )


def _create_answers() -> None:
    op.create_table(
        "answers",
        sa.Column("id", Id, nullable=False),
        sa.Column("prompt_id", Id, nullable=True),
        sa.Column("change_id", Id, nullable=True),
        sa.Column("person_id", Id, nullable=True),
        sa.Column("inbox_id", Id, nullable=True),
        sa.Column("via", sa.String(length=12), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("event", sa.String(length=60), nullable=True),
        sa.Column("outcome", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("terms", sa.Text(), nullable=True),
        sa.Column("seq", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["change_id"], ["changes.id"], name=op.f("fk_answers_change_id")
        ),
        sa.ForeignKeyConstraint(
            ["inbox_id"], ["inbox.id"], name=op.f("fk_answers_inbox_id")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_answers_person_id")
        ),
        sa.ForeignKeyConstraint(
            ["prompt_id"], ["prompts.id"], name=op.f("fk_answers_prompt_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answers")),
        sa.UniqueConstraint("inbox_id", name=op.f("uq_answers_inbox_id")),
    )
    op.create_index(
        op.f("ix_answers_change_id"), "answers", ["change_id"], unique=False
    )
    op.create_index(
        op.f("ix_answers_prompt_id"), "answers", ["prompt_id"], unique=False
    )


def _create_slack_links() -> None:
    op.create_table(
        "slack_links",
        sa.Column("team", sa.String(length=32), nullable=False),
        sa.Column("user", sa.String(length=32), nullable=False),
        sa.Column("person_id", Id, nullable=False),
        sa.Column("linked_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_slack_links_person_id")
        ),
        sa.PrimaryKeyConstraint("team", "user", name=op.f("pk_slack_links")),
    )
    op.create_index(
        op.f("ix_slack_links_person_id"), "slack_links", ["person_id"], unique=False
    )


def _create_site_keys() -> None:
    op.create_table(
        "site_keys",
        sa.Column("id", Id, nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site_keys")),
    )


def downgrade() -> None:
    """Let them go."""
    op.drop_index("ix_deliveries_reference", "deliveries")
    op.drop_column("deliveries", "settled_at")
    op.drop_column("deliveries", "digest")
    op.drop_column("outbox", "thread")
    op.drop_column("outbox", "person_id")
    op.drop_table("site_keys")
    op.drop_table("slack_links")
    op.drop_table("answers")
    op.drop_table("inbox")
    op.drop_table("prompts")
