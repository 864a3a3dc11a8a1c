"""Email over SMTP, with connections that are kept and reused."""

import smtplib
import ssl
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple

from engine.domain.errors import (
    ChannelUnavailableError,
    PermanentDeliveryError,
    TransientDeliveryError,
)
from engine.domain.letters import Letter, Receipt
from notifiers.mail import (
    Sender,
    build_mail,
    envelope_sender,
    message_id,
    recipient_of,
)

_Reply = tuple[int, bytes]

_OK: Final = 250
_WILL_FORWARD: Final = 251
_SEND_BODY: Final = 354


class Security(StrEnum):
    """How the connection is protected."""

    NONE = "none"  #: for a relay on the same machine
    STARTTLS = "starttls"  #: plain at first, then protected; usually port 587
    TLS = "tls"  #: protected from the first byte; usually port 465


@dataclass(frozen=True, slots=True)
class SmtpSettings:
    """Where mail is handed over, and as whom; `timeout` is in seconds."""

    host: str
    port: int = 587
    security: Security = Security.STARTTLS
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    timeout: float = 30.0


class SmtpChannel:
    """Sends letters by SMTP; see Channel. `context` overrides the system's trust."""

    def __init__(
        self,
        settings: SmtpSettings,
        sender: Sender,
        now: Callable[[], datetime],
        context: ssl.SSLContext | None = None,
    ) -> None:
        self._settings = settings
        self._sender = sender
        self._now = now
        self._context = context or ssl.create_default_context()
        # As many idle connections as threads ever sent at once; a deque is atomic.
        self._idle: deque[smtplib.SMTP] = deque()

    def send(self, letter: Letter) -> Receipt:
        addresses = (envelope_sender(letter, self._sender), recipient_of(letter))
        mail = build_mail(letter, self._sender, self._now())
        connection = self._start_mail(*addresses)
        try:
            _body(connection, mail)
        except (PermanentDeliveryError, TransientDeliveryError) as error:
            self._keep_after_refusal(connection, error)
            raise
        self._idle.append(connection)
        return Receipt(message_id(letter.key, self._sender))

    def check(self) -> str:
        connection = self._connect()
        try:
            _expect(connection.noop(), "NOOP", _OK)
        except smtplib.SMTPServerDisconnected as error:
            raise TransientDeliveryError(f"the mail server hung up: {error}") from error
        finally:
            _quit(connection)
        where = f"{self._settings.host}:{self._settings.port}"
        signed_in = " and let us in" if self._settings.username else ""
        return f"the mail server at {where} answered{signed_in}"

    def close(self) -> None:
        while self._idle:
            _quit(self._idle.pop())

    def _start_mail(self, sender: str, recipient: str) -> smtplib.SMTP:
        """A connection on which the server waits for the body.

        A server may close an idle connection at any time; the body was not sent yet,
        so a fresh connection is safe. One that refuses even the sender on a fresh
        connection refuses every letter.
        """
        while self._idle:
            connection = self._idle.pop()
            with suppress(smtplib.SMTPServerDisconnected):
                replies = _envelope(connection, sender, recipient)
                if replies[0].code == _OK:
                    return self._accepted(connection, replies)
            connection.close()
        connection = self._connect()
        try:
            replies = _envelope(connection, sender, recipient)
        except smtplib.SMTPServerDisconnected as error:
            connection.close()
            raise TransientDeliveryError(f"the mail server hung up: {error}") from error
        if replies[0].code != _OK:
            connection.close()
            raise ChannelUnavailableError(_refusal(replies[0].step, replies[0].reply))
        return self._accepted(connection, replies)

    def _accepted(
        self, connection: smtplib.SMTP, replies: Sequence["_Answer"]
    ) -> smtplib.SMTP:
        try:
            for answer in replies:
                _expect(answer.reply, answer.step, *answer.wanted)
        except (PermanentDeliveryError, TransientDeliveryError) as error:
            if replies[-1].code == _SEND_BODY:
                connection.close()  # A body that never ends is never taken.
            else:
                self._keep_after_refusal(connection, error)
            raise
        return connection

    def _connect(self) -> smtplib.SMTP:
        settings = self._settings
        # A failure here says nothing of the letter: mail waits until it is mended.
        try:
            connection = self._open()
            try:
                if settings.security is Security.STARTTLS:
                    connection.starttls(context=self._context)
                if settings.username is not None:
                    connection.login(settings.username, settings.password or "")
                connection.ehlo_or_helo_if_needed()
            except BaseException:
                connection.close()
                raise
        except (OSError, smtplib.SMTPException) as error:
            where = f"{settings.host}:{settings.port}"
            raise ChannelUnavailableError(
                f"cannot connect to the mail server at {where}: {error}"
            ) from error
        return connection

    def _open(self) -> smtplib.SMTP:
        host, port = self._settings.host, self._settings.port
        timeout = self._settings.timeout
        if self._settings.security is Security.TLS:
            return smtplib.SMTP_SSL(host, port, timeout=timeout, context=self._context)
        return smtplib.SMTP(host, port, timeout=timeout)

    def _keep_after_refusal(self, connection: smtplib.SMTP, error: Exception) -> None:
        """Puts the connection back if the server is still in step with us."""
        ambiguous = isinstance(error, TransientDeliveryError) and error.ambiguous
        with suppress(smtplib.SMTPException):
            if not ambiguous and connection.rset()[0] == _OK:
                self._idle.append(connection)
                return
        connection.close()


