"""Messages: to whoever may read them, with why they are held and what mends it."""

import re
from dataclasses import replace

import pytest

from engine.domain.errors import (
    PermanentDeliveryError,
    TransientDeliveryError,
)
from engine.domain.letters import DigestRequest, LetterError, LetterRequest, Rendered
from tests.support.books import (
    at,
)
from tests.web.conftest import Served
from tests.web.message_pages import (
    NOW,
    ids,
    main_of,
    refusing,
    seen,
    text_of,
    with_messages,
)


@pytest.fixture
def served(served: Served) -> Served:
    return with_messages(served)


@pytest.mark.req("REN-18")
def test_what_is_held_says_why_and_what_to_do(served: Served) -> None:
    page = served.signed_in("ops").get("/messages?status=held")

    said = text_of(page)
    assert "the customer has no primary contact" in said
    assert "Choose who receives what this customer is told" in said
    assert '<a href="/customers/mute/actions/contact">' in page.text


@pytest.mark.req("REN-18")
def test_the_remedy_of_a_missing_contact_releases_what_was_held(
    served: Served,
) -> None:
    browser = served.signed_in("ops")
    confirm = browser.get("/customers/mute/actions/contact?choice=mute.user")
    [mark] = re.findall(r'name="mark" value="([^"]+)"', confirm.text)

    browser.post(
        "/customers/mute/actions/contact", choice="mute.user", mark=mark, back="/"
    )
    served.book.relay(NOW)

    assert "Nothing is held" in seen(served, "ops", "/messages?status=held")
    assert served.book.told_to("mute.user")


def test_tabs_count_what_is_in_each_and_narrow_to_it(served: Served) -> None:
    page = seen(served, "ops")

    assert "Queued 0 Being sent 0 Sent 4 Held 1 Not sent 1" in page
    assert "Acme Contact" not in seen(served, "ops", "/messages?status=held")


@pytest.mark.parametrize(
    ("asked", "found", "left_out"),
    [
        ("q=mute", "K-2.R20270301", "K-1.R20270301"),
        ("q=k-1.r2027", "K-1.R20270301", "K-2.R20270301"),
        ("q=nord.poc@", "K-1.R20270301", "K-2.R20270301"),
        ("q=Nord+poc", "K-1.R20270301", "K-2.R20270301"),
        ("message=undeliverable", "K-2.R20270301", "K-1.R20270301"),
        ("channel=email&q=acme", "K-1.R20270301", "K-2.R20270301"),
        ("change=K-1.R20270301", "K-1.R20270301", "K-2.R20270301"),
    ],
)
def test_messages_are_found_by_customer_change_reader_kind_and_channel(
    served: Served, asked: str, found: str, left_out: str
) -> None:
    page = seen(served, "ops", f"/messages?{asked}")

    assert found in page
    assert left_out not in page


def test_a_channel_that_carried_none_finds_nothing(served: Served) -> None:
    assert "Nothing fits" in seen(served, "ops", "/messages?channel=slack")


def test_older_messages_are_on_the_next_page_and_none_is_on_both(
    served: Served,
) -> None:
    object.__setattr__(served.site.settings, "page_size", 2)
    browser = served.signed_in("ops")
    found: list[str] = []
    path = "/messages"
    while path:
        page = browser.get(path).text
        found += re.findall(r'<a class="name" href="/messages/(\d+)"', page)
        following = re.search(r'rel="next" href="([^"]+)"', page)
        path = following[1].replace("&amp;", "&") if following else ""

    assert len(found) == len(set(found)) == len(served.book.messages())
    assert found == sorted(found, key=int, reverse=True)


@pytest.mark.parametrize(
    "address",
    ["status=lost", "channel=fax", "after=%21", "q=" + "x" * 201],
)
def test_what_cannot_be_asked_is_said_so(served: Served, address: str) -> None:
    page = served.signed_in("ops").get(f"/messages?{address}")

    assert page.status_code in (400, 422)


def test_a_partner_sees_its_customers_messages_and_none_for_the_vendor(
    served: Served,
) -> None:
    page = seen(served, "nord.poc")

    assert "Acme" in page
    assert "Mute" not in page
    assert "ops" not in page.lower().split()


def test_a_customer_sees_its_own_copy_alone(served: Served) -> None:
    page = seen(served, "acme.contact")

    assert "Acme Contact" in page
    assert "Nord Poc" not in page
    assert "Nothing fits" in seen(served, "acme.contact", "/messages?q=nord.poc")


def test_a_message_of_others_is_as_one_that_is_not_there(served: Served) -> None:
    [theirs, *_] = ids(served, "held")

    browser = served.signed_in("acme.contact")
    for path in ("/messages/{}", "/messages/{}/mail"):
        refused = browser.get(path.format(theirs))
        missing = browser.get(path.format(99999))

        assert refused.status_code == missing.status_code == 404
        assert main_of(refused).replace(f'"{theirs}"', '"99999"') == main_of(missing)


def test_whoever_may_not_see_messages_is_refused(served: Served) -> None:
    assert served.signed_in("finance").get("/messages").status_code == 403


