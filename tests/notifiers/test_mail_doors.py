"""Mail comes in: stored before it is taken, whatever the door."""

import smtplib
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import pytest

from engine.domain.errors import TacitError, TransientDeliveryError
from notifiers.mail_fetcher import ImapAccount, MailFetcher
from notifiers.mail_listener import MailListener
from tests.support.dovecot import PASSWORD, USER, Dovecot, dovecot, is_installed
from tests.support.mails import REPLIES_TO, a_mail

TO = "replies+1.2.abc@vendor.example"
SIZE = 200_000


@dataclass
class Taking:
    """Keeps what comes, or cannot: as a database that is there, or is not."""

    fails: bool = False
    taken: list[tuple[bytes, list[str]]] = field(default_factory=list)

    def __call__(self, raw: bytes, envelope: Sequence[str]) -> None:
        if self.fails:
            raise TacitError("the database could not be used")
        self.taken.append((raw, [*envelope]))


@pytest.fixture
def taking() -> Taking:
    return Taking()


@pytest.fixture(params=["lmtp", "smtp"])
def client(
    request: pytest.FixtureRequest, taking: Taking
) -> Iterator[Callable[[], smtplib.SMTP]]:
    """Connects to a listener of each protocol."""
    is_lmtp = request.param == "lmtp"
    listener = MailListener(
        "127.0.0.1", 0, REPLIES_TO, taking, largest=SIZE, is_lmtp=is_lmtp
    )
    listener.start()
    kind = smtplib.LMTP if is_lmtp else smtplib.SMTP
    yield lambda: kind("127.0.0.1", listener.port)
    listener.stop()


def test_a_mail_is_stored_as_it_came_with_its_envelope(
    client: Callable[[], smtplib.SMTP], taking: Taking
) -> None:
    mail = a_mail(TO, "Yes\r\n.\r\n..dots\r\n")

    with client() as server:
        server.sendmail("acme@example.com", [TO.upper()], mail)

    assert taking.taken == [(mail, [TO.upper()])]


@pytest.mark.parametrize(
    "to", ["others@vendor.example", "replies@evil.example", "replies+@vendor.example"]
)
def test_mail_for_anybody_else_is_refused(
    client: Callable[[], smtplib.SMTP], taking: Taking, to: str
) -> None:
    with client() as server, pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        server.sendmail("acme@example.com", [to], a_mail(to, "Yes"))

    assert refused.value.recipients[to][0] == 550
    assert taking.taken == []


def test_what_cannot_be_stored_is_not_taken_and_comes_again(
    client: Callable[[], smtplib.SMTP], taking: Taking
) -> None:
    taking.fails = True

    with client() as server, pytest.raises(smtplib.SMTPDataError) as refused:
        server.sendmail("acme@example.com", [TO], a_mail(TO, "Yes"))

    assert refused.value.smtp_code == 451
    assert taking.taken == []


def test_a_mail_that_is_too_large_is_refused(
    client: Callable[[], smtplib.SMTP], taking: Taking
) -> None:
    with client() as server, pytest.raises(smtplib.SMTPException):
        server.sendmail("acme@example.com", [TO], a_mail(TO, "word " * SIZE))

    assert taking.taken == []


def test_of_several_recipients_the_others_come_again(
    client: Callable[[], smtplib.SMTP], taking: Taking
) -> None:
    other = "replies+3.4.abc@vendor.example"

    with client() as server:
        refused = server.sendmail("acme@example.com", [TO, other], a_mail(TO, "Yes"))

    assert refused[other][0] == 452
    assert [envelope for _, envelope in taking.taken] == [[TO]]


def test_a_port_that_is_taken_is_said_with_the_setting() -> None:
    first = MailListener("127.0.0.1", 0, REPLIES_TO, Taking(), largest=SIZE)
    first.start()
    second = MailListener("127.0.0.1", first.port, REPLIES_TO, Taking(), largest=SIZE)

    with pytest.raises(TacitError, match=r"listener\.port"):
        second.start()
    first.stop()


@pytest.fixture(params=[True, False], ids=["idle", "no idle"])
def server(request: pytest.FixtureRequest) -> Iterator[Dovecot]:
    if not is_installed():
        pytest.skip("no Dovecot: apt-get install dovecot-imapd")
    with dovecot(idles=request.param) as made:
        yield made


@pytest.fixture
def idling() -> Iterator[Dovecot]:
    if not is_installed():
        pytest.skip("no Dovecot: apt-get install dovecot-imapd")
    with dovecot() as made:
        yield made


