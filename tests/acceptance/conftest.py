"""The real command line over a home of its own, in this process or in one of its own."""

import contextlib
import io
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from engine.domain.errors import TacitError
from tacit.cli import app
from tacit.cli.output import fail

CHECKOUT = Path(__file__).parents[2]
SAMPLES = CHECKOUT / "config" / "samples"
TACIT = Path(sys.executable).with_name("tacit")


@dataclass(frozen=True)
class Ran:
    """What a command said and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Tacit = Callable[..., Ran]


@pytest.fixture
def tacit(tmp_path: Path) -> Tacit:
    """Run `tacit` with these arguments; it finds its home by TACIT_HOME.

    In this process, because starting Python for each of some hundred commands would
    take most of the tests' time; `tacit_process` shows that it is the same.
    """
    runner = CliRunner()

    def run(*arguments: str | Path, **env: str) -> Ran:
        variables = {"TACIT_HOME": str(tmp_path / "home"), **env}
        done = runner.invoke(app, [str(one) for one in arguments], env=variables)
        if isinstance(done.exception, TacitError | OSError):
            err = io.StringIO()
            with contextlib.redirect_stderr(err):
                code = fail(done.exception)
            return Ran(code, done.stdout, done.stderr + err.getvalue())
        if done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        return Ran(done.exit_code, done.stdout, done.stderr)

    return run


@pytest.fixture
def tacit_process(tmp_path: Path) -> Tacit:
    """The same, started as a person starts it."""

    def run(
        *arguments: str | Path,
        cwd: Path = tmp_path,
        preexec_fn: Callable[[], None] | None = None,
        **env: str,
    ) -> Ran:
        done = subprocess.run(
            [TACIT, *map(str, arguments)],
            capture_output=True,
            text=True,
            cwd=cwd,
            timeout=120,
            preexec_fn=preexec_fn,
            env={"TACIT_HOME": str(tmp_path / "home"), "PATH": "/usr/bin:/bin", **env},
        )
        assert "Traceback" not in done.stderr, done.stderr
        return Ran(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture(scope="session")
def sample_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that holds the sample book as of 1 October 2026, to be copied."""
    home = tmp_path_factory.mktemp("sample") / "home"
    runner = CliRunner()
    runner.invoke(app, ["init", "--home", str(home)], catch_exceptions=False)
    arguments = ["import", str(SAMPLES), "--home", str(home), "--now", "2026-10-01"]
    runner.invoke(app, arguments, catch_exceptions=False)
    return home


@pytest.fixture
def sample(tacit: Tacit, sample_home: Path, tmp_path: Path) -> Tacit:
    """`tacit` over a copy of the sample home."""
    shutil.copytree(sample_home, tmp_path / "home")
    return tacit
