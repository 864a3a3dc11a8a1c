"""The parts of the settings, and how each kind of value is read and refused."""

import re
from datetime import timedelta
from ipaddress import ip_network
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from engine.domain import moments, parsing
from engine.domain.accounts import LinksFor


def _duration(value: Any) -> Any:
    if isinstance(value, int | float):
        raise ValueError('has no unit: write it like "30 seconds" or "2 hours"')
    found = moments.duration(value) if isinstance(value, str) else value
    if found == timedelta():
        raise ValueError("must be longer than nothing")
    return found


def _zone(value: Any) -> Any:
    return parsing.time_zone(value) if isinstance(value, str) else value


def _email(value: Any) -> Any:
    return parsing.email(value) if isinstance(value, str) else value


def _yes_or_no(value: Any) -> Any:
    """YAML's own true and false, or their words as the environment has them."""
    words = {"true": True, "false": False}
    found = words.get(value, value) if isinstance(value, str) else value
    if not isinstance(found, bool):
        raise ValueError("must be true or false")
    return found


def _addresses(value: Any) -> Any:
    """Addresses or networks of machines; a name could be made to mean another."""
    given = [value] if isinstance(value, str) else value
    if not isinstance(given, list | tuple):
        raise ValueError("must be a list of addresses or networks")
    for each in given:
        try:
            ip_network(str(each))
        except ValueError:
            raise ValueError(
                f"has {each}, which is no address (10.0.0.7) or network (10.0.0.0/24)"
            ) from None
    return tuple(str(each) for each in given)


Duration = Annotated[timedelta, BeforeValidator(_duration)]
Zone = Annotated[str, BeforeValidator(_zone)]
Email = Annotated[str, BeforeValidator(_email)]


def _outside(value: Any) -> Any:
    """Where people find the pages: an address that paths can be put behind."""
    if isinstance(value, str) and not re.fullmatch(r"https?://[^\s/?#@]+/?", value):
        raise ValueError("must be like https://renewals.acme.example, without a path")
    return value.rstrip("/") if isinstance(value, str) else value


Addresses = Annotated[tuple[str, ...], BeforeValidator(_addresses)]


def _names(value: Any) -> Any:
    """Names of servers, as they name themselves in Authentication-Results."""
    given = [value] if isinstance(value, str) else value
    if not isinstance(given, list | tuple):
        raise ValueError("must be a list of names, such as [mx.acme.example]")
    for each in given:
        if not isinstance(each, str) or not re.fullmatch(r"[A-Za-z0-9._-]+", each):
            raise ValueError(f"has {each}, which is no name such as mx.acme.example")
    return tuple(given)


Names = Annotated[tuple[str, ...], BeforeValidator(_names)]
Outside = Annotated[str | None, BeforeValidator(_outside)]
YesOrNo = Annotated[bool, BeforeValidator(_yes_or_no)]


_MOST_LOCAL = 20  # the local part holds 64 characters, and a token takes up to 43


def _reply_address(value: Any) -> Any:
    """An address of which the local part leaves room for a token behind a plus."""
    if isinstance(value, str):
        local = parsing.email(value).rpartition("@")[0]
        if "+" in local or len(local) > _MOST_LOCAL:
            raise ValueError(
                "must be like replies@acme.example: at most 20 characters before the "
                "@, without a plus"
            )
    return value


ReplyAddress = Annotated[str, BeforeValidator(_reply_address)]


