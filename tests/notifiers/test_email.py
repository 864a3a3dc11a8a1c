import shutil
import ssl
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from engine.domain.errors import (
    ChannelUnavailableError,
    PermanentDeliveryError,
    TransientDeliveryError,
)
from notifiers.email import Security, SmtpChannel, SmtpSettings
from tests.fakes.smtp_server import DROP, STALL, SmtpServer
from tests.notifiers.builders import SENDER, a_letter, now


@pytest.fixture(params=[False, True], ids=["step by step", "pipelining"])
def server(request: pytest.FixtureRequest) -> Iterator[SmtpServer]:
    with SmtpServer(password="secret", pipelining=request.param) as running:
        yield running


@pytest.fixture
def channel(server: SmtpServer) -> Iterator[SmtpChannel]:
    ready = a_channel(server)
    yield ready
    ready.close()


def a_channel(server: SmtpServer, **changes: object) -> SmtpChannel:
    settings = SmtpSettings("127.0.0.1", server.port, Security.NONE, timeout=5)
    return SmtpChannel(replace(settings, **changes), SENDER, now)  # type: ignore[arg-type] # dataclass fields by name


@pytest.mark.req("BOT-1")
def test_a_letter_arrives_at_its_one_recipient(
    server: SmtpServer, channel: SmtpChannel
) -> None:
    receipt = channel.send(a_letter())

    [mail] = server.delivered
    assert mail.recipients == ("ines@marchand.example",)
    assert mail.sender == "renewals@solaris.example"
    assert f"Message-ID: {receipt.reference}".encode() in mail.content


def test_one_connection_carries_many_letters(
    server: SmtpServer, channel: SmtpChannel
) -> None:
    for number in range(5):
        channel.send(a_letter(key=f"letter {number}"))

    assert len(server.delivered) == 5
    assert server.connections == 1


def test_a_connection_that_the_server_closed_is_replaced(
    server: SmtpServer, channel: SmtpChannel
) -> None:
    channel.send(a_letter(key="before"))
    server.hang_up()

    channel.send(a_letter(key="after"))

    assert len(server.delivered) == 2
    assert server.connections == 2


def test_a_server_that_says_goodbye_on_reuse_is_asked_again(
    server: SmtpServer, channel: SmtpChannel
) -> None:
    channel.send(a_letter(key="before"))
    server.answer("MAIL", "421 idle too long")

    channel.send(a_letter(key="after"))

    assert len(server.delivered) == 2


@pytest.mark.parametrize("step", ["RCPT", "DATA", "BODY"])
def test_a_5xx_at_any_step_is_permanent(
    step: str, server: SmtpServer, channel: SmtpChannel
) -> None:
    server.answer(step, "550 no such user")

    with pytest.raises(PermanentDeliveryError, match="550 no such user"):
        channel.send(a_letter())

    assert server.delivered == []


@pytest.mark.parametrize("step", ["RCPT", "DATA", "BODY"])
def test_a_4xx_at_any_step_is_transient_and_clear(
    step: str, server: SmtpServer, channel: SmtpChannel
) -> None:
    server.answer(step, "451 try later")

    with pytest.raises(TransientDeliveryError, match="451 try later") as caught:
        channel.send(a_letter())

    assert not caught.value.ambiguous


@pytest.mark.parametrize("reply", ["452 disk full", "421 bye", "550 not you"])
def test_a_server_that_refuses_the_sender_takes_nothing_from_anybody(
    reply: str, server: SmtpServer, channel: SmtpChannel
) -> None:
    server.answer("MAIL", reply)

    with pytest.raises(ChannelUnavailableError, match=f"MAIL FROM: {reply}"):
        channel.send(a_letter())

    assert server.delivered == []


@pytest.mark.parametrize("step", ["RCPT", "DATA", "BODY"])
def test_a_refusal_does_not_spoil_the_next_letter(
    step: str, server: SmtpServer, channel: SmtpChannel
) -> None:
    server.answer(step, "550 no such user")
    with pytest.raises(PermanentDeliveryError):
        channel.send(a_letter(key="refused"))

    channel.send(a_letter(key="taken"))

    assert len(server.delivered) == 1