def test_a_message_is_shown_as_its_reader_sees_it(served: Served) -> None:
    [first, *_] = ids(served, "sent", "renewal_notice")

    page = served.signed_in("ops").get(f"/messages/{first}?reader=acme.contact")

    said = text_of(page)
    assert "The text that left is not kept" in said
    assert "acme.contact@example.com" in said
    assert "Hello Acme Contact," in said
    assert '<p class="slack-heading">' in page.text
    assert f'sandbox src="/messages/{first}/mail?reader=acme.contact"' in page.text


def test_each_reader_sees_their_own_and_one_that_is_none_is_not_found(
    served: Served,
) -> None:
    [first, *_] = ids(served, "sent", "renewal_notice")
    browser = served.signed_in("ops")

    copy = text_of(browser.get(f"/messages/{first}?reader=nord.poc"))

    assert "Hello Nord Poc," in copy
    assert browser.get(f"/messages/{first}?reader=ops").status_code == 404
    own = served.signed_in("acme.contact")
    assert own.get(f"/messages/{first}?reader=nord.poc").status_code == 404


def test_what_was_sent_is_made_anew_as_of_its_sending(served: Served) -> None:
    """What could be answered then is shown, though it cannot be any more."""
    [first, *_] = ids(served, "sent", "renewal_notice")
    served.book.fire("request_cancellation", "acme.contact", NOW)
    served.clock.now = at("2027-06-01")

    page = seen(served, "ops", f"/messages/{first}?reader=acme.contact")

    assert "by 15 January 2027 at the latest" in page
    assert "Ask to cancel" in page


def test_what_is_held_says_that_nobody_would_read_it(served: Served) -> None:
    [first, *_] = ids(served, "held")

    page = seen(served, "ops", f"/messages/{first}")

    assert "Nobody would read it" in page
    assert "the customer has no primary contact" in page


def test_what_waits_is_shown_as_it_would_read_now(served: Served) -> None:
    served.book.fire("request_cancellation", "acme.contact", NOW)
    [first, *_] = ids(served, "queued", "cancellation_noted")

    page = seen(served, "ops", f"/messages/{first}")

    assert "This is as it would read now" in page
    assert "None yet: who reads it is found when it leaves" in page
    assert "Hello Acme Contact," in page


def test_a_mail_is_framed_where_it_can_run_and_load_nothing(served: Served) -> None:
    [first, *_] = ids(served, "sent", "renewal_notice")

    mail = served.signed_in("ops").get(f"/messages/{first}/mail?reader=acme.contact")

    policy = mail.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "script" not in policy
    assert mail.headers["x-frame-options"] == "SAMEORIGIN"
    assert mail.text.startswith("<!doctype html>")


@pytest.mark.req("BOT-2")
def test_a_copy_that_may_have_arrived_is_said_to_be_in_doubt(served: Served) -> None:
    served.book.fire("request_cancellation", "acme.contact", NOW)
    broken = refusing(TransientDeliveryError("the mail server hung up", ambiguous=True))
    served.book.relay(NOW, email=broken)
    [first, *_] = ids(served, "queued", "cancellation_noted")

    page = seen(served, "ops", f"/messages/{first}")

    assert "Why it has not left yet" in page
    assert "the mail server hung up" in page
    assert "In doubt: a try may have arrived although nothing said so" in page
    assert "It is tried again from" in page


@pytest.mark.parametrize(
    ("error", "remedy"),
    [
        (
            "the mail server refused RCPT TO: 550 no such user",
            "The address was refused",
        ),
        ("slack is not configured", "Set the channel up"),
        ("Slack refused the message: is_archived", "Put right what the reason names"),
    ],
)
def test_a_refusal_has_the_remedy_of_its_kind(
    served: Served, error: str, remedy: str
) -> None:
    served.book.fire("request_cancellation", "acme.contact", NOW)
    served.book.relay(NOW, email=refusing(PermanentDeliveryError(error)))

    page = seen(served, "ops", "/messages?status=held&q=acme")

    assert error in page
    assert remedy in page


def test_the_messages_read_in_french(served: Served) -> None:
    page = seen(served, "ops", "/messages?status=held", "fr")

    assert "le client n’a pas de contact principal" in page
    assert "Choisir le contact principal" in page


class NothingKnown:
    """A renderer whose every template needs what no change has."""

    def render(self, request: LetterRequest) -> Rendered:
        raise LetterError(
            "/home/acme/notice.en.md:3  month is missing here", ("month",)
        )

    def render_digest(self, request: DigestRequest) -> Rendered:
        raise NotImplementedError


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "Its template needs what is not known here: month."),
        ("fr", "Son modèle a besoin de ce qui n’est pas connu ici\u00a0: month."),
    ],
)
def test_what_cannot_be_written_is_said_in_the_readers_language(
    served: Served, language: str, said: str
) -> None:
    works, usual = served.site.works, served.site.works.delivering
    failing = replace(
        works, delivering=lambda: replace(usual(), renderer=NothingKnown())
    )
    served.app.state.site = replace(served.site, works=failing)
    [message, *_] = ids(served, "sent")

    at_vendor = seen(served, "ops", f"/messages/{message}", language)
    elsewhere = seen(served, "nord.poc", f"/messages/{message}", language)

    assert said.replace("\u00a0", " ") in at_vendor
    assert said.replace("\u00a0", " ") in elsewhere
    assert "notice.en.md:3" in at_vendor
    # Where files are on the vendor's machine is nobody's business outside.
    assert "notice.en.md" not in elsewhere
