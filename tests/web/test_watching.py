"""Health, readiness, metrics and logs, as machines that watch see them."""

import json
import shutil
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
import structlog
from fastapi import FastAPI
from prometheus_client.parser import text_string_to_metric_families
from starlette.routing import Mount
from structlog.testing import LogCapture

from engine.domain.access import Action
from engine.domain.api_keys import WantedKey
from engine.domain.errors import UnavailableError
from engine.services.api_keys import create_key
from engine.services.measure import health, readiness
from engine.services.sign_in import actor_for
from engine.store.unit_of_work import Store
from tests.support.books import a_small_book
from tests.support.processes import wait_until
from tests.support.serving import serving
from tests.web.conftest import NOW, Served
from web.app import create_app
from web.visits import AnyVisit


@pytest.fixture
def lines() -> Iterator[LogCapture]:
    """What is logged while a test runs."""
    captured = LogCapture()
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, captured],
        logger_factory=structlog.ReturnLoggerFactory(),
    )
    yield captured
    structlog.reset_defaults()


def beat(served: Served, ago: timedelta) -> None:
    with served.book.store.begin() as unit:
        unit.book.beat("clock", NOW - ago)
        unit.commit()


def samples(text: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    return {
        (one.name, tuple(sorted(one.labels.items()))): one.value
        for family in text_string_to_metric_families(text)
        for one in family.samples
    }


def metrics(served: Served) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    response = served.signed_in("ops").get("/metrics")
    assert response.status_code == 200
    return samples(response.text)


@pytest.mark.req("OPS-5")
def test_all_is_well_while_the_clock_is_seen(served: Served) -> None:
    beat(served, timedelta(minutes=9))

    response = served.browser().get("/healthz")

    assert response.status_code == 200
    assert response.json()["parts"]["clock"] == {"ok": True, "says": "runs"}


@pytest.mark.req("OPS-5")
def test_a_clock_that_fell_silent_is_named(served: Served) -> None:
    beat(served, timedelta(minutes=11))

    response = served.browser().get("/healthz")
    ready = served.browser().get("/readyz")

    assert response.status_code == 503
    assert response.json()["parts"] == {
        "database": {"ok": True, "says": "answers"},
        "schema": {"ok": True, "says": "is current"},
        "clock": {"ok": False, "says": "was last seen at 2026-12-01T09:49:00Z"},
    }
    assert ready.status_code == 200


def test_a_clock_that_never_ran_is_not_well(served: Served) -> None:
    response = served.browser().get("/healthz")

    assert response.status_code == 503
    assert response.json()["parts"]["clock"]["says"] == "has not run here yet"


def test_a_database_that_does_not_answer_is_named_and_nothing_more(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("gone")
    store = Store.open(f"sqlite:///{folder / 'tacit.db'}")
    store.close()
    shutil.rmtree(folder)

    parts = health(store, NOW, timedelta(minutes=10))

    assert {name: part.as_json() for name, part in parts.items()} == {
        "database": {"ok": False, "says": "does not answer"}
    }
    assert readiness(store) == parts


def test_an_older_schema_is_named(served: Served) -> None:
    known = served.book.rows("SELECT version_num FROM alembic_version")
    served.book.execute("UPDATE alembic_version SET version_num = '0001'")

    response = served.browser().get("/healthz")

    served.book.execute(
        "UPDATE alembic_version SET version_num = :v", v=known[0]["version_num"]
    )
    assert response.status_code == 503
    assert response.json()["parts"]["schema"]["ok"] is False


@pytest.mark.req("OPS-5")
def test_metrics_tell_what_waits(served: Served) -> None:
    served.book.imports(a_small_book(), NOW)
    served.book.tick(NOW)
    served.clock.now = NOW + timedelta(minutes=5)
    beat(served, timedelta(0))

    found = metrics(served)

    assert found["tacit_outbox_messages", (("status", "queued"),)] == 1
    assert found["tacit_outbox_messages", (("status", "held"),)] == 0
    assert found["tacit_outbox_oldest_seconds", ()] == 300
    assert found["tacit_clock_lag_seconds", ()] == 0
    assert found["tacit_heartbeat_age_seconds", (("part", "clock"),)] == 300


def test_metrics_tell_how_far_the_clock_is_behind(served: Served) -> None:
    served.book.imports(a_small_book(), NOW)
    due = served.book.next_time(NOW)
    assert due is not None
    served.clock.now = due + timedelta(hours=1)

    assert metrics(served)["tacit_clock_lag_seconds", ()] == 3600


def test_requests_are_counted_by_their_routes_and_not_by_what_is_asked_for(
    served: Served,
) -> None:
    served.book.imports(a_small_book(), NOW)
    browser = served.browser()
    browser.get("/sign-in/link/a-secret-token")
    browser.get("/sign-in/link/a-secret-token/more/of/it")
    browser.client.request("BREW", "/sign-in")

    text = served.signed_in("ops").get("/metrics").text

    labels = (("method", "GET"), ("route", "/sign-in/link/{token}"), ("status", "410"))
    assert samples(text)["tacit_http_requests_total", labels] == 1
    assert "a-secret-token" not in text
    assert "BREW" not in text


@pytest.mark.parametrize("person", ["nord.poc", "acme.contact", None])
def test_metrics_are_for_those_who_may_see_them(
    served: Served, person: str | None
) -> None:
    served.book.imports(a_small_book(), NOW)
    browser = served.signed_in(person) if person else served.browser()

    response = browser.get("/metrics")

    assert response.status_code == (403 if person else 401)
    assert "tacit_" not in response.text


@pytest.mark.parametrize(
    ("headers", "status"), [({}, 200), ({"X-Forwarded-For": "127.0.0.1"}, 401)]
)
def test_metrics_may_be_let_out_to_this_very_machine(
    served: Served, headers: dict[str, str], status: int
) -> None:
    settings = replace(served.site.settings, metrics_from_loopback=True)
    app = create_app(replace(served.site, settings=settings))

    with serving(app) as url:
        response = httpx.get(f"{url}/metrics", headers=headers)

    assert response.status_code == status


def test_a_request_is_logged_under_its_id_and_its_route(
    served: Served, lines: LogCapture
) -> None:
    response = served.browser().get("/sign-in/link/a-secret-token?more=secrets")

    [line] = lines.entries
    assert line["path"] == "/sign-in/link/{token}"
    assert line["request"] == response.headers["X-Request-Id"]
    assert (line["method"], line["status"]) == ("GET", 410)
    assert "secret" not in json.dumps(line)


def test_an_address_that_leads_nowhere_is_not_logged(
    served: Served, lines: LogCapture
) -> None:
    served.browser().client.get("/sign-in/link/a-secret-token/", follow_redirects=False)
    served.browser().client.get("/a-secret-token")

    assert [line["path"] for line in lines.entries] == ["/...", "/..."]


def test_what_handlers_log_carries_the_id_of_the_request(
    served: Served, lines: LogCapture
) -> None:
    def speak(_visit: AnyVisit) -> dict[str, str]:
        structlog.get_logger("anything").info("spoke")
        return {"thread": threading.current_thread().name}

    served.app.add_api_route("/speak", speak)

    response = served.browser().get("/speak")

    assert [line["event"] for line in lines.entries] == ["spoke", "request"]
    ids = {line["request"] for line in lines.entries}
    assert ids == {response.headers["X-Request-Id"]}


def failed_in(lines: LogCapture) -> list[str]:
    """The ids of the requests whose failures were logged."""
    return [one["request"] for one in lines.entries if one["event"] == "request failed"]


@pytest.mark.parametrize(
    ("error", "status"), [(ZeroDivisionError, 500), (UnavailableError, 503)]
)
@pytest.mark.parametrize("path", ["/fail", "/api/fail", "/api/v1/fail"])
def test_what_fails_is_logged_once_and_answered_with_its_id(
    served: Served, lines: LogCapture, path: str, error: type[Exception], status: int
) -> None:
    def fail(_visit: AnyVisit) -> None:
        raise error("a secret of the server")

    if path.startswith("/api/v1"):
        [api] = [
            each.app
            for each in served.app.routes
            if isinstance(each, Mount) and isinstance(each.app, FastAPI)
        ]
        api.add_api_route("/fail", fail)
    else:
        served.app.add_api_route(path, fail)

    response = served.browser().get(path)

    assert response.status_code == status
    assert response.headers["X-Request-Id"] in response.text
    assert "Content-Security-Policy" in response.headers
    assert "secret" not in response.text
    # What a mounted application answers is on its way before the cause is logged.
    wait_until(lambda: bool(failed_in(lines)))
    assert failed_in(lines) == [response.headers["X-Request-Id"]]
    if path.startswith("/api"):
        assert response.headers["Content-Type"] == "application/problem+json"
        assert response.json()["status"] == status


def test_a_failure_is_told_in_the_language_of_the_browser(served: Served) -> None:
    def fail(_visit: AnyVisit) -> None:
        raise ZeroDivisionError

    served.app.add_api_route("/fail", fail)

    page = served.browser().get("/fail", headers={"Accept-Language": "fr-FR"})

    assert "Quelque chose s’est mal passé" in page.text


def a_key(served: Served, *actions: Action) -> str:
    """A key of somebody at the vendor who may do more than it carries."""
    site, now = served.site, served.clock()
    with site.store.begin(read_only=True) as unit:
        owner = actor_for(unit, site.policy, unit.book.person("ops"))
    end = now + timedelta(days=1)
    wanted, limits = WantedKey("scraper", frozenset(actions), end), site.settings.keys
    made = create_key(site.store, site.policy, owner, wanted, limits, now)
    return made.secret


def test_metrics_are_read_with_a_key_that_carries_them(served: Served) -> None:
    served.book.imports(a_small_book(), NOW)
    served.signed_in("ops")
    keys = (
        a_key(served, Action.SEE_METRICS),
        a_key(served, Action.SEE_CHANGES),
        "nonsense",
    )

    answers = [
        served.browser().get("/metrics", headers={"Authorization": f"Bearer {key}"})
        for key in keys
    ]

    assert [one.status_code for one in answers] == [200, 403, 401]
