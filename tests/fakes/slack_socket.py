"""Slack's side of Socket Mode: one WebSocket over which it sends envelopes."""

import json
import socket
import struct
import threading
from base64 import b64encode
from hashlib import sha1
from queue import Queue
from types import TracebackType
from typing import Any, Final, Self

_MAGIC: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class SlackSocket:
    """Use as a context manager; `acknowledged` holds the ids of envelopes taken."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._connected = threading.Event()
        self._connection: socket.socket | None = None
        self.acknowledged: Queue[str] = Queue()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self._listener.getsockname()[1]}/link?ticket=1"

    def send(self, kind: str, payload: dict[str, Any], envelope: str) -> None:
        """Send an envelope to whoever is connected."""
        assert self._connected.wait(5)
        said = {"type": kind, "envelope_id": envelope, "payload": payload}
        self._write(1, json.dumps(said).encode())

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._listener.close()
        if self._connection is not None:
            self._connection.close()

    def _serve(self) -> None:
        while True:
            try:
                self._connection, _ = self._listener.accept()
                self._talk(self._connection)
            except OSError:
                return

    def _talk(self, connection: socket.socket) -> None:
        stream = connection.makefile("rb")
        headers = {}
        while (line := stream.readline().strip()) != b"":
            name, _, value = line.partition(b":")
            headers[name.lower()] = value.strip()
        accept = b64encode(sha1(headers[b"sec-websocket-key"] + _MAGIC).digest())  # noqa: S324 - the protocol's
        connection.sendall(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
            b"Connection: Upgrade\r\nSec-WebSocket-Accept: " + accept + b"\r\n\r\n"
        )
        self._write(1, b'{"type": "hello", "num_connections": 1}')
        self._connected.set()
        while (frame := _read(stream)) is not None:
            opcode, data = frame
            if opcode == 9:
                self._write(10, data)
            elif opcode == 1:
                self.acknowledged.put(json.loads(data)["envelope_id"])

    def _write(self, opcode: int, data: bytes) -> None:
        assert self._connection is not None
        size = len(data)
        length = bytes([size]) if size < 126 else struct.pack("!BH", 126, size)
        self._connection.sendall(bytes([0x80 | opcode]) + length + data)


def _read(stream: Any) -> tuple[int, bytes] | None:
    head = stream.read(2)
    if len(head) < 2:
        return None
    size = head[1] & 0x7F
    if size == 126:
        (size,) = struct.unpack("!H", stream.read(2))
    mask = stream.read(4) if head[1] & 0x80 else b"\0\0\0\0"
    data = bytes(byte ^ mask[i % 4] for i, byte in enumerate(stream.read(size)))
    return head[0] & 0x0F, data
