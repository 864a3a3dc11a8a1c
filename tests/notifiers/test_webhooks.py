"""Calls of webhooks over real connections: signed, bounded, kept out of our networks."""

import json
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from standardwebhooks.webhooks import Webhook as Verifier

from engine.domain.errors import PermanentDeliveryError, TransientDeliveryError
from engine.domain.webhooks import Call
from notifiers.webhooks import WebhookCaller
from tests.fakes.webhook_receiver import Answer, WebhookReceiver

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NOW = datetime(2026, 12, 1, 10, tzinfo=UTC)
HOST = "hooks.example"


@pytest.fixture
def receiver() -> Iterator[WebhookReceiver]:
    with WebhookReceiver() as made:
        yield made


def call(url: str) -> Call:
    body = json.dumps({"type": "ping", "data": {"by": "Élodie"}}, ensure_ascii=False)
    return Call(1, "3.17", url, SECRET, body, 1)


def caller(timeout: float = 10, *, private: bool = True) -> WebhookCaller:
    """One for which every name stands for this machine."""
    return WebhookCaller(timeout, private=private, resolve=lambda _h, _p: ["127.0.0.1"])


@pytest.mark.req("OPS-6")
def test_a_call_is_signed_so_that_the_library_of_the_standard_verifies_it(
    receiver: WebhookReceiver,
) -> None:
    # The verifier refuses what its own machine's clock takes for old.
    now = datetime.now(UTC)  # noqa: TID251
    caller().call(call(receiver.url()), now)

    [one] = receiver.calls
    assert Verifier(SECRET).verify(one.body, one.headers)["data"]["by"] == "Élodie"
    headers = {name.lower(): value for name, value in one.headers.items()}
    assert headers["webhook-id"] == "3.17"
    assert headers["content-type"] == "application/json"


@pytest.mark.req("OPS-6")
def test_what_is_called_is_the_address_that_was_checked(
    receiver: WebhookReceiver,
) -> None:
    looked_up: list[str] = []

    def resolve(host: str, _port: int) -> list[str]:
        looked_up.append(host)
        return ["127.0.0.1"]

    sender = WebhookCaller(10, private=True, resolve=resolve)
    sender.call(call(receiver.url("a-name-that-nobody-has.invalid")), NOW)

    assert looked_up == ["a-name-that-nobody-has.invalid"]
    assert receiver.calls[0].headers["Host"].startswith("a-name-that-nobody-has")


@pytest.mark.req("OPS-6")
@pytest.mark.parametrize(
    "addresses", [["127.0.0.1"], ["93.184.216.34", "127.0.0.1"], ["::ffff:127.0.0.1"]]
)
def test_a_name_that_stands_for_a_private_address_is_not_called(
    receiver: WebhookReceiver, addresses: list[str]
) -> None:
    sender = WebhookCaller(10, resolve=lambda _host, _port: addresses)

    with pytest.raises(TransientDeliveryError, match="within a private network"):
        sender.call(call(receiver.url("hooks.example")), NOW)

    assert receiver.calls == []


@pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "127.1", "localhost"])
def test_this_machine_is_not_called_however_it_is_written(
    receiver: WebhookReceiver, host: str
) -> None:
    with pytest.raises(TransientDeliveryError):
        WebhookCaller(10).call(call(receiver.url(host)), NOW)

    assert receiver.calls == []


def test_a_redirect_is_not_followed(receiver: WebhookReceiver) -> None:
    receiver.answer(Answer(302, {"Location": receiver.url()}))

    with pytest.raises(TransientDeliveryError, match="redirects are not followed"):
        caller().call(call(receiver.url()), NOW)

    assert len(receiver.calls) == 1


def test_a_proxy_of_the_environment_is_not_used(
    receiver: WebhookReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")

    caller().call(call(receiver.url()), NOW)

    assert len(receiver.calls) == 1


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answer(500, body=b"a secret of theirs"), "answered 500 Internal Server Error"),
        (Answer(404), "answered 404 Not Found"),
        (Answer(599), "answered 599"),
    ],
)
def test_what_is_not_taken_is_tried_again(
    receiver: WebhookReceiver, answer: Answer, said: str
) -> None:
    receiver.answer(answer)

    with pytest.raises(TransientDeliveryError) as caught:
        caller().call(call(receiver.url()), NOW)

    assert str(caught.value) == said


def test_the_endpoint_may_say_when(receiver: WebhookReceiver) -> None:
    receiver.answer(Answer(429, {"Retry-After": "120"}))

    with pytest.raises(TransientDeliveryError) as caught:
        caller().call(call(receiver.url()), NOW)

    assert caught.value.retry_after == 120


def test_an_endpoint_that_is_gone_is_not_called_again(
    receiver: WebhookReceiver,
) -> None:
    receiver.answer(Answer(410))

    with pytest.raises(PermanentDeliveryError, match="disable this webhook"):
        caller().call(call(receiver.url()), NOW)


def test_an_endpoint_that_never_finishes_its_answer_is_given_up(
    receiver: WebhookReceiver,
) -> None:
    receiver.answer(Answer(drips=True))

    with pytest.raises(TransientDeliveryError, match=r"within 0.3 seconds"):
        caller(0.3).call(call(receiver.url()), NOW)


def test_an_answer_of_any_size_is_taken_by_its_status(
    receiver: WebhookReceiver,
) -> None:
    receiver.answer(Answer(200, body=b"x" * 50_000_000))

    caller().call(call(receiver.url()), NOW)

    assert len(receiver.calls) == 1


def test_nobody_there_and_no_such_name_are_told_apart() -> None:
    with WebhookReceiver() as gone:
        url = gone.url()

    with pytest.raises(TransientDeliveryError, match="could not be reached"):
        caller().call(call(url), NOW)
    nowhere = WebhookCaller(10, resolve=lambda _host, _port: [])
    with pytest.raises(TransientDeliveryError, match="no address was found"):
        nowhere.call(call("https://hooks.example/"), NOW)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for HOST, and its key, in one file."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    # Whoever verifies it goes by the machine's own clock.
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2120, 1, 1, tzinfo=UTC))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file = tmp_path / "both.pem"
    file.write_bytes(made.public_bytes(pem) + private)
    return file


@pytest.mark.parametrize(("host", "taken"), [(HOST, True), ("other.example", False)])
def test_over_https_the_name_is_verified_although_an_address_is_called(
    certificate: Path, host: str, taken: bool
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    sender = caller()
    sender.trust.load_verify_locations(certificate)

    with WebhookReceiver(context) as receiver:
        if taken:
            sender.call(call(receiver.url(host)), NOW)
        else:
            with pytest.raises(TransientDeliveryError, match="could not be reached"):
                sender.call(call(receiver.url(host)), NOW)

    assert len(receiver.calls) == int(taken)
