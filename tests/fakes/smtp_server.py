"""A real SMTP server on loopback that can be told to refuse, hang up or stall."""

import asyncio
import ssl
import threading
from collections import defaultdict, deque
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

DROP = "drop"  #: close the connection without a word
STALL = "stall"  #: never answer


@dataclass(frozen=True, slots=True)
class Delivered:
    """One mail that the server took."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes


class SmtpServer:
    """Use as a context manager; `delivered` holds the mails taken."""

    def __init__(
        self,
        password: str | None = None,
        certificate: Path | None = None,
        security: str = "none",
        *,
        pipelining: bool = False,
    ) -> None:
        self.pipelining = pipelining
        self.delivered: list[Delivered] = []
        self.connections = 0
        self.port = 0
        self.tls = _tls(certificate)
        self._password = password
        self._security = security
        self._script: dict[str, deque[str]] = defaultdict(deque)
        self._open: set[asyncio.Transport] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def answer(self, step: str, *replies: str) -> None:
        """What to say next to a step: a reply, DROP or STALL.

        Steps are MAIL, RCPT, DATA (before the body), BODY (after it) and NOOP.
        """
        self._script[step].extend(replies)

    def hang_up(self) -> None:
        """Closes every open connection, as servers do with idle ones."""
        asyncio.run_coroutine_threadsafe(self._close_all(), self._loop).result(5)

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(self._serve(), self._loop)
        self.port = self._server.result(5).sockets[0].getsockname()[1]
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(5)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    async def _serve(self) -> asyncio.Server:
        first_byte = self.tls if self._security == "tls" else None
        return await self._loop.create_server(
            self._protocol, "127.0.0.1", 0, ssl=first_byte
        )

    def _protocol(self) -> "_Conversation":
        later = self.tls if self._security == "starttls" else None
        return _Conversation(self, self._loop, later)

    async def _close_all(self) -> None:
        for transport in self._open:
            transport.abort()
        await asyncio.sleep(0)

    async def _stop(self) -> None:
        self._server.result().close()
        await self._close_all()
        others = asyncio.all_tasks(self._loop) - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def opened(self, transport: asyncio.Transport) -> None:
        """Called for each new connection."""
        self.connections += 1
        self._open.add(transport)

    def next_reply(self, step: str) -> str | None:
        """What the script says of this step, if anything."""
        return self._script[step].popleft() if self._script[step] else None

    def authenticate(
        self, server: Any, session: Any, envelope: Any, mechanism: str, login: Any
    ) -> AuthResult:
        """Lets in whoever knows the password."""
        known = self._password is not None and login.password.decode() == self._password
        return AuthResult(success=known, handled=False)

    async def handle_EHLO(  # noqa: N802 # aiosmtpd names its hooks so
        self,
        server: Any,
        session: Session,
        envelope: Envelope,
        hostname: str,
        responses: list[str],
    ) -> list[str]:
        session.host_name = hostname
        extra = ["250-PIPELINING"] if self.pipelining else []
        return [*responses[:-1], *extra, responses[-1]]

    async def handle_NOOP(  # noqa: N802 # aiosmtpd names its hooks so
        self, server: Any, session: Session, envelope: Envelope, arg: str
    ) -> str:
        return await self.scripted("NOOP", server) or "250 OK"

    async def handle_MAIL(  # noqa: N802 # aiosmtpd names its hooks so
        self, server: Any, session: Session, envelope: Envelope, address: str, _: Any
    ) -> str:
        reply = await self.scripted("MAIL", server)
        if reply is None:
            envelope.mail_from = address
        return reply or "250 OK"

    async def handle_RCPT(  # noqa: N802 # aiosmtpd names its hooks so
        self, server: Any, session: Session, envelope: Envelope, address: str, _: Any
    ) -> str:
        reply = await self.scripted("RCPT", server)
        if reply is None:
            envelope.rcpt_tos.append(address)
        return reply or "250 OK"

    async def handle_DATA(  # noqa: N802 # aiosmtpd names its hooks so
        self, server: Any, session: Session, envelope: Envelope
    ) -> str:
        reply = await self.scripted("BODY", server)
        if reply is None:
            assert isinstance(envelope.content, bytes)
            mail = (str(envelope.mail_from), tuple(envelope.rcpt_tos), envelope.content)
            self.delivered.append(Delivered(*mail))
        return reply or "250 OK"

    async def scripted(self, step: str, server: Any) -> str | None:
        """The scripted reply, if any; does not return where there is none to give."""
        reply = self.next_reply(step)
        if reply == STALL:
            await asyncio.Event().wait()
        if reply == DROP:
            server.transport.abort()
            await asyncio.Event().wait()
        return reply


def _tls(certificate: Path | None) -> ssl.SSLContext | None:
    if certificate is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


class _Conversation(SMTP):
    """aiosmtpd's protocol, which has no hook before the body of DATA."""

    def __init__(
        self,
        fake: SmtpServer,
        loop: asyncio.AbstractEventLoop,
        tls: ssl.SSLContext | None,
    ) -> None:
        super().__init__(
            fake,
            hostname="fake",
            loop=loop,
            tls_context=tls,
            authenticator=fake.authenticate,
            auth_require_tls=False,
            enable_SMTPUTF8=False,
        )
        self._fake = fake

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._fake.opened(transport)
        super().connection_made(transport)

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 # aiosmtpd's name
        reply = await self._fake.scripted("DATA", self)
        if reply is None:
            await super().smtp_DATA(arg)
            return
        await self.push(reply)
        if reply.startswith("354"):
            await self._refuse_body()

    async def _refuse_body(self) -> None:
        """What a server does that asked for a body although nobody is to have it."""
        while await self._reader.readline() not in (b".\r\n", b""):
            pass
        await self.push("554 no valid recipients")
