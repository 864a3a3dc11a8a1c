"""The settings of one home: its YAML file, and over it the environment.

The only reader of the environment. Errors name the key, the value and what was wanted.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from pydantic import BaseModel, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from config.parts import (
    ClockSettings,
    DatabaseSettings,
    DeliverySettings,
    ImapSettings,
    InboundSettings,
    InboxSettings,
    ListenerSettings,
    MailSettings,
    SignOnSettings,
    SlackSettings,
    VendorSettings,
    WebhookSettings,
    WebSettings,
    YesOrNo,
)
from engine.domain import yaml_text
from engine.domain.errors import ProblemsError, TacitError
from engine.domain.problems import did_you_mean
from engine.domain.yaml_text import Source

FILE: Final = "tacit.yaml"
SHIPPED: Final = Path(__file__).parent
MAX_BYTES: Final = 1_000_000


#: What is never printed, even where it is wrong.
_SECRET: Final = frozenset(
    {
        "database.url", "mail.password", "slack.token", "slack.signing_secret",
        "slack.app_token", "sign_on.client_secret", "imap.password",
        "inbound.webhook_secret",
    }
)  # fmt: skip


class Settings(BaseSettings):
    """All settings of a home."""

    model_config = SettingsConfigDict(
        env_prefix="TACIT_",
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        nested_model_default_partial_update=True,
    )

    production: YesOrNo
    vendor: VendorSettings
    database: DatabaseSettings
    mail: MailSettings
    slack: SlackSettings
    delivery: DeliverySettings
    clock: ClockSettings
    web: WebSettings
    sign_on: SignOnSettings
    webhooks: WebhookSettings
    inbox: InboxSettings
    inbound: InboundSettings
    imap: ImapSettings
    listener: ListenerSettings

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment goes before the file; nothing else is read."""
        return env_settings, init_settings


class FileSettings(Settings):
    """The settings as the file alone gives them."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment is not read."""
        return (init_settings,)


