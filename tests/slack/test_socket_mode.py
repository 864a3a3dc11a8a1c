"""By Socket Mode what comes is stored before it is acknowledged, as by HTTP."""

import json
from collections.abc import Iterator
from datetime import timedelta
from queue import Empty

import pytest

from config.parts import SlackSettings
from tacit.socket_mode import SocketMode
from tests.fakes import slack_payloads as slack
from tests.fakes.slack_server import TOKEN
from tests.fakes.slack_socket import SlackSocket
from tests.slack.conftest import Workspace


@pytest.fixture
def socket(linked: Workspace) -> Iterator[SlackSocket]:
    with SlackSocket() as server:
        linked.slack.socket_url = server.url
        settings = SlackSettings(
            token=TOKEN, app_token=TOKEN, url=linked.slack.base_url,
            timeout=timedelta(seconds=5), link_lasts=timedelta(hours=1),
        )  # fmt: skip
        mode = SocketMode(settings, linked.intake)
        mode.start()
        yield server
        mode.stop()


@pytest.mark.req("BOT-3")
def test_what_comes_is_stored_acknowledged_and_worked_on(
    linked: Workspace, socket: SlackSocket
) -> None:
    press = slack.a_press(linked.buttons()["accept"])
    sent = {
        "interactive": press,
        "events_api": slack.an_opened_home(),
        "slash_commands": slack.a_command("my renewals"),
    }

    for kind, payload in sent.items():
        socket.send(kind, payload, kind)
    taken = {socket.acknowledged.get(timeout=5) for _ in sent}
    stored = linked.book.rows("SELECT body FROM inbox")
    linked.works()

    assert taken == set(sent)
    bodies = [json.loads(bytes(row["body"])) for row in stored]
    assert sorted(map(str, bodies)) == sorted(map(str, sent.values()))
    assert linked.book.change().state == "renewed"
    assert "Acme" in str(linked.slack.homes["U1"])


@pytest.mark.req("BOT-5")
def test_what_cannot_be_stored_is_not_acknowledged(
    linked: Workspace, socket: SlackSocket
) -> None:
    linked.book.execute("ALTER TABLE inbox RENAME TO elsewhere")
    socket.send("events_api", slack.a_message("yes"), "lost")
    with pytest.raises(Empty):
        socket.acknowledged.get(timeout=1)
    linked.book.execute("ALTER TABLE elsewhere RENAME TO inbox")
    socket.send("events_api", slack.a_message("yes"), "again")

    assert socket.acknowledged.get(timeout=5) == "again"
