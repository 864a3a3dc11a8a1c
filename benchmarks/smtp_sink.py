"""A mail server that takes everything and keeps only what it is asked for afterwards.

It runs in a process of its own, so that the sender has a core to itself. `aiosmtpd` is
the server that the tests use: it parses, checks and answers as servers do. `bare` does
no more than the protocol asks, two to three times as fast: what is left is the sender.
"""

import asyncio
import contextlib
import multiprocessing
import re
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Final

from aiosmtpd.smtp import SMTP, Envelope, Session

BARE: Final = "bare"
KINDS: Final = ("aiosmtpd", BARE)

_MESSAGE_ID: Final = re.compile(rb"(?im)^message-id:[ \t]*(<[^>]+>)")
_END: Final = b"\r\n.\r\n"
_REPLIES: Final = {
    b"EHLO": b"250-sink\r\n250 PIPELINING\r\n",
    b"HELO": b"250 sink\r\n",
    b"MAIL": b"250 OK\r\n",
    b"RCPT": b"250 OK\r\n",
    b"RSET": b"250 OK\r\n",
    b"NOOP": b"250 OK\r\n",
    b"QUIT": b"221 bye\r\n",
}


@dataclass(frozen=True, slots=True)
class Taken:
    """What has arrived since it was last asked."""

    mails: int
    distinct: int
    octets: int


@dataclass(frozen=True, slots=True)
class Sink:
    """A running sink; `taken` also makes it forget."""

    port: int
    _pipe: Connection

    def taken(self) -> Taken:
        self._pipe.send(None)
        found: Taken = self._pipe.recv()
        return found


@contextlib.contextmanager
def running_sink(kind: str) -> Iterator[Sink]:
    """A sink of a kind on a free port of this machine, gone afterwards."""
    fresh = multiprocessing.get_context("spawn")
    here, there = fresh.Pipe()
    process = fresh.Process(target=_serve, args=(kind, there), daemon=True)
    process.start()
    there.close()  # So that a sink that dies is noticed and not waited for.
    try:
        yield Sink(here.recv(), here)
    finally:
        process.terminate()
        process.join()


class _Received:
    """The Message-IDs of the mails taken, and their size."""

    def __init__(self) -> None:
        self.ids: list[bytes] = []
        self.octets = 0

    def add(self, mail: bytes) -> None:
        found = _MESSAGE_ID.search(mail)
        self.ids.append(found[1] if found else b"")
        self.octets += len(mail)

    def report(self) -> Taken:
        told = Taken(len(self.ids), len(set(self.ids) - {b""}), self.octets)
        self.ids, self.octets = [], 0
        return told


class _Conversation(asyncio.Protocol):
    """One connection: commands by line, and the mail up to its dot."""

    def __init__(self, received: _Received) -> None:
        self._received = received
        self._waiting, self._replies = bytearray(), bytearray()
        self._in_mail = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - TCP gives no other
        self._transport = transport
        transport.write(b"220 sink\r\n")

    def data_received(self, data: bytes) -> None:
        self._waiting += data
        while self._take_mail() if self._in_mail else self._take_command():
            pass
        # What came in one packet is answered in one, as RFC 2920 asks.
        self._transport.write(bytes(self._replies))
        self._replies.clear()

    def _take_mail(self) -> bool:
        end = self._waiting.find(_END)
        if end < 0:
            return False
        self._received.add(bytes(self._waiting[:end]))
        del self._waiting[: end + len(_END)]
        self._in_mail = False
        self._replies += b"250 OK\r\n"
        return True

    def _take_command(self) -> bool:
        end = self._waiting.find(b"\r\n")
        if end < 0:
            return False
        verb = bytes(self._waiting[:4]).upper()
        del self._waiting[: end + 2]
        self._in_mail = verb == b"DATA"
        if self._in_mail:
            self._replies += b"354 go on\r\n"
        else:
            self._replies += _REPLIES.get(verb, b"502 what?\r\n")
        return True


class _Handler:
    """What aiosmtpd asks of us: to take the mail."""

    def __init__(self, received: _Received) -> None:
        self._received = received

    async def handle_DATA(  # noqa: N802 # aiosmtpd names its hooks so
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        assert isinstance(envelope.content, bytes)  # noqa: S101 - nothing decodes it
        self._received.add(envelope.content)
        return "250 OK"


def _serve(kind: str, pipe: Connection) -> None:
    asyncio.run(_serve_until_stopped(kind, pipe))


async def _serve_until_stopped(kind: str, pipe: Connection) -> None:
    loop, received = asyncio.get_running_loop(), _Received()

    def answer() -> None:
        pipe.recv()
        pipe.send(received.report())

    def conversation() -> asyncio.Protocol:
        if kind == BARE:
            return _Conversation(received)
        return SMTP(_Handler(received), hostname="sink")

    server = await loop.create_server(conversation, "127.0.0.1", 0)
    loop.add_reader(pipe.fileno(), answer)
    pipe.send(server.sockets[0].getsockname()[1])
    await server.serve_forever()
