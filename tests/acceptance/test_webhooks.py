"""`tacit webhooks`, as whoever sits at the machine uses it."""

import pytest

from tests.acceptance.conftest import Tacit

URL = "https://hooks.example/tacit"


@pytest.mark.req("OPS-6")
def test_a_webhook_is_managed_from_the_command_line(sample: Tacit) -> None:
    added = sample("webhooks", "add", URL, "--description", "the warehouse", "--json")
    sample("webhooks", "ping", "1")
    rotated = sample("webhooks", "rotate", "1", "--json")
    listed = sample("webhooks", "list")
    disabled = sample("webhooks", "disable", "1")
    [one] = sample("webhooks", "list", "--json").json
    enabled = sample("webhooks", "enable", "1")
    again = sample("webhooks", "send-again", "1")

    assert added.json["id"] == rotated.json["id"] == 1
    assert added.json["secret"] != rotated.json["secret"]
    assert "the warehouse" in listed.out
    assert (disabled.code, enabled.code, again.code) == (0, 0, 0)
    assert one["url"] == URL
    assert one["disabled_at"]
    assert "secret" not in one
    assert sample("webhooks", "calls", "1", "--json").json == []
    assert sample("audit", "verify").code == 0


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["add", "http://127.0.0.1/"], "must begin with https://"),
        (["ping", "7"], 'no webhook "7"'),
        (["list", "--as", "camille.roux"], "may not do this"),
    ],
)
def test_what_cannot_be_is_refused_with_one_message(
    sample: Tacit, command: list[str], said: str
) -> None:
    ran = sample("webhooks", *command)

    assert ran.code == 2
    assert said in ran.err
