"""`tacit serve` as a supervisor and a browser see it."""

import json
import os
import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from pathlib import Path

import httpx
import pytest

from notifiers.mailbox import read_mailbox
from tests.support.processes import TACIT, broken, opened, wait_until


@dataclass
class Process:
    """A served home."""

    process: "subprocess.Popen[str]"
    url: str

    def stop(self, *signals: int) -> list[dict[str, object]]:
        """Send signals; the lines of its log when it has ended."""
        for each in signals:
            self.process.send_signal(each)
        return self.lines()

    def lines(self) -> list[dict[str, object]]:
        """The lines of its log, when it has ended."""
        _, log = self.process.communicate(timeout=60)
        return [json.loads(line) for line in log.splitlines()]

    def half_a_request(self) -> socket.socket:
        """A request whose end is still to come, and that is being answered."""
        host, port = self.url.removeprefix("http://").split(":")
        connection = socket.create_connection((host, int(port)), timeout=30)
        head = (
            f"POST /language HTTP/1.1\r\nHost: {host}\r\nContent-Length: 11\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\n"
            "Expect: 100-continue\r\n\r\n"
        )
        connection.sendall(head.encode())
        # Whoever is told to go on is being waited for.
        assert b"100" in connection.recv(1_000)
        return connection


def start(at_home: Path, *options: str, **environment: str) -> Process:
    process = subprocess.Popen(
        [*TACIT, "serve", "--home", str(at_home), "--port", "0", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},  # noqa: TID251 - what the process inherits
    )
    assert process.stdout is not None
    said = process.stdout.readline()
    found = re.search(r"http://\S+", said)
    assert found, process.communicate(timeout=30)
    return Process(process, found[0])


@pytest.fixture
def served(at_home: Path) -> Iterator[Process]:
    made = start(at_home)
    wait_until(lambda: answers(made))
    yield made
    made.process.kill()
    made.process.communicate()


def answers(served: Process) -> bool:
    try:
        return httpx.get(f"{served.url}/readyz").status_code == 200
    except httpx.TransportError:
        return False


def is_well(served: Process) -> bool:
    return httpx.get(f"{served.url}/healthz", timeout=30).status_code == 200


@pytest.mark.req("OPS-5")
def test_one_process_serves_the_pages_and_runs_the_clock(
    served: Process, at_home: Path
) -> None:
    wait_until(lambda: is_well(served))

    page = httpx.get(f"{served.url}/sign-in")
    lines = served.stop(signal.SIGTERM)

    assert page.status_code == 200
    assert served.process.returncode == 0
    assert {"pass done", "request", "stopped"} <= {str(one["event"]) for one in lines}
    assert broken(at_home, len(read_mailbox(at_home / "mailbox"))) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_request_that_is_being_answered_is_finished(
    served: Process, number: int
) -> None:
    with served.half_a_request() as connection:
        served.process.send_signal(number)
        wait_until(lambda: not answers(served))
        connection.sendall(b"language=fr")
        answer = connection.recv(1_000)
        lines = served.lines()

    assert b"303 See Other" in answer
    assert served.process.returncode == 0
    assert lines[-1]["event"] == "stopped"


def test_a_second_signal_ends_at_once(served: Process) -> None:
    with served.half_a_request():
        served.process.send_signal(signal.SIGTERM)
        wait_until(lambda: not answers(served))
        served.stop(signal.SIGTERM)

    assert served.process.returncode == 128 + signal.SIGTERM


#: A message that a dead process was at is taken up again after so long.
IMPATIENT = {
    "TACIT_DELIVERY__LEASE": "3 seconds",
    "TACIT_DELIVERY__FRESH_FOR": "1 second",
    "TACIT_MAIL__TIMEOUT": "1 second",
    "TACIT_SLACK__TIMEOUT": "1 second",
}


@pytest.mark.req("OPS-2")
@pytest.mark.parametrize("at_home", ["sqlite", "postgresql"], indirect=True)
def test_a_served_process_that_is_killed_goes_on_where_it_was(at_home: Path) -> None:
    killed = start(at_home, **IMPATIENT)
    wait_until(lambda: bool(mails(at_home)))
    killed.stop(signal.SIGKILL)

    again = start(at_home, **IMPATIENT)
    wait_until(lambda: answers(again))
    wait_until(lambda: is_well(again))
    wait_until(lambda: nothing_waits(at_home))
    again.stop(signal.SIGTERM)

    assert again.process.returncode == 0
    assert broken(at_home, len(mails(at_home))) == []


def mails(at_home: Path) -> set[str]:
    """The mails in the mailbox, by what tells a second copy of one from another."""
    files = (at_home / "mailbox" / "new").glob("*")
    return {message_from_bytes(file.read_bytes())["Message-ID"] for file in files}


def nothing_waits(at_home: Path) -> bool:
    store = opened(at_home)
    with store.begin(read_only=True) as unit:
        counts = unit.watch.messages()
    store.close()
    return counts["queued"] == counts["sending"] == 0


def test_without_its_clock_it_serves_the_pages_alone(at_home: Path) -> None:
    served = start(at_home, "--no-clock")
    wait_until(lambda: answers(served))

    health = httpx.get(f"{served.url}/healthz")
    lines = served.stop(signal.SIGTERM)

    assert health.json()["parts"]["clock"]["says"] == "has not run here yet"
    assert "pass done" not in {one["event"] for one in lines}
    assert read_mailbox(at_home / "mailbox") == []


@pytest.mark.parametrize(
    ("trusted", "client"), [("[]", "127.0.0.1"), ('["127.0.0.0/8"]', "203.0.113.9")]
)
def test_only_a_proxy_that_is_named_is_believed(
    at_home: Path, trusted: str, client: str
) -> None:
    served = start(at_home, "--no-clock", TACIT_WEB__TRUSTED_PROXIES=trusted)
    wait_until(lambda: answers(served))

    httpx.get(f"{served.url}/sign-in", headers={"X-Forwarded-For": "203.0.113.9"})
    lines = served.stop(signal.SIGTERM)

    assert [one["client"] for one in lines if one.get("path") == "/sign-in"] == [client]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--host", "nowhere.invalid"], "there is no machine called that"),
        (["--host", "192.0.2.1"], "not an address of this machine"),
    ],
)
def test_an_address_that_cannot_be_served_at_is_refused_with_the_remedy(
    at_home: Path, options: list[str], said: str
) -> None:
    refused = serve_in_vain(at_home, *options, "--port", "0")

    assert said in refused
    assert "--host" in refused


def test_a_port_that_is_taken_is_refused_with_the_remedy(at_home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        refused = serve_in_vain(at_home, "--port", port)

    assert f"127.0.0.1:{port}: something else is served there already" in refused
    assert "--port" in refused


def serve_in_vain(at_home: Path, *options: str) -> str:
    """The one line that a process which cannot serve says."""
    done = subprocess.run(
        [*TACIT, "serve", "--home", str(at_home), *options],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 2
    [line] = done.stderr.splitlines()
    return line
