"""Takes mail that a server of ours hands over by LMTP or SMTP, stored before it is taken.

One recipient a mail: of several, some could be taken and some not, and the protocol has
one answer for all. Servers send the others by themselves.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Final

from aiosmtpd.controller import Controller
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session

from engine.domain.errors import TacitError
from engine.domain.tokens import token_in

#: Stores a mail with the addresses of its envelope; raises where it cannot.
Take = Callable[[bytes, Sequence[str]], object]
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
        self._where = f"{host}:{port}"
        handler = _Handler(address, take)
        self._controller = _Controller(handler, host, port, largest, is_lmtp)

    def start(self) -> None:
        try:
            self._controller.start()
        except (OSError, TimeoutError) as error:
            raise TacitError(
                f"cannot listen for mail at {self._where}: {error}; see listener.host "
                "and listener.port"
            ) from None

    def stop(self) -> None:
        self._controller.stop(no_assert=True)

    @property
    def port(self) -> int:
        """Where it listens, once it does."""
        server: Any = self._controller.server
        return int(server.sockets[0].getsockname()[1])


class _Controller(Controller):
    def __init__(
        self, handler: "_Handler", host: str, port: int, largest: int, is_lmtp: bool
    ) -> None:
        self._kind = LMTP if is_lmtp else SMTP
        self._largest = largest
        super().__init__(handler, hostname=host, port=port)

    def factory(self) -> Any:
        return self._kind(
            self.handler,
            data_size_limit=self._largest,
            enable_SMTPUTF8=True,
            ident="Tacit",
        )

    def _trigger_server(self) -> None:
        """Nothing: the real one connects to itself, which a port of 0 cannot."""


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
