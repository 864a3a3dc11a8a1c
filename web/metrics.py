"""What the process counts of itself, and how numbers are written for Prometheus."""

from collections.abc import Callable, Iterable, Iterator
from importlib.metadata import version
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram, Info
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector

from engine.services.measure import Numbers

#: In seconds: pages take milliseconds, a pass over a backlog minutes.
_REQUEST_BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_PASS_BUCKETS: Final = (0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 600)
_METHODS: Final = frozenset(
    {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
)


class Metrics:
    """Counters in a registry of their own, so that two installations do not mix."""

    def __init__(self) -> None:
        self.registry = made = CollectorRegistry()
        Info("tacit_build", "What runs here.", registry=made).info(
            {"version": version("tacit")}
        )
        self._requests = Counter(
            "tacit_http_requests",
            "Requests answered.",
            ("route", "method", "status"),
            registry=made,
        )
        self._request_seconds = Histogram(
            "tacit_http_request_seconds",
            "How long requests took to answer.",
            ("route", "method"),
            registry=made,
            buckets=_REQUEST_BUCKETS,
        )
        self._passes = Counter(
            "tacit_passes",
            "Passes of the clock and of the other jobs of this process.",
            ("job", "outcome"),
            registry=made,
        )
        self._pass_seconds = Histogram(
            "tacit_pass_seconds",
            "How long passes took.",
            ("job",),
            registry=made,
            buckets=_PASS_BUCKETS,
        )
        self._deliveries = Counter(
            "tacit_deliveries",
            "Copies that this process handed to a channel, by what came of it.",
            ("channel", "outcome"),
            registry=made,
        )

    def request_done(self, route: str, method: str, status: int, taken: float) -> None:
        """Count a request; `route` is its template, so there are only so many."""
        known = method if method in _METHODS else "other"
        self._requests.labels(route, known, str(status)).inc()
        self._request_seconds.labels(route, known).observe(taken)

    def pass_done(self, job: str, outcome: str, taken: float) -> None:
        self._passes.labels(job, outcome).inc()
        self._pass_seconds.labels(job).observe(taken)

    def delivery(self, channel: str) -> Callable[[str], None]:
        """Counts what came of a copy over a channel."""
        return lambda outcome: self._deliveries.labels(channel, outcome).inc()

    def text(self, numbers: Numbers) -> bytes:
        """All of it, with what the database says, as Prometheus reads it."""
        return generate_latest(self.registry) + generate_latest(_Given(numbers))


class _Given(Collector):
    """Numbers that were read for this one answer."""

    def __init__(self, numbers: Numbers) -> None:
        self.numbers = numbers

    def collect(self) -> Iterable[Metric]:
        given = self.numbers
        yield _gauge(
            "tacit_clock_lag_seconds",
            "How long the change that is longest overdue waits for the clock.",
            given.clock_lag,
        )
        yield _gauge(
            "tacit_outbox_oldest_seconds",
            "How long the message that is queued longest has waited.",
            given.oldest_message,
        )
        yield from _labelled(given)
        yield _gauge(
            "tacit_sign_in_failures_recent",
            "Failed attempts to sign in, within the window of web.sign_in_window.",
            given.sign_in_failures,
        )


def _labelled(given: Numbers) -> Iterator[Metric]:
    families = (
        ("tacit_outbox_messages", "Messages that wait or are held.", "status",
         given.messages),
        ("tacit_webhook_deliveries", "Webhook calls that wait or are held.", "status",
         given.webhooks),
        ("tacit_inbox", "What came in, by how it stands.", "status", given.inbox),
        ("tacit_heartbeat_age_seconds", "Since when a part was last seen alive.",
         "part", given.heartbeat_ages),
    )  # fmt: skip
    for name, help_, label, values in families:
        family = GaugeMetricFamily(name, help_, labels=[label])
        for key, value in sorted(values.items()):
            family.add_metric([key], value)
        yield family


def _gauge(name: str, help_: str, value: float) -> Metric:
    return GaugeMetricFamily(name, help_, value=value)
