"""Runs the RavenStack book through its year: files in, the clock, real SMTP out."""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from email.parser import BytesHeaderParser
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Final

from tacit.bootstrap import App
from tacit.cli.book_commands import import_files
from tacit.jobs import Worker
from tests.fakes.smtp_server import Delivered, SmtpServer
from tests.ravenstack.independent_count import FIRST, LAST, Year

MAPPING: Final = Path("ravenstack")
SAMPLE: Final = 8
_CONTRACT: Final = re.compile(rb"\bS-[0-9a-f]{6}\b")


@dataclass
class VirtualClock:
    """The only clock of the run: it stands at 00:00 UTC of its day."""

    day: date = FIRST

    def __call__(self) -> datetime:
        return datetime.combine(self.day, time.min, UTC)


@dataclass(frozen=True, slots=True)
class Received:
    """One mail as the server took it; `contracts` are those that its text names."""

    message_id: str
    recipients: tuple[str, ...]
    to: str
    dated: datetime
    taken_on: date
    contracts: frozenset[str]


@dataclass(frozen=True)
class RunYear:
    """A year that is over, and what the independent count says of it."""

    folder: Path
    app: App
    received: Sequence[Received]
    logged: Sequence[Any]
    expected: Year


def sampled(folder: Path, into: Path) -> Path:
    """The exports with every eighth subscription: an eighth of the mail, every case."""
    into.mkdir()
    accounts = (folder / "accounts.csv").read_text(encoding="utf-8")
    (into / "accounts.csv").write_text(accounts, encoding="utf-8")
    with (folder / "subscriptions.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    _write(into / "subscriptions.csv", rows[::SAMPLE])
    return into


def run_year(
    app: App, clock: VirtualClock, server: SmtpServer, folder: Path
) -> list[Received]:
    """Import, then one pass a day; each end date is imported on its own day."""
    received: list[Received] = []
    ends = _ends_by_day(folder)
    import_files(app, [folder], MAPPING, clock(), dry_run=False)
    worker = Worker(app)
    while clock.day <= LAST:
        if clock.day > FIRST and clock.day in ends:
            file = app.home.path / f"subscriptions-{clock.day}.csv"
            _write(file, ends[clock.day])
            import_files(app, [file], MAPPING, clock(), dry_run=False)
        worker.pass_once()
        received += [_received(mail, clock.day) for mail in server.delivered]
        server.delivered.clear()
        clock.day += timedelta(days=1)
    return received


def _ends_by_day(folder: Path) -> dict[date, list[dict[str, str]]]:
    """The rows of the export that end, by the day they do."""
    found: dict[date, list[dict[str, str]]] = {}
    with (folder / "subscriptions.csv").open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["end_date"] and row["is_trial"] == "FALSE":
                day = date.fromisoformat(row["end_date"])
                found.setdefault(day, []).append(row)
    return found


def _write(file: Path, rows: list[dict[str, str]]) -> None:
    with file.open("w", newline="", encoding="utf-8") as target:
        writer = csv.DictWriter(target, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def _received(mail: Delivered, day: date) -> Received:
    head, _, body = mail.content.partition(b"\r\n\r\n")
    headers = BytesHeaderParser().parsebytes(head)
    text = body.replace(b"=\r\n", b"")
    return Received(
        headers["Message-ID"],
        mail.recipients,
        headers["To"],
        parsedate_to_datetime(headers["Date"]),
        day,
        frozenset(found.decode() for found in _CONTRACT.findall(text)),
    )
