"""A real HTTP server on loopback that answers as Slack's Web API does.

Its ledger is its own: what was posted, changed, said to one user alone, and shown on
home tabs, by what reached it over the wire.
"""

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
SCOPES: Final = "chat:write,im:write,im:history,commands"


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
    """Use as a context manager; `messages` holds what was posted, by conversation.

    A message that was changed is as it was changed last, and `changes` counts how often
    each was. `whispers` is what was said to one user alone, by the address it went to;
    `homes` what is on home tabs.
    """

    def __init__(self, users: tuple[str, ...] = ("U1",)) -> None:
        self.users = users
        self.scopes = SCOPES
        self.socket_url = ""  # where Socket Mode connects to
        self.messages: dict[str, list[dict[str, Any]]] = {}
        self.changes: dict[str, int] = {}
        self.whispers: dict[str, list[dict[str, Any]]] = {}
        self.homes: dict[str, dict[str, Any]] = {}
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

    def response_url(self, name: str = "1") -> str:
        """An address by which one user alone is answered."""
        return f"http://127.0.0.1:{self._server.server_port}/respond/{name}"

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
            "chat.update": self._change,
            "views.publish": self._publish,
            "apps.connections.open": self._connect,
            "conversations.open": self._open,
            "conversations.history": self._history,
            "conversations.replies": self._replies,
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
        return {"ok": True, "user": "tacit", "team": "Solaris", "team_id": "T0VENDOR"}

    def _post(self, sent: dict[str, Any]) -> dict[str, Any]:
        channel = str(sent.get("channel")).removeprefix("D")
        if channel not in self.users:
            return {"ok": False, "error": "channel_not_found"}
        if not _valid(sent.get("blocks", ())):
            return {"ok": False, "error": "invalid_blocks"}
        conversation = self.messages.setdefault(f"D{channel}", [])
        message = {**sent, "ts": f"1700000000.{len(self.posted()):06}"}
        conversation.append(message)
        answer = {"ok": True, "ts": message["ts"], "message": message}
        return {**answer, "channel": f"D{channel}"}

    def _change(self, sent: dict[str, Any]) -> dict[str, Any]:
        there = self.messages.get(str(sent.get("channel")), [])
        found = [one for one in there if one["ts"] == sent.get("ts")]
        if not found:
            return {"ok": False, "error": "message_not_found"}
        if not _valid(sent.get("blocks", ())):
            return {"ok": False, "error": "invalid_blocks"}
        found[0].update(sent)
        self.changes[sent["ts"]] = self.changes.get(sent["ts"], 0) + 1
        return {"ok": True, "ts": sent["ts"], "channel": sent["channel"]}

    def _connect(self, sent: dict[str, Any]) -> dict[str, Any]:
        return {"ok": True, "url": self.socket_url}

    def _publish(self, sent: dict[str, Any]) -> dict[str, Any]:
        if sent.get("user_id") not in self.users:
            return {"ok": False, "error": "user_not_found"}
        if not _valid(sent["view"].get("blocks", ()), most=100):
            return {"ok": False, "error": "invalid_arguments"}
        self.homes[sent["user_id"]] = sent["view"]
        return {"ok": True, "view": {"id": "V1", **sent["view"]}}

    def whisper(self, name: str, sent: dict[str, Any]) -> None:
        """What came to the address by which one user alone is answered."""
        with self._lock:
            self.whispers.setdefault(name, []).append(sent)

    def _open(self, sent: dict[str, Any]) -> dict[str, Any]:
        if sent.get("users") not in self.users:
            return {"ok": False, "error": "user_not_found"}
        return {"ok": True, "channel": {"id": f"D{sent['users']}"}}

    def _history(self, sent: dict[str, Any]) -> dict[str, Any]:
        there = self.messages.get(sent["channel"], ())
        return self._told(sent, [one for one in there if "thread_ts" not in one])

    def _replies(self, sent: dict[str, Any]) -> dict[str, Any]:
        there = self.messages.get(sent["channel"], ())
        wanted = {sent["ts"]}
        found = [one for one in there if {one["ts"], one.get("thread_ts")} & wanted]
        return self._told(sent, found)

    def _told(
        self, sent: dict[str, Any], found: list[dict[str, Any]]
    ) -> dict[str, Any]:
        shown = [dict(message) for message in found]
        if sent.get("include_all_metadata") not in ("1", "true", True):
            for message in shown:
                message.pop("metadata", None)
        return {"ok": True, "messages": shown[::-1][: int(sent.get("limit", 100))]}


def _valid(blocks: Any, most: int = 50) -> bool:
    """Whether Slack takes the blocks: its limits on their number and on buttons."""
    ids: list[str] = []
    for block in blocks:
        buttons = block.get("elements", []) if block["type"] == "actions" else []
        ids = [one["action_id"] for one in buttons]
        fits = all(
            len(one["text"]["text"]) <= 75
            and len(one["action_id"]) <= 255
            and len(one["value"]) <= 2000
            and len(one.get("confirm", {"title": {"text": ""}})["title"]["text"]) <= 100
            and one.get("style") in (None, "primary", "danger")
            for one in buttons
        )
        if not fits or len(ids) != len(set(ids)):
            return False
    return len(blocks) <= most


class _Http(ThreadingHTTPServer):
    def __init__(self, fake: SlackServer) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.fake = fake


class _Handler(BaseHTTPRequestHandler):
    server: _Http

    def do_POST(self) -> None:  # http.server's name
        if self.path.startswith("/respond/"):
            self.server.fake.whisper(self.path.rpartition("/")[2], self._sent())
            self._reply(200, "ok", {})
            return
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
            scopes = {"X-OAuth-Scopes": self.server.fake.scopes}
            self._reply(200, json.dumps(answer), scopes)

    def _sent(self) -> dict[str, Any]:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if "json" in self.headers.get("Content-Type", ""):
            return dict(json.loads(body or b"{}"))
        sent: dict[str, Any] = {
            name: values[0] for name, values in parse_qs(body.decode()).items()
        }
        for name in ("blocks", "metadata", "view"):
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
