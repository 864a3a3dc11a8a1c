from pathlib import Path

import pytest

from config.settings import SHIPPED, load_settings
from engine.domain.errors import ProblemsError, TacitError

SHIPPED_TEXT = (SHIPPED / "tacit.yaml").read_text()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "tacit.yaml"


def refused(file: Path, wrong: str, right: str) -> str:
    """What is said of the shipped settings with one thing changed."""
    assert wrong in SHIPPED_TEXT
    file.write_text(SHIPPED_TEXT.replace(wrong, right, 1))
    with pytest.raises(ProblemsError) as caught:
        load_settings(file)
    return str(caught.value)


WRONG = {
    "an address that is none": (
        "email: renewals@acme.example", "email: Renewals",
        'vendor.email: "Renewals" is not a plain mail address',
    ),
    "no as in Norwegian": (
        "production: false", "production: NO",
        'production: "NO" must be true or false',
    ),
    "a length of time without a unit": (
        "timeout: 30 seconds", "timeout: 30", "mail.timeout: \"30\" has no unit",
    ),
    "no time at all": (
        "timeout: 30 seconds", "timeout: 0 seconds", "must be longer than nothing",
    ),
    "a lease of nothing": (
        "lease: 5 minutes", "lease: 0 seconds", "must be longer than nothing",
    ),
    "a message that is never fresh": (
        "fresh_for: 20 seconds", "fresh_for: 0 seconds", "must be longer than nothing",
    ),
    "a lease shorter than a try": (
        "lease: 5 minutes", "lease: 50 seconds", "delivery.lease: must be longer than",
    ),
    "a clock that is silent between ticks": (
        "silent_for: 10 minutes", "silent_for: 30 seconds",
        "clock.silent_for: must be longer than clock.tick_every",
    ),
    "a proxy by its name": (
        "trusted_proxies: []", "trusted_proxies: [proxy.acme.example]",
        "which is no address (10.0.0.7) or network (10.0.0.0/24)",
    ),
    "one proxy that is no list": (
        "trusted_proxies: []", "trusted_proxies: true",
        "must be a list of addresses or networks",
    ),
    "an outside address with a path": (
        "port above.\n  url: null", "port above.\n  url: https://acme.example/tacit",
        "must be like https://renewals.acme.example",
    ),
    "a provider that is not encrypted": (
        "issuer: null", "issuer: http://login.acme.example",
        "sign_on.issuer: must be an https address",
    ),
    "a provider that does not know us": (
        "issuer: null", "issuer: https://login.acme.example",
        "sign_on.client_id: is what the provider calls this installation",
    ),
    "a password that is soon guessed": (
        "password_length: 12", "password_length: 4", "web.password_length",
    ),
    "links for nobody known": (
        "links_for: accounts", "links_for: all", "web.links_for",
    ),
    "a name nobody knows": (
        "  host: localhost", "  hots: localhost",
        'unknown setting "mail.hots" (did you mean "host"?)',
    ),
}  # fmt: skip


@pytest.mark.parametrize(("wrong", "right", "said"), WRONG.values(), ids=list(WRONG))
def test_a_wrong_setting_is_named(
    file: Path, wrong: str, right: str, said: str
) -> None:
    assert said in refused(file, wrong, right)


def test_a_password_is_not_shown_wherever_it_was_written(file: Path) -> None:
    said = refused(file, "url: null", "url: [postgresql://u:hunter2@db/x]")
    more = refused(file, "database:\n  url: null", "database: postgresql://u:hunter2@d")

    assert "database.url" in said
    assert "hunter2" not in said + more


ENVIRONMENT = {
    "an unknown name": (
        "TACIT_MAIL__HOTS", "localhost",
        'TACIT_MAIL__HOTS in the environment: unknown setting "mail.hots" '
        '(did you mean "host"?)',
    ),
    "a wrong value": (
        "TACIT_MAIL__PORT", "many",
        'TACIT_MAIL__PORT in the environment: mail.port: "many"',
    ),
    "two that contradict": (
        "TACIT_DELIVERY__LEASE", "1 second",
        "TACIT_DELIVERY__LEASE in the environment: delivery.lease: must be longer",
    ),
    "a part as a whole": ("TACIT_MAIL", "foo", "TACIT_MAIL in the environment: name one setting"),
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value", "said"), ENVIRONMENT.values(), ids=list(ENVIRONMENT)
)
def test_what_the_environment_has_wrong_is_not_blamed_on_the_file(
    file: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    file.write_text(SHIPPED_TEXT)
    monkeypatch.setenv(name, value)

    with pytest.raises(TacitError) as caught:
        load_settings(file)

    assert said in str(caught.value)
    assert "tacit.yaml" not in str(caught.value)


@pytest.mark.parametrize("word", ["true", "false"])
def test_production_is_true_or_false_in_the_environment_too(
    file: Path, monkeypatch: pytest.MonkeyPatch, word: str
) -> None:
    file.write_text(SHIPPED_TEXT)
    monkeypatch.setenv("TACIT_PRODUCTION", word)

    assert load_settings(file).production == (word == "true")
