"""What `tacit set` takes, and what it refuses before anything is changed."""

import pytest

from tests.acceptance.conftest import Tacit

NOW = ("--now", "2026-10-01")
CHANGE = "K-1008.R20270110"  # of a contract that began on 2026-01-10, twelve months


@pytest.mark.req("REN-17")
def test_moving_a_renewal_says_the_new_deadline(sample: Tacit) -> None:
    ran = sample("set", "renewal-start", CHANGE, "2027-02-10", *NOW)

    shown = sample("show", CHANGE, *NOW, "--json").json
    assert ran.out == (
        f"{CHANGE}: renewal start is 2027-02-10, deadline is 2026-12-27\n"
    )
    assert (shown["renewal_start"], shown["deadline"]) == ("2027-02-10", "2026-12-27")


@pytest.mark.req("REN-17")
@pytest.mark.parametrize(
    ("day", "said"),
    [
        ("2020-01-01", "K-1008 began only on 2026-01-10"),
        ("2026-01-10", "K-1008 began only on 2026-01-10"),
        ("2028-01-10", "not before the renewal after it, on 2028-01-10"),
        ("2199-12-31", "not before the renewal after it, on 2028-01-10"),
    ],
)
def test_a_renewal_does_not_move_out_of_its_terms(
    sample: Tacit, day: str, said: str
) -> None:
    ran = sample("set", "renewal-start", CHANGE, day, *NOW)

    assert ran.code == 2
    assert said in ran.err
    assert sample("show", CHANGE, *NOW, "--json").json["renewal_start"] == "2027-01-10"


@pytest.mark.req("OPS-4")
@pytest.mark.parametrize(
    "edit", ["set owner partner brightline partner", f"set owner change {CHANGE} vendor",
             "release --all"],
)  # fmt: skip
def test_an_edit_is_made_by_a_person_of_the_book(sample: Tacit, edit: str) -> None:
    nobody = sample(*edit.split(), *NOW, "--as", "nobody")
    somebody = sample(*edit.split(), *NOW, "--as", "olivia.park")

    assert nobody.code == 2
    assert 'no person "nobody"' in nobody.err
    assert somebody.code == 0


@pytest.mark.req("REN-8")
@pytest.mark.parametrize(
    "whose",
    ["change K-1007.R20261115", "customer quarry-books"],
    ids=["change", "customer"],
)
def test_a_customer_without_a_partner_is_told_by_the_vendor(
    sample: Tacit, whose: str
) -> None:
    ran = sample("set", "owner", *whose.split(), "partner", *NOW)

    assert ran.code == 2
    assert "no partner is associated" in ran.err


@pytest.mark.req("REN-8")
@pytest.mark.parametrize(
    ("choice", "said"),
    [
        ("partner", "brightline: owns every conversation with its customers\n"),
        ("vendor", "brightline: leaves the conversations with its customers to the "
                   "vendor\n"),
    ],
)  # fmt: skip
def test_a_partners_choice_is_said_in_plain_words(
    sample: Tacit, choice: str, said: str
) -> None:
    ran = sample("set", "owner", "partner", "brightline", choice, *NOW)

    assert ran.out == said
