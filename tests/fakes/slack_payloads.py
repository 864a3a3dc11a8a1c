"""What Slack sends, in the shapes that its documentation gives."""

import json
from itertools import count
from typing import Any, Final
from urllib.parse import urlencode

TEAM: Final = "T0VENDOR"
APP: Final = "A0TACIT"
BOT_USER: Final = "U0TACIT"
_numbers: Final = count(1)

Payload = dict[str, Any]


def _number() -> int:
    return next(_numbers)


def an_event(event: Payload, **outer: Any) -> Payload:
    """The envelope of the Events API."""
    number = _number()
    return {
        "token": "deprecated",
        "team_id": TEAM,
        "api_app_id": APP,
        "event": {"event_ts": f"1700000100.{number:06}", **event},
        "type": "event_callback",
        "event_id": f"Ev{number:08}",
        "event_time": 1700000100,
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": TEAM,
                "user_id": BOT_USER,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": False,
        **outer,
    }


def a_message(
    text: str, user: str = "U1", thread: str | None = None, **more: Any
) -> Payload:
    """A direct message to the bot, in a thread where one is given by its first ts."""
    ts = f"1700000200.{_number():06}"
    event = {
        "type": "message",
        "client_msg_id": f"00000000-0000-4000-8000-{_number():012}",
        "user": user,
        "text": text,
        "team": TEAM,
        "channel": f"D{user}",
        "channel_type": "im",
        "ts": ts,
        "blocks": [
            {
                "type": "rich_text",
                "block_id": "x",
                "elements": [
                    {
                        "type": "rich_text_section",
                        "elements": [{"type": "text", "text": text}],
                    }
                ],
            }
        ],
    }
    if thread is not None:
        event |= {"thread_ts": thread, "parent_user_id": BOT_USER}
    return an_event({**event, **more})


def a_foreign_message(text: str, user: str, team: str, **more: Any) -> Payload:
    """The same by a member of another workspace, over Slack Connect."""
    theirs = {"team": team, "user_team": team, "source_team": team}
    message = a_message(text, user, **{**theirs, **more})
    return {**message, "is_ext_shared_channel": True, "context_team_id": TEAM}


def a_changed_message(
    text: str, user: str = "U1", thread: str | None = None
) -> Payload:
    """Somebody edited what they wrote."""
    before = a_message("before", user, thread)["event"]
    after = {
        **before,
        "text": text,
        "edited": {"user": user, "ts": "1700000300.000000"},
    }
    return an_event(
        {
            "type": "message",
            "subtype": "message_changed",
            "hidden": True,
            "channel": f"D{user}",
            "channel_type": "im",
            "ts": f"1700000300.{_number():06}",
            "message": after,
            "previous_message": before,
        }
    )


def a_deleted_message(user: str = "U1", thread: str | None = None) -> Payload:
    """Somebody took back what they wrote."""
    return an_event(
        {
            "type": "message",
            "subtype": "message_deleted",
            "hidden": True,
            "channel": f"D{user}",
            "channel_type": "im",
            "ts": f"1700000300.{_number():06}",
            "deleted_ts": "1700000200.000001",
            "previous_message": a_message("accept", user, thread)["event"],
        }
    )


def a_bot_message(text: str, user: str = "U1", thread: str | None = None) -> Payload:
    """A program wrote there, of the older kind that has no user."""
    message = a_message(text, user, thread)
    event = {
        **message["event"],
        "subtype": "bot_message",
        "bot_id": "B0OTHER",
        "username": "other",
    }
    del event["user"]
    return {**message, "event": event}


def our_own_message(text: str, user: str = "U1", thread: str | None = None) -> Payload:
    """What the app itself posted comes back to it, with a user and a bot id."""
    return a_message(
        text, BOT_USER, thread, channel=f"D{user}", bot_id="B0TACIT", app_id=APP,
        bot_profile={"id": "B0TACIT", "app_id": APP, "name": "tacit"},
    )  # fmt: skip


