"""A row set by hand counts for more than what files leave open, and less than they say."""

import pytest

from config.permissions import SHIPPED, load_policy
from engine.domain.access import operator
from engine.domain.errors import StaleError
from engine.services.edit_rows import RowEditor
from engine.services.read_rows import show_row
from engine.services.row_mistakes import RowRefusedError
from tests.support.books import DEFAULTS, a_contract, a_small_book, at, some_usage
from tests.support.installation import Installation

JUNE = at("2026-06-01")
ACTOR = operator("ana")


def editor(tacit: Installation) -> RowEditor:
    return RowEditor(
        tacit.store, tacit.rulebook, load_policy(SHIPPED), DEFAULTS, ACTOR, JUNE
    )


def limit_of(tacit: Installation) -> str:
    return show_row(tacit.store, ACTOR, "contracts", "K-1").values["contact_limit"]


def test_a_limit_set_by_hand_outlives_the_file_that_it_went_beyond(
    tacit: Installation,
) -> None:
    tacit.imports(a_small_book(), JUNE)

    editor(tacit).change("contracts", "K-1", {"contact_limit": "1500"})
    tacit.imports([a_contract()], JUNE)
    assert limit_of(tacit) == "1500"
    tacit.imports([a_contract(contact_limit=2000)], JUNE)

    assert limit_of(tacit) == "2000"
    assert tacit.flaws() == []


def test_a_limit_is_set_back_by_hand_to_what_the_file_says(tacit: Installation) -> None:
    tacit.imports(a_small_book(), JUNE)
    editor(tacit).change("contracts", "K-1", {"contact_limit": "1500"})

    editor(tacit).change("contracts", "K-1", {"contact_limit": "1000"})

    assert limit_of(tacit) == "1000"


def test_an_empty_zone_is_the_vendors(tacit: Installation) -> None:
    tacit.imports(a_small_book(), JUNE)
    editor(tacit).change("customers", "acme", {"time_zone": "Asia/Tokyo"})

    editor(tacit).change("customers", "acme", {"time_zone": " "})

    shown = show_row(tacit.store, ACTOR, "customers", "acme")
    assert shown.values["time_zone"] == "Europe/Paris"


def test_usage_by_hand_opens_what_usage_from_a_file_would(tacit: Installation) -> None:
    tacit.imports([*a_small_book(), some_usage(month="2026-05", contacts=900)], JUNE)

    edited = editor(tacit).change("usage", "K-1/2026-05", {"contacts": "1200"})

    assert edited.followed["opened"] == 1
    assert tacit.flaws() == []


def test_all_that_is_wrong_is_said_at_once_and_nothing_is_written(
    tacit: Installation,
) -> None:
    tacit.imports(a_small_book(), JUNE)
    before = tacit.contents()

    with pytest.raises(RowRefusedError) as refused:
        editor(tacit).change(
            "people", "ops", {"name": "", "email": "x", "customer": "zzz"}
        )

    assert refused.value.mistakes.keys() == {"name", "email", "customer"}
    assert 'customer there is no "zzz" that you may see' in str(refused.value)
    assert tacit.contents() == before


def test_a_row_that_is_not_as_it_was_seen_is_left_alone(tacit: Installation) -> None:
    tacit.imports(a_small_book(), JUNE)
    seen = show_row(tacit.store, ACTOR, "customers", "acme").tag
    editor(tacit).change("customers", "acme", {"name": "Acme SA"}, seen)

    with pytest.raises(StaleError):
        editor(tacit).change("customers", "acme", {"name": "Acme Ltd"}, seen)
