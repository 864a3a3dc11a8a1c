"""A real HTTP server on loopback that takes webhooks, or gives them trouble."""

import ssl
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, NamedTuple, Self


class Received(NamedTuple):
    """One call as it arrived."""

    path: str
    headers: dict[str, str]
    body: str


@dataclass(slots=True)
class Answer:
    """How one call is answered."""

    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    drips: bool = False  #: a byte of the headers at a time, without an end


class WebhookReceiver:
    """Use as a context manager; `calls` are those that arrived, in order."""

    def __init__(self, certificate: ssl.SSLContext | None = None) -> None:
        self.calls: list[Received] = []
        self._answers: deque[Answer] = deque()
        self._server = _Http(self)
        self._scheme = "http"
        if certificate is not None:
            self._scheme = "https"
            self._server.socket = certificate.wrap_socket(
                self._server.socket, server_side=True
            )
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), daemon=True
        )

    @property
    def port(self) -> int:
        return self._server.server_port

    def url(self, host: str = "127.0.0.1") -> str:
        return f"{self._scheme}://{host}:{self.port}/hook"

    def answer(self, *answers: Answer) -> None:
        """How the next calls are answered; then all are taken again."""
        self._answers.extend(answers)

    def take(self, call: Received) -> Answer:
        self.calls.append(call)
        return self._answers.popleft() if self._answers else Answer()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _where: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, receiver: WebhookReceiver) -> None:
        self.receiver = receiver
        super().__init__(("127.0.0.1", 0), _Handler)

    def handle_error(self, _request: Any, _client_address: Any) -> None:
        """Whoever breaks off is expected to."""


class _Handler(BaseHTTPRequestHandler):
    server: _Http

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        body = self.rfile.read(length).decode()
        call = Received(self.path, dict(self.headers.items()), body)
        answer = self.server.receiver.take(call)
        if answer.drips:
            self._drip()
            return
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    def _drip(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while True:
            self.wfile.write(b"a")
            self.wfile.flush()
            time.sleep(0.02)

    def log_message(self, *_arguments: Any) -> None:
        """Tests speak for themselves."""
