"""The tables of prompts, answers, the inbox, and who is who in Slack."""

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from engine.store.tables import Id, UtcDateTime, metadata

# A question that was put to the readers of a message.
prompts = Table(
    "prompts",
    metadata,
    Column("id", Id, primary_key=True),
    Column("outbox_id", Id, ForeignKey("outbox.id"), nullable=False, unique=True),
    Column("change_id", Id, ForeignKey("changes.id"), nullable=False),
    Column("state", String(60), nullable=False),  # of the change when it was asked
    Column("plan", Integer, nullable=False),  # of the change when it was asked
    Column("asked_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("ended", String(12)),  # how: see PromptEnd
    Column("ended_seq", Integer),  # the audit entry of the change that ended it
)
_OPEN = prompts.c.ended_at.is_(None)
Index(
    "ix_prompts_open",
    prompts.c.change_id,
    sqlite_where=_OPEN,
    postgresql_where=_OPEN,
)
Index("ix_prompts_change_id", prompts.c.change_id, prompts.c.id)

# Whatever came in from outside, as it came: worked on once.
inbox = Table(
    "inbox",
    metadata,
    Column("id", Id, primary_key=True),
    Column("source", String(12), nullable=False),  # slack or mail
    Column("external_id", String(255), nullable=False),  # the sender's own id for it
    Column("received_at", UtcDateTime, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("status", String(8), nullable=False),  # see InboxStatus
    # When to work on it; while it is worked on, when the claim runs out.
    Column("next_try_at", UtcDateTime, nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("reason", Text),  # what came of it, or why it waits for a person
    Column("settled_by", Id, ForeignKey("people.id")),  # who let it go or let it in
    UniqueConstraint("source", "external_id"),
)
_TO_DO = inbox.c.status.in_(["new", "working"])
Index(
    "ix_inbox_next_try_at",
    inbox.c.next_try_at,
    sqlite_where=_TO_DO,
    postgresql_where=_TO_DO,
)
_WAITING = inbox.c.status.in_(["waiting", "failed"])
Index("ix_inbox_waiting", inbox.c.id, sqlite_where=_WAITING, postgresql_where=_WAITING)

# What somebody answered, and what came of it: evidence, never changed.
answers = Table(
    "answers",
    metadata,
    Column("id", Id, primary_key=True),
    Column("prompt_id", Id, ForeignKey("prompts.id"), index=True),
    Column("change_id", Id, ForeignKey("changes.id"), index=True),
    Column("person_id", Id, ForeignKey("people.id")),
    Column("inbox_id", Id, ForeignKey("inbox.id"), unique=True),
    Column("via", String(12), nullable=False),  # see Via
    Column("at", UtcDateTime, nullable=False),
    Column("event", String(60)),
    Column("outcome", String(12), nullable=False),  # see AnswerOutcome
    Column("reason", Text),  # why it was refused, or not understood
    Column("text", Text),  # the words of the reply
    Column("terms", Text),  # JSON: what they were shown when they were asked
    Column("seq", Integer),  # the audit entry of the change that it led to
)

# Users of Slack who are people of the book, confirmed once by the people themselves.
slack_links = Table(
    "slack_links",
    metadata,
    Column("team", String(32), primary_key=True),
    Column("user", String(32), primary_key=True),
    Column("person_id", Id, ForeignKey("people.id"), nullable=False, index=True),
    Column("linked_at", UtcDateTime, nullable=False),
)

# What tokens are signed with: the newest signs, and all are believed.
site_keys = Table(
    "site_keys",
    metadata,
    Column("id", Id, primary_key=True),
    Column("secret", LargeBinary, nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
)