class _Answer(NamedTuple):
    """The server's reply to one step, and the codes that mean yes."""

    step: str
    wanted: tuple[int, ...]
    reply: _Reply

    @property
    def code(self) -> int:
        return self.reply[0]


def _envelope(
    connection: smtplib.SMTP, sender: str, recipient: str
) -> Sequence[_Answer]:
    """All that comes before the body, up to the first refusal; never empty.

    In one packet where the server takes that (RFC 2920): three round trips less a
    mail. Both addresses are plain, which `smtplib` would take longest to find out.
    """
    steps = (
        ("MAIL FROM", f"MAIL FROM:<{sender}>\r\n", (_OK,)),
        ("RCPT TO", f"RCPT TO:<{recipient}>\r\n", (_OK, _WILL_FORWARD)),
        ("DATA", "DATA\r\n", (_SEND_BODY,)),
    )
    at_once = connection.has_extn("pipelining")
    if at_once:
        connection.send("".join(command for _, command, _ in steps))
    answers: list[_Answer] = []
    for step, command, wanted in steps:
        if not at_once:
            connection.send(command)
        answers.append(_Answer(step, wanted, connection.getreply()))
        if not at_once and answers[-1].code not in wanted:
            break
    return answers


def _body(connection: smtplib.SMTP, mail: bytes) -> None:
    """Sends the body; smtplib's own `data` hides at which point it failed."""
    # No line of a mail that we write begins it, so the first octet is no dot.
    stuffed = mail.replace(b"\n.", b"\n..")
    try:
        connection.send(stuffed + b".\r\n")
        reply = connection.getreply()
    except smtplib.SMTPServerDisconnected as error:
        raise TransientDeliveryError(
            f"the mail server hung up after the message: {error}", ambiguous=True
        ) from error
    _expect(reply, "the message", _OK)


def _expect(reply: _Reply, step: str, *wanted: int) -> None:
    code = reply[0]
    if code in wanted:
        return
    sentence = _refusal(step, reply)
    if 500 <= code < 600:
        raise PermanentDeliveryError(sentence)
    # Anything but a 4xx is no answer to what was asked: it may have been taken.
    unclear = step == "the message" and not 400 <= code < 500
    raise TransientDeliveryError(sentence, ambiguous=unclear)


def _refusal(step: str, reply: _Reply) -> str:
    said = " ".join(reply[1].decode("utf-8", "replace").split())
    return f"the mail server refused {step}: {reply[0]} {said}"


def _quit(connection: smtplib.SMTP) -> None:
    with suppress(smtplib.SMTPException):
        connection.quit()
    connection.close()
