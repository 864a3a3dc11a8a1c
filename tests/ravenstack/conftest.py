"""The year is run once, and looked at by several tests."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from structlog.testing import capture_logs

from tacit.bootstrap import App
from tacit.home import Home, create
from tests.book_files.conftest import ravenstack as ravenstack
from tests.fakes.smtp_server import SmtpServer
from tests.ravenstack import independent_count
from tests.ravenstack.running import RunYear, VirtualClock, run_year, sampled

#: A seal reads every chain, so the year has four of them.
_SETTINGS: Final = {
    "TACIT_MAIL__VIA": "smtp",
    "TACIT_MAIL__HOST": "127.0.0.1",
    "TACIT_MAIL__SECURITY": "none",
    "TACIT_CLOCK__SEAL_EVERY": "13 weeks",
}


@pytest.fixture(scope="session")
def exports(ravenstack: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The exports: an eighth of the subscriptions, all of them under TACIT_SOAK."""
    # How long to test is no setting of the program, hence the exception.
    if os.environ.get("TACIT_SOAK"):  # noqa: TID251
        return ravenstack
    return sampled(ravenstack, tmp_path_factory.mktemp("ravenstack") / "exports")


def _each_in_a_mail_of_its_own(home: Home) -> None:
    """The independent count is of messages: no digest puts several into one mail."""
    file = home.rules / "routing.yaml"
    text = file.read_text(encoding="utf-8")
    without = re.sub(r"^digest:\n(?:  .*\n)+", "", text, flags=re.MULTILINE)
    assert without != text
    file.write_text(without, encoding="utf-8")


@pytest.fixture(scope="session")
def year(exports: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunYear]:
    """2024-07-01 to 2025-06-30, run day by day into a real SMTP server."""
    home, clock = Home(tmp_path_factory.mktemp("home")), VirtualClock()
    create(home)
    _each_in_a_mail_of_its_own(home)
    app = App(home, clock)
    # The environment is given back before other tests run: settings are read once.
    with pytest.MonkeyPatch.context() as patch, SmtpServer() as server:
        for name, value in {**_SETTINGS, "TACIT_MAIL__PORT": str(server.port)}.items():
            patch.setenv(name, value)
        with capture_logs() as logged:
            received = run_year(app, clock, server, exports)
        for channel in app.channels.values():
            channel.close()
    expected = independent_count.count_year(exports)
    yield RunYear(exports, app, received, logged, expected)
    app.close()
