"""The tables. Times are aware UTC; money is in minor units; a `code` is the book's own."""

from datetime import UTC, datetime
from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    and_,
    false,
    literal_column,
)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC datetime on databases with and without time zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(
        self, value: datetime | None, dialect: Dialect
    ) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone reached the store")
        utc = value if value.tzinfo is UTC else value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(
        self, value: datetime | None, dialect: Dialect
    ) -> datetime | None:
        if value is None:
            return None
        if dialect.name == "sqlite":
            return value.replace(tzinfo=UTC)
        return value.astimezone(UTC)


#: SQLite numbers rows by itself only in a column of type INTEGER.
Id: Final = BigInteger().with_variant(Integer(), "sqlite")

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

partners = Table(
    "partners",
    metadata,
    Column("id", Id, primary_key=True),
    Column("code", String(64), nullable=False, unique=True),
    Column("name", Text, nullable=False),
    # The standing choice: this partner owns every transactional conversation.
    Column("owns_conversations", Boolean, nullable=False, default=False),
    Column("point_of_contact_id", Id),  # a person; no constraint, they refer back
)

customers = Table(
    "customers",
    metadata,
    Column("id", Id, primary_key=True),
    Column("code", String(64), nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("domain", Text),
    Column("hub_id", String(64), index=True),
    Column("time_zone", String(64), nullable=False),
    Column("language", String(2), nullable=False),
    Column("partner_id", Id, ForeignKey("partners.id"), index=True),
    # default, vendor or partner: the override for this client.
    Column("communication_owner", String(8), nullable=False, default="default"),
    Column("primary_contact_id", Id),  # a person of this customer
    # All that a search finds it by, folded: names, codes and addresses.
    Column("search", Text, nullable=False, server_default=""),
    # Its name as lists sort it: folded, and no longer than an index takes.
    Column("sorts_as", String(80), nullable=False, server_default="", index=True),
)

people = Table(
    "people",
    metadata,
    Column("id", Id, primary_key=True),
    Column("code", String(64), nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("email", Text, index=True),
    Column("slack_user", String(64)),
    Column("language", String(2), nullable=False),
    Column("channel", String(8), nullable=False, default="email"),
    Column("customer_id", Id, ForeignKey("customers.id"), index=True),
    Column("partner_id", Id, ForeignKey("partners.id"), index=True),
    Column("roles", Text, nullable=False, default=""),  # at the vendor; joined with |
)

sites = Table(
    "sites",
    metadata,
    Column("id", Id, primary_key=True),
    Column("code", String(64), nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("customer_id", Id, ForeignKey("customers.id"), nullable=False, index=True),
)

contracts = Table(
    "contracts",
    metadata,
    Column("id", Id, primary_key=True),
    Column("code", String(64), nullable=False, unique=True),
    Column("customer_id", Id, ForeignKey("customers.id"), nullable=False, index=True),
    Column("product", Text, nullable=False),
    Column("started_on", Date, nullable=False),  # the anchor of every anniversary
    # Instead of it, since a renewal start that was moved by hand took effect.
    Column("counted_from", Date),
    Column("commitment_months", Integer, nullable=False),
    Column("automatic_renewal", Boolean, nullable=False),
    Column("billing_months", Integer, nullable=False),
    Column("starter", Boolean, nullable=False, default=False),
    Column("contact_limit", Integer),
    Column("filed_limit", Integer),  # as a file last gave it; upgrades go beyond it
    Column("currency", String(3)),
    Column("mrr", BigInteger),
    Column("new_mrr", BigInteger),
    Column("ended_on", Date),  # from this day on there is no contract
)

usage = Table(
    "usage",
    metadata,
    Column("id", Id, primary_key=True),
    Column("contract_id", Id, ForeignKey("contracts.id"), nullable=False),
    Column("month", String(7), nullable=False),  # YYYY-MM
    Column("contacts", Integer),
    Column("emails_sent", Integer),
    Column("warned", Text),  # messages told because of this month; joined with |
    UniqueConstraint("contract_id", "month"),
)

changes = Table(
    "changes",
    metadata,
    Column("id", Id, primary_key=True),
    Column("code", String(96), nullable=False, unique=True),
    Column("contract_id", Id, ForeignKey("contracts.id"), nullable=False, index=True),
    Column("type", String(24), nullable=False),
    # The anniversary or month that opened it; renewal_start may move, this does not.
    Column("period_on", Date, nullable=False),
    Column("renewal_start", Date, nullable=False),
    Column("state", String(60), nullable=False),
    Column(
        "owner_choice", String(8)
    ),  # vendor or partner: the override for this change
    Column("new_contact_limit", Integer),  # the tier that an upgrade leads to
    Column("opened_at", UtcDateTime, nullable=False),
    Column("closed_at", UtcDateTime),
    Column("attention", Text),  # why a person is needed
    Column("voided_by", String(8)),  # what closed it before its day: end or usage
    Column("listed_on", Date, nullable=False),  # derived from rules and renewal_start
    Column("deadline_on", Date),  # likewise; null until rules were applied to it
    # Its contract's, kept here because a list that narrows by it reads no contract.
    Column("customer_id", Id, nullable=False, server_default="0"),
    Column("next_due_at", UtcDateTime),  # when to look again; null: only if asked
    Column("handled_until", UtcDateTime),  # all that fell due by then was dealt with
    Column("notice_out_at", UtcDateTime),  # a channel took the notice of these dates
    Column("plan", Integer, nullable=False, default=0),  # grows when dates move
    Column("version", Integer, nullable=False),  # number of audit entries
    Column("rules_version", String(16), nullable=False),  # of the last step
    Column("head", String(64), nullable=False),  # hash of the last audit entry
)
#: What must never be, whoever opens changes at the same time.
_OPEN_RENEWAL: Final = and_(
    changes.c.type == literal_column("'renewal'"), changes.c.closed_at.is_(None)
)
Index(
    "uq_changes_open_renewal",
    changes.c.contract_id,
    unique=True,
    sqlite_where=_OPEN_RENEWAL,
    postgresql_where=_OPEN_RENEWAL,
)
Index(
    "ix_changes_next_due_at",
    changes.c.next_due_at,
    sqlite_where=changes.c.next_due_at.is_not(None),
    postgresql_where=changes.c.next_due_at.is_not(None),
)
_OPEN: Final = changes.c.closed_at.is_(None)
# All that the list is narrowed by, in the orders that it is mostly read in: counting and
# sorting then read the index alone. SQLite needs `closed_at` in it to know as much.
_LISTED: Final = (
    "state", "renewal_start", "deadline_on", "listed_on", "type", "customer_id",
    "contract_id", "owner_choice", "closed_at",
)  # fmt: skip
for _first in ("renewal_start", "deadline_on", "customer_id"):
    Index(
        f"ix_changes_by_{_first}",
        *(changes.c[name] for name in dict.fromkeys((_first, *_LISTED))),
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    )
_NEEDS_PERSON: Final = and_(_OPEN, changes.c.attention.is_not(None))
Index(
    "ix_changes_needs_person",
    changes.c.renewal_start,
    sqlite_where=_NEEDS_PERSON,
    postgresql_where=_NEEDS_PERSON,
)
_NO_DEADLINE: Final = and_(_OPEN, changes.c.deadline_on.is_(None))
Index(
    "ix_changes_no_deadline",
    changes.c.listed_on,
    sqlite_where=_NO_DEADLINE,
    postgresql_where=_NO_DEADLINE,
)

audit = Table(
    "audit",
    metadata,
    Column("id", Id, primary_key=True),
    Column("subject_kind", String(8), nullable=False),  # change, customer, partner, ...
    Column("subject_id", Id, nullable=False),
    Column("seq", Integer, nullable=False),  # 1, 2, 3 ... without a gap
    Column("at", UtcDateTime, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("body", Text, nullable=False),  # JSON
    Column("hash", String(64), nullable=False),  # sha256 over the previous one and this
    UniqueConstraint("subject_kind", "subject_id", "seq"),
)

seals = Table(
    "seals",
    metadata,
    Column("id", Id, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("upto", Id, nullable=False),  # the last audit id it covers
    Column("entries", Integer, nullable=False),  # since the seal before it
    Column("hash", String(64), nullable=False),  # over the previous seal and those
)

# Where a chain goes on whose older entries are archived.
checkpoints = Table(
    "checkpoints",
    metadata,
    Column("subject_kind", String(8), primary_key=True),
    Column("subject_id", Id, primary_key=True, autoincrement=False),
    Column("seq", Integer, nullable=False),  # of the last archived entry
    Column("hash", String(64), nullable=False),  # of that entry
    Column("state", Text, nullable=False),  # JSON: what the archived entries lead to
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", Id, primary_key=True),
    Column("change_id", Id, ForeignKey("changes.id"), nullable=False),
    Column("seq", Integer, nullable=False),  # the audit entry that caused it
    Column("position", Integer, nullable=False),  # among that entry's messages
    Column("message", String(60), nullable=False),
    Column("role", String(24), nullable=False),
    Column("asks", Text, nullable=False, default=""),  # events, joined with |
    Column("urgent", Boolean, nullable=False, default=False),
    Column("channel", String(8)),  # overrides the reader's own choice
    Column("is_notice", Boolean, nullable=False, default=False),
    Column("while_state", String(60)),  # only while the change is in this state
    # A reminder is bound to its plan too, and to the change's being open.
    Column("is_reminder", Boolean, nullable=False, server_default=false()),
    Column("plan", Integer, nullable=False),  # the change's plan when it was queued
    Column("about", Text),  # what an undeliverable message was, and why
    Column("status", String(8), nullable=False),  # queued, sending, sent, held, dropped
    Column("reason", Text),  # why it is held or was dropped
    Column("queued_at", UtcDateTime, nullable=False),
    # When to try next; while sending, when the claim runs out.
    Column("next_try_at", UtcDateTime, nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    # For one person whatever the role's route, in the conversation that they wrote in.
    Column("person_id", Id),  # no constraint: SQLite would have to copy the table
    Column("thread", Text),
    UniqueConstraint("change_id", "seq", "position"),
)
Index(
    "ix_outbox_next_try_at",
    outbox.c.next_try_at,
    sqlite_where=outbox.c.status.in_(["queued", "sending"]),
    postgresql_where=outbox.c.status.in_(["queued", "sending"]),
)
Index(
    "ix_outbox_status_held",
    outbox.c.status,
    sqlite_where=outbox.c.status == "held",
    postgresql_where=outbox.c.status == "held",
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Id, primary_key=True),
    Column("outbox_id", Id, ForeignKey("outbox.id"), nullable=False),
    Column("person_id", Id, ForeignKey("people.id"), nullable=False),
    Column("channel", String(8), nullable=False),
    Column("audience", String(12), nullable=False),
    Column("address", Text, nullable=False),
    Column(
        "status", String(8), nullable=False
    ),  # sending, sent, retry, failed, returned, dropped
    Column("attempts", Integer, nullable=False),  # counted before each try
    # Tries that may have arrived although nothing said so.
    Column("ambiguous", Integer, nullable=False, default=0),
    Column("tried_at", UtcDateTime, nullable=False),
    Column("sent_at", UtcDateTime),
    Column("reference", Text),  # the channel's own name for it
    Column("error", Text),
    Column("digest", String(255)),  # the message that it was sent together with others
    # When it was made to show that its question is settled; see prompts.
    Column("settled_at", UtcDateTime),
    UniqueConstraint("outbox_id", "person_id", "channel"),
)
Index("ix_deliveries_reference", deliveries.c.reference)
#: Copies that have arrived, and may yet have to show how their question ended.
UNSETTLED: Final = and_(
    deliveries.c.status == literal_column("'sent'"), deliveries.c.settled_at.is_(None)
)
Index(
    "ix_deliveries_unsettled",
    deliveries.c.channel,
    deliveries.c.outbox_id,
    sqlite_where=UNSETTLED,
    postgresql_where=UNSETTLED,
)
Index("ix_deliveries_person_id", deliveries.c.person_id)

rule_texts = Table(
    "rule_texts",
    metadata,
    Column("version", String(16), primary_key=True),  # hash of the text
    Column("file", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("first_used_at", UtcDateTime, nullable=False),
    # When it last came into force: rules may go back to an earlier text.
    Column("taken_up_at", UtcDateTime),
)

heartbeats = Table(
    "heartbeats",
    metadata,
    Column("name", String(24), primary_key=True),  # clock, relay, seal
    Column("at", UtcDateTime, nullable=False),
)
