import pytest

from tests.support.books import a_small_book, at
from tests.support.installation import Installation


@pytest.mark.req("REN-2", "REN-4", "REN-15", "RULE-10")
def test_silence_renews_a_contract_whose_customer_was_told(
    tacit: Installation,
) -> None:
    tacit.imports(a_small_book(), at("2026-06-01"))

    tacit.runs(at("2026-10-30"), at("2027-03-02"))

    assert tacit.change().state == "renewed"
    assert tacit.change().closed_at is not None
    assert tacit.change("K-1.R20280301").state == "pending"
    assert tacit.told_to("acme.contact") == [
        *["renewal_notice"] * 3,
        *["last_call"] * 2,
        "renewal_done",
    ]
