"""The pages that the menu names, each for those who may see it."""

from typing import Final, NamedTuple

from engine.domain.access import Action, Actor


class Entry(NamedTuple):
    """One page: where it is, its name in English, and what it needs."""

    path: str
    name: str
    needs: Action


def _(text: str) -> str:
    """Mark a name for translation."""
    return text


TODAY: Final = "/today"
ENTRIES: Final = (
    Entry("/changes", _("Upcoming renewals"), Action.SEE_CHANGES),
    Entry(TODAY, _("Today"), Action.SEE_ATTENTION),
    Entry("/messages", _("Messages"), Action.SEE_MESSAGES),
    Entry("/back-office", _("Back office"), Action.SEE_PEOPLE),
    Entry("/webhooks", _("Webhooks"), Action.MANAGE_WEBHOOKS),
)


def entries_for(actor: Actor) -> list[Entry]:
    """The pages that somebody may see."""
    return [entry for entry in ENTRIES if actor.may(entry.needs)]
