"""A process that is killed between storing, claiming and working loses no answer."""

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from tests.fakes import slack_payloads as slack
from tests.slack.conftest import Workspace

CHECKOUT = Path(__file__).parents[2]


@pytest.mark.req("BOT-5", "OPS-2")
@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("kind", ["button", "reply"])
def test_who_dies_before_a_commit_has_done_nothing_and_the_next_does_it_once(
    linked: Workspace, kind: str, number: int
) -> None:
    """The first commit is the claim; the second, all that follows."""
    thread = linked.slack.messages["DU1"][0]["ts"]
    payload = {
        "button": slack.a_press(linked.buttons()["accept"]),
        "reply": slack.a_message("We accept the new conditions.", thread=thread),
    }[kind]
    linked.caller.deliver(payload)
    url = linked.book.store.engine.url.render_as_string(hide_password=False)

    killed = subprocess.run(
        [sys.executable, "-m", "tests.slack.dying", url, str(number)],
        cwd=CHECKOUT,
        check=False,
    )
    before = linked.book.change().state
    linked.clock.now += timedelta(minutes=3)
    linked.works()
    linked.caller.deliver(payload)
    linked.works()

    assert killed.returncode == -9
    assert before == "pending"
    assert linked.book.change().state == "renewed"
    assert linked.book.kinds().count("transition") == 1
    [kept] = linked.book.rows("SELECT outcome FROM answers")
    assert kept["outcome"] == "done"
    assert linked.book.flaws() == []
