import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.conftest import Ran, Tacit
from tests.fakes.slack_server import TOKEN, SlackServer


def findings(ran: Ran) -> dict[str, dict[str, Any]]:
    return {finding["what"]: finding for finding in ran.json}


def beat(home: Path, ago: timedelta) -> None:
    """Have the clock's last sign of life be so long ago."""
    at = datetime.now(UTC) - ago  # noqa: TID251 - doctor goes by the machine's clock
    with sqlite3.connect(home / "tacit.db") as connection:
        row = ("clock", f"{at:%Y-%m-%d %H:%M:%S.%f}")
        connection.execute("INSERT INTO heartbeats VALUES (?, ?)", row)
    connection.close()


@pytest.mark.req("OPS-5")
@pytest.mark.parametrize(
    ("ago", "ok", "said"),
    [
        (timedelta(minutes=5), True, "5 minutes ago"),
        (timedelta(days=24), False, "24 days ago"),
    ],
)
def test_doctor_says_how_long_ago_the_clock_was_seen(
    tacit: Tacit, tmp_path: Path, ago: timedelta, ok: bool, said: str
) -> None:
    tacit("init")
    beat(tmp_path / "home", ago)

    clock = findings(tacit("doctor", "--json"))["clock"]

    assert clock["ok"] is ok
    assert said in clock["detail"]
    assert clock["remedy"] == ("" if ok else "tacit run")


@pytest.mark.req("OPS-5")
def test_doctor_has_a_remedy_for_each_channel(tacit: Tacit) -> None:
    tacit("init")
    nobody = "127.0.0.1"

    found = findings(
        tacit(
            "doctor", "--json", TACIT_MAIL__VIA="smtp", TACIT_MAIL__HOST=nobody,
            TACIT_MAIL__PORT="1", TACIT_SLACK__TOKEN="xoxb-1",
            TACIT_SLACK__URL=f"http://{nobody}:1/",
        )
    )  # fmt: skip

    assert "TACIT_MAIL__PASSWORD" in found["email"]["remedy"]
    assert "TACIT_SLACK__TOKEN" in found["slack"]["remedy"]


@pytest.mark.req("OPS-5")
@pytest.mark.parametrize(
    "url", ["postgresql://nobody@127.0.0.1:1/x", "sqlite:////no/such/folder/t.db", None]
)
def test_doctor_names_an_error_of_the_database_once(
    tacit: Tacit, tmp_path: Path, url: str | None
) -> None:
    tacit("init")
    (tmp_path / "home" / "tacit.db").unlink()

    ran = tacit("doctor", "--json", **({"TACIT_DATABASE__URL": url} if url else {}))

    assert ran.code == 1
    assert [name for name, one in findings(ran).items() if not one["ok"]] == [
        "database"
    ]
    assert not (tmp_path / "home" / "tacit.db").exists()


@pytest.mark.req("OPS-5")
def test_doctor_names_the_scopes_that_the_slack_app_lacks(tacit: Tacit) -> None:
    tacit("init")
    with SlackServer() as server:
        given = {
            "TACIT_SLACK__TOKEN": TOKEN,
            "TACIT_SLACK__SIGNING_SECRET": "s",
            "TACIT_SLACK__URL": server.base_url,
        }
        well = findings(tacit("doctor", "--json", **given))["slack app"]
        server.scopes = "chat:write,im:write"
        ill = findings(tacit("doctor", "--json", **given))["slack app"]

    assert well["ok"]
    assert "/slack/" in well["detail"]
    assert ill["detail"] == "lacks the scopes im:history, commands"
    assert "install it again" in ill["remedy"]
