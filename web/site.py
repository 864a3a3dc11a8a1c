"""What the web needs of one installation; `tacit/bootstrap.py` wires it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from engine.domain.access import Policy
from engine.domain.accounts import SessionLimits
from engine.domain.interfaces import Storage
from engine.domain.letters import ChannelName
from engine.domain.ruleset import Rulebook
from notifiers.rendering import Templates
from notifiers.wording import Wording


@dataclass(frozen=True, slots=True)
class SiteSettings:
    """The settings that pages and API follow."""

    vendor: str
    time_zone: str
    language: str
    url: str  # as people reach it from outside
    sessions: SessionLimits
    link_lasts: timedelta
    key_lasts: timedelta
    sign_in_attempts: int
    sign_in_window: timedelta
    page_size: int
    largest_request: int  # bytes

    @property
    def is_secure(self) -> bool:
        """Whether people reach it by https, so that cookies may insist on it."""
        return self.url.startswith("https://")


@dataclass(frozen=True)
class Site:
    """One installation, as the web sees it."""

    store: Storage
    rules: Callable[[], Rulebook]
    messages: Callable[[], Templates]
    policy: Policy
    clock: Callable[[], datetime]
    words: Mapping[str, Wording]  # by language
    settings: SiteSettings
    channels: frozenset[str] = frozenset(ChannelName)  # those that are configured

    @property
    def rulebook(self) -> Rulebook:
        """The rules in force."""
        return self.rules()
