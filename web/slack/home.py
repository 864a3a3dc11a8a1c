"""The bot's home tab: one's open questions with their buttons, and the next deadlines."""

from collections.abc import Sequence
from typing import Final

from engine.services.sign_in import actor_for
from notifiers.slack_blocks import Block, heading, section
from web.slack.commands import question_of, upcoming
from web.slack.turn import Turn

_MOST_QUESTIONS: Final = 20


def home_of(turn: Turn, first: Sequence[Block] = ()) -> list[Block]:
    """What somebody's home tab shows now; what is to be said comes `first`."""
    site = turn.site
    words = turn.words(site.settings.time_zone)
    with site.store.begin(read_only=True) as unit:
        actor = actor_for(unit, site.policy, turn.person)
        ids = unit.prompts.open_of(turn.person.id)[:_MOST_QUESTIONS]
    questions = [block for id_ in ids for block in question_of(turn, id_)]
    lines = upcoming(turn, actor)
    deadlines = "\n".join(lines) or words.tell("home_no_deadlines")
    return [
        *first,
        heading(words.tell("home_questions")),
        *(questions or [section(words.tell("home_no_questions"))]),
        heading(words.tell("home_deadlines")),
        section(deadlines),
    ]