def a_reaction(user: str, ts: str, reaction: str = "white_check_mark") -> Payload:
    """A thumb is no signature."""
    item = {"type": "message", "channel": f"D{user}", "ts": ts}
    event = {"type": "reaction_added", "user": user, "reaction": reaction, "item": item}
    return an_event({**event, "item_user": BOT_USER})


def an_opened_home(user: str = "U1", tab: str = "home") -> Payload:
    """Somebody looks at the app's home tab, or at its messages."""
    return an_event(
        {"type": "app_home_opened", "user": user, "channel": f"D{user}", "tab": tab}
    )


def an_uninstallation() -> Payload:
    return an_event({"type": "app_uninstalled"})


def revoked_tokens() -> Payload:
    tokens = {"oauth": [], "bot": [BOT_USER]}
    return an_event({"type": "tokens_revoked", "tokens": tokens})


def a_press(
    action: Payload, user: str = "U1", *, team: str = TEAM, **more: Any
) -> Payload:
    """Somebody pressed a button, `action`, as the message has it."""
    number = _number()
    return {
        "type": "block_actions",
        "user": {"id": user, "username": "u", "name": "u", "team_id": team},
        "api_app_id": APP,
        "token": "deprecated",
        "container": {
            "type": "message",
            "message_ts": "1700000000.000000",
            "channel_id": f"D{user}",
            "is_ephemeral": False,
        },
        "trigger_id": f"{number}.1700.abcdef{number:06}",
        "team": {"id": TEAM, "domain": "vendor"},
        "enterprise": None,
        "is_enterprise_install": False,
        "channel": {"id": f"D{user}", "name": "directmessage"},
        "message": {"type": "message", "user": BOT_USER, "ts": "1700000000.000000"},
        "state": {"values": {}},
        "actions": [
            {
                "action_id": action["action_id"],
                "block_id": "b",
                "text": action.get("text", {}),
                "value": action["value"],
                "style": action.get("style", "default"),
                "type": "button",
                "action_ts": f"1700000300.{number:06}",
            }
        ],
        **more,
    }


def a_press_at_home(action: Payload, user: str = "U1") -> Payload:
    """The same on the home tab, where there is no message and no response_url."""
    press = a_press(action, user)
    for name in ("message", "channel"):
        del press[name]
    view = {"id": "V1", "type": "home", "team_id": TEAM, "hash": "1700.abc"}
    return {**press, "container": {"type": "view", "view_id": "V1"}, "view": view}


def a_command(text: str, user: str = "U1", **more: str) -> dict[str, str]:
    """The fields of `/tacit …`."""
    return {
        "token": "deprecated",
        "team_id": TEAM,
        "team_domain": "vendor",
        "channel_id": "C0GENERAL",
        "channel_name": "general",
        "user_id": user,
        "user_name": "u",
        "command": "/tacit",
        "text": text,
        "api_app_id": APP,
        "is_enterprise_install": "false",
        "trigger_id": f"{_number()}.1700.fedcba",
        **more,
    }


def a_question(challenge: str = "3eZbrw1aB") -> Payload:
    """What Slack asks of an address before it sends anything there."""
    asked = {"token": "deprecated", "challenge": challenge}
    return {**asked, "type": "url_verification"}


def a_look_at_the_certificate() -> dict[str, str]:
    """What Slack sends to a command's address now and then."""
    return {"token": "deprecated", "ssl_check": "1"}


def encoded(payload: Payload) -> tuple[bytes, str]:
    """The body that Slack makes of a payload, and its kind."""
    form = "application/x-www-form-urlencoded"
    if "command" in payload or "ssl_check" in payload:
        return urlencode(payload).encode(), form
    if payload.get("type") == "block_actions":
        return urlencode({"payload": json.dumps(payload)}).encode(), form
    return json.dumps(payload).encode(), "application/json"


def door_of(payload: Payload) -> str:
    """Which of the app's addresses it is sent to."""
    if "command" in payload or "ssl_check" in payload:
        return "/slack/commands"
    if payload.get("type") == "block_actions":
        return "/slack/interactivity"
    return "/slack/events"
