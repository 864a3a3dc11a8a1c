"""A real HTTP server on loopback that answers as Slack's Web API does."""

import json
import socket
import struct
import threading
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import parse_qs

TOKEN: Final = "xoxb-good"


@dataclass(slots=True)
class Trouble:
    """What happens to one call instead of, or after, the ordinary."""

    status: int = 200
    error: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""  #: sent as it is, as a proxy's error page would be
    reset: bool = False  #: the connection is reset instead of answered
    stored: bool = False  #: the call has its effect all the same


class SlackServer:
    """Use as a context manager; `messages` holds what was posted, by conversation."""

    def __init__(self, users: tuple[str, ...] = ("U1",)) -> None:
        self.users = users
        self.messages: dict[str, list[dict[str, Any]]] = {}
        self.calls: list[str] = []
        self._trouble: dict[str, deque[Trouble]] = {}
        self._lock = threading.Lock()
        self._server = _Http(self)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), daemon=True
        )

    @property
    def base_url(self) -> str:
        """What a client takes for https://slack.com/api/."""
        return f"http://127.0.0.1:{self._server.server_port}/api/"

    def trouble(self, method: str, *what: Trouble) -> None:
        """What happens to the next calls of a method."""
        self._trouble.setdefault(method, deque()).extend(what)

    def posted(self) -> list[dict[str, Any]]:
        """Every message in every conversation."""
        return [message for each in self.messages.values() for message in each]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def handle(self, method: str, token: str, sent: dict[str, Any]) -> dict[str, Any]:
        """Slack's answer to one call."""
        known = {
            "auth.test": self._auth_test,
            "chat.postMessage": self._post,
            "conversations.open": self._open,
            "conversations.history": self._history,
        }
        if token != TOKEN:
            return {"ok": False, "error": "invalid_auth"}
        if method not in known:
            return {"ok": False, "error": "unknown_method"}
        with self._lock:
            return known[method](sent)

    def next_trouble(self, method: str) -> Trouble | None:
        """The trouble that the script holds for this call, if any."""
        with self._lock:
            self.calls.append(method)
            waiting = self._trouble.get(method)
            return waiting.popleft() if waiting else None

    def _auth_test(self, sent: dict[str, Any]) -> dict[str, Any]:
        return {"ok": True, "user": "tacit", "team": "Solaris"}

    def _post(self, sent: dict[str, Any]) -> dict[str, Any]:
        if sent.get("channel") not in self.users:
            return {"ok": False, "error": "channel_not_found"}
        if len(sent.get("blocks", ())) > 50:
            return {"ok": False, "error": "invalid_blocks"}
        conversation = self.messages.setdefault(f"D{sent['channel']}", [])
        message = {**sent, "ts": f"1700000000.{len(self.posted()):06}"}
        conversation.append(message)
        return {"ok": True, "ts": message["ts"], "message": message}

    def _open(self, sent: dict[str, Any]) -> dict[str, Any]:
        if sent.get("users") not in self.users:
            return {"ok": False, "error": "user_not_found"}
        return {"ok": True, "channel": {"id": f"D{sent['users']}"}}

    def _history(self, sent: dict[str, Any]) -> dict[str, Any]:
        shown = [dict(message) for message in self.messages.get(sent["channel"], ())]
        if sent.get("include_all_metadata") not in ("1", "true", True):
            for message in shown:
                message.pop("metadata", None)
        return {"ok": True, "messages": shown[::-1][: int(sent.get("limit", 100))]}


class _Http(ThreadingHTTPServer):
    def __init__(self, fake: SlackServer) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.fake = fake


class _Handler(BaseHTTPRequestHandler):
    server: _Http

    def do_POST(self) -> None:  # http.server's name
        method = self.path.removeprefix("/api/")
        trouble = self.server.fake.next_trouble(method)
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        sent = self._sent()
        answer: dict[str, Any] = {"ok": False}
        if trouble is None or trouble.stored:
            answer = self.server.fake.handle(method, token, sent)
        if trouble is not None and trouble.reset:
            self._reset()
        elif trouble is not None:
            answer = {"ok": False, "error": trouble.error}
            body = trouble.body or json.dumps(answer)
            self._reply(trouble.status, body, trouble.headers)
        else:
            self._reply(200, json.dumps(answer), {})

    def _sent(self) -> dict[str, Any]:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if "json" in self.headers.get("Content-Type", ""):
            return dict(json.loads(body or b"{}"))
        sent: dict[str, Any] = {
            name: values[0] for name, values in parse_qs(body.decode()).items()
        }
        for name in ("blocks", "metadata"):
            if name in sent:
                sent[name] = json.loads(sent[name])
        return sent

    def _reset(self) -> None:
        # Lingering for zero seconds makes the kernel send RST, not FIN.
        linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.connection.close()

    def _reply(self, status: int, body: str, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing: tests read `calls`."""
