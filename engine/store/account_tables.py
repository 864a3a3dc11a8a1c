"""The tables of accounts, sessions, keys, calendar feeds and webhooks."""

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from engine.store.tables import Id, UtcDateTime, metadata

# Who may sign in, and how; a person without a row here cannot.
accounts = Table(
    "accounts",
    metadata,
    Column("person_id", Id, ForeignKey("people.id"), primary_key=True),
    Column("password_hash", Text),  # argon2; null: by link or single sign-on only
    # The identity at a single sign-on provider, once it has signed in.
    Column("issuer", Text),
    Column("subject", Text),
    Column("created_at", UtcDateTime, nullable=False),
    Column("disabled_at", UtcDateTime),
    UniqueConstraint("issuer", "subject"),
)

# Tokens are kept as their hash: who reads the database cannot sign in with it.
sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("person_id", Id, ForeignKey("people.id"), nullable=False, index=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
    Column("signed_in_by", String(8), nullable=False),  # link, password or sso
)

sign_in_links = Table(
    "sign_in_links",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("person_id", Id, ForeignKey("people.id"), nullable=False, index=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("used_at", UtcDateTime),
)

# Attempts to sign in that failed, by what they are counted for: rate limits.
failures = Table(
    "failures",
    metadata,
    Column("id", Id, primary_key=True),
    Column("counted_for", String(80), nullable=False),  # hash of an address, or a host
    Column("at", UtcDateTime, nullable=False),
    Index("ix_failures_counted_for_at", "counted_for", "at"),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", Id, primary_key=True),
    Column("person_id", Id, ForeignKey("people.id"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("prefix", String(16), nullable=False, unique=True),  # shown, to tell apart
    Column("secret_hash", String(64), nullable=False),
    Column("actions", Text, nullable=False),  # what it may do; joined with |
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("used_at", UtcDateTime),
    Column("revoked_at", UtcDateTime),
    Column("made_by", Id),  # the id of the key that made it; null: its owner, signed in
)

preferences = Table(
    "preferences",
    metadata,
    Column("person_id", Id, ForeignKey("people.id"), primary_key=True),
    Column("name", String(40), primary_key=True),
    Column("value", Text, nullable=False),  # JSON
)

# What a request with an Idempotency-Key was answered: it comes again to the same.
answered_requests = Table(
    "answered_requests",
    metadata,
    Column("person_id", Id, ForeignKey("people.id"), primary_key=True),
    Column("key", String(80), primary_key=True),
    Column("request_hash", String(64), nullable=False),
    # Null while the first request is being worked on, 0 once it wrote what it was to.
    Column("status", Integer),
    Column("body", Text),
    Column("at", UtcDateTime, nullable=False, index=True),
)

# Calendar feeds; the token in their address is all that a calendar can show.
feeds = Table(
    "feeds",
    metadata,
    Column("id", Id, primary_key=True),
    Column("person_id", Id, ForeignKey("people.id"), nullable=False, index=True),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("used_at", UtcDateTime),
    Column("revoked_at", UtcDateTime),
)

webhooks = Table(
    "webhooks",
    metadata,
    Column("id", Id, primary_key=True),
    Column("url", Text, nullable=False),
    Column("description", Text, nullable=False, default=""),
    Column("secret", Text, nullable=False),  # signs what is sent; must be readable
    # The secret before it signs too until then, while the other side learns the new one.
    Column("old_secret", Text),
    Column("old_secret_until", UtcDateTime),
    Column("created_by", Id, ForeignKey("people.id")),
    Column("created_at", UtcDateTime, nullable=False),
    Column("disabled_at", UtcDateTime),
    Column("followed_until", Id, nullable=False),  # the last audit entry looked at
)

webhook_deliveries = Table(
    "webhook_deliveries",
    metadata,
    Column("id", Id, primary_key=True),
    Column("webhook_id", Id, ForeignKey("webhooks.id"), nullable=False),
    Column("audit_id", Id, nullable=False),  # the transition it tells of
    Column("body", Text, nullable=False),
    Column("status", String(8), nullable=False),  # queued, sent, held
    Column("attempts", Integer, nullable=False, default=0),
    Column("queued_at", UtcDateTime, nullable=False),
    Column("next_try_at", UtcDateTime, nullable=False),
    Column("sent_at", UtcDateTime),
    Column("error", Text),
    UniqueConstraint("webhook_id", "audit_id"),
)
Index(
    "ix_webhook_deliveries_next_try_at",
    webhook_deliveries.c.next_try_at,
    sqlite_where=webhook_deliveries.c.status == "queued",
    postgresql_where=webhook_deliveries.c.status == "queued",
)