def load_settings(path: Path, kind: type[Settings] = Settings) -> Settings:
    """The settings in a file and the environment; ProblemsError says what is wrong.

    `FileSettings` as the kind leaves the environment out.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise TacitError(f"{path} is larger than {MAX_BYTES:,} bytes")
        source = Source(str(path), path.read_text(encoding="utf-8"))
    except OSError as error:
        raise TacitError(f"cannot read {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise TacitError(f"{path} is not UTF-8 text") from None
    node = yaml_text.read(source)
    values: Any = _with_later_parts(yaml_text.plain(node))
    try:
        settings = kind(**values)
    except SettingsError:
        whole = (_variable((part,)) for part in kind.model_fields)
        names = ", ".join(name for name in whole if name)
        raise TacitError(f"{names} in the environment: {_ONE_BY_ONE}") from None
    except ValidationError as error:
        complaints = [_complaint(kind, details) for details in error.errors()]
    else:
        complaints = list(_contradictions(settings))
        if not complaints:
            return settings
    raise _refusal(source, node, complaints)


#: Parts that homes made before they were known lack; they run as shipped.
_LATER: Final = frozenset(
    {"web", "sign_on", "webhooks", "inbox", "inbound", "imap", "listener"}
)
#: Single settings of older parts, likewise.
_LATER_ONES: Final = (
    ("slack", "link_lasts"),
    ("delivery", "leave_to_answer"),
    ("delivery", "gather_for"),
)


def _with_later_parts(values: Any) -> Any:
    file = SHIPPED / FILE
    source = Source(str(file), file.read_text(encoding="utf-8"))
    shipped: Any = yaml_text.plain(yaml_text.read(source))
    values = {name: shipped[name] for name in _LATER} | values
    for part, name in _LATER_ONES:
        if isinstance(values.get(part), dict):
            values[part] = {name: shipped[part][name]} | values[part]
    return values


_ONE_BY_ONE: Final = "name one setting, such as TACIT_MAIL__HOST, not all of a part"


class _Complaint(NamedTuple):
    """What is wrong with one setting, of which the name may be unknown."""

    path: tuple[str, ...]
    message: str
    hint: str = ""
    unknown: bool = False


def _complaint(kind: type[Settings], details: Any) -> _Complaint:
    path = tuple(str(step) for step in details["loc"])
    name = ".".join(path)
    if details["type"] == "extra_forbidden":
        hint = did_you_mean(path[-1], _known(kind, path))
        return _Complaint(path, f'unknown setting "{name}"', hint, unknown=True)
    if details["type"] == "missing":
        return _Complaint(path, f"{name} is missing")
    message = details["msg"].removeprefix("Value error, ")
    message = message[:1].lower() + message[1:]
    secret = any(f"{one}.".startswith(f"{name}.") for one in _SECRET)
    shown = "a hidden value" if secret else f'"{details["input"]}"'
    return _Complaint(path, f"{name}: {shown} {message}")


def _known(kind: type[BaseModel], path: tuple[str, ...]) -> list[str]:
    """The names that could stand where the last of the path does."""
    for name in path[:-1]:
        part = kind.model_fields[name].annotation
        assert isinstance(part, type)  # noqa: S101 - every part is a model
        kind = part
    return list(kind.model_fields)


def _contradictions(settings: Settings) -> Iterator[_Complaint]:
    """What would be well alone, and cannot be together."""
    delivery, clock = settings.delivery, settings.clock
    timeout = max(settings.mail.timeout, settings.slack.timeout)
    if delivery.lease <= delivery.fresh_for + timeout:
        yield _Complaint(
            ("delivery", "lease"),
            "delivery.lease: must be longer than delivery.fresh_for and the longest "
            "timeout together, or a message could be taken over while it is sent",
        )
    if settings.web.key_lasts > settings.web.key_longest:
        yield _Complaint(
            ("web", "key_lasts"),
            "web.key_lasts: must not be longer than web.key_longest, or no key could "
            "be made without an end of its own",
        )
    yield from _sign_on_contradictions(settings.sign_on)
    yield from _inbound_contradictions(settings)
    if clock.silent_for <= clock.tick_every:
        yield _Complaint(
            ("clock", "silent_for"),
            "clock.silent_for: must be longer than clock.tick_every, or the clock "
            "would count as silent between two ticks",
        )


def _inbound_contradictions(settings: Settings) -> Iterator[_Complaint]:
    """Doors by which answers would come in, though none are asked for by mail."""
    doors = {
        ("imap", "host"): settings.imap.host,
        ("listener", "port"): settings.listener.port,
        ("inbound", "webhook_secret"): settings.inbound.webhook_secret,
    }
    open_ = [path for path, value in doors.items() if value is not None]
    if open_ and settings.mail.replies_to is None:
        yield _Complaint(
            open_[0],
            f"{'.'.join(open_[0])}: mail comes in, but mail.replies_to names no address "
            "that it comes to",
        )


def _sign_on_contradictions(sign_on: SignOnSettings) -> Iterator[_Complaint]:
    if sign_on.issuer is None:
        return
    address = urlsplit(sign_on.issuer)
    is_here = address.hostname in ("localhost", "127.0.0.1", "::1")
    if address.scheme != "https" and not (address.scheme == "http" and is_here):
        yield _Complaint(
            ("sign_on", "issuer"), "sign_on.issuer: must be an https address"
        )
    if not sign_on.client_id:
        yield _Complaint(
            ("sign_on", "client_id"),
            "sign_on.client_id: is what the provider calls this installation; an "
            "issuer is of no use without it",
        )


def _refusal(
    source: Source, node: yaml_text.Mapping, complaints: list[_Complaint]
) -> TacitError:
    """The complaints, each where its value comes from: the environment or the file."""
    outside = [
        f"{variable} in the environment: {one.message}"
        + (f" ({one.hint})" if one.hint else "")
        for one in complaints
        if (variable := _variable(one.path)) is not None
    ]
    if outside:
        return TacitError("; ".join(outside))
    return ProblemsError(
        [
            source.problem(
                (yaml_text.find_key if one.unknown else yaml_text.find)(node, one.path),
                one.message,
                one.hint or "here, or in the environment as " + _name(one.path),
            )
            for one in complaints
        ]
    )


def _name(path: tuple[str, ...]) -> str:
    return "TACIT_" + "__".join(path).upper()


def _variable(path: tuple[str, ...]) -> str | None:
    """The environment's variable that gives this value, if one does."""
    names = {_name(path[:length]) for length in range(1, len(path) + 1)}
    given = os.environ  # noqa: TID251 - this module is its one reader
    return next((name for name in given if name.upper() in names), None)
