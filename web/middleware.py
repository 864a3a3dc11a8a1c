"""What holds for every request: its id, its log line, its size, and safe headers."""

import re
import time
import uuid
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

import structlog
from starlette.exceptions import HTTPException

log = structlog.get_logger("tacit.web")

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

#: No request leaves the machine, and nothing but our own files runs.
CONTENT_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; frame-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)
_HEADERS: Final = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_TOO_LARGE: Final = "a request may have at most {:,} bytes"
_ID: Final = re.compile(r"[A-Za-z0-9._-]{8,64}")


class Requests:
    """Gives each request an id, logs it when it is answered, and guards its headers."""

    def __init__(self, app: App, *, is_secure: bool) -> None:
        self._app = app
        self._headers = dict(_HEADERS)
        if is_secure:
            self._headers["Strict-Transport-Security"] = "max-age=31536000"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = time.perf_counter(), 500
        request_id = _request_id(scope)

        async def send_on(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                self._complete(message, request_id)
            await send(message)

        with structlog.contextvars.bound_contextvars(request=request_id):
            try:
                await self._app(scope, receive, send_on)
            finally:
                taken = round((time.perf_counter() - started) * 1000, 1)
                log.info(
                    "request",
                    method=scope["method"],
                    path=_shown(scope),
                    status=status,
                    ms=taken,
                )

    def _complete(self, message: Message, request_id: str) -> None:
        given = {name.lower() for name, _ in message["headers"]}
        headers = {**self._headers, "X-Request-Id": request_id}
        message["headers"] = [
            *message["headers"],
            *(
                (name.lower().encode(), value.encode())
                for name, value in headers.items()
                if name.lower().encode() not in given
            ),
        ]


def _shown(scope: Scope) -> str:
    """The route's own path: what stands in its place may be a secret token."""
    route = scope.get("route")
    return str(getattr(route, "path", None) or scope["path"])


def _request_id(scope: Scope) -> str:
    """The id that a proxy gave the request, or a new one."""
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _ID.fullmatch(value.decode("latin-1")):
            return str(value.decode("latin-1"))
    return uuid.uuid4().hex


class LargestRequest:
    """Refuses what is too large, by what it says of itself and by what arrives."""

    def __init__(self, app: App, *, limit: int) -> None:
        self._app = app
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if self._says_too_much(scope):
            await _refuse(send, self._limit)
            return
        arrived, answered = 0, False

        async def receive_on() -> Message:
            nonlocal arrived
            message = await receive()
            arrived += len(message.get("body", b""))
            if arrived > self._limit:
                raise _TooLargeError(self._limit)
            return message

        async def send_on(message: Message) -> None:
            nonlocal answered
            answered = True
            await send(message)

        try:
            await self._app(scope, receive_on, send_on)
        except _TooLargeError:
            if not answered:
                await _refuse(send, self._limit)

    def _says_too_much(self, scope: Scope) -> bool:
        for name, value in scope["headers"]:
            if name == b"content-length":
                return not value.isdigit() or int(value) > self._limit
        return False


class _TooLargeError(HTTPException):
    """Answered as any other error by an application that reads what arrives."""

    def __init__(self, limit: int) -> None:
        super().__init__(413, _TOO_LARGE.format(limit))


async def _refuse(send: Send, limit: int) -> None:
    body = (
        f'{{"type": "about:blank", "title": "Content Too Large", "status": 413, '
        f'"detail": "{_TOO_LARGE.format(limit)}"}}'
    ).encode()
    headers = [
        (b"content-type", b"application/problem+json"),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": body})
