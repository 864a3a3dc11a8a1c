"""The relay against ready-made mails on reused connections: `python -m benchmarks.relay`."""

import argparse
import gc
import multiprocessing
import statistics
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from typing import Final

from sqlalchemy import func, select

from benchmarks.databases import DATABASES, Copies, copies
from benchmarks.measuring import (
    Bar,
    Result,
    check,
    parser,
    peak_rss_mb,
    shipped_rulebook,
    show,
    stopwatch,
)
from benchmarks.relay_book import NOW
from benchmarks.smtp_floor import WORKERS, send_ready_made
from benchmarks.smtp_sink import KINDS, Sink, Taken, running_sink
from engine.domain.letter_values import Vendor
from engine.domain.retry import RetryPolicy
from engine.services.relay_outbox import relay_outbox
from engine.services.send_messages import Delivering
from engine.store.database import describe
from engine.store.tables import deliveries
from engine.store.unit_of_work import Store
from notifiers.email import Security, SmtpChannel, SmtpSettings
from notifiers.mail import Sender
from notifiers.rendering import Templates

MOST_TIMES_THE_FLOOR: Final = 2.0


def main() -> None:
    """Measure as the options say, and show it."""
    options = _options()
    with copies(options.db, options.url) as made, running_sink(options.sink) as sink:
        show(_measure(options, made, sink), as_json=options.json)


def _options() -> argparse.Namespace:
    made = parser("relay", __doc__ or "")
    made.add_argument("--db", choices=DATABASES, default="sqlite")
    made.add_argument("--url", help="a PostgreSQL server, instead of the one found")
    made.add_argument("--mails", type=int, default=10_000)
    made.add_argument(
        "--sink", choices=KINDS, default=KINDS[0], help="which server takes the mail"
    )
    return made.parse_args()


def _measure(options: argparse.Namespace, made: Copies, sink: Sink) -> Result:
    """Ours and the floor by turns, into the same sink."""
    command = [sys.executable, "-m", "benchmarks.relay_book"]
    subprocess.run([*command, made.prepared, str(options.mails)], check=True)
    ours, floor, size, database = [], [], 0, ""
    for _ in range(options.repeat):
        made.restore()
        store = Store.open(made.working)
        database = describe(store.engine)
        ours.append(_relay(store, sink.port))
        taken = sink.taken()
        _check(taken, _recorded(store), options.mails)
        store.close()
        size = taken.octets // taken.mails
        floor.append(_floor(sink, options.mails, size))
    ratio = statistics.median(ours) / statistics.median(floor)
    return Result(
        f"relay: {options.mails:,} mails, {database}, into {options.sink}",
        ours,
        floor,
        options.mails,
        peak_rss_mb(),
        [Bar("times the floor", ratio, MOST_TIMES_THE_FLOOR)],
        {"database": database, "sink": options.sink, "octets_a_mail": size},
    )


def _relay(store: Store, port: int) -> float:
    """Seconds that the relay takes for all that is queued."""
    sender = Sender("Acme Cloud", "renewals@acme.example")
    settings = SmtpSettings("127.0.0.1", port, Security.NONE)
    channel = SmtpChannel(settings, sender, lambda: NOW)
    delivering = Delivering(
        channels={"email": channel},
        renderer=Templates(),
        vendor=Vendor(sender.name, sender.address),
        retry=RetryPolicy(12, timedelta(minutes=1), timedelta(hours=4)),
        lease=timedelta(minutes=5),
        fresh_for=timedelta(seconds=20),
        leave_to_answer=timedelta(hours=24),
        gather_for=timedelta(minutes=30),
        workers=WORKERS,
    )
    rulebook = shipped_rulebook()
    gc.collect()
    seconds = stopwatch(lambda: relay_outbox(store, rulebook, delivering, lambda: NOW))
    channel.close()
    return seconds


def _floor(sink: Sink, mails: int, size: int) -> float:
    """In a process of its own, like ours: its mails are not to count as our memory."""
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=fresh) as processes:
        seconds = processes.submit(send_ready_made, sink.port, mails, size).result()
    check({f"the sink took {mails} mails": sink.taken().distinct == mails})
    return seconds


def _recorded(store: Store) -> Mapping[str, int]:
    question = select(deliveries.c.status, func.count()).group_by(deliveries.c.status)
    with store.engine.connect() as connection:
        return {row[0]: row[1] for row in connection.execute(question)}


def _check(taken: Taken, recorded: Mapping[str, int], mails: int) -> None:
    check(
        {
            f"{mails} mails were taken: {taken}": taken.mails == mails,
            f"no two have one Message-ID: {taken}": taken.distinct == mails,
            f"each is recorded as sent: {recorded}": recorded == {"sent": mails},
        }
    )


if __name__ == "__main__":
    main()
