import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tacit.cli import app
from tests.acceptance.conftest import Tacit


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that the demo made in an empty folder."""
    home = tmp_path_factory.mktemp("demo")
    done = CliRunner().invoke(app, ["demo", "--home", str(home)])
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
    ran = tacit_process("demo")

    assert ran.code == 0
    assert "Upcoming changes" in ran.out
    assert "Subject: " in ran.out
    assert "pending -> renewed" in ran.out
    assert "no flaws" in ran.out
    assert "demo --home" in ran.out
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

    ran = tacit("demo", "--home", kept)

    assert ran.code == 2
    assert "tacit.yaml" in ran.err
    assert contents(kept) == before


def test_the_demo_runs_again_in_a_home_of_its_own(tacit: Tacit, kept: Path) -> None:
    mails = len(list((kept / "mailbox" / "new").iterdir()))

    ran = tacit("demo", "--home", kept)

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
        "demo", TACIT_DATABASE__URL=f"sqlite:///{database}", TACIT_PRODUCTION="true",
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

    ran = tacit("demo", "--home", kept)

    assert ran.code == 0
    assert "Our own words" in ran.out
