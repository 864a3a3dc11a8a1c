"""What was heard in Slack: who did what, and where they are answered."""

from dataclasses import dataclass

from engine.domain.slack_users import SlackUser


@dataclass(frozen=True, slots=True)
class Where:
    """Where somebody is answered: by an address of Slack's own, or in a conversation.

    Neither is given on the home tab.
    """

    response_url: str | None = None
    channel: str | None = None
    thread: str | None = None


@dataclass(frozen=True, slots=True)
class Pressed:
    """A button that answers a prompt."""

    who: SlackUser
    prompt_id: int
    event: str
    where: Where


@dataclass(frozen=True, slots=True)
class Wrote:
    """A message to the bot; `has_files` is whether more came with it than text."""

    who: SlackUser
    text: str
    where: Where
    has_files: bool = False


@dataclass(frozen=True, slots=True)
class Commanded:
    """`/tacit` and what follows it."""

    who: SlackUser
    text: str
    where: Where


@dataclass(frozen=True, slots=True)
class OpenedHome:
    """The home tab, looked at."""

    who: SlackUser
    where: Where = Where()


@dataclass(frozen=True, slots=True)
class CutOff:
    """The app was taken out of a workspace, or its token was: we reach nobody there."""

    team: str
    why: str


@dataclass(frozen=True, slots=True)
class NotHeard:
    """Nothing that anybody answered, and why."""

    why: str


Heard = Pressed | Wrote | Commanded | OpenedHome | CutOff | NotHeard
