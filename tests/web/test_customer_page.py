"""The page of a customer opens what belongs to it; the list finds one quickly."""

import re
from itertools import pairwise

import pytest

from tests.support.books import (
    a_contract,
    a_customer,
    a_partner,
    a_person,
    a_small_book,
    at,
    some_usage,
)
from tests.web.conftest import Served

NOW = at("2026-12-20T10:00")


@pytest.fixture
def served(served: Served) -> Served:
    """A customer of a partner above its limit, and one of another partner."""
    served.book.imports(
        [
            *a_small_book(currency="EUR", mrr=123_400),
            a_person("acme.second", customer="acme"),
            a_person("boss", partner="nord", roles=("partner_administrator",)),
            some_usage(month="2026-10", contacts=900, emails_sent=4_000),
            some_usage(month="2026-11", contacts=1_400, emails_sent=5_000),
            a_partner("sud"),
            a_person("sud.poc", partner="sud"),
            a_customer("other", partner="sud", hub_id="H-77", domain="other.example"),
            a_person("other.contact", customer="other"),
            a_contract("K-2", customer="other"),
        ],
        NOW,
    )
    served.clock.now = NOW
    return served


def seen(served: Served, person: str, path: str) -> str:
    page = served.signed_in(person).get(path)
    assert page.status_code == 200
    main = page.text[page.text.index("<main") :]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", main))


@pytest.mark.req("REN-13")
def test_a_customer_opens_its_contacts_products_usage_and_changes(
    served: Served,
) -> None:
    page = seen(served, "ops", "/customers/acme")

    assert "Acme Contact primary contact" in page
    assert "Acme Second" in page
    assert "Suite K-1" in page
    assert "Automatic renewal on" in page
    assert "Contacts limit: 1,000" in page
    assert "Nov 2026: 1,400 (above the limit)" in page
    assert "Emails sent limit: 10,000" in page
    assert "Contact tier upgrade" in page
    assert "15 Jan 2027 1 Mar 2027" in page


@pytest.mark.req("REN-8")
def test_what_is_written_at_the_bars_crosses_neither_the_limit_nor_each_other(
    served: Served,
) -> None:
    year = [
        some_usage("K-2", f"2026-{month:02}", contacts=980) for month in range(1, 13)
    ]
    served.book.imports(year, NOW)

    page = served.signed_in("ops").get("/customers/other").text

    written = r'class="value" x="(\d+)" y="(\d+)"'
    values = [(int(x), int(y)) for x, y in re.findall(written, page)]
    [limit] = map(int, re.findall(r'class="limit" x1="0" y1="(\d+)"', page))
    assert len(values) == 6
    assert min(b - a for (a, _), (b, _) in pairwise(values)) >= 60
    assert all(y < limit for _, y in values)


def test_it_says_whose_choice_makes_the_communication_owner(served: Served) -> None:
    edit = served.book.edit(NOW)

    assert "the partner’s standing choice holds" in seen(
        served, "ops", "/customers/acme"
    )
    edit.owner_of_customer("acme", "partner")
    page = seen(served, "ops", "/customers/acme")
    assert "Who tells the customer Nord It was chosen for this customer" in page
    edit.association("acme", None)
    page = seen(served, "ops", "/customers/acme")
    assert "No partner is associated" in page


def test_the_list_has_ones_own_customers_and_finds_them(served: Served) -> None:
    assert "Other" in seen(served, "ops", "/customers")
    assert "Other" not in seen(served, "boss", "/customers")
    for text in ("OTHER", "h-77", "other.exam"):
        page = seen(served, "ops", f"/customers?search={text}")
        assert "Other Contact" in page
        assert "Acme Contact" not in page
    assert "No customer is called that" in seen(served, "ops", "/customers?search=%25")


def test_the_list_comes_in_pages(served: Served) -> None:
    many = [a_customer(f"c{n:03}", primary_contact=None) for n in range(60)]
    served.book.imports([*a_small_book(), *many], NOW)

    first = seen(served, "ops", "/customers")
    second = seen(served, "ops", "/customers?page=2")

    assert "C010" in first
    assert "C010" not in second
    assert "C059" in second
    for odd in ("0", "-5", "1000000000"):
        assert served.signed_in("ops").get(f"/customers?page={odd}").status_code == 200
    assert served.signed_in("ops").get("/customers?page=x").status_code == 422


def test_a_partner_shows_its_standing_choice_and_its_customers(served: Served) -> None:
    page = seen(served, "boss", "/partners/nord")

    assert "Acme Cloud writes to the customers of Nord" in page
    assert "1 customer Acme" in page
    assert "Point of contact Nord Poc" in page


@pytest.mark.parametrize("path", ["/customers/{}", "/partners/{}"])
def test_what_is_not_ones_own_is_as_if_it_were_not_there(
    served: Served, path: str
) -> None:
    browser = served.signed_in("boss")
    code = "other" if "customers" in path else "sud"

    theirs, nothing = browser.get(path.format(code)), browser.get(path.format("zzz"))

    assert theirs.status_code == nothing.status_code == 404
    assert theirs.text.replace(code, "") == nothing.text.replace("zzz", "")
