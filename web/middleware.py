"""What holds for every request: its id, its log line, its size, and safe headers."""

import re
import time
import uuid
from collections.abc import Awaitable, Callable, MutableMapping
from functools import partial
from typing import Any, Final

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from web.metrics import Metrics

log = structlog.get_logger("tacit.web")

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
#: What answers for a request that failed: by its id and the error.
OnFailure = Callable[[Request, str, Exception], Response]

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
#: Where our own files are, the same for everybody.
_PUBLIC: Final = ("/static/", "/assets/")
_TOO_LARGE: Final = "a request may have at most {:,} bytes"
_ID: Final = re.compile(r"[A-Za-z0-9._-]{8,64}")


class Requests:
    """Gives each request an id, logs and counts it, and guards its headers.

    What goes wrong without an answer of its own is logged once and answered here.
    """

    def __init__(
        self, app: App, *, is_secure: bool, metrics: Metrics, on_failure: OnFailure
    ) -> None:
        self._app = app
        self._metrics = metrics
        self._on_failure = on_failure
        self._headers = dict(_HEADERS)
        if is_secure:
            self._headers["Strict-Transport-Security"] = "max-age=31536000"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(scope)
        answer = _Answer(
            send,
            self._headers,
            request_id,
            partial(self._note, scope),
            is_public=scope["path"].startswith(_PUBLIC),
        )
        with structlog.contextvars.bound_contextvars(request=request_id):
            try:
                await self._answer(scope, receive, answer)
            finally:
                answer.note()

    async def _answer(self, scope: Scope, receive: Receive, answer: "_Answer") -> None:
        try:
            await self._app(scope, receive, answer.send)
        except Exception as error:
            log.exception("request failed", path=route_of(scope))
            if answer.is_over:
                return  # An application inside, such as the API, answered it.
            if answer.started:
                # Half of it is on its way: only breaking off says that the rest is not.
                raise
            failure = self._on_failure(Request(scope), answer.request_id, error)
            await failure(scope, receive, answer.send)

    def _note(self, scope: Scope, answer: "_Answer") -> None:
        taken, route = time.perf_counter() - answer.began, route_of(scope)
        log.info(
            "request",
            method=scope["method"],
            path=route,
            status=answer.status,
            client=(scope.get("client") or ("",))[0],
            ms=round(taken * 1000, 1),
        )
        self._metrics.request_done(route, scope["method"], answer.status, taken)


class _Answer:
    """The answer to one request on its way out."""

    def __init__(
        self,
        send: Send,
        headers: dict[str, str],
        request_id: str,
        on_done: Callable[["_Answer"], None],
        *,
        is_public: bool,
    ) -> None:
        self._send = send
        self._is_public = is_public
        self._headers = {**headers, "X-Request-Id": request_id}
        self._on_done = on_done
        self.is_over = False
        self.request_id = request_id
        self.began = time.perf_counter()
        self.started = False
        self.status = 500

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started, self.status = True, message["status"]
            self._complete(message)
        elif not message.get("more_body", False):
            # Before it is sent: whoever has the answer finds the line in the log.
            self.note()
        await self._send(message)

    def note(self) -> None:
        """Say once what was answered."""
        if not self.is_over:
            self.is_over = True
            self._on_done(self)

    def _complete(self, message: Message) -> None:
        given = {name.lower() for name, _ in message["headers"]}
        headers = {**self._headers, **self._keeping(given)}
        message["headers"] = [
            *message["headers"],
            *(
                (name.lower().encode(), value.encode())
                for name, value in headers.items()
                if name.lower().encode() not in given
            ),
        ]

    def _keeping(self, given: set[bytes]) -> dict[str, str]:
        """Who may keep an answer that says nothing of it: nobody, unless it is a file.

        One with a tag may be kept by whoever asked, who has to ask again each time.
        """
        if self._is_public:
            return {}
        how = "private, no-cache" if b"etag" in given else "no-store"
        return {"Cache-Control": how}


def route_of(scope: Scope) -> str:
    """The route's own path: what stands in its place may be a secret token.

    Of an address that leads nowhere no more is told than below what it was sought.
    """
    included = scope.get("fastapi", {}).get("effective_route_context")
    # Of a route that was included with a prefix, the path that has the prefix too.
    path = getattr(included, "path", None) or getattr(scope.get("route"), "path", None)
    root = scope.get("root_path", "")
    return f"{root}{path}" if path is not None else f"{root}/..."


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
