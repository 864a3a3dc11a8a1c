"""The page of a change shows to each visitor what is theirs, and why things are so."""

import re
from datetime import date

import pytest

from tests.support.books import a_contract, a_person, a_small_book, at, some_usage
from tests.support.installation import RENEWAL
from tests.web.conftest import Served

NOW = at("2026-12-20T10:00")
CHANGE = f"/changes/{RENEWAL}"


@pytest.fixture
def served(served: Served) -> Served:
    """A renewal of which its customer was reminded, with silence to come."""
    served.book.imports(
        [
            *a_small_book(currency="EUR", mrr=123_400, new_mrr=130_000),
            a_person("finance", roles=("finance",)),
            a_person("boss", partner="nord", roles=("partner_administrator",)),
            a_person("acme.admin", customer="acme", roles=("administrator",)),
        ],
        at("2026-10-20"),
    )
    served.book.runs(at("2026-10-20"), NOW)
    served.clock.now = NOW
    return served


def seen(served: Served, person: str, path: str = CHANGE, language: str = "en") -> str:
    """The text of a page, its tags taken away."""
    browser = served.signed_in(person)
    browser.client.cookies.set("tacit_language", language)
    page = browser.get(path)
    assert page.status_code == 200
    main = page.text[page.text.index("<main") :]
    return re.sub(r"[ \n]+", " ", re.sub(r"<[^>]+>", " ", main))


def test_it_says_where_the_change_stands_and_what_comes_and_who_is_told(
    served: Served,
) -> None:
    page = seen(served, "ops")

    assert "Renewal deadline 15 January 2027" in page
    assert "71 days until the renewal start" in page
    plan = page[page.index("What comes, if nobody does anything") :]
    assert (
        "31 Dec 2026, 09:00 Renewal notice Acme Contact email, as the customer" in plan
    )
    assert "Nord Poc email, a copy, for information" in plan
    assert "16 Jan 2027, 00:00 awaiting an answer" in plan


def test_today_never_covers_the_number_of_a_day(served: Served) -> None:
    mark = re.compile(r'<path class="today" d="M\d+ (\d+)')
    apart = served.signed_in("ops").get(CHANGE).text
    # The reminder 46 days before the renewal start is due on this day.
    served.clock.now = at("2027-01-14T10:00")
    on_one = served.signed_in("ops").get(CHANGE).text

    heights = [int(found[1]) for found in map(mark.search, (apart, on_one)) if found]
    # The numbers of days are written down to about 114.
    assert heights == [98, 118]


def test_it_says_why_with_the_values_that_decide(served: Served) -> None:
    page = seen(served, "ops")

    why = page[page.index("Why it is where it is") :]
    assert "Nobody has answered yet" in why
    assert "its condition holds : automatic_renewal , automatic renewal = yes" in why
    assert "Silence counts from 9 Nov 2026, 00:00" in why


def test_what_nobody_was_told_of_says_so(served: Served) -> None:
    served.book.execute("UPDATE changes SET notice_out_at = NULL")

    page = seen(served, "ops")

    assert "The customer’s side has not been told of these dates yet" in page
    assert "It waits for a notice" in page


def test_where_silence_decides_nothing_no_notice_is_missed(served: Served) -> None:
    usage = some_usage(month="2026-12", contacts=900, emails_sent=90_000)
    served.book.imports([*a_small_book(), usage], at("2026-12-10"))
    served.book.runs(at("2026-12-10"), NOW)

    page = seen(served, "ops", "/changes/K-1.E20261201")

    assert "Email overage notice sent" in page
    assert "has not been told" not in page


def test_an_overage_has_an_effective_date_and_no_notice_to_wait_for(
    served: Served,
) -> None:
    limited = a_contract("K-5", contact_limit=100)
    usage = some_usage("K-5", "2026-11", emails_sent=1_200)
    served.book.imports([*a_small_book(), limited, usage], NOW)
    [found] = served.book.rows("SELECT code FROM changes WHERE type = 'email_overage'")

    page = seen(served, "ops", f"/changes/{found['code']}")

    assert "Effective date 1 January 2027" in page
    assert "The days before the effective date" in page
    assert "enewal start" not in page
    # Silence decides nothing here, so no notice is counted.
    assert "has not been told of these dates" not in page


