"""What spreadsheets and scripts get to read."""

from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from tests.acceptance.conftest import SAMPLES, Tacit

NOW = ("--now", "2026-10-01")


@pytest.mark.req("OPS-1")
def test_amounts_are_numbers_in_a_workbook(sample: Tacit, tmp_path: Path) -> None:
    file = tmp_path / "list.xlsx"

    sample("export", file, *NOW)

    header, *rows = (
        CalamineWorkbook.from_path(file).get_sheet_by_name("changes").to_python()
    )
    amounts = [row[header.index("mrr")] for row in rows]
    assert amounts
    assert all(isinstance(amount, float) for amount in amounts)


@pytest.mark.req("OPS-1")
def test_an_import_counts_the_same_things_every_time(tacit: Tacit) -> None:
    tacit("init")

    first = tacit("import", SAMPLES, *NOW, "--json").json["counts"]
    again = tacit("import", SAMPLES, *NOW, "--json").json["counts"]

    for counts in (first, again):
        changes = counts.pop("changes")
        assert set(changes) == {"opened", "planned_again", "ended", "warned"}
        assert all(set(one) == {"new", "changed", "same"} for one in counts.values())


@pytest.mark.parametrize(
    "command", ["tick --now 2026-10-02", "relay --now 2026-10-02", f"import {SAMPLES}"]
)
def test_a_command_that_went_well_says_nothing_on_standard_error(
    sample: Tacit, tacit_process: Tacit, command: str
) -> None:
    sample("tick", *NOW)

    ran = tacit_process(*command.split())

    assert (ran.code, ran.err) == (0, "")


def test_an_address_that_two_people_share_is_called_ambiguous(
    sample: Tacit, tmp_path: Path
) -> None:
    people = tmp_path / "people.csv"
    people.write_text(
        "code,name,email,customer\n"
        "a,Ana,desk@quarry.example,quarry-books\n"
        "b,Bea,desk@quarry.example,quarry-books\n"
    )
    sample("import", people, *NOW)

    ran = sample("set", "contact", "quarry-books", "desk@quarry.example", *NOW)

    assert ran.code == 2
    assert "ambiguous: give the code (a and b)" in ran.err


def test_counts_say_what_they_count(sample: Tacit) -> None:
    sample("tick", *NOW)

    relayed, listed = sample("relay", *NOW), sample("messages")

    assert relayed.out.startswith("copies: sent ")
    assert listed.out.splitlines()[-1].startswith("messages: ")


def test_an_unknown_thing_to_export_is_named(sample: Tacit, tmp_path: Path) -> None:
    ran = sample("export", tmp_path / "list.csv", "--what", "foo")

    assert ran.code == 2
    assert "'foo' is not one of" in ran.err
