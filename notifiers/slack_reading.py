"""Reads what Slack sent: whose word it is, or why it is nobody's.

Only what a user wrote or pressed counts: neither a program's message, nor what was
edited or deleted afterwards, nor a reaction.
"""

import html
import re
from collections.abc import Mapping
from typing import Any, Final

from engine.domain.slack_heard import (
    Commanded,
    CutOff,
    Heard,
    NotHeard,
    OpenedHome,
    Pressed,
    Where,
    Wrote,
)
from engine.domain.slack_users import SlackUser
from notifiers.slack_requests import Payload

_ID: Final = re.compile(r"[A-Z0-9]{1,32}")
_CHOICE: Final = re.compile(r"([1-9][0-9]{0,17})/([a-z][a-z0-9_]{0,59})")
#: Messages of a person; every other subtype is an edit, a deletion, or a program's.
_OWN_WORDS: Final = frozenset({None, "file_share", "thread_broadcast"})
_LINK: Final = re.compile(r"<[^<>|]*\|([^<>]*)>")
_MENTION: Final = re.compile(r"<[@#!][^<>]*>")
_QUOTED: Final = re.compile(r"^(?:&gt;|>).*$", re.MULTILINE)


def read_heard(payload: Payload) -> Heard:
    """Who did what; never raises, whatever the payload holds."""
    if "command" in payload:
        return _command(payload)
    if payload.get("type") == "block_actions":
        return _press(payload)
    if payload.get("type") == "event_callback":
        return _event(payload, _mapping(payload.get("event")))
    return NotHeard(f"Slack sent {payload.get('type')}, which nothing follows from")


def choice_of(prompt_id: int, event: str) -> str:
    """What a button carries: the prompt and the event that it answers with."""
    return f"{prompt_id}/{event}"


def _command(payload: Payload) -> Heard:
    who = _user(payload.get("team_id"), payload.get("user_id"))
    if who is None:
        return NotHeard("a command of nobody")
    where = Where(_text(payload.get("response_url")))
    return Commanded(who, str(payload.get("text", "")).strip(), where)


def _press(payload: Payload) -> Heard:
    user = _mapping(payload.get("user"))
    team = user.get("team_id") or _mapping(payload.get("team")).get("id")
    who = _user(team, user.get("id"))
    if who is None:
        return NotHeard("a button pressed by nobody")
    actions = payload.get("actions")
    pressed = _mapping(actions[0]) if isinstance(actions, list) and actions else {}
    found = _CHOICE.fullmatch(str(pressed.get("value", "")))
    if found is None:
        return NotHeard("a button of another kind")
    where = Where(_text(payload.get("response_url")))
    return Pressed(who, int(found[1]), found[2], where)


def _event(payload: Payload, event: Payload) -> Heard:
    kind = event.get("type")
    if kind in ("app_uninstalled", "tokens_revoked"):
        return CutOff(str(payload.get("team_id", "")), str(kind))
    if kind == "message":
        return _message(payload, event)
    if kind == "app_home_opened" and event.get("tab") == "home":
        who = _user(_team(payload, event), event.get("user"))
        return OpenedHome(who) if who else NotHeard("a home of nobody")
    return NotHeard(f"Slack told of {kind}, which nothing follows from")


def _message(payload: Payload, event: Payload) -> Heard:
    if event.get("channel_type") != "im":
        return NotHeard("it was not written to the bot")
    if why := _why_nobodys(payload, event):
        return NotHeard(why)
    who = _user(_team(payload, event), event.get("user"))
    if who is None:
        return NotHeard("a message of nobody")
    # What was written in no thread is answered in none.
    where = Where(None, _text(event.get("channel")), _text(event.get("thread_ts")))
    text = _plain(str(event.get("text") or ""))
    return Wrote(who, text, where, bool(event.get("files")))


def _why_nobodys(payload: Payload, event: Payload) -> str | None:
    subtype = event.get("subtype")
    if subtype not in _OWN_WORDS:
        return f"a message of the kind {subtype} decides nothing"
    if event.get("edited") or event.get("hidden"):
        return "a message that was edited decides nothing"
    if event.get("bot_id") or event.get("bot_profile"):
        return "a program wrote it"
    authorizations = payload.get("authorizations")
    ours = authorizations if isinstance(authorizations, list) else []
    if any(_mapping(one).get("user_id") == event.get("user") for one in ours):
        return "the bot wrote it"
    return None


def _team(payload: Payload, event: Payload) -> object:
    """The workspace of whoever did it, which over Slack Connect is not the app's."""
    names = ("user_team", "source_team", "team")
    own = next((event[name] for name in names if event.get(name)), None)
    return own or payload.get("team_id")


def _plain(text: str) -> str:
    """The words that were typed: not what they quote, whom they mention, or markup."""
    text = _QUOTED.sub("", text)
    text = _MENTION.sub(" ", _LINK.sub(r"\1", text))
    return html.unescape(text).strip()


def _user(team: object, user: object) -> SlackUser | None:
    if not (isinstance(team, str) and isinstance(user, str)):
        return None
    if not (_ID.fullmatch(team) and _ID.fullmatch(user)):
        return None
    return SlackUser(team, user)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
