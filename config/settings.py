"""The settings of one home: its YAML file, and over it the environment.

The only reader of the environment. Errors name the key, the value and what was wanted.
"""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from engine.domain import moments, parsing, yaml_text
from engine.domain.errors import ProblemsError, TacitError
from engine.domain.problems import Problem
from engine.domain.yaml_text import Source

FILE: Final = "tacit.yaml"
SHIPPED: Final = Path(__file__).parent
MAX_BYTES: Final = 1_000_000


def _duration(value: Any) -> Any:
    return moments.duration(value) if isinstance(value, str) else value


def _zone(value: Any) -> Any:
    return parsing.time_zone(value) if isinstance(value, str) else value


Duration = Annotated[timedelta, BeforeValidator(_duration)]
Zone = Annotated[str, BeforeValidator(_zone)]


class Part(BaseModel):
    """A part of the settings; takes exactly the names declared here."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class VendorSettings(Part):
    """The vendor, as its customers know it."""

    name: str
    email: str
    time_zone: Zone
    language: Literal["en", "fr"]


class DatabaseSettings(Part):
    """Where everything is kept; no URL means SQLite in the home."""

    url: str | None = None


class MailSettings(Part):
    """How mail leaves."""

    via: Literal["mailbox", "smtp"]
    host: str
    port: Annotated[int, Field(gt=0, lt=65536)]
    security: Literal["none", "starttls", "tls"]
    username: str | None = None
    password: str | None = None
    timeout: Duration


class SlackSettings(Part):
    """How Slack is reached; off without a token."""

    token: str | None = None
    url: str
    timeout: Duration


class DeliverySettings(Part):
    """How patiently messages are delivered."""

    attempts: Annotated[int, Field(gt=0)]
    first_wait: Duration
    longest_wait: Duration
    lease: Duration
    fresh_for: Duration
    workers: Annotated[int, Field(gt=0, le=64)]
    batch: Annotated[int, Field(gt=0, le=10_000)]


class ClockSettings(Part):
    """How often the running process looks."""

    tick_every: Duration
    seal_every: Duration
    silent_for: Duration


class Settings(BaseSettings):
    """All settings of a home."""

    model_config = SettingsConfigDict(
        env_prefix="TACIT_",
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        nested_model_default_partial_update=True,
    )

    production: bool
    vendor: VendorSettings
    database: DatabaseSettings
    mail: MailSettings
    slack: SlackSettings
    delivery: DeliverySettings
    clock: ClockSettings

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
    values: Any = yaml_text.plain(node)
    try:
        return kind(**values)
    except ValidationError as error:
        raise ProblemsError(
            [_problem(source, node, details) for details in error.errors()]
        ) from None


def _problem(source: Source, node: yaml_text.Mapping, details: Any) -> Problem:
    path = tuple(details["loc"])
    name = ".".join(str(step) for step in path)
    variable = "TACIT_" + "__".join(str(step).upper() for step in path)
    if details["type"] == "extra_forbidden":
        return source.problem(
            yaml_text.find_key(node, path), f'unknown setting "{name}"'
        )
    message = details["msg"].removeprefix("Value error, ").lower()
    given = details["input"] if details["type"] != "missing" else "nothing"
    shown = "a hidden value" if "password" in name or "token" in name else f'"{given}"'
    return source.problem(
        yaml_text.find(node, path),
        f"{name}: {shown} {message}",
        f"here, or in the environment as {variable}",
    )
