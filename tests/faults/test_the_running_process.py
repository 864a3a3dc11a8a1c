"""`tacit run` as a supervisor sees it: started, told to stop, killed."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from notifiers.mailbox import read_mailbox
from tests.fakes.smtp_server import STALL, SmtpServer
from tests.support.processes import TACIT, broken, wait_until

SMTP = {
    **os.environ,  # noqa: TID251 - what the process inherits
    "TACIT_MAIL__VIA": "smtp",
    "TACIT_MAIL__HOST": "127.0.0.1",
    "TACIT_MAIL__SECURITY": "none",
}


@pytest.fixture
def running(at_home: Path) -> Iterator["subprocess.Popen[str]"]:
    """The process; it has started, and is busy with its first pass."""
    process = subprocess.Popen(
        [*TACIT, "run", "--home", str(at_home)], stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    first_line = process.stderr.readline()
    assert '"started"' in first_line, first_line
    yield process
    process.kill()
    process.communicate()


both_databases = pytest.mark.parametrize(
    "at_home", ["sqlite", "postgresql"], indirect=True
)


@both_databases
@pytest.mark.req("OPS-2")
def test_a_process_that_is_told_to_stop_finishes_what_is_in_flight(
    at_home: Path, running: "subprocess.Popen[str]"
) -> None:
    running.send_signal(signal.SIGTERM)

    _, log = running.communicate(timeout=120)

    assert running.returncode == 0
    assert '"stopped"' in log
    assert "failed" not in log
    assert broken(at_home, len(read_mailbox(at_home / "mailbox"))) == []


@both_databases
@pytest.mark.req("OPS-2")
def test_a_process_that_is_killed_goes_on_where_it_was(
    at_home: Path, running: "subprocess.Popen[str]"
) -> None:
    running.kill()
    running.communicate(timeout=120)

    again = subprocess.Popen(
        [*TACIT, "run", "--home", str(at_home)], stderr=subprocess.PIPE, text=True
    )
    assert again.stderr is not None
    for line in again.stderr:
        if "pass done" in line or "fail" in line:
            break
    again.terminate()
    again.communicate(timeout=120)

    assert again.returncode == 0
    assert "pass done" in line
    assert broken(at_home, len(read_mailbox(at_home / "mailbox"))) == []


@pytest.mark.req("OPS-5")
@pytest.mark.parametrize("told", ["nothing", "to stop"])
@pytest.mark.parametrize("command", [["run"], ["serve", "--port", "0"]], ids=" ".join)
def test_a_pass_that_never_comes_back_ends_the_process(
    at_home: Path, command: list[str], told: str
) -> None:
    with SmtpServer() as server:
        server.answer("MAIL", *[STALL] * 100)
        process = subprocess.Popen(
            [*TACIT, *command, "--home", str(at_home)],
            stderr=subprocess.PIPE,
            text=True,
            env={
                **SMTP,
                "TACIT_MAIL__PORT": str(server.port),
                "TACIT_MAIL__TIMEOUT": "20 minutes",
                "TACIT_DELIVERY__LEASE": "30 minutes",
                "TACIT_CLOCK__SILENT_FOR": "3 seconds",
            },
        )
        with process:
            wait_until(lambda: server.connections > 0)
            if told == "to stop":
                process.send_signal(signal.SIGTERM)
            try:
                _, log = process.communicate(timeout=60)
            finally:
                process.kill()

    assert process.returncode == 1
    lines = [json.loads(line) for line in log.splitlines()]
    assert "the clock has fallen silent" in [line["event"] for line in lines]


@pytest.mark.req("OPS-5")
def test_every_line_of_the_log_is_json_whoever_says_it() -> None:
    speak = (
        "import logging, warnings; from tacit.logs import configure; configure();"
        "logging.getLogger('apscheduler.scheduler').warning('missed by %s', 'far');"
        "warnings.warn('old')"
    )

    done = subprocess.run(
        [sys.executable, "-c", speak], check=True, capture_output=True, text=True
    )

    first, second = (json.loads(line) for line in done.stderr.splitlines())
    assert first["event"] == "missed by far"
    assert first["level"] == "warning"
    assert first["at"].endswith("Z")
    assert "old" in second["event"]


@pytest.mark.req("RULE-2")
def test_a_bad_rule_file_stops_the_start(at_home: Path) -> None:
    rules = at_home / "rules" / "renewal.yaml"
    rules.write_text(rules.read_text().replace("to: renewed", "to: renewd", 1))

    done = subprocess.run(
        [*TACIT, "run", "--home", str(at_home)],
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )

    assert done.returncode == 2
    assert "renewal.yaml" in done.stderr
    assert 'did you mean "renewed"?' in done.stderr
    assert "Traceback" not in done.stderr
