"""Histories that several tests start from."""

from engine.services.seal_audit import seal
from tests.support.books import a_contract, a_small_book, at
from tests.support.installation import Installation

CUSTOMER = "acme.contact"
HALF_WAY = at("2026-11-04")
NEXT_DAY = at("2027-03-02")


def a_year_of_history(tacit: Installation) -> None:
    """Two contracts, reminders, an answer, edits, a renewal, and a seal half way."""
    tacit.imports([*a_small_book(), a_contract("K-2")], at("2026-06-01"))
    tacit.edit(at("2026-06-02")).owner_of_customer("acme", "vendor")
    tacit.edit(at("2026-06-03")).owner_of_customer("acme", "default")
    tacit.passes(at("2026-11-01T08:00"))
    tacit.fire("request_cancellation", CUSTOMER, at("2026-11-02"))
    tacit.fire("withdraw", CUSTOMER, at("2026-11-03"))
    seal(tacit.store, HALF_WAY)
    tacit.edit(at("2026-11-05")).owner_of_customer("acme", "vendor")
    tacit.runs(at("2026-11-05"), NEXT_DAY)
    seal(tacit.store, NEXT_DAY)
