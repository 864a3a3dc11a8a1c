from collections.abc import Iterator
from datetime import date

import pytest

from engine.domain.book import Row
from engine.domain.errors import TacitError
from engine.services.export_book import sheets
from engine.services.import_book import import_book
from tests.support.books import (
    DEFAULTS,
    a_contract,
    a_customer,
    a_person,
    a_small_book,
    at,
    some_usage,
)
from tests.support.installation import Installation

CUSTOMER = "acme.contact"
JUNE, LISTED = at("2026-06-01"), at("2026-11-01T08:00")
BOOK = [
    *a_small_book(mrr=120_050, new_mrr=-50, currency="EUR"),
    a_customer("bolt", domain="bolt.example", hub_id="77"),
    a_person("bolt.contact", customer="bolt", channel="both", slack_user="U1"),
    a_contract("K-2", customer="bolt", automatic_renewal=False),
    some_usage("K-2", contacts=1_500, emails_sent=99),
]


@pytest.mark.req("OPS-1")
def test_the_same_file_twice_changes_nothing(tacit: Installation) -> None:
    tacit.imports(BOOK, JUNE)
    before = tacit.contents()

    counts = tacit.imports(BOOK, at("2026-06-02"))

    assert tacit.contents() == before
    assert {name: count.get("same", 0) for name, count in counts.items()} == {
        "partners": 1,
        "customers": 2,
        "people": 4,
        "sites": 0,
        "contracts": 2,
        "usage": 1,
        "changes": 0,
    }
    assert counts["changes"] == {
        "opened": 0,
        "planned again": 0,
        "ended": 0,
        "warned": 0,
    }


@pytest.mark.req("OPS-1")
def test_a_file_that_fails_half_way_leaves_nothing_behind(
    tacit: Installation,
) -> None:
    before = tacit.contents()

    def rows() -> Iterator[Row]:
        yield from [row for row in BOOK if row.kind != "usage"][:4]
        raise TacitError("the file was changed while it was read")

    with pytest.raises(TacitError, match="was changed"):
        import_book(tacit.store, tacit.rulebook, rows(), DEFAULTS, JUNE)

    assert tacit.contents() == before


@pytest.mark.req("OPS-1")
def test_a_dry_run_counts_as_an_import_does_and_changes_nothing(
    tacit: Installation,
) -> None:
    before = tacit.contents()
    order = ["partners", "customers", "people", "contracts", "usage"]
    book = sorted(BOOK, key=lambda row: order.index(row.kind))

    tried = import_book(tacit.store, tacit.rulebook, book, DEFAULTS, JUNE, dry_run=True)

    assert tacit.contents() == before
    assert tried == tacit.imports(BOOK, JUNE)


@pytest.mark.req("OPS-1")
def test_what_a_file_does_not_have_stays(tacit: Installation) -> None:
    tacit.imports(BOOK, JUNE)
    only_name = Row("customers", {"code": "bolt", "name": "Bolt SA"}, "b.csv", 2)

    counts = tacit.imports([only_name], at("2026-06-02"))

    assert counts["customers"] == {"new": 0, "changed": 1}
    [bolt] = tacit.rows("SELECT * FROM customers WHERE code = 'bolt'")
    assert (bolt["name"], bolt["domain"], bolt["hub_id"]) == (
        "Bolt SA",
        "bolt.example",
        "77",
    )
    assert bolt["primary_contact_id"] is not None


@pytest.mark.req("OPS-1", "OPS-4")
def test_what_an_import_changes_is_in_the_trail(tacit: Installation) -> None:
    tacit.imports(BOOK, JUNE)

    tacit.imports([a_contract("K-2", customer="bolt", product="Mail")], LISTED)

    [entry] = tacit.rows(
        "SELECT * FROM audit WHERE subject_kind = 'contract' AND kind = 'edited' "
        "AND body LIKE '%product%'"
    )
    assert '"by":"import"' in entry["body"]
    assert '"product":"Mail"' in entry["body"]
    assert tacit.flaws() == []


@pytest.mark.req("OPS-1")
def test_a_contract_that_ended_closes_its_changes_and_drops_their_messages(
    tacit: Installation,
) -> None:
    tacit.imports([*a_small_book(), some_usage(contacts=1_500)], JUNE)
    tacit.tick(LISTED)

    counts = tacit.imports([a_contract(ended_on=date(2026, 10, 31))], LISTED)
    tacit.runs(LISTED, at("2027-04-01"))

    assert counts["changes"]["ended"] == 2
    assert tacit.told() == []
    assert {row["status"] for row in tacit.messages()} == {"dropped"}
    assert tacit.rows("SELECT * FROM changes WHERE closed_at IS NULL") == []
    assert tacit.flaws() == []


@pytest.mark.req("OPS-1")
def test_a_contract_that_came_as_ended_opens_nothing(tacit: Installation) -> None:
    counts = tacit.imports(a_small_book(ended_on=date(2026, 5, 1)), JUNE)

    assert counts["changes"]["opened"] == 0


@pytest.mark.req("OPS-1", "REN-2")
def test_a_book_that_comes_in_mid_window_is_told_of_once(tacit: Installation) -> None:
    now = at("2027-01-12T12:00")

    tacit.imports(a_small_book(), now)
    tacit.relay(now)

    assert tacit.told_to(CUSTOMER) == ["last_call"]
    [reminder] = [each for each in tacit.trail() if each["kind"] == "reminder"]
    assert len(reminder["stands_for"]) == 3


@pytest.mark.req("OPS-1")
def test_what_is_exported_is_what_was_imported(tacit: Installation) -> None:
    tacit.imports(BOOK, JUNE)

    exported = sheets(tacit.store)

    header, rows = exported["contracts"]
    first = dict(zip(header, rows[0], strict=True))
    assert (str(first["mrr"]), str(first["new_mrr"])) == ("1200.50", "-0.50")
    assert first["automatic_renewal"] is True
    assert first["started_on"] == date(2026, 3, 1)
    header, rows = exported["customers"]
    assert [dict(zip(header, row, strict=True))["partner"] for row in rows] == [
        "nord",
        None,
    ]


@pytest.mark.req("OPS-1")
@pytest.mark.parametrize("store", ["postgresql"], indirect=True)
def test_thousands_of_held_messages_are_released_at_once(tacit: Installation) -> None:
    tacit.imports(a_small_book(), JUNE)

    with tacit.store.begin() as unit:
        released = unit.outbox.release(range(70_000), JUNE)
        unit.outbox.drop_waiting(range(70_000), "gone")

    assert released == 0
