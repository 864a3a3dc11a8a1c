import contextlib
import re
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from tacit.cli import app
from tests.acceptance.conftest import Tacit
from tests.support.processes import TACIT, wait_until


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that the demo made in an empty folder."""
    home = tmp_path_factory.mktemp("demo")
    done = CliRunner().invoke(app, ["demo", "--once", "--home", str(home)])
    assert done.exit_code == 0
    return home


@pytest.fixture
def kept(made: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(made, tmp_path / "demo"))


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_the_demo_shows_the_main_job_and_leaves_nothing_behind(
    tacit_process: Tacit, tmp_path: Path
) -> None:
    ran = tacit_process("demo", "--once")

    assert ran.code == 0
    assert "Upcoming changes" in ran.out
    assert "Subject: " in ran.out
    assert "pending -> renewed" in ran.out
    assert "no flaws" in ran.out
    assert "demo --once --home" in ran.out
    assert list(tmp_path.iterdir()) == []


def test_the_demo_refuses_a_home_that_it_did_not_make(
    sample: Tacit, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    before = contents(home)

    ran = sample("demo", "--home", home)

    assert ran.code == 2
    assert f"{home} is not a home of the demo's own" in ran.err
    assert contents(home) == before


def test_the_demo_refuses_its_own_home_once_it_has_settings_of_its_own(
    tacit: Tacit, kept: Path
) -> None:
    settings = kept / "tacit.yaml"
    settings.write_text(settings.read_text().replace("Acme Cloud", "Ours"))
    before = contents(kept)

    ran = tacit("demo", "--once", "--home", kept)

    assert ran.code == 2
    assert "tacit.yaml" in ran.err
    assert contents(kept) == before


def test_the_demo_runs_again_in_a_home_of_its_own(tacit: Tacit, kept: Path) -> None:
    mails = len(list((kept / "mailbox" / "new").iterdir()))

    ran = tacit("demo", "--once", "--home", kept)

    assert ran.code == 0
    assert "16 contracts" in ran.out
    assert len(list((kept / "mailbox" / "new").iterdir())) == mails
    assert tacit("changes", "--home", kept, "--on", "2027-03-31", "--json").json


def test_the_environment_leads_the_demo_nowhere_else(
    sample: Tacit, tmp_path: Path
) -> None:
    database = tmp_path / "home" / "tacit.db"
    before = database.read_bytes()

    ran = sample(
        "demo", "--once", TACIT_DATABASE__URL=f"sqlite:///{database}", TACIT_PRODUCTION="true",
        TACIT_MAIL__VIA="smtp", TACIT_MAIL__HOST="127.0.0.1", TACIT_MAIL__PORT="1",
        TACIT_SLACK__TOKEN="xoxb-1",
    )  # fmt: skip

    assert ran.code == 0
    assert database.read_bytes() == before
    assert "all in the local mailbox" in ran.out


def test_rules_edited_in_the_demos_home_are_the_ones_it_shows(
    tacit: Tacit, kept: Path
) -> None:
    rules = kept / "rules" / "renewal.yaml"
    rules.write_text(
        rules.read_text()
        .replace("silence:", "quiet:")
        .replace("why: Tacit renewal.", "why: Our own words.")
    )

    ran = tacit("demo", "--once", "--home", kept)

    assert ran.code == 0
    assert "Our own words" in ran.out


@pytest.mark.parametrize("taken", [False, True])
def test_the_demo_ends_by_serving_its_book_until_it_is_stopped(
    tmp_path: Path, taken: bool
) -> None:
    with contextlib.ExitStack() as stack:
        if taken:
            stack.enter_context(_the_port_taken())
        process = stack.enter_context(
            subprocess.Popen(
                [*TACIT, "demo"],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                cwd=tmp_path,
            )
        )
        stack.callback(process.kill)
        said = _until_served(process)
        links = re.findall(r"http://\S+/sign-in/link/\S+", said)
        wait_until(lambda: _signs_in(links[0]))
        pages = [_page_of(link) for link in links[1:]]
        process.send_signal(signal.SIGINT)
        _, log = process.communicate(timeout=30)

    assert process.returncode == 0
    assert log == ""
    assert len(links) == 3
    assert [page.status_code for page in pages] == [200, 200]
    assert ("a free port is taken" in said) >= taken
    assert list(tmp_path.iterdir()) == []


@contextlib.contextmanager
def _the_port_taken() -> Iterator[None]:
    """Something listens where the demo would, whoever it is."""
    try:
        listener = socket.create_server(("127.0.0.1", 8460))
    except OSError:
        yield
        return
    with listener:
        yield


def _until_served(process: "subprocess.Popen[str]") -> str:
    """What the demo says, until it serves."""
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if "Ctrl-C ends it" in line:
            return said
    raise AssertionError(said)


def _signs_in(link: str) -> bool:
    try:
        return httpx.get(link).status_code == 200
    except httpx.TransportError:
        return False


def _page_of(link: str) -> httpx.Response:
    """A change's page, as whoever uses the link sees it."""
    origin = link.split("/sign-in")[0]
    with httpx.Client(timeout=30) as client:
        client.post(link)
        # Of the two visitors, each sees a customer of theirs.
        return client.get(f"{origin}/changes/K-1008.R20270110")
