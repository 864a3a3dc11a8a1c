import json
import subprocess
from pathlib import Path

import pytest

from config.settings import Settings
from tests.acceptance.conftest import CHECKOUT, TACIT, Tacit


def test_a_home_is_made_once_and_kept_the_second_time(
    tacit: Tacit, tmp_path: Path
) -> None:
    assert tacit("init").code == 0
    settings = tmp_path / "home" / "tacit.yaml"
    settings.write_text(settings.read_text().replace("Acme Cloud", "Ours"))

    assert tacit("init").code == 0

    assert "Ours" in settings.read_text()


def test_a_missing_home_is_named_with_the_remedy(tacit_process: Tacit) -> None:
    ran = tacit_process("changes")

    assert ran.code == 2
    assert "tacit init" in ran.err


def test_home_can_be_given_on_every_command(tacit: Tacit, tmp_path: Path) -> None:
    other = tmp_path / "other"

    assert tacit("init", "--home", other).code == 0
    assert tacit("changes", "--home", other, "--json").json == []


@pytest.mark.parametrize(
    ("wrong", "right", "said"),
    [
        ("port: 587", "port: many", "mail.port"),
        ("\n  via: mailbox", "\n  via: pigeon", "mail.via"),
        ("tick_every: 30 seconds", "tick_every: soon", "clock.tick_every"),
        ("time_zone: Europe/Paris", "time_zone: Paris", "vendor.time_zone"),
        ("production: false", "prodction: false", "prodction"),
    ],
    ids=["number", "choice", "duration", "zone", "unknown"],
)
def test_a_wrong_setting_is_named_with_its_place(
    tacit: Tacit, tmp_path: Path, wrong: str, right: str, said: str
) -> None:
    tacit("init")
    settings = tmp_path / "home" / "tacit.yaml"
    text = settings.read_text()
    assert wrong in text
    settings.write_text(text.replace(wrong, right, 1))

    ran = tacit("changes")

    assert ran.code == 2
    assert said in ran.err
    assert "tacit.yaml:" in ran.err


def test_the_environment_goes_before_the_file(tacit: Tacit) -> None:
    tacit("init")

    ran = tacit("tick", "--now", "2026-10-01", TACIT_PRODUCTION="true")

    assert ran.code == 2
    assert "production" in ran.err


def test_a_secret_is_never_printed(tacit: Tacit) -> None:
    tacit("init")

    ran = tacit("changes", TACIT_MAIL__PASSWORD="hunter2", TACIT_MAIL__PORT="x")

    assert ran.code == 2
    assert "hunter2" not in ran.out + ran.err


@pytest.mark.req("OPS-5")
def test_doctor_names_what_is_missing_and_the_remedy(tacit: Tacit) -> None:
    tacit("init")

    ran = tacit("doctor", "--json")

    findings = {finding["what"]: finding for finding in ran.json}
    assert ran.code == 1
    assert findings["database"]["ok"]
    assert not findings["people"]["ok"]
    assert "operations" in findings["people"]["remedy"]


@pytest.mark.req("OPS-5")
def test_doctor_says_which_mail_server_does_not_answer(tacit: Tacit) -> None:
    tacit("init")

    ran = tacit(
        "doctor", "--json", TACIT_MAIL__VIA="smtp", TACIT_MAIL__HOST="127.0.0.1",
        TACIT_MAIL__PORT="1",
    )  # fmt: skip

    [mail] = [finding for finding in ran.json if finding["what"] == "email"]
    assert not mail["ok"]
    assert "127.0.0.1" in mail["detail"]


def test_every_command_is_in_the_manual(tacit: Tacit) -> None:
    manual = (CHECKOUT / "docs" / "commands.md").read_text()
    commands = {
        line.split()[1]
        for line in tacit("--help", TERM="dumb", COLUMNS="100").out.splitlines()
        if line.startswith("│ ") and line[2].isalpha()
    }

    assert {"init", "import", "changes", "run", "simulate"} <= commands
    assert {name for name in commands if f"tacit {name}" not in manual} == set()


def test_every_setting_is_explained_in_the_shipped_file() -> None:
    text = (CHECKOUT / "config" / "tacit.yaml").read_text()
    names = [
        name
        for part in Settings.model_fields.values()
        if isinstance(part.annotation, type)
        for name in getattr(part.annotation, "model_fields", {})
    ]

    assert len(names) > 20
    assert [name for name in names if f"  {name}: " not in text] == []


@pytest.mark.parametrize("env", [None, ""], ids=["unset", "empty"])
def test_a_home_that_is_not_named_is_in_the_present_folder(
    tmp_path: Path, env: str | None
) -> None:
    variables = {"PATH": "/usr/bin:/bin"} | ({} if env is None else {"TACIT_HOME": env})

    def ran(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [str(TACIT), *arguments]
        return subprocess.run(
            command, capture_output=True, text=True, cwd=tmp_path, env=variables
        )  # fmt: skip

    made, listed = ran("init"), ran("changes", "--json")

    assert (made.returncode, listed.returncode) == (0, 0), made.stderr + listed.stderr
    assert json.loads(listed.stdout) == []
    assert (tmp_path / "tacit-home" / "tacit.yaml").exists()
