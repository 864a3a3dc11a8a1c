"""Which commands make a database, and which leave it as it is."""

import sqlite3
from pathlib import Path

import pytest

from tests.acceptance.conftest import SAMPLES, Tacit

CHANGE = "K-1008.R20270110"
READING = [
    "changes",
    f"show {CHANGE}",
    "messages",
    "export list.csv",
    "export book.xlsx --what book",
    "simulate --from 2026-10-01 --to 2026-10-03",
    "audit verify",
    "audit replay",
]
WRITING = [
    f"fire {CHANGE} accept --as grace.oneill",
    f"set renewal-start {CHANGE} 2027-02-01",
    "tick",
    "relay",
    "release --all",
    "audit seal",
]


@pytest.mark.parametrize("command", [*READING, *WRITING])
def test_a_database_that_is_gone_is_said_and_not_made_again(
    sample: Tacit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.chdir(tmp_path)
    database = tmp_path / "home" / "tacit.db"
    database.unlink()

    ran = sample(*command.split())

    assert ran.code == 2
    assert "there is no database yet" in ran.err
    assert "tacit init" in ran.err
    assert not database.exists()


def test_an_empty_file_is_no_database_either(sample: Tacit, tmp_path: Path) -> None:
    (tmp_path / "home" / "tacit.db").write_bytes(b"")

    ran = sample("changes")

    assert ran.code == 2
    assert "there is no database yet" in ran.err


@pytest.mark.parametrize("command", ["init", f"import {SAMPLES}"])
def test_init_and_import_make_a_database(
    tacit: Tacit, tmp_path: Path, command: str
) -> None:
    tacit("init")
    (tmp_path / "home" / "tacit.db").unlink()

    ran = tacit(*command.split())

    assert ran.code == 0
    assert tacit("changes").code == 0


@pytest.mark.parametrize("command", READING)
def test_commands_that_read_do_so_while_somebody_writes(
    sample: Tacit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.chdir(tmp_path)
    writer = sqlite3.connect(tmp_path / "home" / "tacit.db", isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("DELETE FROM heartbeats")

    ran = sample(*command.split())

    writer.rollback()
    writer.close()
    assert ran.code == 0, ran.err
