"""Buttons that answer a prompt in Slack, each of which asks before it does anything."""

from collections.abc import Iterable
from typing import Final

from engine.domain.letters import Answer
from engine.domain.vocabulary import CANCELLING
from notifiers.slack_blocks import Block, plain
from notifiers.slack_reading import choice_of
from notifiers.wording import Wording

#: What Slack takes of each.
_LABEL: Final = 75
_TITLE: Final = 100
_TEXT: Final = 300
_CHOICE: Final = 30
_MOST: Final = 25


def buttons_of(
    wording: Wording, prompt_id: int, about: str, answers: Iterable[Answer]
) -> tuple[Block, ...]:
    """A row of buttons, one an answer; `about` names the customer and the contract.

    Nothing in them is secret: who pressed one is told by Slack, and asked of the book.
    """
    buttons = [_button(wording, prompt_id, about, one) for one in answers][:_MOST]
    if not buttons:
        return ()
    return (
        {"type": "actions", "block_id": f"answer/{prompt_id}", "elements": buttons},
    )


def _button(wording: Wording, prompt_id: int, about: str, answer: Answer) -> Block:
    label = wording.section("events").get(answer, answer.replace("_", " "))
    choice = choice_of(prompt_id, answer)
    button = {
        "type": "button",
        "action_id": f"answer/{choice}",
        "value": choice,
        "text": plain(label, _LABEL),
        "confirm": {
            "title": plain(label, _TITLE),
            "text": plain(_effect(wording, about, answer), _TEXT),
            "confirm": plain(wording.fill("slack", "confirm_yes"), _CHOICE),
            "deny": plain(wording.fill("slack", "confirm_no"), _CHOICE),
        },
    }
    return {**button, "style": "danger"} if answer == CANCELLING else button


def _effect(wording: Wording, about: str, answer: Answer) -> str:
    if answer.to is None:
        return about
    state = wording.section("states").get(answer.to, answer.to.replace("_", " "))
    return wording.fill("slack", "confirm", about=about, state=state)