def test_a_server_that_takes_data_without_a_recipient_gets_no_mail() -> None:
    with SmtpServer(pipelining=True) as server:
        channel = a_channel(server)
        server.answer("RCPT", "550 no such user")
        server.answer("DATA", "354 go on all the same")

        with pytest.raises(PermanentDeliveryError, match="RCPT TO: 550 no such user"):
            channel.send(a_letter(key="refused"))
        channel.send(a_letter(key="taken"))
        channel.close()

        assert len(server.delivered) == 1


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA"])
def test_a_hang_up_before_the_body_is_clear(
    step: str, server: SmtpServer, channel: SmtpChannel
) -> None:
    server.answer(step, DROP)

    with pytest.raises(TransientDeliveryError) as caught:
        channel.send(a_letter())

    assert not caught.value.ambiguous


@pytest.mark.req("BOT-2")
@pytest.mark.parametrize("what", [DROP, STALL])
def test_silence_after_the_body_is_ambiguous(what: str, server: SmtpServer) -> None:
    server.answer("BODY", what)
    channel = a_channel(server, timeout=0.2)

    with pytest.raises(TransientDeliveryError) as caught:
        channel.send(a_letter())

    assert caught.value.ambiguous


@pytest.mark.req("BOT-2")
def test_a_second_try_after_an_ambiguous_failure_has_the_same_message_id(
    server: SmtpServer, channel: SmtpChannel
) -> None:
    server.answer("BODY", DROP)
    with pytest.raises(TransientDeliveryError):
        channel.send(a_letter())

    first = channel.send(a_letter(attempt=2, ambiguous=True))
    again = channel.send(a_letter(attempt=3, ambiguous=True))

    assert first == again


def test_nobody_listening_is_no_fault_of_the_letter(server: SmtpServer) -> None:
    channel = a_channel(server, port=1)

    with pytest.raises(ChannelUnavailableError, match=r"127\.0\.0\.1:1"):
        channel.send(a_letter())


def test_an_address_with_a_line_break_is_refused_before_anything_is_said(
    server: SmtpServer, channel: SmtpChannel
) -> None:
    with pytest.raises(PermanentDeliveryError, match="plain mail address"):
        channel.send(a_letter(address="a@b.example\r\nRCPT TO:<x@y.example>"))

    assert server.connections == 0


def test_a_line_that_is_only_a_dot_does_not_end_the_mail(
    server: SmtpServer, channel: SmtpChannel
) -> None:
    rendered = replace(a_letter().rendered, text="before\n.\nRSET\n..after")

    channel.send(replace(a_letter(), rendered=rendered))

    message = message_from_bytes(server.delivered[0].content, policy=policy.default)
    body = message.get_body(("plain",))
    assert body is not None
    assert body.get_content().splitlines() == ["before", ".", "RSET", "..after"]


def test_check_signs_in_without_sending(server: SmtpServer) -> None:
    channel = a_channel(server, username="tacit", password="secret")

    assert "answered and let us in" in channel.check()
    assert server.delivered == []


def test_check_reports_a_server_that_hangs_up(server: SmtpServer) -> None:
    server.answer("NOOP", DROP)

    with pytest.raises(TransientDeliveryError, match="hung up"):
        a_channel(server).check()


def test_a_wrong_password_keeps_mail_waiting(server: SmtpServer) -> None:
    channel = a_channel(server, username="tacit", password="wrong")

    with pytest.raises(ChannelUnavailableError, match="535"):
        channel.send(a_letter())


def test_the_password_is_not_shown_with_the_settings() -> None:
    assert "secret" not in repr(SmtpSettings("mail.example", password="secret"))


def test_starttls_is_never_skipped_when_the_server_lacks_it(server: SmtpServer) -> None:
    channel = a_channel(server, security=Security.STARTTLS)

    with pytest.raises(ChannelUnavailableError, match="STARTTLS"):
        channel.send(a_letter())

    assert server.delivered == []


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the key")
@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
def test_a_protected_connection_delivers(security: Security, tmp_path: Path) -> None:
    certificate = a_certificate(tmp_path)
    trust = ssl.create_default_context(cafile=str(certificate))
    with SmtpServer(certificate=certificate, security=security) as server:
        settings = SmtpSettings("localhost", server.port, security, timeout=5)
        channel = SmtpChannel(settings, SENDER, now, trust)

        channel.send(a_letter())
        channel.close()

        assert len(server.delivered) == 1


def a_certificate(folder: Path) -> Path:
    file = folder / "localhost.pem"
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost"
    names = ["-addext", "subjectAltName=DNS:localhost"]
    files = ["-keyout", str(file), "-out", str(folder / "certificate.pem")]
    subprocess.run([*command.split(), *names, *files], check=True, capture_output=True)
    with file.open("a") as both:
        both.write((folder / "certificate.pem").read_text())
    return file
