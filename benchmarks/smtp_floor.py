"""The floor of a relay: ready-made bytes over reused connections, in a few threads."""

import smtplib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from benchmarks.measuring import stopwatch

WORKERS: Final = 8
_SENDER: Final = "renewals@acme.example"


def send_ready_made(port: int, mails: int, size: int) -> float:
    """Seconds that so many mails of so many octets take; they are made before."""
    ready = [_mail(number, size) for number in range(mails)]
    shares = [ready[start::WORKERS] for start in range(WORKERS)]
    with ThreadPoolExecutor(WORKERS) as pool:
        return stopwatch(lambda: [*pool.map(_send, [port] * WORKERS, shares)])


def _send(port: int, mails: Sequence[bytes]) -> None:
    with smtplib.SMTP("127.0.0.1", port) as connection:
        for mail in mails:
            connection.sendmail(_SENDER, ["person@customer.example"], mail)


def _mail(number: int, size: int) -> bytes:
    head = f"Message-ID: <{number:064x}@acme.example>\r\n".encode()
    lines = b"x" * 70 + b"\r\n"
    body = lines * (size // len(lines))
    return (head + b"\r\n" + body)[:size]
