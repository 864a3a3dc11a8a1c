"""API keys: no more and no longer than their owner, kept as hashes, and ended at once."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest

from config.permissions import SHIPPED, load_policy
from engine.domain.access import Action, Actor, NotPermittedError, operator
from engine.domain.api_keys import (
    ApiKeyError,
    KeyLimits,
    NewKey,
    TooManyKeysError,
    WantedKey,
)
from engine.domain.errors import NotFoundError
from engine.services.api_keys import caller_of_key, create_key, keys_of, revoke_key
from engine.services.sign_in import actor_for, invite
from tests.support.books import a_person, a_small_book, at, with_rows
from tests.support.installation import Installation

POLICY = load_policy(SHIPPED)
NOW = at("2026-12-01T10:00")
LATER = NOW + timedelta(days=90)
LIMITS = KeyLimits(3, timedelta(days=366))
SIGHT = (Action.SEE_CHANGES, Action.SEE_CUSTOMERS)


@pytest.fixture
def book(tacit: Installation) -> Installation:
    """A small book whose people can sign in."""
    tacit.imports(a_small_book(), NOW)
    for person in ("ops", "nord.poc", "acme.contact"):
        invite(tacit.store, person, NOW, timedelta(hours=1))
    return tacit


def actor(book: Installation, person: str) -> Actor:
    with book.store.begin(read_only=True) as unit:
        return actor_for(unit, POLICY, unit.book.person(person))


def a_key(
    book: Installation,
    who: Actor,
    actions: Iterable[Action] = SIGHT,
    name: str = "reports",
    expires_at: datetime = LATER,
) -> NewKey:
    wanted = WantedKey(name, frozenset(actions), expires_at)
    return create_key(book.store, POLICY, who, wanted, LIMITS, NOW)


def caller(book: Installation, secret: str, now: datetime = NOW) -> Actor | None:
    found = caller_of_key(book.store, POLICY, secret, now)
    return found.actor if found else None


def test_a_key_does_what_it_carries_of_what_its_owner_may(book: Installation) -> None:
    secret = a_key(book, actor(book, "ops")).secret

    found = caller(book, secret)

    assert found is not None
    assert found.code == "ops"
    assert found.may(Action.SEE_CHANGES)
    assert not found.may(Action.RUN_CLOCK)


def test_of_a_key_only_prefix_and_hash_are_kept(book: Installation) -> None:
    made = a_key(book, actor(book, "ops"))

    [row] = book.rows("SELECT * FROM api_keys")

    assert made.secret.startswith(f"tct_{row['prefix']}_")
    assert made.secret.split("_", 2)[2] not in str(row)


def test_nobody_gets_a_key_that_outreaches_them(book: Installation) -> None:
    partner = actor(book, "nord.poc")

    with pytest.raises(NotPermittedError, match="run clock"):
        a_key(book, partner, [Action.SEE_CHANGES, Action.RUN_CLOCK])

    assert keys_of(book.store, partner, NOW) == []


def test_a_key_makes_none_that_outreaches_or_outlives_it(book: Installation) -> None:
    carried = [Action.OWN_ACCOUNT, Action.SEE_CHANGES]
    secret = a_key(book, actor(book, "ops"), carried).secret
    program = caller(book, secret)
    assert program is not None

    with pytest.raises(NotPermittedError, match="see customers"):
        a_key(book, program, [Action.SEE_CUSTOMERS])
    with pytest.raises(ApiKeyError, match="longer than itself"):
        a_key(book, program, carried, expires_at=LATER + timedelta(seconds=1))
    assert a_key(book, program, carried).key.expires_at == LATER


def test_a_key_without_own_account_makes_and_revokes_none(book: Installation) -> None:
    made = a_key(book, actor(book, "ops"))
    program = caller(book, made.secret)
    assert program is not None

    with pytest.raises(NotPermittedError, match=r'key .* does not carry "own account"'):
        a_key(book, program)
    with pytest.raises(NotPermittedError, match="own account"):
        revoke_key(book.store, program, made.key.id, NOW)


def test_a_key_loses_what_its_owner_loses(book: Installation) -> None:
    secret = a_key(book, actor(book, "ops")).secret

    book.imports(with_rows(a_small_book(), a_person("ops", roles=())), NOW)

    found = caller(book, secret)
    assert found is not None
    assert not found.may(Action.SEE_CHANGES)


def test_a_key_of_a_disabled_account_is_nobodys(book: Installation) -> None:
    secret = a_key(book, actor(book, "ops")).secret

    book.execute("UPDATE accounts SET disabled_at = created_at")

    assert caller(book, secret) is None


def test_a_key_ends_on_its_time(book: Installation) -> None:
    secret = a_key(book, actor(book, "ops")).secret

    assert caller(book, secret, LATER - timedelta(seconds=1)) is not None
    assert caller(book, secret, LATER) is None
    assert keys_of(book.store, actor(book, "ops"), LATER) == []


def test_a_revoked_key_ends_at_once(book: Installation) -> None:
    ops = actor(book, "ops")
    made = a_key(book, ops)

    revoke_key(book.store, ops, made.key.id, NOW)

    assert caller(book, made.secret) is None
    with pytest.raises(NotFoundError):
        revoke_key(book.store, ops, made.key.id, NOW)


def test_another_persons_key_is_as_one_that_is_not_there(book: Installation) -> None:
    made = a_key(book, actor(book, "ops"))

    with pytest.raises(NotFoundError, match=f'no key "{made.key.id}"'):
        revoke_key(book.store, actor(book, "nord.poc"), made.key.id, NOW)

    assert caller(book, made.secret) is not None


@pytest.mark.parametrize(
    "secret",
    ["", "tct", "tct_", "tct_abcdefgh", "tct_abcdefgh_", "xxx_abcdefgh_secret",
     "tct_ABCDEFGH_secret", "tct_abcdefgh\x00_s", "tct_abc\ud800defg_secret"],
    ids=range(9),
)  # fmt: skip
def test_what_is_no_key_is_nobodys(book: Installation, secret: str) -> None:
    assert caller(book, secret) is None


def test_a_key_with_another_secret_is_nobodys(book: Installation) -> None:
    made = a_key(book, actor(book, "ops"))

    assert caller(book, f"tct_{made.key.prefix}_guess") is None
    assert caller(book, f"tct_{made.key.prefix}_gu\udcffess") is None


def test_use_is_noted_at_most_once_a_minute(book: Installation) -> None:
    ops = actor(book, "ops")
    secret = a_key(book, ops).secret

    def used_at() -> datetime | None:
        return keys_of(book.store, ops, NOW)[0].used_at

    assert used_at() is None
    for seconds, noted in ((0, 0), (59, 0), (60, 60), (61, 60)):
        caller(book, secret, NOW + timedelta(seconds=seconds))
        assert used_at() == NOW + timedelta(seconds=noted)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"name": "a\ud800b"}, "name"),
        ({"actions": []}, "actions"),
        ({"expires_at": NOW}, "expires_at"),
        ({"expires_at": NOW + timedelta(days=367)}, "expires_at"),
    ],
    ids=["blank", "long", "nul", "surrogate", "nothing", "past", "far off"],
)
def test_a_wish_that_makes_no_sense_is_refused(
    book: Installation, values: dict[str, object], said: str
) -> None:
    with pytest.raises(ApiKeyError, match=f"^{said}: "):
        a_key(book, actor(book, "ops"), **values)  # type: ignore[arg-type]


def test_the_machines_own_operator_has_no_keys(book: Installation) -> None:
    with pytest.raises(ApiKeyError, match="a person of the book"):
        keys_of(book.store, operator(), NOW)


def test_nobody_has_more_keys_that_work_than_the_limit(book: Installation) -> None:
    ops = actor(book, "ops")
    first, *_ = [a_key(book, ops) for _ in range(LIMITS.most)]

    with pytest.raises(TooManyKeysError, match="there are 3 keys"):
        a_key(book, ops)
    a_key(book, actor(book, "nord.poc"))  # others have their own
    revoke_key(book.store, ops, first.key.id, NOW)
    a_key(book, ops)

    assert len(keys_of(book.store, ops, NOW)) == LIMITS.most


def test_a_key_that_ended_takes_no_place(book: Installation) -> None:
    ops, tomorrow = actor(book, "ops"), NOW + timedelta(days=1)
    for _ in range(LIMITS.most):
        a_key(book, ops, expires_at=tomorrow)
    wanted = WantedKey("later", frozenset(SIGHT), LATER)

    create_key(book.store, POLICY, ops, wanted, LIMITS, tomorrow)

    assert len(keys_of(book.store, ops, tomorrow)) == 1


def test_of_many_who_ask_at_once_none_gets_beyond_the_limit(book: Installation) -> None:
    ops = actor(book, "ops")

    def asks(_: int) -> bool:
        try:
            a_key(book, ops)
        except TooManyKeysError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        got = sum(pool.map(asks, range(8)))

    assert got == LIMITS.most


def test_what_a_key_made_ends_with_it_when_it_is_revoked(book: Installation) -> None:
    ops, own = actor(book, "ops"), (Action.OWN_ACCOUNT, *SIGHT)
    leaked = a_key(book, ops, own)
    thief = caller(book, leaked.secret)
    assert thief is not None
    child = a_key(book, thief, own)
    grown = caller(book, child.secret)
    assert grown is not None
    grandchild = a_key(book, grown)
    revoke_key(book.store, ops, leaked.key.id, NOW)
    another = a_key(book, ops)

    working = [
        caller(book, one.secret) is not None
        for one in (leaked, child, grandchild, another)
    ]

    assert working == [False, False, False, True]
    assert book.flaws() == []
