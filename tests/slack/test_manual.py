"""The manifest in the manual is one that the program works with."""

import re
from pathlib import Path
from typing import Any

import yaml

from notifiers.slack_desk import LISTENING_SCOPES, SENDING_SCOPES
from tests.fakes.slack_payloads import door_of

MANUAL = Path(__file__).parents[2] / "docs" / "slack.md"


def manifest() -> dict[str, Any]:
    [text] = re.findall(r"```yaml\n(.*?)```", MANUAL.read_text(), re.S)
    return dict(yaml.safe_load(text))


def test_the_manifest_asks_for_the_scopes_that_the_program_needs() -> None:
    asked = manifest()["oauth_config"]["scopes"]["bot"]

    assert sorted(asked) == sorted((*SENDING_SCOPES, *LISTENING_SCOPES))


def test_the_manifest_names_the_doors() -> None:
    found = manifest()
    urls = [
        found["features"]["slash_commands"][0]["url"],
        found["settings"]["interactivity"]["request_url"],
        found["settings"]["event_subscriptions"]["request_url"],
    ]

    doors = [url.removeprefix("https://renewals.acme.example") for url in urls]
    wanted = [
        door_of({"command": "/tacit"}),
        door_of({"type": "block_actions"}),
        door_of({"type": "event_callback"}),
    ]
    assert doors == wanted
