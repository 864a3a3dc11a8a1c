"""Whatever is wrong is said in one message, with exit code 2 and no traceback."""

import os
import resource
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.acceptance.conftest import SAMPLES, Ran, Tacit

CHANGE = "K-1008.R20270110"

#: Each refused for a reason of its own, over a home with the sample book.
BAD = [
    "nonsense",
    "changes --on soon",
    "changes --on 2026-02-30",
    "changes --now yesterday",
    "changes --partner nobody",
    "changes --columns id,nonsense",
    "changes --columns id,id,nonsense",
    "changes --nonsense",
    "changes --home /dev/null/x",
    "changes --home no-such-home",
    "changes --home ''",
    "show",
    "show nonsense",
    f"show {CHANGE} --now 2026-13-01",
    f"fire {CHANGE} acept --as grace.oneill",
    f"fire {CHANGE} accept --as nobody",
    f"fire {CHANGE} accept",
    "fire nonsense accept --as grace.oneill",
    f"set owner change {CHANGE} somebody",
    "set owner change nonsense vendor",
    "set owner customer nobody vendor",
    "set owner partner brightline default",
    "set contact hudson-robotics nobody",
    "set contact nobody grace.oneill",
    "set contact hudson-robotics rafael.lima",
    f"set renewal-start {CHANGE} soon",
    f"set renewal-start {CHANGE} 2026-02-30",
    "set renewal-start nonsense 2027-02-01",
    "set auto-renew K-1008 perhaps",
    "set auto-renew nonsense yes",
    "set association hudson-robotics nobody",
    "set association nobody brightline",
    "import",
    "import no-such-file.csv",
    "import /dev/null",
    "import /",
    "import tacit.yaml",
    f"import {SAMPLES} --mapping nonsense",
    f"import {SAMPLES} --mapping tacit.yaml",
    f"import {SAMPLES} --now 25:00",
    "export /no/such/folder/x.csv",
    "export /no/such/folder/x.xlsx --what book",
    "export .",
    "export /",
    "export list.pdf",
    "export book.csv --what book",
    "export list.csv --what nonsense",
    "rules check /no/such/folder",
    "rules check tacit.yaml",
    "rules nonsense",
    "tick --now soon",
    "relay --now soon",
    "messages --limit 0",
    "release",
    "release nonsense",
    f"release {CHANGE} --all",
    "preview nonsense",
    "preview renewal_notice --lang de",
    "preview renewal_notice --for nobody",
    "simulate",
    "simulate --from soon --to 2027-01-01",
    "simulate --from 2027-01-01 --to 2026-01-01",
    "simulate --from 2027-01-01 --to 2027-01-01",
    "audit nonsense",
    "audit seal --now soon",
    "init --home /dev/null/x",
    "init --home tacit.yaml",
    "init --home ''",
    "demo --home tacit.yaml",
    "demo --home ''",
    "run --home no-such-home",
    "doctor --home no-such-home",
]
#: As above; the environment is what is wrong.
BAD_ENVIRONMENTS = [
    "TACIT_MAIL=foo",
    "TACIT_MAIL__HOTS=localhost",
    "TACIT_MAIL__PORT=many",
    "TACIT_MAIL__TIMEOUT=30",
    "TACIT_DATABASE__URL=nonsense",
    "TACIT_DATABASE__URL=postgresql://u:pw@host:port/name",
    "TACIT_DATABASE__URL=postgresql://nobody@127.0.0.1:1/x",
    "TACIT_DATABASE__URL=sqlite:////no/such/folder/t.db",
    "TACIT_PRODUCTION=NO",
]


def assert_one_message(ran: Ran) -> None:
    said = ran.err.strip()
    assert ran.code == 2, ran
    assert ran.out == ""
    assert "Traceback" not in said
    assert said.count("Error") <= 1, said
    assert len(said) > len("Error: ")
    # Typer draws a box round its own; ours is one line, or one for each problem.
    assert said.startswith(("Error: ", "Usage: ")) or ":" in said.splitlines()[0]


@pytest.mark.parametrize("command", BAD)
def test_bad_input_is_refused_in_one_message(
    sample: Tacit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.chdir(tmp_path / "home")
    words = [word.strip("'") for word in command.split()]

    assert_one_message(sample(*words))


@pytest.mark.parametrize("wrong", BAD_ENVIRONMENTS)
def test_a_bad_environment_is_refused_in_one_message(sample: Tacit, wrong: str) -> None:
    name, value = wrong.split("=", 1)

    ran = sample("changes", **{name: value})

    assert_one_message(ran)
    assert "pw" not in ran.err


@pytest.mark.parametrize(
    "command",
    ["changes --on soon", "export /no/such/folder/x.csv", "init --home /dev/null/x"],
)
def test_bad_input_is_refused_in_a_process_of_its_own_too(
    sample: Tacit, tacit_process: Tacit, command: str
) -> None:
    assert_one_message(tacit_process(*command.split()))


@pytest.mark.parametrize(
    "command", ["export list.csv", "export book.xlsx --what book", "init --home other"]
)
def test_a_full_disk_is_told_in_one_message(
    sample: Tacit, tacit_process: Tacit, tmp_path: Path, command: str
) -> None:
    sample("changes")

    ran = tacit_process(*command.split(), preexec_fn=_no_room)

    assert_one_message(ran)
    assert not list(tmp_path.glob("*.part"))
    assert not (tmp_path / "list.csv").exists()


def _no_room() -> None:
    """Let this process write a kilobyte a file, as on a disk that is all but full."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, 1_000))


def test_names_with_accents_are_shown_on_an_ascii_terminal(
    sample: Tacit, tacit_process: Tacit
) -> None:
    on = ("--on", "2026-10-01")

    table = tacit_process("changes", *on, PYTHONIOENCODING="ascii")
    listed = tacit_process("changes", *on, "--json", PYTHONIOENCODING="ascii").json

    assert table.code == 0
    assert "Verde Log" in table.out
    assert "Verde Logística" in {change["customer"] for change in listed}


MakeFile = Callable[[Path], None]
STRANGE: dict[str, tuple[MakeFile, int]] = {
    "a lock file of Emacs": (
        lambda rules: os.symlink("me@host.1:2", rules / ".#renewal.yaml"), 0,
    ),
    "a link that leads nowhere": (
        lambda rules: os.symlink("nowhere", rules / "own.yaml"), 2,
    ),
    "a folder": (lambda rules: (rules / "own.yaml").mkdir(), 2),
}  # fmt: skip


@pytest.mark.req("RULE-2")
@pytest.mark.parametrize(("make", "code"), STRANGE.values(), ids=list(STRANGE))
def test_what_is_no_rule_file_is_passed_over_or_named(
    sample: Tacit, tmp_path: Path, make: MakeFile, code: int
) -> None:
    make(tmp_path / "home" / "rules")

    ran = sample("changes")

    assert ran.code == code
    assert ("own.yaml" in ran.err) == bool(code)