def account(
    port: int, done: str | None = None, largest: int = 1_000_000
) -> ImapAccount:
    return ImapAccount(
        "127.0.0.1",
        port,
        "none",
        USER,
        PASSWORD,
        done_folder=done,
        timeout=10,
        largest=largest,
    )


@pytest.fixture
def fetching(taking: Taking) -> Iterator[Callable[[Dovecot], MailFetcher]]:
    made: list[MailFetcher] = []

    def fetcher(server: Dovecot) -> MailFetcher:
        made.append(MailFetcher(account(server.port), taking))
        return made[-1]

    yield fetcher
    for one in made:
        one.close()


def test_what_lies_in_the_mailbox_is_stored_once_and_marked_only_then(
    idling: Dovecot, taking: Taking, fetching: Callable[[Dovecot], MailFetcher]
) -> None:
    mail = a_mail(TO, "Oui")
    idling.delivers(mail)
    fetcher = fetching(idling)
    taking.fails = True

    assert fetcher.fetch() == 0
    assert "Seen" not in idling.flags()[0]
    taking.fails = False
    assert fetcher.fetch() == 1
    assert fetcher.fetch() == 0

    assert taking.taken == [(mail, [])]
    assert "Seen" in idling.flags()[0]


def test_many_mails_at_once_are_all_fetched(
    idling: Dovecot, taking: Taking, fetching: Callable[[Dovecot], MailFetcher]
) -> None:
    mails = [a_mail(TO, "Oui", number=number) for number in range(130)]
    idling.delivers(*mails)

    assert fetching(idling).fetch() == 130

    assert sorted(raw for raw, _ in taking.taken) == sorted(mails)


def test_what_was_stored_is_moved_where_a_folder_is_named(
    idling: Dovecot, taking: Taking
) -> None:
    idling.makes("Done")
    idling.delivers(a_mail(TO, "Oui"))
    fetcher = MailFetcher(account(idling.port, "Done"), taking)

    assert fetcher.fetch() == 1

    assert (idling.count("INBOX"), idling.count("Done")) == (0, 1)
    fetcher.close()


def test_a_mailbox_that_was_emptied_and_filled_anew_is_fetched_too(
    idling: Dovecot, taking: Taking, fetching: Callable[[Dovecot], MailFetcher]
) -> None:
    fetcher = fetching(idling)
    idling.delivers(a_mail(TO, "Oui"))
    fetcher.fetch()
    idling.forgets_all()
    idling.delivers(a_mail(TO, "Non", number=2))

    assert fetcher.fetch() == 1

    assert b"Non" in taking.taken[-1][0]


def test_a_mail_that_is_too_large_is_kept_as_far_as_is_allowed(
    idling: Dovecot, taking: Taking
) -> None:
    idling.delivers(a_mail(TO, "word " * 10_000))
    fetcher = MailFetcher(account(idling.port, largest=1_000), taking)

    assert fetcher.fetch() == 1

    assert len(taking.taken[0][0]) == 1_000
    fetcher.close()


def test_it_is_told_of_mail_where_the_server_can_say_so(
    server: Dovecot, taking: Taking, fetching: Callable[[Dovecot], MailFetcher]
) -> None:
    fetcher = fetching(server)
    fetcher.fetch()
    idles = "let us in and says" in MailFetcher(account(server.port), taking).check()
    sender = threading.Timer(1, server.delivers, [a_mail(TO, "Oui")])
    sender.start()

    told = fetcher.wait(30, lambda: False)

    sender.join()
    assert told is (True if idles else None)
    assert fetcher.fetch() == 1


def test_a_connection_that_breaks_is_said_and_made_anew(taking: Taking) -> None:
    if not is_installed():
        pytest.skip("no Dovecot: apt-get install dovecot-imapd")
    with dovecot() as first:
        fetcher = MailFetcher(account(first.port), taking)
        fetcher.fetch()
    with pytest.raises(TransientDeliveryError, match="cannot be used"):
        fetcher.fetch()
    with dovecot() as again:
        again.delivers(a_mail(TO, "Oui"))
        fetcher = MailFetcher(account(again.port), taking)
        assert fetcher.fetch() == 1
        fetcher.close()


def test_a_wrong_password_is_said_without_it(idling: Dovecot, taking: Taking) -> None:
    wrong = ImapAccount("127.0.0.1", idling.port, "none", USER, "hunter2", timeout=10)

    with pytest.raises(TransientDeliveryError) as refused:
        MailFetcher(wrong, taking).check()

    assert "hunter2" not in str(refused.value)