class Part(BaseModel):
    """A part of the settings; takes exactly the names declared here."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class VendorSettings(Part):
    """The vendor, as its customers know it."""

    name: str
    email: Email
    time_zone: Zone
    language: Literal["en", "fr"]


class DatabaseSettings(Part):
    """Where everything is kept; no URL means SQLite in the home."""

    url: str | None = None


class MailSettings(Part):
    """How mail leaves, and where answers to it go."""

    via: Literal["mailbox", "smtp"]
    host: str
    port: Annotated[int, Field(gt=0, lt=65536)]
    security: Literal["none", "starttls", "tls"]
    username: str | None = None
    password: str | None = None
    timeout: Duration
    replies_to: ReplyAddress | None = None


class SlackSettings(Part):
    """How Slack is reached, off without a token; and how it reaches us."""

    token: str | None = None
    signing_secret: str | None = None
    app_token: str | None = None
    url: str
    timeout: Duration
    link_lasts: Duration

    @property
    def listens(self) -> bool:
        """Whether answers can come from Slack: by HTTP, or by Socket Mode."""
        return bool(self.token and (self.signing_secret or self.app_token))


class DeliverySettings(Part):
    """How patiently messages are delivered."""

    attempts: Annotated[int, Field(gt=0)]
    first_wait: Duration
    longest_wait: Duration
    lease: Duration
    fresh_for: Duration
    leave_to_answer: Duration
    gather_for: Duration
    workers: Annotated[int, Field(gt=0, le=64)]
    batch: Annotated[int, Field(gt=0, le=10_000)]


class ClockSettings(Part):
    """How often the running process looks."""

    tick_every: Duration
    seal_every: Duration
    silent_for: Duration


class SignOnSettings(Part):
    """Single sign-on by OpenID Connect; off without an issuer."""

    issuer: str | None = None
    client_id: str | None = None
    client_secret: str | None = None
    name: str | None = None
    documents_kept: Duration


class WebSettings(Part):
    """Where the pages and the API are served, and how people stay signed in."""

    host: str
    port: Annotated[int, Field(ge=0, lt=65536)]
    url: Outside = None
    session_idle: Duration
    session_longest: Duration
    link_lasts: Duration
    key_lasts: Duration
    key_longest: Duration
    keys_at_once: Annotated[int, Field(gt=0, le=1_000)]
    sign_in_attempts: Annotated[int, Field(gt=0)]
    sign_in_window: Duration
    password_length: Annotated[int, Field(ge=8, le=200)]
    links_for: LinksFor
    link_mails: Annotated[int, Field(gt=0)]
    page_size: Annotated[int, Field(gt=0, le=500)]
    largest_request_mb: Annotated[int, Field(gt=0, le=1_000)]
    largest_page: Annotated[int, Field(gt=0, le=10_000)]
    largest_body_kb: Annotated[int, Field(gt=0, le=100_000)]
    longest_simulation: Duration
    answers_kept: Duration
    answer_lease: Duration
    trusted_proxies: Addresses
    finish_within: Duration
    metrics_from_loopback: YesOrNo
    calendar_ahead: Duration
    deadline_soon: Duration
    unreachable_ahead: Duration


class WebhookSettings(Part):
    """How patiently webhooks are called, and where they may be."""

    attempts: Annotated[int, Field(gt=0)]
    first_wait: Duration
    longest_wait: Duration
    timeout: Duration
    keep_for: Duration
    secret_overlap: Duration
    private_addresses: YesOrNo


class InboundSettings(Part):
    """What is believed of mail that comes in, and by which request it may come."""

    trusted_servers: Names
    largest_mb: Annotated[int, Field(gt=0, le=100)]
    webhook_secret: str | None = None
    webhook_tolerance: Duration


class ImapSettings(Part):
    """The mailbox that replies are fetched from; off without a host."""

    host: str | None = None
    port: Annotated[int, Field(gt=0, lt=65536)]
    security: Literal["none", "starttls", "tls"]
    username: str | None = None
    password: str | None = None
    folder: str
    done_folder: str | None = None
    poll_every: Duration
    timeout: Duration


class ListenerSettings(Part):
    """Where a mail server hands replies over; off without a port."""

    protocol: Literal["lmtp", "smtp"]
    host: str
    port: Annotated[int, Field(ge=0, lt=65536)] | None = None


class InboxSettings(Part):
    """How what comes in is worked on."""

    look_every: Duration
    attempts: Annotated[int, Field(gt=0)]
    first_wait: Duration
    longest_wait: Duration
    lease: Duration
    keep_for: Duration
