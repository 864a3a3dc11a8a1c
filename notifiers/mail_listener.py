"""Takes mail that a server of ours hands over by LMTP or SMTP, stored before it is taken.

One recipient a mail: of several, some could be taken and some not, and the protocol has
one answer for all. Servers send the others by themselves.
"""

import asyncio
import socket
import threading
from collections.abc import Callable, Sequence
from typing import Any, Final

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session

from engine.domain.errors import TacitError
from engine.domain.tokens import token_in

#: Stores a mail with the addresses of its envelope; raises where it cannot.
Take = Callable[[bytes, Sequence[str]], object]
_PATIENCE: Final = 10.0  #: in seconds
_OK: Final = "250 2.0.0 stored"
_LATER: Final = "451 4.3.0 cannot be stored now: send it again later"


class MailListener:
    """Listens from `start` to `stop`; `address` is the only one that mail is taken for."""

    def __init__(
        self,
        host: str,
        port: int,
        address: str,
        take: Take,
        *,
        largest: int,
        is_lmtp: bool = True,
    ) -> None:
        self._host, self._port = host, port
        handler = _Handler(address, take)
        kind = LMTP if is_lmtp else SMTP
        self._loop = asyncio.new_event_loop()
        self._make = lambda: kind(
            handler,
            data_size_limit=largest,
            enable_SMTPUTF8=True,
            ident="Tacit",
            loop=self._loop,
        )
        self._socket: socket.socket | None = None
        self._thread = threading.Thread(
            target=self._loop.run_forever, name="mail listener", daemon=True
        )

    def start(self) -> None:
        try:
            self._socket = socket.create_server((self._host, self._port))
        except OSError as error:
            self._loop.close()
            where = f"{self._host}:{self._port}"
            raise TacitError(
                f"cannot listen for mail at {where}: {error.strerror or error}; see "
                "listener.host and listener.port"
            ) from None
        # In the thread that it serves in: this one may have a loop of its own.
        self._thread.start()
        serving = self._loop.create_server(self._make, sock=self._socket)
        begun = asyncio.run_coroutine_threadsafe(serving, self._loop)
        self._server = begun.result(timeout=_PATIENCE)

    def stop(self) -> None:
        """Take nothing more; what is half said is broken off, and comes again."""
        if self._socket is None:
            return
        ending = asyncio.run_coroutine_threadsafe(self._end(), self._loop)
        ending.result(timeout=_PATIENCE)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_PATIENCE)
        self._loop.close()
        self._socket = None

    async def _end(self) -> None:
        self._server.close()
        own = asyncio.current_task()
        others = [task for task in asyncio.all_tasks() if task is not own]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    @property
    def port(self) -> int:
        """Where it listens, once it does."""
        assert self._socket is not None  # noqa: S101 - it was started
        return int(self._socket.getsockname()[1])


class _Handler:
    """What is answered to each step of a mail."""

    def __init__(self, address: str, take: Take) -> None:
        self._address = address
        self._take = take

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's own
        self,
        server: Any,
        session: Session,
        envelope: Envelope,
        address: str,
        options: Sequence[str],
    ) -> str:
        is_ours = address.casefold() == self._address.casefold()
        if not is_ours and token_in(address, self._address) is None:
            return "550 5.1.1 no such address here"
        if envelope.rcpt_tos:
            return "452 4.5.3 one recipient a mail"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 ok"

    async def handle_DATA(  # noqa: N802 - aiosmtpd's own
        self, server: Any, session: Session, envelope: Envelope
    ) -> str:
        raw = envelope.original_content or b""
        try:
            await asyncio.to_thread(self._take, raw, [*envelope.rcpt_tos])
        except Exception:
            # Whatever it is: what is not stored is not taken, and comes again.
            return _LATER
        return _OK