def test_nothing_sent_yet_is_explained_by_the_date_of_the_first_step(
    served: Served,
) -> None:
    later = a_contract("K-3", started_on=date(2026, 9, 1))
    served.book.imports([*a_small_book(), later], NOW)

    page = seen(served, "ops", "/changes/K-3.R20270901")

    assert "Nothing has been sent yet, since nothing was due" in page
    assert "the first step is on 4 May 2027, 09:00" in page


def test_nothing_sent_yet_is_not_said_to_have_been_due_where_it_came_too_late(
    served: Served,
) -> None:
    missed = a_contract("K-3", started_on=date(2026, 2, 24))
    served.book.imports([*a_small_book(), missed], NOW)
    served.book.tick(NOW)

    page = seen(served, "ops", "/changes/K-3.R20270224")

    assert "was not sent: renewal notice" in page
    assert "since it was too late for what was due: the next step is on" in page
    assert "since nothing was due" not in page


@pytest.mark.req("RULE-8")
def test_the_history_names_people_and_reads_in_french(served: Served) -> None:
    served.book.fire("request_cancellation", "acme.contact", NOW)
    served.book.edit(NOW).owner_of_change(RENEWAL, "partner")

    english, french = seen(served, "ops"), seen(served, "ops", language="fr")

    assert "“Ask to cancel”: now cancellation requested." in english
    assert "by Acme Contact" in english
    assert "«\u00a0Demander la résiliation\u00a0»" in french
    assert "par Acme Contact" in french
    assert "Le client ne veut pas d’une nouvelle période." in french
    assert "Propriétaire de la communication pour ce changement" in french


def test_its_diagram_marks_where_it_stands_and_where_it_was(served: Served) -> None:
    served.book.fire("request_cancellation", "acme.contact", NOW)

    page = served.signed_in("ops").get(CHANGE).text

    assert 'class="box cancellation_requested present"' in page
    assert 'class="box pending passed"' in page
    assert 'class="way taken"' in page
    assert "<script" not in page[page.index("<main") :]
    assert " style=" not in page


def test_amounts_are_for_those_who_may_see_them(served: Served) -> None:
    assert "€1,234.00" in seen(served, "ops")
    assert "€1,234.00" in seen(served, "acme.contact")
    assert "1,234" not in seen(served, "acme.admin")
    assert "1,234" not in seen(served, "acme.admin", "/customers/acme")


def test_messages_are_for_those_who_read_them(served: Served) -> None:
    for person, copies in (("ops", True), ("boss", True), ("acme.contact", False)):
        page = seen(served, person)
        messages = page[page.index("Messages Renewal notice") :]

        assert "Acme Contact email, as the customer" in messages
        assert ("to Nord Poc by email" in messages) is copies


def test_one_is_offered_what_one_may_do_and_no_more(served: Served) -> None:
    def offered(person: str) -> set[str]:
        page = served.signed_in(person).get(CHANGE).text
        return set(re.findall(r'href="/(?:changes|contracts)/[^"/]+/([^"?]+)"', page))

    events = {"events/accept", "events/request_cancellation"}
    partner = {"actions/owner", "actions/contact"}
    terms = {"actions/renewal-start", "actions/automatic-renewal", "actions/end"}
    assert offered("ops") == events | partner | terms
    assert offered("boss") == events | partner
    assert offered("acme.contact") == events
    assert offered("finance") == set()


def test_a_closed_change_says_so_and_offers_nothing(served: Served) -> None:
    served.book.edit(NOW).end("K-1", NOW.date())

    page = seen(served, "ops")

    assert "the change was closed on 20 Dec 2026" in page
    assert "Set by hand" not in page


def test_what_is_not_ones_own_is_as_if_it_were_not_there(served: Served) -> None:
    served.book.imports(
        [
            *a_small_book(),
            a_person("finance", roles=("finance",)),
        ],
        NOW,
    )
    served.book.edit(NOW).association("acme", None)
    browser = served.signed_in("boss")

    theirs, nothing = browser.get(CHANGE), browser.get("/changes/K-9.R20270301")

    assert theirs.status_code == nothing.status_code == 404
    assert theirs.text.replace(RENEWAL, "") == nothing.text.replace("K-9.R20270301", "")


def test_whom_one_does_not_read_along_with_is_named_by_side_alone(
    served: Served,
) -> None:
    paths = (CHANGE, f"{CHANGE}/events/request_cancellation")
    for page in (seen(served, "acme.contact", path) for path in paths):
        assert "the partner, with a copy" in page
        assert "Acme Contact email, as the customer" in page
        assert "Nord Poc" not in page
        assert "Ops" not in page
