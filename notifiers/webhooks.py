"""Calls a webhook: signed, over https, and never into a private network."""

import socket
import ssl
import time
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import cached_property
from http import HTTPStatus
from typing import Any, Final

import httpcore
from standardwebhooks.webhooks import Webhook as Signer

from engine.domain.errors import (
    DeliveryError,
    PermanentDeliveryError,
    TransientDeliveryError,
)
from engine.domain.webhooks import Call, is_public

Resolve = Callable[[str, int], list[str]]
_BROKEN: Final = (
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.UnsupportedProtocol,
    OSError,
)


def resolved(host: str, port: int) -> list[str]:
    """The addresses that a name stands for at this moment."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


class WebhookCaller:
    """Makes one call at a time, each over a connection of its own.

    No redirect is followed and no proxy of the environment used, and of the answer
    only its status counts. `timeout`, in seconds, is for all of it.
    """

    def __init__(
        self, timeout: float, *, private: bool = False, resolve: Resolve = resolved
    ) -> None:
        self._timeout = timeout
        self._private = private
        self._resolve = resolve

    @cached_property
    def trust(self) -> ssl.SSLContext:
        """Whom to believe that they are who they say: as this machine does."""
        return ssl.create_default_context()

    def call(self, call: Call, now: datetime) -> None:
        """Call, or raise Permanent- or TransientDeliveryError. Safe in threads."""
        backend = _Guarded(self._resolve, self._private, self._timeout)
        try:
            with (
                httpcore.ConnectionPool(self.trust, network_backend=backend) as pool,
                pool.stream(
                    "POST",
                    call.url,
                    headers=_headers(call, now),
                    content=call.body.encode(),
                    extensions={"timeout": dict.fromkeys(_TIMED, self._timeout)},
                ) as response,
            ):
                _judge(response)
        except _RefusedError as error:
            raise TransientDeliveryError(str(error)) from None
        except httpcore.TimeoutException:
            raise TransientDeliveryError(
                f"did not answer within {self._timeout:g} seconds", ambiguous=True
            ) from None
        except _BROKEN as error:
            raise TransientDeliveryError(
                f"could not be reached: {error or type(error).__name__}"
            ) from None


_TIMED: Final = ("connect", "read", "write", "pool")


def _headers(call: Call, now: datetime) -> dict[bytes | str, bytes | str]:
    return {
        "Content-Type": "application/json",
        "User-Agent": "Tacit",
        "Webhook-Id": call.key,
        "Webhook-Timestamp": str(int(now.timestamp())),
        "Webhook-Signature": " ".join(
            Signer(secret).sign(call.key, now, call.body)
            for secret in (call.secret, call.old_secret)
            if secret is not None
        ),
    }


def _judge(response: httpcore.Response) -> None:
    status = response.status
    if 200 <= status < 300:
        return
    said = f"answered {status}{_phrase(status)}"
    if 300 <= status < 400:
        raise TransientDeliveryError(f"{said}: redirects are not followed")
    if status == HTTPStatus.GONE:
        raise PermanentDeliveryError(f"{said}: disable this webhook")
    raise TransientDeliveryError(said, retry_after=_retry_after(response))


def _phrase(status: int) -> str:
    return f" {HTTPStatus(status).phrase}" if status in {*HTTPStatus} else ""


def _retry_after(response: httpcore.Response) -> float | None:
    for name, value in response.headers:
        if name.lower() == b"retry-after" and value.isdigit():
            return float(value)
    return None


class _RefusedError(DeliveryError):
    """Raised where the name stands for an address that may not be called."""


class _Guarded(httpcore.NetworkBackend):
    """Connects to the very address that was checked, and only until a deadline.

    Were the name looked up once to check it and again to connect, it could stand for
    another address by then.
    """

    def __init__(self, resolve: Resolve, private: bool, timeout: float) -> None:
        self._resolve = resolve
        self._private = private
        self._deadline = time.monotonic() + timeout
        self._network = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        addresses = self._checked(host, port)
        for address in addresses[:-1]:
            try:
                return self._connect(address, port, timeout)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return self._connect(addresses[-1], port, timeout)

    def _connect(
        self, address: str, port: int, timeout: float | None
    ) -> httpcore.NetworkStream:
        left = _left(self._deadline, timeout)
        return _Bounded(self._network.connect_tcp(address, port, left), self._deadline)

    def _checked(self, host: str, port: int) -> list[str]:
        try:
            addresses = self._resolve(host, port)
        except (OSError, UnicodeError):
            addresses = []
        if not addresses:
            raise _RefusedError(f"{host} is not known: no address was found for it")
        for address in addresses:
            if not self._private and not is_public(address):
                raise _RefusedError(
                    f"{host} stands for {address}, within a private network: webhooks "
                    "may only reach the open internet"
                )
        return addresses


class _Bounded(httpcore.NetworkStream):
    """A connection that ends at a deadline, however slowly the other side speaks."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: float) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        left = _left(self._deadline, timeout, httpcore.ReadTimeout)
        return self._stream.read(max_bytes, left)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        left = _left(self._deadline, timeout, httpcore.WriteTimeout)
        self._stream.write(buffer, left)

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        left = _left(self._deadline, timeout)
        secured = self._stream.start_tls(ssl_context, server_hostname, left)
        return _Bounded(secured, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _left(
    deadline: float,
    timeout: float | None,
    late: type[Exception] = httpcore.ConnectTimeout,
) -> float:
    """How many seconds there are still; at a deadline that has passed, `late`."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise late
    return left if timeout is None else min(left, timeout)
