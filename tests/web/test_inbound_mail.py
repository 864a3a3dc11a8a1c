"""A provider hands a mail over by a signed request."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from engine.domain.errors import UnavailableError
from engine.services.take_in_mail import take_in_mail
from tests.support.mails import REPLIES_TO, a_mail
from tests.support.serving import serving
from tests.web.conftest import Served
from web.app import create_app
from web.pages.inbound import SIGNATURE, TIMESTAMP, signature
from web.site import InboundMail

SECRET = "known to both"
MAIL = a_mail(REPLIES_TO, "Oui")
PATH = "/inbound/mail"


@dataclass
class Provider:
    """Hands mail over as a provider does."""

    served: Served
    fails: bool = False
    posted: list[httpx.Response] = field(default_factory=list)

    def take(self, raw: bytes, envelope: Sequence[str]) -> bool:
        if self.fails:
            raise UnavailableError("the database does not answer: secret.host")
        return take_in_mail(self.served.book.store, raw, envelope, self.served.clock())

    def posts(self, raw: bytes = MAIL, late: int = 0, **headers: Any) -> httpx.Response:
        served = self.served
        tolerance = timedelta(minutes=5)
        inbound = InboundMail(SECRET, tolerance, 100_000, self.take)
        sent_at = str(int(served.clock().timestamp()) - late)
        signed = {
            TIMESTAMP: sent_at,
            SIGNATURE: signature(SECRET, sent_at, raw),
            "Content-Type": "message/rfc822",
            **headers,
        }
        with serving(create_app(replace(served.site, inbound=inbound))) as url:
            return httpx.post(f"{url}{PATH}", content=raw, headers=signed)


@pytest.fixture
def provider(served: Served) -> Provider:
    return Provider(served)


@pytest.mark.req("OPS-6", "BOT-3")
def test_a_signed_mail_is_stored_once(provider: Provider) -> None:
    first, again = provider.posts(), provider.posts()

    assert (first.status_code, first.json()) == (200, {"stored": True, "new": True})
    assert (again.status_code, again.json()) == (200, {"stored": True, "new": False})
    [kept] = provider.served.book.rows("SELECT body, status FROM inbox")
    assert bytes(kept["body"]) == MAIL


@pytest.mark.req("OPS-6")
@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"late": 301}, id="too old"),
        pytest.param({"late": -301}, id="of a time to come"),
        pytest.param({SIGNATURE: ""}, id="not signed"),
        pytest.param({TIMESTAMP: "soon"}, id="no time"),
        pytest.param({TIMESTAMP: "9" * 400}, id="beyond all time"),
    ],
)
def test_what_is_not_signed_is_not_taken(
    provider: Provider, change: dict[str, Any]
) -> None:
    answered = provider.posts(**change)

    assert answered.status_code == 401
    assert provider.served.book.rows("SELECT id FROM inbox") == []


@pytest.mark.req("OPS-6")
def test_a_signature_is_of_one_mail_alone(provider: Provider) -> None:
    sent_at = str(int(provider.served.clock().timestamp()))
    stale = signature(SECRET, sent_at, MAIL)

    changed: dict[str, Any] = {SIGNATURE: stale}
    answered = provider.posts(MAIL + b"more", **changed)

    assert answered.status_code == 401


@pytest.mark.req("OPS-6")
def test_what_cannot_be_stored_is_not_taken_and_comes_again(provider: Provider) -> None:
    provider.fails = True

    answered = provider.posts()

    assert answered.status_code == 503
    assert "Retry-After" in answered.headers
    assert "secret.host" not in answered.text


@pytest.mark.req("OPS-6")
def test_a_mail_that_is_too_large_is_refused(provider: Provider) -> None:
    assert provider.posts(a_mail(REPLIES_TO, "word " * 50_000)).status_code == 413


@pytest.mark.req("OPS-6")
def test_without_a_secret_there_is_no_such_address(served: Served) -> None:
    assert httpx.post(f"{served.url}{PATH}", content=MAIL).status_code == 404
