"""What the web needs of one installation; `tacit/bootstrap.py` wires it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from threading import BoundedSemaphore
from typing import Final, Protocol

from engine.domain.access import Policy
from engine.domain.accounts import Identity, LinksFor, SessionLimits, SignInLimits
from engine.domain.api_keys import KeyLimits
from engine.domain.book import Cell
from engine.domain.interfaces import Storage
from engine.domain.letters import ChannelName, Letter, Rendered
from engine.domain.problems import Problem
from engine.domain.ruleset import Rulebook
from engine.services.deadline_counts import DeadlineCounts
from engine.services.export_book import Sheet
from engine.services.passwords import Passwords
from engine.services.send_messages import Delivering
from engine.services.take_in import Intake
from notifiers.rendering import Templates
from notifiers.wording import Wording
from web.metrics import Metrics


class SignOn(Protocol):
    """A single sign-on provider that people may come from."""

    @property
    def name(self) -> str | None:
        """What its users call it."""

    def start(self, flow: str, now: datetime) -> str:
        """Where to send the browser that keeps `flow`, a secret of this one attempt."""

    def finish(self, flow: str, answer: Mapping[str, str], now: datetime) -> Identity:
        """Who came back with this answer; SignOnError unless it is beyond doubt."""


#: More threads than these that read and write lists only take turns at being
#: interrupted: forty of them answer a third less than three do.
LISTS_AT_ONCE: Final = 3
Turns = AbstractContextManager[object]


class ListWriter(Protocol):
    """Writes a table to a file, as its name says: .csv or .xlsx."""

    def __call__(
        self,
        path: Path,
        title: str,
        header: Sequence[str],
        rows: Iterable[Sequence[Cell]],
    ) -> None: ...


@dataclass(frozen=True, slots=True)
class ApiSettings:
    """The limits of the API."""

    largest_page: int
    largest_body: int  # bytes of JSON
    longest_simulation: timedelta
    answers_kept: timedelta  # of requests with an Idempotency-Key
    answer_lease: timedelta  # after which one that did nothing is taken for left


class ImportBook(Protocol):
    """Takes a book in: all or nothing."""

    def __call__(
        self,
        store: Storage,
        files: Sequence[Path],
        mapping: str | None,
        now: datetime,
        *,
        by: str,
        dry_run: bool,
    ) -> dict[str, dict[str, int]]: ...


class Preview(Protocol):
    """Renders a message with example values, for a reader or the first that it has."""

    def __call__(
        self,
        message: str,
        audience: str | None,
        language: str,
        choices: Sequence[str] = (),
    ) -> Rendered: ...


@dataclass(frozen=True, slots=True)
class Works:
    """What an installation can do beyond its store, by parts that the web cannot reach.

    `import_book` takes files, the name of a mapping, the time, and whether it is only a
    rehearsal, which it leaves undone; what it came to, by kind.
    """

    import_book: ImportBook
    write_list: ListWriter
    write_workbook: Callable[[Path, Mapping[str, Sheet]], None]
    check_rules: Callable[[], Sequence[Problem]]
    preview: Preview
    delivering: Callable[[], Delivering]
    recording: Callable[[], Delivering]  # a relay that sends nothing


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
    keys: KeyLimits
    sign_in_attempts: int
    sign_in_window: timedelta
    password_length: int
    links_for: LinksFor
    link_mails: int
    page_size: int
    api: ApiSettings
    largest_request: int  # bytes
    deadline_soon: timedelta
    unreachable_ahead: timedelta
    calendar_ahead: timedelta = timedelta(days=365)
    metrics_from_loopback: bool = False
    silent_for: timedelta = timedelta(minutes=10)
    private_webhooks: bool = False
    secret_overlap: timedelta = timedelta(0)  # of an old webhook secret with the new
    slack_link_lasts: timedelta = timedelta(hours=1)

    @property
    def is_secure(self) -> bool:
        """Whether people reach it by https, so that cookies may insist on it."""
        return self.url.startswith("https://")

    @property
    def sign_in_limits(self) -> SignInLimits:
        """How often signing in may be tried."""
        return SignInLimits(self.sign_in_attempts, self.sign_in_window, self.link_mails)


@dataclass(frozen=True, slots=True)
class SlackDoor:
    """By what Slack's requests are known, and where they are stored."""

    signing_secret: str
    intake: Intake


@dataclass(frozen=True)
class InboundMail:
    """How a provider may hand mail over by a request; `largest` is in bytes.

    `take` stores a mail with the addresses of its envelope: whether it was new.
    """

    secret: str = field(repr=False)
    tolerance: timedelta
    largest: int
    take: Callable[[bytes, Sequence[str]], bool]


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
    post: Callable[[Letter], object]  # mails one letter of the site's own
    works: Works
    channels: frozenset[str] = frozenset(ChannelName)  # those that are configured
    sign_on: SignOn | None = None
    #: What links in messages are signed with, the newest first.
    signing_keys: Callable[[], Sequence[bytes]] = tuple
    slack: SlackDoor | None = None  # None: Slack cannot reach us
    #: None where no provider hands mail over.
    inbound: InboundMail | None = None
    metrics: Metrics = field(default_factory=Metrics)
    # Problems of the rules in the folder, which may not be those in force; asked often.
    check_folder: Callable[[], Sequence[Problem]] = tuple
    counts: DeadlineCounts = field(default_factory=DeadlineCounts)
    #: Taken while a page of the list is made.
    turns: Turns = field(default_factory=lambda: BoundedSemaphore(LISTS_AT_ONCE))

    @cached_property
    def passwords(self) -> Passwords:
        """Where passwords are hashed and compared."""
        return Passwords(self.settings.password_length)

    @property
    def rulebook(self) -> Rulebook:
        """The rules in force."""
        return self.rules()
