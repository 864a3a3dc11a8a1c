"""Accounts, whatever they are reached by: links, limits, disabling, tidying up."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from config.permissions import SHIPPED, load_policy
from engine.domain.access import (
    Action,
    Actor,
    Membership,
    NotPermittedError,
    Role,
    Side,
    operator,
)
from engine.domain.accounts import LinksFor, SessionLimits, SignInLimits
from engine.domain.errors import NotFoundError, TacitError
from engine.domain.records import Person
from engine.services.mail_links import LinkMail
from engine.services.manage_accounts import (
    AccountKeeper,
    NoAccountError,
    first_operator,
    has_nobody_in_charge,
)
from engine.services.sign_in import (
    SignInError,
    actor_for,
    find_session,
    invite,
    sign_in_by_link,
)
from engine.services.sign_in_limits import (
    TooManyAttemptsError,
    count_attempt,
    for_account,
    for_client,
    forgive,
)
from engine.services.tidy_up import Kept, tidy_up
from engine.store.unit_of_work import Store
from tests.support.books import a_person, a_small_book, at, with_rows
from tests.support.installation import Installation

NOW = at("2026-12-01T10:00")
HOUR = timedelta(hours=1)
LIMITS = SignInLimits(attempts=5, window=timedelta(minutes=15), links=2)
SESSIONS = SessionLimits(timedelta(hours=2), timedelta(hours=12))
POLICY = load_policy(SHIPPED)


@pytest.fixture
def book(tacit: Installation) -> Installation:
    tacit.imports(a_small_book(), NOW)
    return tacit


def keeper(store: Store) -> AccountKeeper:
    return AccountKeeper(store, operator("somebody"), NOW)


def trail(store: Store, person: str) -> list[dict[str, str]]:
    with store.begin(read_only=True) as unit:
        found = unit.book.person(person)
        entries = unit.audit.chain("person", found.id)
    return [
        {"by": body["by"], **body["set"]}
        for entry in entries
        if entry.kind == "account"
        for body in [json.loads(entry.body)]
    ]


def test_what_happens_to_an_account_is_in_the_persons_trail(book: Installation) -> None:
    token = keeper(book.store).link("ops", HOUR)
    sign_in_by_link(book.store, token, NOW)
    keeper(book.store).disable("ops")
    keeper(book.store).enable("ops")
    keeper(book.store).sign_out("ops")

    said = trail(book.store, "ops")

    assert said == [
        {"by": "somebody", "account": "made"},
        {"by": "ops", "account": "signed in", "how": "link"},
        {"by": "somebody", "account": "disabled"},
        {"by": "somebody", "account": "enabled"},
        {"by": "somebody", "account": "signed out everywhere"},
    ]
    assert token not in json.dumps(said)
    assert book.flaws() == []


def test_disabling_ends_sessions_and_links_at_once(book: Installation) -> None:
    session = sign_in_by_link(book.store, invite(book.store, "ops", NOW, HOUR), NOW)
    waiting = invite(book.store, "ops", NOW, HOUR)

    keeper(book.store).disable("ops")
    keeper(book.store).enable("ops")

    assert find_session(book.store, POLICY, session, NOW, SESSIONS) is None
    with pytest.raises(SignInError):
        sign_in_by_link(book.store, waiting, NOW)


def test_a_disabled_account_gets_no_link(book: Installation) -> None:
    invite(book.store, "ops", NOW, HOUR)
    keeper(book.store).disable("ops")

    with pytest.raises(SignInError, match="disabled"):
        keeper(book.store).link("ops", HOUR)


def test_whoever_has_no_account_cannot_be_disabled(book: Installation) -> None:
    with pytest.raises(NoAccountError, match="tacit accounts link ops"):
        keeper(book.store).disable("ops")


def test_who_manages_no_accounts_sees_nobody(book: Installation) -> None:
    with book.store.begin(read_only=True) as unit:
        actor = actor_for(unit, POLICY, unit.book.person("nord.poc"))
    theirs = AccountKeeper(book.store, actor, NOW)

    with pytest.raises(NotPermittedError):
        theirs.listing()
    for person in ("ops", "nobody"):
        with pytest.raises(NotPermittedError):
            theirs.link(person, HOUR)


def test_who_manages_a_partners_accounts_finds_nobody_elses(book: Installation) -> None:
    role = Role(
        "keeper", frozenset({Side.PARTNER}), frozenset({Action.MANAGE_ACCOUNTS})
    )
    invite(book.store, "ops", NOW, HOUR)
    with book.store.begin(read_only=True) as unit:
        nord = unit.book.person("nord.poc")
    member = Membership(Side.PARTNER, nord.partner_id, (role,))
    theirs = AccountKeeper(book.store, Actor("nord.poc", "Nord", (member,)), NOW)

    theirs.link("nord.poc", HOUR)

    assert [row["person"] for row in theirs.listing()] == ["nord.poc"]
    for person in ("ops", "nobody"):
        with pytest.raises(NotFoundError) as caught:
            theirs.link(person, HOUR)
        assert caught.value.plain == f'no person "{person}"'


def test_the_list_of_accounts_says_how_each_signs_in(book: Installation) -> None:
    invite(book.store, "nord.poc", NOW, HOUR)
    sign_in_by_link(book.store, invite(book.store, "ops", NOW, HOUR), NOW)

    first, second = keeper(book.store).listing()

    assert (first["person"], first["of"], first["sessions"]) == ("nord.poc", "Nord", 0)
    assert (second["person"], second["of"], second["sessions"]) == ("ops", None, 1)
    assert second["password"] is False
    assert "password_hash" not in second


def test_a_new_installation_lets_its_operator_in_first(book: Installation) -> None:
    assert has_nobody_in_charge(book.store, POLICY)
    first = first_operator(book.store, POLICY)
    assert first is not None
    assert first.code == "ops"

    invite(book.store, "ops", NOW, HOUR)

    assert not has_nobody_in_charge(book.store, POLICY)
    assert first_operator(book.store, POLICY) is None


def test_a_link_that_two_use_at_once_lets_one_in(book: Installation) -> None:
    token = invite(book.store, "ops", NOW, HOUR)

    def use(_: int) -> bool:
        try:
            sign_in_by_link(book.store, token, NOW)
        except SignInError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        let_in = list(pool.map(use, range(8)))

    assert sum(let_in) == 1
    assert book.flaws() == []


def test_one_person_can_be_invited_and_sign_in_many_times_at_once(
    book: Installation,
) -> None:
    def once(_: int) -> str:
        return sign_in_by_link(book.store, invite(book.store, "ops", NOW, HOUR), NOW)

    with ThreadPoolExecutor(8) as pool:
        sessions = set(pool.map(once, range(16)))

    assert len(sessions) == 16
    assert book.flaws() == []


def test_many_attempts_at_once_find_no_more_places_than_there_are(
    book: Installation,
) -> None:
    keys = [for_account("password", "ops"), for_client("password", "192.0.2.1")]

    def attempt(place: int) -> bool:
        try:
            count_attempt(book.store, keys[:: 1 if place % 2 else -1], LIMITS, NOW)
        except TooManyAttemptsError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(attempt, range(24)))

    assert sum(made) == LIMITS.attempts


def test_attempts_are_possible_again_when_the_window_has_passed(
    book: Installation,
) -> None:
    for minute in range(LIMITS.attempts):
        at_ = NOW + timedelta(minutes=minute)
        count_attempt(book.store, ["key"], LIMITS, at_)

    with pytest.raises(TooManyAttemptsError) as caught:
        count_attempt(book.store, ["key"], LIMITS, NOW + timedelta(minutes=5))

    assert caught.value.until == NOW + LIMITS.window
    count_attempt(book.store, ["key"], LIMITS, caught.value.until)


def test_what_was_right_is_no_failure_and_forgives_no_other(book: Installation) -> None:
    for _ in range(LIMITS.attempts - 1):
        count_attempt(book.store, ["key"], LIMITS, NOW)
    right = count_attempt(book.store, ["key"], LIMITS, NOW)
    forgive(book.store, right)

    count_attempt(book.store, ["key"], LIMITS, NOW)
    with pytest.raises(TooManyAttemptsError):
        count_attempt(book.store, ["key"], LIMITS, NOW)


def test_machines_are_counted_by_their_network_where_they_have_one() -> None:
    one = for_client("password", "2001:db8:1:2::1")

    assert one == for_client("password", "2001:db8:1:2:ffff::9")
    assert one != for_client("password", "2001:db8:1:3::1")
    assert for_client("password", "192.0.2.1") != for_client("password", "192.0.2.2")
    assert for_client("password", None) == for_client("password", "")


@pytest.mark.parametrize("typed", ["OPS@example.com", " ops@example.com "])
def test_a_name_is_counted_however_it_is_typed(typed: str) -> None:
    assert for_account("link", typed) == for_account("link", "ops@example.com")


def posting(book: Installation, **values: LinksFor) -> tuple[LinkMail, list[str]]:
    sent: list[str] = []

    def post(person: Person, token: str) -> None:
        assert len(token) > 40
        sent.append(person.code)

    links_for = values.get("links_for", LinksFor.ACCOUNTS)
    return LinkMail(book.store, links_for, LIMITS, HOUR, post), sent


def test_a_link_is_mailed_to_whoever_has_an_account_and_to_nobody_else(
    book: Installation,
) -> None:
    invite(book.store, "ops", NOW, HOUR)
    mail, sent = posting(book)

    for address in ("Ops@Example.com", "nord.poc@example.com", "x@example.com", ""):
        mail.send(address, NOW)

    assert sent == ["ops"]


def test_where_roles_suffice_a_link_makes_the_account(book: Installation) -> None:
    mail, sent = posting(book, links_for=LinksFor.ROLES)

    mail.send("ops@example.com", NOW)
    mail.send("nord.poc@example.com", NOW)

    assert sent == ["ops"]
    assert trail(book.store, "ops") == [{"by": "ops", "account": "made"}]


def test_no_link_is_mailed_to_a_disabled_account(book: Installation) -> None:
    invite(book.store, "ops", NOW, HOUR)
    keeper(book.store).disable("ops")
    mail, sent = posting(book)

    mail.send("ops@example.com", NOW)

    assert sent == []


def test_a_mailbox_is_not_filled_with_links(book: Installation) -> None:
    invite(book.store, "ops", NOW, HOUR)
    mail, sent = posting(book)

    for _ in range(5):
        mail.send("ops@example.com", NOW)
    mail.send("ops@example.com", NOW + LIMITS.window)

    assert sent == ["ops"] * 3


def test_everybody_at_a_shared_address_gets_their_own_link(book: Installation) -> None:
    book.imports(with_rows([], a_person("ops2", email="ops@example.com")), NOW)
    invite(book.store, "ops", NOW, HOUR)
    invite(book.store, "ops2", NOW, HOUR)
    mail, sent = posting(book)

    mail.send("ops@example.com", NOW)

    assert sorted(sent) == ["ops", "ops2"]


def test_a_mail_that_cannot_be_sent_is_nobody_elses_trouble(book: Installation) -> None:
    invite(book.store, "ops", NOW, HOUR)

    def fail(person: Person, token: str) -> None:
        raise TacitError("no connection")

    mail = LinkMail(book.store, LinksFor.ACCOUNTS, LIMITS, HOUR, fail)
    mail.send("ops@example.com", NOW)

    # Neither is the failure anybody's to see, nor is it counted for somebody else.
    assert len(count_attempt(book.store, ["link elsewhere"], LIMITS, NOW)) == 1


def test_what_is_over_is_deleted_and_what_is_not_stays(book: Installation) -> None:
    used = invite(book.store, "ops", NOW, HOUR)
    sign_in_by_link(book.store, used, NOW)
    later = NOW + timedelta(hours=2)
    waiting = invite(book.store, "ops", later, HOUR)
    fresh = sign_in_by_link(book.store, invite(book.store, "ops", later, HOUR), later)
    count_attempt(book.store, ["key"], LIMITS, NOW)
    count_attempt(book.store, ["key"], LIMITS, later)
    book.execute(
        "INSERT INTO answered_requests (person_id, key, request_hash, at) "
        "SELECT id, 'k', 'h', '2026-11-01' FROM people WHERE code = 'ops'"
    )
    kept = Kept(SESSIONS, LIMITS.window, timedelta(days=1))

    done = tidy_up(book.store, kept, later)

    assert done == {
        "sessions": 1, "links": 2, "attempts": 1, "secrets": 0, "answers": 1,
    }  # fmt: skip
    assert tidy_up(book.store, kept, later) == dict.fromkeys(done, 0)
    assert find_session(book.store, POLICY, fresh, later, SESSIONS) is not None
    sign_in_by_link(book.store, waiting, later)
