"""Changes that need a person are seen without being asked for."""

import pytest

from tests.acceptance.conftest import Tacit

#: Nobody at its customer can be written to.
SILENT = "K-1007.R20261115"
LATER = ("--now", "2026-12-01")


def line_of(table: str, change: str) -> str:
    return next(line for line in table.splitlines() if line.endswith(f"{change} "))


@pytest.mark.req("REN-2", "REN-5")
def test_what_needs_a_person_is_listed_as_such_and_counted(sample: Tacit) -> None:
    sample("tick", *LATER)

    ran = sample("changes", *LATER)

    needing = ran.out.count("needs a person")
    assert "pending, overdue, needs a person" in line_of(ran.out, SILENT)
    assert f"{needing} of them need a person" in ran.out


@pytest.mark.req("REN-2")
def test_what_the_clock_left_lying_is_listed_as_overdue(sample: Tacit) -> None:
    ran = sample("changes", *LATER)
    [change] = [
        change
        for change in sample("changes", *LATER, "--json").json
        if change["id"] == SILENT
    ]

    assert "pending, overdue " in line_of(ran.out, SILENT)
    assert "tacit tick" in ran.out
    assert (change["state"], change["overdue"], change["attention"]) == (
        "pending", True, None,
    )  # fmt: skip


def test_why_a_person_is_needed_stands_below_the_table(sample: Tacit) -> None:
    sample("tick", *LATER)

    ran = sample("changes", *LATER, "--columns", "attention")

    table, below = ran.out.split("upcoming changes on")
    assert "attention" not in table
    assert f"{SILENT}, Quarry Books: The customer was never told" in below


def test_one_change_is_not_called_several(sample: Tacit) -> None:
    ran = sample("changes", "--now", "2026-10-01", "--search", "hudson")

    assert "1 upcoming change on 2026-10-01." in ran.out


def test_a_column_that_is_asked_for_twice_is_shown_once(sample: Tacit) -> None:
    ran = sample("changes", "--now", "2026-10-01", "--columns", "id,id,state")

    assert ran.out.splitlines()[0].split() == [
        "customer", "owner", "type", "state", "deadline", "id",
    ]  # fmt: skip
