"""A compiled rule file: immutable, every name resolved, ready for `decide`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property

from engine.domain.guards import Fact, Guard
from engine.domain.moments import Offset
from engine.domain.vocabulary import AUDIENCE_OF, COPY


@dataclass(frozen=True, slots=True)
class Telling:
    """A message for a role; `asks` are the events its reader may answer with.

    With a `person_id` it is for that person alone, whoever else has the role, and goes
    into the `thread` that they wrote in: the channel's own name for it.
    """

    message: str
    to: str
    asks: tuple[str, ...] = ()
    urgent: bool = False
    channel: str | None = None
    is_notice: bool = False
    person_id: int | None = None
    thread: str | None = None


@dataclass(frozen=True, slots=True)
class EventBranch:
    """Where an event leads, who may fire it, and the moment after which it is late."""

    to: str
    by: tuple[str, ...]
    guard: Guard | None
    until: str | None
    tells: tuple[Telling, ...]
    why: str


@dataclass(frozen=True, slots=True)
class MomentBranch:
    """What a moment leads to: a state, an effect, a message, or several of them."""

    guard: Guard | None
    to: str | None
    after_notice: bool
    do: str | None
    tells: tuple[Telling, ...]
    why: str


@dataclass(frozen=True, slots=True)
class Reminder:
    """A message at moments. `send_within` None: however late, it is still sent."""

    telling: Telling
    moments: tuple[str, ...]
    guard: Guard | None
    send_within: timedelta | None
    hold_when_later: bool


@dataclass(frozen=True, slots=True)
class State:
    """One state and all that can happen in it."""

    name: str
    final: bool
    why: str
    enter: tuple[Telling, ...]
    on: Mapping[str, tuple[EventBranch, ...]]
    at: Mapping[str, tuple[MomentBranch, ...]]
    remind: tuple[Reminder, ...]


@dataclass(frozen=True, slots=True)
class CalendarRow:
    """The moments of the subjects that meet the row's condition."""

    guard: Guard | None
    moments: Mapping[str, tuple[Offset, ...]]

    def first(self, moment: str) -> Offset:
        return self.moments[moment][0]


@dataclass(frozen=True, slots=True)
class Notice:
    """What must have been out for how long before silence acts."""

    messages: frozenset[str]
    out_for: timedelta
    keeps_open: str


@dataclass(frozen=True, slots=True)
class NearLimit:
    """What is told when usage comes close to opening a change."""

    guard: Guard
    telling: Telling


@dataclass(frozen=True, slots=True)
class Opening:
    """When a subject comes into being and from which date it applies.

    `new_contact_limits` are the tiers to choose from, smallest first;
    `email_limit` the multiples of the contact limit for starter and other editions.
    """

    guard: Guard | None
    effective: str
    new_contact_limits: tuple[int, ...]
    email_limit: tuple[int, int] | None
    warn: NearLimit | None

    @property
    def is_monthly(self) -> bool:
        """Whether each month of usage opens a change of its own."""
        return self.effective == "first of next month"


@dataclass(frozen=True, eq=False)
class Ruleset:
    """One machine's rules; `version` is the hash of the text they were read from.

    Compared by identity, so that what is derived from one can be cached.
    """

    name: str
    version: str
    why: str
    initial: str
    states: Mapping[str, State]
    calendar: tuple[CalendarRow, ...]
    notice: Notice | None
    opening: Opening
    reads: frozenset[str] = field(default_factory=frozenset)

    def state(self, name: str) -> State:
        """A state by name; one that these rules do not have has nothing in it."""
        known = self.states.get(name)
        return known or State(name, False, "", (), {}, {}, ())

    @cached_property
    def fact_names(self) -> tuple[str, ...]:
        """The facts that guards read of a contract, sorted."""
        return tuple(sorted(self.reads - {"notice_out"}))

    def row(self, facts: Mapping[str, Fact]) -> CalendarRow:
        """The first calendar row that fits; the last one always does."""
        return next(
            row for row in self.calendar if row.guard is None or row.guard.holds(facts)
        )


@dataclass(frozen=True, slots=True)
class Route:
    """The place a role stands for, who gets a copy, and who hears of a failure."""

    to: str
    copy: str | None
    fallback: str | None

    def audiences(self) -> tuple[str, ...]:
        """The kinds of reader that a message on this route gets."""
        first = AUDIENCE_OF[self.to]
        return (first, COPY) if self.copy else (first,)


@dataclass(frozen=True, slots=True)
class Replies:
    """Which message is written back to whoever answers; the defaults are as shipped.

    After `most_in_a_row` of them that settled nothing, a person takes over: whoever
    answers may be a machine.
    """

    answer_noted: str = "answer_noted"  #: done, and the rules tell them nothing of it
    answer_refused: str = "answer_refused"  #: too late, say
    answer_settled: str = "answer_settled"  #: somebody answered before
    ask_again: str = "ask_again"  #: not understood, or the terms have changed
    handed_to_person: str = "handed_to_person"  #: somebody at the vendor will read it
    reply_to_read: str = "reply_to_read"  #: to them: what they have to read
    most_in_a_row: int = 3


@dataclass(frozen=True, slots=True)
class Digest:
    """From how many reminders for one reader on one letter is made, and of how many."""

    at_least: int
    at_most: int


@dataclass(frozen=True)
class Routing:
    """Which place each role stands for; `owner` by who owns the conversation."""

    version: str
    owner: Mapping[str, Route]
    roles: Mapping[str, Route]
    fallback_message: str
    replies: Replies = Replies()
    digest: Digest | None = None

    def role_at(self, place: str) -> str | None:
        """The role whose messages go to a place."""
        found = (role for role, route in self.roles.items() if route.to == place)
        return next(found, None)

    def audiences(self) -> dict[str, frozenset[str]]:
        """Everybody for whom what a role is told has to be written."""
        routes = {role: [route] for role, route in self.roles.items()}
        routes["owner"] = [*self.owner.values()]
        return {
            role: frozenset(who for route in many for who in route.audiences())
            for role, many in routes.items()
        }

    def route(self, role: str, owner: str) -> Route:
        return self.owner[owner] if role == "owner" else self.roles[role]


@dataclass(frozen=True)
class Rulebook:
    """All rules in force; `version` is the hash of every file together."""

    version: str
    machines: Mapping[str, Ruleset]
    routing: Routing
    files: Mapping[str, str] = field(repr=False)
