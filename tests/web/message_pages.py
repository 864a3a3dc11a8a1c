"""Messages pages: the book that their tests look at, and what a page says."""

import html
import re

import httpx

from engine.domain.errors import DeliveryError
from notifiers.recording import RecordingChannel
from tests.support.books import (
    a_contract,
    a_customer,
    a_partner,
    a_person,
    a_small_book,
    at,
)
from tests.web.conftest import Served

NOW = at("2026-12-20T10:00")


def with_messages(served: Served) -> Served:
    """A customer that was reminded, one of another partner that nobody speaks for."""
    served.book.imports(
        [
            *a_small_book(),
            a_person("finance", roles=("finance",)),
            a_partner("sud"),
            a_person("sud.poc", partner="sud"),
            a_customer("mute", partner="sud", primary_contact=None),
            a_person("mute.user", customer="mute"),
            a_contract("K-2", customer="mute"),
        ],
        at("2026-10-20"),
    )
    served.book.runs(at("2026-10-20"), NOW)
    served.clock.now = NOW
    return served


def main_of(page: httpx.Response) -> str:
    """A page without its frame."""
    main = page.text[page.text.index("<main") : page.text.index("</main")]
    return html.unescape(main)


def text_of(page: httpx.Response) -> str:
    """What a page says, its tags taken away."""
    assert page.status_code == 200, page.text
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", main_of(page)))


def seen(
    served: Served, person: str, path: str = "/messages", language: str = "en"
) -> str:
    browser = served.signed_in(person)
    browser.client.cookies.set("tacit_language", language)
    return text_of(browser.get(path))


def ids(served: Served, status: str, message: str | None = None) -> list[int]:
    return [
        one["id"]
        for one in served.book.messages(status)
        if message is None or one["message"] == message
    ]


def refusing(error: DeliveryError) -> RecordingChannel:
    """A channel that takes nothing."""
    return RecordingChannel([error] * 10)
